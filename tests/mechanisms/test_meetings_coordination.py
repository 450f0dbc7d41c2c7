"""协同 Four kinds of unit are asked to take part, and only the unit answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.meetings.coordination import AnswerCoordination
from chuishao.domain.actor import Actor
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import Status
from chuishao.domain.meetings.coordination import (
    CoordinationAnswered,
    CoordinationOrder,
    CoordinationOrdered,
)
from chuishao.domain.meetings.terms import OrderState, UnitKind
from chuishao.domain.meetings.unit import Unit
from chuishao.domain.refusal import (
    BadTime,
    Forbidden,
    IllegalTransition,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
    WrongTier,
)
from chuishao.domain.vocabulary import Role, Tier
from tests.given import (
    ADMINISTRATOR,
    CASE,
    EVERYBODY,
    LEADER,
    MINUTE,
    OTHER_STAFF,
    OTHER_STREET_OFFICER,
    POLICE,
    POLICE_OFFICER,
    STAFF,
    STREET_OFFICER,
    WORKS_OFFICER,
    a_case_in,
    decided_by,
    event,
    given,
    later,
    when_made,
)
from tests.mechanisms.desk import desk, refused
from tests.town import COMMUNITY, OTHER_COMMUNITY, START, STREET

Decision = Callable[[CoordinationOrder], object]
ORDER = identify("order", 1)
TODAY = date(2026, 3, 2)
UNITS = {
    UnitKind.STREET: Unit(UnitKind.STREET, STREET),
    UnitKind.DEPARTMENT: Unit(UnitKind.DEPARTMENT, str(POLICE)),
    UnitKind.PROPERTY_COMPANY: Unit(UnitKind.PROPERTY_COMPANY, "物业公司 001"),
    UnitKind.OTHER_UNIT: Unit(UnitKind.OTHER_UNIT, "供热单位 002"),
}
ELSEWHERE = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
DISTRICT = Actor("district-officer-1", Role.STREET_OFFICER, "120101")
COORDINATING = {LEADER, STAFF, OTHER_STAFF, STREET_OFFICER, OTHER_STREET_OFFICER, DISTRICT}
VOICES = {
    UnitKind.STREET: {STREET_OFFICER, OTHER_STREET_OFFICER},
    UnitKind.DEPARTMENT: {POLICE_OFFICER},
    UnitKind.PROPERTY_COMPANY: COORDINATING,
    UnitKind.OTHER_UNIT: COORDINATING,
}
"""Who may answer for a unit of each kind."""
PEOPLE = [*EVERYBODY.values(), OTHER_STAFF, OTHER_STREET_OFFICER, WORKS_OFFICER, ELSEWHERE, DISTRICT]


def ordered(
    kind: UnitKind = UnitKind.PROPERTY_COMPANY,
    matter: str = "清理楼道",
    due: date | None = None,
    by: Actor = STAFF,
) -> CoordinationOrder:
    return CoordinationOrder.order_in(ORDER, COMMUNITY, UNITS[kind], matter, due, by, START, TODAY)


def on_a_case(
    tier: Tier = Tier.MULTI_UNIT, status: Status = Status.ASSIGNED, by: Actor = STREET_OFFICER
) -> CoordinationOrder:
    case = a_case_in(status, tier).aggregate
    unit = UNITS[UnitKind.DEPARTMENT]
    return CoordinationOrder.order_on(ORDER, case, unit, "到场查看", None, by, case.since + MINUTE, TODAY)


def answer(result: str = "已清理", by: Actor = STAFF, at: datetime | None = None) -> Decision:
    return lambda order: order.answer(result, by, at or later(order))


@pytest.mark.parametrize("kind", UnitKind)
def test_each_of_four_kinds_of_unit_is_asked(kind: UnitKind) -> None:
    order = when_made(lambda: ordered(kind, due=TODAY)).then(
        event(
            CoordinationOrdered,
            division=COMMUNITY,
            case=None,
            unit_kind=kind.value,
            unit=UNITS[kind].name,
            matter="清理楼道",
            due="2026-03-02",
        )
    )
    assert (order.place, order.correlation) == (COMMUNITY, None)


@pytest.mark.parametrize("status", [Status.ASSIGNED, Status.WHISTLED])
def test_an_order_may_be_about_a_case_that_several_units_settle(status: Status) -> None:
    order = when_made(lambda: on_a_case(status=status)).then(
        event(CoordinationOrdered, division=COMMUNITY, case=CASE, subject=CASE, due=None)
    )
    assert order.correlation == CASE


@pytest.mark.parametrize("tier", [tier for tier in Tier if tier is not Tier.MULTI_UNIT])
def test_a_case_of_another_tier_needs_no_other_unit(tier: Tier) -> None:
    assert when_made(lambda: on_a_case(tier)).refused(WrongTier, tier=tier).path == ("caseId",)


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in (Status.ASSIGNED, Status.WHISTLED)]
)
def test_a_case_that_is_not_being_handled_needs_nobody(status: Status) -> None:
    when_made(lambda: on_a_case(status=status)).refused(IllegalTransition, state=status)


def test_the_unit_answers_once() -> None:
    given(ordered()).when(answer()).then(event(CoordinationAnswered, result="已清理"))
    given(ordered(), answer()).when(answer()).refused(IllegalTransition, state=OrderState.ANSWERED)


def test_an_order_is_not_answered_before_it_was_given() -> None:
    given(ordered()).when(answer(at=START - MINUTE)).refused(BadTime)


def test_nothing_is_due_on_a_day_that_is_over() -> None:
    assert when_made(lambda: ordered(due=date(2026, 3, 1))).refused(BadTime).path == ("due",)


@pytest.mark.parametrize("by", EVERYBODY.values(), ids=EVERYBODY)
def test_leaders_the_community_and_the_street_order(by: Actor) -> None:
    made = when_made(lambda: ordered(by=by))
    if by in (LEADER, STAFF, STREET_OFFICER):
        made.then(event(CoordinationOrdered))
    else:
        made.refused(Forbidden)


def test_another_community_orders_nothing_here() -> None:
    assert when_made(lambda: ordered(by=ELSEWHERE)).refused(OutOfScope).path == ("divisionCode",)
    assert when_made(lambda: on_a_case(by=ELSEWHERE)).refused(OutOfScope).path == ("caseId",)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    when_made(lambda: ordered(matter=text)).refused(refusal)
    given(ordered()).when(answer(text)).refused(refusal)


def test_a_department_answers_within_its_scope() -> None:
    elsewhere = Actor("officer-9", Role.DEPARTMENT_OFFICER, "31", department=POLICE)
    given(ordered(UnitKind.DEPARTMENT)).when(answer(by=elsewhere)).refused(OutOfScope)


# The rule: only the unit answers, and once


@forall(st.sampled_from(UnitKind), st.lists(st.sampled_from(PEOPLE), max_size=6))
def test_only_the_unit_answers_and_once(kind: UnitKind, people: list[Actor]) -> None:
    order = ordered(kind)
    order.collect_events()
    for by in people:
        before = order.state
        try:
            order.answer("已办", by, later(order))
        except Refusal as refusal:
            assert decided_by(order) == []
            ours = by in VOICES[kind]
            assert isinstance(refusal, IllegalTransition) is ours
            assert not ours or before is OrderState.ANSWERED
        else:
            assert by in VOICES[kind]
            assert before is OrderState.OPEN
            assert [type(one) for one in decided_by(order)] == [CoordinationAnswered]


@pytest.mark.parametrize("kind", [UnitKind.OTHER_UNIT, UnitKind.DEPARTMENT])
async def test_of_a_case_that_moved_on_its_present_community_answers_for_units_without_actors(
    kind: UnitKind,
) -> None:
    case = a_case_in(Status.ASSIGNED, Tier.MULTI_UNIT).aggregate
    order = CoordinationOrder.order_on(
        ORDER, case, UNITS[kind], "到场查看", None, STREET_OFFICER, later(case), TODAY
    )
    case.rehome("120102001001", None, None, ADMINISTRATOR, later(case))
    answers = AnswerCoordination(order_id=order.id, result="已清理")
    there = Actor("community-staff-8", Role.COMMUNITY_STAFF, "120102001001")
    if kind is UnitKind.DEPARTMENT:
        await answers.decide(desk(case, order, by=POLICE_OFFICER))
    else:
        await refused(answers, OutOfScope, desk(case, order, by=STAFF))
        await answers.decide(desk(case, order, by=there))
    assert order.state is OrderState.ANSWERED
