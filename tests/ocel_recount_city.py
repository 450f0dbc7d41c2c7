"""python -m tests.ocel_recount_city --cases 10000 [--seed 7]

A city is made: histories of another system are imported into five streets, and in one street people do by
chance whatever may be done. `chuishao export process` writes it, `ocel_recount.py` recounts it from that file
alone, and every figure is asked of the API and compared. It says how many there were, and how long it took;
a difference is named, and ends it with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from chuishao.commands import divisions, grids
from chuishao.domain.refusal import AlreadyExists
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import prepare
from chuishao.service.histories.bringing import Bringing
from chuishao.service.histories.mapping import read_mapping
from chuishao.service.histories.reading import read_rows
from chuishao.service.histories.spool import spooled
from chuishao.service.histories.steps import COMMANDS
from chuishao.service.postgres import EmbeddedPostgres
from tests.clocked import clocked
from tests.ocel_recount import PARTS, Export, Figure, Period, Recount, Summons, read
from tests.served import AUDITOR, Client, address, run_chuishao, served
from tests.test_measures import board, handled
from tests.town import COMMUNITY, GRID, START, STREET, Town, living_in, make_town
from tests.wandering import CATEGORIES, Wanderer

T = TypeVar("T")
FIRST, LAST = date(2025, 12, 1), date(2026, 11, 30)
"""The days in which the city lives: as many as one question may be about."""
STREETS = [f"12010{district}00{number}" for district, number in ((1, 2), (1, 3), (2, 1), (2, 2))]
ALL_STREETS = [STREET, *STREETS]
COLUMNS = [
    "case", "activity", "time", "actor", "role", "place", "category", "severity", "text", "tier", "reason",
    "answered", "solved", "satisfied", "other", "assignee",
]  # fmt: skip
MAPPING = {
    "source": "ocel-recount",
    "columns": {name: name for name in COLUMNS},
    "activities": {step: step for step in COMMANDS},
    "defaults": {
        "text": "井盖丢失",
        "result": "已处理",
        "reason": "按规定办理",
        "note": "现场查看",
        "role": "STREET_OFFICER",
    },
}
TIERS = {"ON_SPOT": "GRID_WORKER", "GRID_LEADER": "GRID_LEADER", "DELIBERATION": "COMMUNITY_STAFF"}
"""Who resolves at each tier that needs no whistle."""
WALK = 250
"""Steps of one who does whatever may be done; about so many days pass meanwhile."""


# What is compared


@dataclass(frozen=True)
class Question:
    """A question to the board of measures, about as a whole, part by part, or month by month."""

    place: str
    since: date
    until: date
    by: str | None = None
    trend: str | None = None

    def variables(self) -> dict[str, Any]:
        """As the API is asked."""
        days = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return days | {"place": self.place, "by": self.by, "trend": self.trend}


Figures = dict[tuple[str, str, str], Any]
"""By first day, measure and part: numerator, denominator, rate, and the two bounds."""


async def shown(client: Client, question: Question) -> Figures:
    """What the API says; parts without a sample stand there for the period before only, and are left out."""
    return {
        (line["since"], line["measure"], line["part"]): (
            line["numerator"], line["denominator"], line["rate"], line["lower"], line["upper"]
        )
        for line in await board(client, **question.variables())
        if line["denominator"] or question.by is None
    }  # fmt: skip


def recounted(recount: Recount, question: Question, now: datetime) -> Figures:
    """What the recount says."""
    found: Figures = {}
    for first, last in (
        months(question.since, question.until) if question.trend else [(question.since, question.until)]
    ):
        period = Period.of(first, last, now)
        for (measure, part), figure in recount.figures(period, question.place, question.by).items():
            found[first.isoformat(), measure, part] = told(figure)
    return found


def told(figure: Figure) -> Any:
    """A figure as `shown` has it."""
    return figure.numerator, figure.denominator, figure.rate, *figure.bounds


def months(since: date, until: date) -> Iterator[tuple[date, date]]:
    """The first and last day of each month in which a day of the period lies."""
    first = since.replace(day=1)
    while first <= until:
        following = (first + timedelta(days=31)).replace(day=1)
        yield first, following - timedelta(days=1)
        first = following


LIMITS = """
SELECT case_id, NULL, due_at FROM runs.run
UNION ALL
SELECT w.case_id, s.department, s.check_in_due_at FROM whistles.summons s
JOIN whistles.whistle w ON w.id = s.whistle
"""
FIGURES = 5
"""In each line: numerator, denominator, rate, and its two bounds."""


@dataclass
class Compared:
    """How many figures were compared, and which differ."""

    figures: int = 0
    lines: int = 0
    limits: int = 0
    different: list[str] = field(default_factory=list)

    async def look(self, pool: Pool, recount: Recount) -> None:
        """Compare every single limit: months of figures would let a wrong hour pass."""
        rows: list[Any] = await pool.fetch(LIMITS)
        kept = Counter(
            (f"case:{case}", department and str(department), due) for case, department, due in rows
        )
        ours = Counter(
            (one.case, one.department if isinstance(one, Summons) else None, one.limit)
            for one in recount.things
        )
        self.limits += kept.total()
        self.different += [f"kept alone: {limit}" for limit in (kept - ours).elements()]
        self.different += [f"recounted alone: {limit}" for limit in (ours - kept).elements()]

    async def ask(self, client: Client, recount: Recount, question: Question) -> None:
        """Compare all that a question is answered with, to the last digit."""
        api, ours = await shown(client, question), recounted(recount, question, datetime.now(UTC))
        for line in api.keys() | ours.keys():
            self.lines += 1
            self.figures += FIGURES
            if api.get(line) != ours.get(line):
                self.different.append(f"{question} {line}: API {api.get(line)}, recount {ours.get(line)}")


def questions(since: date, until: date, places: Sequence[str]) -> Iterator[Question]:
    """Every measure as a whole, by each kind of part, of each severity, and by months."""
    for place in places:
        for by in (None, *PARTS):
            yield Question(place, since, until, by)
        for by in (None, "DIVISION", "SEVERITY"):
            yield Question(place, since, until, by, trend="MONTH")


async def export(url: str, to: Path) -> Export:
    """Write the log of a database as its operator does, and read it."""
    done = run_chuishao("export", "process", "--to", to, "--force", "--database-url", address(url))
    assert done.returncode == 0, done.stderr
    return read(to)


# The city


def history(chance: random.Random, number: int) -> Iterator[dict[str, str]]:
    """One case as another system has it, from its report to wherever it got."""
    street = ALL_STREETS[number % len(ALL_STREETS)]
    grid = f"{street}00{chance.choice('12')}-G00{chance.choice('12')}"
    at = datetime.combine(FIRST, datetime.min.time()) + timedelta(minutes=chance.randrange(95 * 1440))
    latest = datetime.combine(START.date(), datetime.min.time())

    def row(activity: str, wait: float, **said: str) -> dict[str, str]:
        nonlocal at, grid
        grid = said.get("place", grid)
        at += timedelta(hours=chance.expovariate(1 / wait), minutes=1)
        by = {"actor": "街道-01", "place": grid, "role": "STREET_OFFICER"}
        told = {"case": f"GD{number:06d}", "activity": activity, "time": at.isoformat(timespec="seconds")}
        return told | by | said

    severity, category = chance.choice(["MINOR", "MAJOR", "CRITICAL"]), chance.choice(CATEGORIES)
    rows = [row("REPORT", 0.1, role="RESIDENT", actor="", category=category, severity=severity)]
    rows += _handled(chance, row, severity, number, street)
    yield from (said for said in rows if said["time"] < latest.isoformat())


def _handled(
    chance: random.Random, row: Callable[..., dict[str, str]], severity: str, number: int, street: str
) -> Iterator[dict[str, str]]:
    """What becomes of a report."""
    if chance.random() < 0.04:
        yield row("REFUSE", 5)
        return
    yield row("ACCEPT", 5)
    earlier = range(number % len(ALL_STREETS), number, len(ALL_STREETS))
    if earlier and chance.random() < 0.05:
        yield row(chance.choice(["MARK_DUPLICATE", "MERGE"]), 5, other=f"GD{chance.choice(earlier):06d}")
        if chance.random() < 0.5:
            return
        yield row("UNDO_MERGE", 5)
    while True:
        yield row("ASSESS", 3, severity=severity)
        yield from _resolved(chance, row, street)
        if chance.random() < 0.6:
            said = {"answered": chance.choice("是是否"), "solved": chance.choice("是否")}
            yield row("RATE", 20, satisfied=chance.choice("12345"), **said)
        if chance.random() < 0.85:
            yield row("CLOSE", 20, role="STREET_OFFICER", actor="街道-02")
        if chance.random() < 0.85:
            return
        yield row("REOPEN", 200)


def _resolved(
    chance: random.Random, row: Callable[..., dict[str, str]], street: str
) -> Iterator[dict[str, str]]:
    """From the assignment to a verification that passed, sent on and back on the way."""
    tier = chance.choice(["ON_SPOT", "ON_SPOT", "GRID_LEADER", "DELIBERATION", "MULTI_UNIT"])
    yield row("ASSIGN", 2, tier=tier)
    if chance.random() < 0.1:
        yield row("RETURN", 10)
        yield row("ASSIGN", 2, tier=tier)
    if chance.random() < 0.1:
        yield row("TRANSFER", 10, place=f"{street}00{chance.choice('12')}-G00{chance.choice('12')}")
    if tier == "ON_SPOT" and chance.random() < 0.15:
        tier = "DELIBERATION"
        yield row("ESCALATE", 20, tier=tier)
    for passed in (False, True) if chance.random() < 0.15 else (True,):
        by = {"role": TIERS.get(tier, "STREET_OFFICER"), "actor": "经办-01"}
        yield row("RESOLVE_ON_SPOT" if tier == "ON_SPOT" else "RESOLVE", chance.choice([2, 30, 120]), **by)
        yield row("VERIFY" if passed else "FAIL_VERIFICATION", 15, actor="街道-02")


async def bring(town: Town, chance: random.Random, cases: int, folder: Path) -> int:
    """Import so many histories; give how many rows were taken in."""
    for street, community in product(STREETS, ("", "001", "002")):
        for code in [street[:6], street, f"{street}{community}"]:
            with suppress(AlreadyExists):
                await town.do(
                    divisions.RegisterDivision(code=code, name=code, effective_from=date(2023, 9, 1))
                )
        for number in (1, 2) if community else ():
            drawn = f"{street}{community}-G00{number}"
            await town.do(grids.DrawGrid(grid_code=drawn, name=drawn, households=300))
    drawn = f"{STREET}002-G002"
    await town.do(grids.DrawGrid(grid_code=drawn, name=drawn, households=300))
    file, mapping = folder / "histories.csv", folder / "mapping.json"
    mapping.write_text(json.dumps(MAPPING, ensure_ascii=False), encoding="utf-8")
    with file.open("w", encoding="utf-8", newline="") as text:
        sheet = csv.DictWriter(text, COLUMNS)
        sheet.writeheader()
        sheet.writerows(row for number in range(cases) for row in history(chance, number))
    meaning = read_mapping(mapping)
    with spooled(folder / "rows", meaning.source) as spool:
        for line in read_rows(file, meaning, lambda _: None):
            spool.add(line, meaning)
        spool.order()
        bringing = Bringing(town.executor, spool, meaning.source, lambda: None)
        await bringing.run()
        refused = Counter((code, name) for _, name, _, code, *_ in spool.faults())
    say(f"{bringing.taken:,} rows of {cases:,} histories are imported; refused: {dict(refused)}")
    return bringing.taken


async def play(town: Town, chance: random.Random, cases: int) -> None:
    """Let people do by chance whatever may be done, each in days of their own of the same year.

    Whoever does anything at all comes last, for they retire grids, too.
    """
    for number in range(rounds := max(8, cases // 200)):
        theirs = living_in(town, town.log)
        theirs.clock.now = START + timedelta(days=chance.randrange(150))
        if number < rounds * 3 // 4:
            for _ in range(3):
                await clocked(theirs, chance)
                await handled(theirs, chance)
                await handled(theirs, chance)
        else:
            await Wanderer(theirs, chance, mechanisms=False).walk(WALK)


@asynccontextmanager
async def city(folder: Path, chance: random.Random, cases: int) -> AsyncIterator[str]:
    """The URL of a database in which it lived, its read models made."""
    with EmbeddedPostgres.start(folder / "database") as postgres:
        pool = await open_pool(postgres.url, size=8)
        log = EventLog(pool)
        await migrate(pool)
        town = await make_town(log)
        await timed("importing", bring(town, chance, cases, folder))
        await timed("playing", play(town, chance, cases))
        await timed("making the read models", prepare(log, PROJECTIONS))
        await pool.close()
        yield postgres.url


# The program


async def timed(name: str, work: Awaitable[T]) -> T:
    """Await work, and say how long it took."""
    began = perf_counter()
    done = await work
    say(f"{name}: {perf_counter() - began:.1f} s")
    return done


def say(what: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def compare(url: str, recount: Recount) -> Compared:
    """Ask the API everything."""
    compared, pool = Compared(), await open_pool(url, size=1)
    await compared.look(pool, recount)
    await pool.close()
    places = ["", "12", "120101", STREET, *STREETS, COMMUNITY, GRID]
    async with served(url) as server:
        for question in questions(FIRST, LAST, places):
            await compared.ask(server.client(AUDITOR), recount, question)
    return compared


async def run(cases: int, seed: int, folder: Path) -> int:
    """Make, export, recount, ask, compare; give the exit code."""
    async with city(folder, random.Random(seed), cases) as url:
        events = await timed("exporting and reading", export(url, folder / "log.sqlite"))
        began = perf_counter()
        recount = Recount.of(events)
        say(f"recounting: {perf_counter() - began:.1f} s")
        compared = await timed("asking and comparing", compare(url, recount))
    whole = recount.figures(Period.of(FIRST, LAST, datetime.now(UTC)))
    for (measure, _), figure in whole.items():
        say(f"{measure:<18} {figure.numerator:>7,} of {figure.denominator:>7,}  {figure.rate}")
        assert 0 < figure.numerator < figure.denominator, measure
    say("\n".join(compared.different[:20]))
    say(
        f"{len(events.events):,} events of {recount.cases:,} cases: {compared.figures:,} figures in "
        f"{compared.lines:,} lines and {compared.limits:,} limits compared, {len(compared.different)} differ"
    )
    return 1 if compared.different else 0


def main() -> None:
    """Run it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--cases", type=int, default=10_000, help="histories that are imported")
    asked.add_argument("--seed", type=int, default=7)
    said = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="chuishao-recount-") as folder:
        sys.exit(asyncio.run(run(said.cases, said.seed, Path(folder))))


if __name__ == "__main__":
    main()
