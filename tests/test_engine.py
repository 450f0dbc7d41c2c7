"""The engine: exactly once, past poison, back after the database was away, and never lying about how far."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import pytest

from chuishao.eventlog import feed as feed_module
from chuishao.eventlog.connection import Connection, Pool, Unavailable, connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.engine import UNASKED, Engine
from chuishao.projections.poison import WAITS
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.reach import NotYet, ReadModelStopped
from chuishao.projections.rebuild import prepare, rebuild
from tests.appends import an_append

TABLES = "CREATE TABLE seen (position bigint PRIMARY KEY, stream uuid NOT NULL, times bigint NOT NULL)"
SEE = """
INSERT INTO seen SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[])
ON CONFLICT (position) DO UPDATE SET times = seen.times + 1
"""


class Witness(Projection):
    """A read model that counts how often it saw each event, and cannot stand some of them."""

    tables = TABLES
    indexes = ""


def witness(
    name: str = "witness", version: int = 1, poison: Callable[[RecordedEvent], bool] = lambda _: False
) -> Witness:
    async def fold(connection: Connection, batch: Batch) -> None:
        events = batch.events
        positions, streams = [e.position for e in events], [e.stream for e in events]
        await connection.execute(SEE, positions, streams, [1] * len(events))
        for event in events:
            if poison(event):
                raise ValueError(f"cannot read {event.position}")

    return Witness(name, version, fold)


def at_positions(*positions: int) -> Callable[[RecordedEvent], bool]:
    return lambda event: event.position in positions


async def seen(pool: Pool, name: str = "witness") -> list[int]:
    """The positions that a witness saw, and it saw none twice."""
    async with connected(pool) as connection:
        rows = await connection.fetch(f'SELECT position, times FROM "{name}".seen ORDER BY position')
    assert all(row["times"] == 1 for row in rows)
    return [row["position"] for row in rows]


async def state_of(pool: Pool, name: str = "witness") -> tuple[int, str, str | None]:
    query = "SELECT position, status, error FROM projection WHERE name = $1"
    async with connected(pool) as connection:
        row = await connection.fetchrow(query, name)
    assert row is not None
    return row["position"], row["status"], placed(row["error"])


def placed(error: str | None) -> str | None:
    """An error without the line of this file."""
    return error and re.sub(r":\d+", "", error)


async def parked(pool: Pool) -> list[tuple[int, str]]:
    query = "SELECT position, error FROM parked WHERE projection = 'witness' ORDER BY position"
    async with connected(pool) as connection:
        return [(row["position"], str(placed(row["error"]))) for row in await connection.fetch(query)]


async def an_engine(
    log: EventLog, *projections: Projection, on_poison: Literal["stop", "park"] = "stop"
) -> Engine:
    """An engine over prepared read models; it folds when told to."""
    await prepare(log, projections)
    return Engine(Feed(log), projections, on_poison=on_poison)


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Engine]:
    """The engine at work in the background."""
    await engine.feed.start()
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
        await engine.feed.stop()


async def record(log: EventLog, streams: str, ids: dict[str, UUID] | None = None) -> dict[str, UUID]:
    """Record one event for each letter, on the stream of that letter."""
    ids = {} if ids is None else ids
    for letter in streams:
        stream = ids.setdefault(letter, uuid4())
        await log.writer.append(an_append(stream, expected=await log.version(stream)))
    return ids


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "chuishao")


# Folding


@pytest.mark.parametrize("page", [1, 3, 2000])
async def test_every_event_is_folded_exactly_once(
    log: EventLog, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", page)
    engine = await an_engine(log, witness())
    await record(log, "abcab")
    await engine.catch_up()
    await engine.catch_up()
    await record(log, "abc")
    await engine.catch_up()

    assert await seen(log.pool) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert await state_of(log.pool) == (8, "live", None)


async def test_a_step_folds_at_most_a_page_and_says_how_much(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 2)
    engine = await an_engine(log, witness())
    await record(log, "abc")
    await engine.feed.refresh()

    assert [await engine.step(engine.projections[0]) for _ in range(3)] == [2, 1, 0]


async def test_a_projection_whose_checkpoint_somebody_else_holds_is_left_to_them(log: EventLog) -> None:
    engine = await an_engine(log, witness(), witness("other"))
    await record(log, "ab")
    await engine.feed.refresh()
    async with connected(log.pool) as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM projection WHERE name = 'witness' FOR UPDATE")
        assert [await engine.step(projection) for projection in engine.projections] == [0, 2]

    assert await engine.step(engine.projections[0]) == 2


async def test_more_projections_than_connections_still_catch_up(database: str) -> None:
    pool = await open_pool(database, size=3)
    try:
        log = EventLog(pool)
        names = [f"witness{n}" for n in range(9)]
        engine = await an_engine(log, *(witness(name) for name in names))
        await record(log, "abcabc")
        async with running(engine):
            await asyncio.wait_for(engine.reach(6), 5)
        assert [await seen(pool, name) for name in names] == [[1, 2, 3, 4, 5, 6]] * 9
    finally:
        await pool.close()


# Poison


async def test_poison_stops_its_projection_visibly_and_nobody_else(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(3)), witness("other"))
    await record(log, "abcab")

    await engine.catch_up()

    assert await seen(log.pool) == [1, 2]
    error = "at position 3 (GridRedrawn): ValueError at test_engine.py fold"
    assert await state_of(log.pool) == (2, "stopped", error)
    assert await seen(log.pool, "other") == [1, 2, 3, 4, 5]
    assert await parked(log.pool) == []
    await engine.catch_up()
    assert await state_of(log.pool) == (2, "stopped", error)


async def test_parked_poison_keeps_the_later_events_of_its_stream_waiting(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(2)), on_poison="park")
    streams = await record(log, "aabab")

    await engine.catch_up()

    assert await seen(log.pool) == [1, 3, 5]
    assert await parked(log.pool) == [(2, "ValueError at test_engine.py fold"), (4, WAITS)]
    assert await state_of(log.pool) == (5, "live", None)

    await record(log, "bab", streams)
    await engine.catch_up()

    assert await seen(log.pool) == [1, 3, 5, 6, 8]
    assert [position for position, _ in await parked(log.pool)] == [2, 4, 7]


async def test_a_batch_of_nothing_but_waiting_events_moves_the_checkpoint(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(1)), on_poison="park")
    streams = await record(log, "a")
    await engine.catch_up()
    await record(log, "aa", streams)

    await engine.catch_up()

    assert await state_of(log.pool) == (3, "live", None)
    assert await seen(log.pool) == []
    assert [error for _, error in await parked(log.pool)] == [
        "ValueError at test_engine.py fold",
        WAITS,
        WAITS,
    ]


async def test_what_fails_only_in_company_is_folded_alone(log: EventLog) -> None:
    async def fold(connection: Connection, batch: Batch) -> None:
        assert len(batch.events) == 1, "too many"
        await connection.execute(SEE, [batch.events[0].position], [batch.events[0].stream], [1])

    engine = await an_engine(log, Witness("witness", 1, fold))
    await record(log, "abc")

    await engine.catch_up()

    assert await seen(log.pool) == [1, 2, 3]
    assert await state_of(log.pool) == (3, "live", None)


async def test_a_stopped_projection_goes_on_after_it_was_mended_and_rebuilt(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(2)))
    await record(log, "abc")
    await engine.catch_up()
    assert (await state_of(log.pool))[1] == "stopped"

    mended = witness()
    assert await rebuild(log, mended) == 3

    assert await state_of(log.pool) == (3, "live", None)
    assert await seen(log.pool) == [1, 2, 3]
    await record(log, "d")
    await (await an_engine(log, mended)).catch_up()
    assert await seen(log.pool) == [1, 2, 3, 4]


async def test_a_rebuild_lets_parked_events_in_again(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(1)), on_poison="park")
    await record(log, "aab")
    await engine.catch_up()

    await rebuild(log, witness())

    assert await seen(log.pool) == [1, 2, 3]
    assert await parked(log.pool) == []


async def test_a_stopped_projection_is_looked_at_ever_more_rarely(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await an_engine(log, witness(poison=at_positions(1)))
    await record(log, "a")
    await engine.catch_up()
    await engine.feed.refresh()
    pauses: list[float] = []

    def at_once(seconds: float) -> asyncio.Timeout:
        pauses.append(seconds)
        return asyncio.timeout_at(0)

    pause = 0.005
    for _ in range(10):
        assert await engine.round() == 0
        with monkeypatch.context() as patch:
            patch.setattr("chuishao.projections.engine.asyncio.timeout", at_once)
            pause = await engine._news(engine.feed.head, pause)

    assert pauses[:3] == [0.005, 0.01, 0.02]
    assert pauses[-1] == pause == 1.0


# Read your own writes


async def test_whoever_wrote_can_wait_until_the_read_models_know_it(log: EventLog) -> None:
    async with running(await an_engine(log, witness(), witness("other"))) as engine:
        for expected in range(5):
            verdict = await log.writer.append(an_append())
            assert verdict.last_position == expected + 1
            await engine.reach(verdict.last_position)
            assert len(await seen(log.pool)) == len(await seen(log.pool, "other")) == expected + 1


async def test_waiting_takes_an_end_and_says_how_far_the_read_models_are(log: EventLog) -> None:
    engine = await an_engine(log, witness(), witness("other"))
    await record(log, "a")
    await engine.catch_up()
    await record(log, "bc")

    with pytest.raises(NotYet) as refused:
        await engine.reach(3, within=0.02)

    assert refused.value.facts == {"position": 1, "wanted": 3}
    await engine.reach(1, within=0)


async def test_nobody_waits_for_a_read_model_that_has_stopped_before(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(2)), witness("other"))
    await record(log, "abc")
    await engine.catch_up()

    with pytest.raises(ReadModelStopped) as refused:
        await engine.reach(3, within=1e9)

    assert refused.value.facts == {"name": "witness", "position": 1, "wanted": 3}
    await engine.reach(1, within=0)
    await engine.reach(3, within=0, needed={"other"})


async def test_what_another_process_folded_counts_as_reached(log: EventLog, database: str) -> None:
    other_pool = await open_pool(database, size=4)
    try:
        elsewhere = await an_engine(EventLog(other_pool), witness())
        await record(log, "ab")
        await elsewhere.catch_up()
        await (await an_engine(log, witness())).reach(2, within=0)
    finally:
        await other_pool.close()


# Versions


async def test_a_read_model_of_another_version_is_rebuilt_when_prepared(log: EventLog) -> None:
    engine = await an_engine(log, witness(), witness("other"))
    await record(log, "abc")
    await engine.catch_up()
    async with connected(log.pool) as connection:
        await connection.execute("INSERT INTO witness.seen SELECT 99, $1, 1", uuid4())
    heard: list[tuple[str, int, int]] = []

    rebuilt = await prepare(log, [witness(version=2), witness("other")], lambda *said: heard.append(said))

    assert rebuilt == ["witness"]
    assert await seen(log.pool) == [1, 2, 3]
    assert await seen(log.pool, "witness_previous") == [1, 2, 3, 99]
    assert heard[-1] == ("witness", 3, 3)
    assert await prepare(log, [witness(version=2), witness("other")]) == []


async def test_servers_that_start_together_rebuild_once(log: EventLog, database: str) -> None:
    await an_engine(log, witness())
    await record(log, "abc")
    other_pool = await open_pool(database, size=4)
    try:
        newer = [witness(version=2)]
        rebuilt = await asyncio.gather(prepare(log, newer), prepare(EventLog(other_pool), newer))
    finally:
        await other_pool.close()
    assert sorted(rebuilt) == [[], ["witness"]]
    assert await seen(log.pool) == [1, 2, 3]


async def test_an_older_server_leaves_a_newer_read_model_alone(log: EventLog) -> None:
    older = await an_engine(log, witness())
    await prepare(log, [witness(version=2)])
    await record(log, "a")

    await older.catch_up()

    assert await state_of(log.pool) == (0, "live", None)


async def test_a_rebuild_loses_nothing_that_is_recorded_meanwhile(log: EventLog) -> None:
    engine = await an_engine(log, witness())
    await record(log, "abc")

    async def fold(connection: Connection, batch: Batch) -> None:
        if await log.head() == 3:  # somebody writes while the rebuild reads
            await record(log, "d")
            await engine.catch_up()
        await witness().fold(connection, batch)

    await rebuild(log, Witness("witness", 1, fold))
    await record(log, "e")
    await engine.catch_up()

    assert await seen(log.pool) == list(range(1, await log.head() + 1))


# When the database goes away


async def kill_all(url: str) -> None:
    """Kill every backend of the database but our own."""
    connection = await asyncpg.connect(url)
    try:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.execute(query)
    finally:
        await connection.close()


@asynccontextmanager
async def fresh(url: str) -> AsyncIterator[EventLog]:
    """The log as a process sees it that has just begun."""
    pool = await open_pool(url, size=2)
    try:
        yield EventLog(pool)
    finally:
        await pool.close()


async def reach_at_last(engine: Engine, position: int) -> None:
    """Reach a position, however often the database is away."""
    while True:
        try:
            return await engine.reach(position)
        except Unavailable:
            continue


async def test_how_far_the_read_models_are_is_not_believed_beyond_the_life_of_the_database(
    log: EventLog, database: str
) -> None:
    """For folds wait for no disk: after a crash the read models may stand where they stood before."""
    engine = await an_engine(log, witness())
    await record(log, "abc")
    await engine.catch_up()
    await engine.known.look()
    assert engine.position == 3
    await kill_all(database)
    while engine.position:  # noqa: ASYNC110 the loop itself hears of the lost connection
        await asyncio.sleep(0)
    async with fresh(database) as outside, connected(outside.pool) as connection:
        await connection.execute(
            "UPDATE projection SET position = 2; DELETE FROM witness.seen WHERE position = 3"
        )

    with pytest.raises(NotYet):
        await engine.reach(3, within=0)
    await engine.catch_up()
    await engine.reach(3, within=0)
    assert await seen(log.pool) == [1, 2, 3]


async def test_events_gather_while_nobody_waits_and_are_folded_at_once_for_who_does(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await an_engine(log, witness())
    gathering, known_wanted = asyncio.Event(), engine.known.wanted

    async def wanted(within: float) -> None:
        assert within == UNASKED
        gathering.set()
        await known_wanted(3600)

    monkeypatch.setattr(engine.known, "wanted", wanted)
    await record(log, "a")
    async with running(engine):
        await gathering.wait()
        await record(log, "bcd")
        await engine.feed.wait(3)
        assert await seen(log.pool) == [1]

        gathering.clear()
        await engine.reach(4)
        assert await seen(log.pool) == [1, 2, 3, 4]

        await gathering.wait()
        assert not engine.known._wanted.is_set()


async def test_nothing_is_asked_of_the_database_while_there_is_nothing_to_fold(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await an_engine(log, witness(), witness("other"))
    rounds = 0
    whole_round, rested = engine.round, asyncio.Event()

    async def counted() -> int:
        nonlocal rounds
        rounds += 1
        return await whole_round()

    async def news(seen: int, pause: float) -> float:
        if seen == 2:
            rested.set()
        await engine.feed.wait(seen)
        return pause

    monkeypatch.setattr(engine, "round", counted)
    monkeypatch.setattr(engine, "_news", news)
    await record(log, "ab")
    async with running(engine):
        await rested.wait()
        before = rounds
        await record(log, "c")
        await engine.reach(3)
    assert rounds == before + 1
    assert await seen(log.pool) == [1, 2, 3]


async def test_the_engine_goes_on_after_the_database_was_away(log: EventLog, database: str) -> None:
    async with running(await an_engine(log, witness(), witness("other"))) as engine:
        for position in range(1, 6):
            await kill_all(database)
            async with fresh(database) as outside:
                await outside.writer.append(an_append())
            await asyncio.wait_for(reach_at_last(engine, position), 20)
    async with fresh(database) as outside:
        assert await seen(outside.pool) == await seen(outside.pool, "other") == [1, 2, 3, 4, 5]


async def test_a_backend_killed_in_the_middle_of_a_batch_leaves_the_batch_to_be_folded_again(
    log: EventLog, database: str
) -> None:
    killed: list[int] = []

    async def fold(connection: Connection, batch: Batch) -> None:
        await witness().fold(connection, batch)
        if not killed:
            killed.append(await connection.fetchval("SELECT pg_backend_pid()"))
            async with fresh(database) as outside, connected(outside.pool) as other:
                await other.execute("SELECT pg_terminate_backend($1)", killed[0])

    async with running(await an_engine(log, Witness("witness", 1, fold))) as engine:
        await record(log, "abc")
        await asyncio.wait_for(reach_at_last(engine, 3), 20)

    assert await seen(log.pool) == [1, 2, 3]
    assert await state_of(log.pool) == (3, "live", None)


async def test_a_running_engine_survives_what_nobody_foresaw(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chuishao.projections.engine.LONG", 0.01)
    engine = await an_engine(log, witness())
    failures = iter([RuntimeError("unforeseen"), RuntimeError("again")])
    whole_round = engine.round

    async def failing() -> int:
        for failure in failures:
            raise failure
        return await whole_round()

    monkeypatch.setattr(engine, "round", failing)
    await record(log, "ab")
    async with running(engine):
        await engine.reach(2)
