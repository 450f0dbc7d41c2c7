"""指标 Every measure is what a slow recount from the events makes of it, for any place, period and part."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from math import sqrt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.commands import cases, policies, requests, whistles
from chuishao.commands.command import Command
from chuishao.commands.overdue import RecordOverdue
from chuishao.domain.actor import Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case_requests import LimitOver
from chuishao.domain.measure import (
    DEFINITIONS,
    MINIMUM_SAMPLE,
    Better,
    Measure,
    MeasureSubject,
    MeasureTrend,
    Moment,
)
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.recount import RULES, TIANJIN, Counted, Rule, sample, told
from tests.served import AUDITOR, Client, Served, served
from tests.test_api import caught_up
from tests.town import (
    COMMUNITY,
    GRID,
    OTHER_COMMUNITY,
    OTHER_GRID,
    START,
    STREET,
    THIRD_GRID,
    Town,
    make_town,
)
from tests.wandering import CATEGORIES, Wanderer

MINIMUM = 3
"""The minimum sample of the policy that is in force in the end."""
FIELDS = (
    "measure version subject part since until numerator denominator rate lower upper previousNumerator "
    "previousDenominator previousRate rank minimumSample division { code } grid { code } worker { id } "
    "department { id }"
)
BOARD = (
    "query ($measure: [Measure!], $place: String, $since: Date, $until: Date, $by: MeasureSubject, "
    "$trend: MeasureTrend, $worker: ID, $department: ID, $category: String, $severity: Severity, "
    "$after: String) { measures(measure: $measure, place: $place, since: $since, until: $until, by: $by, "
    "trend: $trend, workerId: $worker, departmentId: $department, category: $category, "
    "severity: $severity, first: 100, "
    f"after: $after) {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} totalCount }} }}"
)
CASES = (
    "query ($measure: Measure!, $part: MeasurePart! = NUMERATOR, $place: String, $since: Date, $until: Date, "
    "$category: String, $severity: Severity, $worker: ID, $department: ID) { measuredCases("
    "measure: $measure, part: $part, place: $place, since: $since, until: $until, category: $category, "
    "severity: $severity, workerId: $worker, departmentId: $department, first: 100) { nodes { id } } }"
)


class Lived:
    """A town with a past, what its events tell, and its API."""

    def __init__(self, town: Town, told: list[Counted], serving: Served) -> None:
        self.town, self.told, self.serving = town, told, serving

    @property
    def auditor(self) -> Client:
        return self.serving.client(AUDITOR)


@pytest.fixture(scope="module")
async def lived(template: str) -> AsyncIterator[Lived]:
    """A town in which much has happened, some of it twice."""
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    town = await make_town(EventLog(pool))
    chance = random.Random(10)
    for _ in range(14):
        await handled(town, chance)
    await Wanderer(town, chance, mechanisms=False).walk(250)
    document = policies.default_policy() | {"version": "last", "measures": {"minimumSample": MINIMUM}}
    effective = {"effectiveFrom": min(town.clock.now, datetime.now(UTC)).date().isoformat()}
    await town.do(policies.AdoptPolicy(document=document | effective))
    async with served(database) as serving:
        await caught_up(town, serving.client(AUDITOR))
        yield Lived(town, await told(town.log), serving)
    await pool.close()


async def handled(town: Town, chance: random.Random) -> None:
    """A case that goes the main road by chance: late or in time, sent on or back, whistled for, met again."""
    case = await town.report(
        chance.choice([GRID, OTHER_GRID, THIRD_GRID]), category=chance.choice(CATEGORIES)
    )
    about: dict[str, Any] = {"case_id": case}
    street = town.street_officer
    town.clock.advance(hours=chance.choice([0, 20]))
    await town.do(cases.AcceptCase(**about), street)
    for _ in range(chance.choice([1, 1, 2])):
        assess = cases.AssessCase(**about, severity=chance.choice(list(Severity)))
        tier = chance.choice([*Tier, Tier.ON_SPOT, Tier.MULTI_UNIT])
        assignee = chance.choice([None, *map(str, town.workers.values())])
        assign = cases.AssignCase(**about, tier=tier, assignee=assignee)
        await town.do(assess, street)
        await town.do(assign, street)
        if chance.random() < 0.4:
            await town.do(cases.ReturnCase(**about, reason="重新交办"), street)
            await town.do(assign, street)
        elif chance.random() < 0.4:
            where: dict[str, Any] = {"community_code": OTHER_COMMUNITY, "grid_code": THIRD_GRID}
            await town.do(cases.TransferCase(**about, **where, reason="应由他处办理"), street)
        if chance.random() < 0.5:
            await asked_for(town, chance, case)
        for failed in (True, False)[chance.choice([0, 1, 1]) :]:
            town.clock.advance(hours=chance.choice([1, 30, 300]))
            await passed(town, chance, RecordOverdue(case_id=case))
            await resolved(town, chance, case, tier)
            verify = cases.VerifyCase(**about, passed=not failed, note="现场查看")
            await town.do(verify, town.other_street_officer)
        if chance.random() < 0.7:
            solved, satisfied = chance.random() < 0.5, chance.randint(1, 5)
            rate = cases.RateCase(**about, answered=satisfied > 1, solved=solved, satisfied=satisfied)
            await town.do(rate, street)
        if chance.random() < 0.8:
            town.clock.advance(hours=chance.choice([0, 50]))
            await town.do(cases.CloseCase(**about), town.other_street_officer)
        if chance.random() < 0.7:
            town.clock.advance(hours=chance.choice([0, 300]))
            await town.do(cases.ReopenCase(**about, reason="问题仍在"), street)
        else:
            return


async def passed(town: Town, chance: random.Random, record: Command) -> None:
    """Let the clock record what passed, if it did; sometimes some of the days before turn out to be off."""
    if chance.random() < 0.5:
        with suppress(Refusal):
            await town.do(record)
    if chance.random() < 0.2:
        today = town.clock.now.date()
        off = [policies.Workday(day=today - timedelta(days=number), works=False) for number in (1, 2)]
        await town.do(policies.AnnounceWorkdays(days=off, division_code=STREET))


async def asked_for(town: Town, chance: random.Random, case: UUID) -> None:
    """Ask that the clock stands still, or for more time; mostly granted, and sometimes the clock goes on."""
    about: dict[str, Any] = {"case_id": case, "reason": "等待配件"}
    until = town.clock.now + timedelta(days=2)
    wanted = chance.choice(
        [
            requests.RequestSuspension(**about, until=chance.choice([None, None, until])),
            requests.RequestExtension(**about, amount=chance.randint(1, 3), unit=TimeUnit.WORKING_DAYS),
        ]
    )
    await town.do(wanted, town.street_officer)
    town.clock.advance(hours=chance.choice([0, 0, 1, 30]))
    decide = requests.DecideRequest(case_id=case, granted=chance.random() < 0.8, note="按规定审批")
    try:
        await town.do(decide, town.other_street_officer)
    except LimitOver:
        await town.do(replace(decide, granted=False), town.other_street_officer)
    if chance.random() < 0.4:
        town.clock.advance(hours=30)
        with suppress(Refusal):
            await town.do(requests.ResumeCase(case_id=case), town.street_officer)


async def resolved(town: Town, chance: random.Random, case: UUID, tier: Tier) -> None:
    """Resolve a case, at the street's tier by a whistle that departments follow, or do not."""
    if tier is Tier.ON_SPOT:
        worker = Actor(str(chance.choice(list(town.workers.values()))), Role.GRID_WORKER, STREET)
        await town.do(cases.ResolveOnSpot(case_id=case, result="已处理"), worker)
        return
    if tier is not Tier.MULTI_UNIT:
        by = Actor("staff", Role.COMMUNITY_STAFF, STREET)
        await town.do(cases.ResolveCase(case_id=case, result="已处理"), by)
        return
    number = chance.randrange(2)
    department, officer = town.departments[number], town.officer(number)
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=chance.choice(list(WhistleKind)),
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门联动",
        department_ids=[department],
        lead_id=chance.choice([None, department, department]),
    )
    whistle = (await town.do(blow, town.street_officer)).id
    of: dict[str, Any] = {"whistle_id": whistle, "department_id": department}
    town.clock.advance(hours=chance.choice([0, 0, 60, 400]))
    await passed(town, chance, whistles.RecordMissedCheckIn(**of))
    if chance.random() < 0.3:
        await town.do(whistles.RefuseSummons(**of, reason="非本部门职责"), officer)
        of["department_id"], officer = town.departments[1 - number], town.officer(1 - number)
        await town.do(whistles.SummonDepartment(**of), town.street_officer)
        town.clock.advance(hours=chance.choice([0, 200]))
    await town.do(whistles.CheckIn(**of), officer)
    await town.do(whistles.AnswerSummons(**of, result="已处置"), officer)
    await town.do(whistles.ResolveWhistle(whistle_id=whistle, result="已办结"), town.street_officer)


# What is asked


@dataclass(frozen=True)
class Asked:
    """A question to the board."""

    place: str
    since: date
    until: date
    by: MeasureSubject | None
    category: str | None
    severity: Severity | None
    trend: MeasureTrend | None = None
    who: tuple[str, str] | None = None
    """Only of a worker or a department, and of which."""

    @property
    def variables(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "by": self.by and self.by.value,
            "category": self.category,
            "severity": self.severity and self.severity.value,
            "trend": self.trend and self.trend.value,
        } | dict([self.who] if self.who else [])

    @property
    def periods(self) -> Iterator[tuple[date, list[tuple[datetime, datetime]]]]:
        """The first day of each period, with that and the one before as moments."""
        for first, last in self.days():
            before = first - (last - first) - timedelta(days=1)
            if self.trend is MeasureTrend.MONTH:
                before = (first - timedelta(days=1)).replace(day=1)
            edges = (
                datetime.combine(day, time(), TIANJIN) for day in (before, first, last + timedelta(days=1))
            )
            start, begin, end = edges
            yield first, [(begin, end), (start, begin)]

    def days(self) -> list[tuple[date, date]]:
        """The first and last day of the period, or of each week or month of it."""
        if self.trend is None:
            return [(self.since, self.until)]
        found: dict[Any, list[date]] = {}
        for number in range(-31, (self.until - self.since).days + 32):
            day = self.since + timedelta(days=number)
            whole = day.isocalendar()[:2] if self.trend is MeasureTrend.WEEK else (day.year, day.month)
            found.setdefault(whole, []).append(day)
        return [(d[0], d[-1]) for d in found.values() if d[0] <= self.until and d[-1] >= self.since]

    def chosen(self, one: Counted) -> bool:
        there = one.place.startswith(self.place) and one.category.startswith(self.category or "")
        return there and self.severity in (None, one.severity)

    def about(self, one: Counted, rule: Rule) -> bool:
        """Whether something is that of whom is asked about."""
        whose = {"worker": rule.worker(one), "department": str(one.department)}
        return self.who is None or whose[self.who[0]] == self.who[1]

    def part(self, one: Counted, rule: Rule) -> str | None:
        """Which line something is on."""
        below = next((digits for digits in (2, 6, 9, 12) if digits > len(self.place)), 64)
        return {
            None: self.place,
            MeasureSubject.DIVISION: one.place[:below],
            MeasureSubject.GRID: one.grid,
            MeasureSubject.WORKER: rule.worker(one),
            MeasureSubject.DEPARTMENT: str(one.department) if one.department else None,
            MeasureSubject.CATEGORY: one.category,
            MeasureSubject.SEVERITY: one.severity,
        }[self.by]


days = st.integers(-1, 250).map(lambda number: START.date() + timedelta(days=number))
spans = st.tuples(days, days).map(sorted) | st.just([START.date(), START.date() + timedelta(days=300)])
questions = st.builds(
    lambda place, span, by, category, severity, trend: Asked(
        place, span[0], span[1], by, category, severity, trend
    ),
    st.sampled_from(["", "12", "1201010", STREET, COMMUNITY, OTHER_COMMUNITY, GRID]),
    spans,
    st.sampled_from([None, *MeasureSubject]),
    st.sampled_from([None, None, None, "1", *CATEGORIES]),
    st.sampled_from([None, None, None, *Severity]),
    st.sampled_from([None, None, None, *MeasureTrend]),
)


async def board(client: Client, **given: Any) -> list[Any]:
    """Every line, page after page."""
    found: list[Any] = []
    after = None
    while True:
        page = (await client.read(BOARD, after=after, **given))["measures"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found


def recount(lived: Lived, asked: Asked, now: datetime) -> dict[tuple[str, str, str], list[int]]:
    """For each line, numerator and denominator of the period and of the one before."""
    workers = {str(worker) for worker in lived.town.workers.values()}
    found: dict[tuple[str, str, str], list[int]] = {}
    chosen = [one for one in lived.told if asked.chosen(one)]
    for first, pair in asked.periods:
        if asked.by is None:
            found |= {(measure.value, first.isoformat(), asked.place): [0] * 4 for measure in Measure}
        for measure, rule in RULES.items():
            for number, (begin, end) in enumerate(pair):
                for one in sample(measure, chosen, begin, end):
                    part = asked.part(one, rule)
                    if not asked.about(one, rule) or part is None:
                        continue
                    if asked.by is MeasureSubject.WORKER and part not in workers:
                        continue
                    line = found.setdefault((measure.value, first.isoformat(), part), [0] * 4)
                    line[2 * number] += rule.counts(one, end, now)
                    line[2 * number + 1] += 1
    return found


# The rules


@settings(max_examples=45)
@forall(
    asked=questions, whose=st.sampled_from([None, None, "worker", "department"]), number=st.integers(0, 1)
)
async def test_every_figure_is_what_a_recount_makes_of_the_events(
    lived: Lived, asked: Asked, whose: str | None, number: int
) -> None:
    ids = {"worker": list(lived.town.workers.values()), "department": lived.town.departments}
    asked = replace(asked, who=(whose, str(ids[whose][number])) if whose else None)
    lines = await board(lived.auditor, **asked.variables)

    found = {
        (line["measure"], line["since"], line["part"]): [
            line["numerator"], line["denominator"], line["previousNumerator"], line["previousDenominator"]
        ]
        for line in lines
    }  # fmt: skip
    assert len(found) == len(lines)
    assert found == recount(lived, asked, datetime.now(UTC))
    for line in lines:
        assert line["rate"] == share(line["numerator"], line["denominator"])
        assert line["previousRate"] == share(line["previousNumerator"], line["previousDenominator"])
        assert [line["lower"], line["upper"]] == wilson(line["numerator"], line["denominator"])
        assert (line["version"], line["minimumSample"]) == (1, MINIMUM)
    ranked(lines, asked)


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def wilson(part: int, whole: int) -> list[float | None]:
    """The bounds of a share with 95 % confidence, by the formula of Wilson (1927)."""
    if not whole:
        return [None, None]
    z, p = 1.959963984540054, part / whole
    middle, margin = p + z * z / (2 * whole), z * sqrt((p * (1 - p) + z * z / (4 * whole)) / whole)
    low, high = ((middle + sign * margin) / (1 + z * z / whole) for sign in (-1, 1))
    return [round(max(low, 0), 4), round(min(high, 1), 4)]


def ranked(lines: list[Any], asked: Asked) -> None:
    """Ranks begin at 1 and follow the worse bound, of those alone whose sample is large enough."""
    for measure, (first, last) in product(Measure, asked.days()):
        days = [first.isoformat(), last.isoformat()]
        theirs = [line for line in lines if line["measure"] == measure.value]
        theirs = [line for line in theirs if [line["since"], line["until"]] == days]
        better = DEFINITIONS[measure].better
        compared = [line for line in theirs if line["rank"] is not None]
        large = [line for line in theirs if line["denominator"] >= MINIMUM]
        assert compared == (large if better and asked.by else [])
        assert [line["rank"] for line in compared] == sorted(line["rank"] for line in compared)
        assert not compared or compared[0]["rank"] == 1
        bounds = [line["upper"] if better is Better.LOWER else -line["lower"] for line in compared]
        assert bounds == sorted(bounds)


@settings(max_examples=20)
@forall(asked=questions, measure=st.sampled_from(Measure), part=st.sampled_from(["NUMERATOR", "DENOMINATOR"]))
async def test_the_cases_behind_a_figure_are_those_that_a_recount_finds(
    lived: Lived, asked: Asked, measure: Measure, part: str
) -> None:
    now, asked = datetime.now(UTC), replace(asked, trend=None)
    ((_, ((begin, end), _)),) = asked.periods
    chosen = sample(measure, [one for one in lived.told if asked.chosen(one)], begin, end)
    counts = RULES[measure].counts
    wanted = {str(one.case) for one in chosen if part == "DENOMINATOR" or counts(one, end, now)}

    given = {name: value for name, value in asked.variables.items() if name not in ("by", "trend")}
    shown = await lived.auditor.read(CASES, measure=measure.value, part=part, **given)

    found = [case["id"] for case in shown["measuredCases"]["nodes"]]
    assert set(found) == wanted
    assert len(found) == len(wanted)


AGREEING = """
SELECT r.due_at = k.due_at AS same, r.due_at <= r.since AS kept, k.overdue_at IS NOT NULL AS overdue,
       r.due_at IS NULL AND k.due_at IS NULL AS none, r.due_at <= k.overdue_at AS late
FROM cases.case_row k
JOIN LATERAL (SELECT * FROM runs.run r WHERE r.case_id = k.id ORDER BY number DESC LIMIT 1) r ON true
WHERE k.status IN ('ASSIGNED', 'WHISTLED')
"""


async def test_a_run_has_the_limit_of_its_case_or_one_that_had_passed_before(lived: Lived) -> None:
    found = await lived.town.log.pool.fetch(AGREEING)

    assert found
    for row in found:
        assert row["same"] or row["none"] or row["kept"]
        assert row["late"] or not row["overdue"]


def test_the_history_says_something_of_every_measure(lived: Lived) -> None:
    begin, end = START - timedelta(days=1), START + timedelta(days=300)
    found: Counter[tuple[Measure, bool]] = Counter()
    for measure, rule in RULES.items():
        for one in sample(measure, lived.told, begin, end):
            found[measure, bool(rule.counts(one, end, end))] += 1

    assert set(found) == {(measure, counts) for measure in Measure for counts in (False, True)}


# What does not change, and who sees what


YEAR = {"since": "2026-01-01", "until": "2026-12-31"}


async def test_a_figure_of_a_past_period_stays_whatever_becomes_of_its_cases_later(
    town: Town, database: str
) -> None:
    on_time, late = await town.assigned(), await town.assigned()
    await town.close(on_time)
    june = {"since": "2026-03-01", "until": "2026-03-31", "place": STREET}
    async with served(database) as serving:
        before = await at_head(serving.client(), town, **june)
        town.clock.advance(days=40)
        await town.do(cases.ReopenCase(case_id=on_time, reason="问题仍在"), town.street_officer)
        move: dict[str, Any] = {"community_code": OTHER_COMMUNITY, "grid_code": THIRD_GRID}
        await town.do(cases.TransferCase(case_id=late, reason="应由他处办理", **move), town.street_officer)
        await town.do(cases.MarkDuplicate(case_id=late, of_id=on_time), town.street_officer)
        after = await at_head(serving.client(), town, **june)

    figures = {line["measure"]: (line["numerator"], line["denominator"]) for line in before}
    assert figures["CLOSURE"] == figures["ON_TIME_CLOSURE"] == (1, 2)
    assert figures["REWORK"] == figures["WHISTLE"] == (0, 1)
    assert figures["ACCURATE_DISPATCH"] == figures["CONTAINMENT"] == (1, 1)
    assert figures["RESPONSE"] == (1, 1)
    assert after == before


async def test_what_is_reopened_counts_against_whoever_closed_it_in_the_month_of_the_reopening(
    town: Town, database: str
) -> None:
    case = await town.assigned()
    await town.close(case)
    town.clock.advance(days=40)
    await town.do(cases.ReopenCase(case_id=case, reason="问题仍在"), town.street_officer)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), town.street_officer)
    other: dict[str, Any] = {"tier": Tier.GRID_LEADER, "assignee": str(town.workers[THIRD_GRID])}
    await town.do(cases.AssignCase(case_id=case, **other), town.street_officer)
    period = {"since": "2026-03-01", "until": "2026-05-31", "place": STREET, "measure": ["REWORK"]}

    async with served(database) as serving:
        whole = await at_head(serving.client(), town, **period)
        by_worker = await board(serving.client(), by="WORKER", trend="MONTH", **period)

    def told(lines: list[Any]) -> list[Any]:
        return [(line["since"], line["part"], line["numerator"], line["denominator"]) for line in lines]

    worker = str(town.workers[GRID])
    assert told(whole) == [("2026-03-01", STREET, 1, 1)]
    assert told(by_worker) == [
        ("2026-03-01", worker, 0, 1),
        ("2026-04-01", worker, 1, 1),
        ("2026-05-01", worker, 0, 0),
    ]
    assert by_worker[2]["previousNumerator"] == by_worker[2]["previousDenominator"] == 1
    assert {line["minimumSample"] for line in (*whole, *by_worker)} == {MINIMUM_SAMPLE}


async def at_head(client: Client, town: Town, **given: Any) -> list[Any]:
    """The board, once it has heard of everything."""
    at = await town.log.head()
    await client.read("query ($at: Position) { checkInLeague(atLeast: $at) { id } }", at=at)
    return await board(client, **given)


async def test_figures_are_for_everybody_and_the_cases_behind_them_for_who_sees_them(lived: Lived) -> None:
    nobody, resident = lived.serving.client(), lived.serving.client(Actor("resident-77", Role.RESIDENT, ""))
    elsewhere = lived.serving.client(Actor("staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY))
    asked = {"measure": "OVERNIGHT", "part": "DENOMINATOR", **YEAR}

    everybody = [await board(client, **YEAR) for client in (nobody, resident, elsewhere, lived.auditor)]
    refused = await nobody.fails(CASES, **asked)
    of_actor = await resident.fails(CASES, worker=str(lived.town.workers[GRID]), **asked)
    theirs = (await elsewhere.read(CASES, **asked))["measuredCases"]["nodes"]

    assert all(lines == everybody[0] for lines in everybody)
    assert refused["code"] == "TOKEN_REQUIRED"
    assert of_actor["code"] == "FORBIDDEN"
    there = {str(one.case) for one in lived.told if one.place.startswith(OTHER_COMMUNITY)}
    assert theirs and {case["id"] for case in theirs} <= there
    assert (await resident.read(CASES, **asked))["measuredCases"]["nodes"] == []


async def test_the_parts_of_a_figure_are_found_by_worker_and_department(lived: Lived) -> None:
    client = lived.auditor
    for measure, by, given in (
        ("ACCURATE_DISPATCH", "WORKER", "worker"),
        ("REWORK", "WORKER", "worker"),
        ("CONTAINMENT", "DEPARTMENT", "department"),
        ("ON_TIME_CHECK_IN", "DEPARTMENT", "department"),
    ):
        lines = await board(client, measure=[measure], by=by, **YEAR)
        assert lines
        for line in lines:
            assert line[given]["id"] == line["part"]
            asked = {"measure": measure, "part": "DENOMINATOR", given: line["part"], **YEAR}
            found = (await client.read(CASES, **asked))["measuredCases"]["nodes"]
            assert 0 < len(found) <= line["denominator"]


@pytest.mark.parametrize("name", ["measures", "measuredCases"])
async def test_what_cannot_be_looked_up_is_refused(name: str, lived: Lived) -> None:
    for given, code in (
        ('since: "2026-03-02", until: "2026-03-01"', "BAD_TIME"),
        ('since: "2025-01-01", until: "2026-03-01"', "OUT_OF_RANGE"),
        ('category: "\\u0000"', "BAD_TEXT"),
        ('place: "\\u0000"', "BAD_TEXT"),
        ('after: "nonsense"', "BAD_CURSOR"),
    ):
        argument = "measure: CLOSURE, " if name == "measuredCases" else ""
        error = await lived.auditor.fails(f"{{ {name}({argument}{given}) {{ totalCount nodes {{ id }} }} }}")
        assert error["code"] == code, given


def test_every_definition_is_said_in_both_languages() -> None:
    assert set(DEFINITIONS) == set(Measure)
    for measure, definition in DEFINITIONS.items():
        assert definition.version == 1 and definition.moment in Moment
        for phrase in (definition.numerator, definition.denominator):
            assert phrase.en in measure.description and phrase.zh in measure.description
