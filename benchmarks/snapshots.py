"""How long a stream of 10,000 events takes to load, to one of 100: a command waits for that to decide."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from statistics import median
from uuid import UUID, uuid4

import uvloop
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.contenders import meta
from chuishao.commands.work import Work
from chuishao.domain.actor import SYSTEM
from chuishao.domain.grid import ServiceGrid
from chuishao.eventlog.aggregates import EVERY, makers
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate
from chuishao.eventlog.writer import Append, NewEvent

SHORT, LONG = 100, 10_000
STREAMS = 3
"""Of each length."""
AMONG = 20
"""Other streams that a hundred events are appended to before it is their turn again."""
STEPS = 4 * EVERY
"""Events that each stream grows by while it is loaded again and again, through four snapshots."""
AT = datetime(2026, 3, 2, 1, 1, tzinfo=UTC)


@dataclass
class Measured:
    """Seconds of every load, by length of the stream, with snapshots and without."""

    kept: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    whole: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ratio(self) -> float:
        """The long streams' median to that of the short ones."""
        return median(self.kept[LONG]) / median(self.kept[SHORT])

    def as_json(self) -> dict[str, float]:
        """How many times as long the long streams take."""
        without = median(self.whole[LONG]) / median(self.whole[SHORT])
        return {"10000_to_100": round(self.ratio, 2), "without_snapshots": round(without, 1)}


def measure(url: str, console: Console) -> Measured:
    """Load short and long streams in turn, while both grow."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(url, console))


async def _measure(url: str, console: Console) -> Measured:
    pool = await open_pool(url, size=4)
    await migrate(pool)
    log, found = EventLog(pool), Measured()
    makers()
    numbers = count()
    streams = [(_draw(next(numbers)), length) for length in (SHORT, LONG) for _ in range(STREAMS)]
    for first in track(range(1, LONG, SHORT), description="filling the log", console=console):
        for grid in [grid for grid, length in streams if first <= length]:
            await _redraw(log, grid, SHORT)
        for _ in range(AMONG):
            await _redraw(log, _draw(next(numbers)), SHORT)
    async with connected(pool) as connection:
        await connection.execute("VACUUM ANALYZE")
    log.aggregates.every = 2 * LONG
    for _ in range(5):
        for grid, length in streams:
            found.whole[length].append(await _load(log, grid.id))
    log.aggregates.every = EVERY
    for step in track(range(STEPS), description="loading", console=console):
        for grid, length in streams:
            seconds = await _load(log, grid.id)
            await log.aggregates.close()
            if step:  # the first one folds everything and makes the snapshot
                found.kept[length].append(seconds)
            await _redraw(log, grid, 1)
    await pool.close()
    return found


async def _load(log: EventLog, stream: UUID) -> float:
    """The seconds that a command waits until it has the aggregate."""
    work = Work(log, SYSTEM, AT, AT, uuid4(), b"")
    began = time.perf_counter()
    await work.get(ServiceGrid, stream)
    return time.perf_counter() - began


def _draw(number: int) -> ServiceGrid:
    return ServiceGrid.draw(f"{number:012d}-G001", "网格", 1, AT)


async def _redraw(log: EventLog, grid: ServiceGrid, events: int) -> None:
    """Let a grid be redrawn until so many events of it are new, and record them."""
    while len(grid.pending_events) < events:
        grid.redraw(None, grid.version + 1, AT)
    first, command = grid.version - events + 1, uuid4()
    new = [
        NewEvent(grid.id, at, uuid4(), stored.topic, 1, None, stored.state, meta(command, grid.id), AT)
        for at, stored in enumerate(map(log.mapper.to_stored_event, grid.collect_events()), first)
    ]
    streams = [(grid.id, ServiceGrid.TOPIC, first - 1)]
    verdict = await log.writer.append(Append(command, command.bytes, b"{}", streams, new))
    assert verdict.verdict == "accepted"


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title="Loading a stream: median (fastest–slowest) in milliseconds")
    for heading in ("events", "with snapshots", "all events folded"):
        shown.add_column(heading, justify="right")
    for length in (SHORT, LONG):
        shown.add_row(f"{length:,}", _spread(found.kept[length]), _spread(found.whole[length]))
    shown.caption = f"With snapshots the long streams take {found.ratio:.2f} times as long as the short ones."
    return shown


def _spread(seconds: list[float]) -> str:
    least, most = 1000 * min(seconds), 1000 * max(seconds)
    return f"{1000 * median(seconds):.2f} ({least:.2f}–{most:.2f})"
