"""Snapshots are a cache: they make loading quick, and nothing that they hold or lose is ever noticed."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import grids
from chuishao.commands.execution import Executor
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Level
from chuishao.domain.event import Event, PersonalText, SealedText, fold
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.identity import POLICY_ID, grid_id
from chuishao.domain.summons import Summons, SummonsState
from chuishao.eventlog import aggregates
from chuishao.eventlog.aggregates import EVERY, makers
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import decode as decode_event
from chuishao.eventlog.snapshot import decode, encode, made_by
from tests.appends import an_append
from tests.conftest import copy_of_template
from tests.numbers import seeded_ids
from tests.town import GRID, KEY, OTHER_GRID, START, THIRD_GRID, Clock, Town, make_town
from tests.wandering import Wanderer

NEVER = 10**9
REDRAWN = (
    b'{"timestamp":{"_type_":"datetime_iso","_data_":"2026-03-02T01:00:00+00:00"},"name":"A","households":7}'
)


async def execute(log: EventLog, statement: str, *arguments: Any) -> str:
    async with connected(log.pool) as connection:
        return await connection.execute(statement, *arguments)


async def rows(log: EventLog) -> list[tuple[UUID, int]]:
    """The snapshots that are kept: streams and versions."""
    async with connected(log.pool) as connection:
        return [tuple(row) for row in await connection.fetch("SELECT stream, version FROM snapshot")]


async def streams(log: EventLog) -> list[UUID]:
    async with connected(log.pool) as connection:
        return [row[0] for row in await connection.fetch("SELECT id FROM stream ORDER BY id")]


async def kept(log: EventLog, stream: UUID) -> Any:
    """Load, and wait until what is to be kept of it is kept."""
    aggregate = await log.aggregates.load(stream)
    await log.aggregates.close()
    return aggregate


@pytest.fixture
async def redrawn(town: Town) -> Town:
    """A town whose first grid was redrawn so often that its snapshot is due at the next load."""
    for number in range(EVERY - await town.log.version(grid_id(GRID))):
        await town.do(grids.RedrawGrid(grid_code=GRID, households=400 + number))
    return town


async def assert_folded(log: EventLog, *wanted: UUID) -> None:
    """Loading gives what folding everything gives, and leaves it ready for a command."""
    for stream in wanted or await streams(log):
        loaded, folded = await log.aggregates.load(stream), fold(await log.stream(stream))
        assert loaded == folded
        assert loaded.version == folded.version == await log.version(stream)
        assert loaded.pending_events == []


# When they are made


async def test_a_short_stream_has_no_snapshot(town: Town) -> None:
    for stream in await streams(town.log):
        await kept(town.log, stream)
    assert await rows(town.log) == []


async def test_a_stream_that_was_long_to_load_has_one_from_then_on(redrawn: Town) -> None:
    log, grid = redrawn.log, grid_id(GRID)
    assert await rows(log) == []
    await kept(log, grid)
    assert await rows(log) == [(grid, EVERY)]

    await redrawn.do(grids.RedrawGrid(grid_code=GRID, households=900))
    assert (await kept(log, grid)).households == 900
    assert await rows(log) == [(grid, EVERY)], "the next is made when as many events again were folded"


async def test_of_ten_thousand_events_only_those_after_the_snapshot_are_folded(
    redrawn: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, grid = redrawn.log, grid_id(GRID)
    for first in range(EVERY + 1, 10_000, 1000):
        await log.writer.append(an_append(grid, first - 1, 1000, data=REDRAWN))
    folded: list[int] = []

    def counting(stream: UUID, version: int, topic: str, data: bytes) -> Event:
        folded.append(version)
        return decode_event(stream, version, topic, data)

    monkeypatch.setattr(aggregates, "decode", counting)
    assert (await kept(log, grid)).version == len(folded) == 10_000 + EVERY
    folded.clear()
    await redrawn.do(grids.RedrawGrid(grid_code=GRID, households=904))
    await assert_folded(log, grid)
    assert folded == [10_000 + EVERY + 1]


async def test_a_command_makes_one_by_the_way_and_is_answered_whether_it_can_be_kept_or_not(
    redrawn: Town,
) -> None:
    log, grid = redrawn.log, grid_id(GRID)
    await execute(log, "ALTER TABLE snapshot ADD CONSTRAINT full_disk CHECK (version < 0)")
    assert (await redrawn.do(grids.RedrawGrid(grid_code=GRID, households=901))).version == EVERY + 1
    await log.aggregates.close()
    assert await rows(log) == []

    await execute(log, "ALTER TABLE snapshot DROP CONSTRAINT full_disk")
    assert (await redrawn.do(grids.RedrawGrid(grid_code=GRID, households=902))).version == EVERY + 2
    await log.aggregates.close()
    assert await rows(log) == [(grid, EVERY + 1)], "it holds what was loaded, not what was decided on it"
    await assert_folded(log)


async def test_a_state_that_is_as_large_as_its_history_is_not_kept(town: Town) -> None:
    town.log.aggregates.every = 1
    policies = await kept(town.log, POLICY_ID)
    assert policies.documents
    assert await rows(town.log) == []


async def test_an_aggregate_that_cannot_be_written_down_is_loaded_all_the_same(
    redrawn: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_aggregate: object) -> bytes:
        raise TypeError

    monkeypatch.setattr("chuishao.eventlog.snapshot.encode", broken)
    await kept(redrawn.log, grid_id(GRID))
    assert await rows(redrawn.log) == []
    assert "no snapshot of stream" in caplog.text
    await assert_folded(redrawn.log, grid_id(GRID))


# What damages them


def replacing(column: str, old: str, new: str, table: str = "snapshot") -> str:
    """A statement that replaces a text within JSON."""
    return f"UPDATE {table} SET {column} = replace({column}::text, '{old}', '{new}')::json"


ANOTHER = "SELECT max(k.made_by) FROM snapshot k WHERE k.made_by <> snapshot.made_by"
DAMAGES = {
    "deleted": "DELETE FROM snapshot",
    "some deleted": "DELETE FROM snapshot WHERE version % 2 = 0",
    "empty": "UPDATE snapshot SET state = '{}'",
    "no object": "UPDATE snapshot SET state = '7'",
    "another number": replacing("state", '"households":', '"households":9'),
    "another status": replacing("state", '"REPORTED"', '"CLOSED"'),
    "an attribute gone": replacing("state", '"code":', '"kode":'),
    "a version later": "UPDATE snapshot SET version = version + 1",
    "a version earlier": "UPDATE snapshot SET version = greatest(1, version - 1)",
    "newer than the log": "UPDATE snapshot SET version = version + 1000",
    "a position later": "UPDATE snapshot SET position = position + 1",
    "a position earlier": "UPDATE snapshot SET position = greatest(1, position - 1)",
    "newer by position": "UPDATE snapshot SET position = position + 1000000",
    "by other code": "UPDATE snapshot SET made_by = 'other code'",
    "by the code of another aggregate": f"UPDATE snapshot SET made_by = coalesce(({ANOTHER}), made_by)",
    "of another stream": (
        "UPDATE snapshot SET state = k.state, checksum = k.checksum, version = k.version FROM snapshot k"
        " WHERE k.made_by = snapshot.made_by AND k.stream > snapshot.stream"
    ),
    "another checksum": "UPDATE snapshot SET checksum = sha256(checksum)",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_snapshot_is_ignored_and_replaced(
    redrawn: Town, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    log, grid = redrawn.log, grid_id(GRID)
    await kept(log, grid)
    await redrawn.do(grids.RedrawGrid(grid_code=GRID, households=903))

    await execute(log, DAMAGES[damage])
    await assert_folded(log, grid)
    await log.aggregates.close()
    assert await rows(log) in ([(grid, EVERY)], [(grid, EVERY + 1)])
    caplog.clear()
    await assert_folded(log, grid)
    assert caplog.text == "", "what was made anew is good"


async def test_a_snapshot_of_another_history_is_ignored(
    redrawn: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """As after going back to an older backup, which then went on otherwise."""
    log, grid = redrawn.log, grid_id(GRID)
    await kept(log, grid)
    await execute(log, "ALTER TABLE event DISABLE TRIGGER USER")
    changed = "replace(data::text, '\"households\":', '\"households\":1')::json"
    await execute(
        log, f"UPDATE event SET data = {changed}, leaf_hash = sha256(leaf_hash) WHERE stream = $1", grid
    )
    await assert_folded(log, grid)
    assert "not of this history" in caplog.text


async def test_a_snapshot_is_not_used_by_other_code(redrawn: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    log, grid = redrawn.log, grid_id(GRID)
    await kept(log, grid)
    forged = encode(await log.aggregates.load(grid)).replace(b'"households":', b'"households":5')

    def trusting(*_: object) -> bytes:
        return b"believed"

    monkeypatch.setattr("chuishao.eventlog.snapshot.checksum", trusting)
    await execute(log, "UPDATE snapshot SET state = $1, checksum = 'believed'", forged)
    assert str((await log.aggregates.load(grid)).households).startswith("5"), "it is the state that is read"
    await execute(log, "UPDATE snapshot SET made_by = 'the code before'")
    await assert_folded(log, grid)


def test_every_aggregate_is_made_by_code_of_its_own() -> None:
    assert len(set(makers())) == len(AGGREGATES)
    assert made_by(ServiceGrid) in makers()


# Random histories

PHASES = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 4), st.sampled_from([None, *DAMAGES])),
    min_size=2,
    max_size=6,
)


@pytest.fixture(scope="module")
async def settled(template: str) -> str:
    """The URL of a database in which a town was set up, to be copied."""
    database = await copy_of_template(template)
    pool = await open_pool(database, size=1)
    await make_town(EventLog(pool))
    await pool.close()
    return database


@asynccontextmanager
async def copy_of(settled: str, template: str) -> AsyncIterator[Town]:
    """The same town once more, in a database of its own."""
    url = await copy_of_template(template, urlsplit(settled).path.strip("/"))
    pool = await open_pool(url, size=2)
    log = EventLog(pool)
    town = Town(log, Executor(log, KEY), Clock(START + timedelta(days=1)))
    town.executor.clock = town.clock
    async with connected(pool) as connection:
        about = (
            "SELECT id FROM stream s JOIN event e ON e.stream = s.id AND e.version = 1 WHERE category = $1"
        )
        town.departments = [
            row[0] for row in await connection.fetch(f"{about} ORDER BY e.position", "department")
        ]
    for grid in (GRID, OTHER_GRID, THIRD_GRID):
        town.workers[grid] = (await log.aggregates.load(grid_id(grid))).worker
    try:
        yield town
    finally:
        await pool.close()


async def history(log: EventLog) -> list[tuple[Any, ...]]:
    """Everything that was recorded, but for the boxes of sealed texts, which never are alike."""
    return [
        (e.position, e.stream, e.version, e.event_id, e.type, e.occurred_at, e.stored_meta, unsealed(e.data))
        for e in await log.after(0, 10_000)
    ]


def unsealed(data: bytes) -> str:
    return re.sub(r'("sealed","_data_":\["\w+",)"[^"]*"', r"\1", data.decode())


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32), phases=PHASES)
async def test_towns_with_and_without_snapshots_record_the_same_events_whatever_happens_to_these(
    settled: str, template: str, seed: int, phases: list[tuple[int, int, str | None]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregates, "SMALLER", 0)
        async with copy_of(settled, template) as kept, copy_of(settled, template) as plain:
            kept.log.aggregates.every, plain.log.aggregates.every = 1, NEVER
            kept.ids, plain.ids = seeded_ids(seed), seeded_ids(seed)
            walks = [Wanderer(town, random.Random(seed)) for town in (kept, plain)]
            for steps, every, damage in phases:
                for walk in walks:
                    await walk.walk(steps)
                await kept.log.aggregates.close()
                if damage is not None:
                    await execute(kept.log, DAMAGES[damage])
                await assert_folded(kept.log)
                kept.log.aggregates.every = every
            assert await history(kept.log) == await history(plain.log)
            assert await rows(kept.log) and not await rows(plain.log)


# What a state is written as


class Pair(NamedTuple):
    one: int
    other: int


STATES: list[Any] = [
    (1, "two", None),
    {Level.STREET, Level.COMMUNITY},
    frozenset({1, 2}),
    {1: True, 2: False},
    {grid_id(GRID): Summons(START, SummonsState.SIGNED, missed_at=START)},
    {"_type_": "uuid_hex", "_data_": "not one"},
    {"a": [{"b": (START, {uuid4()})}], "_data_": ()},
    SealedText(uuid4(), b"box"),
    [True, 1.5, -7, ""],
]


@pytest.mark.parametrize("value", STATES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    grid = ServiceGrid.draw(GRID, "网格", 300, START)
    grid.collect_events()
    grid.name = value
    again = decode(grid.id, grid.version, encode(grid))
    assert again == grid
    assert again.__dict__["name"] == value
    assert type(again.__dict__["name"]) is type(value)
    assert encode(again) == encode(grid), "the types within are the same too"


@pytest.mark.parametrize(
    "value", [Pair(1, 2), PersonalText(uuid4(), "张三"), [PersonalText(uuid4(), "张三")], object()]
)
def test_what_would_come_back_otherwise_or_is_not_sealed_is_not_written(value: Any) -> None:
    grid = ServiceGrid.draw(GRID, "网格", 300, START)
    grid.name = value
    with pytest.raises(TypeError):
        encode(grid)


async def test_no_snapshot_holds_a_text_about_a_person(town: Town) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregates, "SMALLER", 0)
        town.log.aggregates.every = 1
        walk = Wanderer(town, random.Random(7))
        await walk.walk(150)
        for stream in await streams(town.log):
            await kept(town.log, stream)
    async with connected(town.log.pool) as connection:
        written = await connection.fetchval("SELECT string_agg(state::text, '') FROM snapshot")
    assert "张三" not in written and "李四" not in written and "南京路" not in written
    assert not any(word in written for word in ("井盖丢失", "已协调解决", "需要部门联动", "022-0000"))
