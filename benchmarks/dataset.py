"""数据集 The city that everything is measured on, made once and kept: a folder of PostgreSQL's for each size.

What is kept belongs to the code that made it: other migrations, read models or recipes get a folder of their
own. The data are synthetic 模拟, from a seed.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from benchmarks.growing import grow
from chuishao.eventlog.connection import connected
from chuishao.eventlog.fingerprint import fingerprint
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sql import statements
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.service.database import make_ready, opened
from chuishao.service.postgres import EmbeddedPostgres
from tests.served import run_chuishao
from tests.town import KEY

SEED = 1
CACHE = Path(tempfile.gettempdir()) / "chuishao-bench"


@dataclass(frozen=True, slots=True)
class City:
    """A data set that is being served by a PostgreSQL of its own."""

    url: str
    folder: Path
    cases: int
    events: int


@contextmanager
def city(cases: int, cache: Path, console: Console) -> Iterator[City]:
    """A city with so many cases, from the cache or made anew, on a running PostgreSQL."""
    folder = cache / f"{cases}-{_made_by()}"
    if not (folder / "made").exists():
        _make(folder, cases, console)
    with EmbeddedPostgres.start(folder) as postgres:
        yield City(postgres.url, folder, cases, int((folder / "made").read_text()))


def _make(folder: Path, cases: int, console: Console) -> None:
    """Make it; what was left half made goes first, and what other code made of this size, unless served."""
    for older in folder.parent.glob(f"{cases}-*"):
        if older == folder or not (older / "postgres" / "postmaster.pid").exists():
            shutil.rmtree(older)
    folder.mkdir(parents=True, mode=0o700)
    console.print(f"Making a city of {cases:,} cases in {folder}; kept for the next time.")
    with EmbeddedPostgres.start(folder) as postgres:
        head = asyncio.run(_grown(postgres.url, cases, console))
        run_chuishao("seal", "--database-url", postgres.url).check_returncode()
    (folder / "made").write_text(str(head))


async def _grown(url: str, cases: int, console: Console) -> int:
    async with opened(url) as log:
        await make_ready(log, KEY)
        await grow(log, KEY, cases, SEED, console)
        await _hold(log)
        async with connected(log.pool) as connection:
            await connection.execute("CHECKPOINT")
        return await log.head()


async def _hold(log: EventLog) -> None:
    """Hold them to what a played log promises: no gaps, tallies that are sums, nothing to do."""
    async with connected(log.pool) as connection:
        events = await connection.fetchval("SELECT count(*) FROM event")
        head = await connection.fetchval("SELECT max(position) FROM event")
        wrong = await connection.fetchval(statements("benchmarks", "growing.sql")["tallies_hold"])
        behind = await connection.fetchval("SELECT count(*) FROM reaction WHERE position <> $1", head)
        assert (events, wrong, behind) == (head, 0, 0), (events, head, wrong, behind)


def _made_by() -> str:
    """Which code makes it: recipes, migrations and the fingerprints of the read models."""
    digest = hashlib.sha256(f"{SEED} {fingerprint('benchmarks.growing', 'benchmarks')}".encode())
    digest.update(files("benchmarks").joinpath("growing.sql").read_bytes())
    for migration in sorted(files("chuishao.migrations").iterdir(), key=lambda file: file.name):
        if migration.name.endswith(".sql"):
            digest.update(migration.read_bytes())
    for projection in PROJECTIONS:
        digest.update(repr(projection.code).encode())
    return digest.hexdigest()[:12]
