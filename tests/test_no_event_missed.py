"""No live event is missed or repeated: not by killed servers, dead lines or a restored backup."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from chuishao.commands import cases
from chuishao.commands.execution import Executor
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.projections.poison import OnPoison
from tests.conftest import copy_of_template, with_database
from tests.lines import Lines, failing_lines
from tests.served import (
    AUDITOR,
    Client,
    Process,
    Served,
    address,
    free_port,
    http_client,
    ready,
    served,
    start,
    until,
)
from tests.test_faults import Persistent
from tests.town import COMMUNITY, GRID, KEY, OTHER_GRID, Clock, Town, make_town

EVENTS = 5000
ROUNDS = 10
"""In each round, both servers are killed or stopped, at any moment, and started again."""
SILENCE = 2.0
"""After so many seconds without a word a follower takes a line for dead; if it is not, it only returns."""
SEED = 20260302
ALL = "subscription ($after: String) { events(after: $after) { position cursor commandId } }"
OF_A_CASE = """subscription ($id: ID!, $after: String) {
    events: caseEvents(caseId: $id, after: $after) { position cursor commandId } }"""
BREAKS = (httpx.TransportError, ConnectionClosed, InvalidMessage, InvalidStatus, OSError, EOFError)

Event: TypeAlias = dict[str, Any]
Follow: TypeAlias = Callable[..., AsyncGenerator[Event, None]]


# Those who write


@dataclass
class Work:
    """So many events are to be written in a round; writers take them one by one."""

    left: int = 0
    given: asyncio.Condition = field(default_factory=asyncio.Condition)
    written: int = 0

    async def give(self, events: int) -> None:
        """Let so many more be written."""
        async with self.given:
            self.left += events
            self.given.notify_all()

    async def take(self) -> None:
        """Wait until one more may be written."""
        async with self.given:
            await self.given.wait_for(lambda: self.left > 0)
            self.left -= 1


@dataclass
class Either:
    """A client of two servers: each request goes to the one whose turn it is."""

    servers: tuple[Client, Client]
    turn: int = 0

    async def send(self, document: str, variables: dict[str, Any]) -> Any:
        """The result of one request."""
        self.turn += 1
        return await self.servers[self.turn % 2].send(document, variables)


async def write_by_api(work: Work, hand: Persistent) -> None:
    """Report, accept and assess cases: one event a command, each sent until it is acknowledged."""
    while True:
        case = None
        for name, given in (
            ("reportCase", {"category": "01001", "text": "井盖丢失", "gridCode": GRID}),
            ("acceptCase", {}),
            ("assessCase", {"severity": "MINOR"}),
        ):
            await work.take()
            payload = await hand.send(name, **given, **({"caseId": case} if case else {}))
            case = case or payload["case"]["id"]
            work.written += 1


async def write_directly(work: Work, town: Town, case: UUID) -> None:
    """Move one case to and fro, and report others, through an executor of the test's own."""
    for grid in cycle((OTHER_GRID, GRID)):
        await work.take()
        move = cases.TransferCase(case_id=case, community_code=COMMUNITY, grid_code=grid, reason="转办")
        await town.do(move, town.community_staff)
        work.written += 1
        for _ in range(5):
            await work.take()
            await town.report()
            work.written += 1


# Those who follow


@dataclass
class Follower:
    """Somebody who comes back after every break, to any server, with the last cursor seen."""

    follow: Follow
    servers: tuple[Client, Client]
    chance: random.Random
    document: str
    variables: dict[str, Any]
    cursor: str
    seen: list[tuple[int, str]] = field(default_factory=list)
    returns: int = -1

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            self.returns += 1
            server = self.chance.choice(self.servers)
            with contextlib.suppress(*BREAKS, TimeoutError):
                async with aclosing(
                    self.follow(server, self.document, self.cursor, self.variables)
                ) as events:
                    async for event in events:
                        self.note(event)
            await asyncio.sleep(0.25)

    def note(self, event: Event) -> None:
        """Write an event down; it must come after the last one."""
        assert not self.seen or event["position"] > self.seen[-1][0], (self.seen[-1], event)
        self.seen.append((event["position"], event["commandId"]))
        self.cursor = event["cursor"]


async def by_socket(
    client: Client, document: str, cursor: str, variables: dict[str, Any]
) -> AsyncGenerator[Event, None]:
    """The events that one WebSocket brings before it breaks or falls silent."""
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(10):
            socket = await stack.enter_async_context(client.socket())
        stack.callback(socket.cut)  # nobody waits for a farewell on a line that may be dead
        await socket.subscribe(document, after=cursor, **variables)
        while True:
            async with asyncio.timeout(SILENCE):
                message = json.loads(await socket.connection.recv())
            if message["type"] == "next":
                yield message["payload"]["data"]["events"]
            else:
                assert message["type"] == "ping", message


async def by_stream(
    client: Client, document: str, cursor: str, variables: dict[str, Any]
) -> AsyncGenerator[Event, None]:
    """The events that one event stream brings before it breaks or falls silent, by Last-Event-ID alone."""
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(10):
            results = await stack.enter_async_context(client.stream(document, cursor, **variables))
        while True:
            async with asyncio.timeout(SILENCE):
                result = await anext(results, None)
            if result is None:
                return  # the server stops
            assert "errors" not in result, result
            assert result["id"] == result["data"]["events"]["cursor"]
            yield result["data"]["events"]


# The servers and their lines


@dataclass
class Restarting:
    """A server that is ended and started again at its port, over and over."""

    folder: Path
    port: int
    database: str
    chance: random.Random
    lines: Lines
    http: httpx.AsyncClient
    ended: dict[str, int] = field(default_factory=lambda: {"SIGKILL": 0, "SIGTERM": 0})
    policy: OnPoison = "stop"

    def __post_init__(self) -> None:
        self.log = self.folder / f"{self.port}.log"
        self.begin()

    @property
    def arguments(self) -> tuple[str, ...]:
        """What it is told when it starts."""
        return ("--database-url", address(self.database), "--on-poison", self.policy, "--no-reactions")

    def begin(self) -> None:
        """Start it, not yet ready."""
        popen = start(self.log, self.port, *self.arguments)
        direct = Served(f"127.0.0.1:{self.port}", self.http)
        self.process = Process(direct, self.arguments, self.log, popen)

    def end(self) -> None:
        """End whichever runs now."""
        self.process.kill()

    async def restart(self) -> None:
        """End it as chance has it, and start it again; done when it answers."""
        how = self.chance.choice([signal.SIGKILL, signal.SIGTERM])
        self.process.popen.send_signal(how)
        await asyncio.to_thread(self.process.popen.wait, 30)
        self.ended[how.name] += 1
        self.begin()
        await ready(self.process)

    @property
    def over_lines(self) -> Client:
        """The auditor, over lines that fail."""
        return Served(self.lines.base, self.http).client(AUDITOR)


@asynccontextmanager
async def two_servers(database: str, folder: Path, chance: random.Random) -> AsyncIterator[list[Restarting]]:
    """Two servers on one database; ended at the end."""
    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_keepalive_connections=0)
        http = await stack.enter_async_context(http_client(limits=limits))
        servers = []
        for _ in range(2):
            port = free_port()
            lines = await stack.enter_async_context(failing_lines(port, chance))
            servers.append(Restarting(folder, port, database, chance, lines, http))
            stack.callback(servers[-1].end)
        for server in servers:
            await ready(server.process)
        yield servers


@dataclass
class Run:
    """Everything that goes on at once, and what to say of it."""

    town: Town
    servers: list[Restarting]
    work: Work
    followers: list[Follower]
    begun: float = field(default_factory=time.monotonic)

    def figures(self) -> str:
        """What has happened so far."""
        restarts = {how: sum(server.ended[how] for server in self.servers) for how in self.servers[0].ended}
        cuts = {
            how: sum(one.lines.failed[how] for one in self.servers) for how in self.servers[0].lines.failed
        }
        seen = [len(follower.seen) for follower in self.followers]
        returns = sum(follower.returns for follower in self.followers)
        seconds = time.monotonic() - self.begun
        return (
            f"{self.work.written} events written, {seen} seen; restarts {dict(restarts)}, "
            f"lines {dict(cuts)}, {returns} returns; {seconds:.1f} s"
        )

    async def round(self, events: int, chance: random.Random) -> None:
        """Write while both servers are ended and started again."""
        last = self.work.written + events
        await self.work.give(events)

        async def at_a_moment(server: Restarting) -> None:
            moment = last - chance.randint(1, events)
            await self.written(moment)
            await server.restart()

        await asyncio.gather(*(at_a_moment(server) for server in self.servers))
        await self.written(last)

    async def written(self, events: int) -> None:
        """Return once so many events are written."""

        async def done() -> bool:
            return self.work.written >= events

        await until(done, within=120)

    async def all_seen(self, head: int) -> None:
        """Return once every follower has seen what it can."""

        async def done() -> bool:
            return all(follower.seen and follower.seen[-1][0] >= head for follower in self.followers)

        await until(done, within=60)


async def recorded(town: Town, after: int, case: UUID | None = None) -> list[tuple[int, str]]:
    """Positions and commands as the log itself has them."""
    events = await town.log.after(after, 10**6)
    return [
        (event.position, str(event.meta.command)) for event in events if case in (None, event.correlation)
    ]


async def test_five_thousand_events_reach_everybody_once_and_in_order(
    town: Town, database: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    moving = [await town.assigned() for _ in range(3)]
    case = moving[0]
    begun, cursor = await town.log.head(), await town.log.cursor_at_head()
    async with two_servers(database, tmp_path, chance) as servers, asyncio.TaskGroup() as tasks:
        lines = (servers[0].over_lines, servers[1].over_lines)
        of_the_case = {"id": str(case)}
        wishes: list[tuple[Follow, str, dict[str, Any]]] = [
            *((by_socket, ALL, {}), (by_socket, OF_A_CASE, of_the_case)),
            *((by_stream, ALL, {}), (by_stream, OF_A_CASE, of_the_case)),
        ]
        followers = [
            Follower(follow, lines, random.Random(SEED + number), document, variables, cursor)
            for number, (follow, document, variables) in enumerate(wishes)
        ]
        run = Run(town, servers, Work(), followers)
        everybody = [tasks.create_task(follower.run()) for follower in followers]
        for number in range(2):
            staff = Actor(f"staff-{number}", Role.COMMUNITY_STAFF, COMMUNITY)
            ways = [server.process.client(staff) for server in servers]
            either = Either((ways[number % 2], ways[1 - number % 2]))
            everybody.append(tasks.create_task(write_by_api(run.work, Persistent(either))))
        everybody += [tasks.create_task(write_directly(run.work, town, one)) for one in moving]

        for number in range(ROUNDS):
            await run.round(EVENTS // ROUNDS, chance)
            print(f"round {number + 1} of {ROUNDS}: {run.figures()}")  # noqa: T201
        await town.do(
            cases.EscalateCase(case_id=case, tier=Tier.GRID_LEADER, reason="升级"), town.grid_leader
        )
        await run.all_seen(begun + EVENTS + 1)
        print(f"done: {run.figures()}")  # noqa: T201
        for task in everybody:
            task.cancel()

    wanted = await recorded(town, begun)
    assert len(wanted) == EVENTS + 1
    for follower, (_, document, _) in zip(followers, wishes, strict=True):
        assert follower.seen == (wanted if document == ALL else await recorded(town, begun, case))
        assert follower.returns > 0
    assert sum(sum(server.ended.values()) for server in servers) == 2 * ROUNDS
    assert all(sum(server.lines.failed[how] for server in servers) for how in servers[0].lines.failed)
    assert "Traceback" not in "".join(server.process.said for server in servers)


# 恢复备份 A restored backup


async def refused(client: Client, cursor: str) -> list[dict[str, Any]]:
    """The error with which each transport refuses a cursor."""
    answers: list[dict[str, Any]] = []
    async with client.socket() as socket:
        await socket.subscribe(ALL, after=cursor)
        message = await socket.hear()
        assert message["type"] == "error"
        answers.append(message["payload"][0])
    async with client.stream(ALL, after=cursor) as results:
        answers.append((await anext(results))["errors"][0])
    async with client.stream(ALL, cursor) as results:
        answers.append((await anext(results))["errors"][0])
    query = "query ($after: String) { events(after: $after) { position } }"
    result = await client.send(query, {"after": cursor})
    return [*answers, result["errors"][0]]


@asynccontextmanager
async def going_on(database: str) -> AsyncIterator[Town]:
    """The town in a database, ready for more."""
    pool = await open_pool(database, size=2)
    log, clock = EventLog(pool), Clock()
    clock.advance(hours=1)
    yield Town(log, Executor(log, KEY, clock), clock)
    await pool.close()


async def copied(database: str) -> str:
    """A backup of a database that nobody uses at the moment; give its URL."""
    backup = with_database(database, f"test_{uuid4().hex}")
    connection = await asyncpg.connect(with_database(database, "postgres"))
    try:
        names = [url.rpartition("/")[2].partition("?")[0] for url in (backup, database)]
        await connection.execute(f"CREATE DATABASE {names[0]} TEMPLATE {names[1]}")
    finally:
        await connection.close()
    return backup


async def test_a_cursor_of_what_a_restored_backup_has_lost_is_refused_everywhere(template: str) -> None:
    lived = await copy_of_template(template)
    pool = await open_pool(lived, size=2)
    await make_town(EventLog(pool))
    await pool.close()
    backup = await copied(lived)
    async with going_on(lived) as town:
        before = await town.log.cursor_at_head()
        await town.report()
        lost = await town.log.cursor_at_head()

    async with going_on(backup) as town, served(backup) as server:
        client = server.client(AUDITOR)
        head = await town.log.head()
        for error in await refused(client, lost):
            assert error["extensions"]["code"] == "CURSOR_OF_ANOTHER_HISTORY"
            assert f"this log ends at {head}" in error["message"]
            assert error["message"].endswith("Read anew from the start.")
        await town.report()
        for error in await refused(client.speaking("zh"), lost):
            assert error["extensions"]["code"] == "CURSOR_OF_ANOTHER_HISTORY"
            assert error["message"].endswith("请从头重新读取。")
        async with client.stream(ALL, before) as results:
            assert (await anext(results))["data"]["events"]["position"] == head + 1
