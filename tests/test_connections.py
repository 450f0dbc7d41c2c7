"""Connections whose clients send too slowly, too much or no HTTP at all, or do not read."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chuishao.graphql.endpoint.limits import Limits
from chuishao.service.connections import HEAD, MESSAGE, HttpConnection
from chuishao.service.sockets import FRAGMENTS, SocketConnection
from tests.conftest import copy_of_template
from tests.malformed_sockets import CLOSE, CONTINUATION, INIT, PING, frame
from tests.served import Served, served, until
from tests.toy_server import ToyServer, toy_server

POST = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
HELLO = POST + b'content-length: 19\r\n\r\n{"query":"{hello}"}'
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n"
)


@pytest.fixture(scope="module")
def toy() -> Iterator[ToyServer]:
    with toy_server() as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for long, whether to send or to read."""
    monkeypatch.setattr(HttpConnection, "arrival", 0.6)
    for kind in (HttpConnection, SocketConnection):
        monkeypatch.setattr(kind, "unread_seconds", 0.6)


class Line:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)

    async def answer(self) -> tuple[int, Any]:
        """The next answer: its status and what its JSON says, of a refusal the code."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            body = json.loads(await self.reader.readexactly(length))
        return int(head.split()[1]), body["errors"][0]["extensions"]["code"] if "errors" in body else body

    async def ended(self) -> bytes:
        """All that comes until the server closes."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def close_code(self) -> int:
        """The code with which the server closes a socket."""
        said = await self.ended()
        place = said.rindex(bytes([0x80 | CLOSE]))
        return int.from_bytes(said[place + 2 : place + 4], "big")


@asynccontextmanager
async def line(toy: ToyServer | str) -> AsyncIterator[Line]:
    host = toy if isinstance(toy, str) else toy.host
    reader, writer = await asyncio.open_connection(*host.split(":"))
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def socket(toy: ToyServer) -> AsyncIterator[Line]:
    async with line(toy) as opened:
        opened.send(UPGRADE, b"\r\n")
        assert b" 101 " in await opened.reader.readuntil(b"\r\n\r\n")
        yield opened


async def test_what_is_no_http_is_refused_with_a_code(toy: ToyServer) -> None:
    for noise in (
        b"\0\r\n\r\n",
        b"GET\r\n\r\n",
        POST + b"content-length: x\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\nx\r\n",
    ):
        async with line(toy) as opened:
            opened.send(noise)
            assert await opened.answer() == (400, "BAD_REQUEST")
            assert await opened.ended() == b""


@pytest.mark.usefixtures("impatient")
async def test_a_head_that_does_not_end_is_not_waited_for(toy: ToyServer) -> None:
    async with line(toy) as opened:
        opened.send(HELLO)
        assert (await opened.answer())[0] == 200
        opened.send(POST)
        assert await opened.answer() == (408, "REQUEST_TIMEOUT")
        assert await opened.ended() == b""


@pytest.mark.usefixtures("impatient")
async def test_a_connection_on_which_nothing_is_asked_is_closed(toy: ToyServer) -> None:
    async with line(toy) as silent, line(toy) as empty:
        empty.send(HELLO)
        assert (await empty.answer())[0] == 200
        empty.send(b"\r\n")
        assert (await silent.ended(), await empty.ended()) == (b"", b"")


@pytest.mark.usefixtures("impatient")
async def test_the_rest_of_a_refused_body_is_not_waited_for(toy: ToyServer) -> None:
    async with line(toy) as opened:
        opened.send(b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{")
        assert await opened.answer() == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert await opened.ended() == b""


async def test_a_refused_body_without_end_is_not_read_for_ever(toy: ToyServer) -> None:
    async with line(toy) as opened:
        opened.send(b"POST /graphql HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        assert await opened.answer() == (415, "UNSUPPORTED_MEDIA_TYPE")
        opened.send(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
        opened.send(*[b"1000\r\n" + b" " * 0x1000 + b"\r\n"] * (MESSAGE // 0x1000))
        await opened.ended()


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
async def test_a_head_beyond_the_limit_is_refused_whole_or_not(toy: ToyServer, end: bytes) -> None:
    for long in (b"x: " + b"a" * HEAD, b"x: a\r\n" * (HEAD // 4)):
        async with line(toy) as opened:
            opened.send(POST + long + end)
            assert await opened.answer() == (431, "HEAD_TOO_LARGE")


@pytest.mark.usefixtures("impatient")
async def test_who_does_not_read_is_given_up(toy: ToyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = _losses(monkeypatch, HttpConnection)
    async with line(toy) as opened:
        ask = json.dumps({"query": "{" + " ".join(f"a{n}: hello(name: $n)" for n in range(50)) + "}"})
        ask = json.dumps(
            {"query": "query($n: String!) " + json.loads(ask)["query"], "variables": {"n": "x" * 100_000}}
        )
        opened.writer.transport.pause_reading()  # type: ignore[attr-defined]
        opened.send(*[POST + b"content-length: %d\r\n\r\n" % len(ask) + ask.encode()] * 3)
        await until(lambda: _any(lost))


@pytest.mark.usefixtures("impatient")
async def test_a_socket_whose_client_reads_no_farewell_is_given_up(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = _losses(monkeypatch, SocketConnection)
    async with socket(toy) as opened:
        opened.send(frame(INIT))
        opened.writer.transport.pause_reading()  # type: ignore[attr-defined]
        flood = json.dumps({"query": 'subscription { flood(name: "unread") }'})
        opened.send(frame(f'{{"id":"1","type":"subscribe","payload":{flood}}}'))
        await until(lambda: _any(lost))


async def test_pings_that_are_not_read_cost_no_memory(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = [0]
    ping = SocketConnection.handle_ping

    def watched(self: SocketConnection) -> None:
        ping(self)
        most[0] = max(most[0], self.transport.get_write_buffer_size())

    monkeypatch.setattr(SocketConnection, "handle_ping", watched)
    async with socket(toy) as opened:
        opened.writer.transport.pause_reading()  # type: ignore[attr-defined]
        many = frame(b"x" * 125, PING) * 1_000
        async with asyncio.timeout(30):
            for _ in range(120):
                opened.send(many)
                await opened.writer.drain()
    assert 0 < most[0] < 1_000_000


async def test_a_message_in_too_many_pieces_closes_the_socket(toy: ToyServer) -> None:
    async with socket(toy) as opened:
        opened.send(frame("{", first=0x01), frame(b"", first=CONTINUATION) * (FRAGMENTS + 5))
        assert await opened.close_code() == 1009


async def test_text_that_is_no_utf8_closes_the_socket_and_alarms_nobody(
    toy: ToyServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "uvicorn.error"):
        for frames in (
            (frame(b"\xff"),),
            (frame("吹".encode()[:1], first=0x01), frame(b"!", CONTINUATION), frame(b"\xff")),
        ):
            async with socket(toy) as opened:
                opened.send(b"".join(frames))  # what arrives after the farewell would make TCP throw it away
                assert await opened.close_code() == 1007
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"transfer-encoding: chunked\r\n", 400),
        (b"x: a\r\n" * 200, 431),
        (b"x: " + b"a" * 9_000 + b"\r\n", 431),
        (b"sec-websocket-key: x\r\n", 400),
    ],
)
async def test_a_handshake_that_cannot_be_read_is_answered(
    toy: ToyServer, headers: bytes, status: int
) -> None:
    async with line(toy) as opened:
        opened.send(UPGRADE + headers + b"\r\n")
        assert await opened.answer() == (status, "BAD_REQUEST")
        assert await opened.ended() == b""


@pytest.mark.usefixtures("impatient")
async def test_a_socket_stays_longer_than_a_request_may_take(toy: ToyServer) -> None:
    async with socket(toy) as opened, line(toy) as silent:
        assert await silent.ended() == b""  # as late as the socket would have been closed
        opened.send(frame('{"type":"ping"}'))
        assert b"pong" in await opened.reader.readuntil(b"}")


async def test_an_upgrade_behind_a_running_stream_ends_both(toy: ToyServer) -> None:
    body = b'{"query":"subscription { ticks { cursor } }"}'
    async with line(toy) as opened:
        opened.send(POST + b"accept: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await opened.reader.readuntil(b":\n\n")
        opened.send(UPGRADE + b"\r\n")
        await opened.ended()
        await until(lambda: _is(toy.routes.open_streams, 0))


async def test_nothing_is_said_into_the_middle_of_an_answer(toy: ToyServer) -> None:
    body = b'{"query":"subscription { ticks { cursor } }"}'
    async with line(toy) as opened:
        opened.send(POST + b"accept: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await opened.reader.readuntil(b":\n\n")
        opened.send(b"\0\r\n\r\n")
        assert b"HTTP/1.1" not in await opened.ended()


def test_the_endpoint_gives_a_body_up_before_the_connection_does() -> None:
    assert HttpConnection.arrival > Limits().body_seconds


@pytest.fixture(scope="module")
async def whole(template: str) -> AsyncIterator[Served]:
    async with served(await copy_of_template(template)) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "PATH_NOT_FOUND"),
        ("GET", "/graphql/static/%2e%2e/schema.py", 404, "PATH_NOT_FOUND"),
        ("GET", "/graphql/static/a%00", 404, "PATH_NOT_FOUND"),
        ("PUT", "/health/live", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/graphql", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_what_is_not_served_is_refused_with_a_code(
    whole: Served, method: str, path: str, status: int, code: str
) -> None:
    async with line(whole.base) as opened:
        opened.send(f"{method} {path} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        assert await opened.answer() == (status, code)


async def test_a_socket_on_an_unknown_path_is_refused_with_a_code(whole: Served) -> None:
    async with line(whole.base) as opened:
        opened.send(UPGRADE.replace(b"/graphql", b"/nothing") + b"\r\n")
        assert await opened.answer() == (403, "PATH_NOT_FOUND")


def _losses(monkeypatch: pytest.MonkeyPatch, kind: Any) -> list[Any]:
    lost: list[Any] = []
    before = kind.connection_lost

    def noted(self: Any, reason: Exception | None) -> None:
        before(self, reason)
        lost.append(self)

    monkeypatch.setattr(kind, "connection_lost", noted)
    return lost


async def _any(found: list[Any]) -> bool:
    return bool(found)


async def _is(one: object, other: object) -> bool:
    return one == other
