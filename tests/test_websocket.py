"""The graphql-transport-ws protocol, message by message."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chuishao.graphql.endpoint.limits import Limits
from tests import toy_schema
from tests.toy_server import ToyServer, billed, toy_server

PROTOCOL = Subprotocol("graphql-transport-ws")
TICKS = "subscription { ticks { cursor } }"


def ticks(name: str) -> str:
    return f'subscription {{ ticks(name: "{name}") {{ cursor }} }}'


@pytest.fixture(scope="module")
def server() -> Iterator[ToyServer]:
    with toy_server(Limits(body=5_000, subscriptions=3, rate=0)) as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[ToyServer]:
    """A server that waits for nothing long."""
    with toy_server(Limits(init_seconds=0.3, heartbeat_seconds=0.05, send_seconds=0.5, rate=0)) as running:
        yield running


class Client:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def subscribe(self, identity: str, query: str, **more: Any) -> None:
        await self.say(id=identity, type="subscribe", payload={"query": query, **more})

    async def hear(self) -> Any:
        async with asyncio.timeout(5):
            return json.loads(await self.connection.recv())

    async def closed(self) -> tuple[int | None, str | None]:
        """The close code and reason, whatever else arrives before."""
        async with asyncio.timeout(5):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def opened(server: ToyServer, *protocols: Subprotocol) -> AsyncIterator[Client]:
    async with connect(server.ws, subprotocols=protocols or [PROTOCOL]) as connection:
        yield Client(connection)


@asynccontextmanager
async def ready(server: ToyServer, token: str | None = None) -> AsyncIterator[Client]:
    async with opened(server) as client:
        await client.say(type="connection_init", payload={"token": token})
        assert await client.hear() == {"type": "connection_ack"}
        yield client


async def source_closed(name: str) -> bool:
    return await asyncio.to_thread(toy_schema.closed[name].wait, 5)


async def alive(client: Client) -> bool:
    await client.say(type="ping")
    while (await client.hear())["type"] != "pong":
        pass
    return True


async def test_a_subscription_is_sent_message_by_message_and_completed(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.subscribe("一", "subscription C($to: Int!) { count(to: $to) }", variables={"to": 2})
        assert await client.hear() == {"id": "一", "type": "next", "payload": billed({"count": 1})}
        assert await client.hear() == {"id": "一", "type": "next", "payload": {"data": {"count": 2}}}
        assert await client.hear() == {"id": "一", "type": "complete"}


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("{ hello }", billed({"hello": "hello world"})),
        ("mutation { add(a: 1, b: 2) }", billed({"add": 3}, cost=10)),
    ],
)
async def test_queries_and_mutations_give_their_one_result(
    server: ToyServer, query: str, result: Any
) -> None:
    async with ready(server) as client:
        await client.subscribe("1", query)
        assert await client.hear() == {"id": "1", "type": "next", "payload": result}
        assert await client.hear() == {"id": "1", "type": "complete"}
        await client.subscribe("1", query)
        assert (await client.hear())["id"] == "1"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A {hello} query B {hello}"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query ($n: String!) {hello(name: $n)}"}, "BAD_USER_INPUT"),
        ({"query": "subscription ($n: Int!) {count(to: $n)}", "variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ({"query": "subscription { denied }"}, "FORBIDDEN"),
        ({"query": "{" + "x:hello " * 60 + "}"}, "LIMIT_EXCEEDED"),
    ],
)
async def test_a_bad_operation_ends_alone(server: ToyServer, payload: Any, code: str) -> None:
    name = uuid4().hex
    async with ready(server) as client:
        await client.subscribe("neighbour", ticks(name))
        assert (await client.hear())["id"] == "neighbour"
        await client.say(id="bad", type="subscribe", payload=payload)
        error = await client.hear()
        assert (error["id"], error["type"]) == ("bad", "error")
        assert error["payload"][0]["extensions"]["code"] == code
        assert await alive(client)
        assert not toy_schema.closed[name].is_set()


async def test_a_source_that_fails_is_masked_and_ends_alone(
    server: ToyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with ready(server) as client:
        with caplog.at_level(logging.ERROR, "chuishao.graphql"):
            await client.subscribe("1", "subscription { breaks }")
            assert (await client.hear())["payload"] == billed({"breaks": 1})
            error = await client.hear()
        assert (error["type"], error["payload"][0]["message"]) == ("error", "internal error")
        assert error["payload"][0]["extensions"]["id"] in caplog.text
        assert await alive(client)


async def test_a_field_that_fails_is_part_of_the_result(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.subscribe("1", "{ hello broken }")
        message = await client.hear()
        assert message["type"] == "next"
        assert message["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert (await client.hear())["type"] == "complete"


async def test_complete_from_the_client_closes_the_source_and_frees_the_id(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.subscribe("1", ticks("completed"))
        await client.hear()
        await client.say(id="1", type="complete")
        await client.subscribe("1", "{ hello }")
        assert (await client.hear())["payload"] == billed({"hello": "hello world"})
        assert (await client.hear())["type"] == "complete"
        assert await source_closed("completed")
        await client.say(id="never heard of", type="complete")
        assert await alive(client)


async def test_sources_are_closed_when_the_client_leaves(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.subscribe("1", ticks("left"))
        await client.hear()
    assert await source_closed("left")


async def test_sources_are_closed_when_the_connection_breaks(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.subscribe("1", ticks("broken"))
        await client.hear()
        client.connection.transport.abort()
        assert await source_closed("broken")


async def test_a_connection_that_breaks_while_it_is_written_to_ends_in_silence(
    server: ToyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with ready(server) as client:
        await client.subscribe("1", 'subscription { flood(name: "flooded") }')
        await client.hear()
        client.connection.transport.abort()
        assert await source_closed("flooded")
    assert caplog.text == ""


async def test_a_context_that_cannot_be_made_is_the_error_of_its_operation(server: ToyServer) -> None:
    async with ready(server, token="crash later") as client:
        await client.subscribe("1", "{ hello }")
        assert (await client.hear())["payload"][0]["message"] == "internal error"
        assert await alive(client)


async def test_every_operation_has_a_context_of_its_own_made_from_the_first_message(
    server: ToyServer,
) -> None:
    async with ready(server, token="t") as client:
        contexts = []
        for _ in range(2):
            await client.subscribe("1", "{ who }")
            contexts.append((await client.hear())["payload"]["data"]["who"])
            await client.hear()
        assert [context["token"] for context in contexts] == ["t", "t"]
        assert contexts[0]["serial"] != contexts[1]["serial"]


async def test_one_operation_too_many_is_refused_alone(server: ToyServer) -> None:
    async with ready(server) as client:
        for identity in ("1", "2", "3"):
            await client.subscribe(identity, TICKS)
            await client.hear()
        await client.subscribe("4", TICKS)
        error = await client.hear()
        assert (error["id"], error["payload"][0]["extensions"]["code"]) == ("4", "TOO_MANY_OPERATIONS")
        assert await alive(client)


async def test_a_ping_is_answered_with_its_payload(server: ToyServer) -> None:
    async with opened(server) as client:
        await client.say(type="ping", payload={"a": 1})
        assert await client.hear() == {"type": "pong", "payload": {"a": 1}}
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}
        await client.say(type="pong", payload={})
        assert await alive(client)


async def test_the_server_pings_too(hasty: ToyServer) -> None:
    async with ready(hasty) as client:
        assert await client.hear() == {"type": "ping"}
        await client.say(type="pong")
        assert await client.hear() == {"type": "ping"}


@pytest.mark.parametrize(
    ("token", "closing"),
    [
        ("bad", (4401, "The token is not valid.")),
        ("forbidden", (4403, "Not for you.")),
        ("crash", (4500, "internal error")),
    ],
)
async def test_who_may_not_enter_is_told_by_the_close_code(
    server: ToyServer, token: str, closing: tuple[int, str]
) -> None:
    async with opened(server) as client:
        await client.say(type="connection_init", payload={"token": token})
        assert await client.closed() == closing


async def test_a_socket_ends_with_the_token(server: ToyServer) -> None:
    async with ready(server, token="short") as client:
        assert await client.closed() == (4403, "the token has expired")


async def test_subscribing_before_the_acknowledgement_is_unauthorized(server: ToyServer) -> None:
    async with opened(server) as client:
        await client.subscribe("1", "{ hello }")
        assert await client.closed() == (4401, "Unauthorized")


async def test_initialising_twice_closes_the_socket(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.say(type="connection_init")
        assert await client.closed() == (4429, "Too many initialisation requests")


async def test_a_socket_that_never_initialises_is_closed(hasty: ToyServer) -> None:
    async with opened(hasty) as client:
        assert await client.closed() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize(("identity", "told"), [("1", "1"), ("吹" * 100, "吹" * 35)])
async def test_an_id_in_use_closes_the_socket_with_a_reason_that_fits(
    server: ToyServer, identity: str, told: str
) -> None:
    async with ready(server) as client:
        await client.subscribe(identity, TICKS)
        await client.subscribe(identity, TICKS)
        code, reason = await client.closed()
        assert code == 4409
        assert reason is not None
        assert reason.startswith(f"Subscriber for {told}")


@pytest.mark.parametrize(
    "frame",
    [
        "", "x", "{", "[]", "null", "1", '"ping"', "{}", '{"type":1}', '{"type":"start"}',
        '{"type":"next","id":"1"}',
        '{"type":"connection_ack"}', '{"type":"subscribe"}', '{"type":"subscribe","id":""}',
        '{"type":"subscribe","id":1,"payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"1","payload":[]}',
        '{"type":"subscribe","id":"1","payload":{}}', '{"type":"subscribe","id":"1","payload":{"query":1}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","operationName":1}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","extensions":""}}',
        '{"type":"complete"}', '{"type":"complete","id":{}}', '{"type":"ping","payload":1}',
        '{"type":"pong","payload":[]}', '{"type":"ping","payload":{"a":NaN}}',
        '{"type":"ping","payload":{"a":"\\ud800"}}', '{"type":"ping","payload":{"a":1e400}}',
        "[" * 4_000, b'{"type":"ping"}', b"", b"\xff\xfe",
    ],
)  # fmt: skip
async def test_a_malformed_frame_closes_the_socket_as_invalid(server: ToyServer, frame: str | bytes) -> None:
    async with ready(server) as client:
        await client.connection.send(frame)
        code, reason = await client.closed()
        assert code == 4400
        assert reason is not None
        assert reason.startswith("Invalid message")


@pytest.mark.parametrize("payload", ["[]", "1", '"x"'])
async def test_an_init_payload_must_be_an_object(server: ToyServer, payload: str) -> None:
    async with opened(server) as client:
        await client.connection.send(f'{{"type":"connection_init","payload":{payload}}}')
        assert (await client.closed())[0] == 4400


async def test_a_frame_beyond_the_limit_is_too_big(server: ToyServer) -> None:
    async with ready(server) as client:
        await client.subscribe("1", "{hello}" + " " * 5_000)
        assert (await client.closed())[0] == 1009


@pytest.mark.parametrize("protocols", [[], ["graphql-ws"], ["soap"]])
async def test_another_subprotocol_is_not_acceptable(server: ToyServer, protocols: list[str]) -> None:
    offered = [Subprotocol(name) for name in protocols] or None
    async with connect(server.ws, subprotocols=offered) as connection:
        assert connection.subprotocol is None
        assert await Client(connection).closed() == (4406, "Subprotocol not acceptable")


async def test_the_right_subprotocol_is_chosen_among_others(server: ToyServer) -> None:
    async with opened(server, Subprotocol("soap"), PROTOCOL) as client:
        assert client.connection.subprotocol == PROTOCOL


async def test_a_client_that_reads_too_slowly_is_closed_and_told_so(hasty: ToyServer) -> None:
    async with connect(hasty.ws, subprotocols=[PROTOCOL], compression=None, max_queue=1) as connection:
        client = Client(connection)
        await client.say(type="connection_init")
        await client.subscribe("1", 'subscription { flood(name: "slow") }')
        assert await source_closed("slow")  # nothing was read so far
        code, reason = await client.closed()
        assert code == 1013
        assert reason is not None
        assert "too slowly" in reason


async def test_closing_the_server_closes_every_socket_as_going_away() -> None:
    with toy_server() as server:
        async with ready(server) as one, opened(server) as other:
            await one.subscribe("1", ticks("shut"))
            await one.hear()
            await server.close_connections()
            assert toy_schema.closed["shut"].is_set()
            assert [(await client.closed())[0] for client in (one, other)] == [1001, 1001]


async def test_noise_never_drops_a_socket_without_a_code(
    server: ToyServer, caplog: pytest.LogCaptureFixture
) -> None:
    noise = random.Random(2)
    seeds = [
        '{"type":"connection_init","payload":{"token":"t"}}',
        '{"id":"1","type":"subscribe","payload":{"query":"subscription { count(to: 2) }","variables":{}}}',
        '{"id":"2","type":"subscribe","payload":{"query":"query A($n: String) { hello(name: $n) }"}}',
        '{"id":"1","type":"complete"}',
        '{"type":"ping","payload":{"a":"\\u5439"}}',
    ]
    for _ in range(150):
        async with ready(server) as client:
            try:
                for _ in range(4):
                    frame = list(noise.choice(seeds))
                    for _ in range(noise.randint(0, 3)):
                        place = noise.randrange(len(frame))
                        frame[place : place + noise.randint(0, 5)] = noise.choices(
                            '{}[]":,\\$()吹0\x00', k=noise.randint(0, 3)
                        )
                        frame = frame or ["{"]
                    await client.connection.send("".join(frame))
                assert await alive(client)
            except ConnectionClosed:
                assert client.connection.close_code in (4400, 4409, 4429)
    assert caplog.text == ""
