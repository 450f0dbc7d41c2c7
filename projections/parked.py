"""搁置 What was set aside of the log: listed, tried again, or passed over for good by somebody's decision.

Whatever changes here holds the read model's checkpoint, as an engine does while it folds, so servers may run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chuishao.eventlog.connection import Connection, connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import COLUMNS, RecordedEvent, recorded
from chuishao.projections.poison import WAITS, Place, fold_one
from chuishao.projections.projection import Projection
from chuishao.projections.proof import strange

_LIST = """
SELECT k.projection, k.position, k.stream, e.type, k.parked_at AS since, k.error
FROM parked k JOIN event e ON e.log = k.log AND e.position = k.position WHERE k.log = $1
UNION ALL
SELECT p.name, e.position, e.stream, e.type, p.updated_at, 'stopped ' || p.error
FROM projection p JOIN event e ON e.log = p.log AND e.position = p.position + 1
WHERE p.log = $1 AND p.status = 'stopped'
ORDER BY 1, 2
"""
_SKIPPED = """
SELECT projection, position, stream, type, skipped_at AS since, error, reason
FROM skipped WHERE log = $1 ORDER BY projection, position
"""
_CLAIM = """
SELECT status, position, error FROM projection
WHERE log = $1 AND name = $2 AND version = $3 AND fingerprint = $4 FOR UPDATE
"""
_OF_STREAM = f"""
SELECT {COLUMNS} FROM event WHERE log = $1 AND position IN
    (SELECT position FROM parked WHERE log = $1 AND projection = $2 AND stream = $3)
ORDER BY position
"""  # noqa: S608 the columns are our own
_RELEASE = "DELETE FROM parked WHERE log = $1 AND projection = $2 AND position = $3"
_STILL = "UPDATE parked SET error = $4 WHERE log = $1 AND projection = $2 AND position = $3"
_STREAMS = "SELECT DISTINCT stream FROM parked WHERE log = $1 AND projection = $2"
_GO_ON = "UPDATE projection SET status = 'live', error = NULL WHERE log = $1 AND name = $2"
_SKIP = """
INSERT INTO skipped (log, projection, position, stream, type, error, reason)
SELECT log, $2, position, stream, type, $4, $5 FROM event WHERE log = $1 AND position = $3
ON CONFLICT (log, projection, position) DO UPDATE SET reason = excluded.reason, skipped_at = now()
"""


class NotParked(Exception):
    """There is no such poison event; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Aside:
    """An event that a read model does without at present; `reason` where that is for good."""

    projection: str
    position: int
    stream: UUID
    type: str
    since: datetime
    error: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Retried:
    """How many events were folded at last, and how many are still set aside."""

    released: int
    left: int


async def aside(log: EventLog) -> list[Aside]:
    """What is parked, and where read models have stopped."""
    async with connected(log.pool) as connection:
        return [Aside(*row) for row in await connection.fetch(_LIST, log.id)]


async def passed_over(log: EventLog) -> list[Aside]:
    """What was skipped by decision."""
    async with connected(log.pool) as connection:
        return [Aside(*row) for row in await connection.fetch(_SKIPPED, log.id)]


async def retry(log: EventLog, projection: Projection, stream: UUID | None = None) -> Retried:
    """Fold what is parked, stream by stream and in order; let the read model go on if it has stopped."""
    async with _held(log, projection) as (connection, row):
        if row["status"] == "stopped":
            await _go_on(connection, log, projection)
        found = await connection.fetch(_STREAMS, log.id, projection.name)
    streams = [row["stream"] for row in found if stream in (None, row["stream"])]
    if stream is not None and not streams:
        raise NotParked(
            f"nothing of stream {stream} is parked by {projection.name}; see `chuishao parked list`"
        )
    released = 0
    for each in streams:
        async with _held(log, projection) as (connection, _):
            released += await _fold_stream(connection, log, projection, each)
    async with connected(log.pool) as connection:
        query = "SELECT count(*) FROM parked WHERE log = $1 AND projection = $2"
        return Retried(released, await connection.fetchval(query, log.id, projection.name))


async def skip(log: EventLog, projection: Projection, position: int, reason: str) -> int:
    """Do without a poison event for good; give how many events of its stream could be folded after it.

    It may be parked, or what the read model, or the next one that is being built, has stopped at. In a later
    rebuild it is tried again, and passed over if it still cannot be folded.
    """
    name = projection.name
    async with _held(log, projection) as (connection, row):
        query = "SELECT stream, error FROM parked WHERE log = $1 AND projection = $2 AND position = $3"
        parked = await connection.fetchrow(query, log.id, name, position)
        if parked is not None and parked["error"] != WAITS:
            await connection.execute(_SKIP, log.id, name, position, parked["error"], reason)
            await connection.execute(_RELEASE, log.id, name, position)
            return await _fold_stream(connection, log, projection, parked["stream"])
        if row["status"] == "stopped" and position == row["position"] + 1:
            await connection.execute(_SKIP, log.id, name, position, row["error"], reason)
            await _go_on(connection, log, projection)
            return 0
    await _skip_in_the_next(log, projection, position, reason)
    return 0


async def _skip_in_the_next(log: EventLog, projection: Projection, position: int, reason: str) -> None:
    query = "SELECT position FROM projection_copy WHERE log = $1 AND name = $2 AND place = 'next'"
    async with connected(log.pool) as connection:
        if await connection.fetchval(query, log.id, projection.name) != position - 1:
            raise NotParked(
                f"{projection.name} neither parks the event at position {position} as poison nor has stopped "
                "at it; see `chuishao parked list`"
            )
        await connection.execute(_SKIP, log.id, projection.name, position, "met in a rebuild", reason)


@asynccontextmanager
async def _held(log: EventLog, projection: Projection) -> AsyncIterator[tuple[Connection, asyncpg.Record]]:
    """A transaction that holds the checkpoint, so that no engine folds meanwhile."""
    async with connected(log.pool) as connection, connection.transaction():
        row = await connection.fetchrow(_CLAIM, log.id, projection.name, *projection.code)
        if row is None:
            raise NotParked(f"read model {projection.name} was made by another version; run that version")
        yield connection, row


async def _go_on(connection: Connection, log: EventLog, projection: Projection) -> None:
    if projection.name in await strange(connection, log.id):
        raise NotParked(
            f"read model {projection.name} was made from another history of the log; "
            f"run `chuishao rebuild {projection.name}`"
        )
    await connection.execute(_GO_ON, log.id, projection.name)


async def _fold_stream(connection: Connection, log: EventLog, projection: Projection, stream: UUID) -> int:
    """Fold what is parked of a stream, up to the first event that still cannot be folded."""
    place = Place(log, projection, projection.name)
    events: Sequence[RecordedEvent] = [
        recorded(row) for row in await connection.fetch(_OF_STREAM, log.id, projection.name, stream)
    ]
    for done, event in enumerate(events):
        if poison := await fold_one(connection, place, event):
            await connection.execute(_STILL, log.id, projection.name, event.position, poison.error)
            return done
        await connection.execute(_RELEASE, log.id, projection.name, event.position)
    return len(events)
