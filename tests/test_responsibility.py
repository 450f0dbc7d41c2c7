"""责任链 Who answered for a case at any moment: given its history, then its chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.case import Case
from chuishao.domain.lifecycle import OPEN, Status
from chuishao.domain.summons import SummonsState
from chuishao.domain.vocabulary import LinkageMechanism, Tier, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.projections import history
from chuishao.projections.chain import Chain
from chuishao.projections.policybook import PolicyBook
from chuishao.projections.responsibility import chain
from tests.coursed import Course, a_course
from tests.given import (
    CASE,
    OTHER_STAFF,
    POLICE,
    POLICE_OFFICER,
    POLICY,
    RESIDENT,
    STAFF,
    STREET_OFFICER,
    WHISTLE,
    WORKER,
    WORKS,
    a_case,
    accept,
    an_accepted_case,
    ask_suspension,
    assess,
    assign,
    close,
    decide_request,
    escalate,
    fail_verification,
    mark_duplicate,
    refuse,
    reopen,
    resolve_on_spot,
    resume,
    return_,
    verify,
)
from tests.town import GRID, START, STREET

HOUR = timedelta(hours=1)
BOOK = PolicyBook(((0, POLICY),))


def at(hours: float) -> datetime:
    """So many hours after the report, which is on a Monday at nine."""
    return START + hours * HOUR


def given(*told: tuple[float, Actor, Callable[[Case], object]]) -> Course:
    """A reported case to which these decisions happened, each so many hours after the report."""
    course = Course(a_case())
    course.record(RESIDENT, course.case)
    for _hours, by, decide in told:
        decide(course.case)
        course.record(by, course.case)
    return course


def chain_of(course: Course, hours: float) -> Chain:
    found = chain(course.events, at(hours), BOOK)
    assert found is not None
    return found


def taken(to_tier: Tier = Tier.ON_SPOT, assignee: str | None = None) -> list[Any]:
    """Accepted after one hour, assessed after two, assigned after three."""
    return [
        (1, STAFF, accept(at=at(1))),
        (2, STAFF, assess(at=at(2))),
        (3, STAFF, assign(to_tier, assignee=assignee, at=at(3))),
    ]


def test_before_its_report_there_is_no_chain() -> None:
    assert chain(given().events, at(-1), BOOK) is None
    assert chain([], at(1), BOOK) is None


def test_who_held_it_since_when_until_when_and_in_which_role() -> None:
    course = given(
        *taken(assignee=WORKER.id),
        (5, WORKER, escalate(Tier.MULTI_UNIT, by=WORKER, at=at(5))),
        (6, STREET_OFFICER, return_(by=STREET_OFFICER, at=at(6))),
    )
    found = chain_of(course, 8)
    assert [(one.holder, one.tier, one.since, one.until) for one in found.spells] == [
        (GRID, None, at(0), at(3)),
        (GRID, "ON_SPOT", at(3), at(5)),
        (STREET, "MULTI_UNIT", at(5), at(6)),
        (GRID, None, at(6), None),
    ]
    worker, street = found.spells[1:3]
    assert (worker.assignee, worker.role, worker.unit) == (WORKER.id, "GRID_WORKER", GRID)
    assert (street.assignee, street.role, street.unit) == (None, "STREET_OFFICER", STREET)
    assert found.held_by == found.spells[-1]
    assert [(one.holder, one.spells, one.seconds) for one in found.totals] == [
        (GRID, 3, 7 * 3600),
        (STREET, 1, 3600),
    ]


def test_a_step_that_hands_the_case_on_belongs_to_whoever_had_it() -> None:
    course = given(*taken(), (5, WORKER, escalate(Tier.MULTI_UNIT, by=WORKER, at=at(5))))
    found = chain_of(course, 6)
    assert [[step.type for step in spell.steps] for spell in found.spells] == [
        ["CaseReported", "CaseAccepted", "SeverityGraded", "CaseAssigned"],
        ["CaseEscalated"],
        [],
    ]
    assert [step.position for step in found.steps] == [one.position for one in course.events]


def test_each_step_has_the_limit_that_held_when_it_was_taken() -> None:
    course = given(*taken())
    found = chain_of(course, 400)
    assert [(one.status, one.rule, one.overdue) for one in found.limits] == [
        ("REPORTED", "accept", False),
        ("ACCEPTED", "assess", False),
        ("ASSESSED", "assign", False),
        ("ASSIGNED", "handle-on-spot", True),
    ]
    assert found.spells[-1].due_at == found.limits[-1].due_at
    assert found.spells[-1].overdue


def test_time_is_counted_of_the_clock_and_as_the_limit_counts() -> None:
    found = chain_of(given(*taken(Tier.DELIBERATION)), 3 + 7 * 24)
    spell = found.spells[-1]
    assert spell.seconds == 7 * 24 * 3600
    (counted,) = spell.counted
    assert counted.unit == found.limits[-1].unit
    assert 0 < counted.seconds < spell.seconds


def test_while_the_clock_stands_nothing_counts_and_nothing_is_overdue() -> None:
    suspended = [
        *taken(),
        (4, WORKER, ask_suspension(at=at(4))),
        (4, STAFF, decide_request(at=at(4))),
    ]
    standing = chain_of(given(*suspended), 4 + 1000)
    assert standing.limits[-1].still == ((at(4), at(1004)),)
    assert (standing.limits[-1].due_at, standing.limits[-1].overdue) == (None, False)
    before = chain_of(given(*taken()), 4).spells[-1].counted
    assert standing.spells[-1].counted == before
    going_on = chain_of(given(*suspended, (1004, WORKER, resume(at=at(1004)))), 1005)
    assert going_on.limits[-1].still == ((at(4), at(1004)),)
    assert [one.state for one in going_on.requests] == ["REQUEST_GRANTED"]


def test_the_first_receiver_is_who_answered_the_report_and_it_is_told_whether_it_came_back() -> None:
    course = given((1, OTHER_STAFF, accept(by=OTHER_STAFF, at=at(1))))
    first = chain_of(course, 2).first_receiver
    assert first is not None
    assert (first.step.type, first.step.actor, first.holder) == ("CaseAccepted", OTHER_STAFF.id, GRID)
    assert not first.came_back
    assert chain_of(given(), 1).first_receiver is None
    refused = given((1, STAFF, refuse(at=at(1))), (9, RESIDENT, reopen(at=at(9))))
    again = chain_of(refused, 10).first_receiver
    assert again is not None
    assert (again.step.type, again.came_back) == ("CaseRefused", True)


def resolved() -> list[Any]:
    """Resolved on the spot after four hours, verified after five."""
    return [
        *taken(),
        (4, WORKER, resolve_on_spot(at=at(4))),
    ]


def test_a_failed_verification_is_laid_to_who_resolved() -> None:
    course = given(*resolved(), (5, STAFF, fail_verification(at=at(5))))
    (setback,) = chain_of(course, 6).setbacks
    assert (setback.step.type, setback.step.at) == ("VerificationFailed", at(5))
    assert [(one.type, one.actor) for one in setback.laid_to] == [("ResolvedOnSpot", WORKER.id)]


def test_a_reopening_is_laid_to_who_resolved_and_to_who_closed() -> None:
    course = given(
        *resolved(),
        (5, STAFF, verify(at=at(5))),
        (6, OTHER_STAFF, close(by=OTHER_STAFF, at=at(6))),
        (30, RESIDENT, reopen(at=at(30))),
    )
    found = chain_of(course, 40)
    (setback,) = found.setbacks
    assert [(one.type, one.actor) for one in setback.laid_to] == [
        ("ResolvedOnSpot", WORKER.id),
        ("CaseClosed", OTHER_STAFF.id),
    ]
    assert [(one.since, one.until) for one in found.spells] == [
        (at(0), at(3)),
        (at(3), at(6)),
        (at(30), None),
    ]
    assert setback.step.spell == 3


def test_a_reopened_duplicate_is_laid_to_who_marked_it() -> None:
    course = given((1, STAFF, mark_duplicate(an_accepted_case(), at=at(1))), (2, RESIDENT, reopen(at=at(2))))
    (setback,) = chain_of(course, 3).setbacks
    assert [one.type for one in setback.laid_to] == ["CaseMarkedDuplicate"]


def whistled() -> tuple[Course, Whistle]:
    """A whistle after four hours, for two departments, of which one leads."""
    course = given(*taken(Tier.MULTI_UNIT))
    call = Call(
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="联动",
        departments=[POLICE, WORKS],
        lead=POLICE,
    )
    whistle = Whistle.blow(WHISTLE, CASE, STREET, course.case.subject, call, STREET_OFFICER, at(4))
    course.case.blow(WHISTLE, call.kind, call.linkage, STREET_OFFICER, at(4))
    course.record(STREET_OFFICER, whistle, course.case)
    return course, whistle


def test_departments_are_told_beside_the_street_that_holds_the_case() -> None:
    course, whistle = whistled()
    whistle.check_in(POLICE, POLICE_OFFICER, at(5))
    whistle.answer(POLICE, "已到场", POLICE_OFFICER, at(7))
    course.record(POLICE_OFFICER, whistle)
    found = chain_of(course, 9)
    police, works = found.departments
    assert (police.department, police.lead, police.since, police.until) == (POLICE, True, at(4), at(7))
    assert (police.state, police.checked_in_at, police.seconds) == ("ANSWERED", at(5), 3 * 3600)
    assert (works.department, works.lead, works.until, works.seconds) == (WORKS, False, None, 5 * 3600)
    assert works.state == SummonsState.SUMMONED
    assert works.check_in_due_at is not None
    assert found.held_by is not None
    assert found.held_by.holder == STREET


def test_a_department_that_does_not_come_is_released_with_the_whistle() -> None:
    course, whistle = whistled()
    whistle.withdraw("情况已变化", STREET_OFFICER, at(10))
    course.case.withdraw_whistle("情况已变化", STREET_OFFICER, at(10))
    course.record(STREET_OFFICER, whistle, course.case)
    assert [(one.until, one.state) for one in chain_of(course, 20).departments] == [
        (at(10), "SUMMONED"),
        (at(10), "SUMMONED"),
    ]


# What is true of every history

AFTER = st.sampled_from([timedelta(0), timedelta(minutes=1), 5 * HOUR, 60 * HOUR, -3 * HOUR])
COURSES = st.lists(st.tuples(st.integers(0, 10_000), AFTER), min_size=5, max_size=60).map(a_course)


@settings(max_examples=80)
@forall(COURSES)
def test_a_case_that_is_not_over_has_one_holder_at_any_moment(course: Course) -> None:
    now = course.now + HOUR
    found = chain(course.events, now, BOOK)
    assert found is not None
    entries = followed(course)
    spans = [(spell.since, spell.until or now) for spell in found.spells]
    assert all(begin <= end for begin, end in spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
    moments, held, last = [], timedelta(), START
    for entry in entries:
        last = max(last, entry.occurred_at)
        moments.append((last, Status(entry.status) in OPEN))
    ends = [*(moment for moment, _ in moments[1:]), now]
    for (begin, open_), end in zip(moments, ends, strict=True):
        if begin < end:
            holding = [spell for spell in found.spells if spell.since <= begin < (spell.until or now)]
            assert len(holding) == open_
            held += (end - begin) * open_
            then = chain(course.events, begin, BOOK)
            assert then is not None
            named = [then.held_by.holder] if then.held_by is not None else []
            assert named == [one.holder for one in holding]
    assert sum((end - begin for begin, end in spans), timedelta()) == held
    assert found.seconds == sum(one.seconds for one in found.totals) == round(held.total_seconds())


@settings(max_examples=80)
@forall(COURSES)
def test_it_names_the_holders_that_the_history_names(course: Course) -> None:
    found = chain(course.events, course.now, BOOK)
    assert found is not None
    named = [(one.holder, one.assignee, one.tier) for one in history.holdings(followed(course))]
    assert [(one.holder, one.assignee, one.tier) for one in found.spells] == named


@settings(max_examples=80)
@forall(COURSES, st.integers(0, 100))
def test_as_of_a_position_it_equals_the_fold_of_what_lies_before(course: Course, cut: int) -> None:
    """And what was told of spells that had ended stays what it was, whatever comes later."""
    position = course.events[cut % len(course.events)].position
    before = [one for one in course.events if one.position <= position]
    then = chain(before, course.now, BOOK, known_by=position)
    whole = chain(course.events, course.now, BOOK)
    assert then is not None
    assert whole is not None
    assert then.position == position
    ended = [one for one in then.spells if one.until is not None]
    assert list(whole.spells[: len(ended)]) == ended
    over = [one for one in then.limits if one.until is not None]
    assert list(whole.limits[: len(over)]) == over
    assert whole.steps[: len(then.steps)] == then.steps
    assert whole.setbacks[: len(then.setbacks)] == then.setbacks


@settings(max_examples=80)
@forall(COURSES)
def test_limits_follow_each_other_as_the_spells_do(course: Course) -> None:
    now = course.now + HOUR
    found = chain(course.events, now, BOOK)
    assert found is not None
    assert sum(((one.until or now) - one.since for one in found.limits), timedelta()) == sum(
        ((one.until or now) - one.since for one in found.spells), timedelta()
    )
    for spell in found.spells:
        assert all(0 <= one.seconds <= spell.seconds + 1 for one in spell.counted)
    for step in found.steps:
        if step.spell is not None:
            spell = found.spells[step.spell - 1]
            assert spell.since <= step.at <= (spell.until or now)


def followed(course: Course) -> list[history.EntryRow]:
    """The history as the read model keeps it."""
    entries: list[history.EntryRow] = []
    for recorded in course.events:
        entries.append(history.follow(entries[-1] if entries else None, CASE, recorded))
    return entries
