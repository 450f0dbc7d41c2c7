"""What goes wrong between us and the database: dead lines, lost hints, open transactions, refused writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from chuishao.eventlog import feed as feed_module
from chuishao.eventlog.connection import Unavailable, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog, Filter
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.rebuild import rebuild
from tests.appends import an_append
from tests.cables import Cables, cables
from tests.conftest import with_database
from tests.served import AUDITOR, Served, served, until
from tests.test_faults import assert_sound, mutation_of
from tests.test_feed import append, following, take
from tests.town import GRID, Town

ANY = Filter()
REPORT = {"category": "01001", "text": "井盖丢失", "gridCode": GRID}


@asynccontextmanager
async def over_cables(database: str) -> AsyncIterator[tuple[Cables, EventLog]]:
    """The log as another process has it, over lines that may fail."""
    async with cables(database) as laid:
        pool = await open_pool(laid.url, size=4)
        yield laid, EventLog(pool)
        pool.terminate()


async def listening(laid: Cables, *, dead: int = 0) -> None:
    """Return once somebody listens who is not dead, and so many of the dead are left."""

    async def listens() -> bool:
        lines = [line for line in laid.lines if line.listens]
        return any(not line.dead for line in lines) and sum(line.dead for line in lines) == dead

    await until(listens)


# Hints


async def test_a_dead_listener_stalls_nobody_and_is_replaced(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "CHECK", 0.3)
    monkeypatch.setattr(feed_module, "ANSWER", 0.3)
    async with over_cables(database) as (laid, there), following(there) as feed:
        events = feed.follow(ANY, 0)
        await listening(laid)
        assert laid.deaden(listening=True) == 1
        await append(log, 3)
        assert await take(events, 3) == [1, 2, 3]
        await listening(laid)
        await append(log, 1)
        assert await take(events, 1) == [4]


async def test_a_feed_whose_listener_is_dead_stops_at_once(log: EventLog, database: str) -> None:
    async with over_cables(database) as (laid, there):
        feed = Feed(there)
        await feed.start()
        await listening(laid)
        laid.deaden(listening=True)
        async with asyncio.timeout(5):
            await feed.stop()
    assert await log.head() == 0


async def test_a_listener_that_lives_is_left_alone(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "CHECK", 0.01)
    async with over_cables(database) as (laid, there), following(there) as feed:
        await listening(laid)
        (line,) = [line for line in laid.lines if line.listens]
        for position in range(1, 30):
            await append(log, 1)
            await feed.wait(position - 1)
        assert line in laid.lines and not line.dead


@pytest.mark.parametrize("times", [0, 3])
async def test_lost_and_doubled_notifications_lose_and_double_nothing(
    log: EventLog, database: str, times: int
) -> None:
    async with over_cables(database) as (laid, there), following(there) as feed, following(log):
        laid.notifications = times
        events = feed.follow(ANY, 0)
        await listening(laid)
        for begun in range(0, 30, 3):
            await append(log, 3)
            assert await take(events, 3) == [begun + 1, begun + 2, begun + 3]


# Lines that say nothing


async def test_a_line_that_says_nothing_is_given_up_and_the_same_command_may_be_sent_again(
    log: EventLog, database: str
) -> None:
    async with cables(database) as laid:
        pool = await open_pool(laid.url, size=2, command_timeout=0.5)
        there = EventLog(pool)
        command = an_append()
        laid.deaden(listening=False)
        with pytest.raises(Unavailable):
            await there.writer.append(command)
        async with asyncio.timeout(30):
            while True:
                try:
                    verdict = await there.writer.append(command)
                    break
                except Unavailable:  # another line of the pool that was dead, too
                    continue
        assert verdict.verdict == "accepted"
        assert await log.head() == 1
        pool.terminate()


async def test_every_server_gives_up_statements_a_little_after_the_database_should_have(
    database: str,
) -> None:
    pool = await open_pool(database, size=1, statement_seconds=7)
    assert pool._connect_kwargs["command_timeout"] == 12  # type: ignore[attr-defined]
    pool.terminate()


# Somebody's open transaction


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another database"])
async def test_an_idle_transaction_stalls_no_reader_no_writer_and_no_read_model(
    town: Town, database: str, elsewhere: bool
) -> None:
    idle = await asyncpg.connect(with_database(database, "postgres") if elsewhere else database)
    await idle.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    table = "pg_class" if elsewhere else "event"
    seen = await idle.fetchval(f"SELECT count(*) FROM {table}")
    await idle.execute("SELECT pg_current_xact_id()")

    async with asyncio.timeout(60), following(town.log) as feed:
        begun = await town.log.head()
        events = feed.follow(ANY, begun)
        engine = Engine(feed, PROJECTIONS)
        for case in range(3):
            await town.assigned()
            assert await take(events, 4) == list(range(begun + 4 * case + 1, begun + 4 * case + 5))
            await engine.catch_up()
            await engine.reach(begun + 4 * case + 4)
        for projection in PROJECTIONS:
            assert await rebuild(town.log, projection) == begun + 12

    assert await idle.fetchval(f"SELECT count(*) FROM {table}") == seen
    await idle.close()
    await assert_sound(town.log, [])


# Writes that are refused


DISK_FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room();
"""
OF_THIS_DATABASE = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {}', current_database()); END $$"
ROOM_AGAIN = """
CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$
"""
"""Locks no table, while to drop the triggers locks partition after partition, against whoever reads them."""
WRITES_REFUSED = {
    "no room for events": (DISK_FULL.format(table="event"), ROOM_AGAIN),
    "no room for commands": (DISK_FULL.format(table="command"), ROOM_AGAIN),
    "no room for read models": (DISK_FULL.format(table="cases.case_row"), ROOM_AGAIN),
    "read only": (
        OF_THIS_DATABASE.format("SET default_transaction_read_only = on"),
        f"BEGIN READ WRITE; {OF_THIS_DATABASE.format('RESET default_transaction_read_only')}; COMMIT",
    ),
}


@pytest.mark.parametrize("refused", WRITES_REFUSED)
async def test_a_refused_write_is_said_clearly_records_nothing_and_passes_without_a_restart(
    town: Town, database: str, refused: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = await town.report()
    begin, end = WRITES_REFUSED[refused]
    async with served(database) as server:
        await assert_all_answers(server, str(case))
        head = await town.log.head()

        await tell(database, begin)
        await end_sessions(town, database)
        staff = server.client(town.community_staff)
        command = REPORT | {"commandId": "6b0f0c1e-0000-4000-8000-000000000001"}
        mutation = mutation_of("reportCase").replace("position", "position unread { code }")
        recorded = refused == "no room for read models"

        async def refused_as() -> Any:
            """Why nothing is recorded, or why what is recorded cannot be read yet."""
            answer = await staff.send(mutation, {"input": command})
            assert "Traceback" not in str(answer) and "asyncpg" not in str(answer)
            if "errors" in answer:
                return None if recorded else answer["errors"][0]["extensions"]["code"]
            payload = answer["data"]["reportCase"]
            assert (payload["position"], payload["errors"]) == (head + 1, [])
            return payload["unread"]["code"]

        for _ in range(1 if recorded else 3):
            assert await until(refused_as) == ("NOT_YET" if recorded else "UNAVAILABLE")
        assert await town.log.head() == head + recorded
        await assert_all_answers(server, str(case))

        await tell(database, end)
        await end_sessions(town, database)

        async def done() -> bool:
            answer = await staff.send(mutation, {"input": command})
            return "errors" not in answer and answer["data"]["reportCase"]["case"] is not None

        await until(done)
    assert await town.log.head() == head + 1
    await assert_sound(town.log, [])
    assert [record for record in caplog.records if record.exc_info] == []


async def tell(database: str, statement: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(statement)
    await connection.close()


async def end_sessions(town: Town, database: str) -> None:
    """Let everybody connect anew, under the settings that hold now."""
    await tell(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


async def assert_all_answers(server: Served, case: str) -> None:
    """Reads are answered, at the first try or after those whose connections were just ended."""
    client = server.client(AUDITOR)
    document = "query ($id: ID!) { case(id: $id) { version } log { head } cases(first: 2) { nodes { id } } }"

    async def answered() -> bool:
        return "errors" not in await client.send(document, {"id": case})

    await until(answered)
