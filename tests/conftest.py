"""One real PostgreSQL for the whole run, and a fresh database for each test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import prepare
from chuishao.service.postgres import SETTINGS, EmbeddedPostgres
from tests.town import Town, make_town

TEMPLATE = "chuishao_template"

settings.register_profile(
    "chuishao",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("chuishao"), max_examples=300, stateful_step_count=60)
settings.load_profile("chuishao")


def with_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running server; no test crashes the machine, so nothing waits for the disk."""
    folder: Path = tmp_path_factory.mktemp("server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "fsync", "off")
        postgres = EmbeddedPostgres.start(folder)
    with postgres:
        yield postgres.url


@pytest.fixture(scope="session")
async def template(server: str) -> str:
    """A migrated database with empty read models, to be copied."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    finally:
        await connection.close()
    pool = await open_pool(with_database(server, TEMPLATE), size=2)
    try:
        await migrate(pool)
        await prepare(EventLog(pool), PROJECTIONS)
    finally:
        await pool.close()
    return server


async def copy_of_template(server: str, template: str = TEMPLATE) -> str:
    """A fresh database, or one that holds what another one does; give its URL."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await connection.close()
    return with_database(server, name)


@pytest.fixture
async def database(template: str) -> str:
    """The URL of a fresh database."""
    return await copy_of_template(template)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on a fresh database."""
    opened = await open_pool(database, size=8)
    yield opened
    await opened.close()


@pytest.fixture
def log(pool: Pool) -> EventLog:
    """An empty log."""
    return EventLog(pool)


@pytest.fixture
async def town(log: EventLog) -> Town:
    """A small town: one street, two communities, three grids with workers, two departments, a policy."""
    return await make_town(log)
