"""What a superuser of the database can do: anything, with the triggers off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from chuishao.eventlog.connection import initialise

REHASH = """
UPDATE event SET leaf_hash = leaf_hash(log, position, stream, version, event_id, type, schema_version,
                                       occurred_at, recorded_at, meta, data)
WHERE position = ANY($1::bigint[])
"""


@asynccontextmanager
async def superuser(database: str) -> AsyncIterator[Any]:
    """A connection on which no trigger fires."""
    connection = await asyncpg.connect(database)
    try:
        await initialise(connection)
        await connection.execute("SET session_replication_role = replica")
        yield connection
    finally:
        await connection.close()


async def swap(connection: Any, first: int, second: int) -> None:
    """Let two events change places, each with its hash."""
    await connection.execute("UPDATE event SET position = 0 WHERE position = $1", first)
    await connection.execute("UPDATE event SET position = $1 WHERE position = $2", first, second)
    await connection.execute("UPDATE event SET position = $1 WHERE position = 0", second)


async def rehash(connection: Any, *positions: int) -> None:
    """Make the hashes of events fit what they say now."""
    await connection.execute(REHASH, list(positions))


async def retile(connection: Any, position: int) -> None:
    """Put the hash that an event has now where the sealed one was."""
    row, at = divmod(position - 1, 256)
    await connection.execute(
        "UPDATE tile SET hashes = overlay(hashes PLACING (SELECT leaf_hash FROM event WHERE position = $1)"
        " FROM $3 FOR 32) WHERE level = 0 AND index = $2",
        position,
        row,
        at * 32 + 1,
    )
