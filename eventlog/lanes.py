"""Connections kept at hand for reading: to borrow one from the pool costs more than a short statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chuishao.eventlog.connection import Connection, Pool, available

MOST = 8
"""Lanes of a process: more statements at a time keep no processor busier."""


class Lanes:
    """A few connections of a pool, each for one reader at a time; where something fails it is given back."""

    def __init__(self, pool: Pool, most: int = MOST) -> None:
        self._pool = pool
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """Borrow a connection; what goes wrong with the connection itself becomes `Unavailable`."""
        async with self._free:
            with available():
                connection = await self._taken()
                try:
                    yield connection
                except BaseException:
                    await self._pool.release(connection)
                    raise
                self._idle.append(connection)

    async def _taken(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire(timeout=10)

    async def close(self) -> None:
        """Give back the connections that nobody reads on."""
        while self._idle:
            await self._pool.release(self._idle.pop())
