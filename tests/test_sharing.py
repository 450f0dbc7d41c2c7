"""Sharing live results: whatever comes in between, each member has what it would have had alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Hashable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.graphql.endpoint import group as group_module
from chuishao.graphql.endpoint.group import Push, Source
from chuishao.graphql.endpoint.observation import Observation
from chuishao.graphql.endpoint.row import Hold, Put
from chuishao.graphql.endpoint.sharing import Sharing, shared_variables
from chuishao.graphql.endpoint.written import Result, Written

AUDIENCES = (1, 2, 3)
"""Each is shown the events whose number it divides."""

QUIET = 100
"""Turns of the loop without any progress after which nobody has anything to do."""


@dataclass(frozen=True)
class Fact:
    """An event of a paper log; `number` is its content, and the same at no other place of any history."""

    position: int
    number: int


@dataclass(eq=False)
class PaperFeed:
    """A log on paper, which is read in stretches of any length."""

    chance: random.Random
    events: list[Fact] = field(default_factory=list)
    history: int = 0
    followers: set[Any] = field(default_factory=set)
    numbers: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def head(self) -> int:
        return len(self.events)

    def append(self) -> None:
        self.numbers += 1
        self.events.append(Fact(self.head + 1, self.numbers))
        self._tell()

    def set_back(self, head: int) -> None:
        del self.events[head:]
        self.history += 1
        self._tell()

    def _tell(self) -> None:
        news, self.news = self.news, asyncio.Event()
        news.set()

    async def wait(self, after: int) -> None:
        history = self.history
        while self.head <= after and self.history == history:
            await self.news.wait()

    async def at_once(self, _wanted: object, after: int, until: int) -> tuple[list[Fact], int]:
        return self.events[after:until], until

    async def some(self, wanted: object, after: int, until: int) -> tuple[list[Fact], int]:
        for _ in range(self.chance.randint(0, 2)):
            await asyncio.sleep(0)
        reached = min(until, after + self.chance.randint(1, 4))
        return self.events[after:reached], reached


class GoneError(Exception):
    """The event behind which a member goes on is there no longer."""


@dataclass(eq=False)
class PaperSource:
    """What one member follows: the events whose number its audience divides."""

    feed: PaperFeed
    audience: Hashable
    cursor: str | None
    position: int = 0
    head: int = 0
    context: object = None
    wanted: object = None

    async def begin(self) -> None:
        await asyncio.sleep(0)
        self.head = self.feed.head
        self.position = self._place(self.cursor)

    async def begin_again(self, cursor: str | None) -> None:
        self.cursor = cursor
        await self.begin()

    def _place(self, cursor: str | None) -> int:
        if cursor is None:
            self.cursor = self._cursor(self.head)
            return self.head
        position = int(cursor.partition(" ")[0])
        if position > self.feed.head or self._cursor(position) != cursor:
            raise GoneError
        return position

    def _cursor(self, position: int) -> str:
        return cursor_of(self.feed.events[position - 1]) if position else "0 0"

    def includes(self) -> int:
        return self.feed.head

    async def shows(self, event: Fact) -> bool:
        await asyncio.sleep(0)
        return shown(event, self.audience)

    def surroundings(self) -> object:
        return None

    def shared(self) -> PaperSource:
        return PaperSource(self.feed, self.audience, None, position=self.head, head=self.head)


def cursor_of(event: Fact) -> str:
    return f"{event.position} {event.number}"


def shown(event: Fact, audience: Hashable) -> bool:
    return event.number % cast(int, audience) == 0


class PaperLine:
    """A line to a reader who takes what is written, and may be full after any of it; starts differ."""

    def __init__(self, reader: Reader, start: bytes) -> None:
        self.reader = reader
        self.start = start
        self.hold: Hold | None = None

    def now(self, written: Written) -> bool:
        if self.reader.reads:
            self.reader.got.append(written.cursor)
        return self.reader.reads

    def begin(self, hold: Hold) -> Put | None:
        if not self.reader.reads:
            return None
        self.hold = hold
        return self.put

    def put(self, message: bytes) -> None:
        assert self.hold is not None
        self.reader.town.puts += 1
        while message:
            length = message[1]  # of a short frame
            frame, message = message[2 : 2 + length], message[2 + length :]
            assert frame.startswith(self.start)
            self.reader.got.append(frame.removeprefix(self.start).removesuffix(b"}").decode())
        if self.reader.town.feed.chance.random() < self.reader.town.fills:
            self.reader.set_reading(False)

    def full(self) -> None:
        if self.hold is not None:
            self.hold()

    def end(self) -> None:
        self.hold = None


@dataclass(eq=False)
class Reader:
    """A member, and whoever reads what it is handed: at once, one by one, or not at all for a while."""

    town: Town
    audience: int
    pushed: bool
    after: str | None
    reads: bool = True
    got: list[str] = field(default_factory=list)
    ended: BaseException | None = None
    seen: Observation | None = None
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.line = PaperLine(self, b"a" * self.town.feed.chance.randint(1, 2))
        self.source = PaperSource(self.town.feed, self.audience, self.after)
        self.set_reading(self.reads)
        self.task = asyncio.create_task(self.read())

    def set_reading(self, reads: bool) -> None:
        self.reads = reads
        (self.reading.set if reads else self.reading.clear)()
        if not reads:
            self.line.full()

    async def read(self) -> None:
        push = self.line if self.pushed else None
        async with aclosing(self.town.results(self.source, push, self.seen)) as results:
            try:
                async for result in results:
                    self.got.append(result.cursor if isinstance(result, Written) else "an error")
                    await self.reading.wait()
            except GoneError as error:
                self.ended = error

    @property
    def expected(self) -> list[str]:
        """What somebody has who follows alone: everything shown after where they began."""
        assert self.after is not None
        first = int(self.after.partition(" ")[0])
        return [cursor_of(event) for event in self.town.feed.events[first:] if shown(event, self.audience)]


class Town:
    """A feed, those who follow it, and how often anything was executed."""

    def __init__(self, chance: random.Random) -> None:
        self.feed = PaperFeed(chance)
        self.sharing = Sharing()
        self.executed = 0
        self.puts = 0
        self.fills = 0.0
        self.failure: str | None = None
        self.ends_at = 0

    def results(
        self, source: PaperSource, push: Push | None, seen: Observation | None
    ) -> AsyncGenerator[Result, None]:
        return self.sharing.results(cast(Source, source), "a document", self.write, push, seen)

    async def write(self, event: Any, _context: object) -> Written:
        self.executed += 1
        if event.position == self.ends_at:
            raise GoneError
        await asyncio.sleep(0)
        return Written(event.position, cursor_of(event), cursor_of(event).encode(), None, self.failure)

    async def settle(self) -> None:
        """Return once nobody has anything more to do."""
        done, quiet = (-1, -1), 0
        while quiet < QUIET:
            await asyncio.sleep(0)
            now = (self.executed, sum(follower.position for follower in self.feed.followers))
            quiet = quiet + 1 if now == done else 0
            done = now


def follows(
    town: Town,
    audience: int = 1,
    *,
    pushed: bool = True,
    after: int | None = None,
    seen: Observation | None = None,
) -> Reader:
    """Somebody begins to follow, behind a position or with what comes."""
    cursor = None if after is None else (cursor_of(town.feed.events[after - 1]) if after else "0 0")
    return Reader(town, audience, pushed, cursor, seen=seen)


async def leaves(reader: Reader) -> None:
    reader.task.cancel()
    await asyncio.gather(reader.task, return_exceptions=True)


@pytest.fixture
def town() -> Town:
    return Town(random.Random(1))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), kept=st.sampled_from([1, 3, 500]))
async def test_every_member_has_what_it_would_have_alone(seed: int, kept: int) -> None:
    chance = random.Random(seed)
    town = Town(chance)
    town.fills = chance.choice([0.0, 0.1])
    readers: list[Reader] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group_module, "KEPT", kept)
        patch.setattr(group_module, "AT_ONCE", 2)
        for _ in range(60):
            match chance.choice(["append", "append", "join", "leave", "read", "wait"]):
                case "append":
                    for _ in range(chance.randint(1, 6)):
                        town.feed.append()
                case "join":
                    after = chance.randint(0, town.feed.head)
                    audience = chance.choice(AUDIENCES)
                    readers.append(follows(town, audience, pushed=chance.random() < 0.6, after=after))
                case "leave" if readers:
                    await leaves(readers.pop(chance.randrange(len(readers))))
                case "read" if readers:
                    reader = chance.choice(readers)
                    reader.set_reading(not reader.reads)
            for _ in range(chance.randint(0, 5)):
                await asyncio.sleep(0)
        town.fills = 0.0
        for reader in readers:
            reader.set_reading(True)
        await town.settle()
        for reader in readers:
            assert reader.got == reader.expected
            await leaves(reader)
    assert not town.sharing._groups
    assert not town.feed.followers


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
async def test_a_history_that_is_lost_ends_those_who_saw_it_and_no_others(seed: int) -> None:
    chance = random.Random(seed)
    town = Town(chance)
    for _ in range(chance.randint(3, 20)):
        town.feed.append()
    readers = [
        follows(town, chance.choice(AUDIENCES), pushed=chance.random() < 0.5, after=chance.randint(0, 3))
        for _ in range(8)
    ]
    await town.settle()
    head = chance.randint(3, town.feed.head)
    town.feed.set_back(head)
    await town.settle()
    for _ in range(5):
        town.feed.append()
    await town.settle()
    for reader in readers:
        lost = [cursor for cursor in reader.got if int(cursor.partition(" ")[0]) <= head]
        if reader.ended is None:
            assert reader.got == reader.expected
        else:
            assert len(lost) < len(reader.got)
        await leaves(reader)


async def test_an_event_is_executed_once_for_all_who_are_shown_the_same(town: Town) -> None:
    readers = [follows(town, audience, pushed=bool(n % 2)) for audience in (1, 2) for n in range(50)]
    await town.settle()
    for _ in range(4):
        town.feed.append()
    await town.settle()

    assert [len(reader.got) for reader in readers] == [4] * 50 + [2] * 50
    assert town.executed == 4 + 2
    await asyncio.gather(*map(leaves, readers))


async def test_those_who_catch_up_at_the_same_time_share_what_they_read(town: Town) -> None:
    for _ in range(30):
        town.feed.append()
    readers = [follows(town, after=10, pushed=False) for _ in range(50)]
    await town.settle()

    assert all(len(reader.got) == 20 for reader in readers)
    assert town.executed == 20
    await asyncio.gather(*map(leaves, readers))


async def test_nobody_is_replayed_what_was_written_before_they_came(town: Town) -> None:
    for _ in range(5):
        town.feed.append()
    first = follows(town, after=0, pushed=False)
    first.set_reading(False)  # so that the group is still catching up, and keeps what it has written
    await town.settle()
    town.feed.append()  # an erasure, for instance
    executed = town.executed
    second = follows(town, after=0, pushed=False)
    await town.settle()

    assert len(second.got) == 6
    assert town.executed >= executed + 5
    await asyncio.gather(leaves(first), leaves(second))


async def test_whoever_does_not_read_holds_up_nobody_and_nothing_is_kept_for_them(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_module, "KEPT", 3)
    quick, slow = follows(town), follows(town)
    await town.settle()
    slow.set_reading(False)
    for _ in range(50):
        town.feed.append()
        await asyncio.sleep(0)
    await town.settle()
    (group,) = town.sharing._groups.values()
    assert len(quick.got) == 50
    assert len(slow.got) <= 1  # the one with which its reader is occupied
    assert len(group._kept) <= 3
    assert max(town.feed.head - follower.position for follower in town.feed.followers) >= 49

    slow.set_reading(True)
    await town.settle()
    assert slow.got == quick.got

    town.feed.append()
    await town.settle()
    assert len(slow.got) == len(quick.got) == 51
    assert not any(group._kept for group in town.sharing._groups.values())
    await asyncio.gather(leaves(quick), leaves(slow))


async def test_a_push_that_fails_ends_nobody_else(town: Town) -> None:
    broken, well = follows(town), follows(town)
    await town.settle()
    broken.line.now = None  # type: ignore[method-assign,assignment]
    for _ in range(3):
        town.feed.append()
    await town.settle()

    assert len(well.got) == 3
    assert well.got == broken.got
    await asyncio.gather(leaves(broken), leaves(well))


async def test_a_line_of_a_row_that_fails_ends_nobody_else(town: Town) -> None:
    readers = [follows(town) for _ in range(4)]
    await town.settle()
    town.feed.append()
    await town.settle()
    (group,) = town.sharing._groups.values()
    (row,) = group._rows
    (broken, *_) = [member for member in row.members if member.push is readers[2].line]
    row.members[broken] = lambda _message: 1 / 0
    row._puts = None
    for _ in range(3):
        town.feed.append()
    await town.settle()

    assert all(len(reader.got) == 4 for reader in readers)
    assert readers[2].got == readers[0].got
    await asyncio.gather(*map(leaves, readers))
    assert not group._rows


async def test_what_waits_is_written_to_a_row_in_one_go(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = [follows(town, after=0) for _ in range(3)]
    town.feed.append()
    await town.settle()
    town.feed.append()
    await town.settle()
    before = town.puts
    monkeypatch.setattr(town.feed, "some", town.feed.at_once)
    for _ in range(group_module.TOGETHER + 1):
        town.feed.append()
    await town.settle()

    assert all(reader.got == reader.expected for reader in readers)
    assert town.puts - before == 2 * len(readers)
    await asyncio.gather(*map(leaves, readers))


@pytest.mark.parametrize("seated", [False, True])
async def test_what_came_before_an_event_that_ends_everything_is_handed_out(
    town: Town, seated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = follows(town, after=0)
    for _ in range(1 + seated):
        town.feed.append()
        await town.settle()
    monkeypatch.setattr(town.feed, "some", town.feed.at_once)
    town.ends_at = town.feed.head + 3
    for _ in range(5):
        town.feed.append()
    await town.settle()

    assert reader.got[:-1] == reader.expected[: town.ends_at - 1]
    assert reader.got[-1] == "an error"
    await leaves(reader)


async def test_what_was_handed_to_a_row_is_counted_for_each_of_its_members(town: Town) -> None:
    first, second = Observation("first"), Observation("second")
    one = follows(town, seen=first)
    await town.settle()
    for _ in range(2):
        town.feed.append()
    await town.settle()
    other = follows(town, seen=second)
    await town.settle()
    for _ in range(3):
        town.feed.append()
    await town.settle()
    town.failure = "NOT_FOUND"
    town.feed.append()
    await town.settle()
    await asyncio.gather(leaves(one), leaves(other))

    assert (first.results, second.results) == (6, 4)
    assert (first.outcome, second.outcome) == ("NOT_FOUND", "NOT_FOUND")


def variables_of(text: str, **given_ones: Any) -> str:
    document = parse(text)
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return shared_variables(document, operation, given_ones)


def test_where_to_begin_is_no_part_of_what_is_asked_for() -> None:
    text = "subscription ($after: String, $place: String) { events(after: $after, place: $place) { id } }"
    assert variables_of(text, after="A", place="1") == variables_of(text, after="B", place="1")
    assert variables_of(text, place="1") == variables_of(text, place="1", after=None)
    assert variables_of(text, after="A", place="1") != variables_of(text, after="A", place="2")


@pytest.mark.parametrize(
    "text",
    [
        "subscription ($x: String) { events(after: $x, place: $x) { id } }",
        "subscription ($x: String) { events(after: $x) { case { other(after: $x) } } }",
        "subscription ($x: String) { events(after: $x) { ...F } } fragment F on Event { a(b: $x) }",
        "subscription ($x: Boolean!) { events(after: $x) { id @skip(if: $x) } }",
        "subscription ($x: [String]) { events(after: $x, in: [$x]) { id } }",
    ],
)
def test_a_variable_that_says_anything_else_is(text: str) -> None:
    assert variables_of(text, x="A") != variables_of(text, x="B")
