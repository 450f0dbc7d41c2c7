"""Does a read slow down as the city grows? The three questions on cities of several sizes, taking turns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.contestants import OURS
from benchmarks.dataset import city
from benchmarks.questions import KINDS
from benchmarks.reads import Effort, Measured, staged, take_turns

SIZES = (10_000, 100_000, 1_000_000)


def measure(sizes: Sequence[int], cache: Path, effort: Effort, console: Console) -> Measured:
    """Serve every city by a PostgreSQL and a server of its own, and ask all of them in each round."""
    questions: dict[str, list] = {kind: [] for kind in KINDS}  # type: ignore[type-arg]
    with ExitStack() as stack:
        for size in sizes:
            stage = staged(stack, stack.enter_context(city(size, cache, console)), (OURS,))
            for kind in KINDS:
                (ours,) = stage.unscoped(kind)
                questions[kind].append(replace(ours, name=f"{size:,}"))
        return take_turns(questions, effort, console)


def as_json(found: Measured) -> dict[str, dict[str, float]]:
    """By question: the fastest city to the slowest, by answers a second and processor time; the rates."""
    return {kind: _spread(found, kind) for kind in KINDS}


def _spread(found: Measured, kind: str) -> dict[str, float]:
    rates = {name: found.middle(kind, name, "rate") for name in found.names(kind)}
    costs = [found.middle(kind, name, "cpu") + found.middle(kind, name, "database") for name in rates]
    spread = {"rate": max(rates.values()) / min(rates.values()), "cpu": max(costs) / min(costs)}
    named = {f"rate_{name.replace(',', '_')}": rate for name, rate in rates.items()}
    return {name: round(value, 2) for name, value in (spread | named).items()}


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title="Growth: medians by cases in the city")
    for heading in ("", "answers/s", "CPU µs", "PostgreSQL µs", "p50 ms", "p99 ms"):
        shown.add_column(heading, justify="right" if heading else "left")
    for kind in KINDS:
        shown.add_section()
        for name in found.names(kind):
            figures = [found.middle(kind, name, what) for what in ("rate", "cpu", "database", "p50", "p99")]
            shown.add_row(f"{kind}, {name} cases", *(f"{figure:,.1f}" for figure in figures))
    return shown
