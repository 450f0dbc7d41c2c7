"""What live updates cost: many subscribers on one server process, events at a steady pace, nobody misses any.

One process serves, as shipped; another one records events, as a second server would; this one is all of the
subscribers. An event's time runs from the moment at which its append has answered to that at which the last
byte is here, in a process that has its own work with that. What it adds is measured too (`floor_ms`): the
same bytes from a server that does nothing but write them. The first `warm_up_events` are not timed, and
everybody has them before the others come.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import resource
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.floor import Floor, floor
from benchmarks.listening import Crowd, listeners
from chuishao.commands.cases import ReportCase
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import Actor
from chuishao.domain.identity import identify
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.graphql.endpoint.execution import Engine
from chuishao.service import server
from chuishao.service.database import make_ready, opened
from chuishao.service.keys import token_key
from chuishao.service.settings import Settings
from chuishao.service.tokens import mint
from tests.town import COMMUNITY, GRID, KEY, STREET, make_town

SUBSCRIBERS = 5_000
ALONE = 100
"""Subscribers where nothing is shared: a server does not keep up with many more."""
RATE = 10
"""Events a second."""
SECONDS = 20
WARM = 20
"""The first events are not timed: each subscription's first result carries its bill, and is its own.

At this pace it takes six seconds until nobody waits behind them.
"""
SETTLE = 2.0
IDLE = 0.1
"""Of a core, that a server uses which has nothing to do but to keep sockets alive."""
EACH = 250
"""Subscribers of one actor."""
ROLES = (
    (Role.STREET_OFFICER, STREET),
    (Role.COMMUNITY_STAFF, COMMUNITY),
    (Role.GRID_WORKER, GRID),
    (Role.AUDITOR, ""),
    (Role.INTEGRATOR, ""),
)
"""Each of them is shown something else."""
DOCUMENT = """subscription Follow($place: String, $after: String) {
    events(place: $place, after: $after) {
        id position cursor type place occurredAt title actor { role unit } data } }"""
TICK = os.sysconf("SC_CLK_TCK")
SPAWN: SpawnContext = multiprocessing.get_context("spawn")


@dataclass
class Measured:
    """Latencies in seconds, the server's processor seconds a delivery, its memory in KiB."""

    subscribers: int
    events: int
    latencies: list[float]
    cpu: float
    busy: float
    missed: int
    repeated: int
    idle_connection: float
    idle_subscriber: float

    @property
    def percentiles(self) -> tuple[float, float]:
        """p50 and p99."""
        cuts = quantiles(self.latencies, n=100)
        return median(self.latencies), cuts[98]


@dataclass
class Compared:
    """The same with one execution for everybody and with one for each."""

    shared: Measured
    alone: Measured
    floor: Floor

    def as_json(self) -> dict[str, float]:
        p50, p99 = self.shared.percentiles
        return {
            "subscribers": self.shared.subscribers,
            "events_a_second": RATE,
            "p50_ms": round(1e3 * p50, 1),
            "p99_ms": round(1e3 * p99, 1),
            "cpu_us_a_delivery": round(1e6 * self.shared.cpu, 1),
            "floor_ms": round(1e3 * self.floor.median, 1),
            "floor_us_a_delivery": round(1e6 * self.floor.cpu, 1),
            "warm_up_events": WARM,
            "missed": self.shared.missed + self.shared.repeated,
            "unshared": round(self.alone.cpu / self.shared.cpu, 1),
            "memory_kib_a_subscriber": round(self.shared.idle_subscriber, 1),
            "memory_kib_a_connection": round(self.shared.idle_connection, 1),
        }


def measure(url: str, console: Console, subscribers: int = SUBSCRIBERS, seconds: float = SECONDS) -> Compared:
    """Measure both on one database, one after the other."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_prepare(url))
        found = []
        for shares, count in ((True, subscribers), (False, ALONE)):
            console.print(f"following: {count} subscribers, {'shared' if shares else 'each alone'}")
            found.append(runner.run(_measure(url, shares, count, seconds)))
        adds = runner.run(floor(subscribers))
    shared, alone = found
    return Compared(shared, alone, adds)


async def _prepare(url: str) -> None:
    async with opened(url) as log:
        await make_ready(log, KEY)
        await make_town(log)


async def _measure(url: str, shares: bool, count: int, seconds: float) -> Measured:
    tokens = [
        mint(token_key(KEY), Actor(f"{role}-{number}", role, scope), timedelta(hours=1))
        for number in range(max(1, SUBSCRIBERS // EACH // len(ROLES)))
        for role, scope in ROLES
    ]
    payload = {"query": DOCUMENT, "variables": {"place": COMMUNITY}}
    subscription = json.dumps({"id": "1", "type": "subscribe", "payload": payload}).encode()
    with _serving(url, shares) as (pid, port):
        crowd = Crowd()
        await listeners(port, Crowd(), tokens, len(tokens), subscription)  # the first of their kind cost more
        empty = _memory(pid)
        made = await listeners(port, crowd, tokens, count, None)
        await _quiet(pid)
        connected = _memory(pid)
        for listener in made:
            listener.subscription = subscription
            listener.subscribe()
        await _quiet(pid)
        subscribed = _memory(pid)
        gc.freeze()
        async with _writing(url, seconds) as written:
            warm = await asyncio.to_thread(written.recv)
            await _all_received(crowd, warm, count)
            written.send("go on")
            began, clock = _processor_seconds(pid), time.perf_counter()
            timed = await asyncio.to_thread(written.recv)
            used, passed = _processor_seconds(pid) - began, time.perf_counter() - clock
            await _all_received(crowd, timed, count)
            used_by_all = _processor_seconds(pid) - began
    latencies = [at - answered for position, answered in timed.items() for at in crowd.received[position]]
    received = sum(len(crowd.received[position]) for position in warm | timed)
    return Measured(
        count,
        len(warm | timed),
        latencies,
        cpu=used_by_all / max(1, len(latencies)),
        busy=used / passed,
        missed=count * len(warm | timed) - received + crowd.lost,
        repeated=crowd.repeated,
        idle_connection=(connected - empty) / count,
        idle_subscriber=(subscribed - empty) / count,
    )


async def _quiet(pid: int) -> None:
    """Return once the server has nothing to do."""
    used = -1.0
    while (now := _processor_seconds(pid)) - used > IDLE * SETTLE:
        used = now
        await asyncio.sleep(SETTLE)


async def _all_received(crowd: Crowd, answered: dict[int, float], count: int) -> None:
    """Return once everybody has everything, or nothing more comes."""
    before = -1
    while (here := sum(len(crowd.received[position]) for position in answered)) not in (
        before,
        count * len(answered),
    ):
        before = here
        await asyncio.sleep(SETTLE)


# The server


@contextmanager
def _serving(url: str, shares: bool) -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    process = SPAWN.Process(target=_serve, args=(url, port, shares), daemon=True)
    process.start()
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except ConnectionRefusedError:
                assert process.is_alive()
                time.sleep(0.05)
            else:
                break
        assert process.pid is not None
        yield process.pid, port
    finally:
        process.kill()
        process.join()


def _serve(url: str, port: int, shares: bool) -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os.environ["CHUISHAO_KEY"] = KEY.hex()
    with patch("chuishao.service.app.GraphQLEngine", partial(Engine, shares=shares)):
        server.run(Settings(database_url=url, port=port, rate=0, seal_every=0))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _memory(pid: int) -> float:
    """KiB that are resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return float(status.partition("VmRSS:")[2].split()[0])


# The writer


@asynccontextmanager
async def _writing(url: str, seconds: float) -> AsyncIterator[Connection]:
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_write, args=(url, seconds, there), daemon=True)
    process.start()
    try:
        assert await asyncio.to_thread(here.recv) == "ready"
        here.send("go")
        yield here
    finally:
        process.kill()
        process.join()


def _write(url: str, seconds: float, told: Connection) -> None:
    uvloop.run(_record(url, seconds, told))


async def _record(url: str, seconds: float, told: Connection) -> None:
    """Report cases at a steady pace, some to warm up first; tell when each position's append had answered."""
    pool = await open_pool(url, size=4)
    log = EventLog(pool)
    feed, executor = Feed(log), Executor(log, KEY)
    await feed.start()
    told.send("ready")
    for events in (WARM, round(seconds * RATE)):
        told.recv()
        answered: dict[int, float] = {}
        began = time.perf_counter()
        for number in range(events):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            command = ReportCase(category="01001", text="井盖丢失（示例）", grid_code=GRID)
            resident: Any = Actor("resident-1", Role.RESIDENT, "")
            outcome = await executor.execute(command, Envelope(identify("live", began, number), resident))
            answered[outcome.position] = time.perf_counter()
        told.send(answered)
    await feed.stop()
    pool.terminate()


def table(found: Compared) -> Table:
    """What was measured, for reading."""
    shown = Table(title=f"{RATE} events a second, each to every subscriber of one server process")
    shown.add_column("")
    rows = {"one execution for all": found.shared, "one for each": found.alone}
    for name in rows:
        shown.add_column(name, justify="right")
    for what, cell in CELLS.items():
        shown.add_row(what, *(cell(measured) for measured in rows.values()))
    shown.caption = (
        "From the answered append to the last byte in the subscribers' process, which competes for the same"
        f" cores. A server that does nothing but write the same bytes to everybody needs"
        f" {1e3 * found.floor.median:.1f} ms at the median, and {1e6 * found.floor.cpu:.1f} µs a delivery."
        f" The first {WARM} events are not timed."
        " Missed: not received, received twice, or connections that were lost."
    )
    return shown


CELLS: dict[str, Any] = {
    "subscribers": lambda m: f"{m.subscribers:,}",
    "deliveries": lambda m: f"{len(m.latencies):,}",
    "missed": lambda m: f"{m.missed + m.repeated}",
    "p50, ms": lambda m: f"{1e3 * m.percentiles[0]:.1f}",
    "p99, ms": lambda m: f"{1e3 * m.percentiles[1]:.1f}",
    "slowest, ms": lambda m: f"{1e3 * max(m.latencies):.1f}",
    "server CPU a delivery, µs": lambda m: f"{1e6 * m.cpu:.1f}",
    "of a core": lambda m: f"{m.busy:.0%}",
    "memory a connection, KiB": lambda m: f"{m.idle_connection:.1f}",
    "memory a subscriber, KiB": lambda m: f"{m.idle_subscriber:.1f}",
}
