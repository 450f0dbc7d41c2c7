"""The boards over cases equal a slow recount from the events of random histories, and their counts add up."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.commands import whistles
from chuishao.domain.case import Case
from chuishao.domain.case_events import CaseClosed, CaseReported, CaseResolved, ResolvedOnSpot
from chuishao.domain.event import fold
from chuishao.domain.lifecycle import Status
from chuishao.domain.loop import GridStage, SettledLevel
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Stage, Tier, WhistleKind
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections import loops
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from tests.conftest import copy_of_template
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, START, STREET, THIRD_GRID, Town, make_town
from tests.wandering import Wanderer

TIANJIN = timezone(timedelta(hours=8))
DONE = {Status.RESOLVED, Status.VERIFIED, Status.CLOSED}
STAGE_OF = {
    Status.REPORTED: 1, Status.ACCEPTED: 2, Status.ASSESSED: 3, Status.ASSIGNED: 4, Status.WHISTLED: 4,
    Status.RESOLVED: 5, Status.VERIFIED: 5, Status.CLOSED: 5,
}  # fmt: skip
GRID_STAGE_OF = {1: 1, 2: 2, 3: 2, 4: 3, 5: 5}


@dataclass
class Told:
    """What the events of one case say, read one after the other."""

    case: Case
    found_at: datetime
    was_reported: bool
    answered_at: datetime | None = None
    stages: set[int] | None = None
    joint: bool = False
    level: SettledLevel | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def stands(self) -> int:
        return STAGE_OF.get(self.case.status, 0)

    @property
    def stands_in_grid_loop(self) -> int:
        joint = self.stands == 4 and self.case.tier is Tier.MULTI_UNIT
        return 4 if joint else GRID_STAGE_OF.get(self.stands, 0)

    def reached_in_grid_loop(self, stage: int) -> bool:
        assert self.stages is not None
        furthest = max(self.stages)
        return [True, furthest >= 2, furthest >= 4, self.joint, furthest >= 5][stage - 1]

    def stayed(self, now: datetime) -> bool:
        """Whether its answer, or the present moment, lies on a later local day than the finding."""
        until = self.answered_at or now
        later = until.astimezone(TIANJIN).date() > self.found_at.astimezone(TIANJIN).date()
        return self.was_reported and later


def told(events: list[Any], leads: dict[UUID | None, UUID | None]) -> Told:
    """Read the events of a case, looking at the case after each of them, and at who led its whistles."""
    case: Case = fold(events[:1])
    found = Told(case, events[0].timestamp, isinstance(events[0], CaseReported), stages={1})
    for event in events:
        if event is not events[0]:
            holder = case.holder or ""
            case = fold([event], case)
            if isinstance(event, ResolvedOnSpot | CaseResolved):
                beyond = isinstance(event, CaseResolved) and leads.get(event.whistle) is not None
                by_length = {9: SettledLevel.STREET, 12: SettledLevel.COMMUNITY}
                level = by_length.get(len(holder), SettledLevel.GRID)
                found.level = SettledLevel.BEYOND if beyond else level
                found.resolved_at = event.timestamp
            if isinstance(event, CaseClosed):
                found.closed_at = event.timestamp
        assert found.stages is not None
        found.stages.add(STAGE_OF.get(case.status, 0))
        found.joint = found.joint or case.tier is Tier.MULTI_UNIT
        if found.answered_at is None and case.status is not Status.REPORTED:
            found.answered_at = event.timestamp
    found.case = case
    if case.status not in DONE:
        found.level = found.resolved_at = None
    if case.status is not Status.CLOSED:
        found.closed_at = None
    return found


@dataclass
class Lived:
    """A town with a past, and what its events tell."""

    town: Town
    cases: list[Told]


@pytest.fixture(scope="module", params=[2, 7])
async def lived(request: pytest.FixtureRequest, template: str) -> AsyncIterator[Lived]:
    """Two towns in which much has happened."""
    pool = await open_pool(await copy_of_template(template), size=4)
    town = await make_town(EventLog(pool))
    await Wanderer(town, random.Random(request.param)).walk(800)
    for _ in range(2):
        await led_by_a_department(town)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    leads: dict[UUID | None, UUID | None] = {
        id_: fold(await town.log.stream(id_)).lead for id_ in await streams(town, "whistle")
    }
    cases = [told(list(await town.log.stream(id_)), leads) for id_ in await streams(town, "case")]
    yield Lived(town, cases)
    await pool.close()


async def streams(town: Town, category: str) -> list[UUID]:
    """The streams of a category."""
    return [
        row["id"] for row in await town.log.pool.fetch("SELECT id FROM stream WHERE category = $1", category)
    ]


async def led_by_a_department(town: Town) -> None:
    """A case that a department settled, which led what it was summoned to."""
    case, department = await town.assigned(Tier.MULTI_UNIT, Severity.MAJOR), town.departments[0]
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.TACKLING,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门牵头",
        department_ids=[department],
        lead_id=department,
    )
    whistle = (await town.do(blow, town.street_officer)).id
    of: dict[str, Any] = {"whistle_id": whistle, "department_id": department}
    for step in (whistles.SignSummons(**of), whistles.CheckIn(**of)):
        await town.do(step, town.officer())
    await town.do(whistles.AnswerSummons(**of, result="已处置"), town.officer())
    await town.do(whistles.ResolveWhistle(whistle_id=whistle, result="已办结"), town.street_officer)


places = st.sampled_from(
    ["", "12", "120101", "1201010", STREET, COMMUNITY, OTHER_COMMUNITY, GRID, THIRD_GRID]
)
days = st.integers(-1, 60).map(lambda number: START.date() + timedelta(days=number))
periods = st.tuples(days, days).map(lambda pair: (min(pair), max(pair))) | st.just(
    (START.date() - timedelta(days=30), START.date() + timedelta(days=300))
)


async def lines(lived: Lived, query: str, place: str, period: tuple[date, date], *more: Any) -> list[Any]:
    """The lines of a board, in order."""
    since, until = period
    begin, end = (datetime.combine(day, time(), TIANJIN) for day in (since, until + timedelta(days=1)))
    ordered = f"SELECT * FROM ({query}) t ORDER BY rank"
    return await lived.town.log.pool.fetch(ordered, place, begin, end, since, until, *more)


def within(moment: datetime | None, period: tuple[date, date]) -> bool:
    return moment is not None and period[0] <= moment.astimezone(TIANJIN).date() <= period[1]


def test_the_histories_say_something(lived: Lived) -> None:
    levels = {one.level for one in lived.cases if one.level}
    assert len(lived.cases) > 15
    assert {one.case.severity for one in lived.cases} == set(Severity)
    assert len(levels) >= 3 and SettledLevel.BEYOND in levels
    assert any(one.stayed(START) for one in lived.cases) and any(not one.stayed(START) for one in lived.cases)


@settings(max_examples=40)
@forall(place=places, period=periods)
async def test_the_containment_board_equals_a_recount_and_adds_up(
    lived: Lived, place: str, period: tuple[date, date]
) -> None:
    board = await lines(lived, loops.CONTAINMENT, place, period, loops.SEVERITIES, loops.LEVELS)
    there = [one for one in lived.cases if one.case.place.startswith(place)]

    assert [(line["severity"], line["level"]) for line in board] == [
        (severity, level) for severity in Severity for level in SettledLevel
    ]
    for line in board:
        alike = [one for one in there if one.case.severity == line["severity"]]
        closed = [one for one in alike if within(one.closed_at, period)]
        resolved = [one for one in alike if within(one.resolved_at, period)]
        assert line["closed"] == sum(one.level == line["level"] for one in closed)
        assert line["resolved"] == sum(one.level == line["level"] for one in resolved)
        assert (line["closed_in_all"], line["resolved_in_all"]) == (len(closed), len(resolved))
    for severity in Severity:
        of_it = [line for line in board if line["severity"] == severity]
        for what in ("closed", "resolved"):
            counts = [line[what] for line in of_it]
            assert [line[f"{what}_up_to"] for line in of_it] == [sum(counts[: n + 1]) for n in range(4)]
            assert {line[f"{what}_in_all"] for line in of_it} == {sum(counts)}


@settings(max_examples=40)
@forall(place=places, period=periods)
async def test_the_funnels_equal_a_recount_and_add_up(
    lived: Lived, place: str, period: tuple[date, date]
) -> None:
    issues = await lines(lived, loops.ISSUE_LOOP, place, period, loops.STAGES)
    grids = await lines(lived, loops.GRID_LOOP, place, period, loops.GRID_STAGES)
    found = [one for one in lived.cases if one.case.place.startswith(place) and within(one.found_at, period)]

    assert [line["stage"] for line in issues] == list(Stage)
    assert [line["stage"] for line in grids] == list(GridStage)
    for line in issues:
        assert line["reached"] == sum(max(one.stages or {0}) >= line["rank"] for one in found)
        assert line["standing"] == sum(one.stands == line["rank"] for one in found)
    for line in grids:
        assert line["reached"] == sum(one.reached_in_grid_loop(line["rank"]) for one in found)
        assert line["standing"] == sum(one.stands_in_grid_loop == line["rank"] for one in found)
    for funnel in (issues, grids):
        assert {line["cases"] for line in funnel} == {len(found)} == {funnel[0]["reached"]}
        assert sum(line["standing"] for line in funnel) + funnel[0]["gone"] == len(found)
        assert all(line["reached"] >= line["standing"] for line in funnel)
    reached = [line["reached"] for line in issues]
    assert reached == sorted(reached, reverse=True)


@settings(max_examples=40)
@forall(place=places, period=periods, hours=st.integers(0, 24 * 60))
async def test_what_stayed_overnight_equals_a_recount_and_the_places_below_add_up(
    lived: Lived, place: str, period: tuple[date, date], hours: int
) -> None:
    now = lived.town.clock.now + timedelta(hours=hours)
    below = next((digits for digits in (2, 6, 9, 12) if digits > len(place)), 64)
    whole, *parts = await lines(lived, loops.OVERNIGHT, place, period, below, now)
    found = [
        one
        for one in lived.cases
        if one.was_reported and one.case.place.startswith(place) and within(one.found_at, period)
    ]

    assert (whole["place"], whole["below"]) == (place, False)
    for line in (whole, *parts):
        there = [one for one in found if not line["below"] or one.case.place[:below] == line["place"]]
        late = [one for one in there if one.stayed(now)]
        assert (line["found"], line["overnight"]) == (len(there), len(late))
        assert line["waiting"] == sum(one.answered_at is None for one in late)
    for what in ("found", "overnight", "waiting"):
        assert sum(part[what] for part in parts) == whole[what]
    assert all(part["place"].startswith(place) and part["below"] for part in parts)
