"""Copies of a read model: the next one while it is built, the previous one to go back to; and the flip.

A flip is a few renamings in one transaction that keeps every engine from folding. Readers go on: a statement
that has begun ends on the tables that it began with, and the next one finds the others under the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

import asyncpg

from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.poison import Place
from chuishao.projections.projection import Projection

Beside = Literal["next", "previous"]
RETIRED = "_retired_"
LOCK_WITHIN = "3s"
"""How long a flip waits for the folds under way before it lets the others go first."""
_ITS = "FROM projection_copy c WHERE log = $1 AND name = $2 AND place = $3"
_STANDS = (
    "EXISTS (SELECT FROM event e WHERE e.log = $1 AND e.position = c.position AND e.leaf_hash = c.proof)"
)
_FIND = f"SELECT position, version, fingerprint, position = 0 OR {_STANDS} AS stands {_ITS}"
_FORGET = f"DELETE {_ITS}"
_BEGIN = "INSERT INTO projection_copy (log, name, place, version, fingerprint) VALUES ($1, $2, $3, $4, $5)"
_ADVANCE = """
UPDATE projection_copy SET position = $4, proof = $5, updated_at = now()
WHERE log = $1 AND (name, place) IN (SELECT * FROM unnest($2::text[], $3::text[])) AND position < $4
"""
_LARGE = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND pg_relation_size(c.oid) > 1000000
"""
_KEEP_PRESENT = """
INSERT INTO projection_copy (log, name, place, version, fingerprint, position, proof)
SELECT log, name, 'previous', version, fingerprint, position, proof FROM projection
WHERE log = $1 AND name = $2
"""
_TAKE_ITS_PLACE = """
INSERT INTO projection (log, name, version, fingerprint, position) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (log, name) DO UPDATE
SET version = $3, fingerprint = $4, position = $5, status = 'live', error = NULL, updated_at = now()
"""
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1)"


@dataclass
class Copy:
    """A copy of a read model that is being brought up to the head of the log."""

    log: EventLog
    projection: Projection
    beside: Beside
    position: int

    @property
    def place(self) -> Place:
        """Where it is folded."""
        return Place(self.log, self.projection, f"{self.projection.name}_{self.beside}")


async def reached(connection: Connection, copies: Sequence[Copy], last: RecordedEvent) -> None:
    """Keep how far copies are, in the transaction that folded them; `position` follows when that is over."""
    names, places = [copy.projection.name for copy in copies], [copy.beside for copy in copies]
    await connection.execute(_ADVANCE, copies[0].log.id, names, places, last.position, last.leaf_hash)


async def found(connection: Connection, log: EventLog, projection: Projection, beside: Beside) -> Copy | None:
    """The copy that stands there, if this code made it from this history of the log."""
    row = await connection.fetchrow(_FIND, log.id, projection.name, beside)
    if row is None or not row["stands"] or (row["version"], row["fingerprint"]) != projection.code:
        return None
    return Copy(log, projection, beside, row["position"])


async def begun(connection: Connection, log: EventLog, projection: Projection) -> Copy:
    """The next one: what an interrupted rebuild by this code has left, or a new one at position 0."""
    if copy := await found(connection, log, projection, "next"):
        return copy
    copy = Copy(log, projection, "next", 0)
    schema = copy.place.schema
    async with connection.transaction():
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        await make_tables(connection, copy.place)
        await connection.execute("DELETE FROM parked WHERE log = $1 AND projection = $2", log.id, schema)
        await connection.execute(_FORGET, log.id, projection.name, "next")
        await connection.execute(_BEGIN, log.id, projection.name, "next", *projection.code)
    return copy


async def make_tables(connection: Connection, place: Place) -> None:
    """Make the schema of a place and its empty tables, in the transaction that is open."""
    await connection.execute(f'CREATE SCHEMA "{place.schema}"')
    await connection.execute(f'SET LOCAL search_path TO "{place.schema}", public')
    await connection.execute(place.projection.tables)
    await connection.execute("SET LOCAL search_path TO DEFAULT")


def indexes(place: Place) -> list[str]:
    """The statements that make what queries need of a place, and a fold does without."""
    return [statement for statement in place.projection.indexes.split(";") if statement.strip()]


async def make_index(connection: Connection, place: Place, statement: str) -> None:
    """Make one index, in a transaction of its own: it holds up whoever erases words meanwhile."""
    async with connection.transaction():
        await connection.execute("SET LOCAL max_parallel_maintenance_workers = 0")
        await connection.execute(f'SET LOCAL search_path TO "{place.schema}", public')
        await connection.execute(statement)


async def analyse(connection: Connection, place: Place) -> None:
    """Let the planner know what is in large tables; of small ones it would know less than it assumes."""
    for (table,) in await connection.fetch(_LARGE, place.schema):
        await connection.execute(f"ANALYZE {table}")


async def vacuum(connection: Connection, place: Place) -> None:
    """Clear large tables of the rows of what was rolled back."""
    for (table,) in await connection.fetch(_LARGE, place.schema):
        await connection.execute(f"VACUUM {table}")


async def hold_engines(connection: Connection) -> None:
    """Let no engine fold until the transaction ends; what it has begun is waited for.

    A lock on the whole table, not on rows: PostgreSQL lets go of it only after every session has been told of
    the renamed schemas, while a row is free a moment before.
    """
    await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WITHIN}'")
    await connection.execute("LOCK TABLE projection IN EXCLUSIVE MODE")


async def flip(connection: Connection, copy: Copy, position: int) -> None:
    """Let a copy take the place of the present read model, which becomes the previous one."""
    log, name = copy.log, copy.projection.name
    coming = f"{name}_coming"
    await _rename(connection, log, copy.place.schema, coming)
    if copy.beside == "next":
        await _rename(connection, log, f"{name}_previous", f"{name}{RETIRED}{uuid4().hex[:8]}")
    await _rename(connection, log, name, f"{name}_previous")
    await _rename(connection, log, coming, name)
    for beside in {copy.beside, "previous"}:
        await connection.execute(_FORGET, log.id, name, beside)
    await connection.execute(_KEEP_PRESENT, log.id, name)
    await connection.execute(_TAKE_ITS_PLACE, log.id, name, *copy.projection.code, position)


async def _rename(connection: Connection, log: EventLog, old: str, new: str) -> None:
    """Rename a schema, if it is there, and whatever is parked under its name."""
    if await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", f'"{old}"'):
        await connection.execute(f'ALTER SCHEMA "{old}" RENAME TO "{new}"')
    await connection.execute("DELETE FROM parked WHERE log = $1 AND projection = $2", log.id, new)
    move = "UPDATE parked SET projection = $3 WHERE log = $1 AND projection = $2"
    await connection.execute(move, log.id, old, new)


async def drop_retired(connection: Connection, log: EventLog, projection: Projection) -> None:
    """Drop what was retired by flips; what somebody still reads is left for the next time."""
    for row in await connection.fetch(_SCHEMAS, projection.name + RETIRED):
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WITHIN}'")
                await connection.execute(f'DROP SCHEMA "{row["nspname"]}" CASCADE')
                delete = "DELETE FROM parked WHERE log = $1 AND projection = $2"
                await connection.execute(delete, log.id, row["nspname"])
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            continue
