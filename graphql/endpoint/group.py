"""同组订阅 Everybody who is shown the same: one task decides, executes and writes each event once for them.

Whoever keeps up is *live*: the bytes are written straight to their connection, and their own task sleeps;
first singly, then in a row, where nothing is looked at or noted for each. Who does not keep up, or has no
such connection, takes them one by one from what the group keeps; who falls behind that goes back to the log
with a cursor. Nobody holds up anybody else, and nothing is kept for each of them.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from contextlib import aclosing
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeAlias

from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.endpoint.errors import JsonObject, failed
from chuishao.graphql.endpoint.language import asked
from chuishao.graphql.endpoint.observation import Observation
from chuishao.graphql.endpoint.replay import Replay
from chuishao.graphql.endpoint.row import Hold, Put, Row
from chuishao.graphql.endpoint.written import Result, Written

KEPT = 500
"""Written results that a group keeps for members who read slowly."""
AT_ONCE = 250
"""Members who are written to before anything else has its turn."""
TOGETHER = 16
"""Results that are handed out together where several wait: one write to each member, and not one for each."""

Write: TypeAlias = Callable[[RecordedEvent, Any], Awaitable[Written]]
"""Executes an operation for one event with a context, and writes the result out."""


class Push(Protocol):
    """Writes results to one reader without a task. `start` stands before the payload of its messages."""

    start: bytes

    def now(self, written: Written) -> bool:
        """Write a result now and for good; False if that cannot be, and then nothing is written."""

    def begin(self, hold: Hold) -> Put | None:
        """What writes without looking from now on, until `hold` is called; None if that cannot be yet."""

    def end(self) -> None:
        """Look again before anything is written."""


class Source(Protocol):
    """What a subscription follows, in a form that those who are shown the same can share."""

    position: int
    cursor: str | None
    context: Any

    async def begin(self) -> None:
        """Find where to begin, and what is seen."""

    async def begin_again(self, cursor: str | None) -> None:
        """Begin behind the last event handed over, if that is still there."""

    @property
    def feed(self) -> Feed:
        """The feed that brings the events."""

    @property
    def wanted(self) -> Filter:
        """The recorded events from which it shows some."""

    @property
    def head(self) -> int:
        """Where the log ended when it began."""

    @property
    def audience(self) -> Hashable:
        """Whom its answers are the same for."""

    def includes(self) -> int:
        """A position that everything read from now on includes."""

    async def shows(self, event: RecordedEvent) -> bool:
        """Whether an event is shown; raises what ends the subscription."""

    def surroundings(self) -> Any:
        """A fresh context for an answer to everybody in the audience."""

    def shared(self) -> Source:
        """The same for the whole audience, from where the log ended when this one began."""

    def __aiter__(self) -> AsyncGenerator[RecordedEvent, None]:
        """Every event that is shown, for this asker alone."""


class Again(Exception):
    """A member must begin again behind the last event that was handed over."""


@dataclass(slots=True, eq=False)
class Member:
    """One subscription in a group. Everything up to `sent` was handed over; `history` is the feed's.

    In a row, which handed over `came` results before, what is noted here is that from before it.
    """

    source: Source
    push: Push | None
    seen: Observation | None
    sent: int = 0
    history: int = 0
    last: Written | None = None
    group: Group | None = None
    live: bool = False
    row: Row | None = None
    came: int = 0
    woken: asyncio.Future[None] | None = None

    @property
    def position(self) -> int:
        """Everything up to here was looked at."""
        if self.group is None or (not self.live and self.group.holds_for(self)):
            return self.sent
        return self.group.position

    @property
    def cursor(self) -> str | None:
        """The place behind the last event handed over, or where it began."""
        return self.source.cursor if self.last is None else self.last.cursor

    def took(self, written: Written, results: int = 1) -> None:
        """Note what was handed over: so many results, and which was the last."""
        self.sent = written.position
        self.last = written
        if self.seen is not None:
            self.seen.results += results
        if written.failure is not None:
            self.fails(written.failure)

    def fails(self, code: str) -> None:
        """Note that a result says so."""
        if self.seen is not None:
            self.seen.fails(code)


@dataclass(eq=False)
class Group:
    """One group. It has decided about everything up to `position`, and keeps what it shows after `floor`."""

    source: Source
    write: Write
    on_end: Callable[[Group], None]
    history: int
    position: int = 0
    floor: int = 0
    _kept: deque[Written] = field(default_factory=deque)
    _singly: dict[Member, None] = field(default_factory=dict)
    _rows: list[Row] = field(default_factory=list)
    _pulling: set[Member] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _errors: list[JsonObject] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.position = self.floor = self.source.position
        surroundings = Context()  # of no operation: what is spent here is nobody's own
        surroundings.run(asked.set, asked.get())
        self._replay = Replay(surroundings)
        self._task = asyncio.get_running_loop().create_task(self._run(), context=surroundings)

    async def results(self, member: Member) -> AsyncGenerator[Result, None]:
        """What a member has not been handed yet, then what comes; raises Again."""
        self._pulling.add(member)
        try:
            if member.history != self.history:
                raise Again
            async with aclosing(self._recorded(member)) as recorded:
                async for written in recorded:
                    yield written
            member.group = self
            while True:
                if (next_one := self._next(member)) is not None:
                    member.took(next_one)
                    yield next_one
                elif self._task.done():
                    if not self._errors:
                        raise Again
                    yield {"errors": self._errors}
                    return
                else:
                    await self._more(member)
        finally:
            self._leave(member)

    # What is recorded already

    async def _recorded(self, member: Member) -> AsyncGenerator[Written, None]:
        """What the member is shown of the log before the group's own time."""
        source, feed = member.source, member.source.feed
        if member.sent >= max(self.floor, source.head):
            return
        with self._replay:
            while member.sent < (until := max(self.floor, source.head)):
                events, reached = await self._stretch(source, member.sent, until)
                if feed.history != self.history:
                    raise Again
                for event in events:
                    if await source.shows(event):
                        written = await self._answer(source, event)
                        member.took(written)
                        yield written
                member.sent = reached

    async def _stretch(self, source: Source, after: int, until: int) -> tuple[list[RecordedEvent], int]:
        wanted = source.wanted
        return await self._replay.stretches.get(
            (wanted, after), lambda: source.feed.some(wanted, after, until)
        )

    async def _answer(self, source: Source, event: RecordedEvent) -> Written:
        """A written result that includes everything the log had when this member began."""
        return await self._replay.answers.get(
            event.position, lambda: self._written(event), at=source.includes(), needed=source.head
        )

    async def _written(self, event: RecordedEvent) -> Written:
        return await self.write(event, self.source.surroundings())

    # What comes

    async def _run(self) -> None:
        feed = self.source.feed
        try:
            while feed.history == self.history:
                if feed.head <= self.position:
                    await feed.wait(self.position)
                    continue
                events, reached = await feed.some(self.source.wanted, self.position, feed.head)
                for start in range(0, len(events), TOGETHER):
                    await self._take(events[start : start + TOGETHER])
                self.position = reached
        except Exception as error:
            self._errors = [failed(error)]
        finally:
            self.on_end(self)
            asyncio.get_running_loop().call_soon(self._wake_all)  # once this task is done

    async def _take(self, events: Sequence[RecordedEvent]) -> None:
        """Hand out what is shown of events; where one of them ends everything, first what came before it."""
        shown: list[Written] = []
        try:
            for event in events:
                if await self.source.shows(event):
                    shown.append(await self.write(event, self.source.context))
        except Exception:
            await self._hand_out(shown)
            raise
        await self._hand_out(shown)

    async def _hand_out(self, shown: Sequence[Written]) -> None:
        """Write to everybody who is live; who cannot be written to now is woken to see to it."""
        if not shown:
            return
        self._kept.extend(shown)
        self.position = shown[-1].position
        self._tell()
        for row in list(self._rows):
            self._hand_to(row, shown)
            await asyncio.sleep(0)
        for number, member in enumerate(list(self._singly), start=1):
            if member.live and member.sent < shown[-1].position:
                self._hand_singly(member, shown)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        self._tidy()

    def _hand_singly(self, member: Member, shown: Sequence[Written]) -> None:
        """Write to one member, as far as that can be."""
        for written in shown:
            if member.sent >= written.position:
                continue
            try:
                taken = member.push.now(written)  # type: ignore[union-attr]  # who has none is never live
            except Exception:  # its own operation meets it again, and ends of it alone
                taken = False
            if not taken:
                self._wake(member, written.position - 1)
                return
            member.took(written)
        self._seat(member, shown[-1])

    def _hand_to(self, row: Row, shown: Sequence[Written]) -> None:
        """Write to a whole row; nothing else happens meanwhile but that some of its lines become full."""
        for member in row.hand(shown):
            self._wake(member, shown[0].position - 1)
        for member in row.held:
            self._hold(member)
        row.held.clear()
        self._clear(row)

    # Rows

    def _seat(self, member: Member, written: Written) -> None:
        """Let somebody who was handed a result singly, as the last of all, be written to in a row."""
        assert member.push is not None
        put = member.push.begin(partial(self._hold, member))
        if put is None:
            return
        row = next((row for row in reversed(self._rows) if len(row.members) < AT_ONCE), None)
        if row is None:
            row = Row(written)
            self._rows.append(row)
        self._singly.pop(member)
        row.join(member, put)

    def _unseat(self, member: Member) -> None:
        """Let somebody leave the row, if they are in one."""
        if (row := member.row) is not None:
            row.leave(member)
            self._clear(row)

    def _clear(self, row: Row) -> None:
        if not row.members and row in self._rows:
            self._rows.remove(row)

    def _hold(self, member: Member) -> None:
        """Let somebody whose line is full or being closed be written to singly, if at all."""
        if member.row is None:
            return
        if member.row.writing:
            member.row.held.append(member)  # it may still have its turn
        else:
            self._unseat(member)
            self._singly[member] = None

    def _tidy(self) -> None:
        """Keep only what a member still has to take, and no more than so much."""
        taken = min((member.sent for member in self._pulling), default=self.position)
        while self._kept and (self._kept[0].position <= taken or len(self._kept) > KEPT):
            self.floor = self._kept.popleft().position

    # Members

    def holds_for(self, member: Member) -> bool:
        """Whether a member has still to take something."""
        last = self._kept[-1].position if self._kept else self.floor
        return member.sent < last

    def _next(self, member: Member) -> Written | None:
        if member.sent < self.floor:
            raise Again
        number = bisect_right(self._kept, member.sent, key=_position)
        return self._kept[number] if number < len(self._kept) else None

    async def _more(self, member: Member) -> None:
        """Return when there may be something to take."""
        if member.push is None:
            await self._news.wait()
            return
        member.live = True
        member.woken = asyncio.get_running_loop().create_future()
        self._pulling.discard(member)
        self._singly[member] = None
        await member.woken

    def _wake(self, member: Member, sent: int) -> None:
        """Let a member take by itself what comes after a position."""
        self._unseat(member)
        member.live = False
        member.sent = sent
        self._singly.pop(member, None)
        self._pulling.add(member)
        if member.woken is not None and not member.woken.done():
            member.woken.set_result(None)

    def _wake_all(self) -> None:
        for member in [*self._singly, *(member for row in self._rows for member in row.members)]:
            self._wake(member, self.position)
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _leave(self, member: Member) -> None:
        self._unseat(member)
        member.live, member.group = False, None
        self._singly.pop(member, None)
        self._pulling.discard(member)
        if not self._singly and not self._rows and not self._pulling:
            self.on_end(self)
            self._task.cancel()


def _position(written: Written) -> int:
    return written.position
