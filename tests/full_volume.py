"""python -m tests.full_volume FOLDER, where FOLDER is a small volume that may be filled to the last byte.

A PostgreSQL and our application on it: commands are refused and change nothing while there is no room, reads
go on, and once there is room again everything goes on. `tests/test_full_volume.py` makes the volume.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.service.app import LANES_OF_COMMANDS
from chuishao.service.postgres import EmbeddedPostgres
from tests.served import AUDITOR, Client, served, until
from tests.test_faults import Again, Persistent, assert_sound, mutation_of, prepared
from tests.town import COMMUNITY, GRID

STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
READ = "{ log { head } cases(first: 3) { nodes { number status } } grids(first: 3) { nodes { code } } }"
MOST = 2_000
"""Commands after which what was left of the last pages of every table is used up."""


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte is free on the volume."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass
    assert os.statvfs(folder).f_bavail == 0
    try:
        yield
    finally:
        filler.unlink()


def report() -> dict[str, Any]:
    """A command that nobody has sent yet."""
    return {
        "category": "01001",
        "text": "井盖丢失" * 100,
        "gridCode": GRID,
        "commandId": str(uuid4()),
    }


async def refused(client: Client, hand: Persistent) -> dict[str, Any]:
    """The first command for which no connection that writes has room left in the pages that it has begun."""
    for _ in range(MOST):
        command = report()
        for _ in range(2 * LANES_OF_COMMANDS):
            result = await client.send(mutation_of("reportCase"), {"input": command})
            if "errors" not in result:
                hand.acknowledged[command["commandId"]] = result["data"]["reportCase"]["position"]
                break
            (error,) = result["errors"]
            assert (error["extensions"]["code"], error["extensions"]["retry"]) == ("UNAVAILABLE", True)
        else:
            return command
    raise AssertionError("there was room for everything")


async def there_is_no_room(client: Client, hand: Persistent, log: EventLog) -> dict[str, Any]:
    """Commands are refused and change nothing, reads go on; give a command that was refused."""
    command = await refused(client, hand)
    head = await log.head()
    assert head == max(hand.acknowledged.values())
    read = await client.read(READ)
    assert read["log"]["head"] == head
    assert len(read["cases"]["nodes"]) == len(read["grids"]["nodes"]) == 3
    return command


async def there_is_room(hand: Persistent, command: dict[str, Any]) -> int:
    """The refused command is sent again until it is recorded; give its position."""

    async def done() -> int | None:
        with suppress(Again):
            payload = await hand._once("reportCase", command)
            return int(payload["position"])
        return None

    position = await until(done, within=60)
    assert position is not None
    hand.acknowledged[command["commandId"]] = position
    return position


async def through(folder: Path) -> None:
    """Fill the volume and make room again, twice."""
    postgres = EmbeddedPostgres.start(folder / "database")
    try:
        await prepared(postgres.url)
        pool = await open_pool(postgres.url, size=2)
        log = EventLog(pool)
        async with served(postgres.url) as server:
            hand, auditor = Persistent(server.client(STAFF)), server.client(AUDITOR)
            for _ in range(2):
                await hand.send("reportCase", category="01001", text="路灯不亮", gridCode=GRID)
                await pool.execute("SELECT pg_switch_wal()")  # so that a whole segment of it is there
                await hand.send("reportCase", category="01001", text="路灯不亮", gridCode=GRID)
                with filled(folder):
                    command = await there_is_no_room(server.client(STAFF), hand, log)
                    head = await log.head()
                assert await there_is_room(hand, command) == head + 1
                assert (await auditor.read(READ))["log"]["head"] == head + 1
        await assert_sound(log, [hand])
        await pool.close()
    finally:
        postgres.stop()


if __name__ == "__main__":
    asyncio.run(through(Path(sys.argv[1])))
