"""Connections: one pool a process, with codecs that give our types and without a RESET on every release."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import asyncpg

from chuishao.eventlog.decoding import uuid_of
from chuishao.eventlog.spent import WatchedConnection

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

UNAVAILABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement on a connection whose end has been said but not yet seen
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # no room on the disk, no memory, no connection left
    asyncpg.PostgresSystemError,  # the disk does not do what it is told
    asyncpg.ReadOnlySQLTransactionError,  # a replica, or a database that is kept from writing
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    TimeoutError,
)
"""What asyncpg raises when the database cannot be reached, goes away, or takes no writes now."""
SILENCE = 5.0
"""Seconds beyond what a statement may take, after which a line that says nothing is taken for dead."""


class Unavailable(Exception):
    """The database cannot be reached now; the same command may be sent again safely."""


class OutOfTime(Unavailable):
    """The database gave a statement up because it took too long, or somebody cancelled it."""


async def initialise(connection: Any) -> None:
    """Give Python's own UUID, and JSON as the bytes that were stored."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", format="binary", encoder=_uuid_bytes, decoder=uuid_of
    )
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind,
            schema="pg_catalog",
            format="binary",
            encoder=_unchanged if kind == "json" else _versioned,
            decoder=bytes if kind == "json" else _unversioned,
        )


async def open_pool(
    url: str, *, size: int = 16, statement_seconds: float | None = None, **options: Any
) -> Pool:
    """Open a pool on the database; raises `Unavailable` with one line when it cannot be reached.

    With `statement_seconds` the database gives up each statement that takes longer, also one that waits
    for a lock; where it does not even say so, we do, for its line may be dead.
    """
    session = {"application_name": "chuishao", "timezone": "UTC", "jit": "off", "random_page_cost": "1.1"}
    if statement_seconds is not None:
        session["statement_timeout"] = str(max(1, round(1000 * statement_seconds)))
        options.setdefault("command_timeout", statement_seconds + SILENCE)
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            init=initialise,
            reset=_keep,
            connection_class=WatchedConnection,
            server_settings=session,
            **options,
        )
        async with pool.acquire():
            return pool
    except (*UNAVAILABLE, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database cannot be reached: {error or type(error).__name__}") from error
    except (ValueError, OverflowError) as error:  # the error may quote a password
        raise Unavailable("the database URL is not like postgresql://USER:PASSWORD@HOST:PORT/NAME") from error


@asynccontextmanager
async def connected(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection; what goes wrong with the connection itself becomes `Unavailable`."""
    with available():
        async with pool.acquire(timeout=10) as connection:
            yield connection


@asynccontextmanager
async def alone(pool: Pool, lock: int, log: int) -> AsyncIterator[Connection | None]:
    """A connection that holds a lock of a log as long as it lives; None where another one holds it."""
    async with connected(pool) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", lock, log):
            yield None
            return
        try:
            yield connection
        finally:  # with a connection that was lost its lock is gone, and telling it anything only raises
            with suppress(*UNAVAILABLE, asyncpg.PostgresError):
                await connection.execute("SELECT pg_advisory_unlock($1, $2)", lock, log)


Borrow: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]
"""Borrows a connection for one statement."""


@contextmanager
def available() -> Iterator[None]:
    """What goes wrong with a connection becomes `Unavailable`."""
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise OutOfTime(f"the database gave up: {error}") from error
    except UNAVAILABLE as error:
        raise Unavailable(f"the database is not available: {error or type(error).__name__}") from error


async def _keep(_connection: Any) -> None:
    """Leave the session as it is: we set nothing in it, and RESET would cost four round trips."""


def _uuid_bytes(value: UUID) -> bytes:
    return value.bytes


def _unchanged(value: bytes) -> bytes:
    return value


def _versioned(value: bytes) -> bytes:
    return b"\x01" + value


def _unversioned(value: bytes) -> bytes:
    return bytes(value[1:])
