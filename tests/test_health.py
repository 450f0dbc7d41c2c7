"""A process says whether it answers, and whether it should be given work."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from chuishao.commands.execution import Executor
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.graphql.context import Services
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.health import Health
from tests.conftest import with_database
from tests.served import address, process, served, until
from tests.town import KEY, make_town


def services_on(pool: Pool) -> Services:
    log = EventLog(pool)
    feed = Feed(log)
    return Services(log, feed, Engine(feed, PROJECTIONS), Executor(log, KEY))


def health_on(pool: Pool, **options: Any) -> Health:
    services = services_on(pool)
    return Health(lambda: services, PROJECTIONS, **options)


async def ask(health: Health, what: str) -> tuple[int, Any]:
    transport = httpx.ASGITransport(Starlette(routes=health.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get(f"/health/{what}")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


@pytest.fixture
async def empty(server: str) -> AsyncIterator[Pool]:
    """A database on which nothing was ever migrated."""
    opened = await open_pool(with_database(server, "template1"), size=2)
    yield opened
    await opened.close()


async def test_a_process_with_everything_in_place_is_ready(pool: Pool) -> None:
    assert await ask(health_on(pool), "ready") == (200, {"status": "ready", "problems": []})


async def test_a_process_lives_without_a_database() -> None:
    assert await ask(Health(lambda: None, PROJECTIONS), "live") == (200, {"status": "live"})


async def test_a_process_that_starts_or_stops_is_not_ready(pool: Pool) -> None:
    starting = Health(lambda: None, PROJECTIONS)
    assert await ask(starting, "ready") == (
        503,
        {"status": "not ready", "problems": ["the server is starting"]},
    )
    stopping = health_on(pool)
    stopping.stopping = True
    assert await ask(stopping, "ready") == (
        503,
        {"status": "not ready", "problems": ["the server is stopping"]},
    )
    assert (await ask(stopping, "live"))[0] == 200


async def test_a_migration_that_was_not_applied_is_named(pool: Pool) -> None:
    await pool.execute("DELETE FROM migration WHERE name = '0003_append'")
    status, body = await ask(health_on(pool), "ready")
    assert status == 503
    assert body["problems"] == ["migration 0003_append has not been applied"]


async def test_a_read_model_that_stopped_or_is_of_another_version_is_named(pool: Pool) -> None:
    await pool.execute("UPDATE projection SET status = 'stopped', error = '私密' WHERE name = 'cases'")
    await pool.execute("UPDATE projection SET version = 0 WHERE name = 'grids'")
    status, body = await ask(health_on(pool), "ready")
    assert status == 503
    assert sorted(body["problems"]) == [
        "read model cases is stopped at position 0",
        "read model grids is not of this version; restart, or run `chuishao migrate`",
    ]


async def test_a_read_model_may_be_behind_by_a_bound_and_no_further(pool: Pool, log: EventLog) -> None:
    await make_town(log)
    head = await log.head()
    assert (await ask(health_on(pool, farthest=head), "ready"))[0] == 200
    status, body = await ask(health_on(pool, farthest=head - 1), "ready")
    assert status == 503
    assert f"read model cases is {head} events behind; at most {head - 1} are ready" in body["problems"]


async def test_a_database_that_was_never_migrated_is_told_without_an_error(empty: Pool) -> None:
    status, body = await ask(health_on(empty), "ready")
    assert status == 503
    assert "migration 0001_log has not been applied" in body["problems"]


async def test_a_database_that_is_gone_is_told(pool: Pool) -> None:
    health = health_on(pool)
    pool.terminate()
    assert (await ask(health, "ready"))[1]["problems"] == ["the database cannot be reached"]


async def test_a_database_that_does_not_answer_is_waited_for_briefly(pool: Pool, database: str) -> None:
    blocker = await asyncpg.connect(database)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE migration IN ACCESS EXCLUSIVE MODE")
            status, body = await ask(health_on(pool, within=0.05), "ready")
    finally:
        await blocker.close()
    assert status == 503
    assert body["problems"] == ["the database did not answer within 0.05 seconds"]


async def test_the_application_serves_both(database: str) -> None:
    async with served(database) as server:
        assert (await server.http.get(f"http://{server.base}/health/live")).json() == {"status": "live"}

        async def is_ready() -> bool:
            answer = await server.http.get(f"http://{server.base}/health/ready")
            return answer.status_code == 200

        assert await until(is_ready)


async def test_a_server_that_is_told_to_stop_is_unready_first(database: str, tmp_path: Path) -> None:
    arguments = ("--database-url", address(database), "--data-dir", tmp_path, "--drain-seconds", 600)
    async with process(tmp_path, *arguments) as server:
        url = f"http://{server.served.base}"
        server.popen.terminate()

        async def unready() -> bool:
            answer = await server.served.http.get(f"{url}/health/ready")
            return answer.status_code == 503

        assert await until(unready)
        assert (await server.client().send("{ log { head } }"))["data"], "it still works meanwhile"
        server.popen.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.popen.wait, 20) in {0, -signal.SIGTERM}
