"""Making and remaking read models: the new one is built beside the old, which serves until the flip."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from chuishao.eventlog.connection import Connection, connected
from chuishao.eventlog.feed import PAGE
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Projection
from chuishao.projections.proof import strange

Progress = Callable[[str, int, int], None]
"""Hears (projection, position, head) while a read model is rebuilt."""


def quiet(_name: str, _position: int, _head: int) -> None:
    """Show nothing."""


async def prepare(log: EventLog, projections: Sequence[Projection], progress: Progress = quiet) -> list[str]:
    """Make missing read models, rebuild those of another version or history; give the rebuilt ones' names."""
    rebuilt = []
    for projection in projections:
        async with connected(log.pool) as connection, _alone(connection, projection):
            version = await _version(connection, log, projection)
            if version is None:
                await _make(connection, log, projection)
            elif version != projection.version or projection.name in await strange(connection, log.id):
                await _rebuild(connection, log, projection, progress)
                rebuilt.append(projection.name)
    return rebuilt


async def rebuild(log: EventLog, projection: Projection, progress: Progress = quiet) -> int:
    """Build a read model anew from position 0 and flip to it in one transaction; give its position.

    The one before it stays in the schema `<name>_previous` until the next rebuild.
    """
    async with connected(log.pool) as connection, _alone(connection, projection):
        return await _rebuild(connection, log, projection, progress)


@asynccontextmanager
async def _alone(connection: Connection, projection: Projection) -> AsyncIterator[None]:
    """Keep every other process from making or remaking the same read model meanwhile."""
    name = f"chuishao.projection.{projection.name}"
    await connection.execute("SELECT pg_advisory_lock(hashtext($1))", name)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", name)


async def _version(connection: Connection, log: EventLog, projection: Projection) -> int | None:
    query = "SELECT version FROM projection WHERE log = $1 AND name = $2"
    version: int | None = await connection.fetchval(query, log.id, projection.name)
    return version


async def _make(connection: Connection, log: EventLog, projection: Projection) -> None:
    async with connection.transaction():
        await _make_tables(connection, projection, projection.name)
        insert = "INSERT INTO projection (log, name, version) VALUES ($1, $2, $3)"
        await connection.execute(insert, log.id, projection.name, projection.version)


async def _rebuild(connection: Connection, log: EventLog, projection: Projection, progress: Progress) -> int:
    async with connection.transaction():
        await _make_tables(connection, projection, f"{projection.name}_next")
    position, head = 0, await log.head()
    while events := await log.after(position, PAGE):
        async with connection.transaction():
            await _fold(connection, projection, log, events)
        position = events[-1].position
        head = max(head, position)
        progress(projection.name, position, head)
        if len(events) < PAGE:
            break
    async with connection.transaction():
        query = "SELECT position FROM projection WHERE log = $1 AND name = $2 FOR UPDATE"
        await connection.fetchval(query, log.id, projection.name)
        while events := await log.after(position, PAGE):
            await _fold(connection, projection, log, events)
            position = events[-1].position
        await _flip(connection, log, projection, position)
    progress(projection.name, position, position)
    return position


async def _make_tables(connection: Connection, projection: Projection, schema: str) -> None:
    await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE; CREATE SCHEMA "{schema}"')
    await connection.execute(f'SET LOCAL search_path TO "{schema}", public')
    await connection.execute(projection.tables)


async def _fold(
    connection: Connection, projection: Projection, log: EventLog, events: Sequence[RecordedEvent]
) -> None:
    await connection.execute(f'SET LOCAL search_path TO "{projection.name}_next", public')
    await projection.take(connection, log, events)


async def _flip(connection: Connection, log: EventLog, projection: Projection, position: int) -> None:
    name = projection.name
    await connection.execute(
        f'DROP SCHEMA IF EXISTS "{name}_previous" CASCADE;'
        f' ALTER SCHEMA "{name}" RENAME TO "{name}_previous";'
        f' ALTER SCHEMA "{name}_next" RENAME TO "{name}"'
    )
    await connection.execute(
        "UPDATE projection SET version = $3, position = $4, status = 'live', error = NULL, updated_at = now()"
        " WHERE log = $1 AND name = $2",
        log.id,
        name,
        projection.version,
        position,
    )
    await connection.execute("DELETE FROM parked WHERE log = $1 AND projection = $2", log.id, name)
