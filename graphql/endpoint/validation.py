"""The rules of validation as one: none is asked about nodes that it has nothing to say of.

The library asks every rule about every node of a document, and finds out anew for each document which of them
listen. Which they are is a matter of the rules alone, and is found out once here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar, TypeAlias

from graphql import BREAK, SKIP, ASTValidationRule, ValidationContext
from graphql.language.visitor import EnterLeaveVisitor

Rules: TypeAlias = tuple[type[ASTValidationRule], ...]
Listeners: TypeAlias = list[tuple[int, Callable[..., Any]]]
"""The numbers of rules, each with the method that listens."""


def together(rules: Iterable[type[ASTValidationRule]]) -> type[ASTValidationRule]:
    """One rule that says what all of these say, in the same order."""
    return type("Together", (_Together,), {"rules": tuple(rules)})


class _Together(ASTValidationRule):
    rules: ClassVar[Rules]

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._visitors = [rule(context) for rule in self.rules]
        self._skipping: dict[int, Any] = {}
        """The rules that look away, until the node that they wanted to skip is left; or for good."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """What to call at nodes of a kind."""
        known = self.enter_leave_map.get(kind)
        if known is None:
            enters, leaves = (self._bound(names) for names in _listeners(self.rules, kind))
            enter = self._enter(enters) if enters else None
            leave = self._leave(leaves) if enters or leaves else None
            known = self.enter_leave_map[kind] = EnterLeaveVisitor(enter, leave)
        return known

    def _bound(self, names: tuple[tuple[int, str], ...]) -> Listeners:
        return [(number, getattr(self._visitors[number], name)) for number, name in names]

    def _enter(self, listeners: Listeners) -> Callable[..., None]:
        skipping = self._skipping

        def enter(node: Any, *where: Any) -> None:
            for number, listen in listeners:
                if number not in skipping:
                    wish = listen(node, *where)
                    if wish is SKIP or wish is False:
                        skipping[number] = node
                    elif wish is BREAK or wish is True:
                        skipping[number] = None

        return enter

    def _leave(self, listeners: Listeners) -> Callable[..., None]:
        skipping = self._skipping

        def leave(node: Any, *where: Any) -> None:
            skipped = [number for number, until in skipping.items() if until is node] if skipping else ()
            for number, listen in listeners:
                if number not in skipping:
                    wish = listen(node, *where)
                    if wish is BREAK or wish is True:
                        skipping[number] = None
            for number in skipped:
                del skipping[number]

        return leave


@cache
def _listeners(rules: Rules, kind: str) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Which rules listen when a node of a kind is entered, and which when it is left, and how."""
    return tuple(
        tuple(
            (number, name)
            for number, rule in enumerate(rules)
            if (name := _method(rule, action, kind)) is not None
        )
        for action in ("enter", "leave")
    )


def _method(rule: type[ASTValidationRule], action: str, kind: str) -> str | None:
    return next((name for name in (f"{action}_{kind}", action) if getattr(rule, name, None)), None)
