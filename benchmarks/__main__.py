"""`make bench`: measure on this machine, print the tables, keep the ratios in benchmarks/results.json.

`.venv/bin/python -m benchmarks snapshots` measures one thing alone. `verify` takes minutes and must be named.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import append, observing, snapshots, verifying
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


BENCHMARKS = {"append": _append, "observing": _observing, "snapshots": _snapshots, "verify": _verify}
"""Each gives a table for reading and the ratios that are kept."""
LONG = {"verify"}
"""Those that run only when they are named."""


def keep(name: str, ratios: object) -> None:
    """Keep ratios, which say more than the figures of one machine, beside those of other benchmarks."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = ratios
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def main() -> None:
    """Run the benchmarks that are named, or every short one, each on a PostgreSQL of its own."""
    console, wanted = Console(), sys.argv[1:] or [name for name in BENCHMARKS if name not in LONG]
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
