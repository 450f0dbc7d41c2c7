"""闭环 How far a case got, where it was settled, whether it stayed overnight: given events, then a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.case import Case, Report
from chuishao.domain.case_events import CaseEvent
from chuishao.domain.division import community_of, street_of
from chuishao.domain.lifecycle import STAGES, Status
from chuishao.domain.loop import (
    MAY_REACH,
    GridStage,
    SettledLevel,
    contained,
    grid_stage,
    night_after,
    nights_between,
    rank,
    settled_level,
)
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Stage, Tier, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.domain.whistle_events import WhistleBlown
from chuishao.projections.cases import CaseRow
from tests.test_projections import (
    DEPARTMENT,
    LEADER,
    OFFICER,
    RESIDENT,
    STAFF,
    an_assigned_case,
    at,
    folded,
    of_cases,
)
from tests.test_projections import given as decided
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, STREET

TIANJIN = timezone(timedelta(hours=8))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def row_of(case: Case, *others: Any) -> CaseRow:
    """The row that the events of a case leave; and those of its whistles that say who leads."""
    events = [one for one in decided(case, *others) if isinstance(one.event, CaseEvent | WhistleBlown)]
    row: CaseRow = folded(of_cases, events)[case.id]
    return row


def a_report(hour: float = 0, grid: str | None = GRID) -> Case:
    report = Report(community=COMMUNITY, grid=grid, category="01001", severity=Severity.MINOR, text="井盖")
    return Case.report(uuid4(), report, RESIDENT, at(hour))


# The loops


def test_a_reported_case_stands_in_the_first_stage_of_both_loops() -> None:
    row = row_of(a_report())

    assert (row.furthest, row.stands, row.grid_stands, row.joint) == (1, 1, 1, False)


def test_a_case_that_is_assigned_stands_where_its_tier_is() -> None:
    low, high = row_of(an_assigned_case()), row_of(an_assigned_case(Tier.MULTI_UNIT))

    assert (low.stands, low.grid_stands, low.joint) == (4, rank(GridStage.TIERED), False)
    assert (high.stands, high.grid_stands, high.joint) == (4, rank(GridStage.JOINT), True)


def test_what_was_once_with_several_units_stays_so_and_what_got_far_stays_far() -> None:
    case = an_assigned_case()
    case.escalate(Tier.MULTI_UNIT, None, "本级无法解决", STAFF, at(4))
    case.return_("重新交办", OFFICER, at(5))

    row = row_of(case)

    assert (row.furthest, row.stands, row.grid_stands, row.joint) == (4, 3, rank(GridStage.FOUND), True)


def test_a_refused_case_stands_in_no_stage() -> None:
    case = a_report()
    case.refuse("不属于本辖区", LEADER, at(1))

    row = row_of(case)

    assert (row.furthest, row.stands, row.grid_stands) == (1, 0, 0)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("tier", [None, *Tier])
def test_the_two_loops_know_the_same_cases(status: Status, tier: Tier | None) -> None:
    stage, of_grid = STAGES[status], grid_stage(status, tier)

    assert (stage is None) is (of_grid is None)
    assert (stage is Stage.FEEDBACK) is (of_grid is GridStage.SUPERVISED)
    assert (stage is Stage.ASSIGNED) is (of_grid in (GridStage.TIERED, GridStage.JOINT))


# Where it was settled


def settled(tier: Tier, grid: str | None = GRID) -> str | None:
    """The level at which a case of a tier is settled."""
    case = a_report(grid=grid)
    case.accept(None, STAFF, at(1))
    case.assess("01001", Severity.MINOR, None, None, STAFF, at(2))
    case.assign(tier, None, None, STAFF, at(3))
    if tier is Tier.ON_SPOT:
        case.resolve_on_spot("已处理", LEADER, at(4))
    else:
        by = {Tier.GRID_LEADER: LEADER, Tier.DELIBERATION: STAFF, Tier.MULTI_UNIT: OFFICER}[tier]
        case.resolve("已处理", by, at(4))
    return row_of(case).settled


@pytest.mark.parametrize(
    ("tier", "grid", "level"),
    [
        (Tier.ON_SPOT, GRID, "GRID"),
        (Tier.ON_SPOT, None, "COMMUNITY"),
        (Tier.GRID_LEADER, GRID, "GRID"),
        (Tier.GRID_LEADER, None, "COMMUNITY"),
        (Tier.DELIBERATION, GRID, "COMMUNITY"),
        (Tier.MULTI_UNIT, GRID, "STREET"),
    ],
)
def test_a_case_is_settled_at_the_level_of_the_place_that_answers_for_it(
    tier: Tier, grid: str | None, level: str
) -> None:
    assert settled(tier, grid) == level


@pytest.mark.parametrize(("lead", "level"), [(None, "STREET"), (DEPARTMENT, "BEYOND")])
def test_what_takes_a_whistle_is_settled_by_whoever_leads(lead: UUID | None, level: str) -> None:
    case = an_assigned_case(Tier.MULTI_UNIT)
    whistle = Whistle.blow(uuid4(), case.id, STREET, uuid4(), a_call(lead), OFFICER, at(4))
    case.blow(whistle.id, WhistleKind.ROUTINE, LinkageMechanism.RAPID_SERVICE, OFFICER, at(4))
    case.resolve_by_whistle("已处理", OFFICER, at(5))

    row = row_of(case, whistle)

    assert (row.settled, row.lead) == (level, None)


@pytest.mark.parametrize("lead", [None, DEPARTMENT])
def test_who_led_a_whistle_that_was_withdrawn_settles_nothing(lead: UUID | None) -> None:
    case = an_assigned_case(Tier.MULTI_UNIT)
    whistle = Whistle.blow(uuid4(), case.id, STREET, uuid4(), a_call(lead), OFFICER, at(4))
    case.blow(whistle.id, WhistleKind.ROUTINE, LinkageMechanism.RAPID_SERVICE, OFFICER, at(4))
    case.withdraw_whistle("无需联动", OFFICER, at(5))
    case.resolve("已处理", OFFICER, at(6))

    row = row_of(case, whistle)

    assert (row.lead, row.settled) == (None, "STREET")


def a_call(lead: UUID | None) -> Call:
    mechanism = LinkageMechanism.RAPID_SERVICE
    return Call(
        kind=WhistleKind.ROUTINE, linkage=mechanism, grounds="联动", departments=[DEPARTMENT], lead=lead
    )


def test_what_fails_verification_or_is_reopened_is_settled_no_more() -> None:
    failed, reopened = an_assigned_case(), an_assigned_case()
    for case in (failed, reopened):
        case.resolve_on_spot("已处理", LEADER, at(4))
    failed.fail_verification("未解决", STAFF, at(5))
    reopened.verify(None, STAFF, at(5))
    reopened.reopen("问题仍在", STAFF, at(6))

    assert row_of(failed).settled is None
    again = row_of(reopened)
    assert (again.settled, again.stands, again.furthest) == (None, rank(Stage.ACCEPTED), rank(Stage.FEEDBACK))


@forall(st.sampled_from(Severity), st.sampled_from(SettledLevel))
def test_a_graver_case_may_reach_at_least_as_far_and_whatever_is_contained_is_so_below(
    severity: Severity, level: SettledLevel
) -> None:
    levels, severities = list(SettledLevel), list(Severity)
    below = levels[: levels.index(level) + 1]

    if contained(severity, level):
        assert all(contained(severity, lower) for lower in below)
        assert all(contained(graver, level) for graver in severities[severities.index(severity) :])
    assert contained(severity, level) is (level in levels[: levels.index(MAY_REACH[severity]) + 1])
    assert contained(Severity.CRITICAL, level)


@forall(st.integers(1, 999), st.booleans())
def test_a_level_is_that_of_the_holder_unless_somebody_came_from_beyond(number: int, led: bool) -> None:
    grid = f"{OTHER_COMMUNITY}-G{number:03d}"
    places = (grid, community_of(grid), street_of(grid))

    found = [settled_level(place, led_beyond=led) for place in places]

    assert found == ([SettledLevel.BEYOND] * 3 if led else list(SettledLevel)[:3])
    assert places[-1] == STREET


# The night


def test_what_is_accepted_on_the_day_of_its_report_did_not_stay_overnight() -> None:
    case = a_report(hour=14.9)  # 23:54 in Tianjin
    case.accept(None, STAFF, at(14.99))

    row = row_of(case)

    assert row.night_at == datetime(2026, 3, 3, tzinfo=TIANJIN)
    assert row.taken_up_at is not None and row.taken_up_at < row.night_at


def test_what_is_accepted_after_midnight_stayed_overnight_and_what_follows_changes_nothing() -> None:
    case = a_report(hour=14.9)
    case.accept(None, STAFF, at(15))  # midnight itself
    case.assess("01001", Severity.MINOR, None, None, STAFF, at(40))

    row = row_of(case)

    assert (row.night_at, row.taken_up_at) == (at(15), at(15))


@pytest.mark.parametrize("how", ["refuse", "mark_duplicate"])
def test_a_refusal_and_a_duplicate_are_answers_too(how: str) -> None:
    case = a_report()
    if how == "refuse":
        case.refuse("不属于本辖区", LEADER, at(1))
    else:
        case.mark_duplicate(a_report(), LEADER, at(1))

    assert row_of(case).taken_up_at == at(1)


@forall(moments)
def test_a_day_ends_at_the_next_local_midnight(found_at: datetime) -> None:
    night = night_after(found_at)

    assert found_at < night <= found_at + timedelta(days=1)
    assert (night.astimezone(TIANJIN).hour, night.astimezone(TIANJIN).minute) == (0, 0)
    assert nights_between(found_at, night) == 1
    assert nights_between(found_at, night - timedelta(microseconds=1)) == 0


@forall(moments, moments)
def test_it_stays_overnight_from_its_midnight_on_and_not_before(found_at: datetime, moment: datetime) -> None:
    assert (nights_between(found_at, moment) > 0) is (moment >= night_after(found_at))
