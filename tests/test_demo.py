"""The demonstration, as a person runs it: real divisions, made-up people, the same day for the same seed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.cases import ReportCase
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.projections.posts import RESIDENTS
from chuishao.service.importer import TIANJIN_DATE, bundled
from chuishao.service.played.mechanisms import TERMS
from chuishao.service.postgres import EmbeddedPostgres
from chuishao.service.working_day import CLOSES, OPENS, ZONE, Post, plan, report_id
from tests.conftest import copy_of_template, with_database
from tests.served import CHUISHAO, address, environment, run_chuishao, until
from tests.town import KEY

DISTRICT, SMALL_DISTRICT = "120101", "120106"
DAY = date(2026, 3, 2)
POSTS = [Post(f"120101001{number:03d}-G001", UUID(int=number)) for number in range(1, 9)]
DEPARTMENTS = [UUID(int=number) for number in range(101, 106)]

HALT = """
CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM event WHERE type = NEW.type) >= TG_ARGV[0]::integer THEN
        PERFORM pg_advisory_xact_lock(4711, 1);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER halt BEFORE INSERT ON event
    FOR EACH ROW WHEN (NEW.type = '{type}') EXECUTE FUNCTION halt('{after}');
"""
HALTED = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND NOT granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
DISCONNECT = """
SELECT count(pg_terminate_backend(pid, 20000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Played:
    """A database in which a day was played, what was printed meanwhile, and how long it took in seconds."""

    url: str
    printed: str
    seconds: float

    async def ask(self, query: str, *values: object) -> Any:
        """The rows of a query."""
        return await rows(self.url, query, *values)

    async def events(self) -> Counter[tuple[UUID, int, str]]:
        """What was recorded, in whatever order."""
        return Counter(
            (row["stream"], row["version"], row["type"])
            for row in await self.ask("SELECT stream, version, type FROM event")
        )

    async def cases(self, district: str = DISTRICT, seed: int = 1) -> int:
        """How many cases of the working day a district has had, beside those of single mechanisms."""
        query = "SELECT count(*) FROM event WHERE type = 'CaseReported' AND stream = ANY($1)"
        return int((await self.ask(query, of_the_day(district, seed)))[0][0])


def of_the_day(district: str, seed: int) -> list[UUID]:
    """The cases of a working day that is longer than any here."""
    return [uuid5(report_id(district, seed, number), "") for number in range(200)]


async def rows(url: str, query: str, *values: object) -> Any:
    """The rows of a query."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query, *values)
    finally:
        await connection.close()


async def copy(url: str) -> str:
    """The URL of a copy of a database that nobody uses at the moment."""
    name = f"copy_{uuid4().hex}"
    original = (await rows(url, "SELECT current_database()"))[0][0]
    connection = await asyncpg.connect(with_database(url, "postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
    finally:
        await connection.close()
    return address(with_database(url, name))


def play(url: str, *arguments: object) -> Played:
    """Play a day, without serving afterwards."""
    began = perf_counter()
    ended = run_chuishao("demo", "--no-serve", "--database-url", url, *arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    return Played(url, ended.stdout, perf_counter() - began)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Forty cases played in an empty data folder; tests leave it as it is, or copy it."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    began = perf_counter()
    ended = run_chuishao("demo", "--no-serve", "--cases", 40, "--data-dir", folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    seconds = perf_counter() - began
    with EmbeddedPostgres.start(folder) as postgres:
        yield Played(postgres.url, ended.stdout, seconds)


@pytest.fixture(scope="module")
async def imported(template: str) -> str:
    """A database with the divisions of Tianjin and nothing else, to be copied."""
    url = address(await copy_of_template(template))
    since = ("--effective-from", TIANJIN_DATE.isoformat())
    ended = run_chuishao("import", "divisions", bundled(), *since, "--database-url", url)
    assert ended.returncode == 0, ended.stderr
    return url


# 空目录 In an empty data folder


async def test_it_imports_every_division_of_tianjin(undisturbed: Played) -> None:
    imported = "FROM divisions.division WHERE code NOT IN (SELECT code FROM splits.part)"
    found = await undisturbed.ask(f"SELECT level, count(*) {imported} GROUP BY level")
    counts = {row["level"]: row["count"] for row in found}
    assert sum(counts.values()) == 5933
    assert (counts["MUNICIPALITY"], counts["DISTRICT"]) == (1, 16)


async def test_every_grid_has_a_worker_of_its_own_and_about_300_synthetic_households(
    undisturbed: Played,
) -> None:
    grids = await undisturbed.ask(
        "SELECT code, households, synthetic, worker FROM grids.grid WHERE retired_at IS NULL"
    )
    communities = await undisturbed.ask(
        "SELECT code FROM divisions.division WHERE code LIKE $1 AND level = 'COMMUNITY'"
        " AND abolished_from IS NULL",
        DISTRICT + "%",
    )

    assert {grid["code"][:12] for grid in grids} == {community["code"] for community in communities}
    assert all(255 <= grid["households"] <= 345 and grid["synthetic"] for grid in grids)
    assert None not in {grid["worker"] for grid in grids}
    assert len({grid["worker"] for grid in grids}) == len(grids)


async def test_it_plays_as_many_cases_as_asked_for_on_one_working_day_that_is_over(
    undisturbed: Played,
) -> None:
    assert await undisturbed.cases() == 40
    moments = await undisturbed.ask(
        "SELECT occurred_at FROM event WHERE stream = ANY($1) AND meta ->> 'causation' = meta ->> 'command'",
        of_the_day(DISTRICT, 1),
    )
    times = [row["occurred_at"].astimezone(ZONE) for row in moments]
    (day,) = {moment.date() for moment in times}
    assert day < datetime.now(ZONE).date()
    assert day.isoweekday() <= 5
    assert all(OPENS <= moment.time() <= CLOSES for moment in times)


async def test_at_the_end_the_read_models_show_all_and_a_table_sums_it_up(undisturbed: Played) -> None:
    (head,) = await undisturbed.ask("SELECT max(position) FROM event")
    behind = await undisturbed.ask("SELECT name FROM projection WHERE position <> $1", head[0])
    active = "SELECT count(*), sum(households) FROM grids.grid"
    grids, homes = (await undisturbed.ask(f"{active} WHERE retired_at IS NULL"))[0]
    (cases,) = (await undisturbed.ask("SELECT count(*) FROM event WHERE type = 'CaseReported'"))[0]
    assert behind == []
    assert "households, people and cases are synthetic 模拟" in undisturbed.printed
    (sums,) = [line.split() for line in undisturbed.printed.splitlines() if line.strip().startswith("和平区")]
    assert sums[:4] == ["和平区", f"{grids:,}", f"{homes:,}", f"{cases:,}"]
    assert f"the log ends at {head[0]:,}." in undisturbed.printed


# 四十项机制 The forty mechanisms


async def test_a_line_is_printed_for_each_of_the_forty_mechanisms(undisturbed: Played) -> None:
    _, _, printed = undisturbed.printed.partition("四十项机制 The forty mechanisms\n")
    lines = [line.strip().split(" ", 1) for line in printed.splitlines()[:40]]
    assert [number for number, _ in lines] == [str(number) for number in range(1, 41)]
    for number, line in lines:
        term, told = line.split(": ", 1)
        assert term == TERMS[int(number)]
        assert re.search("[1-9]", told), line


async def test_what_follows_is_done_and_nothing_of_it_is_refused_or_left(undisturbed: Played) -> None:
    assert await undisturbed.ask("SELECT * FROM reaction_refused") == []
    assert {row["status"] for row in await undisturbed.ask("SELECT status FROM reaction")} == {"live"}
    followed = """
        SELECT DISTINCT effect.type FROM event cause JOIN event effect
        ON effect.meta ->> 'causation' = translate(cause.event_id::text, '-', '')
    """
    types = {row["type"] for row in await undisturbed.ask(followed)}
    assert types >= {"CaseRehomed", "CaseReported", "PostFilled", "WhistleBlown"}


async def test_nobody_is_watched_over_any_more_so_that_no_check_is_missed_later(undisturbed: Played) -> None:
    watched = "SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL) AS on_the_list FROM watches.watch"
    begun, on_the_list = (await undisturbed.ask(watched))[0]
    assert begun > on_the_list == 0


async def test_who_was_elected_holds_the_post(undisturbed: Played) -> None:
    seats = "SELECT community, person FROM committees.seat s JOIN committees.committee c ON c.id = committee"
    posts = "SELECT place, holder FROM posts.post WHERE kind = ANY($1) AND holder IS NOT NULL"
    seated = {tuple(row) for row in await undisturbed.ask(f"{seats} WHERE person IS NOT NULL")}
    assert seated == {tuple(row) for row in await undisturbed.ask(posts, RESIDENTS)}
    assert len(seated) > 15


# 再来一次 Once more


async def test_a_second_run_records_nothing_and_is_quick(undisturbed: Played) -> None:
    again = play(await copy(undisturbed.url), "--cases", 40)

    assert await again.events() == await undisturbed.events()
    assert "\n0 events recorded in " in again.printed
    assert again.seconds < undisturbed.seconds / 2


async def test_more_cases_are_added_to_those_that_were_played(undisturbed: Played) -> None:
    more = play(await copy(undisturbed.url), "--cases", 60)

    assert await more.cases() == 60
    assert await undisturbed.events() <= await more.events()


async def test_another_district_beside_it_gets_grids_and_cases_of_its_own(undisturbed: Played) -> None:
    both = play(await copy(undisturbed.url), "--district", SMALL_DISTRICT, "--cases", 20)

    assert (await both.cases(), await both.cases(SMALL_DISTRICT)) == (40, 20)
    assert "红桥区" in both.printed
    districts = await both.ask("SELECT DISTINCT left(code, 6) AS code FROM grids.grid ORDER BY code")
    assert [row["code"] for row in districts] == [DISTRICT, SMALL_DISTRICT]


@pytest.mark.parametrize(("type_", "after"), [("CaseReported", 25), ("CaseRehomed", 3)])
async def test_killed_while_it_plays_or_reacts_and_run_again_it_ends_as_if_nothing_had_happened(
    type_: str, after: int, undisturbed: Played, imported: str, tmp_path: Path
) -> None:
    url = await copy(imported)
    async with halted(url, tmp_path, type_, after):
        pass
    recorded = await rows(url, "SELECT count(*) FROM event WHERE type = $1", type_)
    assert 0 < recorded[0][0] <= after  # whatever shared the append that was cut off is not recorded

    resumed = play(url, "--cases", 40)

    assert await resumed.events() == await undisturbed.events()


@contextlib.asynccontextmanager
async def halted(url: str, folder: Path, type_: str, after: int) -> AsyncIterator[None]:
    """A demonstration that has recorded so many events of a type and is killed at the end of the block."""
    connection = await asyncpg.connect(url)
    await connection.execute(HALT.format(type=type_, after=after))
    await connection.execute("SELECT pg_advisory_lock(4711, 1)")
    command = [str(CHUISHAO), "demo", "--no-serve", "--cases", "40", "--database-url", url]
    with (folder / "output").open("wb") as output:
        demo = subprocess.Popen(  # noqa: ASYNC220 starting it takes a moment only
            command, env=environment(), stdout=output, stderr=output, start_new_session=True
        )
    try:

        async def waits() -> bool:
            assert demo.poll() is None, (folder / "output").read_text()
            return bool(await connection.fetchval(HALTED))

        await until(waits, within=90)
        yield
    finally:
        os.killpg(demo.pid, signal.SIGKILL)
        demo.wait(20)
    await connection.fetchval(DISCONNECT)
    await connection.execute("DROP TRIGGER halt ON event")
    await connection.close()


async def test_another_seed_plays_another_day_in_other_grids(undisturbed: Played, imported: str) -> None:
    other = play(await copy(imported), "--cases", 40, "--seed", 2)

    assert (await other.cases(seed=2), await other.cases(seed=1)) == (40, 0)
    homes = "SELECT code, households FROM grids.grid ORDER BY code"
    assert await other.ask(homes) != await undisturbed.ask(homes)


async def test_a_case_that_somebody_reported_today_does_not_move_the_day(imported: str) -> None:
    url = await copy(imported)
    pool = await open_pool(url, size=2)
    resident = Actor("resident-1", Role.RESIDENT, "")
    report = ReportCase(category="01001", text="井盖丢失", community_code=f"{DISTRICT}001001")
    reported = await Executor(EventLog(pool), KEY).execute(report, Envelope(uuid4(), resident))
    await pool.close()

    played = play(url, "--cases", 5)

    assert await played.cases() == 5
    query = "SELECT occurred_at FROM event WHERE type = 'CaseReported' AND stream = ANY($1)"
    moments = await played.ask(query, of_the_day(DISTRICT, 1))
    assert {row[0].astimezone(ZONE).date() < datetime.now(ZONE).date() for row in moments} == {True}
    assert reported.id not in of_the_day(DISTRICT, 1)


def test_a_district_without_communities_is_one_line(imported: str) -> None:
    ended = run_chuishao("demo", "--no-serve", "--district", "120199", "--database-url", imported)

    told = "chuishao: district 120199: there is no district with communities under this code\n"
    assert (ended.returncode, ended.stderr) == (2, told)


# 计划 The plan


def planned(number: int = 20, seed: int = 1) -> list[Any]:
    """The acts of a plan, case by case."""
    return list(plan(POSTS, DEPARTMENTS, DAY, number, seed))


@forall(seed=st.integers())
def test_the_same_seed_gives_the_same_plan(seed: int) -> None:
    assert planned(5, seed) == planned(5, seed)


@forall(seed=st.integers())
def test_another_seed_gives_another_plan(seed: int) -> None:
    assert planned(5, seed) != planned(5, seed + 1)


@forall(seed=st.integers())
def test_every_act_is_within_the_working_day_and_after_the_one_before(seed: int) -> None:
    for acts in planned(seed=seed):
        moments = [act.at for act in acts]
        assert moments == sorted(moments)
        assert datetime.combine(DAY, OPENS, ZONE) <= moments[0]
        assert moments[-1] <= datetime.combine(DAY, CLOSES, ZONE)


@forall(seed=st.integers())
def test_every_act_has_an_identifier_of_its_own(seed: int) -> None:
    ids = [act.id for number in (seed, seed + 1) for acts in planned(seed=number) for act in acts]
    assert len(set(ids)) == len(ids)


@forall(seed=st.integers())
def test_every_case_begins_with_its_report_and_every_text_is_marked_as_made_up(seed: int) -> None:
    for number, (first, *_) in enumerate(planned(seed=seed)):
        assert isinstance(first.command, ReportCase)
        assert first.command.text.endswith("（模拟数据）")
        assert first.id == report_id(DISTRICT, seed, number)


@forall(fewer=st.integers(0, 10), more=st.integers(0, 10))
def test_a_longer_day_begins_with_the_cases_of_the_shorter_one(fewer: int, more: int) -> None:
    assert planned(fewer + more)[:fewer] == planned(fewer)
