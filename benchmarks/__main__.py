"""`make bench`: measure on this machine, print the table, keep the ratios in benchmarks/results.json."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks import append, observing
from chuishao.service.postgres import EmbeddedPostgres

RESULTS = Path(__file__).with_name("results.json")


def keep(name: str, ratios: object) -> None:
    """Keep ratios, which say more than the figures of one machine, beside those of other benchmarks."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = ratios
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def main() -> None:
    """Run every benchmark on a PostgreSQL of its own."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as name:
        folder = Path(name)
        with EmbeddedPostgres.start(folder) as postgres:
            found = append.measure(postgres.url, folder, console)
            observed = observing.measure(postgres.url)
    console.print(append.table(found))
    keep("append", found.as_json())
    console.print(observing.table(observed))
    keep("observing", observed.as_json())


if __name__ == "__main__":
    main()
