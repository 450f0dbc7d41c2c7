"""分页 A root that is a page of rows: its connection, its edges, its cursors and its count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, SelectionSetNode

from chuishao.eventlog.connection import Connection
from chuishao.graphql.compiled import run
from chuishao.graphql.compiled.fetch import Fetch, Fetched, Variables, object_type, policy_of
from chuishao.graphql.compiled.leaves import text
from chuishao.graphql.compiled.rows import ObjectRow, SqlRow
from chuishao.graphql.compiled.run import Paged, Run
from chuishao.graphql.compiled.selection import Selected
from chuishao.graphql.compiled.shapes import Shapes
from chuishao.graphql.compiled.statement import Scope, numbered
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.context import Context
from chuishao.graphql.links import Link
from chuishao.graphql.reading import Listing
from chuishao.projections.paging import Cut, Order, Window, count, cursor_of

# ruff: noqa: S608 every name in these statements is a column of our own tables


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


def page_of(shapes: Shapes, log: int, field: GraphQLField, selected: Selected, source: Listing) -> Fetch:
    """A page of what a listing shows."""
    kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    assert isinstance(kind, GraphQLObjectType)
    scope = Scope(shapes.inner)
    asked = _Selected(shapes, SqlRow(scope, source.link, "t0"))
    write = asked.connection(kind, selected.selections)
    policy = policy_of(shapes, scope)
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
    return object_type(kind.fields[field.name].type)
