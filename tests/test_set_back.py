"""A log that was set back is noticed: by followers, by read models, by the server and whoever watches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from chuishao.eventlog.connection import connected
from chuishao.eventlog.cursor import CursorOfAnotherHistory, cursor_of
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.proof import Lost, strange
from chuishao.projections.reach import BeyondTheLog, NotYet
from chuishao.projections.rebuild import prepare, rebuild
from tests.losses import lose
from tests.served import AUDITOR, Client, http_client, served, until
from tests.test_feed import append, following, take, upto
from tests.test_projections import dump_all
from tests.town import GRID, Town

ANY = Filter()


def cursor_behind(event: RecordedEvent) -> str:
    return cursor_of(1, event.position, event.leaf_hash)


# Followers


@pytest.mark.parametrize("grown", [0, 2, 5, 9])
async def test_a_follower_that_saw_what_is_lost_is_told(log: EventLog, database: str, grown: int) -> None:
    """Also where the log has grown to its former length, or beyond it, before anybody looked."""
    await append(log, 20)
    feed = Feed(log)
    await feed.refresh()
    events = feed.follow(ANY, 0)
    assert await take(events, 20) == upto(20)

    await lose(database, 15)
    await append(log, grown)
    waiting = asyncio.create_task(take(events, 1))
    await feed.refresh()

    with pytest.raises(CursorOfAnotherHistory) as told:
        await waiting
    assert told.value.facts["position"] == 20
    assert feed.head == 15 + grown
    assert [(noticed.was, noticed.head) for noticed in feed.set_back] == [(20, 15 + grown)]


async def test_a_follower_that_saw_nothing_of_what_is_lost_goes_on_in_the_new_history(
    log: EventLog, database: str
) -> None:
    await append(log, 20)
    tenth = (await log.after(9, 1))[0]
    feed = Feed(log)
    await feed.refresh()
    some = feed.follow(ANY, 0)
    assert await take(some, 12) == upto(12)
    late = feed.follow(ANY, 10, cursor_behind(tenth))

    await lose(database, 15)
    await append(log, 3)
    await feed.refresh()

    async with asyncio.timeout(20):
        told = [await anext(late) for _ in range(8)]
    assert told == await log.after(10, 8)
    assert [event.position for event in told] == upto(18, 10)


async def test_who_only_waits_for_what_comes_is_told_that_its_beginning_is_lost(
    log: EventLog, database: str
) -> None:
    await append(log, 3)
    (last,) = await log.after(2, 1)
    async with following(log) as feed:
        waiting = asyncio.create_task(take(feed.follow(ANY, 3, cursor_behind(last)), 1))
        await lose(database, 1)
        with pytest.raises(CursorOfAnotherHistory, match="this log ends at 1"):
            await waiting


async def test_a_feed_goes_on_after_the_log_was_set_back_to_nothing(log: EventLog, database: str) -> None:
    await append(log, 4)
    async with following(log) as feed:
        await lose(database, 0)
        heard = asyncio.Event()
        feed.on_set_back.append(lambda _: heard.set())
        async with asyncio.timeout(20):
            await heard.wait()
        assert await feed.read(0) == []
        await append(log, 2)
        assert await take(feed.follow(ANY, 0), 2) == [1, 2]


async def test_pages_read_before_the_log_was_set_back_are_not_served_afterwards(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chuishao.eventlog.feed.PAGE", 3)
    monkeypatch.setattr("chuishao.eventlog.feed.RING", 3)
    await append(log, 12)
    feed = Feed(log)
    await feed.refresh()
    assert [event.position for event in await feed.read(3)] == [4, 5, 6]
    await lose(database, 4)
    await append(log, 8)
    await feed.refresh()
    await feed.refresh()
    assert await feed.read(3) == await log.after(3, 3)


# Read models


@pytest.fixture
async def lived(town: Town) -> AsyncIterator[Engine]:
    """An engine that has folded a town with some cases."""
    for _ in range(3):
        await town.assigned()
    engine = Engine(Feed(town.log), PROJECTIONS)
    await engine.catch_up()
    yield engine


async def test_what_is_lost_is_not_folded_from_memory(town: Town, lived: Engine, database: str) -> None:
    begun = await town.log.head()
    for _ in range(4):
        await town.report()
    await lived.feed.refresh()
    await lose(database, begun + 1)
    for _ in range(6):
        await town.report()

    with pytest.raises(Lost):
        await lived.round()
    assert await town.log.pool.fetchval("SELECT max(position) FROM projection") == begun
    await lived.feed.refresh()
    await lived.catch_up()

    assert await town.log.pool.fetchval("SELECT min(position) FROM projection") == begun + 7
    await assert_equal_to_rebuilt(town)


async def assert_equal_to_rebuilt(town: Town) -> None:
    lived = await dump_all(town.log.pool)
    for projection in PROJECTIONS:
        await rebuild(town.log, projection)
    assert await dump_all(town.log.pool) == lived


Notice = Callable[[Town, Engine], Any]


async def by_a_running_engine(_town: Town, engine: Engine) -> None:
    await engine.feed.refresh()
    await engine.round()


async def by_an_engine_that_starts(town: Town, _engine: Engine) -> None:
    await Engine(Feed(town.log), PROJECTIONS).catch_up()


@pytest.mark.parametrize("grown", [0, 2, 7])
@pytest.mark.parametrize("noticed", [by_a_running_engine, by_an_engine_that_starts])
async def test_read_models_made_from_what_is_lost_are_stopped_and_made_anew_at_the_next_start(
    town: Town, lived: Engine, database: str, noticed: Notice, grown: int
) -> None:
    head = await town.log.head()
    await lose(database, head - 5)
    for _ in range(grown):
        await town.report()

    await noticed(town, lived)
    rows = await town.log.pool.fetch("SELECT name, status, position, error FROM projection")
    assert {(row["status"], row["position"]) for row in rows} == {("stopped", head)}
    for row in rows:
        told = f"it was made from another history of the log; run `chuishao rebuild {row['name']}`"
        assert row["error"] == told

    assert await prepare(town.log, PROJECTIONS) == [projection.name for projection in PROJECTIONS]
    async with connected(town.log.pool) as connection:
        assert await strange(connection, town.log.id) == []
    await town.report()
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    await assert_equal_to_rebuilt(town)


async def test_read_models_that_stand_before_the_loss_go_on(town: Town, lived: Engine, database: str) -> None:
    head = await town.log.head()
    await town.report()
    await lived.feed.refresh()
    await lose(database, head)
    await town.report()

    with pytest.raises(Lost):
        await lived.round()
    await lived.catch_up()

    rows = await town.log.pool.fetch("SELECT status, position FROM projection")
    assert {tuple(row) for row in rows} == {("live", head + 1)}
    await assert_equal_to_rebuilt(town)


async def test_a_position_that_is_lost_is_not_waited_for(town: Town, lived: Engine, database: str) -> None:
    head = await town.log.head()
    await lived.reach(head)
    await lose(database, head - 1)
    await lived.feed.refresh()

    with pytest.raises(BeyondTheLog, match=f"the log ends at {head - 1}"):
        await lived.reach(head)


async def test_what_is_folded_again_is_waited_for_where_somebody_else_made_the_read_models_anew(
    town: Town, lived: Engine, database: str
) -> None:
    head = await town.log.head()
    await lose(database, head - 1)
    await lived.feed.refresh()
    await lived.round()
    await lived.known.look()
    assert lived.position == head  # of the history that is lost
    for projection in PROJECTIONS:
        await rebuild(town.log, projection)
    await town.report()

    with pytest.raises(NotYet):
        await lived.reach(head, within=0)
    await lived.catch_up()
    await lived.reach(head)


async def test_migrating_notes_where_read_models_stand(town: Town, lived: Engine) -> None:
    assert lived
    wrong = await town.log.pool.fetch(
        "SELECT name FROM projection p WHERE proof IS DISTINCT FROM (SELECT leaf_hash FROM event e"
        " WHERE e.log = p.log AND e.position = p.position)"
    )
    assert wrong == []


# The server

LISTED = "query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }"
REPORT = {"category": "01001", "text": "井盖丢失", "gridCode": GRID}
ALL = "subscription ($after: String) { events(after: $after) { position cursor } }"


@asynccontextmanager
async def both_transports(client: Client, cursor: str) -> AsyncIterator[tuple[Any, Any]]:
    """A socket and a stream that follow after a cursor."""
    async with client.socket() as socket, client.stream(ALL, after=cursor) as stream:
        await socket.subscribe(ALL, after=cursor)
        yield socket, stream


async def test_the_server_tells_its_log_its_health_and_its_subscribers(
    town: Town, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(database) as server:
        client, staff = server.client(AUDITOR), server.client(town.community_staff)
        command = REPORT | {"commandId": str(uuid4())}
        acknowledged = await staff.do("reportCase", "case { id }", **command)
        (before, last) = await town.log.after(await town.log.head() - 2, 2)
        await client.read(
            "query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }", at=last.position
        )
        async with both_transports(client, cursor_behind(before)) as (socket, stream):
            assert (await socket.next())["events"]["position"] == last.position
            assert (await anext(stream))["data"]["events"]["position"] == last.position

            await lose(database, before.position)

            message = await socket.hear()
            assert message["type"] == "error"
            for error in (message["payload"][0], (await anext(stream))["errors"][0]):
                assert error["extensions"]["code"] == "CURSOR_OF_ANOTHER_HISTORY"
                assert f"this log ends at {before.position}" in error["message"]
        (line,) = [record for record in caplog.records if record.name == "chuishao.feed"]
        gone = f"the log was set back: the event at position {last.position} is gone"
        assert f"{gone}, it ends at {before.position} now" in line.message

        async with http_client(base_url=f"http://{server.base}") as http:

            async def stopped() -> list[str]:
                answer = await http.get("/health/ready")
                assert answer.status_code in (200, 503)
                problems: list[str] = answer.json()["problems"]
                return problems if len(problems) == len(PROJECTIONS) else []

            assert f"read model cases is stopped at position {last.position}" in await until(stopped)
            for projection in PROJECTIONS:
                await rebuild(town.log, projection)

            async def ready() -> Any:
                answer = await http.get("/health/ready")
                return answer.json() if answer.status_code == 200 else None

            (notice,) = (await until(ready))["notices"]
            assert notice.startswith(gone)
            assert "\nchuishao_log_set_back 1.0\n" in (await http.get("/metrics")).text

        # What was acknowledged and is lost is recorded anew when it is sent again.
        async with both_transports(client, cursor_behind(before)) as (socket, stream):
            assert await staff.do("reportCase", "case { id }", **command) == acknowledged
            (again,) = await town.log.after(before.position, 9)
            assert again.event_id == last.event_id and again.leaf_hash != last.leaf_hash
            assert (await socket.next())["events"]["cursor"] == cursor_behind(again)
            assert (await anext(stream))["data"]["events"]["cursor"] == cursor_behind(again)
