"""Aggregates as the log has them: folded from their whole stream, or from a snapshot and the events after it.

Those that are asked for at the same time are loaded in one statement. What was loaded is remembered, and what
an accepted command has made of it. Snapshots are made of what was loaded anyway, and kept in the background
after whoever loaded it has gone on. Deleting all of them at any time changes nothing but the time that the
next loads take.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from eventsourcing.domain import BaseAggregate

from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.event import fold
from chuishao.eventlog import snapshot
from chuishao.eventlog.connection import Borrow, Pool, connected
from chuishao.eventlog.failure import kind
from chuishao.eventlog.gathering import Gathering
from chuishao.eventlog.mapper import decode
from chuishao.eventlog.recall import NOWHERE, Recall, Rests
from chuishao.eventlog.spent import apart
from chuishao.eventlog.sql import statements
from chuishao.eventlog.twin import twin

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


class Loaded(NamedTuple):
    """The rows of a stream, the event that was there too, and the epoch of the memory that rests on it."""

    rows: list[asyncpg.Record]
    rests: Rests
    epoch: int


class Aggregates:
    """Loads the aggregates of one log, remembers them, and keeps snapshots of those with long histories."""

    def __init__(
        self,
        pool: Pool,
        log: int,
        *,
        recall: Recall | None = None,
        every: int = EVERY,
        borrow: Borrow | None = None,
    ) -> None:
        self.every = every
        self.recall = Recall() if recall is None else recall
        self._pool = pool
        self._borrow = borrow or partial(connected, pool)
        self._log = log
        self._due: dict[UUID, tuple[Any, ...]] = {}
        self._missed: set[UUID] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._loading = Gathering(self._rows)

    async def load(self, stream: UUID) -> Any:
        """The aggregate that a stream's events make at this moment; None where there are none."""
        rows, rests, epoch = await self._loading.get(stream)
        before = self._restored(stream, rows[0]) if rows else None
        if before is None and rows and not _complete(rows):
            rows = await self._all_rows(stream)
        after = rows if before is None else rows[1:]
        aggregate = fold((decode(stream, row["version"], row["type"], row["data"]) for row in after), before)
        if len(after) >= self.every:
            self._take(aggregate, rows)
        if not rows:
            self.recall.forget(stream)
        elif self.recall.is_news(aggregate, epoch):
            last = Rests(rows[-1]["position"], rows[-1]["leaf_hash"])
            if self.recall.rest_on(last, rests, epoch):
                self.recall.keep(twin(aggregate), epoch)
        return aggregate

    def recorded(self, aggregate: Any, seen: int, epoch: int) -> None:
        """Remember what an accepted command has made of an aggregate that it saw at a version.

        Where a snapshot is due it is forgotten instead: the next load makes one, and is short.
        """
        if aggregate.version // self.every > seen // self.every or aggregate.id in self._missed:
            self._missed.discard(aggregate.id)
            self.recall.forget(aggregate.id)
        else:
            self.recall.keep(aggregate, epoch)

    async def close(self) -> None:
        """Wait until every snapshot that is due has been kept."""
        while self._keeping is not None:
            await asyncio.wait([self._keeping])

    async def _rows(self, streams: Sequence[UUID]) -> Mapping[UUID, Loaded]:
        """The rows of each stream, in a history in which the event is that the memory rests on."""
        rests, epoch = self.recall.rests, self.recall.epoch
        async with self._borrow() as connection:
            rows = await connection.fetch(_SQL["load"], self._log, streams, makers(), *rests)
        if rows and not rows[0]["same_history"]:
            self.recall.lose(epoch)
            rests, epoch = NOWHERE, epoch + 1
        found = {stream: Loaded([], rests, epoch) for stream in streams}
        for row in rows:
            found[row["stream"]].rows.append(row)
        return found

    async def _all_rows(self, stream: UUID) -> list[asyncpg.Record]:
        async with connected(self._pool) as connection:
            return await connection.fetch(_SQL["load"], self._log, [stream], [], *NOWHERE)

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
                due, self._due = self._due, {}
                async with connected(self._pool) as connection:
                    await connection.executemany(_SQL["keep"], list(due.values()))
        except Exception as error:  # the next load that is long enough makes another one
            logger.warning("snapshots could not be kept: %s", kind(error))
            self._missed |= due.keys()
        finally:
            self._keeping = None


def _complete(rows: Sequence[asyncpg.Record]) -> bool:
    """Whether the rows are a stream from its beginning."""
    return bool(rows[0]["version"] == 1 and rows[0]["state"] is None)
