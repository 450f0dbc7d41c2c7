"""How queries read: refusals become errors that a client can act on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chuishao.domain.event import storable
from chuishao.domain.refusal import BadText, Refusal
from chuishao.eventlog.connection import Connection
from chuishao.graphql.context import Context, Info
from chuishao.graphql.endpoint.trace import includes
from chuishao.graphql.inputs import read_id
from chuishao.graphql.links import Link
from chuishao.graphql.policies import Policies
from chuishao.graphql.types.shared import Listed
from chuishao.projections.paging import Count, Order, Page, Where, Window, count, read_page


@dataclass(frozen=True)
class Single:
    """A query for the row that a link finds from one argument, which `read` makes the key.

    `before` is done first, with all arguments.
    """

    link: Link
    argument: str
    read: Callable[[str], Any]
    before: Callable[[Context, Mapping[str, Any]], None] | None = None


@dataclass(frozen=True)
class Refetched:
    """A query for anything by its identifier: by its stream's category, a type of the schema and a link."""

    kinds: Mapping[str, tuple[str, Link]]


@dataclass(frozen=True)
class Made:
    """A query for what is made without a statement, of context and, where `by_policy`, policies."""

    make: Callable[[Context, Policies | None], Any]
    by_policy: bool = False


@dataclass(frozen=True)
class Listing:
    """A query for a page of a read model: which rows are shown for the arguments, and in which order."""

    link: Link
    where: Callable[[Context, Mapping[str, Any]], Where]
    order: Callable[[Mapping[str, Any]], Order]


@dataclass(frozen=True)
class Rows:
    """A query for all rows of a statement, in the order of the link's column.

    `given` makes the statement's arguments of those of the query.
    """

    link: Link
    given: Callable[[Context, Mapping[str, Any]], list[Any]]


@dataclass(frozen=True)
class Line:
    """A query for the one row of a statement; `given` makes its arguments of those of the query."""

    link: Link
    given: Callable[[Context, Mapping[str, Any]], list[Any]]


async def answered(info: Info, answer: Callable[[], Awaitable[Any]], at_least: int | None) -> Any:
    """Run a read once the read models reach `at_least`."""
    try:
        await info.context.at_least(at_least)
        if at_least and info.path.prev is None:
            includes(at_least)
        return await answer()
    except Refusal as refusal:
        raise info.context.error(refusal) from refusal


async def fetched(info: Info, fetch: Callable[[Connection], Awaitable[Any]], at_least: int | None) -> Any:
    """Run a read that needs a connection of its own; it must not wait for a loader meanwhile."""

    async def answer() -> Any:
        async with info.context.reading() as connection:
            return await fetch(connection)

    return await answered(info, answer, at_least)


async def derived(info: Info, fetch: Callable[[Connection], Awaitable[Any]], at_least: int | None) -> Any:
    """Run such a read of a read model, unless another version of the server has remade it."""
    info.context.require_own()
    return await fetched(info, fetch, at_least)


def read_code(code: str) -> str:
    """A code from an argument; refused where it cannot be looked up."""
    if not storable(code):
        raise BadText("code", field="code")
    return code


def read_identifier(given: str) -> UUID:
    """An identifier from an argument; refused where it is none."""
    return read_id(given, "id")


async def single(info: Info, of: Single, given: str, at_least: int | None) -> Any:
    """Something by its identifier or code, through a loader."""

    async def read() -> Any:
        return await info.context.loaders.of(of.link).load(of.read(given))

    return await answered(info, read, at_least)


async def rows(info: Info, of: Rows, arguments: Mapping[str, Any], at_least: int | None) -> Any:
    """All rows of a statement."""
    given, link = of.given(info.context, arguments), of.link
    columns = ", ".join(f"t.{name}" for name in link.table.columns)

    async def read(connection: Connection) -> list[Any]:
        query = f"SELECT {columns} FROM ({link.source}) t ORDER BY t.{link.column}"  # noqa: S608 our own names
        return [link.table.row(*record) for record in await connection.fetch(query, *given)]

    return await derived(info, read, at_least)


async def line(info: Info, of: Line, arguments: Mapping[str, Any], at_least: int | None) -> Any:
    """The one row of a statement."""
    given, link = of.given(info.context, arguments), of.link

    async def read(connection: Connection) -> Any:
        query = f"SELECT {', '.join(link.table.columns)} FROM ({link.source}) t"  # noqa: S608 our own names
        (record,) = await connection.fetch(query, *given)
        return link.table.row(*record)

    return await derived(info, read, at_least)


async def listed(
    info: Info, of: Listing, arguments: Mapping[str, Any], window: Window, at_least: int | None
) -> Any:
    """A page of a read model, with a way to count all of it."""
    where, order = of.where(info.context, arguments), of.order(arguments)
    source, table = of.link.source, of.link.table

    async def read(connection: Connection) -> Page[Any]:
        return await read_page(connection, source, table, where, order, window)

    async def counted() -> Count:
        bound = info.context.counted_to
        found: Count = await derived(info, lambda connection: count(connection, source, where, bound), None)
        return found

    return Listed(await derived(info, read, at_least), counted)
