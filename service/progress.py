"""进度 How far a rebuild is, and an honest estimate of how long it still takes.

The rate is that of the last seconds, and the head of the log grows meanwhile: what is left is the gap, which
closes only as fast as the rate exceeds the growth. Where it does not close, no time is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from chuishao.projections.rebuild import Progress as Hears

WINDOW = 20.0
"""Seconds over which the rate is taken."""
LINES = 5.0
"""Seconds between lines where there is no terminal."""


class Sample(NamedTuple):
    """Where a rebuild and the log were at a moment."""

    at: float
    position: int
    head: int


@dataclass
class Estimate:
    """What the last seconds say of the time that is left."""

    samples: deque[Sample] = field(default_factory=deque)

    def note(self, at: float, position: int, head: int) -> None:
        """Take a sample, and forget what is older than the window."""
        self.samples.append(Sample(at, position, head))
        while len(self.samples) > 2 and self.samples[1].at <= at - WINDOW:  # noqa: PLR2004 two make a rate
            self.samples.popleft()

    def _grown(self, before: int, after: int) -> float | None:
        seconds = self.samples[-1].at - self.samples[0].at if self.samples else 0.0
        return (after - before) / seconds if seconds > 0 else None

    @property
    def rate(self) -> float | None:
        """Events a second; None before there are two samples."""
        if not self.samples:
            return None
        return self._grown(self.samples[0].position, self.samples[-1].position)

    @property
    def left(self) -> float | None:
        """Seconds until the gap is closed; None where that cannot be told."""
        if not self.samples:
            return None
        first, last = self.samples[0], self.samples[-1]
        closing = self._grown(last.head - last.position, first.head - first.position)
        if last.position >= last.head:
            return 0.0
        return (last.head - last.position) / closing if closing and closing > 0 else None

    def __str__(self) -> str:
        rate = "" if self.rate is None else f"{self.rate:,.0f}/s, "
        if self.left is None:
            return f"{rate}time left not known"
        return f"{rate}{timedelta(seconds=round(self.left))} left"


@contextmanager
def shown(console: Console, doing: str = "Rebuilding") -> Iterator[Hears]:
    """Show how far rebuilding is: a bar on a terminal, elsewhere a line now and then."""
    positions: dict[str, int] = {}
    estimate = Estimate()
    display = _Bar(console) if console.is_terminal else _Lines(console)

    def hear(name: str, position: int, head: int) -> None:
        positions[name] = position
        slowest = min(positions.values())
        estimate.note(monotonic(), slowest, head)
        title = name if len(positions) == 1 else f"{len(positions)} read models"
        display.show(f"{doing} {title}", slowest, head, estimate)

    try:
        yield hear
    finally:
        display.end()


class _Bar:
    def __init__(self, console: Console) -> None:
        columns = ("{task.description:<28}", BarColumn(), "{task.fields[done]}", "{task.fields[left]}")
        self.bar = Progress(*(TextColumn(c) if isinstance(c, str) else c for c in columns), console=console)
        self.task = self.bar.add_task("", done="", left="")

    def show(self, title: str, position: int, head: int, estimate: Estimate) -> None:
        self.bar.start()
        done = f"{position:,}/{head:,}"
        self.bar.update(
            self.task, description=title, completed=position, total=head, done=done, left=str(estimate)
        )

    def end(self) -> None:
        if self.bar.live.is_started:
            self.bar.stop()


class _Lines:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.last = monotonic()

    def show(self, title: str, position: int, head: int, estimate: Estimate) -> None:
        if monotonic() - self.last >= LINES:
            self.last = monotonic()
            self.console.print(
                f"{title}: {position:,} of {head:,} events, {estimate}.", highlight=False, soft_wrap=True
            )

    def end(self) -> None:
        """Nothing is left on the screen."""
