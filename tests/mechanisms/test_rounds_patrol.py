"""巡查走访 A patrol stays in its grid, is told by whoever walks it, and ends once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.event import PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadTime, OutOfRange, Refusal
from chuishao.domain.rounds import patrol as facts
from chuishao.domain.rounds.household import household_subject
from chuishao.domain.rounds.patrol import Patrol
from chuishao.domain.rounds.refusals import OthersPatrol, PatrolOver
from chuishao.domain.rounds.terms import VisitOutcome
from tests.given import LEADER, MINUTE, WORKER, decided_by, event, given, later, when_made
from tests.town import GRID, START

PATROL = identify("patrol", 1)
Decision = Callable[[Patrol], None]


def a_patrol(households: int = 300) -> Patrol:
    """A worker sets out."""
    return Patrol.start(PATROL, GRID, households, WORKER, START)


def visit(
    household: int = 7,
    outcome: VisitOutcome = VisitOutcome.MET,
    finding: str | None = None,
    by: Actor = WORKER,
    at: datetime | None = None,
) -> Decision:
    return lambda patrol: patrol.visit(household, outcome, finding, by, at or later(patrol))


def finish(by: Actor = WORKER, at: datetime | None = None) -> Decision:
    return lambda patrol: patrol.finish(by, at or later(patrol))


def test_a_patrol_starts_in_a_grid_with_its_households() -> None:
    patrol = when_made(a_patrol).then(event(facts.PatrolStarted, grid=GRID, households=300, by=WORKER.id))
    assert (patrol.place, patrol.correlation) == (GRID, PATROL)


def test_a_visit_says_what_came_of_the_knock_and_its_words_belong_to_the_household() -> None:
    done = given(a_patrol()).when(visit(finding="楼道堆物"))
    done.then(event(facts.VisitLogged, household=7, outcome="MET", finding="楼道堆物"))
    (logged,) = done.events
    assert vars(logged)["finding"] == PersonalText(household_subject(GRID, 7), "楼道堆物")
    given(a_patrol()).when(visit(finding=" ")).then(event(facts.VisitLogged, finding=None))


def test_a_door_is_knocked_at_again() -> None:
    given(a_patrol(), visit(outcome=VisitOutcome.ABSENT)).when(visit()).then(
        event(facts.VisitLogged, household=7, outcome="MET")
    )


@pytest.mark.parametrize("household", [0, -1, 301])
def test_a_visit_is_to_a_household_of_the_grid(household: int) -> None:
    given(a_patrol()).when(visit(household)).refused(OutOfRange, value=household, low=1, high=300)


def test_only_who_walks_a_patrol_tells_it() -> None:
    given(a_patrol()).when(visit(by=LEADER)).refused(OthersPatrol, by=WORKER.id)
    given(a_patrol()).when(finish(by=LEADER)).refused(OthersPatrol)
    given(a_patrol(), finish()).when(finish(by=LEADER)).refused(OthersPatrol)


def test_a_patrol_finishes_once_and_nothing_follows() -> None:
    given(a_patrol(), visit()).when(finish()).then(event(facts.PatrolFinished))
    given(a_patrol(), finish()).when(finish()).then()
    given(a_patrol(), finish()).when(visit()).refused(PatrolOver)


def test_what_happens_on_a_patrol_happens_in_order() -> None:
    before = START - MINUTE
    given(a_patrol()).when(visit(at=before)).refused(BadTime)
    given(a_patrol(), visit(at=START + 5 * MINUTE)).when(finish(at=START + MINUTE)).refused(BadTime)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["visit", "finish"]),
        st.integers(-1, 6),
        st.sampled_from(VisitOutcome),
        st.sampled_from([WORKER, LEADER]),
        st.integers(-2, 30),
    ),
    max_size=20,
)


@forall(STEPS)
def test_whatever_is_tried_a_patrol_is_told_in_order_by_one_person_and_ends_once(
    steps: list[tuple[str, int, VisitOutcome, Actor, int]],
) -> None:
    patrol = a_patrol(households=4)
    for step, household, outcome, by, minutes in steps:
        at = START + timedelta(minutes=minutes)
        before = (patrol.version, patrol.finished_at)
        try:
            visit(household, outcome, by=by, at=at)(patrol) if step == "visit" else finish(by, at)(patrol)
        except Refusal:
            assert (patrol.version, patrol.finished_at) == before
        else:
            assert by is WORKER
    events = decided_by(patrol)
    times = [happened.timestamp for happened in events]
    assert times == sorted(times)
    kinds = [type(happened) for happened in events]
    assert facts.PatrolFinished not in kinds[:-1]
    assert all(1 <= each.household <= 4 for each in events if isinstance(each, facts.VisitLogged))
