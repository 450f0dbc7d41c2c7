"""Where the microseconds of a read go: by package and function in our process, and in PostgreSQL.

    python -m benchmarks profile list|trace|dashboard

Requests go straight into the application, one after another, without a socket: first as they are, for the
figures, then under cProfile, for the shares.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import os
import pstats
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import questions
from benchmarks.contestants import AUDITOR
from benchmarks.dataset import City
from benchmarks.processes import Running, postmaster
from benchmarks.questions import KINDS, PARAMETERS, asked
from benchmarks.reads import SEED
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.sql import statements
from chuishao.service.app import make_app, open_routes
from chuishao.service.logs import configure
from chuishao.service.settings import Settings
from tests.served import token
from tests.town import KEY

WARM, REQUESTS, SHOWN = 200, 2000, 22
SECONDS = 4.0
"""After which no more requests are sent, however few they were."""
SEEN = 0.005
"""Shares below it are not told."""


@dataclass
class Asker:
    """Sends one request after another into the application."""

    app: Any
    bodies: list[bytes]
    turn: int = 0

    async def ask(self) -> None:
        """One request, up to its last byte."""
        self.turn += 1
        body = self.bodies[self.turn % len(self.bodies)]
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await self.app(_SCOPE | {"headers": _headers()}, receive, send)
        assert b'"errors":' not in said[-1]["body"][:2000], said

    async def many(self, number: int) -> int:
        """So many requests, or as many as the time allows; give how many."""
        until = time.perf_counter() + SECONDS
        for count in range(1, number + 1):
            await self.ask()
            if time.perf_counter() > until:
                return count
        return number


_SCOPE = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/graphql",
    "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "scheme": "http",
    "server": ("127.0.0.1", 80),
}  # fmt: skip
_BEARER = f"Bearer {token(AUDITOR, timedelta(days=1))}".encode()


def _headers() -> list[tuple[bytes, bytes]]:
    named = {b"content-type": b"application/json", b"accept": b"application/json", b"authorization": _BEARER}
    return list(named.items())


@dataclass(frozen=True, slots=True)
class Profile:
    """What requests of one kind took, in microseconds each."""

    kind: str
    wall: float
    cpu: float
    database: float
    statement: float
    """What PostgreSQL itself says that the hand-written statement takes, planned and executed."""
    stats: pstats.Stats
    profiled: int


def measure(town: City, kinds: Sequence[str], console: Console) -> dict[str, Profile]:
    """Profile the questions that are named, or all, and print which functions take their time."""
    profiles = {}
    for kind in kinds or KINDS:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            profiles[kind] = runner.run(_profile(town, kind))
        console.print(_functions(profiles[kind]))
    return profiles


def as_json(profiles: Mapping[str, Profile]) -> dict[str, dict[str, int]]:
    """Microseconds a request by question: of everybody, of PostgreSQL, of our process by package."""
    return {
        kind: {
            "from call to answer": round(found.wall),
            "PostgreSQL": round(found.database),
            "of it the hand-written statement": round(found.statement),
            "our process": round(found.cpu),
        }
        | {f"of it {package}": round(share * found.cpu) for package, share in _packages(found).items()}
        for kind, found in profiles.items()
    }


def table(profiles: Mapping[str, Profile]) -> Table:
    """Where the time of each question goes, by package."""
    shown = Table(title="Where the microseconds of a request go; behind a socket come uvicorn and the kernel")
    shown.add_column("")
    kept = as_json(profiles)
    for kind in profiles:
        shown.add_column(kind, justify="right")
    for part in dict.fromkeys(part for found in kept.values() for part in found):
        shown.add_row(part, *(f"{found[part]:,.0f}" if part in found else "" for found in kept.values()))
    return shown


async def _profile(town: City, kind: str) -> Profile:
    pool = await open_pool(town.url, size=1)
    values = (await asked(pool, SEED)).everywhere[kind]
    statement = await _explained(pool, kind, values[0])
    await pool.close()
    name = PARAMETERS[kind]
    bodies = [json.dumps({"query": questions.OURS[kind], "variables": {name: v}}).encode() for v in values]
    async with _application(town.url) as app:
        asker = Asker(app, bodies)
        await asker.many(WARM)
        wall, cpu, database = await _timed(asker, postmaster(town.folder))
        profiler = cProfile.Profile(time.process_time)
        profiler.enable()
        profiled = await asker.many(REQUESTS)
        profiler.disable()
    return Profile(kind, wall, cpu, database, statement, pstats.Stats(profiler), profiled)


async def _timed(asker: Asker, postgres: Running) -> tuple[float, float, float]:
    before, cpu, wall = postgres.processor_seconds(), time.process_time(), time.perf_counter()
    number = await asker.many(REQUESTS)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return tuple(1e6 * used / number for used in (wall, cpu, postgres.processor_seconds() - before))  # type: ignore[return-value]


async def _explained(pool: Pool, kind: str, value: str) -> float:
    """Microseconds that the hand-written statement takes once everything is in memory."""
    statement = statements("benchmarks.peers", "bare.sql")[kind]
    least = float("inf")
    key = UUID(value) if kind == "trace" else value
    for _ in range(20):
        (plan,) = json.loads(
            await pool.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", key)
        )
        least = min(least, plan["Execution Time"])
    return 1000 * least


@asynccontextmanager
async def _application(url: str) -> AsyncIterator[Any]:
    """The application as shipped, its log lines written to nowhere."""
    with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230, PTH123
        configure("json", "info", nowhere)
        app = make_app(url, KEY, Settings(rate=0))
        open_routes.pop()
        async with app.router.lifespan_context(app):
            yield app
        configure("json", "info")


def _rows(found: Profile) -> list[tuple[str, str, float, float]]:
    """Package, function, share of the time in itself, calls a request; the costliest first."""
    entries: dict[Any, Any] = found.stats.stats  # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in entries.values())
    rows = [
        (_package(file), f"{_short(file)}:{line} {name}", own / total, calls / found.profiled)
        for (file, line, name), (_, calls, own, _, _) in entries.items()
    ]
    return sorted(rows, key=lambda row: -row[2])


def _package(file: str) -> str:
    if file in ("~", "") or "frozen" in file:
        return "built in, C extensions, waiting"
    parts = file.split("/")
    if "site-packages" in parts:
        package = parts[parts.index("site-packages") + 1].removesuffix(".py")
        return "graphql-core" if package == "graphql" else package
    for ours in ("graphql", "projections", "eventlog", "service", "domain", "commands", "benchmarks"):
        if ours in parts[:-1] and "lib" not in parts[-3:-1]:
            return f"chuishao.{ours}"
    return "Python's library"


def _short(file: str) -> str:
    return "/".join(file.split("/")[-2:]) if file != "~" else "~"


def _packages(found: Profile) -> dict[str, float]:
    """The share of each package, the largest first; of those that can be seen."""
    shares: dict[str, float] = defaultdict(float)
    for package, _, share, _ in _rows(found):
        shares[package] += share
    return {
        package: share
        for package, share in sorted(shares.items(), key=lambda pair: -pair[1])
        if share >= SEEN
    }


def _functions(found: Profile) -> Table:
    shown = Table(title=f"{found.kind}: the costliest functions, without what they call")
    for heading in ("function", "share", "µs a request", "calls"):
        shown.add_column(heading, justify="right" if heading != "function" else "left")
    for _, function, share, calls in _rows(found)[:SHOWN]:
        shown.add_row(function, f"{share:.1%}", f"{share * found.cpu:,.1f}", f"{calls:,.1f}")
    return shown
