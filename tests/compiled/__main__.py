"""python -m tests.compiled --documents 20000 --seed 7

Asks random documents of random data, with the executor and without it, while more happens to the data. Says
how many were answered without it; ends with exit code 1 and the smallest question that tells both apart.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import warnings
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import prepare
from chuishao.service.postgres import EmbeddedPostgres
from tests.compiled.examination import Tally, compiled, examine
from tests.compiled.question import Differs
from tests.compiled.world import World, lived_in

ROUND = 250
"""Documents before more happens."""
STEPS = 60


async def _prepare(url: str) -> None:
    pool = await open_pool(url, size=2)
    await migrate(pool)
    await prepare(EventLog(pool), PROJECTIONS)
    await pool.close()


def run(world: World, documents: int, seed: int, tally: Tally, progress: Progress) -> None:
    """Ask so many documents; raises Differs."""
    task = progress.add_task("documents", total=documents)
    for number, begun in enumerate(range(0, documents, ROUND)):
        world.go_on(STEPS)
        examine(
            world,
            compiled,
            min(ROUND, documents - begun),
            start=seed + number,
            tally=tally,
            told=lambda tried: progress.update(task, completed=tried),
        )


def main() -> int:
    """Read the command line, run, and give the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.compiled", description="Compares compiled reads with the executor."
    )
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    warnings.filterwarnings("ignore", "coroutine .* was never awaited")  # of fields that are cancelled
    given, tally = parser.parse_args(), Tally()
    print(f"seed {given.seed}, {given.documents:,} documents", flush=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with (
        tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True) as folder,
        EmbeddedPostgres.start(Path(folder)) as postgres,
    ):
        asyncio.run(_prepare(postgres.url))
        try:
            with lived_in(postgres.url, given.seed) as world, Progress(*columns) as progress:
                run(world, given.documents, given.seed, tally, progress)
        except Differs as differs:
            print(f"\n{differs}\n\nagain with: --documents {given.documents} --seed {given.seed}")
            return 1
        finally:
            print(tally)
    return 0


if __name__ == "__main__":
    sys.exit(main())
