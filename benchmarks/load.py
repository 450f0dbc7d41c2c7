"""A frugal crowd: so many kept connections that ask one thing after another for so many seconds.

    python -m benchmarks.load < wish.json > found.json

A process of its own, so that what it costs is no server's. It writes prepared bytes, counts answers by their
length, and looks into every hundredth of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

LOOK = 100
ENOUGH = 60
"""So many answers are waited for, for up to five times as long as wished: who is slow is measured too."""
MARK = b"00000000"
"""In requests that are new each time, stands for a number that nobody has used."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to ask what: each connection begins at another of the requests, and goes round."""

    port: int
    requests: list[str]
    seconds: float
    connections: int = 16
    warm: float = 0.3
    first: int | None = None
    """Where requests have a mark, the first number in its place."""


@dataclass(slots=True)
class Found:
    """What came of it. Latencies are in milliseconds; processor time is the crowd's own, in seconds."""

    answers: int = 0
    all: int = 0
    """With those while it was warming up."""
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    bytes: int = 0
    own: float = 0.0
    next: int = 0
    wrong: list[str] = field(default_factory=list)


class Crowd:
    """What the connections share."""

    def __init__(self, wish: Wish) -> None:
        self.requests = [request.encode() for request in wish.requests]
        self.number = wish.first
        self.latencies = array("d")
        self.counting = self.over = False
        self.bytes = self.answers = self.all = 0
        self.wrong: list[str] = []

    def request(self, turn: int) -> bytes:
        """The next request of a connection."""
        request = self.requests[turn % len(self.requests)]
        if self.number is None:
            return request
        self.number += 1
        return request.replace(MARK, b"%08d" % self.number)


class Line(asyncio.Protocol):
    """One connection: asks, waits for the last byte, asks again."""

    def __init__(self, crowd: Crowd, turn: int) -> None:
        self.crowd, self.turn = crowd, turn
        self.buffer = bytearray()
        self.need = -1
        self.asked = 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.turn += 1
        self.asked = time.perf_counter()
        self.transport.write(self.crowd.request(self.turn))

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer
        buffer += data
        if self.need < 0:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self.need = end + 4 + self._length(bytes(buffer[:end]).lower())
        if self.need < 0 or len(buffer) < self.need:
            return
        self._answered()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.crowd.over:
            self.crowd.wrong.append("the connection was closed")

    def _length(self, head: bytes) -> int:
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            self.crowd.wrong.append(f"an answer without a length: {head.decode()[:300]}")
            self.transport.close()
            return -(10**9)
        end = head.find(b"\r\n", at + 2)
        return int(head[at + 17 : end if end > 0 else None])

    def _answered(self) -> None:
        crowd, size = self.crowd, self.need
        crowd.all += 1
        if crowd.counting:
            crowd.latencies.append(time.perf_counter() - self.asked)
            crowd.answers += 1
            crowd.bytes += size
            if crowd.answers % LOOK == 1:
                self._look(bytes(self.buffer[:size]))
        self.need = -1
        del self.buffer[:size]
        if not crowd.over:
            self.ask()

    def _look(self, answer: bytes) -> None:
        if not answer.startswith(b"HTTP/1.1 200") or b'"errors":' in answer[:2000]:
            self.crowd.wrong.append(answer.decode(errors="replace")[:600])


async def load(wish: Wish) -> Found:
    """Ask, and tell what came of it."""
    loop, crowd = asyncio.get_running_loop(), Crowd(wish)
    step = max(1, len(wish.requests) // wish.connections)
    lines = [
        await loop.create_connection(lambda n=number: Line(crowd, n * step), "127.0.0.1", wish.port)  # type: ignore[misc]
        for number in range(wish.connections)
    ]
    await asyncio.sleep(wish.warm)
    crowd.counting, began, own = True, time.perf_counter(), time.process_time()
    await asyncio.sleep(wish.seconds)
    for _ in range(80):
        if crowd.answers >= ENOUGH or crowd.wrong:
            break
        await asyncio.sleep(wish.seconds / 20)
    crowd.counting, crowd.over = False, True
    seconds, own = time.perf_counter() - began, time.process_time() - own
    for transport, _ in lines:
        transport.abort()
    times = sorted(crowd.latencies) or [0.0]
    p50, p99 = (1000 * times[int(len(times) * part)] for part in (0.5, 0.99))
    return Found(
        crowd.answers, crowd.all, seconds, p50, p99, crowd.bytes, own, crowd.number or 0, crowd.wrong[:3],
    )  # fmt: skip


if __name__ == "__main__":
    wish = Wish(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(load(wish)))))
