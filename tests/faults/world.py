"""One PostgreSQL, lines to it that fail, and two real servers on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from chuishao.eventlog.connection import Pool, Unavailable, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.service.postgres import EmbeddedPostgres
from chuishao.service.postgres_process import read_claim
from tests.cables import Cables, cables
from tests.conftest import with_database
from tests.lines import failing_lines
from tests.served import free_port, http_client, ready, until
from tests.test_faults import prepared
from tests.test_no_event_missed import Restarting


@dataclass
class Postgres:
    """A PostgreSQL that may be killed and comes back."""

    folder: Path
    running: EmbeddedPostgres

    @property
    def url(self) -> str:
        return self.running.url

    def stop(self) -> None:
        """End whichever runs now."""
        self.running.stop()

    def kill(self) -> None:
        """End it as `kill -9` does, and start it again: it recovers."""
        claim = read_claim(self.folder / "postgres")
        assert claim is not None
        os.kill(claim.pid, signal.SIGKILL)
        self.running.stop()
        self.running = EmbeddedPostgres.start(self.folder)


@dataclass
class World:
    """Where everything happens."""

    postgres: Postgres
    cables: Cables
    servers: list[Restarting]
    chance: random.Random
    idle: list[asyncpg.Connection[asyncpg.Record]] = field(default_factory=list)

    @asynccontextmanager
    async def log(self) -> AsyncIterator[EventLog]:
        """The log itself, by a pool that no fault has touched."""
        pool = await self._pool()
        try:
            yield EventLog(pool)
        finally:
            pool.terminate()

    async def _pool(self) -> Pool:
        async def opened() -> Pool | None:
            with contextlib.suppress(Unavailable):
                return await open_pool(self.postgres.url, size=4)
            return None

        found = await until(opened, within=60)
        assert found is not None
        return found

    async def tell(self, *statements: str, database: str = "chuishao") -> None:
        """Say something to the database as its administrator."""
        connection = await asyncpg.connect(with_database(self.postgres.url, database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def end_idle(self) -> None:
        """End the transactions that somebody left open."""
        while self.idle:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await self.idle.pop().close(timeout=5)


@asynccontextmanager
async def world(folder: Path, chance: random.Random) -> AsyncIterator[World]:
    """A PostgreSQL with a town in it and two servers, over lines that may be cut."""
    running = EmbeddedPostgres.start(folder / "database")
    postgres = Postgres(folder / "database", running)
    async with AsyncExitStack() as stack:
        stack.callback(postgres.stop)
        await prepared(postgres.url)
        laid = await stack.enter_async_context(cables(postgres.url))
        limits = httpx.Limits(max_keepalive_connections=0)
        http = await stack.enter_async_context(http_client(limits=limits))
        servers: list[Restarting] = []
        for _ in range(2):
            port = free_port()
            lines = await stack.enter_async_context(failing_lines(port, chance))
            servers.append(Restarting(folder, port, laid.url, chance, lines, http))
            stack.callback(servers[-1].end)
        for server in servers:
            await ready(server.process)
        made = World(postgres, laid, servers, chance)
        stack.push_async_callback(made.end_idle)
        yield made


async def pause(seconds: float) -> None:
    """Let a fault last."""
    await asyncio.sleep(seconds)
