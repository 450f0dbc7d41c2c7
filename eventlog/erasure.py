"""What an erasure is about to make unreadable, and what is left of it in the files of the database."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sql import statements

_SQL = statements("chuishao.eventlog", "statements.sql")


@dataclass(frozen=True, slots=True)
class Kept:
    """How many events of a type, in how many cases, hold words that are kept under an identity."""

    type: str
    events: int
    cases: int


async def kept_about(log: EventLog, identity: UUID) -> list[Kept]:
    """What is kept under an identity and can be read, counted; looks at every event of the log."""
    async with connected(log.pool) as connection:
        return [Kept(*row) for row in await connection.fetch(_SQL["kept"], log.id, identity)]


async def scrub(log: EventLog) -> list[str]:
    """Rewrite the tables that held keys and plain words, so that erased ones are in no file of theirs.

    A plain VACUUM frees their place and may leave their bytes in it. Whoever needs a table waits meanwhile.
    """
    async with connected(log.pool) as connection:
        tables = [row["name"] for row in await connection.fetch(_SQL["erasable"])]
        for table in tables:
            await connection.execute(f"VACUUM (FULL) {table}")
    return tables
