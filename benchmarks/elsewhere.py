"""Ways to append that others have: Emmett's event store in Node, pgbench; and COPY as the upper bound."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from benchmarks.contenders import DATA
from benchmarks.contestants import PEERS
from benchmarks.processes import Running
from chuishao.eventlog.connection import Pool, connected
from tests.clients.installation import node, npm_folder

ROWS = 5000
"""Rows of one COPY."""


class Emmett:
    """`@event-driven-io/emmett-postgresql`: a process of Node with a connection for each caller."""

    name = "emmett"

    def __init__(self, url: str, connections: int) -> None:
        npm_folder(PEERS)
        command = [node(), PEERS / "emmett.mjs", url, str(connections)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(list(map(str, command)), stdin=pipe, stdout=pipe, text=True)
        assert self._say("") == "ready"

    def run(self, callers: int, seconds: float) -> float:
        """Append events, each expecting the version before it."""
        return float(json.loads(self._say(f"{callers} {seconds}\n"))["rate"])

    def processor_seconds(self) -> float:
        """What Node has used."""
        return Running(self._process.pid).processor_seconds()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _say(self, line: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return next((said.strip() for said in self._process.stdout if said.strip()), "")


@dataclass
class Pgbench:
    """PostgreSQL's own load generator: one row, one commit. It measures whole seconds."""

    name: str
    url: str
    folder: Path
    program: str | None = field(default_factory=lambda: shutil.which("pgbench"))

    def run(self, callers: int, seconds: float) -> float:
        """Insert rows without any order among callers."""
        assert self.program is not None
        script = self.folder / "row.sql"
        script.write_text(rf"INSERT INTO plain VALUES (gen_random_uuid(), 1, '\x{DATA.hex()}');" + "\n")
        parts = urlsplit(self.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        command = [self.program, "-n", "-M", "prepared", "-f", str(script)]
        command += ["-c", str(callers), "-j", str(min(2, callers)), "-T", str(max(1, round(seconds)))]
        command += [
            "-h",
            query.get("host", parts.hostname or ""),
            "-U",
            query.get("user", parts.username or ""),
        ]
        command += ["-p", query.get("port", str(parts.port or 5432)), parts.path.strip("/")]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rate = re.search(r"tps = ([\d.]+)", told)
        assert rate is not None, told
        return float(rate[1])

    def processor_seconds(self) -> float:
        """What pgbench has used, as a child that has ended."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime


@dataclass
class Copies:
    """Rows by COPY, thousands a commit: what PostgreSQL takes in at most."""

    name: str
    runner: asyncio.Runner
    pool: Pool

    def run(self, callers: int, seconds: float) -> float:
        """Copy from so many callers at once; give the rows in a second."""
        return self.runner.run(self._run(callers, seconds))

    async def _run(self, callers: int, seconds: float) -> float:
        began = time.perf_counter()
        rows = [(uuid4(), 1, DATA) for _ in range(ROWS)]

        async def call() -> int:
            count = 0
            async with connected(self.pool) as connection:
                while time.perf_counter() - began < seconds:
                    await connection.copy_records_to_table("plain", records=rows)
                    count += ROWS
            return count

        counts = await asyncio.gather(*(call() for _ in range(callers)))
        return sum(counts) / (time.perf_counter() - began)

    def processor_seconds(self) -> float:
        """What this process has used."""
        return time.process_time()
