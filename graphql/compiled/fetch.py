"""取数 How a root field is fetched: what that takes and what it gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from graphql import GraphQLObjectType

from chuishao.eventlog.connection import Connection
from chuishao.graphql.compiled.run import Run
from chuishao.graphql.compiled.shapes import Shapes
from chuishao.graphql.compiled.statement import Scope
from chuishao.graphql.context import Context
from chuishao.projections.policybook import LAST

Variables: TypeAlias = dict[str, Any]
Arguments: TypeAlias = Callable[[Variables], dict[str, Any]]
Write: TypeAlias = Callable[[Run], str]
"""Writes what was fetched; twice, where events say what has to be opened first."""
Fetched: TypeAlias = tuple[Write, int | None]
"""With the position of the last policy, where policies are asked for."""
Fetch: TypeAlias = Callable[[Connection, Context, dict[str, Any], Variables], Awaitable[Fetched]]


def policy_of(shapes: Shapes, scope: Scope) -> Callable[[list[Any]], int | None]:
    """What tells the position of the last policy from the records, where policies are asked for."""
    if not shapes.by_policy:
        return lambda _records: None
    column = scope.take(f"coalesce({LAST}, 0)")
    return lambda records: records[0][column] if records else None


def object_type(kind: Any) -> GraphQLObjectType:
    """An object type, of its items where it is a list."""
    while not isinstance(kind, GraphQLObjectType):
        kind = kind.of_type
    return kind
