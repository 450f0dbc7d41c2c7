"""How soon a server answers, and the room that it and its events take.

A played day is prepared once; then `chuishao serve` is started again and again on it, with the embedded
database and with one at a URL, from the call of the program to the first good answers over HTTP.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import asyncpg
from rich.console import Console
from rich.table import Table

CASES = 400
STARTS = 5
CHUISHAO = Path(sys.executable).with_name("chuishao")
GOAL = 2.0
"""Seconds in which a server shall be ready on an existing database."""
ASKED = json.dumps({"query": "{ log { head } divisions(first: 1) { nodes { name } } }"})
_BYTES = """
SELECT sum(pg_total_relation_size(inhrelid)) / (SELECT count(*) FROM event)
FROM pg_inherits WHERE inhparent = 'event'::regclass
"""


@dataclass(frozen=True)
class Started:
    """One start: seconds until it was ready and until it answered, its own CPU seconds, its memory."""

    ready: float
    answered: float
    cpu: float
    rss: float
    pss: float


@dataclass(frozen=True)
class Found:
    """The medians by kind of database, and the megabytes that a million events take on disk as a log."""

    embedded: Started
    external: Started
    log: float

    def as_json(self) -> object:
        """What is kept: seconds, megabytes, megabytes a million events."""
        return asdict(self)


def measure(url: str, folder: Path, console: Console) -> Found:
    """Start servers on a played day in a data folder, and on the same in the database at the URL."""
    data = folder / "played"
    for place in (("--data-dir", data), ("--database-url", url, "--data-dir", data)):
        console.print(f"Playing {CASES} cases.")
        _run("demo", "--no-serve", "--cases", CASES, *place)
    return Found(
        _typical([_start("--data-dir", data) for _ in range(STARTS)]),
        _typical([_start("--database-url", url, "--data-dir", data) for _ in range(STARTS)]),
        round(asyncio.run(_bytes_an_event(url))),
    )


def table(found: Found) -> Table:
    """The figures for reading."""
    shown = Table(title=f"Start of a server, median of {STARTS}; the goal is under {GOAL:.0f} s")
    for heading in ("database", "ready s", "GraphQL s", "CPU s", "RSS MB", "PSS MB"):
        shown.add_column(heading, justify="left" if heading == "database" else "right")
    for name, one in (("embedded", found.embedded), ("at a URL", found.external)):
        times = (f"{one.ready:.2f}", f"{one.answered:.2f}", f"{one.cpu:.2f}")
        shown.add_row(name, *times, f"{one.rss:.0f}", f"{one.pss:.0f}")
    shown.caption = (
        f"A million events take {found.log:,.0f} MB on disk, with the indexes of the log and without read "
        "models. A server's memory does not grow with them: what it keeps of the log has a fixed size."
    )
    return shown


def _run(*arguments: object) -> None:
    subprocess.run([str(CHUISHAO), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


async def _bytes_an_event(url: str) -> float:
    """What the log takes for one event, which is the same as megabytes for a million."""
    connection = await asyncpg.connect(url)
    try:
        return float(await connection.fetchval(_BYTES))
    finally:
        await connection.close()


def _start(*arguments: object) -> Started:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    began = time.perf_counter()
    with _served(port, *arguments) as server:
        _until_answered(port, server, "GET", "/health/ready")
        ready = time.perf_counter() - began
        _until_answered(port, server, "POST", "/graphql", ASKED)
        answered = time.perf_counter() - began
        return Started(ready, answered, _cpu(server.pid), *_memory(server.pid))


@contextmanager
def _served(port: int, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(CHUISHAO), "serve", "--port", str(port), "--log-level", "warning", *map(str, arguments)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.terminate()
        server.wait(30)


def _until_answered(
    port: int, server: subprocess.Popen[bytes], method: str, path: str, body: str | None = None
) -> None:
    while server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            if answer.status == http.HTTPStatus.OK and b'"errors"' not in answer.read():
                return
        except OSError:
            time.sleep(0.002)
        finally:
            connection.close()
    raise RuntimeError(f"the server ended with exit code {server.returncode}")


def _cpu(pid: int) -> float:
    """User and system seconds of a process so far."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> tuple[float, float]:
    """Resident and proportional megabytes of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(rest.split()[0]) / 1000 for name, rest in (line.split(":", 1) for line in lines)}
    return sizes["Rss"], sizes["Pss"]


def _typical(starts: list[Started]) -> Started:
    """The median of each figure."""
    values = [median(figures) for figures in zip(*(asdict(one).values() for one in starts), strict=True)]
    return Started(*(round(value, 2) for value in values))
