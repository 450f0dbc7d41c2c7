"""`make bench`: measure on this machine, print the tables, keep the ratios and write them into the page.

`.venv/bin/python -m benchmarks snapshots` measures one thing alone; `verify` and `rebuild` take long and
must be named. `profile list` shows which functions take the time of a read. `--quick` is for seeing that it
works: small cities, one round, and what it finds is kept beside the cities.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from benchmarks import (
    append,
    commands,
    folding,
    goals,
    growth,
    live,
    observing,
    page,
    planning,
    profiling,
    reads,
    rebuilding,
    snapshots,
    start,
    verifying,
)
from benchmarks.dataset import CACHE, city
from benchmarks.questions import KINDS
from chuishao.service.postgres import EmbeddedPostgres

RESULTS = Path(__file__).with_name("results.json")
CASES = 200_000
Kept = dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line says."""

    names: list[str]
    wish: rebuilding.Wish
    cases: int
    cache: Path
    quick: bool
    results: Path


# On an empty PostgreSQL of their own


def _append(url: str, folder: Path, console: Console) -> tuple[Table, object]:
    found = append.measure(url, folder, console)
    return append.table(found), found.as_json()


def _commands(url: str, folder: Path, console: Console) -> tuple[Table, object]:
    found = commands.measure(url, folder, console)
    return commands.table(found), found.as_json()


def _live(url: str, _folder: Path, console: Console) -> tuple[Table, object]:
    found = live.measure(url, console)
    return live.table(found), found.as_json()


def _observing(url: str, _folder: Path, _console: Console) -> tuple[Table, object]:
    found = observing.measure(url)
    return observing.table(found), found.as_json()


def _snapshots(url: str, _folder: Path, console: Console) -> tuple[Table, object]:
    found = snapshots.measure(url, console)
    return snapshots.table(found), found.as_json()


def _verify(url: str, folder: Path, console: Console) -> tuple[Table, object]:
    found = verifying.measure(url, folder, console)
    return verifying.table(found), found.as_json()


def _start(url: str, folder: Path, console: Console) -> tuple[Table, object]:
    found = start.measure(url, folder, console)
    return start.table(found), found.as_json()


def _rebuild(wish: rebuilding.Wish, url: str, folder: Path, console: Console) -> tuple[Table, object]:
    found = asyncio.run(rebuilding.measure(url, folder, console, wish))
    return rebuilding.table(found), found.as_json()


def _projections(url: str, _folder: Path, console: Console) -> tuple[Table, object]:
    found = folding.measure(url, console)
    return folding.table(found), found.as_json()


def _plan(_url: str, _folder: Path, _console: Console) -> tuple[Table, object]:
    found = planning.measure(planning.known_documents())
    return planning.table(found), found.as_json()


BENCHMARKS: dict[str, Callable[[str, Path, Console], tuple[Table, object]]] = {
    "append": _append,
    "commands": _commands,
    "live": _live,
    "observing": _observing,
    "plan": _plan,
    "projections": _projections,
    "snapshots": _snapshots,
    "start": _start,
    "verify": _verify,
    "rebuild": partial(_rebuild, rebuilding.Wish()),
}
"""Each gives a table for reading and the ratios that are kept under its name."""
LONG = {"verify", "rebuild"}
"""Those that run only when they are named."""


# On a city


def _reads(told: Told, console: Console) -> tuple[Table, Kept]:
    with city(told.cases, told.cache, console) as town:
        effort = reads.Effort(1, 0.5) if told.quick else reads.Effort()
        found = reads.measure(town, effort, console)
    return reads.table(found), dict(found.as_json())


def _growth(told: Told, console: Console) -> tuple[Table, Kept]:
    sizes = (2_000, told.cases) if told.quick else growth.SIZES
    effort = reads.Effort(1, 0.5) if told.quick else reads.Effort(4, 1.5)
    found = growth.measure(sizes, told.cache, effort, console)
    return growth.table(found), {"growth": growth.as_json(found)}


def _profile(told: Told, console: Console) -> tuple[Table, Kept]:
    with city(told.cases, told.cache, console) as town:
        found = profiling.measure(town, KINDS, console)
    return profiling.table(found), {"profile": profiling.as_json(found)}


ON_A_CITY: dict[str, Callable[[Told, Console], tuple[Table, Kept]]] = {
    "reads": _reads,
    "growth": _growth,
    "profile": _profile,
}
"""Each gives a table for reading and what is kept, by name."""


def keep(results: Path, found: Kept) -> Kept:
    """Keep ratios, which say more than the figures of one machine, beside those of other benchmarks."""
    kept: Kept = json.loads(results.read_text()) if results.exists() else {}
    kept |= found
    results.write_text(json.dumps(kept, indent=2) + "\n")
    return kept


def _told() -> Told:
    """The benchmarks that are named, and how large they shall be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    known = ", ".join((*ON_A_CITY, *BENCHMARKS))
    parser.add_argument(
        "names", nargs="*", help=f"any of {known}; all short ones if left out; or profile KIND"
    )
    parser.add_argument("--cases", type=int, help=f"reads: cases of the city; {CASES:,} if left out")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help=f"where cities are kept; {CACHE} if left out"
    )
    parser.add_argument(
        "--quick", action="store_true", help="two minutes at small sizes, to see that it works"
    )
    parser.add_argument("--results", type=Path, help=f"where ratios are kept; {RESULTS.name} if left out")
    parser.add_argument("--events", type=int, default=1_000_000, help="rebuild: how long the log is")
    parser.add_argument("--commands", type=int, default=200, help="rebuild: commands a second")
    parser.add_argument("--seconds", type=float, default=60, help="rebuild: under load before it begins")
    told = parser.parse_args()
    told.cache.mkdir(parents=True, exist_ok=True)
    return Told(
        told.names, rebuilding.Wish(told.events, told.commands, told.seconds),
        told.cases or (10_000 if told.quick else CASES), told.cache, told.quick,
        told.results or (told.cache / "quick.json" if told.quick else RESULTS),
    )  # fmt: skip


def _run(name: str, told: Told, console: Console) -> tuple[Table, Kept]:
    if name in ON_A_CITY:
        return ON_A_CITY[name](told, console)
    with (
        tempfile.TemporaryDirectory(prefix="chuishao-bench-") as made,
        EmbeddedPostgres.start(Path(made)) as postgres,
    ):
        shown, ratios = BENCHMARKS[name](postgres.url, Path(made), console)
    return shown, {name: ratios}


def main() -> None:
    """Run the benchmarks that are named, or every short one; then hold all that is kept against the goals."""
    told = _told()
    console = Console(width=None if sys.stdout.isatty() else 160)
    if told.names[:1] == ["profile"] and told.names[1:]:
        with city(told.cases, told.cache, console) as town:
            console.print(profiling.table(profiling.measure(town, told.names[1:], console)))
        return
    BENCHMARKS["rebuild"] = partial(_rebuild, told.wish)
    every = [*ON_A_CITY, *BENCHMARKS]
    short = list(ON_A_CITY) if told.quick else [name for name in every if name not in LONG]
    for name in told.names:
        if name not in every:
            sys.exit(f"there is no benchmark {name}; there are {', '.join(every)}")
    began, kept = perf_counter(), keep(told.results, {"machine": page.machine()})
    for name in told.names or short:
        console.rule(f"{name}, after {perf_counter() - began:.0f} s")
        shown, found = _run(name, told, console)
        console.print(shown)
        kept = keep(told.results, found)
    console.print(goals.table(kept))
    if told.results == RESULTS:
        page.PAGE.write_text(page.written(page.PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")
    console.print(f"{perf_counter() - began:.0f} s; kept in {told.results}.")


if __name__ == "__main__":
    main()
