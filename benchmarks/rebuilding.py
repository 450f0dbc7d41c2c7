"""Rebuilding every read model over a long log while commands arrive: what do those who ask notice of it?

    python -m benchmarks rebuild [--events 1000000] [--commands 200] [--seconds 60]

A real server, the command line as a process of its own, and clients on real connections. Each query and each
command has its moment, and its time counts from that moment, so that a server that stands still is seen.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4, uuid5

from rich.console import Console
from rich.table import Table

from benchmarks.cloning import lengthen
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import connected, open_pool
from chuishao.graphql.schema import operations
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.status import standings
from tests.served import CHUISHAO, environment, free_port, token

QUERIES = 10
"""Queries a second."""
AT_ONCE = 64
"""Commands under way at a time; further ones wait for their turn, and the rate reached says so."""
WARM = 0.25
"""Of the seconds without a rebuild, so many times as many pass before anything is measured."""
ASKED = ("frontend_cases_of_a_grid", "auditor_trace_a_case")
STEPS: dict[str, dict[str, Any]] = {
    "acceptCase": {},
    "assessCase": {"severity": "MINOR"},
    "assignCase": {"tier": "ON_SPOT"},
    "resolveOnSpot": {"result": "已处理"},
}
"""What is done to each reported case, in order."""
DAY = 2000
"""Cases of the day that is copied."""


@dataclass
class Phase:
    """What clients met in a stretch of time."""

    began: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0
    queries: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def end(self) -> None:
        self.seconds = time.perf_counter() - self.began

    def milliseconds(self, percent: int, kind: str = "queries") -> float:
        found = sorted(getattr(self, kind))
        return 1000 * float(quantiles([*found, *found[:1]], n=100, method="inclusive")[percent - 1])

    @property
    def rate(self) -> float:
        return len(self.commands) / self.seconds


@dataclass(frozen=True)
class Wish:
    """How long the log shall be, how many commands a second, how many seconds before the rebuild."""

    events: int = 1_000_000
    commands: int = 200
    seconds: float = 60


@dataclass(frozen=True)
class Found:
    """What one run has shown: a phase without a rebuild, one with it."""

    wish: Wish
    head: int
    before: Phase
    during: Phase
    quiet: float
    """Seconds of a rebuild without anybody about."""
    rebuilt: float
    """Seconds of the rebuild under load."""
    equal: bool

    @property
    def errors(self) -> list[str]:
        return [*self.before.errors, *self.during.errors]

    def as_json(self) -> dict[str, object]:
        before, during = self.before, self.during
        return {
            "events": self.head,
            "commands_a_second": {"wished": self.wish.commands, "before": round(before.rate, 1),
                                  "during": round(during.rate, 1)},
            "p50_of_queries": round(during.milliseconds(50) / before.milliseconds(50), 2),
            "p99_of_queries": round(during.milliseconds(99) / before.milliseconds(99), 2),
            "seconds": {"quiet": round(self.quiet), "under_load": round(self.rebuilt)},
            "errors": len(self.errors),
            "equal": self.equal,
        }  # fmt: skip


class Line:
    """One connection that speaks HTTP/1.1 and is kept."""

    def __init__(self, port: int, bearer: str) -> None:
        self.port = port
        self.head = (
            f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {bearer}\r\n"
            "content-type: application/json\r\naccept: application/json\r\ncontent-length: "
        )
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> Any:
        """The answer to a request; raises where there is none."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(f"{self.head}{len(body)}\r\n\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"content-length: (\d+)", head)
        assert length is not None, head
        answer = json.loads(await reader.readexactly(int(length[1])))
        if not head.startswith("http/1.1 200"):
            raise AssertionError(f"{head.splitlines()[0]} {answer}")
        return answer


@dataclass
class Crowd:
    """Clients that ask and send commands at a steady pace until told to stop."""

    port: int
    bearer: str
    wished: int
    grids: list[str]
    phase: Phase = field(default_factory=Phase)
    stopping: bool = False
    waiting: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)
    """The next steps of cases that were begun."""

    async def ask_and_act(self) -> None:
        """Go on until told to stop, then finish what is under way."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._paced(QUERIES, 16, self._query))
            tasks.create_task(self._paced(self.wished, AT_ONCE, self._command))

    async def _paced(self, rate: int, lines: int, act: Any) -> None:
        free: asyncio.Queue[Line] = asyncio.Queue()
        for _ in range(lines):
            free.put_nowait(Line(self.port, self.bearer))
        due = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            while not self.stopping:
                due = max(
                    due + 1 / rate, time.perf_counter() - 1.0
                )  # what cannot be kept up with is not owed
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                line = await free.get()
                tasks.create_task(self._timed(act, line, due, free))

    async def _timed(self, act: Any, line: Line, due: float, free: asyncio.Queue[Line]) -> None:
        phase = self.phase
        try:
            times = await act(line, phase)
        except (OSError, AssertionError, asyncio.IncompleteReadError) as error:
            phase.errors.append(f"{type(error).__name__}: {error}"[:300])
            line.streams = None
        else:
            times.append(time.perf_counter() - due)
        free.put_nowait(line)

    async def _query(self, line: Line, phase: Phase) -> list[float]:
        number = len(phase.queries)
        document = operations()[ASKED[number % len(ASKED)]].replace(
            "120101001001-G001", self.grids[number % len(self.grids)]
        )
        answer = await line.ask(json.dumps({"query": document}).encode())
        if "errors" in answer:
            raise AssertionError(str(answer["errors"]))
        return phase.queries

    async def _command(self, line: Line, phase: Phase) -> list[float]:
        command = uuid4()
        name, given = self.waiting.popleft() if len(self.waiting) > AT_ONCE else self._report()
        given = given | {"commandId": str(command)}
        kind = f"{name[0].upper()}{name[1:]}Input"
        wanted = "position errors { code }"
        document = f"mutation M($input: {kind}!) {{ {name}(input: $input) {{ {wanted} }} }}"
        answer = await line.ask(json.dumps({"query": document, "variables": {"input": given}}).encode())
        payload = answer["data"][name] if "errors" not in answer else None
        if payload is None or payload["errors"] or payload["position"] is None:
            raise AssertionError(str(answer))
        self._go_on(name, given.get("caseId") or str(uuid5(command, "")))
        return phase.commands

    def _report(self) -> tuple[str, dict[str, Any]]:
        grid = self.grids[len(self.phase.commands) % len(self.grids)]
        return "reportCase", {"category": "01001", "text": "井盖破损（模拟数据）", "gridCode": grid}

    def _go_on(self, done: str, case: str) -> None:
        """Once a step of a case is recorded, its next one waits for its turn."""
        names = ("reportCase", *STEPS)
        if (number := names.index(done)) < len(STEPS):
            name = names[number + 1]
            self.waiting.append((name, {"caseId": case} | STEPS[name]))


async def checksums(url: str) -> dict[str, tuple[int, str]]:
    """The number of rows and a checksum of every table of every read model, in whatever order rows lie."""
    pool = await open_pool(url, size=2)
    found = {}
    async with connected(pool) as connection:
        for projection in PROJECTIONS:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1"
            for (table,) in await connection.fetch(query, projection.name):
                row = await connection.fetchrow(
                    "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text"
                    f' FROM "{projection.name}"."{table}" t'
                )
                assert row is not None
                found[f"{projection.name}.{table}"] = (row[0], row[1])
    await pool.close()
    return found


def chuishao(url: str, *arguments: str) -> float:
    """Run the command to its end; give its seconds."""
    began = time.perf_counter()
    command = [str(CHUISHAO), *arguments, "--database-url", url]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr or ended.stdout
    return time.perf_counter() - began


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncIterator[int]:
    """A server process on the database; gives its port."""
    port = free_port()
    command = [
        str(CHUISHAO),
        "serve",
        "--port",
        str(port),
        "--rate",
        "0",
        "--no-reactions",
        "--database-url",
        url,
    ]
    with (folder / "serve.log").open("wb") as output:
        process = subprocess.Popen(command, env=environment(), stdout=output, stderr=output)  # noqa: ASYNC220
        try:
            line = Line(port, token(Actor("a", Role.ADMINISTRATOR, "")))
            while True:
                try:
                    await line.ask(b'{"query": "{ log { head } }"}')
                    break
                except (OSError, AssertionError, asyncio.IncompleteReadError):
                    line.streams = None
                    assert process.poll() is None, (folder / "serve.log").read_text()
                    await asyncio.sleep(0.2)
            yield port
        finally:
            process.terminate()
            process.wait(30)


async def level(url: str) -> int:
    """Wait until every read model has reached the head; give it."""
    pool = await open_pool(url, size=2)
    try:
        while True:
            async with connected(pool) as connection:
                found = await standings(connection, 1)
            if not any(standing.lag for standing in found):
                return found[0].head
            await asyncio.sleep(0.2)
    finally:
        await pool.close()


async def measure(url: str, folder: Path, console: Console, wish: Wish) -> Found:
    """Make the log, then measure."""
    chuishao(url, "demo", "--no-serve", "--cases", str(min(DAY, max(20, wish.events // 10))))
    pool = await open_pool(url, size=2)
    head = await lengthen(pool, wish.events, console)
    grids = [row["code"] for row in await pool.fetch("SELECT code FROM grids.grid ORDER BY code")]
    await pool.close()
    console.print(f"The log has {head:,} events.")
    quiet = chuishao(url, "rebuild", "--all")
    console.print(f"Rebuilt without anybody about in {quiet:.0f} s.")
    async with served(url, folder) as port:
        before, during, rebuilt = await _load(url, port, console, grids, wish)
        head = await level(url)
    now = await checksums(url)
    console.print("Going back to the read models that lived along, to compare.")
    chuishao(url, "rebuild", "--all", "--back")
    lived = await checksums(url)
    for name in sorted(now):
        same = "equal" if now[name] == lived[name] else "DIFFERS"
        console.print(f"  {name:<28} {now[name][0]:>9,} rows  {same}")
    found = Found(wish, head, before, during, quiet, rebuilt, now == lived)
    for error in found.errors[:20]:
        console.print(error, style="red", soft_wrap=True)
    return found


async def _load(
    url: str, port: int, console: Console, grids: list[str], wish: Wish
) -> tuple[Phase, Phase, float]:
    """The crowd without a rebuild, then with one."""
    bearer = token(Actor("leader-1", Role.GRID_LEADER, "120101"), timedelta(days=1))
    crowd = Crowd(port, bearer, wish.commands, grids)
    at_work = asyncio.create_task(crowd.ask_and_act())
    await asyncio.sleep(WARM * wish.seconds)
    warm = crowd.phase
    before = crowd.phase = Phase()
    await asyncio.sleep(wish.seconds)
    before.end()
    console.print(
        f"Undisturbed: {before.rate:.0f} commands/s, p99 of queries {before.milliseconds(99):.0f} ms."
    )
    during = crowd.phase = Phase()
    rebuilt = await asyncio.to_thread(chuishao, url, "rebuild", "--all")
    during.end()
    console.print(f"During: {during.rate:.0f} commands/s, p99 of queries {during.milliseconds(99):.0f} ms.")
    crowd.stopping = True
    await at_work
    before.errors[:0] = warm.errors
    return before, during, rebuilt


def table(found: Found) -> Table:
    """What was measured, for reading."""
    title = f"Rebuilding {len(PROJECTIONS)} read models over {found.head:,} events under load"
    shown = Table(title=title)
    for heading in ("", "without", "with a rebuild"):
        shown.add_column(heading, justify="right" if heading else "left")
    phases = (found.before, found.during)
    shown.add_row(f"commands/s ({found.wish.commands} wished)", *(f"{phase.rate:.0f}" for phase in phases))
    for kind in ("queries", "commands"):
        for percent in (50, 99):
            cells = (f"{phase.milliseconds(percent, kind):.0f} ms" for phase in phases)
            shown.add_row(f"{kind}, p{percent}", *cells)
    shown.add_row("queries asked", *(f"{len(phase.queries):,}" for phase in phases))
    shown.add_row("errors seen", *(str(len(phase.errors)) for phase in phases))
    shown.add_row("seconds to rebuild", f"{found.quiet:.0f} (nobody about)", f"{found.rebuilt:.0f}")
    shown.add_row("equal to what lived along", "", "yes, table by table" if found.equal else "NO")
    return shown
