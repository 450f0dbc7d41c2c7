"""Connections kept at hand for reading: to borrow one from the pool costs more than a short statement."""

from __future__ import annotations

import asyncio
from types import TracebackType

import asyncpg

from chuishao.eventlog.connection import UNAVAILABLE, Connection, Pool, available

MOST = 8
"""Lanes of a process: more statements at a time keep no processor busier."""
PATIENCE = 10
"""Seconds to wait for a connection."""
_OF_THE_LINE = (*UNAVAILABLE, asyncpg.PostgresError)
"""What goes wrong with a connection or a statement; anything else went wrong beside it."""


class Lanes:
    """A few connections of a pool, each for one reader at a time; where something fails it is given back."""

    def __init__(self, pool: Pool, most: int = MOST) -> None:
        self._pool = pool
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(most)

    def one(self) -> Lane:
        """Borrow a connection; what goes wrong with the connection itself becomes `Unavailable`."""
        return Lane(self)

    async def take(self) -> Connection:
        """A connection, once one is free."""
        if self._free.locked():
            with available():
                async with asyncio.timeout(PATIENCE):
                    await self._free.acquire()
        else:
            await self._free.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if _is_open(connection):
                    return connection
                await self._pool.release(connection)
            with available():
                return await self._pool.acquire(timeout=PATIENCE)
        except BaseException:
            self._free.release()
            raise

    def keep(self, connection: Connection) -> None:
        """Take a connection back that has done what it should."""
        self._idle.append(connection)
        self._free.release()

    async def give_up(self, connection: Connection) -> None:
        """Give a connection back to the pool, which sees to it."""
        self._free.release()
        await self._pool.release(connection)

    async def close(self) -> None:
        """Give back the connections that nobody reads on."""
        while self._idle:
            await self._pool.release(self._idle.pop())


def _is_open(connection: Connection) -> bool:
    """Whether a connection may be used; a lost one was taken back by its pool and does not even say so."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


class Lane:
    """One connection for the time of a read; a generator would cost as much as the borrowing."""

    __slots__ = ("_connection", "_lanes")

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    async def __aenter__(self) -> Connection:
        self._connection = await self._lanes.take()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, Exception) and not isinstance(error, _OF_THE_LINE)):
            self._lanes.keep(self._connection)
            return
        await self._lanes.give_up(self._connection)
        with available():
            raise error
