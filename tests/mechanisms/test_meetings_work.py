"""工作例会 What a work meeting resolves: who owes what until when, and when it was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.identity import identify
from chuishao.domain.meetings.refusals import ResolutionDone
from chuishao.domain.meetings.terms import MeetingKind, UnitKind
from chuishao.domain.meetings.unit import Unit, named_unit
from chuishao.domain.meetings.work_meeting import (
    MeetingHeld,
    ResolutionAdopted,
    ResolutionCarriedOut,
    WorkMeeting,
)
from chuishao.domain.refusal import (
    BadCode,
    BadTime,
    Forbidden,
    NotFound,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
    WrongDivisionLevel,
)
from tests.given import (
    EVERYBODY,
    LEADER,
    MINUTE,
    OTHER_STAFF,
    POLICE,
    POLICE_OFFICER,
    STAFF,
    STREET_OFFICER,
    WORKS_OFFICER,
    decided_by,
    event,
    given,
    later,
    when_made,
)
from tests.town import COMMUNITY, START, STREET

Decision = Callable[[WorkMeeting], object]
MEETING = identify("meeting", 1)
TODAY = date(2026, 3, 2)
OF_POLICE = Unit(UnitKind.DEPARTMENT, str(POLICE))
OF_STREET = Unit(UnitKind.STREET, STREET)
OF_PROPERTY = Unit(UnitKind.PROPERTY_COMPANY, "物业公司 001")


def held(
    kind: MeetingKind = MeetingKind.REGULAR, topic: str = "楼道堆物", by: Actor = STREET_OFFICER
) -> WorkMeeting:
    return WorkMeeting.hold(MEETING, STREET, kind, topic, by, START)


def adopt(
    unit: Unit = OF_POLICE,
    due: date = TODAY,
    matter: str = "清理楼道",
    by: Actor = STREET_OFFICER,
    at: datetime | None = None,
    today: date = TODAY,
) -> Decision:
    return lambda meeting: meeting.adopt(unit, matter, due, by, at or later(meeting), today)


def carry_out(
    number: int = 1, result: str = "已清理", by: Actor = POLICE_OFFICER, at: datetime | None = None
) -> Decision:
    return lambda meeting: meeting.carry_out(number, result, by, at or later(meeting))


@pytest.mark.parametrize("kind", MeetingKind)
def test_a_meeting_is_held_regularly_or_for_an_occasion(kind: MeetingKind) -> None:
    when_made(lambda: held(kind)).then(
        event(MeetingHeld, division=STREET, meeting_kind=kind.value, topic="楼道堆物")
    )


def test_a_resolution_says_who_owes_what_until_when() -> None:
    given(held()).when(adopt(due=date(2026, 3, 9))).then(
        event(
            ResolutionAdopted,
            number=1,
            unit_kind="DEPARTMENT",
            unit=str(POLICE),
            matter="清理楼道",
            due="2026-03-09",
        )
    )


def test_resolutions_are_numbered_as_they_are_adopted() -> None:
    given(held(), adopt(), adopt(OF_STREET)).when(adopt(OF_PROPERTY)).then(event(ResolutionAdopted, number=3))


@pytest.mark.parametrize("by", [POLICE_OFFICER, STREET_OFFICER])
def test_the_unit_that_owes_it_or_the_meeting_says_that_it_is_done(by: Actor) -> None:
    given(held(), adopt()).when(carry_out(by=by)).then(event(ResolutionCarriedOut, number=1, result="已清理"))


def test_a_street_says_itself_that_it_is_done() -> None:
    given(held(), adopt(OF_STREET)).when(carry_out(by=STREET_OFFICER)).then(event(ResolutionCarriedOut))


def test_what_was_done_is_not_done_again() -> None:
    given(held(), adopt(), carry_out()).when(carry_out()).refused(ResolutionDone, number=1)


def test_another_department_does_not_say_that_it_is_done() -> None:
    given(held(), adopt()).when(carry_out(by=WORKS_OFFICER)).refused(Forbidden, role="DEPARTMENT_OFFICER")


def test_only_what_was_adopted_is_done() -> None:
    given(held(), adopt()).when(carry_out(2)).refused(NotFound, kind="resolution", id=2)


def test_nothing_is_due_on_a_day_that_is_over() -> None:
    assert given(held()).when(adopt(due=date(2026, 3, 1))).refused(BadTime, field="due").path == ("due",)


def test_nothing_happens_before_what_it_follows() -> None:
    given(held()).when(adopt(at=START - MINUTE)).refused(BadTime)
    given(held(), adopt()).when(carry_out(at=START)).refused(BadTime)


@pytest.mark.parametrize("by", EVERYBODY.values(), ids=EVERYBODY)
def test_only_the_community_and_the_street_hold_meetings(by: Actor) -> None:
    made = when_made(lambda: WorkMeeting.hold(MEETING, COMMUNITY, MeetingKind.REGULAR, "议题", by, START))
    if by in (STAFF, STREET_OFFICER):
        made.then(event(MeetingHeld))
    else:
        made.refused(Forbidden)


def test_a_community_holds_no_meeting_of_its_street() -> None:
    assert when_made(lambda: held(by=STAFF)).refused(OutOfScope).path == ("divisionCode",)
    given(held()).when(adopt(by=OTHER_STAFF)).refused(OutOfScope)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    when_made(lambda: held(topic=text)).refused(refusal)
    given(held()).when(adopt(matter=text)).refused(refusal)
    given(held(), adopt()).when(carry_out(result=text)).refused(refusal)


# Units


@pytest.mark.parametrize(
    ("kind", "name", "refusal"),
    [
        (UnitKind.STREET, COMMUNITY, WrongDivisionLevel),
        (UnitKind.STREET, "第一街道", BadCode),
        (UnitKind.DEPARTMENT, "公安部门", BadCode),
        (UnitKind.PROPERTY_COMPANY, " ", TextEmpty),
        (UnitKind.OTHER_UNIT, "长" * 201, TextTooLong),
    ],
)
def test_a_unit_is_named_as_its_kind_is(kind: UnitKind, name: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        named_unit(kind, name)
    assert refused.value.path == ("unit",)


def test_a_department_is_known_however_its_identifier_is_written() -> None:
    assert named_unit(UnitKind.DEPARTMENT, POLICE.hex.upper()) == OF_POLICE
    assert OF_POLICE.department == POLICE
    assert OF_PROPERTY.department is None


# The rule: whatever is asked for, each resolution is owed once and done once, in time order


PEOPLE = [STREET_OFFICER, POLICE_OFFICER, WORKS_OFFICER, STAFF, LEADER]
UNITS = [OF_POLICE, OF_STREET, OF_PROPERTY]
STEPS = st.one_of(
    st.tuples(st.just("adopt"), st.sampled_from(UNITS), st.integers(-1, 2)),
    st.tuples(st.just("carry out"), st.integers(0, 4), st.just(0)),
)


@forall(st.lists(st.tuples(STEPS, st.sampled_from(PEOPLE), st.integers(-1, 30)), max_size=12))
def test_every_resolution_has_an_owner_and_a_day_and_is_done_once(
    steps: list[tuple[tuple[str, Any, int], Actor, int]],
) -> None:
    meeting, history = held(), []
    meeting.collect_events()
    for (what, which, days), by, minutes in steps:
        at = START + timedelta(minutes=minutes)
        due = TODAY + timedelta(days=days)
        decide = adopt(which, due, by=by, at=at) if what == "adopt" else carry_out(which, by=by, at=at)
        try:
            decide(meeting)
        except Refusal:
            assert not meeting.pending_events
        history += [(happened, by) for happened in decided_by(meeting)]
    adopted = {one.number: (one, by) for one, by in history if isinstance(one, ResolutionAdopted)}
    done = [(one, by) for one, by in history if isinstance(one, ResolutionCarriedOut)]
    assert list(adopted) == list(range(1, len(adopted) + 1))
    assert len({one.number for one, _ in done}) == len(done)
    for resolved, by in adopted.values():
        assert by is STREET_OFFICER
        assert date.fromisoformat(resolved.due) >= TODAY
    for one, by in done:
        before, _ = adopted[one.number]
        assert one.timestamp >= before.timestamp >= START
        assert by is STREET_OFFICER or (by is POLICE_OFFICER and before.unit == str(POLICE))
