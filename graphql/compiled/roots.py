"""The fields of the query type that compiled reads know: one row, a page of rows, the rows of a statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, SelectionSetNode

from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import CATEGORY
from chuishao.graphql.compiled import run
from chuishao.graphql.compiled.arguments import arguments_of
from chuishao.graphql.compiled.code import Code
from chuishao.graphql.compiled.leaves import NULL, text
from chuishao.graphql.compiled.run import Paged, Run
from chuishao.graphql.compiled.selection import Selected, Selections
from chuishao.graphql.compiled.shapes import ObjectRow, Shapes, SqlRow
from chuishao.graphql.compiled.statement import Inner, Scope, numbered
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.context import Context
from chuishao.graphql.links import Link
from chuishao.graphql.reading import Listing, Made, Refetched, Rows, Single, read_identifier
from chuishao.projections.paging import Cut, Order, Window, count, cursor_of
from chuishao.projections.policybook import LAST

Variables: TypeAlias = dict[str, Any]
Arguments: TypeAlias = Callable[[Variables], dict[str, Any]]
Write: TypeAlias = Callable[[Run], str]
"""Writes what was fetched; twice, where events say what has to be opened first."""
Fetched: TypeAlias = tuple[Write, int | None]
"""With the position of the last policy, where policies are asked for."""
Fetch: TypeAlias = Callable[[Connection, Context, dict[str, Any], Variables], Awaitable[Fetched]]

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
            fetch = _page(shapes, self.log, field, selected, source)
        elif isinstance(source, Rows):
            fetch = _rows(shapes, self.log, field, selected, source)
        else:
            raise Unplanned
        arguments = arguments_of(field, selected.nodes[0], self.registry)
        return Root(selected.key, arguments, fetch)


def _single(shapes: Shapes, log: int, kind: Any, selected: Selected, source: Single) -> Fetch:
    scope = Scope(shapes.inner)
    asked = SqlRow(scope, source.link, "k")
    write = shapes.function(shapes.joined(source.link, "k.key", kind, selected, asked), asked)
    policy = _policy(shapes, scope)
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
    write = shapes.object(_object_type(field.type), selected.selections, SqlRow(scope, link, "t0"))
    written, policy = shapes.code.made()[write], _policy(shapes, scope)
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


@dataclass
class _Pages:
    """A root that is a page: its functions, its statements by shape, and what else they need."""

    link: Link
    scope: Scope
    write: Callable[[Paged, Run], str]
    policy: Callable[[list[Any]], int | None]
    cursors: bool
    counted: bool
    log: int
    statements: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def statement(self, cut: Cut) -> str:
        """The statement of a page, made once for each shape of its conditions."""
        shape = (tuple(cut.where.conditions), cut.order.name, cut.direction, cut.size)
        known = self.statements.get(shape)
        if known is None:
            if len(self.statements) >= _SHAPES:
                self.statements.clear()
            known = self.statements[shape] = self._made(cut)
        return known

    def _made(self, cut: Cut) -> str:
        keys = [f"({expression}) AS k{n}" for n, (expression, _) in enumerate(cut.order.keys)]
        inner = cut.sql(self.link.source, ", ".join(["*", *keys]))
        cursor = f", ARRAY[{', '.join(f't0.k{n}::text' for n in range(len(keys)))}]" if self.cursors else ""
        ordering = ", ".join(f"t0.k{n} {cut.direction}" for n in range(len(keys)))
        joins = " ".join(self.scope.joins)
        query = f"SELECT {self.scope.taken}{cursor} FROM ({inner}) t0 {joins} ORDER BY {ordering}"
        return numbered(query, len(cut.where.arguments), self.log)


_SHAPES = 64
"""Statements remembered of one root: filters that are given and left out make different ones."""


def _page(shapes: Shapes, log: int, field: GraphQLField, selected: Selected, source: Listing) -> Fetch:
    kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    assert isinstance(kind, GraphQLObjectType)
    scope = Scope(shapes.inner)
    asked = _Selected(shapes, SqlRow(scope, source.link, "t0"))
    write = asked.connection(kind, selected.selections)
    policy = _policy(shapes, scope)
    pages = _Pages(source.link, scope, shapes.code.made()[write], policy, asked.cursors, asked.counted, log)

    async def fetch(
        connection: Connection, context: Context, given: dict[str, Any], variables: Variables
    ) -> Fetched:
        where, order = source.where(context, given), source.order(given)
        cut = Cut.of(where, order, _window(given))
        statement = pages.statement(cut)
        records = await connection.fetch(
            statement, *cut.where.arguments, *shapes.inner.values(context, variables)
        )
        paged = _paged(cut, order, list(records), pages.cursors)
        if pages.counted:
            found = await count(connection, source.link.source, where)
            paged.total_count, paged.total_count_estimated = found.rows, found.estimated
        return partial(pages.write, paged), pages.policy(records)

    return fetch


def _policy(shapes: Shapes, scope: Scope) -> Callable[[list[Any]], int | None]:
    """What tells the position of the last policy from the records, where policies are asked for."""
    if not shapes.by_policy:
        return lambda _records: None
    column = scope.take(f"coalesce({LAST}, 0)")
    return lambda records: records[0][column] if records else None


def _window(given: dict[str, Any]) -> Window:
    return Window(given["first"], given["after"], given["last"], given["before"])


def _paged(cut: Cut, order: Order, records: list[Any], cursors: bool) -> Paged:
    rows, has_next, has_previous = cut.page(records)
    return Paged(rows, [cursor_of(order, row[-1]) for row in rows] if cursors else [], has_next, has_previous)


@dataclass
class _Selected:
    """What is selected of a connection."""

    shapes: Shapes
    row: SqlRow
    cursors: bool = False
    counted: bool = False

    def connection(self, kind: GraphQLObjectType, selected: Sequence[SelectionSetNode]) -> str:
        """The name of the function that writes a page."""
        return self._object(kind, selected, self._part)

    def _part(self, kind: GraphQLObjectType, field: Selected) -> str:
        name = self.shapes.code.constant
        match field.name:
            case "nodes":
                write = self.shapes.object(_named(kind, field), field.selections, self.row)
                return f"{{{name(run.listed)}({write}, r.rows, c)}}"
            case "edges":
                write = self._object(_named(kind, field), field.selections, self._edge)
                self.cursors = True
                return f"{{{name(run.listed)}({write}, {name(zip)}(r.cursors, r.rows), c)}}"
            case "pageInfo":
                self.cursors = True
                return f"{{{self.shapes.object(_named(kind, field), field.selections, ObjectRow())}(r, c)}}"
            case "totalCount" | "totalCountEstimated":
                self.counted = True
                value = "total_count" if field.name == "totalCount" else "total_count_estimated"
                return self.shapes.leaf(kind.fields[field.name].type, f"r.{value}")
        if field.name != "__typename":
            raise Unplanned
        return f'"{kind.name}"'

    def _edge(self, kind: GraphQLObjectType, field: Selected) -> str:
        name = self.shapes.code.constant
        match field.name:
            case "cursor":
                return f"{{{name(text)}(r[0])}}"
            case "node":
                write = self.shapes.object(_named(kind, field), field.selections, self.row)
                return f"{{{write}(r[1], c)}}"
        if field.name != "__typename":
            raise Unplanned
        return f'"{kind.name}"'

    def _object(
        self,
        kind: GraphQLObjectType,
        selected: Sequence[SelectionSetNode],
        part: Callable[[GraphQLObjectType, Selected], str],
    ) -> str:
        fields = self.shapes.selections.fields(kind, selected)
        parts = [f'"{field.key}":{part(kind, field)}' for field in fields]
        return self.shapes.code.function("r, c", f"return f'{{{{{','.join(parts)}}}}}'")


def _named(kind: GraphQLObjectType, field: Selected) -> GraphQLObjectType:
    return _object_type(kind.fields[field.name].type)


def _object_type(kind: Any) -> GraphQLObjectType:
    """An object type, of its items where it is a list."""
    while not isinstance(kind, GraphQLObjectType):
        kind = kind.of_type
    return kind
