"""What every benchmark is to show: one table of the goals, filled from what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

KINDS = ("list", "trace", "dashboard")
WORK = {
    "list": "list: 20 newest open cases of a grid",
    "trace": "trace: one case with all its events",
    "dashboard": "dashboard: 100 grids of a street",
    "list_scoped": "list, scoped and masked",
    "trace_scoped": "trace, scoped and masked",
    "dashboard_scoped": "dashboard, scoped and masked",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure among the results is to be: at least, or at most, so much."""

    work: str
    path: tuple[str, ...]
    text: str
    least: float | None = None
    most: float | None = None

    def measured(self, results: Mapping[str, Any]) -> float | None:
        """The figure; None where it was not measured."""
        found: Any = results
        for name in self.path:
            if not isinstance(found, Mapping) or name not in found:
                return None
            found = found[name]
        return float(found)

    def met(self, measured: float) -> bool:
        """Whether a figure is what it is to be."""
        return measured >= (self.least or 0.0) and (self.most is None or measured <= self.most)


def _against(kind: str) -> list[Goal]:
    work = WORK[kind]
    return [
        Goal(work, (kind, "postgraphile"), "at least 3 × PostGraphile", least=3.0),
        Goal(work, (kind, "bare"), "at least 0.9 × the bare endpoint", least=0.9),
    ]


def _scoped(kind: str) -> list[Goal]:
    work = WORK[f"{kind}_scoped"]
    return [
        Goal(
            work, (f"{kind}_scoped", "postgraphile"), "at least 3 × PostGraphile with its settings", least=3.0
        ),
        Goal(work, (f"{kind}_scoped", "unscoped"), "within 15 % of the unscoped", least=0.85),
    ]


GOALS: tuple[Goal, ...] = (
    *_against("list"),
    Goal(WORK["list"], ("list", "cpu_postgraphile"), "CPU at most a third of PostGraphile's", most=1 / 3),
    *_against("trace"),
    *_against("dashboard"),
    *(goal for kind in KINDS for goal in _scoped(kind)),
    Goal(
        "a document never seen before",
        ("unseen_document", "postgraphile"),
        "not slower than PostGraphile",
        least=1.0,
    ),
    Goal("plan look-up and variables", ("plan", "microseconds"), "at most 5 µs", most=5.0),
    Goal(
        "full command, 32 callers", ("commands", "pgbench"), "at least 0.25 × pgbench's commits", least=0.25
    ),
    Goal(
        "full command, 32 callers",
        ("commands", "naive"),
        "at least 10 × eventsourcing + strawberry",
        least=10.0,
    ),
    Goal(
        "projection catch-up, all of them",
        ("projections", "events_per_second"),
        "at least 20,000 events/s",
        least=20_000,
    ),
    Goal(
        "projection catch-up, all of them",
        ("projections", "package_runner"),
        "at least 10 × the package's runner",
        least=10.0,
    ),
    Goal("5,000 live subscribers", ("live", "p50_ms"), "p50 at most 25 ms", most=25.0),
    Goal("5,000 live subscribers", ("live", "p99_ms"), "p99 at most 100 ms", most=100.0),
    Goal("5,000 live subscribers", ("live", "cpu_us_a_delivery"), "CPU at most 20 µs a delivery", most=20.0),
    Goal("5,000 live subscribers", ("live", "missed"), "0 missed", most=0.0),
    *(
        Goal(
            f"growth: {kind}",
            ("growth", kind, "rate"),
            "flat within 1.3 × at 10,000 to 1,000,000 cases",
            most=1.3,
        )
        for kind in KINDS
    ),
)
"""In the order in which they are shown. Each benchmark keeps its figures under these names."""


def table(results: Mapping[str, Any]) -> Table:
    """Goal, measured, met."""
    shown = Table(title="Goals")
    for heading in ("work", "goal", "measured", "met"):
        shown.add_column(heading, justify="right" if heading == "measured" else "left")
    last = ""
    for goal in GOALS:
        measured = goal.measured(results)
        figure = "not measured" if measured is None else f"{measured:,.4g}"
        verdict = "" if measured is None else "yes" if goal.met(measured) else "[bold red]no[/]"
        shown.add_row("" if goal.work == last else goal.work, goal.text, figure, verdict)
        last = goal.work
    return shown
