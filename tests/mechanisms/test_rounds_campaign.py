"""敲门到户，排查到人 A campaign is closed when every household of every grid has an outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.event import PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadTime, OutOfRange, Refusal, TextEmpty
from chuishao.domain.rounds import campaign_events as facts
from chuishao.domain.rounds.campaign import GridScreening, ScreeningCampaign, screening_id
from chuishao.domain.rounds.household import household_subject
from chuishao.domain.rounds.refusals import (
    CampaignOver,
    GridsRequired,
    HouseholdsOutstanding,
    NobodyMet,
)
from chuishao.domain.rounds.terms import VisitOutcome
from tests.given import MINUTE, decided_by, event, given, later, when_made
from tests.town import COMMUNITY, GRID, OTHER_GRID, START

CAMPAIGN, PERSON = identify("campaign", 1), identify("person", 1)
MET, ABSENT = VisitOutcome.MET, VisitOutcome.ABSENT


def a_campaign(*grids: str) -> ScreeningCampaign:
    return ScreeningCampaign.open(CAMPAIGN, COMMUNITY, " 入户排查 ", grids, START)


def a_screening(households: int = 3) -> GridScreening:
    return GridScreening.begin(CAMPAIGN, GRID, households, START)


def finish(grid: str = GRID) -> Callable[[ScreeningCampaign], None]:
    return lambda campaign: campaign.finish(grid, later(campaign))


def close(campaign: ScreeningCampaign) -> None:
    campaign.close(later(campaign))


def visit(
    household: int = 1, outcome: VisitOutcome = MET, finding: str | None = None
) -> Callable[[GridScreening], None]:
    return lambda screening: screening.visit(household, outcome, finding, later(screening))


def screen(
    household: int = 1, finding: str = "已登记", person: UUID | None = None
) -> Callable[[GridScreening], None]:
    return lambda screening: screening.screen(household, finding, person, later(screening))


def test_a_campaign_covers_each_of_its_grids_once() -> None:
    campaign = when_made(lambda: a_campaign(GRID, OTHER_GRID, GRID)).then(
        event(facts.CampaignOpened, place=COMMUNITY, name="入户排查", grids=[GRID, OTHER_GRID])
    )
    assert (campaign.place, campaign.correlation) == (COMMUNITY, CAMPAIGN)
    when_made(a_campaign).refused(GridsRequired)


def test_a_campaign_is_extended_by_what_is_new() -> None:
    done = given(a_campaign(GRID)).when(lambda one: one.extend([GRID, OTHER_GRID, OTHER_GRID], later(one)))
    done.then(event(facts.CampaignExtended, grids=[OTHER_GRID]))
    assert done.answer == [OTHER_GRID]
    given(a_campaign(GRID)).when(lambda one: one.extend([GRID], later(one))).then()


def test_a_campaign_is_closed_when_every_grid_is_finished() -> None:
    both = a_campaign(GRID, OTHER_GRID)
    given(both, finish()).when(close).refused(HouseholdsOutstanding, count=1, grids=[OTHER_GRID])
    given(a_campaign(GRID), finish()).when(finish()).then()
    given(a_campaign(GRID), finish()).when(close).then(event(facts.CampaignClosed))


def test_a_campaign_does_without_a_grid_that_was_retired() -> None:
    both = a_campaign(GRID, OTHER_GRID)
    drop = lambda campaign: campaign.drop(OTHER_GRID, later(campaign))  # noqa: E731
    given(both, finish()).when(drop).then(event(facts.CampaignGridDropped, grid=OTHER_GRID))
    given(both, finish(), drop).when(drop).then()
    given(both, finish(), drop).when(close).then(event(facts.CampaignClosed))


@pytest.mark.parametrize("order", [(10, 5), (5, 10)])
def test_a_campaign_is_closed_after_its_last_door_in_whichever_order_they_were_told(
    order: tuple[int, int],
) -> None:
    days = [START + timedelta(days=number) for number in order]
    done = a_campaign(GRID, OTHER_GRID)
    for grid, at in zip((GRID, OTHER_GRID), days, strict=True):
        done.finish(grid, at)
    given(done).when(lambda campaign: campaign.close(START + timedelta(days=9))).refused(BadTime)
    given(done).when(lambda campaign: campaign.close(max(days))).then(event(facts.CampaignClosed))


def test_nothing_follows_the_close_of_a_campaign() -> None:
    closed = (finish(), close)
    given(a_campaign(GRID), *closed).when(close).refused(CampaignOver, name="入户排查")
    given(a_campaign(GRID), *closed).when(lambda one: one.extend([OTHER_GRID], later(one))).refused(
        CampaignOver
    )
    given(a_campaign(GRID)).when(lambda one: one.require_open(START - MINUTE)).refused(BadTime)


def test_a_grid_has_each_of_its_households_to_do() -> None:
    screening = when_made(a_screening).then(
        event(facts.GridScreeningBegun, campaign=CAMPAIGN, grid=GRID, households=3)
    )
    assert (screening.id, screening.place) == (screening_id(CAMPAIGN, GRID), GRID)
    assert (screening.outstanding, screening.correlation) == (3, CAMPAIGN)


def test_a_knock_has_an_outcome_and_its_words_belong_to_the_household() -> None:
    done = given(a_screening()).when(visit(2, finding="一人在家"))
    done.then(event(facts.HouseholdVisited, household=2, outcome="MET", finding="一人在家"))
    assert vars(done.events[0])["finding"] == PersonalText(household_subject(GRID, 2), "一人在家")


@pytest.mark.parametrize("outcome", VisitOutcome)
def test_every_outcome_settles_a_household_but_a_shut_door(outcome: VisitOutcome) -> None:
    screening = given(a_screening(), visit(1, outcome)).aggregate
    assert screening.outstanding == (3 if outcome is ABSENT else 2)


@pytest.mark.parametrize("household", [0, 4, -1])
def test_only_households_of_the_grid_are_visited(household: int) -> None:
    given(a_screening()).when(visit(household)).refused(OutOfRange, value=household)
    given(a_screening()).when(screen(household)).refused(OutOfRange, value=household)
    given(a_screening()).when(lambda one: one.visit(1, MET, None, START - MINUTE)).refused(BadTime)


def test_somebody_is_screened_where_somebody_was_met_and_nothing_of_it_is_plain() -> None:
    done = given(a_screening(), visit()).when(screen(finding="需要帮扶", person=PERSON))
    done.then(event(facts.PersonScreened, household=1, finding="需要帮扶"))
    (screened,) = done.events
    assert vars(screened)["finding"] == PersonalText(PERSON, "需要帮扶")
    plain = {name for name, value in vars(screened).items() if not isinstance(value, PersonalText)}
    assert plain - {"originator_id", "originator_version", "timestamp"} == {"household"}
    (unknown,) = given(a_screening(), visit()).when(screen()).events
    assert vars(unknown)["finding"].subject == household_subject(GRID, 1)


@pytest.mark.parametrize("outcome", [None, ABSENT, VisitOutcome.REFUSED, VisitOutcome.VACANT])
def test_nobody_is_screened_where_nobody_was_met(outcome: VisitOutcome | None) -> None:
    past = [visit(1, outcome)] if outcome else []
    given(a_screening(), *past).when(screen()).refused(NobodyMet, household=1)
    given(a_screening(), visit()).when(screen(finding=" ")).refused(TextEmpty)


VISITS = st.lists(
    st.tuples(st.sampled_from([GRID, OTHER_GRID]), st.integers(0, 5), st.sampled_from(VisitOutcome))
)


@forall(VISITS)
def test_a_campaign_can_be_closed_exactly_when_every_household_has_an_outcome(
    visits: list[tuple[str, int, VisitOutcome]],
) -> None:
    campaign = a_campaign(GRID, OTHER_GRID)
    households = {GRID: 4, OTHER_GRID: 2}
    screenings = {grid: GridScreening.begin(CAMPAIGN, grid, n, START) for grid, n in households.items()}
    settled: set[tuple[str, int]] = set()
    at = START
    for grid, household, outcome in visits:
        at += timedelta(minutes=1)
        left = screenings[grid].outstanding
        try:
            screenings[grid].visit(household, outcome, None, at)
        except OutOfRange:
            assert not 1 <= household <= households[grid]
            continue
        if outcome is not ABSENT:
            settled.add((grid, household))
        assert screenings[grid].outstanding <= left, "no outcome is ever lost"
        if not screenings[grid].outstanding:
            campaign.finish(grid, at)
    for grid, number in households.items():
        done = sum(1 for where, _ in settled if where == grid)
        assert screenings[grid].outstanding == number - done
    every = len(settled) == sum(households.values())
    try:
        campaign.close(at)
    except HouseholdsOutstanding:
        assert not every
    else:
        assert every
    finished = [each.grid for each in decided_by(campaign) if isinstance(each, facts.CampaignGridFinished)]
    assert len(finished) == len(set(finished))


def test_a_refused_visit_changes_nothing() -> None:
    screening = a_screening()
    with pytest.raises(Refusal):
        visit(9)(screening)
    assert screening.version == 1
