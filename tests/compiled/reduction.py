"""Makes a question that tells both sides apart as small as it can be, by leaving out what may be left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from tests.compiled.documents import Document
from tests.compiled.question import Asking, Differs, Question

MAY_GO = ("field", "inline_fragment", "fragment_spread", "argument", "directive")


class _Without(Visitor):
    """Leaves out one of the parts that may be left out, by its number; an alias and a frame, too."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def is_it(self) -> bool:
        """Whether the part that is met now is the one."""
        self.left -= 1
        return self.left == -1

    def enter(self, node: Any, *_: Any) -> Any:
        """Leave the one part out, and look no further."""
        if self.left < 0:
            return None
        if node.kind in MAY_GO and self.is_it():
            return REMOVE
        if getattr(node, "alias", None) and self.is_it():
            return replace(node, alias=None)
        for at, one in enumerate(node.selections if node.kind == "selection_set" else ()):
            if one.kind == "inline_fragment" and self.is_it():
                inside = one.selection_set.selections
                return SelectionSetNode(
                    selections=(*node.selections[:at], *inside, *node.selections[at + 1 :])
                )
        return None


def without(document: DocumentNode, number: int) -> DocumentNode | None:
    """A document without one of its parts and what only that part needs; none where there are not so many."""
    leaves_out = _Without(number)
    left: DocumentNode = visit(document, leaves_out)
    return visit(left, _Tidying(left)) if leaves_out.left < 0 else None


class _Tidying(Visitor):
    """Leaves out fragments that nobody spreads and variables that nobody uses."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        self.spread, self.used = _named(document, FragmentSpreadNode), _named(document, VariableNode)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> Any:
        return None if node.name.value in self.spread else REMOVE

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
        return None if node.variable.name.value in self.used else REMOVE


def _named(document: DocumentNode, kind: type[Any]) -> set[str]:
    """The names with which nodes of a kind stand in a document, but for where variables are declared."""
    names: set[str] = set()

    class Noting(Visitor):
        def enter(self, node: Any, _key: Any, parent: Any, *_: Any) -> None:
            if isinstance(node, kind) and getattr(parent, "kind", "") != "variable_definition":
                names.add(node.name.value)

    visit(document, Noting())
    return names


async def smallest(differs: Differs, ask: Callable[[Question], Awaitable[None]]) -> Differs:
    """The same difference, told by a question of which nothing can be left out; `ask` raises Differs."""

    async def told(question: Question) -> Differs | None:
        try:
            await ask(question)
        except Differs as found:
            return found if found.why == differs.why else None
        return None

    asking = differs.question.askings[-1]
    differs = await told(replace(differs.question, askings=(asking,))) or differs
    try:
        document = parse(differs.question.document.text)
    except GraphQLError:
        return differs
    number, shorter = 0, True
    while shorter:
        number, shorter = 0, False
        while (left := without(document, number)) is not None:
            found = await told(_of(left, differs.question))
            if found is None:
                number += 1
            else:
                differs, document, shorter = found, left, True
    return differs


def _of(document: DocumentNode, like: Question) -> Question:
    """The question with another document."""
    text = " ".join(print_ast(document).split())
    used = _named(document, VariableNode)

    def kept(variables: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in variables.items() if name in used}

    askings: tuple[Asking, ...] = tuple(replace(one, variables=kept(one.variables)) for one in like.askings)
    variables = tuple(map(kept, like.document.variables))
    return Question(Document(text, like.document.operation, variables), askings)
