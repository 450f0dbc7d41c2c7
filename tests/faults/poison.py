"""毒事件 Poison: a read model meets events that it cannot fold, waits or does without them, and is mended.

A constraint that new rows violate stands for whatever may be wrong with a fold: the events are in the log and
stay there, and once it is dropped they can be folded.
"""

from __future__ import annotations

import asyncio
from typing import Any

from chuishao.eventlog.log import EventLog
from chuishao.projections.parked import aside, retry
from chuishao.projections.poison import WAITS, OnPoison
from chuishao.projections.tallies import PROJECTION as TALLIES
from tests.faults.world import World
from tests.served import until
from tests.test_no_event_missed import Restarting
from tests.town import OTHER_GRID

POISON = "meant_as_poison"
"""The name of the constraint, by which what the servers log of it is told from the unforeseen."""
_POISON = f"ALTER TABLE tallies.tally ADD CONSTRAINT {POISON} CHECK (place <> '{OTHER_GRID}') NOT VALID"
_MEND = f"ALTER TABLE tallies.tally DROP CONSTRAINT {POISON}"
_BEHIND = 5
"""Events that others have folded while one read model stands."""
_STANDING = "SELECT name, position, status FROM projection"
_SET_ASIDE = """
SELECT e.stream, e.position, k.error
FROM event e
JOIN (SELECT stream, min(position) AS first FROM parked WHERE projection = 'tallies' GROUP BY stream) p
  ON p.stream = e.stream AND e.position >= p.first
LEFT JOIN parked k ON k.projection = 'tallies' AND k.position = e.position
WHERE e.position <= (SELECT position FROM projection WHERE name = 'tallies')
ORDER BY e.position
"""
"""Every event of the streams of which one is parked, from that one on, as far as the read model is."""


class Unmended(Exception):
    """A read model does not do what it promises at poison."""


async def poison_stops_a_read_model(world: World) -> None:
    """A read model stops at what it cannot fold, while the others go on; mended, it goes on."""
    await _meet(world, "stop")
    async with world.log() as log:

        async def stopped() -> int | None:
            (row,) = [row for row in await log.pool.fetch(_STANDING) if row["name"] == "tallies"]
            return int(row["position"]) if row["status"] == "stopped" else None

        at = await until(stopped, within=60)
        assert at is not None

        async def others_are_further() -> bool:
            rows = await log.pool.fetch(_STANDING)
            return all(row["position"] > at + _BEHIND for row in rows if row["name"] != "tallies")

        await until(others_are_further, within=60)
        _require(await stopped() == at, f"tallies stopped at {at} and is at {await stopped()}")
        await _mend(world, log)


async def poison_is_parked(world: World) -> None:
    """A read model sets aside what it cannot fold and what follows in its stream; mended, it folds all."""
    await _meet(world, "park")
    async with world.log() as log:

        async def some_wait() -> bool:
            return any(row["error"] == WAITS for row in await _parked(log))

        await until(some_wait, within=60)
        await _mend(world, log)


async def _parked(log: EventLog) -> list[Any]:
    """What is set aside at this moment; nothing that follows poison in its stream may be missing."""
    rows = await log.pool.fetch(_SET_ASIDE)
    first: set[object] = set()
    for row in rows:
        waits = row["stream"] in first
        first.add(row["stream"])
        _require(row["error"] is not None, f"{row['position']} did not wait for an earlier event")
        _require((row["error"] == WAITS) is waits, f"{row['position']} is parked as {row['error']}")
    return rows


async def _meet(world: World, policy: OnPoison) -> None:
    """Let both servers have the policy, and a read model be unable to fold what comes."""
    others = [server for server in world.servers if server.policy != policy]
    await asyncio.gather(*(_with(server, policy) for server in others))
    await world.tell(_POISON)


async def _with(server: Restarting, policy: OnPoison) -> None:
    server.policy = policy
    await server.restart()


async def _mend(world: World, log: EventLog) -> None:
    """Take the cause away, and retry until nothing is set aside any more."""
    await world.tell(_MEND)

    async def mended() -> bool:
        await retry(log, TALLIES)
        return await aside(log) == []

    await until(mended, within=60)


def _require(holds: bool, said: str) -> None:
    if not holds:
        raise Unmended(said)
