"""The rule that measures a document before it is validated.

The measure is linear in the document: a fragment is counted once and its sum is reused wherever it is
spread, so fragments that spread each other twice, forty levels deep, cost no more than their text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    parse,
)

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.limits import Limits


@dataclass(slots=True)
class _Size:
    """What a definition asks for, its fragment spreads apart."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """The name of each fragment spread, with the depth it is spread at."""


def parse_within(text: str, limits: Limits) -> DocumentNode:
    """The parsed document; raises GraphQLSyntaxError, also for too many tokens."""
    return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)


def exceeded(document: DocumentNode, limits: Limits) -> list[ApiError]:
    """One error for each limit that the document's operations, taken together, go beyond."""
    definitions = [node for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    fragments = {
        node.name.value: _measured(node) for node in definitions if isinstance(node, FragmentDefinitionNode)
    }
    totals: dict[str, _Size] = {}
    for name in spread_order(
        {name: [spread for spread, _ in size.spreads] for name, size in fragments.items()}
    ):
        totals[name] = _total(fragments[name], totals, limits)
    asked = _Size()
    for node in definitions:
        if isinstance(node, OperationDefinitionNode):
            asked = _sum(asked, _total(_measured(node), totals, limits), 0)
    return [
        ApiError(
            Phrase(
                f"The document asks for more {what.en}: at most {allowed} are allowed.",
                f"文档的{what.zh}过多：至多 {allowed}。请分次查询。",
            ),
            "LIMIT_EXCEEDED",
        )
        for what, found, allowed in (
            (Phrase("levels of fields", "字段层级"), asked.depth, limits.depth),
            (Phrase("fields", "字段"), asked.fields, limits.fields),
            (Phrase("aliases", "别名"), asked.aliases, limits.aliases),
            (Phrase("directives", "指令"), asked.directives, limits.directives),
        )
        if found > allowed
    ]


def _measured(definition: ExecutableDefinitionNode) -> _Size:
    size = _Size(directives=len(definition.directives or ()))
    remaining = [(definition.selection_set, 1)]
    while remaining:
        selection_set, depth = remaining.pop()
        for selection in selection_set.selections:
            size.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                size.spreads.append((selection.name.value, depth - 1))
                continue
            inner = depth
            if isinstance(selection, FieldNode):
                size.depth = max(size.depth, depth)
                size.fields += 1
                size.aliases += selection.alias is not None
                inner += 1
            nested = getattr(selection, "selection_set", None)
            if nested is not None:
                remaining.append((nested, inner))
    return size


def spread_order(spreads: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """Every fragment's name after the names it spreads; a cycle, refused later, is cut where it closes."""
    seen: set[str] = set()
    remaining = [(name, False) for name in spreads]
    while remaining:
        name, finished = remaining.pop()
        if finished:
            yield name
        elif name not in seen and name in spreads:
            seen.add(name)
            remaining.append((name, True))
            remaining.extend((spread, False) for spread in spreads[name])


def spreads_of(fragment: FragmentDefinitionNode) -> list[str]:
    """The names that a fragment spreads, as often as it does."""
    return [name for name, _ in _measured(fragment).spreads]


def _total(size: _Size, totals: dict[str, _Size], limits: Limits) -> _Size:
    """The definition with all its fragments; sums stop growing once they are beyond any limit."""
    total = replace(size)
    for name, depth in size.spreads:
        if name in totals:
            total = _sum(total, totals[name], depth)
    enough = limits.fields + limits.aliases + limits.directives + limits.depth + 1
    total.depth, total.fields = min(total.depth, enough), min(total.fields, enough)
    total.aliases, total.directives = min(total.aliases, enough), min(total.directives, enough)
    return total


def _sum(one: _Size, other: _Size, depth: int) -> _Size:
    return _Size(
        max(one.depth, depth + other.depth),
        one.fields + other.fields,
        one.aliases + other.aliases,
        one.directives + other.directives,
        one.spreads,
    )


class BoundedOverlapRule(OverlappingFieldsCanBeMergedRule):
    """The one validation rule whose work grows with the square of the document, on a smaller budget.

    The library's budget of 500,000 comparisons lets 2 KB of repeated fields block for a second; this one
    still lets sixty fragments overlap in one place.
    """

    def __init__(self, context: ValidationContext, *_: Any) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = 20_000
