"""What goes wrong: each by its name, each over before the next one begins, unless it is meant to linger."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg

from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import rebuild
from tests.conftest import with_database
from tests.faults.poison import poison_is_parked, poison_stops_a_read_model
from tests.faults.world import World, pause
from tests.test_faults import end_backends

Fault: TypeAlias = Callable[[World], Awaitable[None]]
READ_ONLY = "default_transaction_read_only"


async def backends_killed(world: World) -> None:
    """The database ends every connection, as an administrator would."""
    async with world.log() as log:
        await end_backends(log.pool)


async def server_killed(world: World) -> None:
    """One of the servers is ended by kill -9 or SIGTERM, and started again."""
    await world.chance.choice(world.servers).restart()


async def postgres_killed(world: World) -> None:
    """PostgreSQL is ended by kill -9 and recovers."""
    world.idle.clear()  # their connections are gone with it
    world.postgres.kill()


async def server_frozen(world: World) -> None:
    """One of the servers stands still (SIGSTOP), and goes on."""
    server = world.chance.choice(world.servers)
    with frozen([server.process.popen.pid]):
        await pause(world.chance.uniform(0.5, 3))


async def postgres_frozen(world: World) -> None:
    """Every connection's process of PostgreSQL stands still, and goes on."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    async with world.log() as log:
        pids = [row["pid"] for row in await log.pool.fetch(query)]
    with frozen(pids):
        await pause(world.chance.uniform(0.5, 3))


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    """Let processes stand still."""
    for signal_ in (signal.SIGSTOP, signal.SIGCONT):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_)
        if signal_ is signal.SIGSTOP:
            yield


async def lines_cut(world: World) -> None:
    """Every line between servers and database is torn, several times."""
    for _ in range(world.chance.randint(1, 4)):
        world.cables.cut()
        await pause(world.chance.uniform(0.02, 0.3))


async def database_out_of_reach(world: World) -> None:
    """Nobody reaches the database for a while."""
    world.cables.refusing = True
    world.cables.cut()
    await pause(world.chance.uniform(0.5, 3))
    world.cables.refusing = False


async def listeners_dead(world: World) -> None:
    """The lines that listen carry nothing any more, and nobody says so."""
    world.cables.deaden(listening=True)


async def notifications_lost(world: World) -> None:
    """No notification arrives for a while."""
    world.cables.notifications = 0
    await pause(world.chance.uniform(1, 4))
    world.cables.notifications = 1


async def notifications_doubled(world: World) -> None:
    """Every notification arrives three times for a while."""
    world.cables.notifications = 3
    await pause(world.chance.uniform(1, 4))
    world.cables.notifications = 1


async def transactions_idle(world: World) -> None:
    """Somebody leaves transactions open, with a snapshot and a number, here and in another database."""
    await world.end_idle()
    for name in ("chuishao", "postgres"):
        connection = await asyncpg.connect(with_database(world.postgres.url, name))
        world.idle.append(connection)
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await connection.execute("SELECT pg_current_xact_id(), count(*) FROM pg_class")


async def writes_refused(world: World) -> None:
    """The database takes no writes for a while."""
    await world.tell(f"ALTER SYSTEM SET {READ_ONLY} = on", "SELECT pg_reload_conf()")
    await pause(world.chance.uniform(0.5, 3))
    await world.tell(
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        f"ALTER SYSTEM RESET {READ_ONLY}",
        "SELECT pg_reload_conf()",
    )


async def read_model_rebuilt(world: World) -> None:
    """A read model is made anew while everybody writes."""
    async with world.log() as log:
        await rebuild(log, world.chance.choice(PROJECTIONS))


FAULTS: tuple[Fault, ...] = (
    backends_killed,
    server_killed,
    postgres_killed,
    server_frozen,
    postgres_frozen,
    lines_cut,
    database_out_of_reach,
    listeners_dead,
    notifications_lost,
    notifications_doubled,
    transactions_idle,
    writes_refused,
    read_model_rebuilt,
    poison_stops_a_read_model,
    poison_is_parked,
)
