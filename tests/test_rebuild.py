"""Rebuilding beside live writes: nobody sees half of it, nothing is lost, and there is a way back."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.eventlog.connection import Connection, Pool, Unavailable, connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections import copies as copies_of
from chuishao.projections import rebuild as rebuilding
from chuishao.projections import table
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.parked import NotParked, aside, passed_over, retry, skip
from chuishao.projections.poison import WAITS
from chuishao.projections.projection import Batch
from chuishao.projections.reach import ReadModelReplaced
from chuishao.projections.rebuild import (
    Manner,
    NothingToGoBackTo,
    Poisoned,
    go_back,
    prepare,
    rebuild,
    rebuild_all,
)
from tests.appends import an_append
from tests.conftest import copy_of_template
from tests.test_engine import (
    Witness,
    an_engine,
    at_positions,
    fresh,
    parked,
    record,
    running,
    seen,
    state_of,
    witness,
)
from tests.test_projections import dump_all
from tests.town import make_town
from tests.wandering import Wanderer

POISON = "ValueError at test_engine.py fold"


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "chuishao")


def made_by(code: str, projection: Witness) -> Witness:
    """The same read model, as other code makes it."""
    vars(projection)["fingerprint"] = code
    return projection


def watched(name: str, on_fold: Callable[[Connection, Batch], Any]) -> Witness:
    """A witness that lets somebody act before each fold."""

    async def fold(connection: Connection, batch: Batch) -> None:
        await on_fold(connection, batch)
        await witness().fold(connection, batch)

    return Witness(name, 1, fold)


async def schemas(pool: Pool) -> set[str]:
    """The schemas of the witness and its copies, and whatever else begins like it."""
    async with connected(pool) as connection:
        query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'witness')"
        return {row["nspname"] for row in await connection.fetch(query)}


async def copies(pool: Pool) -> dict[str, tuple[int, str]]:
    """The position and the code of each copy."""
    async with connected(pool) as connection:
        rows = await connection.fetch("SELECT place, position, fingerprint FROM projection_copy")
    return {row["place"]: (row["position"], row["fingerprint"]) for row in rows}


# Beside live writes


async def test_readers_see_one_version_at_a_time_and_positions_never_go_back(
    log: EventLog, database: str
) -> None:
    written, read, ended = 0, 0, asyncio.Event()

    async def write(outside: EventLog) -> None:
        nonlocal written
        while not ended.is_set():
            await outside.writer.append(an_append())
            written += 1

    async def look(outside: EventLog) -> None:
        nonlocal read
        last = 0
        query = "SELECT count(*), max(position), sum(times), min(position) FROM witness.seen"
        async with connected(outside.pool) as connection:
            while not ended.is_set():
                row = await connection.fetchrow(query)
                assert row is not None
                number, position, times, first = (value or 0 for value in row)
                assert number == position == times and first in (0, 1)
                assert position >= last
                last, read = position, read + 1

    async with (
        running(await an_engine(log, witness(), witness("witness_too"))) as engine,
        fresh(database) as one,
    ):
        async with fresh(database) as two, asyncio.TaskGroup() as tasks:
            tasks.create_task(write(one))
            for _ in range(2):
                tasks.create_task(look(two))
            for _ in range(12):
                both = [witness(), witness("witness_too")]
                position = await rebuild_all(log, both, Manner())
                await engine.reach(position)
            ended.set()
        await engine.reach(await log.head())
    assert written > 10 and read > 10
    assert await seen(log.pool) == await seen(log.pool, "witness_too") == list(range(1, written + 1))


@dataclass(frozen=True)
class Walk:
    """What is done before a rebuild, between its looks at the log, and after it; and the sizes of batches."""

    seed: int
    before: int
    meanwhile: list[int]
    after: int
    page: int
    many: int


WALKS = st.builds(
    Walk,
    seed=st.integers(0, 2**32),
    before=st.integers(1, 60),
    meanwhile=st.lists(st.integers(0, 25), max_size=8),
    after=st.integers(0, 20),
    page=st.sampled_from([3, 20, 5000]),
    many=st.sampled_from([1, 5, 40]),
)


@asynccontextmanager
async def walked_meanwhile(log: EventLog, wanderer: Wanderer, walk: Walk) -> AsyncIterator[None]:
    """Whenever a rebuild looks at the log, more has been recorded, also at the last moment before a flip."""
    steps, after = iter(walk.meanwhile), log.after

    async def later(position: int, limit: int) -> Any:
        await wanderer.walk(next(steps, 0))
        return await after(position, limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuilding, "PAGE", walk.page)
        patch.setattr(table, "MANY", walk.many)
        patch.setattr(log, "after", later)
        yield


@settings(max_examples=6)
@given(walk=WALKS)
async def test_what_was_rebuilt_under_writes_equals_what_lived_along(template: str, walk: Walk) -> None:
    pool = await open_pool(await copy_of_template(template), size=8)
    try:
        town = await make_town(EventLog(pool))
        wanderer = Wanderer(town, random.Random(walk.seed))
        await wanderer.walk(walk.before)
        async with running(Engine(Feed(EventLog(pool)), PROJECTIONS)) as engine:
            async with walked_meanwhile(town.log, wanderer, walk):
                await rebuild_all(town.log, PROJECTIONS, Manner())
            await wanderer.walk(walk.after)
            await engine.reach(await town.log.head())
            rebuilt = await dump_all(pool)
            await go_back(town.log, PROJECTIONS, Manner())

        assert await dump_all(pool) == rebuilt
        await rebuild_all(town.log, PROJECTIONS, Manner())
        assert await dump_all(pool) == rebuilt
    finally:
        await pool.close()


async def test_several_are_rebuilt_in_one_pass_over_the_log(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [witness(f"witness{n}") for n in range(4)]
    engine = await an_engine(log, *several)
    await record(log, "abcabc")
    await engine.catch_up()
    monkeypatch.setattr(rebuilding, "PAGE", 2)
    pages: list[int] = []
    after = log.after

    async def counted(position: int, limit: int) -> Any:
        pages.append(position)
        return await after(position, limit)

    monkeypatch.setattr(log, "after", counted)
    assert await rebuild_all(log, several, Manner()) == 6

    assert pages == [0, 2, 4, 6]
    for projection in several:
        assert await seen(log.pool, projection.name) == [1, 2, 3, 4, 5, 6]


async def test_a_missing_read_model_is_filled_before_it_is_there(log: EventLog) -> None:
    await record(log, "abc")

    assert await prepare(log, [witness()]) == []

    assert await seen(log.pool) == [1, 2, 3]
    assert await state_of(log.pool) == (3, "live", None)


# Cut off


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_a_rebuild_that_was_cut_off_goes_on_where_it_stopped(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 2)
    engine = await an_engine(log, witness())
    await record(log, "abcabc")
    await engine.catch_up()
    folded: list[int] = []

    async def kill(connection: Connection, batch: Batch) -> None:
        folded.extend(event.position for event in batch.events)
        if len(folded) == 2 * page:
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            async with fresh(database) as outside, connected(outside.pool) as other:
                await other.execute("SELECT pg_terminate_backend($1)", pid)

    with pytest.raises(Unavailable):
        await rebuild(log, watched("witness", kill))
    assert await seen(log.pool) == [1, 2, 3, 4, 5, 6]
    assert (await copies(log.pool))["next"][0] == 2 * page - 2

    again: list[int] = []

    async def note(_connection: Connection, batch: Batch) -> None:
        again.extend(event.position for event in batch.events)

    assert await rebuild(log, watched("witness", note)) == 6
    assert again == list(range(2 * page - 1, 7))
    assert await seen(log.pool) == [1, 2, 3, 4, 5, 6]
    assert set(await copies(log.pool)) == {"previous"}


@asynccontextmanager
async def killed_at(monkeypatch: pytest.MonkeyPatch, when: str) -> AsyncIterator[None]:
    """Whoever flips is killed before the renaming, or after it."""
    flip = copies_of.flip

    async def dying(connection: Connection, *arguments: Any) -> None:
        if when == "after":
            await flip(connection, *arguments)
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(rebuilding, "flip", dying)
        yield


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_flip_that_is_killed_never_was(
    log: EventLog, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    engine = await an_engine(log, witness())
    await record(log, "abc")
    await engine.catch_up()
    async with connected(log.pool) as connection:
        await connection.execute("INSERT INTO witness.seen SELECT 99, gen_random_uuid(), 1")
    async with killed_at(monkeypatch, when):
        with pytest.raises(Unavailable):
            await rebuild(log, witness())

    assert await seen(log.pool) == [1, 2, 3, 99]
    assert await schemas(log.pool) == {"witness", "witness_next"}
    await record(log, "d")
    await engine.catch_up()
    assert await seen(log.pool) == [1, 2, 3, 4, 99]

    assert await rebuild(log, witness()) == 4
    assert await seen(log.pool) == [1, 2, 3, 4]
    assert await schemas(log.pool) == {"witness", "witness_previous"}


async def test_what_other_code_left_half_built_is_begun_anew(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_engine(log, witness())
    await record(log, "abc")
    with pytest.raises(Poisoned):
        await rebuild(log, made_by("older", witness(poison=at_positions(3))))
    assert await copies(log.pool) == {"next": (2, "older")}

    assert await rebuild(log, made_by("newer", witness())) == 3

    assert await seen(log.pool) == [1, 2, 3]


async def test_a_flip_waits_for_no_reader_and_what_they_read_is_dropped_later(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chuishao.projections.copies.LOCK_WITHIN", "10ms")
    await an_engine(log, witness())
    await record(log, "abc")
    await rebuild(log, witness())
    async with connected(log.pool) as reader, reader.transaction(isolation="repeatable_read"):
        assert await reader.fetchval("SELECT count(*) FROM witness_previous.seen") == 0
        assert await rebuild(log, witness()) == 3
        assert len(await schemas(log.pool)) == 3

    await rebuild(log, witness())
    assert await schemas(log.pool) == {"witness", "witness_previous"}


# Going back


async def test_back_and_forth_nothing_is_lost(log: EventLog) -> None:
    engine = await an_engine(log, witness())
    await record(log, "ab")
    await engine.catch_up()
    await rebuild(log, witness())
    await record(log, "cd")
    await engine.catch_up()
    for recorded in range(5, 9):
        assert await go_back(log, [witness()], Manner()) == recorded - 1
        assert await seen(log.pool) == list(range(1, recorded))
        await record(log, "e")
        await engine.catch_up()
        assert await seen(log.pool) == list(range(1, recorded + 1))


async def test_the_code_that_made_the_previous_one_takes_it_again_instead_of_building(log: EventLog) -> None:
    older, newer = made_by("older", witness()), made_by("newer", witness(version=2))
    engine = await an_engine(log, older)
    await record(log, "abc")
    await engine.catch_up()
    assert await prepare(log, [newer]) == ["witness"]
    await record(log, "d")
    folded: list[int] = []

    async def note(_connection: Connection, batch: Batch) -> None:
        folded.extend(event.position for event in batch.events)

    assert await prepare(log, [made_by("older", watched("witness", note))]) == ["witness"]

    assert folded == [4]
    assert await seen(log.pool) == [1, 2, 3, 4]
    assert await copies(log.pool) == {"previous": (3, "newer")}


async def test_code_that_made_no_previous_one_cannot_go_back(log: EventLog) -> None:
    await an_engine(log, made_by("older", witness()))
    with pytest.raises(NothingToGoBackTo, match="no previous read model witness"):
        await go_back(log, [made_by("older", witness())], Manner())
    await rebuild(log, made_by("newer", witness()))
    with pytest.raises(NothingToGoBackTo, match="chuishao migrate"):
        await go_back(log, [made_by("newer", witness())], Manner())


# Never served wrong


async def test_changed_code_rebuilds_though_nobody_raised_the_version(log: EventLog) -> None:
    engine = await an_engine(log, made_by("older", witness()))
    await record(log, "abc")
    await engine.catch_up()
    async with connected(log.pool) as connection:
        await connection.execute("DELETE FROM witness.seen WHERE position = 2")

    assert await prepare(log, [made_by("newer", witness())]) == ["witness"]
    assert await seen(log.pool) == [1, 2, 3]
    assert await prepare(log, [made_by("newer", witness())]) == []


async def test_a_process_notices_that_a_read_model_is_no_longer_its_own(log: EventLog) -> None:
    engine = await an_engine(log, made_by("older", witness()), witness("other"))
    await engine.known.look()
    engine.known.require_own()

    await prepare(log, [made_by("newer", witness())])
    await record(log, "a")
    await engine.catch_up()
    await engine.known.look()

    with pytest.raises(ReadModelReplaced) as refused:
        engine.known.require_own()
    assert refused.value.facts == {"name": "witness"}
    with pytest.raises(ReadModelReplaced):
        await engine.reach(1, within=1e9)
    assert await seen(log.pool) == []
    assert await seen(log.pool, "other") == [1]


# Poison


async def test_a_rebuild_that_meets_poison_leaves_what_serves_and_says_where(log: EventLog) -> None:
    engine = await an_engine(log, witness(), witness("other"))
    await record(log, "abc")
    await engine.catch_up()
    with pytest.raises(Poisoned) as told:
        await rebuild_all(log, [witness(poison=at_positions(2)), witness("other")], Manner())

    said = str(told.value)
    assert said.startswith(
        "read model witness cannot be made, because it cannot fold the event at position 2"
    )
    assert "2 (GridRedrawn): ValueError at test_engine.py" in said and "\n" not in said
    assert await state_of(log.pool) == (3, "live", None)
    assert await seen(log.pool) == [1, 2, 3]
    assert await schemas(log.pool) == {"witness", "witness_next"}
    async with connected(log.pool) as connection:
        assert await connection.fetchval("SELECT to_regnamespace('other_previous') IS NOT NULL")

    assert await rebuild(log, witness()) == 3
    assert await seen(log.pool) == [1, 2, 3]


async def test_a_rebuild_may_park_poison_and_the_events_that_follow_in_its_stream(log: EventLog) -> None:
    engine = await an_engine(log, witness())
    await record(log, "aabab")
    await engine.catch_up()

    assert await rebuild_all(log, [witness(poison=at_positions(2))], Manner(on_poison="park")) == 5

    assert await seen(log.pool) == [1, 3, 5]
    assert await parked(log.pool) == [(2, POISON), (4, WAITS)]
    await go_back(log, [witness()], Manner())
    assert (await parked(log.pool), await seen(log.pool)) == ([], [1, 2, 3, 4, 5])


async def test_poison_that_comes_at_the_last_moment_is_met_before_the_flip(log: EventLog) -> None:
    await an_engine(log, witness())
    await record(log, "abc")

    async def write(_connection: Connection, batch: Batch) -> None:
        if await log.head() == 3:
            await record(log, "d")
        if 4 in {event.position for event in batch.events}:
            raise ValueError("cannot read it")

    with pytest.raises(Poisoned, match="at position 4"):
        await rebuild(log, watched("witness", write))
    assert await state_of(log.pool) == (0, "live", None)


# Parked


async def test_what_was_parked_is_folded_in_order_once_it_can_be(log: EventLog) -> None:
    engine = await an_engine(log, witness(poison=at_positions(2, 3)), on_poison="park")
    await record(log, "aabaab")
    await engine.catch_up()
    assert [(row.position, row.error == WAITS) for row in await aside(log)] == [
        (2, False), (3, False), (4, True), (5, True), (6, True)
    ]  # fmt: skip

    done = await retry(log, witness(poison=at_positions(3, 5)))

    assert (done.released, done.left) == (2, 3)
    assert await parked(log.pool) == [(3, POISON), (5, POISON), (6, WAITS)]
    assert await seen(log.pool) == [1, 2, 4]
    assert (await retry(log, witness())).left == 0
    assert await seen(log.pool) == [1, 2, 3, 4, 5, 6]


async def test_a_skipped_event_is_done_without_in_one_read_model_and_the_waiting_ones_go_on(
    log: EventLog,
) -> None:
    poisonous = witness(poison=at_positions(2))
    engine = await an_engine(log, poisonous, witness("other"), on_poison="park")
    await record(log, "aaab")
    await engine.catch_up()
    for wrong in (1, 3, 4, 99):
        with pytest.raises(NotParked, match=f"position {wrong}"):
            await skip(log, poisonous, wrong, "a reason")

    assert await skip(log, poisonous, 2, "recorded twice") == 1

    assert await seen(log.pool) == [1, 3, 4]
    assert await seen(log.pool, "other") == [1, 2, 3, 4]
    assert [(row.position, row.reason) for row in await passed_over(log)] == [(2, "recorded twice")]
    assert await aside(log) == []
    await rebuild(log, poisonous)
    assert await seen(log.pool) == [1, 3, 4]
    await rebuild(log, witness())
    assert await seen(log.pool) == [1, 2, 3, 4]


async def test_a_stopped_read_model_goes_on_after_a_retry_or_without_the_event(log: EventLog) -> None:
    poisonous = witness(poison=at_positions(2, 3))
    engine = await an_engine(log, poisonous)
    await record(log, "abcd")
    await engine.catch_up()
    (stopped,) = await aside(log)
    assert (stopped.position, stopped.error.startswith("stopped at position 2")) == (2, True)

    await skip(log, poisonous, 2, "a reason")
    await engine.catch_up()
    assert (await state_of(log.pool))[:2] == (2, "stopped")
    await retry(log, witness())
    await Engine(engine.feed, [witness()]).catch_up()

    assert await state_of(log.pool) == (4, "live", None)
    assert await seen(log.pool) == [1, 3, 4]


async def test_a_rebuild_goes_on_without_an_event_that_was_skipped_meanwhile(log: EventLog) -> None:
    await an_engine(log, witness())
    await record(log, "abc")
    poisonous = witness(poison=at_positions(2))
    with pytest.raises(Poisoned):
        await rebuild(log, poisonous)

    await skip(log, poisonous, 2, "a reason")

    assert await rebuild(log, poisonous) == 3
    assert await seen(log.pool) == [1, 3]


async def test_retrying_beside_engines_folds_everything_once(log: EventLog, database: str) -> None:
    engine = await an_engine(log, witness(poison=at_positions(1)), on_poison="park")
    streams = await record(log, "ab")
    await engine.catch_up()
    other = await open_pool(database, size=4)
    try:
        async with running(Engine(Feed(EventLog(other)), [witness()], on_poison="park")) as serving:
            await asyncio.gather(record(log, "abab", streams), *(retry(log, witness()) for _ in range(5)))
            await retry(log, witness())
            await serving.reach(6)
    finally:
        await other.close()
    assert await seen(log.pool) == [1, 2, 3, 4, 5, 6]
    assert await parked(log.pool) == []
