"""Which fields of the schema an answer shows: `Type.field`, where a value of it was there to be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from chuishao.graphql.endpoint.execution import Operation
from tests.compiled.known import TYPES

Selected: TypeAlias = tuple[SelectionSetNode, Any]
"""A selection set and the type it is written for."""
ROWS = 3
"""Of a list no more are looked at."""


def reachable(start: Any = TYPES.query_type) -> frozenset[str]:
    """Every field that a query can ask for, or whoever has something of the given type."""
    found: dict[str, Any] = {}
    remaining: list[Any] = [start]
    while remaining:
        kind = get_named_type(remaining.pop())
        if kind.name in found or not is_composite_type(kind):
            continue
        found[kind.name] = getattr(kind, "fields", {})
        remaining += [field.type for field in found[kind.name].values()]
        if is_abstract_type(kind):
            remaining += TYPES.get_possible_types(kind)
    return frozenset(f"{name}.{field}" for name, fields in found.items() for field in fields)


def shown(operation: Operation, data: Any) -> frozenset[str]:
    """The fields that an answer shows."""
    fragments = {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    start = [(operation.definition.selection_set, TYPES.query_type)]
    return frozenset(_shown(start, data, fragments))


def _shown(
    selected: Sequence[Selected], data: Any, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[str]:
    if isinstance(data, list):
        for item in data[:ROWS]:
            yield from _shown(selected, item, fragments)
    if not isinstance(data, dict):
        return
    asked: dict[str, list[Selected]] = {}
    for node, parent in _fields(selected, fragments):
        key = node.alias.value if node.alias else node.name.value
        if key in data and node.name.value in getattr(parent, "fields", ()):
            yield f"{parent.name}.{node.name.value}"
            if node.selection_set:
                kind = get_named_type(parent.fields[node.name.value].type)
                asked.setdefault(key, []).append((node.selection_set, kind))
    for key, inner in asked.items():
        yield from _shown(inner, data[key], fragments)


def _fields(
    selected: Sequence[Selected], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[tuple[FieldNode, Any]]:
    """The fields that are selected, those in fragments too, whether or not their condition holds."""
    remaining = list(selected)
    while remaining:
        selection_set, parent = remaining.pop()
        for node in selection_set.selections:
            match node:
                case FieldNode():
                    yield node, parent
                case FragmentSpreadNode():
                    fragment = fragments[node.name.value]
                    kind = TYPES.type_map[fragment.type_condition.name.value]
                    remaining.append((fragment.selection_set, kind))
                case InlineFragmentNode():
                    condition = node.type_condition
                    kind = TYPES.type_map[condition.name.value] if condition else parent
                    remaining.append((node.selection_set, kind))
