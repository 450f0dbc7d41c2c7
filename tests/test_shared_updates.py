"""Live updates are shared: whoever is in whatever group is shown what they would be shown alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chuishao.commands.cases import resident_subject
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.lifecycle import Status, allowed
from chuishao.domain.sight import Reading, shown_of_case, shown_of_place
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint import group as group_module
from chuishao.graphql.endpoint.execution import Engine
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.following import Audience
from chuishao.projections.paging import Where
from chuishao.projections.sight import case_seen, seen
from chuishao.service.settings import Settings
from chuishao.service.sockets import SocketConnection
from tests.served import AUDITOR, Client, Served, served, token, until
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, STREET, THIRD_GRID, Town
from tests.wandering import Wanderer

FACTS = """id position cursor type version schemaVersion place occurredAt title label stream leafHash
    actor { id role unit scope } commandId correlationId causationId storedMeta storedData data"""
DOCUMENTS = {
    "facts": f"""subscription ($after: String, $place: String, $types: [String!]) {{
        events(after: $after, place: $place, types: $types) {{ {FACTS} }} }}""",
    "cases": """subscription ($after: String, $place: String) {
        seen: events(after: $after, place: $place) { cursor n: position ...Told } }
        fragment Told on Event { case { id number status tier allowedSteps possibleSteps assignee
            text { text state } reporterName { text state } category { name } whistles { id status } } }""",
    "one case": f"""subscription ($after: String, $case: ID!, $secret: String) {{
        caseEvents(caseId: $case, after: $after, secret: $secret) {{
            {FACTS} case {{ status version }} }} }}""",
}
PLACES = (None, STREET, COMMUNITY, OTHER_COMMUNITY, GRID)


def people(town: Town) -> list[Actor | None]:
    """Some who are shown the same, and many who are not."""
    return [
        None,
        AUDITOR,
        town.street_officer,
        town.other_street_officer,
        town.community_staff,
        Actor("community-staff-2", Role.COMMUNITY_STAFF, COMMUNITY),
        Actor("community-staff-3", Role.COMMUNITY_STAFF, OTHER_COMMUNITY),
        town.worker(),
        town.worker(THIRD_GRID),
        town.officer(0),
        replace(town.officer(0), id="officer-0-too"),
        town.officer(1),
        town.resident,
        Actor("resident-2", Role.RESIDENT, ""),
        Actor("integrator-1", Role.INTEGRATOR, ""),
        Actor("integrator-2", Role.INTEGRATOR, COMMUNITY),
        Actor("administrator-1", Role.ADMINISTRATOR, ""),
    ]


@dataclass(eq=False)
class Listener:
    """Somebody who follows, and writes down every result; a trace is never shared."""

    client: Client
    document: str
    variables: dict[str, Any]
    traced: bool
    streamed: bool = False
    got: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        headers = {"x-chuishao-trace": "1"} if self.traced else {}
        self.client = Client(self.client.base, self.client.http, self.client.headers | headers)
        self.task = asyncio.create_task(self.listen())

    async def listen(self) -> None:
        """Write down what comes, without what a trace and a bill add."""
        results = self.by_stream() if self.streamed else self.by_socket()
        async with aclosing(results):
            async for result in results:
                result.pop("extensions", None)
                result.pop("id", None)
                self.got.append(result)

    async def by_socket(self) -> AsyncGenerator[dict[str, Any], None]:
        async with self.client.socket() as opened:
            await opened.subscribe(self.document, **self.variables)
            async for text in opened.connection:
                message = json.loads(text)
                if message["type"] == "error":
                    yield {"errors": message["payload"]}
                elif message["type"] == "next":
                    yield message["payload"]

    async def by_stream(self) -> AsyncGenerator[dict[str, Any], None]:
        async with self.client.stream(self.document, **self.variables) as results:
            async for result in results:
                yield result

    @property
    def ended(self) -> bool:
        """Whether the last word was an error of the operation as a whole."""
        return bool(self.got) and "data" not in self.got[-1]

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@dataclass
class Crowd:
    """Pairs of listeners who ask the same as the same person: one shares, the other is alone."""

    town: Town
    server: Served
    chance: random.Random
    pairs: list[tuple[Listener, Listener]] = field(default_factory=list)
    cases: list[UUID] = field(default_factory=list)
    received: int = 0

    async def joins(self) -> None:
        """Somebody begins to follow something, from now, from the first event or from anywhere between."""
        chance = self.chance
        name = chance.choice(list(DOCUMENTS))
        events = await self.town.log.after(0, 10_000)
        variables: dict[str, Any] = {"place": chance.choice(PLACES)}
        if name == "one case":
            case = chance.choice(self.cases or [uuid4()])
            secret = chance.choice([None, None, secret_of(KEY, case)])
            variables = {"case": str(case), "secret": secret}
        elif name == "facts" and chance.random() < 0.3:
            variables["types"] = chance.sample(sorted({event.type for event in events}), 3)
        if chance.random() < 0.7:
            variables["after"] = cursor_at(chance.choice(events))
        person = chance.choice(people(self.town))
        client = self.server.client(person).speaking(chance.choice(["en", "zh"]))
        streamed = chance.random() < 0.3
        self.pairs.append(
            (
                Listener(client, DOCUMENTS[name], variables, traced=False, streamed=streamed),
                Listener(client, DOCUMENTS[name], variables, traced=True),
            )
        )

    async def leaves(self) -> None:
        """Somebody has had enough."""
        if self.pairs:
            pair = self.pairs.pop(self.chance.randrange(len(self.pairs)))
            self.received += len(pair[0].got)
            for listener in pair:
                await listener.leave()

    async def agree(self) -> None:
        """Return once everything recorded was looked at for everybody; then each pair has the same."""
        head = await self.town.log.head()

        async def settled() -> bool:
            figures = await scrape(self.server)
            return (
                figures["chuishao_log_head_position"] == head
                and figures["chuishao_projection_lag_events"] == 0
                and figures["chuishao_feed_follower_lag_events"] == 0
                and figures["chuishao_feed_followers"]
                == sum(not one.ended for pair in self.pairs for one in pair)
            )

        await until(settled)
        for shared, alone in self.pairs:
            assert not any(listener.task.done() and listener.task.exception() for listener in (shared, alone))

            async def same(shared: Listener = shared, alone: Listener = alone) -> bool:
                return shared.got == alone.got

            with contextlib.suppress(TimeoutError):
                await until(same, within=5)
            assert shared.got == alone.got, (shared.client.headers, shared.document, shared.variables)


def cursor_at(event: RecordedEvent) -> str:
    return cursor_of(event.log, event.position, event.leaf_hash)


async def scrape(server: Served) -> dict[str, float]:
    """Figures by name; the operations that run are the subscriptions, and of read models the worst counts."""
    text = (await server.http.get(f"http://{server.base}/metrics")).text
    figures: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels in ({}, {"kind": "subscription"}):
                figures[sample.name] = sample.value
            elif sample.labels.keys() == {"projection"}:
                figures[sample.name] = max(sample.value, figures.get(sample.name, 0))
    return figures


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database, Settings(rate=0, reactions=False)) as running:
        yield running


@pytest.mark.parametrize("seed", range(3))
async def test_who_shares_is_shown_what_they_are_shown_alone(
    seed: int, town: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = Engine.write

    async def counted(self: Engine, *given_ones: Any) -> Any:
        written.append(1)
        return await write(self, *given_ones)

    monkeypatch.setattr(Engine, "write", counted)
    chance = random.Random(seed)
    wanderer = Wanderer(town, chance, mechanisms=False)  # one event at a time
    crowd = Crowd(town, serving, chance, cases=wanderer.cases)
    await wanderer.walk(15)
    await crowd.agree()  # an answer tells a case as it is known when it is written
    for _ in range(24):
        await crowd.joins()
    await crowd.agree()
    for _ in range(25):
        await wanderer.walk(1)
        await crowd.agree()
        if chance.random() < 0.4:
            await crowd.leaves()
        for _ in range(chance.randint(0, 2)):
            await crowd.joins()
        await crowd.agree()
    while crowd.pairs:
        await crowd.leaves()

    assert crowd.received > 100
    assert written


async def test_fifty_who_are_shown_the_same_cost_one_execution(
    town: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = Engine.write

    async def counted(self: Engine, *given_ones: Any) -> Any:
        written.append(1)
        return await write(self, *given_ones)

    monkeypatch.setattr(Engine, "write", counted)
    after = await town.log.cursor_at_head()
    actors = [Actor(f"staff-{number}", Role.COMMUNITY_STAFF, COMMUNITY) for number in range(50)]
    listeners = [
        Listener(
            serving.client(actor), DOCUMENTS["facts"], {"after": after}, traced=False, streamed=n % 5 == 0
        )
        for n, actor in enumerate(actors)
    ]

    async def joined() -> bool:
        return (await scrape(serving)).get("chuishao_feed_followers") == len(listeners)

    await until(joined)
    for _ in range(4):
        await town.report()

    async def received() -> bool:
        return all(len(listener.got) == 4 for listener in listeners)

    await until(received)
    assert len(written) == 4
    assert all(listener.got == listeners[0].got for listener in listeners)
    await asyncio.gather(*(listener.leave() for listener in listeners))


# Who is shown the same


SCOPES = ("", "12", STREET, COMMUNITY, GRID, None)
DEPARTMENTS = (None, UUID(int=1), UUID(int=2))
actors = st.builds(
    Actor,
    st.sampled_from(["a", "b", "anonymous"]),
    st.sampled_from(Role),
    st.sampled_from(SCOPES),
    st.sampled_from(DEPARTMENTS),
) | st.just(ANONYMOUS)


class _Executor:
    key = KEY


def context_of(actor: Actor, language: str, proven: frozenset[UUID]) -> Context:
    services = Services(cast(EventLog, None), None, None, _Executor())  # type: ignore[arg-type]
    return Context(services, actor, language=language, proven=proven)  # type: ignore[arg-type]


contexts = st.builds(
    context_of,
    actors,
    st.sampled_from(["en", "zh"]),
    st.frozensets(st.sampled_from([UUID(int=7), UUID(int=8)]), max_size=2),
)


def decides(context: Context) -> list[Any]:
    """Everything that an answer may depend on of who asks."""
    actor, reader = context.actor, context.reader
    cases, whistles = Where(), Where()
    seen(cases, reader)
    case_seen(whistles, reader, "w.case_id")
    return [
        context.language,
        reader.sight,
        reader.unknown,
        reader.subject,
        reader.proven,
        [(where.sql, where.arguments) for where in (cases, whistles)],
        [shown_of_case(actor, rule) for rule in Reading],
        [shown_of_place(actor, rule, place) for rule in Reading for place in (COMMUNITY, GRID, "31")],
        [
            allowed(status, tier, actor, place)
            for status in Status
            for tier in (None, *Tier)
            for place in (GRID, "31")
        ],
        actor.reaches(COMMUNITY),
        actor.department,
    ]


@settings(max_examples=300)
@given(one=contexts, other=contexts)
def test_two_whose_answers_could_differ_are_never_in_one_group(one: Context, other: Context) -> None:
    if Audience.of(one) == Audience.of(other):
        assert decides(one) == decides(other)


@settings(max_examples=300)
@given(context=contexts)
def test_the_context_of_a_shared_answer_is_that_of_everybody_in_the_group(context: Context) -> None:
    audience = Audience.of(context)
    made = audience.context(context.services)
    assert decides(made) == decides(context)
    assert Audience.of(made) == audience


def test_a_resident_with_a_name_shares_with_nobody_but_themselves() -> None:
    one, other = (context_of(Actor(name, Role.RESIDENT, ""), "en", frozenset()) for name in ("a", "b"))
    assert Audience.of(one) != Audience.of(other)
    assert Audience.of(one).reader.subject == resident_subject(KEY, "a")


def test_two_of_one_office_are_one_audience() -> None:
    one, other = (
        context_of(Actor(name, Role.STREET_OFFICER, STREET), "en", frozenset()) for name in ("a", "b")
    )
    assert Audience.of(one) == Audience.of(other)


# Those who do not read


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """So little room on every connection that somebody who does not read is noticed soon."""
    made = SocketConnection.connection_made

    def connection_made(self: SocketConnection, transport: asyncio.BaseTransport) -> None:
        made(self, transport)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.transport.set_write_buffer_limits(high=4096)

    monkeypatch.setattr(SocketConnection, "connection_made", connection_made)
    monkeypatch.setattr(group_module, "KEPT", 3)


@contextlib.asynccontextmanager
async def idle_reader(server: Served, document: str, variables: dict[str, Any]) -> AsyncIterator[Any]:
    """A subscription whose client has little room too, and reads nothing until it is asked to."""
    host, port = server.base.split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, (host, int(port)))
    async with connect(
        f"ws://{server.base}/graphql",
        sock=line,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        max_queue=1,
        close_timeout=1,
    ) as connection:
        init = {"type": "connection_init", "payload": {"authToken": token(AUDITOR)}}
        await connection.send(json.dumps(init))
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        payload = {"query": document, "variables": variables}
        await connection.send(json.dumps({"id": "slow", "type": "subscribe", "payload": payload}))
        yield connection


async def test_a_socket_that_does_not_read_holds_up_nobody_and_misses_nothing(
    narrow: None, town: Town, serving: Served
) -> None:
    variables = {"after": await town.log.cursor_at_head()}
    begun = await town.log.head()
    quick = Listener(serving.client(AUDITOR), DOCUMENTS["facts"], variables, traced=False)
    async with idle_reader(serving, DOCUMENTS["facts"], variables) as slow:
        for _ in range(80):
            await town.report()
        head = await town.log.head()

        async def received() -> bool:
            return len(quick.got) == head - begun

        await until(received)
        assert (await scrape(serving))["chuishao_feed_follower_lag_events"] > 3

        positions: list[int] = []
        async with asyncio.timeout(20):
            while not positions or positions[-1] < head:
                message = json.loads(await slow.recv())
                if message["type"] == "next":
                    positions.append(message["payload"]["data"]["events"]["position"])
        assert positions == list(range(begun + 1, head + 1))
        await town.report()
        async with asyncio.timeout(20):
            message = json.loads(await slow.recv())
        assert message["payload"]["data"]["events"]["position"] == head + 1
    await quick.leave()


async def test_a_socket_that_never_reads_is_told_to_come_back_with_its_cursor(
    narrow: None, town: Town, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = Limits(send_seconds=0.3, rate=0)
    monkeypatch.setattr(Settings, "limits", property(lambda _self: hasty))
    async with served(database) as server:
        variables = {"after": await town.log.cursor_at_head()}
        async with idle_reader(server, DOCUMENTS["facts"], variables) as slow:
            for _ in range(60):
                await town.report()

            async def given_up() -> bool:
                return (await scrape(server))["chuishao_feed_followers"] == 0

            await until(given_up)
            positions = []
            with pytest.raises(ConnectionClosed):
                while True:
                    positions.append(json.loads(await slow.recv())["payload"]["data"]["events"]["position"])
            assert slow.close_code == 1013
    assert positions == list(range(positions[0], positions[0] + len(positions)))
