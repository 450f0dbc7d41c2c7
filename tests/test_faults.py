"""What is acknowledged stays: over killed servers, a database that restarts, and several processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.rebuild import prepare, rebuild
from chuishao.service.postgres import EmbeddedPostgres
from tests.served import (
    Client,
    Process,
    Served,
    address,
    free_port,
    http_client,
    process,
    run_chuishao,
    served,
    start,
    until,
)
from tests.test_projections import dump_all
from tests.town import COMMUNITY, GRID, OTHER_GRID, Town, make_town

INTEGRATOR = Actor("integrator-1", Role.INTEGRATOR, "")
EVENTS = "subscription ($after: String) { events(after: $after) { position cursor commandId } }"
AWAY = (httpx.TransportError, ConnectionClosed, InvalidMessage, InvalidStatus, OSError, EOFError)


# People who do not give up


PASSING = frozenset({"UNAVAILABLE", "NOT_YET", "TIMEOUT"})
"""Codes after which the same command is sent again."""


class Asked(Protocol):
    """Whoever answers a request: one server, or several in turn."""

    async def send(self, document: str, variables: dict[str, Any]) -> Any:
        """The whole result of one request."""


@dataclass
class Persistent:
    """Somebody who sends each command again, under its id, until it is acknowledged."""

    client: Asked
    acknowledged: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    hopeless: bool = False

    async def send(self, name: str, **given: Any) -> Any:
        """The payload of a command, whatever happens to the server meanwhile."""
        given |= {"commandId": str(uuid4())}
        async with asyncio.timeout(60):
            while True:
                self.sent += 1
                with contextlib.suppress(*AWAY, Again):
                    payload = await self._once(name, given)
                    self.acknowledged[given["commandId"]] = payload["position"]
                    return payload
                if self.hopeless:
                    raise GivenUp
                await asyncio.sleep(0.02)

    async def _once(self, name: str, given: dict[str, Any]) -> Any:
        result = await self.client.send(mutation_of(name), {"input": given})
        for error in result.get("errors", ()):
            assert error["extensions"]["code"] in PASSING, error
            raise Again
        payload = result["data"][name]
        assert payload["errors"] == [], payload
        if "case" in payload and payload["case"] is None:  # it is recorded, and cannot be read yet
            raise Again
        return payload


class GivenUp(Exception):
    """The server will not come back."""


class Again(Exception):
    """The server said that the command may be sent again."""


def mutation_of(name: str) -> str:
    kind = name[0].upper() + name[1:] + "Input"
    thing = "case { id }" if name == "reportCase" else ""
    payload = f"{thing} position errors {{ code message }}"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {payload} }} }}"


async def handle_cases(hands: list[Persistent], stop: asyncio.Event) -> None:
    """Everybody reports, accepts and assesses cases until told to stop."""

    async def work(hand: Persistent) -> None:
        for grid in (GRID, OTHER_GRID) * 10_000:
            if stop.is_set():
                return
            made = await hand.send("reportCase", category="01001", text="井盖丢失", gridCode=grid)
            case = made["case"]["id"]
            await hand.send("acceptCase", caseId=case)
            await hand.send("assessCase", caseId=case, severity="MINOR")

    async def work_on(hand: Persistent) -> None:
        with contextlib.suppress(GivenUp):
            await work(hand)

    async with asyncio.TaskGroup() as everybody:
        for hand in hands:
            everybody.create_task(work_on(hand))


def hands_of(server: Process | Served, number: int) -> list[Persistent]:
    """Several members of the community's staff."""
    staff = [Actor(f"staff-{n}", Role.COMMUNITY_STAFF, COMMUNITY) for n in range(number)]
    return [Persistent(server.client(actor)) for actor in staff]


async def progress(hands: list[Persistent], more: int) -> None:
    """Return once so many further commands are acknowledged."""
    begun = sum(len(hand.acknowledged) for hand in hands)

    async def done() -> bool:
        return sum(len(hand.acknowledged) for hand in hands) >= begun + more

    await until(done, within=60)


# What must be true afterwards


async def assert_sound(log: EventLog, hands: list[Persistent]) -> None:
    """Every acknowledged command is there once; no gaps; read models equal what a rebuild gives."""
    rows = await log.pool.fetch("SELECT position, stream, version, meta FROM event ORDER BY position")
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    versions: dict[UUID, int] = {}
    for row in rows:
        versions[row["stream"]] = versions.get(row["stream"], 0) + 1
        assert row["version"] == versions[row["stream"]]
    events = await log.after(0, 10**9)
    last = {str(event.meta.command): event.position for event in events}
    for hand in hands:
        for command, position in hand.acknowledged.items():
            assert last[command] == position
    theirs = {id_ for hand in hands for id_ in hand.acknowledged}
    assert len([event for event in events if str(event.meta.command) in theirs]) == len(theirs)
    await Engine(Feed(log), PROJECTIONS).catch_up()

    async def all_folded() -> bool:  # a server that still runs may hold a checkpoint meanwhile
        least = await log.pool.fetchval("SELECT min(position) FROM projection")
        return bool(least == await log.head())

    await until(all_folded, within=60)
    lived = await dump_all(log.pool)
    for projection in PROJECTIONS:
        await rebuild(log, projection)
    assert await dump_all(log.pool) == lived


# A server that is killed


async def test_ten_kills_of_the_server_under_load_lose_and_repeat_nothing(
    town: Town, database: str, tmp_path: Path
) -> None:
    chance = random.Random(1)
    port = free_port()
    stop = asyncio.Event()
    async with http_client() as http:
        hands = hands_of(Served(f"127.0.0.1:{port}", http), 8)
        load = asyncio.create_task(handle_cases(hands, stop))
        for kill in range(11):
            async with process(tmp_path, "--database-url", address(database), port=port) as server:
                await progress(hands, chance.randint(5, 40))
                if kill == 10:
                    stop.set()
                    await load
                server.kill()
                assert "Traceback" not in server.said

    assert sum(len(hand.acknowledged) for hand in hands) > 100
    assert sum(hand.sent - len(hand.acknowledged) for hand in hands) > 10
    await assert_sound(town.log, hands)


async def test_the_embedded_database_has_what_was_acknowledged_before_the_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with EmbeddedPostgres.start(data) as postgres:
        await prepared(postgres.url)
    hands: list[Persistent] = []
    for _ in range(3):
        async with process(tmp_path, "--data-dir", data) as server:
            more = hands_of(server, 4)
            stop = asyncio.Event()
            load = asyncio.create_task(handle_cases(more, stop))
            await progress(more, 20)
            server.kill()
            for (
                hand
            ) in more:  # whoever is told so ends by himself: a request cut off would leave its socket open
                hand.hopeless = True
            await load
            hands += more

    with EmbeddedPostgres.start(data) as postgres:
        pool = await open_pool(postgres.url, size=4)
        assert sum(len(hand.acknowledged) for hand in hands) >= 60
        await assert_sound(EventLog(pool), hands)
        await pool.close()


async def prepared(url: str) -> None:
    """A migrated database with a town."""
    pool = await open_pool(url, size=4)
    await migrate(pool)
    log = EventLog(pool)
    await prepare(log, PROJECTIONS)
    await make_town(log)
    await pool.close()


# A database that restarts


@dataclass
class Restartable:
    """A PostgreSQL of the test's own, with a town in it."""

    folder: Path
    postgres: EmbeddedPostgres

    @property
    def url(self) -> str:
        return self.postgres.url

    def stop(self) -> None:
        self.postgres.stop()

    def start(self) -> None:
        self.postgres = EmbeddedPostgres.start(self.folder)


@pytest.fixture
async def restartable(tmp_path: Path) -> AsyncIterator[Restartable]:
    """A database that the test may stop and start."""
    folder = tmp_path / "database"
    made = Restartable(folder, EmbeddedPostgres.start(folder))
    try:
        await prepared(made.url)
        yield made
    finally:
        made.stop()


REPORT = {"category": "01001", "text": "井盖丢失", "gridCode": GRID}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "a list": ("{ cases { nodes { id text { text } grid { name } } totalCount } }", {}),
    "one thing": ("query ($id: ID!) { case(id: $id) { id } }", {"id": str(uuid4())}),
    "the log": ("{ log { head } }", {}),
    "its events": ("{ events(first: 3) { position data case { id } } }", {}),
    "a position": ("{ cases(atLeast: 1) { nodes { id } } }", {}),
    "a table": ('{ checkInLeague(place: "12") { summoned } }', {}),
    "a tally": ('{ tally(place: "12") { cases } }', {}),
    "categories": ("{ categories { code } }", {}),
    "policies": ("{ policies { version } }", {}),
    "a node": ("query ($id: ID!) { node(id: $id) { id } }", {"id": str(uuid4())}),
    "a command": (mutation_of("reportCase"), {"input": REPORT | {"commandId": str(uuid4())}}),
}


async def test_without_its_database_the_server_says_so_and_recovers_by_itself(
    restartable: Restartable, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(restartable.url) as server:
        client = server.client(Actor("staff-1", Role.COMMUNITY_STAFF, COMMUNITY))
        await client.read("{ cases { nodes { id } } }")

        for _ in range(2):
            restartable.stop()
            for what, (document, variables) in ASKED.items():
                for language in ("en", "zh"):
                    answer = await client.speaking(language).post(document, variables)
                    assert answer.status_code == 200, what
                    for error in answer.json()["errors"]:
                        assert error["extensions"]["code"] == "UNAVAILABLE", (what, error)
                        assert error["extensions"]["retry"] is True
                    assert "Traceback" not in answer.text and "asyncpg" not in answer.text
            assert (await client.read("{ viewer { id } }"))["viewer"]["id"] == "staff-1"

            restartable.start()

            async def recovered() -> bool:
                answers = [await client.send(*asked) for asked in ASKED.values()]
                return all("errors" not in answer for answer in answers)

            await until(recovered)
            done = await client.do("reportCase", "case { id }", **REPORT)
            assert done["case"]["id"]
    assert [record for record in caplog.records if record.exc_info] == []


async def test_subscriptions_outlast_their_database(restartable: Restartable) -> None:
    async with served(restartable.url) as server:
        hands = hands_of(server, 4)
        stop = asyncio.Event()
        load = asyncio.create_task(handle_cases(hands, stop))
        client = server.client(INTEGRATOR)
        start_cursor = EventLog(None).start_cursor  # type: ignore[arg-type]
        positions: list[list[int]] = [[], [], []]
        followers = [
            asyncio.create_task(write_down(positions[0], socket_events(client, start_cursor))),
            asyncio.create_task(write_down(positions[1], stream_events(client, start_cursor))),
            asyncio.create_task(write_down(positions[2], socket_events(client, start_cursor))),
        ]
        for _ in range(3):
            await progress(hands, 20)
            restartable.stop()
            restartable.start()
        await progress(hands, 20)
        stop.set()
        await load
        pool = await open_pool(restartable.url, size=4)
        head = await EventLog(pool).head()

        async def all_there() -> bool:
            return all(seen and seen[-1] >= head for seen in positions)

        await until(all_there)
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        await assert_sound(EventLog(pool), hands)
        await pool.close()

    assert positions == [list(range(1, head + 1))] * 3


async def write_down(positions: list[int], events: AsyncGenerator[Any, None]) -> None:
    async with aclosing(events):
        async for event in events:
            positions.append(event["position"])


async def socket_events(client: Client, cursor: str) -> AsyncGenerator[Any, None]:
    """Events over sockets, coming back after every break with the last cursor seen."""
    while True:
        with contextlib.suppress(*AWAY):
            async with client.socket() as socket:
                await socket.subscribe(EVENTS, after=cursor)
                while (message := await socket.connection.recv()) is not None:
                    event = event_in(message)
                    if event is None:
                        break
                    if event:
                        yield event
                        cursor = event["cursor"]
        await asyncio.sleep(0.02)


def event_in(message: str | bytes) -> Any:
    """The event of a socket's message; {} for a heartbeat, None where the database was away."""
    said = json.loads(message)
    if said["type"] == "next":
        return said["payload"]["data"]["events"]
    if said["type"] == "error":
        assert [error["extensions"]["code"] for error in said["payload"]] == ["UNAVAILABLE"]
        return None
    assert said["type"] == "ping", said
    return {}


async def stream_events(client: Client, cursor: str) -> AsyncGenerator[Any, None]:
    """Events over event streams, coming back after every break with the last id seen."""
    while True:
        with contextlib.suppress(*AWAY):
            async with client.stream(EVENTS, last_event_id=cursor) as results:
                async for result in results:
                    if "errors" in result:
                        assert result["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                        break
                    yield result["data"]["events"]
                    cursor = result["id"]
        await asyncio.sleep(0.02)


async def test_connections_that_the_database_ends_are_replaced(town: Town, database: str) -> None:
    async with served(database) as server:
        hands = hands_of(server, 4)
        stop = asyncio.Event()
        load = asyncio.create_task(handle_cases(hands, stop))
        for _ in range(15):
            await progress(hands, 4)
            await end_backends(town.log.pool)
        await progress(hands, 10)
        stop.set()
        await load

    await assert_sound(town.log, hands)


async def end_backends(pool: Pool) -> None:
    """End every other connection to the database, as an administrator would."""
    query = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    with contextlib.suppress(asyncpg.PostgresError, OSError):
        await pool.execute(query)


# Several processes on one database


async def test_two_servers_on_one_database_see_what_the_other_writes(
    town: Town, database: str, tmp_path: Path
) -> None:
    url = ("--database-url", address(database))
    async with process(tmp_path, *url) as one, process(tmp_path, *url) as other:
        await across(town, one.served, other.served)
        assert one.terminate() == 0
        assert other.terminate() == 0
        assert "Traceback" not in one.said + other.said


async def test_the_workers_of_one_server_see_what_the_others_write(
    town: Town, database: str, tmp_path: Path
) -> None:
    async with process(tmp_path, "--database-url", address(database), "--workers", "2") as server:
        await across(town, server.served, server.served)
        assert server.terminate() == 0
        assert "Traceback" not in server.said


async def across(town: Town, one: Served, other: Served) -> None:
    """Write through one, follow through both, and read one's own writes through either."""
    start_cursor = await town.log.cursor_at_head()
    begun = await town.log.head()
    positions: list[list[int]] = [[] for _ in range(6)]
    followers = [
        asyncio.create_task(write_down(seen, follow(server.client(INTEGRATOR), start_cursor)))
        for seen, (follow, server) in zip(
            positions,
            [(socket_events, one), (socket_events, other), (stream_events, other)] * 2,
            strict=True,
        )
    ]
    staff = Actor("staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
    document = """query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) { version status }
        tally(place: "12", atLeast: $at) { cases } }"""

    async def write_here_and_read_there(here: Served, there: Served, grid: str) -> None:
        for _ in range(8):
            async with http_client() as fresh:  # perhaps another worker
                writer = Client(here.base, fresh, here.client(staff).headers)
                made = await writer.do("reportCase", "case { id }", **REPORT | {"gridCode": grid})
            case = made["case"]["id"]
            async with http_client() as fresh:
                reader = Client(there.base, fresh, there.client(staff).headers)
                found = await reader.read(document, id=case, at=made["position"])
                assert found["case"] == {"version": 1, "status": "REPORTED"}
                accepted = await reader.do("acceptCase", caseId=case, expectedVersion=1)
            read = await here.client(staff).read(document, id=case, at=accepted["position"])
            assert read["case"] == {"version": 2, "status": "ACCEPTED"}

    await asyncio.gather(
        write_here_and_read_there(one, other, GRID), write_here_and_read_there(other, one, OTHER_GRID)
    )
    head = await town.log.head()
    assert head == begun + 32

    async def all_there() -> bool:
        return all(seen and seen[-1] >= head for seen in positions)

    await until(all_there)
    for follower in followers:
        follower.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    assert positions == [list(range(begun + 1, head + 1))] * 6
    await assert_sound(town.log, [])


async def test_a_command_sent_to_two_servers_at_once_is_recorded_once(
    town: Town, database: str, tmp_path: Path
) -> None:
    async with served(database) as one, served(database) as other:
        for _ in range(20):
            given = REPORT | {"commandId": str(uuid4())}
            head = await town.log.head()
            answers = await asyncio.gather(
                *(server.client().do("reportCase", "case { id }", **given) for server in (one, other) * 2)
            )
            assert answers == [answers[0]] * 4
            assert await town.log.head() == head + 1


# Starting and stopping


def test_a_database_that_is_down_at_the_start_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    for url in (
        f"postgresql:///chuishao?host={tmp_path}",
        f"postgresql://chuishao@127.0.0.1:{free_port()}/chuishao",
        "postgresql://chuishao@no-such-host.invalid/chuishao",
    ):
        ended = run_chuishao("serve", "--port", free_port(), "--database-url", url)

        assert ended.returncode == 2
        assert ended.stdout == ""
        (line,) = ended.stderr.splitlines()
        assert line.startswith("chuishao: the database cannot be reached: ")


async def test_a_server_that_is_told_to_stop_says_goodbye(town: Town, database: str, tmp_path: Path) -> None:
    assert town
    async with process(tmp_path, "--database-url", address(database)) as server:
        client = server.client(INTEGRATOR)
        async with client.socket() as socket, client.stream(EVENTS) as results:
            await socket.subscribe(EVENTS)
            server.popen.terminate()
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(10):
                    while True:
                        await socket.connection.recv()
            assert socket.connection.close_code == 1001
            assert [result async for result in results] == []

        async def ended() -> bool:
            return server.popen.poll() is not None

        await until(ended)
        assert server.popen.returncode == 0
        assert "Traceback" not in server.said


async def test_a_port_that_is_taken_is_one_line_and_exit_code_2(
    town: Town, database: str, tmp_path: Path
) -> None:
    assert town
    async with served(database) as server:
        port = int(server.base.split(":")[1])
        log = tmp_path / "second.log"
        second = start(log, port, "--database-url", address(database))
        assert await asyncio.to_thread(second.wait, 30) == 2
        (line,) = log.read_text().splitlines()
        assert line == f"chuishao: 127.0.0.1:{port} cannot be used: Address already in use"
