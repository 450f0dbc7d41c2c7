"""Migrations: applied once each, in order, never changed afterwards, by one server at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from chuishao.eventlog import migrate as migrations
from chuishao.eventlog.connection import Pool, connected, open_pool
from chuishao.eventlog.migrate import MigrationChanged, available, migrate
from tests.conftest import with_database

NAMES = [name for name, _ in available()]


@pytest.fixture
async def empty(server: str) -> AsyncIterator[str]:
    """The URL of a database with nothing in it."""
    name = f"empty_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield with_database(server, name)
        await connection.execute(f"DROP DATABASE {name}")
    finally:
        await connection.close()


@pytest.fixture
async def bare(empty: str) -> AsyncIterator[Pool]:
    pool = await open_pool(empty, size=4)
    yield pool
    await pool.close()


async def applied(pool: Pool) -> list[str]:
    async with connected(pool) as connection:
        return [row[0] for row in await connection.fetch("SELECT name FROM migration ORDER BY name")]


async def tables(pool: Pool) -> set[str]:
    async with connected(pool) as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        return {row[0] for row in await connection.fetch(query)}


def ship(monkeypatch: pytest.MonkeyPatch, *shipped: tuple[str, str]) -> None:
    """Let this version ship these migrations."""
    monkeypatch.setattr(migrations, "available", lambda: list(shipped))


def test_migrations_are_numbered_without_gaps_in_the_order_of_their_names() -> None:
    assert sorted(NAMES) == NAMES
    assert [int(name[:4]) for name in NAMES] == list(range(1, len(NAMES) + 1))


async def test_a_fresh_database_gets_everything(bare: Pool) -> None:
    assert await migrate(bare) == NAMES
    assert await applied(bare) == NAMES
    assert {"event", "event_0", "event_1", "stream", "command", "subject_key", "projection"} <= await tables(
        bare
    )


async def test_a_migrated_database_gets_nothing_more(bare: Pool) -> None:
    await migrate(bare)
    assert await migrate(bare) == []


async def test_a_database_of_the_version_before_gets_only_what_is_new(
    bare: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = available()
    ship(monkeypatch, *shipped[:-1])
    await migrate(bare)
    ship(monkeypatch, *shipped)
    assert await migrate(bare) == NAMES[-1:]


async def test_words_that_are_there_before_they_can_be_erased_are_erased_like_others(
    bare: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = available()
    ship(monkeypatch, *shipped[:5])
    await migrate(bare)
    known, erased = uuid4(), uuid4()
    async with connected(bare) as connection:
        for schema in ("cases", "cases_previous"):
            await connection.execute(f"CREATE SCHEMA {schema}")
            columns = "id uuid PRIMARY KEY, subject uuid NOT NULL, text text NOT NULL"
            await connection.execute(f"CREATE TABLE {schema}.case_text ({columns})")
            for subject in (known, erased):
                insert = f"INSERT INTO {schema}.case_text VALUES ($1, $2, '话')"
                await connection.execute(insert, uuid4(), subject)
        await connection.execute("INSERT INTO subject_key VALUES (1, $1, '\\x00')", known)
        await connection.execute("INSERT INTO subject_key VALUES (1, $1, NULL, now(), now())", erased)
        await connection.execute("INSERT INTO command VALUES (1, $1, sha256('22-1234'), '{}', 1, 1)", uuid4())
        await connection.execute("ANALYZE")
    ship(monkeypatch, *shipped)
    await migrate(bare)

    both = "SELECT subject FROM cases.case_text UNION ALL SELECT subject FROM cases_previous.case_text"
    erase = "UPDATE subject_key SET key = NULL, erased_at = now() WHERE subject = $1"
    samples = "SELECT attname FROM pg_stats WHERE attname IN ('key', 'text') AND tablename <> 'checkpoint'"
    plain = "SELECT count(*) FROM command WHERE request_hash = sha256('22-1234')"
    async with connected(bare) as connection:
        assert [row[0] for row in await connection.fetch(both)] == [known, known]
        assert await connection.fetchval(plain) == 0
        await connection.execute("ANALYZE")
        assert await connection.fetch(samples) == []
        await connection.execute(erase, known)
        assert await connection.fetch(both) == []
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("DELETE FROM command")


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(
    bare: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(monkeypatch, ("0001_one", "CREATE TABLE one ()"))
    await migrate(bare)
    ship(monkeypatch, ("0001_one", "CREATE TABLE other ()"), ("0002_two", "CREATE TABLE two ()"))

    with pytest.raises(MigrationChanged, match="0001_one"):
        await migrate(bare)

    assert await tables(bare) == {"one", "migration"}


async def test_a_migration_that_fails_leaves_nothing_of_itself_and_the_lock_free(
    bare: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = ("0001_one", "CREATE TABLE one ()")
    ship(monkeypatch, good, ("0002_two", "CREATE TABLE two (); SELECT 1 / 0"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(bare)
    assert await tables(bare) == {"one", "migration"}
    assert await applied(bare) == ["0001_one"]

    ship(monkeypatch, good, ("0002_two", "CREATE TABLE two ()"))
    assert await migrate(bare) == ["0002_two"]
    async with connected(bare) as connection:
        assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_servers_that_start_together_migrate_once(empty: str) -> None:
    pools = [await open_pool(empty, size=1) for _ in range(4)]
    try:
        done = await asyncio.gather(*(migrate(pool) for pool in pools))
    finally:
        for pool in pools:
            await pool.close()
    assert sorted(done) == [[], [], [], NAMES]
