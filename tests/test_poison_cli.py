"""Poison as operators meet it: rebuilding, starting and `chuishao parked`."""

from __future__ import annotations

import asyncio
import re

from chuishao.eventlog.log import EventLog
from tests.appends import an_append
from tests.served import address, run_chuishao
from tests.test_cli import refused, standings, succeeded
from tests.town import Town


async def told(*arguments: object) -> str:
    return await asyncio.to_thread(succeeded, *arguments)


async def poison(log: EventLog) -> int:
    """A grid is redrawn that was never drawn: the read models of grids and tallies cannot fold it."""
    position = (await log.writer.append(an_append())).last_position
    assert position is not None
    return position


async def test_a_rebuild_ends_at_poison_with_one_line_and_what_serves_goes_on(
    town: Town, database: str
) -> None:
    await told("migrate", "--database-url", address(database))
    await told("rebuild", "grids", "cases", "--database-url", address(database))
    position = await poison(town.log)

    line = await asyncio.to_thread(refused, "rebuild", "grids", "cases", "--database-url", address(database))

    assert line.startswith(
        f"read model grids cannot be made, because it cannot fold the event at position {position} "
    )
    assert f"{position} (GridRedrawn): KeyError at grids.py" in line and "--on-poison park" in line
    rows = standings(await told("status", "--database-url", address(database)))
    assert rows["grids"][1] == str(position - 1) and rows["grids"][3] == "live"
    assert rows["cases"][1] == str(position)

    parking = ("rebuild", "grids", "--on-poison", "park", "--database-url", address(database))
    assert f"grids is rebuilt up to position {position}." in await told(*parking)
    rows = standings(await told("status", "--database-url", address(database)))
    assert rows["grids"][1:5] == [str(position), "0", "live", "1"]


async def test_a_start_after_an_upgrade_that_meets_poison_ends_with_one_line(
    town: Town, database: str
) -> None:
    position = await poison(town.log)
    await town.log.pool.execute("UPDATE projection SET fingerprint = 'older' WHERE name = 'grids'")

    for command in (("migrate",), ("serve", "--port", "0")):
        line = await asyncio.to_thread(refused, *command, "--database-url", address(database))
        assert f"cannot fold the event at position {position} (GridRedrawn)" in line

    assert "grids cannot be made" in await told("status", "--database-url", address(database))
    assert "grids cannot be made" in await told("parked", "list", "--database-url", address(database))
    at = ("--database-url", address(database))
    skipped = run_chuishao("parked", "skip", "grids", position, "--reason", "no such grid", *at)
    assert skipped.returncode == 2
    assert "read model grids was made by another version" in skipped.stderr
    assert "Read models rebuilt: grids." in await told("migrate", "--on-poison", "park", *at)


async def test_what_is_parked_is_listed_retried_and_skipped(town: Town, database: str) -> None:
    at = ("--database-url", address(database))
    await told("rebuild", "--all", *at)
    assert await told("parked", "list", *at) == "Nothing is set aside.\n"
    position = await poison(town.log)
    await told("rebuild", "--all", "--on-poison", "park", *at)

    lines = (await told("parked", "list", *at)).splitlines()
    assert [line.split("  ")[:3] for line in lines] == [
        [name, str(position), "GridRedrawn"] for name in ("grids", "tallies")
    ]
    assert all(
        re.search(r"stream [0-9a-f-]{36}  since \S+ \S+Z  KeyError at \w+\.py:\d+ \w+$", line)
        for line in lines
    )
    assert await told("parked", "retry", "grids", *at) == "0 events folded at last, 1 still set aside.\n"

    assert "see `chuishao parked list`" in await asyncio.to_thread(
        refused, "parked", "skip", "cases", position, "--reason", "a reason", *at
    )
    assert "reason is empty" in await asyncio.to_thread(
        refused, "parked", "skip", "grids", position, "--reason", " ", *at
    )
    done = await told("parked", "skip", "grids", position, "--reason", "there is no such grid", *at)
    assert done == f"grids does without the event at position {position}; 0 waiting folded.\n"
    (left,) = (await told("parked", "list", *at)).splitlines()
    assert left.startswith("tallies  ")
    (skipped,) = (await told("parked", "list", "--skipped", *at)).splitlines()
    assert skipped.startswith(f"grids  {position}  ") and skipped.endswith("reason: there is no such grid")


async def test_a_stopped_read_model_is_announced_and_goes_on_without_the_event(
    town: Town, database: str
) -> None:
    at = ("--database-url", address(database))
    await told("rebuild", "--all", *at)
    position = await poison(town.log)

    assert "Read model grids has stopped at position" in await told("parked", "retry", "grids", *at)
    assert "Read model grids has stopped at position" in await told("migrate", *at)
    done = await told("parked", "skip", "grids", position, "--reason", "there is no such grid", *at)

    assert done.endswith(f"grids does without the event at position {position}; 0 waiting folded.\n")
    assert standings(await told("status", *at))["grids"][1:5] == [str(position), "0", "live", "0"]


async def test_there_is_a_way_back(town: Town, database: str) -> None:
    at = ("--database-url", address(database))
    await told("rebuild", "cases", *at)
    await town.report()
    head = await town.log.head()

    assert f"cases is the previous one again, up to position {head}." in await told(
        "rebuild", "cases", "--back", *at
    )
    assert "name read models, or give --all" in await asyncio.to_thread(refused, "rebuild", *at)
    assert "there is no read model 'weather'" in await asyncio.to_thread(refused, "rebuild", "weather", *at)
