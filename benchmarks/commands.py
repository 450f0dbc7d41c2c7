"""Full commands over HTTP: against what PostgreSQL commits, and against the plain stack of other people.

    python -m benchmarks commands

A real server process and 32 callers on connections of their own, who take cases from report to close. The
other contenders have the same PostgreSQL and the same callers: pgbench commits single rows, and
`benchmarks/naive.py` records the same steps with `eventsourcing` behind strawberry. `benchmarks/constant.py`
answers the same requests without looking at them: what HTTP alone takes. They take turns, and the ratios are
those of a round. At the end another server of ours is sampled, to tell where its time goes.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import jwt
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.callers import Load, Step, load
from benchmarks.sampling import shares
from chuishao.domain.actor import Actor
from chuishao.eventlog.connection import connected, open_pool
from chuishao.service.database import make_ready, opened
from tests.served import CHUISHAO, environment, free_port, token
from tests.town import GRID, KEY, Town, make_town

CALLERS = 32
ROUNDS = 5
SECONDS = 3.0
SAMPLED_SECONDS = 15.0
ANSWER = "position errors { code message path }"
SHOWN = "position errors { code message path } case { id status version }"
SHORT, READ, PLAIN = "chuishao", "chuishao, with the case read back", "eventsourcing + strawberry"
HTTP = "HTTP alone, a constant answered"
COMMITS = "single-row commits"
SECRET = "a secret for the plain stack, of 32+ bytes"


@dataclass
class Measured:
    """Commands or commits a second, and microseconds of the server's processor, by contender and round."""

    committed_by: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    """The share of each part of ours in its processor time."""

    def note(self, name: str, found: Load) -> None:
        self.rates.setdefault(name, []).append(found.rate)
        self.cpu.setdefault(name, []).append(found.cpu_us)

    def ratios(self, name: str, other: str) -> list[float]:
        pairs = zip(self.rates[name], self.rates[other], strict=True)
        return [mine / theirs for mine, theirs in pairs]

    def as_json(self) -> dict[str, object]:
        return {
            "pgbench": round(median(self.ratios(SHORT, COMMITS)), 3),
            "naive": round(median(self.ratios(SHORT, PLAIN)), 1),
            "per_second": round(median(self.rates[SHORT])),
            "cpu_us": round(median(self.cpu[SHORT])),
            "contenders": {
                name: {
                    "per_second": round(median(self.rates[name])),
                    "cpu_us": round(median(self.cpu[name])),
                    "ours": round(median(self.ratios(SHORT, name)), 3),
                }
                for name in self.rates
            },
            "parts": self.parts,
        }


def measure(url: str, folder: Path, console: Console) -> Measured:
    """Run every contender in every round, beginning with another one each time."""
    return asyncio.run(_measure(url, folder, console))


async def _measure(url: str, folder: Path, console: Console) -> Measured:
    async with opened(url) as log:
        await make_ready(log, KEY)
        town = await make_town(log)
        async with connected(log.pool) as connection:
            await connection.execute("CREATE TABLE plain (stream uuid, version integer, data text)")
    program = pgbench()
    found = Measured("pgbench" if program else "asyncpg")
    async with ours(url, folder) as our, plain(url, folder) as their, constant(folder) as bare:
        steps, theirs = life(town), life(town, SECRET)
        contenders: dict[str, Callable[[float], Awaitable[Load]]] = {
            SHORT: lambda seconds: load(*our, steps, ANSWER, CALLERS, seconds),
            READ: lambda seconds: load(*our, steps, SHOWN, CALLERS, seconds),
            PLAIN: lambda seconds: load(*their, theirs, ANSWER, CALLERS, seconds),
            HTTP: lambda seconds: load(*bare, steps, ANSWER, CALLERS, seconds),
            COMMITS: lambda seconds: commits(program, url, folder, seconds),
        }
        for warm in contenders.values():
            await warm(1.0)
        names = list(contenders)
        for number in track(range(ROUNDS), description="commanding", console=console):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                found.note(name, await contenders[name](SECONDS))
    found.parts = await sampled(url, folder, steps)
    return found


async def sampled(url: str, folder: Path, steps: list[Step]) -> dict[str, float]:
    """The shares of the parts in the processor time of a server that is only there for this."""
    samples = folder / "samples.json"
    async with ours(url, folder, sys.executable, "-m", "benchmarks.sampling", str(samples)) as (
        port,
        process,
    ):
        await load(port, process, steps, ANSWER, CALLERS, 1.0)
        os.kill(process, signal.SIGUSR2)
        await load(port, process, steps, ANSWER, CALLERS, SAMPLED_SECONDS)
        os.kill(process, signal.SIGUSR2)
        await asyncio.sleep(1)  # while it writes
    return shares(samples)


def life(town: Town, secret: str | None = None) -> list[Step]:
    """A case from report to close, each step by somebody who may take it; signed for us, or with a secret."""

    def bearer(actor: Actor) -> str:
        return token(actor, timedelta(hours=1)) if secret is None else _signed(actor, secret)

    staff, worker, resident = map(bearer, (town.community_staff, town.worker(), town.resident))
    reported = {"category": "01001", "text": "井盖破损（模拟数据）", "gridCode": GRID}
    return [
        Step("reportCase", resident, reported, makes=True),
        Step("acceptCase", staff),
        Step("assessCase", staff, {"severity": "MINOR"}),
        Step("assignCase", staff, {"tier": "ON_SPOT"}),
        Step("resolveOnSpot", worker, {"result": "已处理（模拟数据）"}),
        Step("verifyCase", staff, {"passed": True}),
        Step("closeCase", staff),
    ]


def _signed(actor: Actor, secret: str) -> str:
    claims = {"sub": actor.id, "aud": "chuishao", "exp": time.time() + 3600}
    return jwt.encode(claims, secret, algorithm="HS256")


@asynccontextmanager
async def ours(url: str, folder: Path, *program: str) -> AsyncIterator[tuple[int, int]]:
    """Our server as a user starts it, but without the bound on what one asker may spend: (port, process)."""
    port = free_port()
    command = [
        *(program or (str(CHUISHAO),)),
        "serve",
        "--port",
        str(port),
        "--rate",
        "0",
        "--database-url",
        url,
    ]
    async with _running(command, environment(), folder / "ours.log", port) as process:
        yield port, process


@asynccontextmanager
async def plain(url: str, folder: Path) -> AsyncIterator[tuple[int, int]]:
    """The plain stack on the same database: (port, process)."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.naive", str(port), SECRET]
    environ = {**os.environ, "PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_POOL_SIZE": "16"}
    environ |= {f"POSTGRES_{name}": value for name, value in _parts(url).items()}
    async with _running(command, environ, folder / "plain.log", port) as process:
        yield port, process


@asynccontextmanager
async def constant(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """A server that answers the same bytes to everything: (port, process)."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.constant", str(port)]
    async with _running(command, os.environ, folder / "constant.log", port) as process:
        yield port, process


@asynccontextmanager
async def _running(
    command: list[str], environ: Mapping[str, str], log: Path, port: int
) -> AsyncIterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)  # noqa: ASYNC220
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                assert process.poll() is None, said(log)
                await asyncio.sleep(0.1)
        writer.close()
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def said(log: Path) -> str:
    return log.read_text()


def _parts(url: str) -> dict[str, str]:
    """What a URL says, in the words of libpq."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return {
        "DBNAME": parts.path.strip("/"),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or str(parts.port or 5432),
        "USER": parts.username or query.get("user", "postgres"),
        "PASSWORD": parts.password or "",
    }


def pgbench() -> str | None:
    """PostgreSQL's own load generator, where it is installed."""
    return shutil.which("pgbench")


ROW = f"INSERT INTO plain VALUES ('00000000-0000-4000-8000-00000000c0de', 1, '{'x' * 200}')"


async def commits(program: str | None, url: str, folder: Path, seconds: float) -> Load:
    """Rows committed one by one on 32 connections, as fast as they go; the processor time is nobody's."""
    if program is None:
        return await _commits_here(url, seconds)
    script = folder / "row.sql"
    script.write_text(f"{ROW};\n")
    parts = _parts(url)
    command = [
        program,
        "-n",
        "-M",
        "prepared",
        "-c",
        str(CALLERS),
        "-j",
        "2",
        "-T",
        str(max(1, round(seconds))),
    ]
    command += [
        "-f",
        str(script),
        "-h",
        parts["HOST"],
        "-p",
        parts["PORT"],
        "-U",
        parts["USER"],
        parts["DBNAME"],
    ]
    environ = {**os.environ, "PGPASSWORD": parts["PASSWORD"]}
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    told = (await process.communicate())[0].decode()
    count, rate = re.search(r"processed: (\d+)", told), re.search(r"tps = ([\d.]+)", told)
    assert process.returncode == 0 and count and rate, told
    return Load(int(count[1]), int(count[1]) / float(rate[1]), 0.0)


async def _commits_here(url: str, seconds: float) -> Load:
    """The same from this process: slower than pgbench, which is said in the table."""
    pool = await open_pool(url, size=CALLERS)
    until = time.perf_counter() + seconds

    async def call() -> int:
        count = 0
        async with connected(pool) as connection:
            while time.perf_counter() < until:
                await connection.execute(ROW)
                count += 1
        return count

    began = time.perf_counter()
    counts = await asyncio.gather(*(call() for _ in range(CALLERS)))
    took = time.perf_counter() - began
    await pool.close()
    return Load(sum(counts), took, 0.0)


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title=f"Commands a second of {CALLERS} callers: median of {ROUNDS} rounds (lowest–highest)")
    for heading in ("", "a second", "server's µs each", "chuishao does"):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, rates in found.rates.items():
        ratios = found.ratios(SHORT, name)
        spread = f"{median(ratios):.2f}× ({min(ratios):.2f}–{max(ratios):.2f})"
        cpu = f"{median(found.cpu[name]):,.0f}" if any(found.cpu[name]) else ""
        by = f"{name} ({found.committed_by})" if name == COMMITS else name
        each = f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
        shown.add_row(by, each, cpu, "" if name == SHORT else spread)
    return shown
