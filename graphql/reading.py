"""How queries read: refusals become errors that a client can act on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from chuishao.domain.event import storable
from chuishao.domain.refusal import BadText, Refusal
from chuishao.eventlog.connection import Connection
from chuishao.graphql.context import Info
from chuishao.graphql.endpoint.trace import includes
from chuishao.graphql.inputs import read_id
from chuishao.graphql.types.shared import Listed
from chuishao.projections.paging import Count, Order, Page, Where, Window, count, read_page
from chuishao.projections.table import Table


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


async def by_code(info: Info, loader: str, code: str, at_least: int | None) -> Any:
    """Something by its code, through a loader."""

    async def read() -> Any:
        if not storable(code):
            raise BadText("code", field="code")
        return await getattr(info.context.loaders, loader).load(code)

    return await answered(info, read, at_least)


async def listed(
    info: Info,
    source: str,
    table: Table[Any],
    where: Where,
    order: Order,
    window: Window,
    at_least: int | None,
) -> Any:
    """A page of a read model, with a way to count all of it."""

    async def read(connection: Connection) -> Page[Any]:
        return await read_page(connection, source, table, where, order, window)

    async def counted() -> Count:
        found: Count = await derived(info, lambda connection: count(connection, source, where), None)
        return found

    return Listed(await derived(info, read, at_least), counted)


async def by_id(info: Info, loader: str, given: str, at_least: int | None) -> Any:
    """Something by its identifier, through a loader."""

    async def read() -> Any:
        return await getattr(info.context.loaders, loader).load(read_id(given, "id"))

    return await answered(info, read, at_least)
