"""How long sealing, exporting and verifying a log takes, and how much memory it takes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate

SIZES = (100_000, 1_000_000)
STEP = 25_000
CHUISHAO = Path(sys.executable).with_name("chuishao")
COMMANDS = ("seal", "export", "export .gz", "verify", "verify .gz")
FILL = Path(__file__).with_name("fill.sql").read_text(encoding="utf-8")


@dataclass
class Measured:
    """Seconds, seconds of a processor and peak mebibytes of each command, by events; the bytes of a line."""

    runs: dict[tuple[str, int], tuple[float, float, float]] = field(default_factory=dict)
    line: float = 0.0

    def as_json(self) -> dict[str, dict[str, dict[str, float]]]:
        """Seconds, events a second and memory."""
        return {
            f"{size:_}": {
                command: {
                    "seconds": round(seconds, 1),
                    "processor_seconds": round(worked, 1),
                    "events_a_second": round(size / seconds),
                    "peak_mebibytes": round(peak),
                }
                for command in COMMANDS
                for seconds, worked, peak in [self.runs[command, size]]
            }
            for size in SIZES
        }


def measure(url: str, folder: Path, console: Console) -> Measured:
    """Fill a log, and run the commands on it as a person would, once a size."""
    found, log, before = Measured(), folder / "log.jsonl", 0
    there = ("--database-url", url, "--data-dir", folder / "keys")
    kept = folder / "kept.txt"
    for size in SIZES:
        asyncio.run(_fill(url, before, size, console))
        before = size
        packed = log.with_name("log.jsonl.gz")
        write = ("export", "log", "--no-seal", "--force", *there, "--to")
        for command, arguments in (
            ("seal", ("seal", *there)),
            ("export", (*write, log)),
            ("export .gz", (*write, packed)),
            ("verify", ("verify", log)),
            ("verify .gz", ("verify", packed)),
        ):
            more = ("--checkpoint", kept) if kept.exists() and arguments[0] == "verify" else ()
            found.runs[command, size] = _run(*arguments, *more)
        found.line = log.stat().st_size / size
        _run("checkpoint", "--to", kept, *there)
    return found


async def _fill(url: str, after: int, until: int, console: Console) -> None:
    pool = await open_pool(url, size=1)
    await migrate(pool)
    await EventLog(pool).make_partitions()
    for first in track(range(after, until, STEP), description=f"filling up to {until:,}", console=console):
        async with connected(pool) as connection:
            await connection.execute(FILL, first + 1, first + STEP)
    await pool.close()


def _run(*arguments: object) -> tuple[float, float, float]:
    """Seconds, seconds of a processor and peak mebibytes of a command that must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen([str(CHUISHAO), *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, arguments
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title="A log of so many events: the whole command, its own processor time and peak memory")
    shown.add_column("")
    for size in SIZES:
        for heading in (f"{size:,}", "CPU", "a second", "MiB"):
            shown.add_column(heading, justify="right")
    for command in COMMANDS:
        cells = []
        for size in SIZES:
            seconds, worked, peak = found.runs[command, size]
            cells += [f"{seconds:.1f} s", f"{worked:.1f} s", f"{size / seconds:,.0f}", f"{peak:.0f}"]
        shown.add_row(command, *cells)
    shown.caption = (
        f"A line of the export has {found.line:.0f} bytes. `seal` of the second size adds to the first."
    )
    return shown
