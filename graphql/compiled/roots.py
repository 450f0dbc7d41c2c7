"""The fields of the query type that compiled reads know: one row, a page of rows, the rows of a statement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLField, GraphQLObjectType

from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import CATEGORY
from chuishao.graphql.compiled import run
from chuishao.graphql.compiled.arguments import arguments_of
from chuishao.graphql.compiled.code import Code
from chuishao.graphql.compiled.fetch import Arguments, Fetch, Fetched, Variables, object_type, policy_of
from chuishao.graphql.compiled.leaves import NULL
from chuishao.graphql.compiled.pages import page_of
from chuishao.graphql.compiled.rows import ObjectRow, SqlRow
from chuishao.graphql.compiled.selection import Selected, Selections
from chuishao.graphql.compiled.shapes import Shapes
from chuishao.graphql.compiled.statement import Inner, Scope, numbered
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.context import Context
from chuishao.graphql.reading import Line, Listing, Made, Refetched, Rows, Single, read_identifier
from chuishao.projections.policybook import LAST

# ruff: noqa: S608 every name in these statements is a column of our own tables


@dataclass(frozen=True)
class Root:
    """A compiled field of the query type: its arguments, and how it is fetched."""

    key: str
    arguments: Arguments
    fetch: Fetch


@dataclass(frozen=True)
class Maker:
    """Makes the roots of one plan."""

    selections: Selections
    context: Context
    registry: Any
    log: int

    def shapes(self) -> Shapes:
        """For a statement and its functions."""
        return Shapes(self.selections, self.context, self.registry, Code(), Inner())

    def root(self, kind: GraphQLObjectType, selected: Selected, source: Any) -> Root:
        """A root field, compiled; raises Unplanned."""
        field = kind.fields[selected.name]
        shapes = self.shapes()
        if isinstance(source, Single):
            fetch = _single(shapes, self.log, field.type, selected, source)
        elif isinstance(source, Refetched):
            fetch = _refetched(self, selected, source)
        elif isinstance(source, Made):
            fetch = _made(shapes, self.log, field, selected, source)
        elif isinstance(source, Listing):
            fetch = page_of(shapes, self.log, field, selected, source)
        elif isinstance(source, Rows):
            fetch = _rows(shapes, self.log, field, selected, source)
        elif isinstance(source, Line):
            fetch = _line(shapes, self.log, field, selected, source)
        else:
            raise Unplanned
        arguments = arguments_of(field, selected.nodes[0], self.registry)
        return Root(selected.key, arguments, fetch)


def _single(shapes: Shapes, log: int, kind: Any, selected: Selected, source: Single) -> Fetch:
    scope = Scope(shapes.inner)
    asked = SqlRow(scope, source.link, "k")
    write = shapes.function(shapes.joined(source.link, "k.key", kind, selected, asked), asked)
    policy = policy_of(shapes, scope)
    written = shapes.code.made()[write]
    of = source.link.table.types[source.link.column]
    query = f"SELECT {scope.taken} FROM (SELECT $1::{of} AS key) k {' '.join(scope.joins)}"
    statement = numbered(query, 1, log)

    async def fetch(
        connection: Connection, context: Context, given: dict[str, Any], variables: Variables
    ) -> Fetched:
        if source.before is not None:
            source.before(context, given)
        key = source.read(given[source.argument])
        record = await connection.fetchrow(statement, key, *shapes.inner.values(context, variables))
        return partial(written, record), policy([record])

    return fetch


def _refetched(maker: Maker, selected: Selected, source: Refetched) -> Fetch:
    """By the category of the stream; what is made for one is made when it is met first."""
    made: dict[str, Fetch] = {}

    def of(category: str) -> Fetch:
        if category not in made:
            name, link = source.kinds[category]
            kind = maker.selections.schema.get_type(name)
            made[category] = _single(
                maker.shapes(), maker.log, kind, selected, Single(link, "id", read_identifier)
            )
        return made[category]

    async def fetch(
        connection: Connection, context: Context, given: dict[str, Any], variables: Variables
    ) -> Fetched:
        category = await connection.fetchval(CATEGORY, maker.log, read_identifier(given["id"]))
        if category not in source.kinds:
            return lambda _run: NULL, None
        return await of(category)(connection, context, given, variables)

    return fetch


def _made(shapes: Shapes, log: int, field: GraphQLField, selected: Selected, source: Made) -> Fetch:
    write = shapes.function([shapes.value(field.type, "r", selected)], ObjectRow())
    written = shapes.code.made()[write]
    last = numbered(f"SELECT coalesce({LAST}, 0)", 0, log)

    async def fetch(
        connection: Connection, context: Context, _given: dict[str, Any], _variables: Variables
    ) -> Fetched:
        policy = await connection.fetchval(last) if source.by_policy else None
        return lambda run: written(source.make(context, run.policies), run), policy

    return fetch


def _rows(shapes: Shapes, log: int, field: GraphQLField, selected: Selected, source: Rows) -> Fetch:
    scope = Scope(shapes.inner)
    link = source.link
    write = shapes.object(object_type(field.type), selected.selections, SqlRow(scope, link, "t0"))
    written, policy = shapes.code.made()[write], policy_of(shapes, scope)
    joins = " ".join(scope.joins)
    query = f"SELECT {scope.taken} FROM ({link.source}) t0 {joins} ORDER BY t0.{link.column}"

    async def fetch(
        connection: Connection, context: Context, given: dict[str, Any], variables: Variables
    ) -> Fetched:
        values = source.given(context, given)
        statement = numbered(query, len(values), log)
        records = await connection.fetch(statement, *values, *shapes.inner.values(context, variables))
        return partial(run.listed, written, records), policy(records)

    return fetch


def _line(shapes: Shapes, log: int, field: GraphQLField, selected: Selected, source: Line) -> Fetch:
    scope = Scope(shapes.inner)
    write = shapes.object(object_type(field.type), selected.selections, SqlRow(scope, source.link, "t0"))
    written, policy = shapes.code.made()[write], policy_of(shapes, scope)
    query = f"SELECT {scope.taken} FROM ({source.link.source}) t0 {' '.join(scope.joins)}"

    async def fetch(
        connection: Connection, context: Context, given: dict[str, Any], variables: Variables
    ) -> Fetched:
        values = source.given(context, given)
        statement = numbered(query, len(values), log)
        record = await connection.fetchrow(statement, *values, *shapes.inner.values(context, variables))
        return partial(written, record), policy([record])

    return fetch
