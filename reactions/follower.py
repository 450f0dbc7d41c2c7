"""Following the log and reacting: each command once, whatever crashes, however many servers there are.

One process reacts at a time; which one is decided by a lock that its connection holds, so that it ends with
it. A checkpoint moves on only behind commands that the log has answered. What is sent again after a crash has
the same identifiers, and the log answers as it did. So even two that react at once make nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from chuishao.commands.command import Command, name_of
from chuishao.commands.execution import Executor
from chuishao.commands.request import Envelope
from chuishao.domain.refusal import CommandReused, Refusal
from chuishao.eventlog.connection import Connection, Unavailable, alone, connected
from chuishao.eventlog.failure import kind
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.engine import Engine
from chuishao.reactions.reaction import Around, Reaction, Timed

logger = logging.getLogger("chuishao.reactions")
_SQL = statements("chuishao.reactions", "statements.sql")
LOCK = 0x7265_6163  # beside the log's own lock, which is its number
"""The first half of the lock that whoever reacts holds; the second is the number of the log."""
LOOK = 1.0
"""Seconds between tries to become the one that reacts, looks whether one that stopped may go on, and looks
at what time brings while events come in."""
AGAIN = 0.25
"""Seconds until a command is sent again for which the database was away."""
WITHIN = 60.0
"""Seconds that the read models may take to include an event."""


class Reactions:
    """The reactions of one process, to one log."""

    def __init__(
        self,
        feed: Feed,
        engine: Engine,
        executor: Executor,
        reactions: Sequence[Reaction],
        timed: Sequence[Timed] = (),
    ) -> None:
        self.feed, self.engine, self.executor = feed, engine, executor
        self.log = feed.log
        self.reactions = {reaction.name: reaction for reaction in reactions}
        self.timed = timed
        self.around = Around(self.log, engine.known.reading)
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to react in the background."""
        if self.reactions or self.timed:
            self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """React no more; a command under way is answered or not, and sent again by whoever goes on."""
        self._stopping = True  # a cancellation may lose against the error of a connection that was lost
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def begin(self) -> None:
        """Be there from now on: what happens before the next start is reacted to then."""
        async with connected(self.log.pool) as connection:
            await connection.execute(_SQL["begin"], self.log.id, list(self.reactions))

    async def catch_up(self) -> None:
        """React to all that is recorded by now, and to what comes of that; unless another process reacts."""
        async with self._alone() as alone:
            while alone:
                await self.feed.refresh()
                await self.engine.catch_up()
                if not await self.round() and not await self.tick():
                    return

    async def _keep(self) -> None:
        while not self._stopping:
            try:
                async with self._alone() as connection:
                    if connection is not None:
                        await self._follow(connection)
            except Unavailable as error:
                logger.warning("the reactions wait for the database: %s", error)
            except Exception:
                logger.exception("the reactions could not go on; trying again")
            await asyncio.sleep(LOOK)

    async def _follow(self, connection: Connection) -> None:
        """React to events as they come, and to time also where they never cease to."""
        ticked = -LOOK
        while True:
            found, now = await self.round(), monotonic()
            if not found or now - ticked >= LOOK:
                await self.tick()
                ticked = now
            if not found:
                await self._news(connection)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Connection | None]:
        """Be the one that reacts, on a connection that says so; None where another process is."""
        async with alone(self.log.pool, LOCK, self.log.id) as connection:
            if connection is not None:
                await connection.execute(_SQL["begin"], self.log.id, list(self.reactions))
            yield connection

    async def _news(self, connection: Connection) -> None:
        """Wait for events, and look that the lock is still held."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK):
                await self.feed.wait(await self._least())
        await connection.execute("SELECT 1")

    async def _positions(self) -> dict[str, int]:
        async with connected(self.log.pool) as connection:
            rows = await connection.fetch(_SQL["positions"], self.log.id, list(self.reactions))
        return {row["name"]: row["position"] for row in rows}

    async def _least(self) -> int:
        return min((await self._positions()).values(), default=self.feed.head)

    async def round(self) -> int:
        """React to the next batch; give how many events there were."""
        positions = await self._positions()
        if not positions:
            return 0
        least = min(positions.values())
        batch = await self.feed.read(least)
        due = {name for name, position in positions.items() if position == least}
        for event in batch:
            wanting = [name for name in sorted(due) if isinstance(event.event, self.reactions[name].to)]
            if wanting and event.meta.imported is not None:
                continue  # it happened elsewhere and long ago: nobody acts on it today
            for name in wanting:
                if not await self._react(self.reactions[name], event):
                    due.discard(name)
            if wanting:
                await self._advance(sorted(due), event.position)
        if batch:
            await self._advance(sorted(due), batch[-1].position)
        return len(batch)

    async def tick(self) -> int:
        """Send what is due by now; give how much of it was accepted."""
        accepted = 0
        for timed in self.timed:
            try:
                accepted += await self._send_due(timed)
            except Unavailable:
                raise
            except Exception:  # what time brings otherwise goes on
                logger.exception("%s could not go on; trying again", timed.name)
        return accepted

    async def _send_due(self, timed: Timed) -> int:
        """Send a page of what is due, and further ones behind what stays; give how much was new.

        What is refused stays in the list of what is due, and so may what was answered before.
        """
        sent = before = reached = 0
        while page := await timed.due(self.around, self.executor.clock(), sent):
            if not sent:
                before = reached = await self.log.head()
            stays = False
            for key, one in page:
                envelope = Envelope(timed.identified(key), one.by, one.at)
                try:
                    position = await self._patiently(one.command, envelope)
                    stays, reached = stays or position <= before, max(reached, position)
                except Refusal as refusal:
                    logger.warning("%s: %s is refused: %s", timed.name, key, refusal.code)
                    stays = True
            sent += len(page)
            if not stays:
                break
        return reached - before

    async def _advance(self, names: Sequence[str], position: int) -> None:
        async with connected(self.log.pool) as connection:
            await connection.execute(_SQL["advance"], self.log.id, names, position)

    async def _react(self, reaction: Reaction, event: RecordedEvent) -> bool:
        """Send what follows from an event; whether the reaction goes on."""
        await self._read(event.position)
        try:
            sent = await reaction.decide(event, self.around)
            for number, (id_, one) in enumerate(reaction.identified(event, sent)):
                envelope = Envelope(id_, one.by, one.at, causation=event.event_id)
                try:
                    await self._patiently(one.command, envelope)
                except CommandReused:
                    continue  # it was sent before, by code that has changed since
                except Refusal as refusal:
                    await self._refused(reaction, event, number, name_of(type(one.command)), refusal)
        except Unavailable:
            raise
        except Exception as error:
            logger.exception("reaction %s stops at position %d", reaction.name, event.position)
            async with connected(self.log.pool) as connection:
                said = f"position {event.position}: {kind(error)}"
                before = event.position - 1
                await connection.execute(_SQL["stop"], self.log.id, reaction.name, said, before)
            return False
        return True

    async def _read(self, position: int) -> None:
        """Return once the read models include a position, except for those that have stopped."""
        try:
            await self.engine.reach(position, WITHIN, needed=())
        except Refusal as refusal:
            raise Unavailable(refusal.sentence("en")) from refusal

    async def _patiently(self, command: Command, envelope: Envelope) -> int:
        """Send a command until the database answers; give the position that includes what it did."""
        while True:
            try:
                return (await self.executor.execute(command, envelope)).position
            except Unavailable as error:
                logger.warning("a reaction's command waits for the database: %s", error)
                await asyncio.sleep(AGAIN)

    async def _refused(
        self, reaction: Reaction, event: RecordedEvent, number: int, command: str, refusal: Refusal
    ) -> None:
        logger.warning("reaction %s: %s at position %d is refused: %s",
                       reaction.name, command, event.position, refusal.code)  # fmt: skip
        async with connected(self.log.pool) as connection:
            await connection.execute(
                _SQL["refused"], self.log.id, reaction.name, event.position, number, command, refusal.code
            )
