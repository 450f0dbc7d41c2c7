"""`make bench`: measure on this machine, print the tables, keep the ratios in benchmarks/results.json.

`.venv/bin/python -m benchmarks snapshots` measures one thing alone. `verify` takes minutes and must be named.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import append, observing, rebuilding, snapshots, start, verifying
from chuishao.service.postgres import EmbeddedPostgres

RESULTS = Path(__file__).with_name("results.json")


def _append(url: str, folder: Path, console: Console) -> tuple[Table, object]:
    found = append.measure(url, folder, console)
    return append.table(found), found.as_json()


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


BENCHMARKS: dict[str, Callable[[str, Path, Console], tuple[Table, object]]] = {
    "append": _append,
    "observing": _observing,
    "snapshots": _snapshots,
    "start": _start,
    "verify": _verify,
    "rebuild": partial(_rebuild, rebuilding.Wish()),
}
"""Each gives a table for reading and the ratios that are kept."""
LONG = {"verify", "rebuild"}
"""Those that run only when they are named."""


def keep(name: str, ratios: object) -> None:
    """Keep ratios, which say more than the figures of one machine, beside those of other benchmarks."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = ratios
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def _told() -> tuple[list[str], rebuilding.Wish]:
    """The benchmarks that are named, and how large `rebuild` shall be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "names", nargs="*", help=f"any of {', '.join(BENCHMARKS)}; all short ones if left out"
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="rebuild: how long the log is")
    parser.add_argument("--commands", type=int, default=200, help="rebuild: commands a second")
    parser.add_argument("--seconds", type=float, default=60, help="rebuild: under load before it begins")
    told = parser.parse_args()
    return told.names, rebuilding.Wish(told.events, told.commands, told.seconds)


def main() -> None:
    """Run the benchmarks that are named, or every short one, each on a PostgreSQL of its own."""
    console, (named, wish) = Console(), _told()
    BENCHMARKS["rebuild"] = partial(_rebuild, wish)
    wanted = named or [name for name in BENCHMARKS if name not in LONG]
    for name in wanted:
        if name not in BENCHMARKS:
            sys.exit(f"there is no benchmark {name}; there are {', '.join(BENCHMARKS)}")
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as made:
            with EmbeddedPostgres.start(Path(made)) as postgres:
                shown, ratios = BENCHMARKS[name](postgres.url, Path(made), console)
            console.print(shown)
            keep(name, ratios)


if __name__ == "__main__":
    main()
