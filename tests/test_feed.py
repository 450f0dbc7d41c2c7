"""Following: every wanted event once and in order, however slow the follower and whatever goes away."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chuishao.eventlog import feed as feed_module
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.cursor import BadCursor, Cursor, CursorOfAnotherHistory, cursor_of, parse
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent
from tests.appends import an_append

ANY = Filter()
SOON = 20.0


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few events in memory, a page and a window, that a follower needs all three ways of reading."""
    monkeypatch.setattr(feed_module, "PAGE", 3)
    monkeypatch.setattr(feed_module, "RING", 7)
    monkeypatch.setattr(feed_module, "WINDOW", 5)


@asynccontextmanager
async def following(log: EventLog) -> AsyncIterator[Feed]:
    feed = Feed(log)
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[EventLog]:
    """The log as another process has it: a pool of its own."""
    pool = await open_pool(url, size=4)
    try:
        yield EventLog(pool)
    finally:
        await pool.close()


async def take(events: AsyncIterator[RecordedEvent], count: int) -> list[int]:
    """The positions of the next events."""
    async with asyncio.timeout(SOON):
        return [(await anext(events)).position for _ in range(count)]


async def append(log: EventLog, count: int, **fields: Any) -> None:
    for _ in range(count):
        await log.writer.append(an_append(**fields))


def upto(last: int, after: int = 0) -> list[int]:
    return list(range(after + 1, last + 1))


# Following


@pytest.mark.parametrize("after", [0, 1, 5, 19, 20])
async def test_a_follower_gets_what_is_recorded_and_then_what_comes(
    log: EventLog, small: None, after: int
) -> None:
    await append(log, 20)
    async with following(log) as feed:
        events = feed.follow(ANY, after)
        assert await take(events, 20 - after) == upto(20, after)
        await append(log, 15)
        assert await take(events, 15) == upto(35, 20)


async def test_followers_of_a_log_that_is_written_meanwhile_miss_and_repeat_nothing(
    log: EventLog, small: None
) -> None:
    async with following(log) as feed:
        followers = [asyncio.create_task(take(feed.follow(ANY, n), 120 - n)) for n in (0, 1, 50)]
        await asyncio.gather(*(append(log, 30) for _ in range(4)))
        late = asyncio.create_task(take(feed.follow(ANY, 0), 120))
        assert [await follower for follower in followers] == [upto(120), upto(120, 1), upto(120, 50)]
        assert await late == upto(120)


async def test_a_slow_follower_falls_out_of_memory_and_reads_on_from_the_database(
    log: EventLog, small: None
) -> None:
    async with following(log) as feed:
        slow = feed.follow(ANY, 0)
        await append(log, 1)
        assert await take(slow, 1) == [1]
        await append(log, 40)
        await reached(feed, 41)
        assert feed._ring[0].position > 2
        assert await take(slow, 40) == upto(41, 1)


async def reached(feed: Feed, position: int) -> None:
    async with asyncio.timeout(SOON):
        await feed.wait(position - 1)


async def test_two_followers_of_one_feed_each_see_everything_at_their_own_pace(
    log: EventLog, small: None
) -> None:
    chance = random.Random(3)
    async with following(log) as feed:
        followers = [feed.follow(ANY, 0) for _ in range(3)]
        got: list[list[int]] = [[] for _ in followers]
        for _ in range(30):
            await append(log, chance.randint(0, 4))
            head = await log.head()
            for number, follower in enumerate(followers):
                count = chance.randint(0, head - len(got[number]))
                got[number] += await take(follower, count)
        head = await log.head()
        for number, follower in enumerate(followers):
            got[number] += await take(follower, head - len(got[number]))
            assert got[number] == upto(head)


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (Filter(place="120101001001-G002"), [2, 6, 10, 14, 18, 22, 26, 30]),
        (Filter(types=frozenset({"GridRetired"})), [3, 7, 11, 15, 19, 23, 27, 31]),
        (Filter(place="120101001001", types=frozenset({"GridRedrawn"})), [2, 6, 10, 14, 18, 22, 26, 30]),
    ],
)
async def test_a_follower_gets_only_what_it_wants_from_memory_and_from_the_database(
    log: EventLog, small: None, wanted: Filter, positions: list[int]
) -> None:
    async def append_four() -> None:
        await append(log, 1, place="120101001002", type="GridDrawn")
        await append(log, 1, place="120101001001-G002")
        await append(log, 1, place="120101001002", type="GridRetired")
        await append(log, 1, place="120101001002")

    for _ in range(4):
        await append_four()
    async with following(log) as feed:
        events = feed.follow(wanted, 0)
        assert await take(events, 4) == positions[:4]
        for _ in range(4):
            await append_four()
        assert await take(events, 4) == positions[4:]


async def test_a_follower_of_one_case_gets_the_same_before_and_after_it_caught_up(
    log: EventLog, small: None
) -> None:
    case = uuid4()
    for _ in range(6):
        await append(log, 1, correlation=case)
        await append(log, 2)
    async with following(log) as feed:
        events = feed.follow(Filter(correlation=case), 0)
        assert await take(events, 6) == [1, 4, 7, 10, 13, 16]
        await append(log, 3)
        await append(log, 1, correlation=case)
        assert await take(events, 1) == [22]


# Hints and other processes


async def test_what_another_process_records_is_followed(log: EventLog, database: str) -> None:
    async with another_process(database) as other, following(log) as here, following(other) as there:
        mine, yours = here.follow(ANY, 0), there.follow(ANY, 0)
        for n in range(10):
            await append(log if n % 2 else other, 1)
            assert await take(mine, 1) == await take(yours, 1) == [n + 1]


async def test_a_hint_from_another_process_is_heard_without_waiting_for_the_poll(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with another_process(database) as other, following(log) as here, following(other):
        events = here.follow(ANY, 0)
        await until_listening(database, 2)
        monkeypatch.setattr(feed_module, "POLL", 3600)
        await append(other, 1)  # ends the last short poll
        assert await take(events, 1) == [1]
        await append(other, 1)
        assert await take(events, 1) == [2]


async def until_listening(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN %' AND state = 'idle'"
    )
    try:
        async with asyncio.timeout(SOON):
            while await connection.fetchval(query) < count:
                pass
    finally:
        await connection.close()


async def test_lost_notifications_only_cost_time(log: EventLog, database: str) -> None:
    async with another_process(database) as silent, following(log) as here:
        events = here.follow(ANY, 0)
        for n in range(3):
            await append(silent, 2)  # without a feed of its own, it never notifies
            assert await take(events, 2) == [2 * n + 1, 2 * n + 2]


async def test_following_goes_on_after_every_connection_was_killed(log: EventLog, database: str) -> None:
    async with another_process(database) as other, following(log) as here:
        events = here.follow(ANY, 0)
        await append(other, 1)
        assert await take(events, 1) == [1]
        for position in range(2, 6):
            await kill_others_than(database, other)
            await append(other, 1)
            assert await take(events, 1) == [position]
        await until_listening(database, 1)


async def kill_others_than(url: str, spared: EventLog) -> None:
    """Kill every backend of the database but those of one pool."""
    async with connected(spared.pool) as mine:
        await mine.execute("SET application_name = 'spared'")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND application_name <> 'spared'"
        )
    finally:
        await connection.close()


async def test_a_stopped_feed_leaves_no_listening_connection_in_the_pool(
    log: EventLog, database: str
) -> None:
    async with following(log):
        await until_listening(database, 1)
    async with log.pool.acquire() as connection:
        assert await connection.fetch("SELECT pg_listening_channels()") == []


# Reading pages


@pytest.mark.parametrize("started", [True, False])
async def test_pages_are_read_from_memory_or_from_the_database_alike(
    log: EventLog, small: None, started: bool
) -> None:
    await append(log, 10)
    feed = Feed(log)
    if started:
        await feed.refresh()
        await append(log, 10)
    await feed.refresh()
    head = await log.head()
    for after in range(head + 1):
        page = [event.position for event in await feed.read(after)]
        assert page == upto(head, after)[:3]
        assert [event.position for event in await feed.read(after)] == page
    assert await feed.read(head + 5) == []


async def test_only_a_few_pages_of_old_events_are_kept(log: EventLog, small: None) -> None:
    await append(log, 30)
    async with following(log) as feed:
        for after in range(0, 24, 3):
            assert [event.position for event in await feed.read(after)] == upto(after + 3, after)
        assert len(feed._pages) == feed_module.PAGES


# Cursors


async def test_a_cursor_resumes_behind_its_event(log: EventLog) -> None:
    await append(log, 3)
    for event in await log.after(0, 10):
        cursor = cursor_of(log.id, event.position, event.leaf_hash)
        assert await log.resume(cursor) == event.position
    assert await log.resume(await log.cursor_at_head()) == 3
    assert await log.resume(log.start_cursor) == 0


async def test_an_empty_log_has_one_cursor(log: EventLog) -> None:
    assert await log.cursor_at_head() == log.start_cursor
    assert await log.resume(log.start_cursor) == 0


def test_a_cursor_is_the_same_after_it_travelled() -> None:
    cursor = Cursor(1, 2**40, b"12345678")
    assert parse(str(cursor)) == cursor
    assert str(cursor).isascii() and "=" not in str(cursor)


TOO_FAR = base64.urlsafe_b64encode(b"\x01" + b"\x00\x00\x00\x01" + b"\xff" * 16).decode().rstrip("=")
OF_LATER_FORMAT = base64.urlsafe_b64encode(b"\x02" + bytes(20)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text", ["", "a", "nonsense", "!!!!", "游标", "AQAAAAE" * 20, "A" * 28 + "\n", TOO_FAR, OF_LATER_FORMAT]
)
async def test_what_is_no_cursor_is_refused_as_such(log: EventLog, text: str) -> None:
    with pytest.raises(BadCursor) as refused:
        await log.resume(text)
    assert refused.value.code == "BAD_CURSOR"
    assert str(refused.value).isascii()


async def test_a_cursor_of_another_log_or_history_is_noticed(log: EventLog) -> None:
    await append(log, 2)
    (first, second) = await log.after(0, 10)

    for cursor, reason in (
        (cursor_of(2, 1, first.leaf_hash), "it belongs to log 2, this is log 1"),
        (cursor_of(1, 3, first.leaf_hash), "this log ends at 2"),
        (cursor_of(1, 2, first.leaf_hash), "the events differ"),
        (cursor_of(1, 1, second.leaf_hash), "the events differ"),
    ):
        with pytest.raises(CursorOfAnotherHistory) as refused:
            await log.resume(cursor)
        assert str(refused.value.facts["reason"]) == reason
        assert refused.value.path == ("after",)
