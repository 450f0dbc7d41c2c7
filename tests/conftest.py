"""One real PostgreSQL for the whole run, and a fresh database for each test that asks for one."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING, TypeAlias
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
from tests.town import Town, living_in, make_town

if TYPE_CHECKING:
    Administrator: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Administrator = asyncpg.Connection

TEMPLATE, POPULATED = "chuishao_template", "chuishao_populated"
MEMORY, ROOM = Path("/dev/shm"), 3 << 30
"""Where files lie in memory on Linux, and the free bytes from which on ours may."""

if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment] # httpcore would look for it at every request

settings.register_profile(
    "chuishao",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("chuishao"), max_examples=300, stateful_step_count=60)
settings.load_profile("chuishao")


def pytest_configure() -> None:
    """Let what tests write lie in memory: databases of their own wait for the disk again and again."""
    if roomy():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """Take modules and tests for lasting: to look through them for garbage takes a twentieth."""
    gc.freeze()


def roomy() -> bool:
    """Whether there is a place for files in memory, with room."""
    return MEMORY.exists() and disk_usage(MEMORY).free > ROOM


def with_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running server; no test crashes the machine, so nothing waits for the disk or fills it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "fsync", "off")
        patch.setitem(SETTINGS, "full_page_writes", "off")
        postgres = EmbeddedPostgres.start(tmp_path_factory.mktemp("server"))
    with postgres:
        yield postgres.url


@pytest.fixture(scope="session")
async def administrator(server: str) -> AsyncIterator[Administrator]:
    """A connection that makes and drops databases."""
    connection = await asyncpg.connect(server)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def template(server: str, administrator: Administrator) -> str:
    """A migrated database with empty read models, to be copied."""
    await administrator.execute(f"CREATE DATABASE {TEMPLATE} STRATEGY file_copy")
    pool = await open_pool(with_database(server, TEMPLATE), size=2)
    try:
        await migrate(pool)
        await prepare(EventLog(pool), PROJECTIONS)
    finally:
        await pool.close()
    return server


@pytest.fixture(scope="session")
async def populated(template: str, administrator: Administrator) -> Town:
    """The town of a database that is copied for each test with a town; its own pool is closed."""
    await administrator.execute(_copy(POPULATED, TEMPLATE))
    pool = await open_pool(with_database(template, POPULATED), size=2)
    try:
        return await make_town(EventLog(pool))
    finally:
        await pool.close()


def _copy(name: str, template: str) -> str:
    """The statement that copies a database; to copy files is three times quicker than to log each page."""
    return f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"


async def copy_of_template(server: str, template: str = TEMPLATE) -> str:
    """A fresh database, or one that holds what another one does; give its URL."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(_copy(name, template))
    finally:
        await connection.close()
    return with_database(server, name)


async def drop(server: str, url: str) -> None:
    """Let a database that was copied be no more: hundreds of them would fill the memory."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"DROP DATABASE {urlsplit(url).path.removeprefix('/')} (FORCE)")
    finally:
        await connection.close()


@asynccontextmanager
async def copied(administrator: Administrator, source: str) -> AsyncIterator[str]:
    """A fresh copy of a database, by name, until the end of the block."""
    name = f"test_{uuid4().hex}"
    await administrator.execute(_copy(name, source))
    yield name
    await administrator.execute(f"DROP DATABASE {name} (FORCE)")


@pytest.fixture
async def database(
    request: pytest.FixtureRequest, template: str, administrator: Administrator
) -> AsyncIterator[str]:
    """The URL of a fresh database, with the town in it where a test asks for that."""
    source = POPULATED if "populated" in request.fixturenames else TEMPLATE
    async with copied(administrator, source) as name:
        yield with_database(template, name)


@pytest.fixture(scope="module")
async def shared_database(template: str) -> AsyncIterator[str]:
    """The URL of a database that a module's tests share."""
    url = await copy_of_template(template)
    yield url
    await drop(template, url)


@pytest.fixture(scope="module")
async def shared_log(shared_database: str) -> AsyncIterator[EventLog]:
    """The log that a module's tests share; empty at first."""
    pool = await open_pool(shared_database, size=4)
    yield EventLog(pool)
    await pool.close()


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
def town(populated: Town, log: EventLog) -> Town:
    """A small town: one street, two communities, three grids with workers, two departments, a policy."""
    return living_in(populated, log)
