"""Schema migrations: plain SQL files, applied once each in the order of their names, forward only."""

from __future__ import annotations

import hashlib
from importlib.resources import files

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
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            return await _apply(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _apply(connection: Connection) -> list[str]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migration"
        " (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT name, checksum FROM migration")
    applied = {row["name"]: row["checksum"] for row in rows}
    done = []
    for name, sql in available():
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if name not in applied:
            async with connection.transaction():
                await connection.execute(sql)
                insert = "INSERT INTO migration (name, checksum) VALUES ($1, $2)"
                await connection.execute(insert, name, checksum)
            done.append(name)
        elif applied[name] != checksum:
            raise MigrationChanged(
                f"migration {name} was changed after it had been applied; restore the file"
            )
    return done


async def missing(connection: Connection) -> list[str]:
    """The migrations that this version ships and that have not been applied."""
    if await connection.fetchval("SELECT to_regclass('migration')") is None:
        return [name for name, _ in available()]
    rows = await connection.fetch("SELECT name FROM migration")
    applied = {row["name"] for row in rows}
    return [name for name, _ in available() if name not in applied]
