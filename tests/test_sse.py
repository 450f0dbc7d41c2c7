"""GraphQL over server-sent events, distinct connections mode."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.types import Message

from chuishao.graphql.endpoint.http import GRAPHQL_JSON
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.sse import EventStreams
from tests import toy_schema
from tests.served import http_client
from tests.toy_server import ToyServer, billed, toy_server

STREAM = "text/event-stream"


@pytest.fixture(scope="module")
def server() -> Iterator[ToyServer]:
    with toy_server(Limits(heartbeat_seconds=0.05, send_seconds=0.5, rate=0)) as running:
        yield running


@pytest.fixture(scope="module")
async def client(server: ToyServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(base_url=f"http://{server.host}", headers={"accept": STREAM}) as client:
        yield client


@asynccontextmanager
async def stream(client: httpx.AsyncClient, query: str, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
    async with client.stream("POST", "/graphql", json={"query": query}, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(STREAM)
        yield response.aiter_text()


async def whole(client: httpx.AsyncClient, query: str, **headers: str) -> str:
    async with stream(client, query, **headers) as texts:
        return "".join([text async for text in texts])


async def until(texts: AsyncIterator[str], awaited: str) -> str:
    """What arrived up to and with the text awaited."""
    got = ""
    async with asyncio.timeout(5):
        async for text in texts:
            got += text
            if awaited in got:
                return got
    raise AssertionError(f"the stream ended without {awaited!r}: {got!r}")


def payloads(text: str) -> list[Any]:
    frames = [frame for frame in text.split("\n\n") if frame.startswith("event: next\n")]
    return [json.loads(frame.split("data: ")[1]) for frame in frames]


async def closed(name: str) -> bool:
    return await asyncio.to_thread(toy_schema.closed[name].wait, 5)


async def test_a_subscription_is_sent_frame_by_frame_and_completed(client: httpx.AsyncClient) -> None:
    assert await whole(client, "subscription { count(to: 2) }") == (
        ":\n\n"
        'event: next\ndata: {"data":{"count":1},"extensions":{"cost":{"requested":1,"limit":10000}}}\n\n'
        'event: next\ndata: {"data":{"count":2}}\n\n'
        "event: complete\ndata:\n\n"
    )


async def test_a_subscription_may_be_asked_by_get_as_browsers_do(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", params={"query": "subscription { count(to: 1) }"})
    assert payloads(response.text) == [billed({"count": 1})]


@pytest.mark.parametrize("query", ["{ hello }", "query A { hello }"])
async def test_a_query_over_a_stream_gives_its_one_result(client: httpx.AsyncClient, query: str) -> None:
    text = await whole(client, query)
    assert payloads(text) == [billed({"hello": "hello world"})]
    assert text.endswith("event: complete\ndata:\n\n")


async def test_a_mutation_over_a_stream_must_be_posted(client: httpx.AsyncClient) -> None:
    assert payloads(await whole(client, "mutation { add(a: 1, b: 2) }")) == [billed({"add": 3}, cost=10)]
    assert (await client.get("/graphql", params={"query": "mutation { add(a: 1, b: 2) }"})).status_code == 405


async def test_a_client_that_also_reads_json_gets_json_for_a_query_and_events_for_a_subscription(
    client: httpx.AsyncClient,
) -> None:
    both = {"accept": f"{GRAPHQL_JSON}, application/json, {STREAM}, multipart/mixed"}
    query = await client.post("/graphql", json={"query": "{ hello }"}, headers=both)
    assert query.headers["content-type"].startswith(GRAPHQL_JSON)
    assert payloads(await whole(client, "subscription { count(to: 1) }", **both)) == [billed({"count": 1})]


async def test_an_invalid_document_is_told_in_the_stream(client: httpx.AsyncClient) -> None:
    (result,) = payloads(await whole(client, "subscription { nothing }"))
    assert result["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "data" not in result


@pytest.mark.parametrize(
    ("query", "before", "code"),
    [
        ("subscription { breaks }", [billed({"breaks": 1})], "INTERNAL"),
        ("subscription { denied }", [], "FORBIDDEN"),
    ],
)
async def test_a_source_that_fails_ends_the_stream_with_its_error(
    client: httpx.AsyncClient, query: str, before: list[Any], code: str
) -> None:
    text = await whole(client, query)
    *results, last = payloads(text)
    assert results == before
    assert last["errors"][0]["extensions"]["code"] == code
    assert "secret" not in text
    assert text.endswith("event: complete\ndata:\n\n")


async def test_an_error_that_graphql_itself_raised_keeps_its_words(client: httpx.AsyncClient) -> None:
    assert payloads(await whole(client, "subscription { stops }")) == [{"errors": [{"message": "Enough."}]}]


async def test_a_cursor_becomes_the_id_with_which_the_client_returns(client: httpx.AsyncClient) -> None:
    async with stream(client, 'subscription { ticks(after: "7") { cursor number } }') as texts:
        assert "event: next\nid: 8\ndata: {" in await until(texts, "number")
    (result,) = payloads(await whole(client, "subscription { resumed }", **{"last-event-id": "8"}))
    assert result["data"]["resumed"]["lastEventId"] == "8"


async def test_a_silent_stream_is_kept_alive_by_comments(client: httpx.AsyncClient) -> None:
    async with stream(client, "subscription { ticks { number } }") as texts:
        await until(texts, ":\n\n:\n\n")


async def test_the_source_is_closed_when_the_client_leaves(client: httpx.AsyncClient) -> None:
    async with stream(client, 'subscription { ticks(name: "stream left") { cursor } }') as texts:
        await until(texts, "cursor")
        assert not toy_schema.closed["stream left"].is_set()
    assert await closed("stream left")


async def test_a_client_that_stops_reading_is_given_up(server: ToyServer) -> None:
    reader, writer = await asyncio.open_connection(*server.host.split(":"), limit=1_000)
    query = quote('subscription { flood(name: "stream slow") }')
    writer.write(f"GET /graphql?query={query} HTTP/1.1\r\nhost: a\r\naccept: {STREAM}\r\n\r\n".encode())
    assert await closed("stream slow")
    writer.close()
    await reader.read(1)


async def test_a_stream_ends_with_the_token(client: httpx.AsyncClient) -> None:
    text = await whole(
        client, 'subscription { ticks(name: "stream expired") { cursor } }', authorization="short"
    )
    assert "cursor" in text
    assert "complete" not in text
    assert await closed("stream expired")


async def test_closing_the_server_ends_streams_so_that_clients_return(
    server: ToyServer, client: httpx.AsyncClient
) -> None:
    async with stream(client, 'subscription { ticks(name: "stream shut") { cursor } }') as texts:
        got = await until(texts, "cursor")
        await server.close_connections()
        assert await closed("stream shut")
        got += "".join([text async for text in texts])
    assert "complete" not in got


async def test_results_that_break_are_logged_and_end_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    async def results() -> AsyncGenerator[dict[str, object], None]:
        yield {"data": 1}
        raise ValueError("a secret of the server")

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await EventStreams(Limits()).serve(results(), receive, send)
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert "an event stream failed" in caplog.text
