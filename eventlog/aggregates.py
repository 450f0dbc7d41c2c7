"""Aggregates as the log has them: folded from their whole stream, or from a snapshot and the events after it.

Snapshots are made of what was loaded anyway, and kept in the background after whoever loaded it has gone on.
Deleting all of them at any time changes nothing but the time that the next loads take.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
from eventsourcing.domain import BaseAggregate

from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.event import fold
from chuishao.eventlog import snapshot
from chuishao.eventlog.connection import Pool, connected
from chuishao.eventlog.failure import kind
from chuishao.eventlog.mapper import decode
from chuishao.eventlog.spent import apart
from chuishao.eventlog.sql import statements

EVERY = 50
"""Events after the last snapshot from which on another one is made."""
SMALLER = 2
"""How many times smaller than its history a state must be to be kept; that of the policies is not."""
_SQL = statements("chuishao.eventlog", "statements.sql")

logger = logging.getLogger("chuishao.snapshots")


@cache
def makers() -> list[str]:
    """The code of every aggregate as it is now."""
    return [snapshot.made_by(aggregate) for aggregate in AGGREGATES]


class Aggregates:
    """Loads the aggregates of one log, and keeps snapshots of those with long histories."""

    def __init__(self, pool: Pool, log: int, *, every: int = EVERY) -> None:
        self.every = every
        self._pool = pool
        self._log = log
        self._due: dict[UUID, tuple[Any, ...]] = {}
        self._keeping: asyncio.Task[None] | None = None

    async def load(self, stream: UUID) -> Any:
        """The aggregate that a stream's events make; None where there are none."""
        rows = await self._rows(stream, makers())
        before = self._restored(stream, rows[0]) if rows else None
        if before is None and rows and not _complete(rows):
            rows = await self._rows(stream, [])
        after = rows if before is None else rows[1:]
        aggregate = fold((decode(stream, row["version"], row["type"], row["data"]) for row in after), before)
        if len(after) >= self.every:
            self._take(aggregate, rows)
        return aggregate

    async def close(self) -> None:
        """Wait until every snapshot that is due has been kept."""
        while self._keeping is not None:
            await asyncio.wait([self._keeping])

    async def _rows(self, stream: UUID, wanted: Iterable[str]) -> list[asyncpg.Record]:
        async with connected(self._pool) as connection:
            return await connection.fetch(_SQL["load"], self._log, stream, list(wanted))

    def _restored(self, stream: UUID, row: asyncpg.Record) -> BaseAggregate[UUID] | None:
        """The aggregate of the snapshot that the first row carries; None where it carries no good one."""
        state, at = row["state"], row["version"]
        if state is None:
            return None
        try:
            expected = snapshot.checksum(stream, at, row["leaf_hash"], row["made_by"], state)
            if expected == row["checksum"]:
                return snapshot.decode(stream, at, state)
            logger.warning("the snapshot of stream %s is not of this history or damaged: ignored", stream)
        except Exception as error:
            logger.warning("the snapshot of stream %s cannot be read (%s): ignored", stream, kind(error))
        return None

    def _take(self, aggregate: BaseAggregate[UUID], rows: Sequence[asyncpg.Record]) -> None:
        """Make a snapshot of what was loaded, before anybody changes it, where it is worth its room."""
        last = rows[-1]
        try:
            state = snapshot.encode(aggregate)
        except Exception as error:
            logger.warning("no snapshot of stream %s can be made: %s", aggregate.id, kind(error))
            return
        if SMALLER * len(state) > sum(len(row["state"] or row["data"]) for row in rows):
            return
        maker = snapshot.made_by(type(aggregate))
        proof = snapshot.checksum(aggregate.id, aggregate.version, last["leaf_hash"], maker, state)
        self._due[aggregate.id] = (
            self._log,
            aggregate.id,
            aggregate.version,
            last["position"],
            maker,
            state,
            proof,
        )
        if self._keeping is None:
            self._keeping = apart(self._keep())

    async def _keep(self) -> None:
        try:
            while self._due:
                due, self._due = list(self._due.values()), {}
                async with connected(self._pool) as connection:
                    await connection.executemany(_SQL["keep"], due)
        except Exception as error:  # the next load that is long enough makes another one
            logger.warning("snapshots could not be kept: %s", kind(error))
        finally:
            self._keeping = None


def _complete(rows: Sequence[asyncpg.Record]) -> bool:
    """Whether the rows are a stream from its beginning."""
    return bool(rows[0]["version"] == 1 and rows[0]["state"] is None)
