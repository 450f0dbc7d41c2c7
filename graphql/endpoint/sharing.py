"""共享更新 Which subscriptions are shown the same, and therefore share each result."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Hashable, Mapping
from contextlib import aclosing
from typing import Any, TypeGuard

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, VariableNode, Visitor, visit

from chuishao.graphql.endpoint.group import Again, Group, Member, Push, Source, Write
from chuishao.graphql.endpoint.language import asked
from chuishao.graphql.endpoint.observation import Observation
from chuishao.graphql.endpoint.written import Result

AFTER = "after"
"""The argument of a subscription that says only where to begin."""


def may_be_shared(source: object) -> TypeGuard[Source]:
    """Whether what a subscription follows can say who else is shown the same."""
    return hasattr(type(source), "shared")


class Sharing:
    """The groups of one process."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, Group] = {}

    async def results(
        self, source: Source, asked_for: Hashable, write: Write, push: Push | None, seen: Observation | None
    ) -> AsyncGenerator[Result, None]:
        """The results of one subscription. Those with an equal `asked_for` send the same operation."""
        feed = source.feed
        member = Member(source, push, seen, history=feed.history)
        await source.begin()
        member.sent = source.position
        feed.followers.add(member)
        try:
            while True:
                group = self._group((asked_for, source.audience, asked.get()), source, write)
                try:
                    async with aclosing(group.results(member)) as results:
                        async for result in results:
                            yield result
                except Again:
                    member.history = feed.history
                    await source.begin_again(member.cursor)
                    member.sent = source.position
                else:
                    return
        finally:
            feed.followers.discard(member)

    def _group(self, key: Hashable, source: Source, write: Write) -> Group:
        group = self._groups.get(key)
        if group is None:

            def forget(ended: Group) -> None:
                if self._groups.get(key) is ended:
                    del self._groups[key]

            group = self._groups[key] = Group(source.shared(), write, forget, source.feed.history)
        return group


def shared_variables(
    document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
) -> str:
    """The variables as text, without the one that says nothing but where to begin."""
    given = variables or {}
    begins = _beginnings(operation)
    if begins & given.keys():
        uses = _Uses()
        visit(document, uses)
        given = {name: value for name, value in given.items() if name not in begins or uses.of(name) > 1}
    return json.dumps(given, sort_keys=True, ensure_ascii=False)


def _beginnings(operation: OperationDefinitionNode) -> set[str]:
    """The variables that are the `after` of the root field."""
    return {
        argument.value.name.value
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == AFTER and isinstance(argument.value, VariableNode)
    }


class _Uses(Visitor):
    """How often each variable is used; the definition of one is no use."""

    def __init__(self) -> None:
        super().__init__()
        self._counted: dict[str, int] = {}

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        name = node.name.value
        self._counted[name] = self._counted.get(name, 0) + 1

    def enter_variable_definition(self, node: Any, *_: Any) -> None:
        name = node.variable.name.value
        self._counted[name] = self._counted.get(name, 0) - 1

    def of(self, name: str) -> int:
        """The uses of one."""
        return self._counted.get(name, 0)
