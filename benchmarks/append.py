"""How many appends a second: group commit against one by one and against the event stores of others."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import uvloop
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.contenders import Contender, LibraryRecorder, OurWriter, PlainInserts, flushes_a_second
from benchmarks.elsewhere import Copies, Emmett, Pgbench
from chuishao.eventlog.connection import Pool, connected, open_pool
from chuishao.eventlog.migrate import migrate

CALLERS = (1, 32)
ROUNDS = 5
SECONDS = 1.5
OURS = "group commit"
OTHERS = ("ungrouped", "ungrouped, a connection each", "eventsourcing", "emmett")
REFERENCES = ("plain inserts, unordered", "pgbench, unordered", "copy, 5000 rows a commit",
              "group commit, flush not awaited")  # fmt: skip


@dataclass
class Measured:
    """Rates in appends a second and shares of one core that this process used, by contender and callers."""

    rates: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    batches: dict[int, float] = field(default_factory=dict)
    flushes: float = 0.0

    def ratios(self, other: str, callers: int) -> list[float]:
        """Ours to another's, round by round."""
        pairs = zip(self.rates[OURS, callers], self.rates[other, callers], strict=True)
        return [ours / theirs for ours, theirs in pairs]

    def as_json(self) -> dict[str, dict[str, float]]:
        """The median ratios: how many times as many appends as the other."""
        return {
            str(callers): {"rate": round(median(self.rates[OURS, callers]))}
            | {
                name.replace(", ", "_").replace(" ", "_"): round(median(self.ratios(name, callers)), 3)
                for name in (*OTHERS, *REFERENCES)
                if self.known(name)
            }
            for callers in CALLERS
        }

    def known(self, name: str) -> bool:
        """Whether a contender is on this machine; pgbench need not be."""
        return (name, CALLERS[0]) in self.rates


def measure(url: str, folder: Path, console: Console) -> Measured:
    """Run every contender in every round, beginning with another one each time."""
    found = Measured()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pool = runner.run(open_pool(url, size=max(CALLERS)))
        careless = runner.run(open_pool(url, size=1))
        runner.run(_prepare(pool, careless))
        library, emmett = LibraryRecorder(url, max(CALLERS)), Emmett(url, max(CALLERS))
        pgbench = Pgbench(REFERENCES[1], url, folder)
        ours = OurWriter(OURS, runner, pool)
        contenders: list[Contender] = [
            ours,
            OurWriter(OTHERS[0], runner, pool, max_batch=1),
            OurWriter(OTHERS[1], runner, pool, max_batch=1, shared=False),
            library,
            emmett,
            PlainInserts(REFERENCES[0], runner, pool),
            *([pgbench] if pgbench.program else []),
            Copies(REFERENCES[2], runner, pool),
            OurWriter(REFERENCES[3], runner, careless),
        ]
        for contender in contenders:
            contender.run(max(CALLERS), 0.3)
        ours.batches.clear()
        for number in track(range(ROUNDS), description="appending", console=console):
            for callers in CALLERS:
                first = number * len(contenders) // ROUNDS
                for contender in contenders[first:] + contenders[:first]:
                    _measure_one(found, contender, callers)
        found.batches = {callers: median(sizes) for callers, sizes in ours.batches.items()}
        found.flushes = flushes_a_second(folder)
        library.datastore.close()
        emmett.close()
        runner.run(careless.close())
        runner.run(pool.close())
    return found


async def _prepare(pool: Pool, careless: Pool) -> None:
    await migrate(pool)
    async with connected(pool) as connection:
        await connection.execute("CREATE TABLE plain (stream uuid, version integer, data bytea)")
    async with connected(careless) as connection:
        await connection.execute("SET synchronous_commit = off")  # kept, for the pool resets nothing


def _measure_one(found: Measured, contender: Contender, callers: int) -> None:
    clock, cpu = time.perf_counter(), contender.processor_seconds()
    found.rates[contender.name, callers].append(contender.run(callers, SECONDS))
    used = (contender.processor_seconds() - cpu) / (time.perf_counter() - clock)
    found.cpu[contender.name, callers].append(used)


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title=f"Appends a second: median of {ROUNDS} rounds (lowest–highest)")
    shown.add_column("")
    for callers in CALLERS:
        shown.add_column(f"{callers} caller{'s' if callers > 1 else ''}", justify="right")
        shown.add_column("group commit does", justify="right")
        shown.add_column("of a core", justify="right")
    for name in filter(found.known, (OURS, *OTHERS, *REFERENCES)):
        cells = [name]
        for callers in CALLERS:
            rates = found.rates[name, callers]
            cells.append(f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})")
            ratios = found.ratios(name, callers)
            spread = f"{median(ratios):.1f}× ({min(ratios):.1f}–{max(ratios):.1f})"
            cells.append("" if name == OURS else spread)
            cells.append(f"{median(found.cpu[name, callers]):.0%}")
        shown.add_row(*cells)
    sizes = ", ".join(f"{size:.1f} with {callers}" for callers, size in found.batches.items())
    shown.caption = (
        f"Group commit: commands in a call {sizes} callers. The disk: {found.flushes:,.0f} flushes of 8 kB a"
        " second. “Of a core”: what the calling process used."
    )
    return shown
