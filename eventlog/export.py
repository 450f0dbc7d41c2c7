"""导出 The log as a file that anybody can verify without us: docs/export-format.md describes it line by line.

An event's line has what its hash is made of, byte for byte, and personal text stays sealed. Where the hash
that was sealed is another one than the event's column says, or an event is gone, the line says so: whatever
was changed, its position can be named.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from chuishao.eventlog.connection import Connection, connected
from chuishao.eventlog.export_format import FORMAT, VERSION, written
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.merkle import HASH
from chuishao.eventlog.sealer import Sealed, checkpoints, newest_checkpoint, origin_of
from chuishao.eventlog.sql import statements
from chuishao.eventlog.tiles import WIDTH

PAGE = 2_000
"""Events of one read."""
_SQL = statements("chuishao.eventlog", "seal.sql")


async def exported(log: EventLog) -> AsyncIterator[tuple[int, str]]:
    """An export by pages, each with how many positions are told by then; the first with how many there are.

    What is appended and sealed from now on is left out.
    """
    async with connected(log.pool) as connection:
        newest = await newest_checkpoint(connection, log.id)
        keys = [key for (key,) in await connection.fetch(_SQL["checkpoint_keys"], log.id)]
        kept = await connection.fetchval(_SQL["kept_hashes"], log.id)
        head = await connection.fetchval(_SQL["head"], log.id)  # after the others, so that it is no less
    sealed, last = newest.size if newest else 0, max(head, kept)
    yield last, await _header(log, keys)
    for after in range(0, last, PAGE):
        until = min(after + PAGE, last)
        async with connected(log.pool) as connection:
            lines = await _page(connection, log.id, after, until, sealed)
        yield until, "".join(lines)
    async with connected(log.pool) as connection:
        beyond = await checkpoints(connection, log.id, last, sealed)
    yield last, "".join([*map(_checkpoint, beyond), written({"end": head})])


async def _header(log: EventLog, keys: list[str]) -> str:
    names = {"format": FORMAT, "version": VERSION, "log": log.id, "origin": await origin_of(log)}
    return written(names | {"keys": keys})


async def _page(connection: Connection, log: int, after: int, until: int, sealed: int) -> list[str]:
    """The lines of the positions after < position <= until, with the checkpoints that end among them."""
    rows = await connection.fetch(_SQL["export_page"], log, after, until, PAGE)
    signed = await checkpoints(connection, log, after, min(until, sealed))
    run = await connection.fetch(_SQL["tile_run"], log, after // WIDTH, (until - 1) // WIDTH)
    tiles = {row["index"]: row["hashes"] for row in run}
    events = {row["position"]: row for row in rows}
    notes = {each.size: _checkpoint(each) for each in signed}
    lines = []
    for position in range(after + 1, until + 1):
        row, leaf = events.get(position), _sealed(tiles, position)
        lines.append(_missing(position, leaf) if row is None else _event(row, leaf))
        if position in notes:
            lines.append(notes[position])
    return lines


def _sealed(tiles: dict[int, bytes], position: int) -> bytes | None:
    """The hash that was sealed at a position, as far as it is there."""
    row, at = divmod(position - 1, WIDTH)
    return tiles.get(row, b"")[at * HASH : (at + 1) * HASH] or None


def _event(row: Any, sealed: bytes | None) -> str:
    line = str(row["line"], "utf-8")
    more = {}
    if sealed is not None and sealed != row["leaf_hash"]:
        more["sealed"] = sealed.hex()
    if row["misfiled"]:
        more["filed"] = row["filed"]
    return f"{line[:-1]}, {json.dumps(more)[1:]}\n" if more else line + "\n"


def _missing(position: int, sealed: bytes | None) -> str:
    return written({"missing": position} | ({"sealed": sealed.hex()} if sealed else {}))


def _checkpoint(sealed: Sealed) -> str:
    return written({"checkpoint": sealed.text})
