"""Live events over WebSockets and event streams: each once, in order, across every break."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage

from chuishao.commands import cases
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog import feed as feed_module
from chuishao.eventlog.cursor import Cursor, parse
from chuishao.eventlog.log import Filter
from tests.served import AUDITOR, Client, Served, http_client, served, until
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, THIRD_GRID, Town

INTEGRATOR = Actor("integrator-1", Role.INTEGRATOR, "")
EVENTS = """subscription ($place: String, $types: [String!], $after: String) {
    events(place: $place, types: $types, after: $after) { position cursor type place } }"""
CASE_EVENTS = """subscription ($id: ID!, $after: String) {
    caseEvents(caseId: $id, after: $after) { position cursor type case { status version } } }"""

Follow: TypeAlias = Callable[..., AsyncGenerator[Any, None]]


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


# Followers


async def by_socket(client: Client, document: str, **variables: Any) -> AsyncGenerator[Any, None]:
    """The events that a WebSocket brings."""
    async with client.socket() as socket:
        await socket.subscribe(document, **variables)
        while True:
            (event,) = (await socket.next()).values()
            yield event


async def by_stream(client: Client, document: str, **variables: Any) -> AsyncGenerator[Any, None]:
    """The events that an event stream brings; each frame names its event's cursor."""
    async with client.stream(document, **variables) as results:
        async for result in results:
            assert "errors" not in result, result
            (event,) = result["data"].values()
            assert result["id"] == event["cursor"]
            yield event


both_ways = pytest.mark.parametrize("follow", [by_socket, by_stream], ids=["socket", "stream"])


class Follower:
    """Somebody who writes down what they follow, until they are told to stop."""

    def __init__(self, events: AsyncGenerator[Any, None]) -> None:
        self.seen: list[Any] = []
        self._task = asyncio.create_task(self._follow(events))

    async def _follow(self, events: AsyncGenerator[Any, None]) -> None:
        async with aclosing(events):
            async for event in events:
                self.seen.append(event)

    async def to(self, position: int, within: float = 20) -> list[Any]:
        """Everything seen, once a position was."""

        async def reached() -> bool:
            if self._task.done():
                self._task.result()
                raise AssertionError("the events ended")
            return bool(self.seen) and self.seen[-1]["position"] >= position

        try:
            await until(reached, within)
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        return self.seen


# Those who make events


async def keep_busy(server: Served, hands: int = 4, turns: int = 12) -> None:
    """Several people report and accept cases side by side."""

    async def work(number: int) -> None:
        staff = [
            server.client(Actor(f"staff-{number}", Role.COMMUNITY_STAFF, place))
            for place in (COMMUNITY, OTHER_COMMUNITY)
        ]
        for turn in range(turns):
            grid, client = ((GRID, staff[0]), (OTHER_GRID, staff[0]), (THIRD_GRID, staff[1]))[turn % 3]
            text = f"{number} {turn}"
            made = await client.do("reportCase", "case { id }", category="01001", text=text, gridCode=grid)
            await client.do("acceptCase", caseId=made["case"]["id"])

    await asyncio.gather(*(work(number) for number in range(hands)))


async def expected(town: Town, wanted: Filter, after: int = 0) -> list[int]:
    """The positions of the wanted events as the log itself has them."""
    return [event.position for event in await town.log.matching(wanted, after, 10**9)]


# Catching up and going on


@both_ways
@pytest.mark.parametrize("ring", [20_000, 7], ids=["from memory", "from the database"])
async def test_every_event_comes_once_and_in_order_from_the_past_into_the_present(
    follow: Follow, ring: int, town: Town, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "RING", ring)
    async with served(database) as server:
        client = server.client(INTEGRATOR)
        followers = [
            Follower(follow(client, EVENTS, after=after))
            for after in [town.log.start_cursor, await town.log.cursor_at_head()] * 3
        ]
        begun = await town.log.head()

        await keep_busy(server)
        end = await town.do(cases.ReportCase(category="01001", text="最后", grid_code=GRID), town.resident)

        for number, follower in enumerate(followers):
            seen = await follower.to(end.position)
            first = 1 if number % 2 == 0 else begun + 1
            assert [event["position"] for event in seen] == list(range(first, end.position + 1))
            assert [parse(event["cursor"]).position for event in seen] == [e["position"] for e in seen]


@both_ways
async def test_a_case_is_followed_through_the_noise_of_others(
    follow: Follow, town: Town, serving: Served
) -> None:
    case = await town.assigned()
    noise = asyncio.create_task(keep_busy(serving))
    events = follow(serving.client(INTEGRATOR), CASE_EVENTS, id=str(case), after=town.log.start_cursor)
    follower = Follower(events)

    await town.close(case)
    seen = await follower.to((await expected(town, Filter(correlation=case)))[-1])
    await noise

    assert [event["position"] for event in seen] == await expected(town, Filter(correlation=case))
    assert [event["type"] for event in seen] == [
        "CaseReported",
        "CaseAccepted",
        "SeverityGraded",
        "CaseAssigned",
        "ResolvedOnSpot",
        "CaseVerified",
        "CaseRated",
        "CaseClosed",
    ]
    assert seen[-1]["case"] == {"status": "CLOSED", "version": 8}
    for number, event in enumerate(seen, start=1):
        assert event["case"]["version"] >= number  # the read model shows the event by then


@both_ways
async def test_the_events_of_a_case_include_those_of_its_whistles(
    follow: Follow, town: Town, serving: Served
) -> None:
    case, _ = await town.whistled(departments=2)

    events = follow(serving.client(INTEGRATOR), CASE_EVENTS, id=str(case), after=town.log.start_cursor)
    seen = await Follower(events).to(await town.log.head())

    types = ["CaseWhistled", "WhistleBlown", "DepartmentSummoned", "DepartmentSummoned"]
    assert sorted(event["type"] for event in seen[-4:]) == sorted(types)


FILTERS: dict[str, dict[str, Any]] = {
    "a place": {"place": OTHER_COMMUNITY},
    "a grid": {"place": OTHER_GRID},
    "a type": {"types": ["CaseAccepted"]},
    "a place and types": {"place": COMMUNITY, "types": ["CaseReported", "CaseClosed"]},
}


@both_ways
async def test_each_event_has_nested_rows_of_its_own_to_show(
    follow: Follow, town: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chuishao.graphql.context.MOST_ROWS", 3)
    document = """subscription ($after: String, $types: [String!]) {
        events(after: $after, types: $types) { cursor case { history { id } } } }"""
    for _ in range(6):
        await town.report()
    wanted = {"after": town.log.start_cursor, "types": ["CaseReported"]}
    async with aclosing(follow(serving.client(AUDITOR), document, **wanted)) as events:
        found = [await anext(events) for _ in range(6)]

    assert [len(event["case"]["history"]) for event in found] == [1] * 6


@both_ways
@pytest.mark.parametrize("what", FILTERS)
async def test_places_and_types_are_filtered_in_the_past_and_the_present(
    what: str, follow: Follow, town: Town, serving: Served
) -> None:
    asked = FILTERS[what]
    types = asked.get("types")
    wanted = Filter(asked.get("place"), frozenset(types) if types else None)
    await keep_busy(serving, hands=2, turns=4)
    follower = Follower(follow(serving.client(INTEGRATOR), EVENTS, after=town.log.start_cursor, **asked))

    await keep_busy(serving, hands=3, turns=6)
    positions = await expected(town, wanted)

    assert [event["position"] for event in await follower.to(positions[-1])] == positions
    assert len(positions) > 8


@both_ways
async def test_no_type_at_all_is_a_filter_that_nothing_fits(
    follow: Follow, town: Town, serving: Served
) -> None:
    nothing = Follower(follow(serving.client(INTEGRATOR), EVENTS, after=town.log.start_cursor, types=[]))
    everything = Follower(follow(serving.client(INTEGRATOR), EVENTS, after=town.log.start_cursor))
    await keep_busy(serving, hands=1, turns=2)

    assert await everything.to(await town.log.head())
    assert nothing.seen == []
    with pytest.raises(TimeoutError):
        await nothing.to(1, within=0)


async def test_a_stream_goes_on_after_the_last_event_id_whatever_the_document_says(
    town: Town, serving: Served
) -> None:
    await keep_busy(serving, hands=1, turns=5)
    head = await town.log.head()
    client = serving.client(INTEGRATOR)
    start = town.log.start_cursor
    positions: list[int] = []
    last_id = None
    while len(positions) < head:
        async with client.stream(EVENTS, last_id, after=start) as results:
            for _ in range(min(7, head - len(positions))):
                result = await anext(results)
                last_id = result["id"]
                positions.append(result["data"]["events"]["position"])

    assert positions == list(range(1, head + 1))


# What cannot be followed


def of_another_history(cursor: str) -> str:
    """The cursor of another event at the same position."""
    return str(replace(parse(cursor), proof=b"elsewhen"))


async def wrong_cursors(town: Town) -> dict[str, str]:
    """Cursors that a server must not go on from, with the code of the refusal."""
    cursor = await town.log.cursor_at_head()
    beyond = Cursor(town.log.id, await town.log.head() + 1000, b"elsewhen")
    return {
        of_another_history(cursor): "CURSOR_OF_ANOTHER_HISTORY",
        str(beyond): "CURSOR_OF_ANOTHER_HISTORY",
        str(replace(parse(cursor), log=2)): "CURSOR_OF_ANOTHER_HISTORY",
        "5": "BAD_CURSOR",
        "x" * 3000: "BAD_CURSOR",
    }


async def test_a_cursor_of_another_history_is_refused_over_both(town: Town, serving: Served) -> None:
    client = serving.client(INTEGRATOR).speaking("zh")
    for cursor, code in (await wrong_cursors(town)).items():
        async with client.socket() as socket:
            await socket.subscribe(EVENTS, after=cursor)
            message = await socket.hear()
        async with client.stream(EVENTS, after=cursor) as results:
            streamed = [result async for result in results]
        async with client.stream(EVENTS, last_event_id=cursor) as results:
            resumed = [result async for result in results]

        assert message["type"] == "error"
        for errors in (message["payload"], streamed[0]["errors"], resumed[0]["errors"]):
            assert [error["extensions"]["code"] for error in errors] == [code]
            assert "游标" in errors[0]["message"]
        assert len(streamed) == len(resumed) == 1


async def test_a_bad_operation_on_a_socket_does_not_hurt_its_neighbour(town: Town, serving: Served) -> None:
    bad: dict[str, tuple[str, dict[str, Any]]] = {
        "syntax": ("subscription {", {}),
        "an unknown field": ("subscription { nothing }", {}),
        "a bad cursor": (EVENTS, {"after": "5"}),
        "another history": (EVENTS, {"after": of_another_history(await town.log.cursor_at_head())}),
        "a bad identifier": (CASE_EVENTS, {"id": "5"}),
        "a missing variable": (CASE_EVENTS, {}),
        "a NUL": (EVENTS, {"types": ["\0"]}),
        "a limit": ("{ viewer { id } } " + "fragment F on Query { viewer { id } } " * 2000, {}),
    }
    async with serving.client(INTEGRATOR).socket() as socket:
        await socket.subscribe(EVENTS, "neighbour", after=await town.log.cursor_at_head())
        for name, (document, variables) in bad.items():
            await socket.subscribe(document, name, **variables)
        refused = [await socket.hear() for _ in bad]
        assert {message["id"] for message in refused} == set(bad)
        assert {message["type"] for message in refused} == {"error"}

        case = await town.report()
        heard = await socket.hear()
        await socket.subscribe("query ($id: ID!) { case(id: $id) { id } }", "query", id=str(case))
        answered = [await socket.hear() for _ in range(2)]

    assert (heard["id"], heard["type"]) == ("neighbour", "next")
    assert heard["payload"]["data"]["events"]["type"] == "CaseReported"
    assert [message["type"] for message in answered] == ["next", "complete"]


async def test_an_operation_that_is_ended_leaves_the_others_on_the_socket(
    town: Town, serving: Served
) -> None:
    async with serving.client(INTEGRATOR).socket() as socket:
        for name in ("1", "2"):
            await socket.subscribe(EVENTS, name, after=await town.log.cursor_at_head())
        await town.report()
        assert {(await socket.hear())["id"] for _ in range(2)} == {"1", "2"}

        await socket.say(id="1", type="complete")
        await town.report()
        await town.report()

        assert [(await socket.hear())["id"] for _ in range(2)] == ["2", "2"]


# Breaks


@dataclass
class Line:
    """A line to the server that tears after so many bytes of what the server says."""

    base: str
    budget: Callable[[], int]
    torn: int = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until its budget is spent."""
        host, port = self.base.split(":")
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        up = asyncio.create_task(self.forward(reader, up_writer))
        left = self.budget()
        try:
            while left > 0 and (said := await up_reader.read(4096)):
                writer.write(said[:left])
                left -= len(said)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.torn += left <= 0
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            for end in (writer, up_writer):
                if not end.is_closing() and left <= 0:
                    end.transport.abort()
                end.close()

    @staticmethod
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what the client says."""
        with contextlib.suppress(ConnectionError):
            while said := await reader.read(4096):
                writer.write(said)
                await writer.drain()


@asynccontextmanager
async def torn_line(server: Served, budget: Callable[[], int]) -> AsyncIterator[tuple[Served, Line]]:
    """A server behind a line that tears."""
    line = Line(server.base, budget)
    listener = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with http_client(limits=httpx.Limits(max_keepalive_connections=0)) as http:
        try:
            yield Served(f"127.0.0.1:{port}", http), line
        finally:
            listener.close()


BREAKS = (httpx.TransportError, ConnectionClosed, InvalidMessage, ConnectionError, EOFError)


@both_ways
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whoever_comes_back_after_a_break_has_lost_and_repeated_nothing(
    follow: Follow, seed: int, town: Town, serving: Served
) -> None:
    chance = random.Random(seed)
    async with torn_line(serving, lambda: chance.randint(300, 4000)) as (reached, line):
        client = reached.client(INTEGRATOR)
        follower = Follower(coming_back(follow, client, town.log.start_cursor))
        await keep_busy(serving, hands=3, turns=15)
        seen = await follower.to(await town.log.head())

    assert [event["position"] for event in seen] == list(range(1, await town.log.head() + 1))
    assert line.torn > 3


async def coming_back(follow: Follow, client: Client, cursor: str) -> AsyncGenerator[Any, None]:
    """The events of a follower who returns after every break with the last cursor seen."""
    while True:
        with contextlib.suppress(*BREAKS):
            async with aclosing(follow(client, EVENTS, after=cursor)) as events:
                async for event in events:
                    yield event
                    cursor = event["cursor"]


async def test_sockets_that_are_cut_leave_nothing_behind(town: Town, serving: Served) -> None:
    client = serving.client(INTEGRATOR)
    for _ in range(10):
        async with client.socket() as socket:
            await socket.subscribe(EVENTS, after=town.log.start_cursor)
            await socket.next()
            socket.cut()
    async with client.socket() as socket:
        await socket.subscribe(EVENTS, after=await town.log.cursor_at_head())
        await town.report()
        assert (await socket.next())["events"]["type"] == "CaseReported"


# Tokens


async def test_a_socket_ends_with_its_token_and_the_next_goes_on(town: Town, serving: Served) -> None:
    short = serving.client(INTEGRATOR, lasting=timedelta(seconds=2))
    async with short.socket() as socket:
        await socket.subscribe(EVENTS, after=town.log.start_cursor)
        first = (await socket.next())["events"]
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(10):
                while True:
                    await socket.connection.recv()
        assert socket.connection.close_code == 4403

    events = by_socket(serving.client(INTEGRATOR), EVENTS, after=first["cursor"])
    async with aclosing(events):
        assert (await anext(events))["position"] == first["position"] + 1


async def test_a_socket_with_a_token_that_does_not_hold_is_closed(serving: Served) -> None:
    bad = Client(serving.base, serving.http, {"authorization": "Bearer nonsense"})

    with pytest.raises(ConnectionClosed) as closed:
        async with bad.socket():
            pass

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    assert "token" in closed.value.rcvd.reason


async def test_personal_text_in_a_socket_is_that_of_its_own_token(town: Town, serving: Served) -> None:
    document = "subscription ($after: String) { events(after: $after) { data } }"
    after = await town.log.cursor_at_head()
    people = {"staff": town.community_staff, "auditor": AUDITOR}
    followers = {
        name: asyncio.create_task(anext(by_socket(serving.client(actor), document, after=after)))
        for name, actor in people.items()
    }

    await town.report(text=f"井盖 {uuid4()}")
    heard = {name: json.dumps((await follower)["data"]["text"]) for name, follower in followers.items()}

    assert "SHOWN" in heard["staff"]
    assert "MASKED" in heard["auditor"]
