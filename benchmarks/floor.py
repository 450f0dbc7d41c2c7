"""What the generator adds to a latency: a server that does nothing but write the same bytes to everybody."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from statistics import median
from typing import cast

import uvloop

from benchmarks.listening import TEXT, Crowd, Listener

EVENTS = 20
PAUSE = 0.1
AT_ONCE = 250
"""Sockets that are written to in one go, as the server does."""
SIZE = 700
"""Bytes of a message, about those of an event."""
TOGETHER = 50
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Floor:
    """Seconds: the median from the first write to the arrival at each socket; processor time of a write."""

    median: float
    cpu: float


async def floor(count: int) -> Floor:
    """What nobody who writes to so many sockets can do without."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_write_only, args=(there,), daemon=True)
    process.start()
    try:
        port: int = await asyncio.to_thread(here.recv)
        crowd = Crowd()
        await _connected(port, crowd, count)
        here.send(count)
        began: dict[int, float]
        began, cpu = await asyncio.to_thread(here.recv)
        while sum(map(len, crowd.received.values())) < count * len(began):  # noqa: ASYNC110 what is under way
            await asyncio.sleep(PAUSE)
    finally:
        process.kill()
        process.join()
    middle = median(at - began[position] for position in began for at in crowd.received[position])
    return Floor(middle, cpu)


async def _connected(port: int, crowd: Crowd, count: int) -> None:
    loop = asyncio.get_running_loop()
    for begun in range(0, count, TOGETHER):
        some = range(begun, min(begun + TOGETHER, count))
        await asyncio.gather(
            *(loop.create_connection(partial(_opened, crowd), "127.0.0.1", port) for _ in some)
        )


def _opened(crowd: Crowd) -> Listener:
    """A listener that takes the handshake for done."""
    listener = Listener(crowd, "", None)
    listener.opened = True
    return listener


# The server


class _Sink(asyncio.Protocol):
    def __init__(self, transports: list[asyncio.Transport]) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transports.append(cast(asyncio.Transport, transport))


def _write_only(told: Connection) -> None:
    uvloop.run(_write_to_all(told))


async def _write_to_all(told: Connection) -> None:
    transports: list[asyncio.Transport] = []
    server = await asyncio.get_running_loop().create_server(partial(_Sink, transports), "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    count: int = await asyncio.to_thread(told.recv)
    while len(transports) < count:  # noqa: ASYNC110 the last are being accepted
        await asyncio.sleep(PAUSE)
    began: dict[int, float] = {}
    before = time.process_time()
    for position in range(1, EVENTS + 1):
        await asyncio.sleep(PAUSE)
        message = _message(position)
        began[position] = time.perf_counter()
        for number, transport in enumerate(transports, start=1):
            transport.write(message)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
    await asyncio.sleep(PAUSE)
    told.send((began, (time.process_time() - before) / EVENTS / count))
    await asyncio.sleep(60)  # until it is ended


def _message(position: int) -> bytes:
    payload = (b'{"position":%d,' % position).ljust(SIZE)
    return bytes((TEXT, 126)) + len(payload).to_bytes(2, "big") + payload
