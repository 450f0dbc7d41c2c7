"""街道职责、社区减负增效 The duty list of a street, and the tasks of a community with their load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.refusal import (
    BadTime,
    Forbidden,
    NotFound,
    OutOfRange,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
)
from chuishao.domain.street.burden import (
    MOST_HOURS,
    Asked,
    BurdenList,
    BurdenListOpened,
    TaskAdmitted,
    TaskEnded,
    TaskRefused,
    burden_id,
)
from chuishao.domain.street.duties import (
    DutyCatalogued,
    DutyListOpened,
    DutyRetired,
    StreetDutyList,
    duty_list_id,
)
from chuishao.domain.street.refusals import (
    DutyOffList,
    DutyOnList,
    NotAbove,
    OwnRequest,
    TaskNotRunning,
    TaskOnList,
)
from chuishao.domain.street.terms import StreetDuty
from chuishao.domain.street.unit import PublicUnit
from chuishao.domain.vocabulary import Role
from tests.given import (
    EVERYBODY,
    POLICE,
    STAFF,
    STREET_OFFICER,
    decided_by,
    event,
    given,
    later,
    when_made,
)
from tests.town import COMMUNITY, OTHER_COMMUNITY, START, STREET

BASIS = "街道办事处条例第三条"
OF_POLICE, OF_STREET, OF_DISTRICT = (
    PublicUnit(POLICE, None),
    PublicUnit(None, STREET),
    PublicUnit(None, "120101"),
)
ELSEWHERE = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)


# 街道职责


def duties() -> StreetDutyList:
    return StreetDutyList.begin(STREET, START)


def catalogue(
    name: str = "物业协调", core: StreetDuty = StreetDuty.PUBLIC_SERVICE, basis: str = BASIS
) -> Callable[[StreetDutyList], object]:
    return lambda duties: duties.catalogue(core, name, basis, later(duties))


def retire(
    number: int = 1, reason: str = "改由区级承担", at: datetime | None = None
) -> Callable[[StreetDutyList], object]:
    return lambda duties: duties.retire(number, reason, at or later(duties))


def test_a_street_has_one_duty_list() -> None:
    assert when_made(duties).then(event(DutyListOpened, street=STREET)).id == duty_list_id(STREET)


def test_there_are_three_core_duties() -> None:
    assert [duty.zh for duty in StreetDuty] == ["公共服务", "公共管理", "平安建设"]


@pytest.mark.parametrize("core", StreetDuty)
def test_a_duty_falls_under_a_core_duty_and_rests_on_a_law(core: StreetDuty) -> None:
    given(duties()).when(catalogue(core=core)).then(
        event(DutyCatalogued, number=1, core_duty=core.value, name="物业协调", basis=BASIS)
    )


def test_a_duty_stands_on_the_list_once() -> None:
    refused = given(duties(), catalogue()).when(catalogue(" 物业协调 ")).refused(DutyOnList, number=1)
    assert refused.path == ("name",)


def test_a_duty_that_was_retired_may_come_again_under_another_number() -> None:
    given(duties(), catalogue(), retire()).when(catalogue()).then(event(DutyCatalogued, number=2))


def test_a_duty_is_retired_once() -> None:
    given(duties(), catalogue()).when(retire()).then(event(DutyRetired, number=1, reason="改由区级承担"))
    given(duties(), catalogue(), retire()).when(retire()).refused(DutyOffList, number=1)
    given(duties(), catalogue()).when(retire(2)).refused(NotFound, kind="duty")
    given(duties(), catalogue()).when(retire(at=START)).refused(BadTime)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_of_duties_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    given(duties()).when(catalogue(text)).refused(refusal)
    given(duties()).when(catalogue(basis=text)).refused(refusal)
    given(duties(), catalogue()).when(retire(reason=text)).refused(refusal)


DUTY_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("catalogue"), st.sampled_from(["物业协调", "养老服务", "消防巡查"])),
        st.tuples(st.just("retire"), st.integers(0, 5)),
    ),
    max_size=15,
)


@forall(DUTY_STEPS)
def test_no_duty_stands_on_the_list_twice_at_a_time(steps: list[tuple[str, Any]]) -> None:
    list_, standing, seen = duties(), dict[int, str](), 0
    list_.collect_events()
    for what, which in steps:
        try:
            (catalogue(which) if what == "catalogue" else retire(which))(list_)
        except Refusal:
            assert not list_.pending_events
        for happened in decided_by(list_):
            if isinstance(happened, DutyCatalogued):
                seen += 1
                assert happened.number == seen
                assert happened.name not in standing.values()
                standing[happened.number] = happened.name
            elif isinstance(happened, DutyRetired):
                del standing[happened.number]
    assert {number for number, item in list_.items.items() if item.retired_at is None} == set(standing)


# 社区减负增效


def burden() -> BurdenList:
    return BurdenList.begin(COMMUNITY, START)


def asked(name: str = "入户填表", hours: int = 20, unit: PublicUnit = OF_POLICE) -> Asked:
    return Asked(unit, name, hours)


def admit(what: Asked | None = None, by: Actor = STAFF) -> Callable[[BurdenList], object]:
    return lambda burden: burden.admit(what or asked(), by, later(burden))


def refuse(
    what: Asked | None = None, reason: str = "不属社区职责", by: Actor = STAFF
) -> Callable[[BurdenList], object]:
    return lambda burden: burden.refuse(what or asked(), reason, by, later(burden))


def end(
    number: int = 1, reason: str = "已办完", by: Actor = STAFF, at: datetime | None = None
) -> Callable[[BurdenList], object]:
    return lambda burden: burden.end(number, reason, by, at or later(burden))


def test_a_community_has_one_list() -> None:
    assert when_made(burden).then(event(BurdenListOpened, community=COMMUNITY)).id == burden_id(COMMUNITY)


@pytest.mark.parametrize("unit", [OF_POLICE, OF_STREET, OF_DISTRICT])
def test_a_department_or_a_body_above_asks(unit: PublicUnit) -> None:
    given(burden()).when(admit(asked(unit=unit))).then(
        event(TaskAdmitted, number=1, department=unit.department, body=unit.body, name="入户填表", hours=20)
    )


@pytest.mark.parametrize("body", [COMMUNITY, "120101002", "120102"])
def test_nobody_asks_from_aside(body: str) -> None:
    refused = given(burden()).when(admit(asked(unit=PublicUnit(None, body)))).refused(NotAbove)
    assert refused.path == ("bodyCode",)


def test_what_is_refused_has_a_reason_and_is_no_load() -> None:
    given(burden(), admit(asked("台账", 5))).when(refuse()).then(
        event(TaskRefused, number=2, name="入户填表", hours=20, reason="不属社区职责")
    )
    assert given(burden(), admit(asked("台账", 5)), refuse()).aggregate.load == 5


def test_the_street_does_not_decide_about_what_it_asks_for() -> None:
    for decision in (admit, refuse):
        given(burden()).when(decision(asked(unit=OF_STREET), by=STREET_OFFICER)).refused(OwnRequest)
        given(burden()).when(decision(asked(unit=OF_DISTRICT), by=STREET_OFFICER)).then(
            event(TaskAdmitted if decision is admit else TaskRefused)
        )


def test_a_task_runs_once_at_a_time() -> None:
    refused = given(burden(), admit()).when(admit(asked(unit=OF_STREET))).refused(TaskOnList, number=1)
    assert refused.path == ("name",)
    given(burden(), admit(), end()).when(admit()).then(event(TaskAdmitted, number=2))
    given(burden(), refuse()).when(admit()).then(event(TaskAdmitted, number=2))


def test_only_what_runs_ends() -> None:
    given(burden(), admit()).when(end()).then(event(TaskEnded, number=1, reason="已办完"))
    given(burden(), admit(), end()).when(end()).refused(TaskNotRunning, state="ENDED")
    given(burden(), refuse()).when(end()).refused(TaskNotRunning, state="REFUSED")
    given(burden()).when(end()).refused(NotFound, kind="task")
    given(burden(), admit()).when(end(at=START)).refused(BadTime)


@pytest.mark.parametrize("hours", [0, -3, MOST_HOURS + 1])
def test_hours_are_within_bounds(hours: int) -> None:
    for decision in (admit, refuse):
        assert given(burden()).when(decision(asked(hours=hours))).refused(OutOfRange).path == ("hours",)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_of_tasks_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    given(burden()).when(admit(asked(text))).refused(refusal)
    given(burden()).when(refuse(reason=text)).refused(refusal)
    given(burden(), admit()).when(end(reason=text)).refused(refusal)


def test_only_the_community_and_the_street_decide() -> None:
    for by in EVERYBODY.values():
        for decision in (admit(by=by), refuse(by=by), end(by=by)):
            when = given(burden(), admit(asked("台账"))).when(decision)
            if by in (STAFF, STREET_OFFICER):
                assert when.refusal is None
            else:
                when.refused(Forbidden)
    given(burden()).when(admit(by=ELSEWHERE)).refused(OutOfScope)


TASK_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["admit", "refuse"]),
            st.builds(
                Asked,
                st.sampled_from([OF_POLICE, OF_STREET, OF_DISTRICT]),
                st.sampled_from(["入户填表", "台账", "盖章证明"]),
                st.integers(0, 60),
            ),
        ),
        st.tuples(st.just("end"), st.integers(0, 6)),
    ),
    max_size=15,
)

DECIDE: dict[str, Callable[..., Callable[[BurdenList], object]]] = {
    "admit": admit,
    "refuse": refuse,
    "end": end,
}


@forall(TASK_STEPS, st.data())
def test_the_load_is_the_hours_of_what_runs_and_nobody_admits_their_own(
    steps: list[tuple[str, Any]], data: st.DataObject
) -> None:
    list_, running = burden(), dict[int, tuple[str, int]]()
    list_.collect_events()
    for what, which in steps:
        by = data.draw(st.sampled_from([STAFF, STREET_OFFICER]))
        try:
            DECIDE[what](which, by=by)(list_)
        except Refusal:
            assert not list_.pending_events
        for happened in decided_by(list_):
            if isinstance(happened, TaskEnded):
                del running[happened.number]
                continue
            assert isinstance(happened, TaskAdmitted | TaskRefused)
            assert by is STAFF or happened.body != STREET
            if isinstance(happened, TaskAdmitted):
                assert happened.name not in {name for name, _ in running.values()}
                running[happened.number] = (happened.name, happened.hours)
    assert list_.load == sum(hours for _, hours in running.values())
