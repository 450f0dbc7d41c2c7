"""Schema migrations: plain SQL files, applied once each in the order of their names, forward only."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import asyncpg

from chuishao.eventlog.connection import Connection, Pool, connected

_LOCK = 0x6368756973  # any fixed number: it keeps two servers from migrating at once


class MigrationChanged(Exception):
    """A migration that was applied has other content now."""


def available() -> list[tuple[str, str]]:
    """The migrations that this version ships: (name, SQL), in order."""
    found = [entry for entry in files("chuishao.migrations").iterdir() if entry.name.endswith(".sql")]
    return sorted((entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in found)


async def migrate(pool: Pool) -> list[str]:
    """Apply what is missing, each in a transaction of its own; give the names applied."""
    async with connected(pool) as connection:
        if not _lacking(await _applied(connection)):
            return []
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            return await _apply(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def missing(connection: Connection) -> list[str]:
    """The migrations that this version ships and that have not been applied."""
    applied = await _applied(connection)
    return [name for name, _ in available() if name not in applied]


async def _apply(connection: Connection) -> list[str]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migration"
        " (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    lacking = _lacking(await _applied(connection))
    for name, sql in lacking:
        async with connection.transaction():
            await connection.execute(sql)
            insert = "INSERT INTO migration (name, checksum) VALUES ($1, $2)"
            await connection.execute(insert, name, _checksum(sql))
    return [name for name, _ in lacking]


async def _applied(connection: Connection) -> dict[str, str]:
    """The checksums of what has been applied, by name."""
    try:
        rows = await connection.fetch("SELECT name, checksum FROM migration")
    except asyncpg.UndefinedTableError:
        return {}
    return {row["name"]: row["checksum"] for row in rows}


def _lacking(applied: dict[str, str]) -> list[tuple[str, str]]:
    """What this version ships beyond that; raises `MigrationChanged` where one was changed meanwhile."""
    for name, sql in available():
        if applied.get(name, _checksum(sql)) != _checksum(sql):
            raise MigrationChanged(
                f"migration {name} was changed after it had been applied; restore the file"
            )
    return [(name, sql) for name, sql in available() if name not in applied]


def _checksum(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
