"""Those who write and those who follow: each comes back after every break, and gives up nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from tests.faults.world import World
from tests.served import Client
from tests.test_faults import AWAY, PASSING, Persistent
from tests.test_no_event_missed import ALL, Either, Event, Follow, Follower
from tests.town import COMMUNITY, GRID, OTHER_GRID

PATIENCE = 15.0
"""Seconds without a word after which a follower takes its line for dead; heartbeats come more often."""
SEEN = "query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) { version } }"


@dataclass
class Gate:
    """Writers pass while it is open; when it is shut they come to rest."""

    pace: float
    resting: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def through(self) -> None:
        """Take a breath, and wait while the gate is shut."""
        await asyncio.sleep(self.pace)
        if not self.opened.is_set():
            self.resting += 1
            await self.opened.wait()

    def open(self) -> None:
        """Let them pass; nobody rests any more, also where it is shut again before they move."""
        self.resting = 0
        self.opened.set()

    def shut(self) -> None:
        """Let them come to rest."""
        self.opened.clear()


@dataclass
class Writer:
    """Somebody who reports, accepts and assesses cases, and reads what he wrote."""

    hand: Persistent
    reads: Either
    gate: Gate
    known: int = 0
    """How many of the acknowledged commands have been checked."""

    async def work(self, chance: random.Random) -> None:
        """Work for ever."""
        while True:
            await self.gate.through()
            grid = chance.choice((GRID, OTHER_GRID))
            made = await self.hand.send("reportCase", category="01001", text="井盖丢失", gridCode=grid)
            case = made["case"]["id"]
            accepted = await self.hand.send("acceptCase", caseId=case)
            assert await self._version(case, accepted["position"]) >= 2
            await self.hand.send("assessCase", caseId=case, severity="MINOR")

    async def _version(self, case: str, position: int) -> int:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(*AWAY):
                    result = await self.reads.send(SEEN, {"id": case, "at": position})
                    if "errors" not in result:
                        version: int = result["data"]["case"]["version"]
                        return version
                    assert codes_in(result["errors"]) <= {*PASSING, "READ_MODEL_STOPPED"}, result
                await asyncio.sleep(0.05)


def codes_in(errors: list[dict[str, Any]]) -> set[str]:
    return {error["extensions"]["code"] for error in errors}


def writers(world: World, number: int, pace: float) -> tuple[Gate, list[Writer]]:
    """Several members of the community's staff, each at both servers in turn."""
    gate = Gate(pace)
    made = []
    for n in range(number):
        staff = Actor(f"staff-{n}", Role.COMMUNITY_STAFF, COMMUNITY)
        ways = [server.process.served.client(staff) for server in world.servers]
        either = Either((ways[n % 2], ways[1 - n % 2]))
        made.append(Writer(Persistent(either), either, gate))
    return gate, made


def followers(world: World, cursor: str) -> list[Follower]:
    """Two by sockets and two by event streams, over lines that fail, at whichever server."""
    lines = (world.servers[0].over_lines, world.servers[1].over_lines)
    ways: list[Follow] = [by_socket, by_stream, by_socket, by_stream]
    return [Follower(way, lines, random.Random(world.chance.random()), ALL, {}, cursor) for way in ways]


async def by_socket(
    client: Client, document: str, cursor: str, variables: dict[str, Any]
) -> AsyncGenerator[Event, None]:
    """The events that one WebSocket brings before it breaks or falls silent."""
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(PATIENCE):
            socket = await stack.enter_async_context(client.socket())
        stack.callback(socket.cut)
        await socket.subscribe(document, after=cursor, **variables)
        while True:
            async with asyncio.timeout(PATIENCE):
                message = json.loads(await socket.connection.recv())
            if message["type"] == "next":
                yield message["payload"]["data"]["events"]
            elif message["type"] != "ping":
                assert message["type"] != "error" or codes_in(message["payload"]) <= PASSING, message
                return


async def by_stream(
    client: Client, document: str, cursor: str, variables: dict[str, Any]
) -> AsyncGenerator[Event, None]:
    """The events that one event stream brings before it breaks or falls silent, by Last-Event-ID alone."""
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(PATIENCE):
            results = await stack.enter_async_context(client.stream(document, cursor, **variables))
        while True:
            async with asyncio.timeout(PATIENCE):
                result = await anext(results, None)
            if result is None:
                return
            if "errors" in result:
                assert codes_in(result["errors"]) <= PASSING, result
                return
            yield result["data"]["events"]
