"""Thousands of subscribers in one process, as frugal as they can be: they scan bytes and note the time."""

from __future__ import annotations

import asyncio
import json
import struct
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import cast

TEXT, PING, PONG = 0x81, 0x89, 0x8A
MASKED = 0x80
MARK = b'"position":'
TOGETHER = 50
"""Connections that are opened side by side."""


@dataclass
class Crowd:
    """What all of them have received: when, by position; and what came again or out of order."""

    received: dict[int, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    repeated: int = 0
    lost: int = 0
    ready: int = 0


def frame(opcode: int, payload: bytes) -> bytes:
    """A frame as a client sends it, masked with zeros."""
    length = len(payload)
    head = bytes((opcode, MASKED | length)) if length < 126 else struct.pack("!BBH", opcode, 0xFE, length)
    return head + bytes(4) + payload


class Listener(asyncio.Protocol):
    """One WebSocket with one subscription, or with none."""

    __slots__ = ("crowd", "last", "opened", "rest", "subscription", "token", "transport")

    def __init__(self, crowd: Crowd, token: str, subscription: bytes | None) -> None:
        self.crowd = crowd
        self.token = token
        self.subscription = subscription
        self.opened = False
        self.rest = b""
        self.last = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(
            b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.lost += 1

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        if self.rest:
            data = self.rest + data
        at = 0 if self.opened else self._opened(data)
        length = len(data)
        while at + 4 <= length or at + 2 == length:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = data[at + 2] << 8 | data[at + 3], at + 4
            if start + size > length:
                break
            self._take(data, at, start, start + size, now)
            at = start + size
        self.rest = data[at:]

    def _opened(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return 0
        assert data.startswith(b"HTTP/1.1 101 ")
        self.opened = True
        init = {"type": "connection_init", "payload": {"authToken": self.token}}
        self.transport.write(frame(TEXT, json.dumps(init).encode()))
        return end

    def _take(self, data: bytes, at: int, start: int, end: int, now: float) -> None:
        mark = data.find(MARK, start, end)
        if mark >= 0:
            position = int(data[mark + len(MARK) : data.index(b",", mark)])
            self.crowd.received[position].append(now)
            self.crowd.repeated += position <= self.last
            self.last = position
        elif data[at] == PING:
            self.transport.write(frame(PONG, data[start:end]))
        elif data.startswith(b'{"type":"connection_ack"}', start):
            self.crowd.ready += 1
            self.subscribe()
        elif data.startswith(b'{"type":"ping"}', start):
            self.transport.write(frame(TEXT, b'{"type":"pong"}'))
        else:
            raise AssertionError(data[start:end])

    def subscribe(self) -> None:
        """Ask, if there is something to ask for."""
        if self.subscription is not None:
            self.transport.write(frame(TEXT, self.subscription))


async def listeners(
    port: int, crowd: Crowd, tokens: list[str], count: int, subscription: bytes | None
) -> list[Listener]:
    """So many of them, each acknowledged by the server."""
    loop, made = asyncio.get_running_loop(), []
    wanted = crowd.ready + count
    for begun in range(0, count, TOGETHER):
        numbers = range(begun, min(begun + TOGETHER, count))
        pairs = await asyncio.gather(
            *(
                loop.create_connection(
                    partial(Listener, crowd, tokens[number % len(tokens)], subscription),
                    "127.0.0.1",
                    port,
                )
                for number in numbers
            )
        )
        made += [listener for _, listener in pairs]
        while crowd.ready < wanted - count + len(made):  # noqa: ASYNC110 the server sets the pace
            await asyncio.sleep(0.005)
    return made
