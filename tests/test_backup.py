"""The rehearsal of docs/operations.md: what it says about backups is done, and gives the log back."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chuishao.commands.cases import ReportCase
from chuishao.commands.erasure import EraseSubject
from chuishao.commands.execution import Executor
from chuishao.domain.actor import Actor
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.database import make_ready
from chuishao.service.postgres import EmbeddedPostgres, find_binaries
from chuishao.service.postgres_programs import named_in
from tests.served import CHUISHAO, environment, run_chuishao
from tests.test_docs import ROOT
from tests.test_faults import assert_sound
from tests.town import GRID, KEY, Clock, Town, make_town

PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BACKUP = PAGE.partition("\n## Back up 备份\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", BACKUP, re.DOTALL | re.MULTILINE)
DUMP, RESTORE_DUMP, ARCHIVE, BASE, RESTORE_MOMENT, VERIFY, ERASE_AGAIN = range(7)


@dataclass
class Place:
    """An empty folder in which an operator sits, with an embedded database."""

    folder: Path

    def type(self, block: int, **variables: str) -> str:
        """Type a block of the page into a shell; give what it printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", BLOCKS[block]],
            cwd=self.folder,
            env=environment() | {"PATH": f"{CHUISHAO.parent}:{os.environ['PATH']}"} | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @asynccontextmanager
    async def log(self, data_dir: str = ".chuishao") -> AsyncIterator[EventLog]:
        """The log in a data folder."""
        with EmbeddedPostgres.start(self.folder / data_dir) as postgres:
            pool = await open_pool(postgres.url, size=4)
            try:
                yield EventLog(pool)
            finally:
                await pool.close()

    async def live(self, work: Callable[[Town], Awaitable[Any]]) -> Any:
        """Let something happen in the town, and the read models follow."""
        async with self.log() as log:
            clock = Clock()
            clock.advance(hours=1)
            done = await work(Town(log, Executor(log, KEY, clock), clock))
            await Engine(Feed(log), PROJECTIONS).catch_up()
            return done


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    """A town that has lived for a while."""
    made = Place(tmp_path)
    folder = tmp_path / ".chuishao"
    folder.mkdir(mode=0o700)
    (folder / "key").write_text(KEY.hex())
    (folder / "key").chmod(0o600)
    async with made.log() as log:
        await make_ready(log, KEY)
        town = await make_town(log)
        await town.close(await town.assigned())
        await town.whistled()
        await Engine(Feed(log), PROJECTIONS).catch_up()
    return made


async def everything(log: EventLog) -> dict[str, list[str]]:
    """Every row of every table, and every definition."""
    tables = await log.pool.fetch(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    found = {}
    for (name,) in tables:
        rows = await log.pool.fetch(f"SELECT t::text AS row FROM {name} t")
        found[name] = sorted(row["row"] for row in rows)
    return found


def definitions(url: str) -> list[str]:
    """The whole schema as pg_dump writes it."""
    done = subprocess.run(
        [find_binaries() / "pg_dump", "--schema-only", "--no-owner"],
        env=named_in(url),
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


async def assert_append_only(log: EventLog) -> None:
    for statement in ("UPDATE event SET version = 1", "DELETE FROM event", "DELETE FROM command"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await log.pool.execute(statement)
    with pytest.raises(asyncpg.RestrictViolationError):
        await log.pool.execute("TRUNCATE event_0")


async def test_a_dump_is_restored_exactly_and_goes_on(place: Place) -> None:
    await asyncio.to_thread(place.type, DUMP)
    async with place.log() as log:
        lived, defined = await everything(log), definitions(url_of(log))
        last, history = await log.last(), await log.history()
    await asyncio.to_thread(place.type, RESTORE_DUMP)

    async with place.log("restored") as log:
        restored = await everything(log)
        assert restored.keys() == lived.keys()
        sealed = {"public.tile", "public.checkpoint"}  # the page seals after it has dumped
        assert {name for name in lived if restored[name] != lived[name]} <= sealed
        assert definitions(url_of(log)) == defined
        assert (await log.last(), await log.history()) == (last, history)
        await assert_append_only(log)
        clock = Clock()
        clock.advance(hours=2)
        await Town(log, Executor(log, KEY, clock), clock).report()
        await assert_sound(log, [])
    verified = await asyncio.to_thread(verify, place, "restored")
    assert verified == (0, "UNTOUCHED")


def url_of(log: EventLog) -> str:
    url: str = log.pool._connect_args[0]  # type: ignore[attr-defined]
    return url


def verify(place: Place, data_dir: str) -> tuple[int, str]:
    """Export a log and hold it against the checkpoint that was kept: exit code and last word."""
    file = place.folder / f"{data_dir}.verified.jsonl"
    where = ("--data-dir", place.folder / data_dir)
    done = run_chuishao("export", "log", *where, "--no-seal", "--to", file)
    assert done.returncode == 0, done.stderr
    key = (place.folder / "log.key").read_text().strip()
    checkpoint = place.folder / "checkpoint.txt"
    done = run_chuishao("verify", file, "--checkpoint", checkpoint, "--key", key)
    return done.returncode, done.stdout.split()[-2] if done.returncode == 0 else done.stdout


async def test_a_base_backup_and_the_archive_lead_to_any_moment(place: Place) -> None:
    await asyncio.to_thread(place.type, DUMP)
    await asyncio.to_thread(place.type, ARCHIVE)
    await asyncio.to_thread(place.type, BASE)

    async def first(town: Town) -> tuple[Any, Any, str]:
        erased, somebody = await town.report(text="门前积水"), Actor("resident-2", Role.RESIDENT, "")
        other = ReportCase(category="01001", text="路灯不亮", grid_code=GRID)
        kept = (await town.do(other, somebody)).id
        return erased, kept, str(await town.log.pool.fetchval("SELECT clock_timestamp()"))

    async def then(town: Town) -> None:
        await town.do(EraseSubject(subject_id=erased, reason=ErasureGround.OWN_REQUEST))
        await town.report(text="此后的事")
        await town.log.pool.execute("SELECT pg_switch_wal()")

    erased, kept, moment = await place.live(first)
    async with place.log() as log:
        head = await log.head()
        texts = {case: await case_text(log, case) for case in (erased, kept)}
    await place.live(then)
    done = run_chuishao(
        "export", "log", "--data-dir", place.folder / ".chuishao", "--to", place.folder / "newest.jsonl.gz"
    )
    assert done.returncode == 0, done.stderr

    await asyncio.to_thread(place.type, RESTORE_MOMENT, MOMENT=moment)
    async with place.log("moment") as log:
        assert await log.head() == head
        await Engine(Feed(log), PROJECTIONS).catch_up()
        assert {case: await case_text(log, case) for case in (erased, kept)} == texts
        await assert_append_only(log)

    assert "UNTOUCHED" in await asyncio.to_thread(place.type, VERIFY)
    told = await asyncio.to_thread(place.type, ERASE_AGAIN)
    assert "1 erasures in newest.jsonl.gz; 1 were missing and are made anew, 0 were there" in " ".join(
        told.split()
    )
    assert "0 were missing" in " ".join((await asyncio.to_thread(place.type, ERASE_AGAIN)).split())
    async with place.log("moment") as log:
        await Engine(Feed(log), PROJECTIONS).catch_up()
        assert await case_text(log, erased) is None
        assert await case_text(log, kept) == texts[kept]
        await assert_sound(log, [])


async def test_a_backup_that_is_older_than_the_checkpoint_is_told_what_it_lacks(place: Place) -> None:
    await asyncio.to_thread(place.type, DUMP)
    await asyncio.to_thread(place.type, RESTORE_DUMP)
    await place.live(lambda town: town.report())
    for arguments in (("seal",), ("checkpoint", "--to", place.folder / "younger.txt")):
        done = run_chuishao(*arguments, "--data-dir", place.folder / ".chuishao")
        assert done.returncode == 0, done.stderr
    (place.folder / "younger.txt").replace(place.folder / "checkpoint.txt")
    async with place.log("restored") as log:
        head = await log.head()

    code, said = await asyncio.to_thread(verify, place, "restored")

    assert code == 1
    assert str(head + 1) in said


async def case_text(log: EventLog, case: Any) -> str | None:
    """What a case says, as the read model has it."""
    found: str | None = await log.pool.fetchval("SELECT text FROM cases.case_text WHERE id = $1", case)
    return found


def test_the_page_has_the_blocks_that_are_rehearsed() -> None:
    assert [block.split("\n")[0].split()[0] for block in BLOCKS] == [
        "chuishao",
        "mkdir",
        "mkdir",
        "chuishao",
        "mkdir",
        "chuishao",
        "chuishao",
    ]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgresql:///city?host=%2Frun%2Fx&port=5432&user=chuishao&sslmode=disable",
            "PGDATABASE=city PGHOST=/run/x PGPORT=5432 PGSSLMODE=disable PGUSER=chuishao",
        ),
        (
            "postgresql://me:s%40y@db.internal:6432/city",
            "PGDATABASE=city PGHOST=db.internal PGPASSWORD=s@y PGPORT=6432 PGUSER=me",
        ),
    ],
)
def test_programs_find_the_database_of_the_url(url: str, told: str) -> None:
    named = sorted(named_in(url).items())
    assert " ".join(f"{name}={value}" for name, value in named if name.startswith("PG")) == told


def test_a_program_that_postgresql_does_not_have_is_named(tmp_path: Path) -> None:
    done = run_chuishao("postgres", "--database-url", "postgresql:///x", "pg_everything")
    assert done.returncode == 2
    assert done.stderr.startswith("chuishao: PostgreSQL has no program 'pg_everything'; there are pg_")


def test_what_is_no_export_is_refused_before_anything_is_erased(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("PersonalTextErased\n")
    done = run_chuishao("erase-again", "--data-dir", tmp_path / "data", file)
    assert done.returncode == 2
    assert "is not a whole export of a log" in done.stderr
    assert not (tmp_path / "data").exists()
