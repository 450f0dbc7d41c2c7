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
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from opentelemetry.trace import Span

from chuishao.eventlog.connection import Connection, Pool, Unavailable, connected
from chuishao.eventlog.failure import told
from chuishao.eventlog.feed import AGAIN, PAGE, Feed
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.spans import span
from chuishao.projections.poison import OnPoison, Place, Poison, fold, fold_each, fold_or_wait, passes
from chuishao.projections.projection import Projection
from chuishao.projections.proof import STRANGE, advance, stop_strange
from chuishao.projections.reach import LARGEST, Reach

SHORT, LONG = 0.005, 1.0
"""Seconds between looks where there is nothing to fold: more and more."""
GATHER = 0.02
"""Seconds at most between rounds while somebody waits, so that a batch has more than one event."""
UNASKED = 0.1
"""Seconds between rounds while nobody waits: what a round costs is shared by more events."""
_LIGHTLY = "set_config('synchronous_commit', 'off', true)"
"""A commit that waits for no disk: what a crash takes is folded again, rows and checkpoint being one."""
_CLAIM_ALL = f"""
SELECT name, version, fingerprint, position, {_LIGHTLY} FROM projection p
WHERE log = $1 AND name = ANY($2) AND status = 'live'
  AND NOT EXISTS (SELECT FROM parked k WHERE k.log = p.log AND k.projection = p.name)
ORDER BY name FOR UPDATE SKIP LOCKED
"""  # noqa: S608 no value stands in it
_OURS = "log = $1 AND name = $2 AND version = $3 AND fingerprint = $4 AND status = 'live'"
_POSITION = f"SELECT position FROM projection WHERE {_OURS}"  # noqa: S608 no value stands in it
_CLAIM = f"SELECT true, {_LIGHTLY} FROM projection WHERE {_OURS} AND position = $5 FOR UPDATE SKIP LOCKED"  # noqa: S608
_STOP = "UPDATE projection SET status = 'stopped', error = $3 WHERE log = $1 AND name = $2"

logger = logging.getLogger("chuishao.projections")


def _folding(names: Sequence[str], batch: Sequence[RecordedEvent]) -> AbstractContextManager[Span]:
    facts: dict[str, str | int] = {
        "chuishao.projections": ",".join(names),
        "chuishao.events": len(batch),
        "chuishao.position": batch[-1].position,
    }
    return span("fold", facts)


class Engine:
    """Folds the log into projections, from a feed."""

    def __init__(
        self,
        feed: Feed,
        projections: Sequence[Projection],
        *,
        on_poison: OnPoison = "stop",
        pool: Pool | None = None,
    ) -> None:
        self.feed = feed
        self.log = feed.log
        self.pool = pool or feed.log.pool
        """What folds; of its own where the log's connections are for those who ask, and bounded for them."""
        self.projections = projections
        self.on_poison = on_poison
        self.known = Reach(feed, projections)
        self._history = -1
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to fold in the background."""
        self._tasks = [asyncio.create_task(loop) for loop in (self._keep(), self.known.keep_looking())]

    async def stop(self) -> None:
        """Fold no more; a batch under way is rolled back or committed whole."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
                        await fold_or_wait(connection, self._place(projection), batch)
                    await advance(connection, self.log.id, [projection.name], batch[-1])
            except (Unavailable, asyncio.CancelledError):
                raise
            except Exception as error:
                if connection.is_closed() or passes(error):
                    raise Unavailable(told(error)) from error
                logger.exception("projection %s cannot fold a batch; trying event by event", projection.name)
                return await self._one_by_one(connection, projection, batch)
        self.known.tell(projection.name, batch[-1].position)
        return len(batch)

    async def reach(self, position: int, within: float = 5.0, needed: Collection[str] | None = None) -> None:
        """Return once the read models have folded a position, except for stopped ones that are not needed."""
        await self.known.until(position, within, needed)

    @property
    def position(self) -> int:
        """What every read model is known to include; they may be further."""
        return self.known.least()

    async def standing(self) -> int:
        """What every read model includes at this moment."""
        return await self.known.slowest(LARGEST)

    async def _keep(self) -> None:
        pause = SHORT
        clock = asyncio.get_running_loop().time
        while True:
            seen, began = self.feed.head, clock()
            if self._history == self.feed.history and not self.known.behind(seen):
                pause = await self._news(seen, LONG)  # nothing is asked of the database meanwhile
                continue
            try:
                folded = await self.round()
            except Unavailable as error:
                logger.warning("the read models wait for the database: %s", error)
                await asyncio.sleep(AGAIN)
            except Exception:
                logger.exception("the read models could not go on; trying again")
                await asyncio.sleep(LONG)
            else:
                if folded:
                    pause = SHORT
                    await self._gather(folded, clock() - began)
                else:
                    pause = await self._news(seen, pause)

    async def _gather(self, folded: int, took: float) -> None:
        """Let events gather for as long as a round took, so that half the time is left to others; unless many
        are there already, or somebody waits for what is, for longer."""
        await asyncio.sleep(min(GATHER, took))
        if folded < PAGE:
            await self.known.wanted(UNASKED)

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
        except Exception as error:
            if passes(error):
                raise Unavailable(told(error)) from error
            logger.exception("a batch cannot be folded into all read models at once; trying one by one")
            together, folded = frozenset(), 0
        apart = [projection for projection in self.projections if projection.name not in together]
        return max([folded, *[await self.step(projection) for projection in apart]])

    async def _compare(self) -> None:
        """At the start, and once the log was set back: stop the read models made from what is lost."""
        if self._history == (history := self.feed.history):
            return
        self.known.forget()
        async with connected(self.pool) as connection:
            for name in await stop_strange(connection, self.log.id):
                logger.error("read model %s is stopped: %s", name, STRANGE.format(name=name))
        self._history = history

    async def _step_together(self) -> tuple[frozenset[str], int]:
        """Fold a batch into the projections that stand where most do; give their names and its length."""
        known = {projection.name: projection for projection in self.projections}
        async with connected(self.pool) as connection, connection.transaction():
            rows = await connection.fetch(_CLAIM_ALL, self.log.id, list(known))
            free = [row for row in rows if (row["version"], row["fingerprint"]) == known[row["name"]].code]
            if not free:
                return frozenset(), 0
            position, _ = Counter(row["position"] for row in free).most_common(1)[0]
            names = [row["name"] for row in free if row["position"] == position]
            batch = await self.feed.read(position)
            if batch:
                types = {event.type for event in batch}
                with _folding(names, batch):
                    for name in names:
                        if known[name].folds(types):
                            await fold(connection, self._place(known[name]), batch)
                position = batch[-1].position
                await advance(connection, self.log.id, names, batch[-1])
        for name in names:
            self.known.tell(name, position)
        return frozenset(names), len(batch)

    async def _next(self, projection: Projection) -> list[RecordedEvent]:
        """The events after the checkpoint; none where the projection is stopped or of another version."""
        async with connected(self.pool) as connection:
            position = await connection.fetchval(_POSITION, self.log.id, projection.name, *projection.code)
        if position is None:
            return []
        self.known.tell(projection.name, position)
        return await self.feed.read(position)

    async def _claim(
        self, connection: Connection, projection: Projection, batch: Sequence[RecordedEvent]
    ) -> bool:
        """Take the checkpoint, if it still stands before the batch and nobody else holds it."""
        before = batch[0].position - 1
        return bool(await connection.fetchval(_CLAIM, self.log.id, projection.name, *projection.code, before))

    def _place(self, projection: Projection) -> Place:
        return Place(self.log, projection, projection.name)

    async def _one_by_one(
        self, connection: Connection, projection: Projection, batch: Sequence[RecordedEvent]
    ) -> int:
        """Fold a batch event by event; stop at the one that cannot be folded, if that is the policy."""
        async with connection.transaction():
            if not await self._claim(connection, projection, batch):
                return 0
            folded, poison = await fold_each(connection, self._place(projection), batch, self.on_poison)
            if folded:
                await advance(connection, self.log.id, [projection.name], batch[folded - 1])
            if poison is not None:
                await self._stop_at(connection, projection, poison)
        if folded:
            self.known.tell(projection.name, batch[folded - 1].position)
        return folded

    async def _stop_at(self, connection: Connection, projection: Projection, poison: Poison) -> None:
        await connection.execute(_STOP, self.log.id, projection.name, str(poison))
