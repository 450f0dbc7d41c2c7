"""Following the log: one tailer a process keeps the newest events in memory for everybody who follows.

Who asks for events behind the ring reads them from the database, so a slow follower costs nobody anything.
A notification is only a hint; the tailer polls too, and looks at positions alone: the next is last + 1. It
reads its last event again each time: where that is gone, the log was set back, and everybody is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import asyncpg

from chuishao.eventlog.connection import Connection, Unavailable, connected
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.together import Together

CHANNEL = "chuishao"
PAGE = 2000
"""Events in one read."""
RING = 20_000
"""Events kept in memory."""
PAGES = 4
"""Full pages of old events kept, for several projections that catch up side by side."""
POLL = 0.25
"""Seconds between looks at the log when nobody hints."""
AGAIN = 0.1
"""Seconds until something that failed is tried again."""
WINDOW = 50_000
"""Positions that one catch-up query covers, so that a rare match never becomes a long query."""
CHECK = 15.0
"""Seconds between questions whether the listening connection still lives."""
ANSWER = 5.0
"""Seconds that it may take to answer."""

T = TypeVar("T")
logger = logging.getLogger("chuishao.feed")


class Following(Protocol):
    """Somebody who follows, alone or with others: everything up to a position was looked at."""

    @property
    def position(self) -> int:
        """That position."""


@dataclass(slots=True, eq=False)
class Follower:
    """Somebody who follows alone: up to where everything wanted was handed over, and what was the last."""

    position: int
    cursor: str | None
    history: int
    seen: RecordedEvent | None = None


@dataclass(frozen=True, slots=True)
class SetBack:
    """日志回退 What the database held up to position `was` is not all there any more; it ends at `head`."""

    at: datetime
    was: int
    head: int

    def __str__(self) -> str:
        return (
            f"the log was set back: the event at position {self.was} is gone, it ends at {self.head} now "
            f"(noticed {self.at:%Y-%m-%d %H:%M:%S}Z)"
        )


class Feed:
    """The newest events of one log, and a wait for more. `set_back` says how often the log was, and where."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.head = 0
        self.followers: set[Following] = set()
        self._ring: deque[RecordedEvent] = deque(maxlen=RING)
        self._hint = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._to_notify = asyncio.Event()
        self._taking = asyncio.Lock()
        self._pages: OrderedDict[int, list[RecordedEvent]] = OrderedDict()
        self._proof = b""
        self._together = Together()
        self.set_back: list[SetBack] = []
        self.on_set_back: list[Callable[[SetBack], None]] = []

    async def start(self) -> None:
        """Begin to follow from the present head."""
        self.head, self._proof = await self.log.last()
        self.log.writer.on_append.append(self._appended)
        loops = (self._tail(), self._listen(), self._notify())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Follow no more."""
        self.log.writer.on_append.remove(self._appended)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def read(self, after: int) -> list[RecordedEvent]:
        """Up to a page of events after a position that are recorded by now."""
        if self._ring and self._ring[0].position <= after + 1:
            start = after + 1 - self._ring[0].position
            return [self._ring[i] for i in range(start, min(start + PAGE, len(self._ring)))]
        if after >= self.head:
            return []
        if after not in self._pages:
            history = self.history
            page = await self.log.after(after, PAGE)
            if len(page) < PAGE or history != self.history:
                return page
            self._pages[after] = page
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        return self._pages[after]

    async def last(self) -> tuple[int, bytes]:
        """The last position and its leaf hash as the database has them, asked once for many."""
        return await self._together.ask(None, self.log.last)

    async def resume(self, cursor: str) -> int:
        """The position of an outsider's cursor, asked once for many; refused if it is of another history."""
        return await self._together.ask(cursor, lambda: self.log.resume(cursor))

    async def refresh(self) -> None:
        """Look at the log now instead of at the next hint."""
        async with self._taking:
            while self._take(await self._recorded()):
                pass

    @property
    def history(self) -> int:
        """Which history of the log this is, counted from the start of this feed."""
        return len(self.set_back)

    async def wait(self, after: int) -> None:
        """Return once the log is known to reach beyond a position, or was set back."""
        history = self.history
        while self.head <= after and self.history == history:
            await self._news.wait()

    async def follow(
        self, wanted: Filter, after: int, cursor: str | None = None
    ) -> AsyncIterator[RecordedEvent]:
        """Every wanted event after a position, in order, each once: what is recorded, then what comes.

        Where the log is set back behind the last event handed over, or behind the `cursor` of `after`, raises
        `CursorOfAnotherHistory`.
        """
        follower = Follower(after, cursor, self.history)
        self.followers.add(follower)
        try:
            async with aclosing(self._followed(wanted, follower)) as events:
                async for event in events:
                    yield event
        finally:
            self.followers.discard(follower)

    async def some(self, wanted: Filter, after: int, until: int) -> tuple[list[RecordedEvent], int]:
        """The wanted events of the next stretch after a position, in order, and where that stretch ends.

        From memory it may reach beyond `until`, which must be recorded. Waits for a database that is away.
        """
        if after < self.head and self._ring and self._ring[0].position <= after + 1:
            events = await self.read(after)
            return [event for event in events if wanted.fits(event)], events[-1].position
        until = min(after + WINDOW, until)
        return await self.patiently(lambda: self.log.matching(wanted, after, until)), until

    @property
    def lag(self) -> int:
        """How many events the slowest follower has still to look at."""
        return max((self.head - follower.position for follower in self.followers), default=0)

    async def _followed(self, wanted: Filter, follower: Follower) -> AsyncGenerator[RecordedEvent, None]:
        position = follower.position
        while True:
            if follower.history != self.history:
                position = await self._still_there(follower)
            if self.head <= position:
                await self.wait(position)
                continue
            events, until = await self.some(wanted, position, self.head)
            for event in events:
                follower.seen = event
                yield event
            position = follower.position = until

    async def _still_there(self, follower: Follower) -> int:
        """Where a follower goes on in the history that is there now; refused if it saw what is lost."""
        history = self.history
        cursor, seen = follower.cursor, follower.seen
        if seen is not None:
            cursor = cursor_of(self.log.id, seen.position, seen.leaf_hash)
        if cursor is None:
            position = min(follower.position, self.head)
        else:
            known = cursor
            position = await self.patiently(lambda: self.log.resume(known))
        follower.history = history
        return position

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the log answers, as soon as the database does."""
        while True:
            try:
                return await ask()
            except Unavailable:
                await asyncio.sleep(AGAIN)  # the database is away; the follower resumes where it was

    def _appended(self, _head: int) -> None:
        self._hint.set()
        self._to_notify.set()

    async def _tail(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._hint.wait()
            self._hint.clear()
            try:
                await self.refresh()
            except (Unavailable, asyncpg.PostgresError) as error:
                logger.warning("the log cannot be followed now: %s", error)
                await asyncio.sleep(AGAIN)
            except Exception:
                logger.exception("the log cannot be followed now; trying again")
                await asyncio.sleep(1)

    async def _recorded(self) -> list[RecordedEvent]:
        """A page of what is recorded after the head, if the head is still what it was."""
        if self.head == 0:
            return await self.log.after(0, PAGE)
        page = await self.log.after(self.head - 1, PAGE + 1)
        if page and page[0].position == self.head and page[0].leaf_hash == self._proof:
            return page[1:]
        await self._begin_anew()
        return []

    async def _begin_anew(self) -> None:
        """Forget a history that the database no longer has, and tell everybody."""
        head, self._proof = await self.log.last()
        noticed = SetBack(datetime.now(UTC), self.head, head)
        self.head = head
        self._ring.clear()
        self._pages.clear()
        self.set_back.append(noticed)
        logger.error("%s", noticed)
        for hears in self.on_set_back:
            hears(noticed)
        self._tell()

    def _take(self, events: list[RecordedEvent]) -> bool:
        if not events:
            return False
        self._ring.extend(events)
        self.head, self._proof = events[-1].position, events[-1].leaf_hash
        self._tell()
        return len(events) == PAGE

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _listen(self) -> None:
        """Hear other processes' hints on a connection of its own; a dead one is replaced."""
        while True:
            try:
                async with connected(self.log.pool) as connection:
                    ended = asyncio.Event()
                    connection.add_termination_listener(lambda *_, ended=ended: ended.set())
                    try:
                        await connection.add_listener(CHANNEL, self._heard)
                        await _lives_until(connection, ended)
                    finally:
                        connection.terminate()  # to say goodbye on a dead line would take for ever
            except (Unavailable, asyncpg.PostgresError):
                logger.warning("the listening connection was lost; polling until it is back")
            await asyncio.sleep(AGAIN)

    def _heard(self, *_: Any) -> None:
        self._hint.set()

    async def _notify(self) -> None:
        """Hint to other processes after commits, once for many."""
        while True:
            await self._to_notify.wait()
            self._to_notify.clear()
            with contextlib.suppress(Unavailable, asyncpg.PostgresError):
                async with self.log.borrow() as connection:
                    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
            await asyncio.sleep(0.002)


async def _lives_until(connection: Connection, ended: asyncio.Event) -> None:
    """Return when a connection has ended, or no longer answers, as a dead line does not."""
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK):
                await ended.wait()
                return
        try:
            async with asyncio.timeout(ANSWER):
                await connection.execute("SELECT 1")
        except TimeoutError:
            logger.warning("the listening connection does not answer; another one is made")
            return
