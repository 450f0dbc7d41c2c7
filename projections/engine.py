"""Keeping read models up to date: each batch and its checkpoint in one transaction, exactly once.

Several processes may run an engine on one database: whoever holds a projection's checkpoint row folds the
next batch. A batch that fails is tried again event by event; the event that cannot be folded stops its
projection, or is parked together with the later events of its stream, and either way shows in `status`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal

import asyncpg
from opentelemetry.trace import Span

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Connection, Pool, Unavailable, connected
from chuishao.eventlog.failure import told
from chuishao.eventlog.feed import POLL, Feed
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.spans import span
from chuishao.projections.projection import Projection
from chuishao.projections.proof import STRANGE, advance, stop_strange

SHORT, LONG = 0.005, 1.0
"""Seconds between looks where there is nothing to fold: more and more."""
GATHER = 0.02
"""Seconds that a round takes at least, so that under load a batch has more than one event."""
_CLAIM_ALL = """
SELECT name, version, position FROM projection p
WHERE log = $1 AND name = ANY($2) AND status = 'live'
  AND NOT EXISTS (SELECT FROM parked k WHERE k.log = p.log AND k.projection = p.name)
ORDER BY name FOR UPDATE SKIP LOCKED
"""
LARGEST = 2**63 - 1
"""Beyond every position."""
WAITS = "waits for an earlier event of its stream"

logger = logging.getLogger("chuishao.projections")


TRANSIENT = ("40", "53", "55", "57", "58")
"""Classes of PostgreSQL's errors that pass: conflicts, lack of resources, locks, intervention, the system."""


def _passes(failure: Exception) -> bool:
    """Whether the same fold may succeed later; only what cannot is poison."""
    return isinstance(failure, asyncpg.PostgresError) and str(failure.sqlstate)[:2] in TRANSIENT


def _folding(names: Sequence[str], batch: Sequence[RecordedEvent]) -> AbstractContextManager[Span]:
    facts: dict[str, str | int] = {
        "chuishao.projections": ",".join(names),
        "chuishao.events": len(batch),
        "chuishao.position": batch[-1].position,
    }
    return span("fold", facts)


class NotYet(Refusal):
    """读模型未到达 The read models have not reached the position asked for."""

    en = "The read models are at position {position}, not yet at {wanted}. Ask again in a moment."
    zh = "读模型当前位置为 {position}，尚未到达 {wanted}。请稍后再试。"


class BeyondTheLog(Refusal):
    """位置超出日志 The position asked for has not been recorded."""

    en = "Position {wanted} has not been recorded; the log ends at {head}. Use a position that was answered."
    zh = "位置 {wanted} 尚未记录；日志到 {head} 为止。请使用服务器返回过的位置。"


class Engine:
    """Folds the log into projections, from a feed."""

    def __init__(
        self,
        feed: Feed,
        projections: Sequence[Projection],
        *,
        on_poison: Literal["stop", "park"] = "stop",
        pool: Pool | None = None,
    ) -> None:
        self.feed = feed
        self.log = feed.log
        self.pool = pool or feed.log.pool
        """What folds; of its own where the log's connections are for those who ask, and bounded for them."""
        self.projections = projections
        self.on_poison = on_poison
        self._reached: dict[str, int] = {}
        self._history = -1
        self._progress = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to fold in the background."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Fold no more; a batch under way is rolled back or committed whole."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def catch_up(self) -> None:
        """Fold everything that is recorded by now."""
        await self.feed.refresh()
        while await self.round():
            pass

    async def step(self, projection: Projection) -> int:
        """Fold the next batch of one projection; give the number of events folded.

        Nothing is held while the batch is read, so that few connections serve many projections.
        """
        batch = await self._next(projection)
        if not batch:
            return 0
        async with connected(self.pool) as connection:
            try:
                async with connection.transaction():
                    if not await self._claim(connection, projection, batch):
                        return 0
                    with _folding([projection.name], batch):
                        await self._fold_or_park(connection, projection, batch)
                    await advance(connection, self.log.id, [projection.name], batch[-1])
            except (Unavailable, asyncio.CancelledError):
                raise
            except Exception as error:
                if connection.is_closed():
                    raise Unavailable(str(error)) from error
                logger.exception("projection %s cannot fold a batch; trying event by event", projection.name)
                return await self._one_by_one(connection, projection, batch)
        self._tell(projection, batch[-1].position)
        return len(batch)

    async def reach(self, position: int, within: float = 5.0) -> None:
        """Return once every projection has folded the position; refused when that takes too long."""
        if position > self.feed.head and position > (head := await self.log.head()):
            raise BeyondTheLog("atLeast", wanted=position, head=head)
        deadline = asyncio.get_running_loop().time() + within
        while (reached := await self._slowest(position)) < position:
            if asyncio.get_running_loop().time() > deadline:
                raise NotYet("atLeast", position=reached, wanted=position)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await self._progress.wait()

    @property
    def position(self) -> int:
        """What every read model is known to include; they may be further."""
        return min((self._reached.get(p.name, 0) for p in self.projections), default=0)

    async def standing(self) -> int:
        """What every read model includes at this moment."""
        return await self._slowest(LARGEST)

    async def _slowest(self, position: int) -> int:
        reached = min((self._reached.get(p.name, 0) for p in self.projections), default=position)
        if reached < position:  # another process may have folded it
            async with connected(self.log.pool) as connection:
                query = "SELECT name, position FROM projection WHERE log = $1"
                self._reached = {
                    row["name"]: row["position"] for row in await connection.fetch(query, self.log.id)
                }
            reached = min((self._reached.get(p.name, 0) for p in self.projections), default=position)
        return reached

    async def _keep(self) -> None:
        pause = SHORT
        clock = asyncio.get_running_loop().time
        while True:
            seen, began = self.feed.head, clock()
            try:
                folded = await self.round()
            except Unavailable as error:
                logger.warning("the read models wait for the database: %s", error)
                await asyncio.sleep(POLL)
            except Exception:
                logger.exception("the read models could not go on; trying again")
                await asyncio.sleep(LONG)
            else:
                if folded:
                    pause = SHORT
                    await asyncio.sleep(max(0.0, GATHER - (clock() - began)))
                else:
                    pause = await self._news(seen, pause)

    async def _news(self, seen: int, pause: float) -> float:
        """Wait for events beyond `seen`; give how long to wait next time if there are none again.

        Without news a look is due all the same: another process may have let go of a checkpoint.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):  # wait_for of Python 3.11 may swallow a cancellation
                await self.feed.wait(seen)
        return SHORT if self.feed.head > seen else min(2 * pause, LONG)

    async def round(self) -> int:
        """Fold the next batch of every projection; give the most events that one of them folded.

        Projections that stand at the same place, as nearly all do nearly always, fold in one transaction.
        """
        await self._compare()
        try:
            together, folded = await self._step_together()
        except (Unavailable, asyncio.CancelledError):
            raise
        except Exception:
            logger.exception("a batch cannot be folded into all read models at once; trying one by one")
            together, folded = frozenset(), 0
        apart = [projection for projection in self.projections if projection.name not in together]
        return max([folded, *[await self.step(projection) for projection in apart]])

    async def _compare(self) -> None:
        """At the start, and once the log was set back: stop the read models made from what is lost."""
        if self._history == (history := self.feed.history):
            return
        self._reached.clear()
        async with connected(self.pool) as connection:
            for name in await stop_strange(connection, self.log.id):
                logger.error("read model %s is stopped: %s", name, STRANGE.format(name=name))
        self._history = history

    async def _step_together(self) -> tuple[frozenset[str], int]:
        """Fold a batch into the projections that stand where most do; give their names and its length."""
        known = {projection.name: projection for projection in self.projections}
        async with connected(self.pool) as connection, connection.transaction():
            rows = await connection.fetch(_CLAIM_ALL, self.log.id, list(known))
            free = [row for row in rows if row["version"] == known[row["name"]].version]
            if not free:
                return frozenset(), 0
            position, _ = Counter(row["position"] for row in free).most_common(1)[0]
            names = [row["name"] for row in free if row["position"] == position]
            batch = await self.feed.read(position)
            if batch:
                with _folding(names, batch):
                    for name in names:
                        await self._fold(connection, known[name], batch)
                position = batch[-1].position
                await advance(connection, self.log.id, names, batch[-1])
        for name in names:
            self._tell(known[name], position)
        return frozenset(names), len(batch)

    async def _next(self, projection: Projection) -> list[RecordedEvent]:
        """The events after the checkpoint; none where the projection is stopped or of another version."""
        query = (
            "SELECT position FROM projection"
            " WHERE log = $1 AND name = $2 AND version = $3 AND status = 'live'"
        )
        async with connected(self.pool) as connection:
            position = await connection.fetchval(query, self.log.id, projection.name, projection.version)
        if position is None:
            return []
        self._tell(projection, position)
        return await self.feed.read(position)

    async def _claim(
        self, connection: Connection, projection: Projection, batch: Sequence[RecordedEvent]
    ) -> bool:
        """Take the checkpoint, if it still stands before the batch and nobody else holds it."""
        query = (
            "SELECT true FROM projection WHERE log = $1 AND name = $2 AND version = $3 AND status = 'live'"
            " AND position = $4 FOR UPDATE SKIP LOCKED"
        )
        before = batch[0].position - 1
        return bool(
            await connection.fetchval(query, self.log.id, projection.name, projection.version, before)
        )

    async def _fold_or_park(
        self, connection: Connection, projection: Projection, batch: Sequence[RecordedEvent]
    ) -> None:
        """Fold a batch, except for what waits for an earlier event of its stream."""
        blocked = await self._blocked_streams(connection, projection)
        for event in batch:
            if event.stream in blocked:
                await self._park(connection, projection, event, WAITS)
        events = [event for event in batch if event.stream not in blocked]
        if events:
            await self._fold(connection, projection, events)

    async def _fold(
        self, connection: Connection, projection: Projection, batch: Sequence[RecordedEvent]
    ) -> None:
        await connection.execute(f'SET LOCAL search_path TO "{projection.name}", public')
        await projection.take(connection, self.log, batch)

    def _tell(self, projection: Projection, position: int) -> None:
        if self._reached.get(projection.name) != position:
            self._reached[projection.name] = position
            progress, self._progress = self._progress, asyncio.Event()
            progress.set()

    async def _one_by_one(
        self, connection: Connection, projection: Projection, batch: Sequence[RecordedEvent]
    ) -> int:
        """Fold a batch event by event, each under a savepoint; deal with the one that cannot be folded."""
        folded = 0
        async with connection.transaction():
            if not await self._claim(connection, projection, batch):
                return 0
            blocked = await self._blocked_streams(connection, projection)
            for event in batch:
                error = WAITS if event.stream in blocked else None
                if error is None:
                    try:
                        async with connection.transaction():
                            await self._fold(connection, projection, [event])
                    except Exception as failure:
                        if connection.is_closed() or _passes(failure):
                            raise Unavailable(str(failure)) from failure
                        error = told(failure)
                        logger.exception(
                            "projection %s cannot fold event %s", projection.name, event.position
                        )
                        if self.on_poison == "stop":
                            await self._stop_projection(connection, projection, event, error)
                            break
                if error is not None:
                    blocked.add(event.stream)
                    await self._park(connection, projection, event, error)
                await advance(connection, self.log.id, [projection.name], event)
                folded += 1
        if folded:
            self._tell(projection, batch[folded - 1].position)
        return folded

    async def _blocked_streams(self, connection: Connection, projection: Projection) -> set[object]:
        query = "SELECT DISTINCT stream FROM parked WHERE log = $1 AND projection = $2"
        return {row["stream"] for row in await connection.fetch(query, self.log.id, projection.name)}

    async def _stop_projection(
        self, connection: Connection, projection: Projection, event: RecordedEvent, error: str
    ) -> None:
        query = "UPDATE projection SET status = 'stopped', error = $3 WHERE log = $1 AND name = $2"
        text = f"at position {event.position} ({event.type}): {error}"
        await connection.execute(query, self.log.id, projection.name, text)

    async def _park(
        self, connection: Connection, projection: Projection, event: RecordedEvent, error: str
    ) -> None:
        query = "INSERT INTO parked (log, projection, position, stream, error) VALUES ($1, $2, $3, $4, $5)"
        await connection.execute(query, self.log.id, projection.name, event.position, event.stream, error)
