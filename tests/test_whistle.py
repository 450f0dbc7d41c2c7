"""吹哨报到 The street blows, departments report; 事不完、人不走."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from chuishao.domain import whistle_events as facts
from chuishao.domain.actor import Actor
from chuishao.domain.event import LONG_TEXT, SHORT_TEXT, PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.phrase import said
from chuishao.domain.refusal import (
    AlreadyRated,
    BadText,
    BadTime,
    DepartmentRequired,
    DepartmentsOutstanding,
    Forbidden,
    IllegalTransition,
    ItemsOpen,
    LeadConflict,
    MeetingRequired,
    NobodyAnswered,
    NotFound,
    NotSummoned,
    NotYetDue,
    NotYetRateable,
    OutOfRange,
    OutOfScope,
    TextEmpty,
    TextTooLong,
    WrongLinkage,
)
from chuishao.domain.summons import SUMMONS_TABLE, SummonsState, SummonsStep, WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, Role, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from tests.given import (
    ADMINISTRATOR,
    CASE,
    EVERYBODY,
    MINUTE,
    OTHER_STREET_OFFICER,
    POLICE,
    POLICE_OFFICER,
    STREET_OFFICER,
    WHISTLE,
    WORKS,
    WORKS_OFFICER,
    event,
    given,
    later,
    when_made,
)
from tests.town import START, STREET

Decision = Callable[[Whistle], object]

WATER = identify("department", 3)
SUBJECT = identify("resident", 1)
DUE = START + timedelta(days=3)
LAST_MILE = LinkageMechanism.LAST_MILE
OFFICERS = {POLICE: POLICE_OFFICER, WORKS: WORKS_OFFICER}


def blown(
    linkage: LinkageMechanism = LinkageMechanism.RAPID_SERVICE,
    departments: tuple[UUID, ...] = (POLICE, WORKS),
    kind: WhistleKind = WhistleKind.ROUTINE,
    lead: UUID | None = None,
    grounds: str = "需要部门联动",
    by: Actor = STREET_OFFICER,
) -> Whistle:
    """A whistle of the street."""
    call = Call(kind=kind, linkage=linkage, grounds=grounds, departments=[*departments], lead=lead)
    return Whistle.blow(WHISTLE, CASE, STREET, SUBJECT, call, by, START)


def summon(department: UUID = WATER, by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.summon(department, by, at or later(whistle))


def sign(department: UUID = POLICE, by: Actor | None = None, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.sign(department, by or OFFICERS[department], at or later(whistle))


def check_in(department: UUID = POLICE, by: Actor | None = None, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.check_in(department, by or OFFICERS[department], at or later(whistle))


def refuse(
    department: UUID = POLICE,
    reason: str = "不属本部门职责",
    by: Actor | None = None,
    at: datetime | None = None,
) -> Decision:
    return lambda whistle: whistle.refuse(
        department, reason, by or OFFICERS[department], at or later(whistle)
    )


def answer(
    department: UUID = POLICE, result: str = "已处理", by: Actor | None = None, at: datetime | None = None
) -> Decision:
    return lambda whistle: whistle.answer(
        department, result, by or OFFICERS[department], at or later(whistle)
    )


def miss(
    department: UUID = POLICE, due: datetime = DUE, by: Actor = STREET_OFFICER, at: datetime | None = None
) -> Decision:
    return lambda whistle: whistle.miss_check_in(department, due, "check-in-routine", by, at or due)


def rate(
    department: UUID = POLICE,
    score: int = 4,
    comment: str | None = None,
    by: Actor = STREET_OFFICER,
    at: datetime | None = None,
) -> Decision:
    return lambda whistle: whistle.rate(department, score, comment, by, at or later(whistle))


def open_meeting(
    items: tuple[str, ...] = ("清运垃圾", "修复路面"), by: Actor = STREET_OFFICER, at: datetime | None = None
) -> Decision:
    return lambda whistle: whistle.open_meeting([*items], by, at or later(whistle))


def settle(item: int, by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.settle_item(item, by, at or later(whistle))


def close_meeting(by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.close_meeting(by, at or later(whistle))


def resolve(result: str = "已联合处置", by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.resolve(result, by, at or later(whistle))


def withdraw(reason: str = "情况已变化", by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda whistle: whistle.withdraw(reason, by, at or later(whistle))


def answered(department: UUID = POLICE) -> list[Decision]:
    """All that a willing department does."""
    return [sign(department), check_in(department), answer(department)]


BOTH_ANSWERED = [*answered(POLICE), *answered(WORKS)]

# 吹哨 Blowing


def test_a_street_blows_and_every_department_is_summoned() -> None:
    whistle = when_made(blown).then(
        event(
            facts.WhistleBlown,
            case=CASE,
            street=STREET,
            kind="ROUTINE",
            linkage="RAPID_SERVICE",
            lead=None,
            grounds="需要部门联动",
        ),
        event(facts.DepartmentSummoned, department=POLICE),
        event(facts.DepartmentSummoned, department=WORKS),
    )
    assert (whistle.status, whistle.place, whistle.correlation) == (WhistleStatus.OPEN, STREET, CASE)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.STREET_OFFICER])
def test_only_a_street_blows(role: Role) -> None:
    when_made(lambda: blown(by=EVERYBODY[role])).refused(Forbidden, action="WHISTLE", role=role.value)


def test_another_street_does_not_blow() -> None:
    by = Actor("street-officer-9", Role.STREET_OFFICER, "120101002")
    when_made(lambda: blown(by=by)).refused(OutOfScope, place=STREET)


def test_a_whistle_summons_at_least_one_department() -> None:
    refusal = when_made(lambda: blown(departments=())).refused(DepartmentRequired)
    assert refusal.path == ("departmentIds",)


def test_a_department_named_twice_is_summoned_once() -> None:
    when_made(lambda: blown(departments=(POLICE, POLICE))).then(
        event(facts.WhistleBlown), event(facts.DepartmentSummoned, department=POLICE)
    )


def test_a_summoned_department_may_lead() -> None:
    made = when_made(lambda: blown(lead=POLICE))
    made.then(event(facts.WhistleBlown, lead=POLICE), *[event(facts.DepartmentSummoned)] * 2)
    when_made(lambda: blown(lead=WATER)).refused(LeadConflict, lead=WATER)


def test_in_joint_enforcement_the_street_leads() -> None:
    joint = LinkageMechanism.JOINT_ENFORCEMENT
    when_made(lambda: blown(joint, lead=POLICE)).refused(LeadConflict, lead=POLICE)
    assert when_made(lambda: blown(joint)).aggregate.lead is None


def test_a_whistle_needs_grounds() -> None:
    when_made(lambda: blown(grounds=" ")).refused(TextEmpty, field="grounds")


def test_one_more_department_is_summoned_to_an_open_whistle() -> None:
    whistle = given(blown()).when(summon(WATER)).then(event(facts.DepartmentSummoned, department=WATER))
    assert whistle.summons[WATER].state is SummonsState.SUMMONED


# 签收、报到、反馈、拒绝 What a department does


def test_a_department_signs_checks_in_and_answers() -> None:
    given(blown()).when(sign()).then(event(facts.SummonsSigned, department=POLICE))
    given(blown(), sign()).when(check_in()).then(event(facts.DepartmentCheckedIn, department=POLICE))
    given(blown(), sign(), check_in()).when(answer(result="已劝离")).then(
        event(facts.DepartmentAnswered, department=POLICE, result="已劝离")
    )


def test_a_department_may_check_in_without_having_signed() -> None:
    given(blown()).when(check_in()).then(event(facts.DepartmentCheckedIn))


def test_a_department_answers_only_on_site() -> None:
    given(blown(), sign()).when(answer()).refused(
        IllegalTransition, state="SIGNED", asked="ANSWER", possible="CHECK_IN, MISS, REFUSE"
    )


def test_a_department_refuses_with_a_reason_before_it_has_checked_in() -> None:
    given(blown()).when(refuse(reason="权限在市级")).then(event(facts.SummonsRefused, reason="权限在市级"))
    given(blown(), check_in()).when(refuse()).refused(
        IllegalTransition, state="CHECKED_IN", possible="ANSWER"
    )


@pytest.mark.parametrize("act", [sign, check_in, refuse, answer])
def test_only_a_summoned_department_acts(act: Callable[..., Decision]) -> None:
    uninvited = Actor("officer-3", Role.DEPARTMENT_OFFICER, "120101", department=WATER)
    refusal = given(blown()).when(act(WATER, by=uninvited)).refused(NotSummoned, department=WATER)
    assert str(POLICE) in refusal.sentence()


@pytest.mark.parametrize("act", [sign, check_in, refuse, answer])
def test_no_department_acts_for_another(act: Callable[..., Decision]) -> None:
    given(blown()).when(act(POLICE, by=WORKS_OFFICER)).refused(
        Forbidden, role=f"DEPARTMENT_OFFICER of {WORKS}"
    )


@pytest.mark.parametrize("act", [sign, check_in, refuse, answer])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DEPARTMENT_OFFICER])
def test_nobody_else_acts_for_a_department(act: Callable[..., Decision], role: Role) -> None:
    given(blown()).when(act(POLICE, by=EVERYBODY[role])).refused(Forbidden, role=role.value)


def test_a_department_of_another_district_is_out_of_reach() -> None:
    by = Actor("officer-9", Role.DEPARTMENT_OFFICER, "120102", department=POLICE)
    given(blown()).when(sign(by=by)).refused(OutOfScope, place=STREET, scope="120102")


def test_a_department_that_refused_may_be_summoned_again() -> None:
    again = given(blown(), refuse(), rate(score=1)).when(summon(POLICE))
    whistle = again.then(event(facts.DepartmentSummoned, department=POLICE))
    summons = whistle.summons[POLICE]
    assert (summons.state, summons.missed, summons.rated) == (SummonsState.SUMMONED, False, False)


@pytest.mark.parametrize("past", [[], [sign()], [sign(), check_in()], answered()])
def test_a_department_that_did_not_refuse_is_not_summoned_again(past: list[Decision]) -> None:
    given(blown(), *past).when(summon(POLICE)).refused(IllegalTransition, asked="SUMMON")


DEPARTMENT_PATHS: dict[SummonsState, list[Decision]] = {
    SummonsState.SUMMONED: [],
    SummonsState.SIGNED: [sign()],
    SummonsState.CHECKED_IN: [sign(), check_in()],
    SummonsState.ANSWERED: [sign(), check_in(), answer()],
    SummonsState.REFUSED: [refuse()],
}
DEPARTMENT_STEPS: dict[SummonsStep, Decision] = {
    SummonsStep.SUMMON: summon(POLICE),
    SummonsStep.SIGN: sign(),
    SummonsStep.CHECK_IN: check_in(),
    SummonsStep.MISS: miss(),
    SummonsStep.REFUSE: refuse(),
    SummonsStep.ANSWER: answer(),
}


@pytest.mark.parametrize("state", SummonsState)
@pytest.mark.parametrize("step", DEPARTMENT_STEPS)
def test_a_summons_takes_the_steps_of_its_table_and_no_other(step: SummonsStep, state: SummonsState) -> None:
    done = given(blown(), *DEPARTMENT_PATHS[state]).when(DEPARTMENT_STEPS[step])
    if state in SUMMONS_TABLE[step]:
        assert done.refusal is None
        assert len(done.events) == 1
    else:
        refusal = done.refused(IllegalTransition, state=state.value, asked=step.value)
        listed = said(refusal.facts["possible"], "en")
        possible = {one.value for one in SummonsStep if state in SUMMONS_TABLE[one]} - {"RATE"}
        rateable = state in (SummonsState.ANSWERED, SummonsState.REFUSED)
        assert set(listed.split(", ")) == possible | ({"RATE"} if rateable else set())


# 未按时报到 The missed check-in


def test_a_missed_check_in_is_recorded_at_the_moment_the_limit_passed() -> None:
    whistle = (
        given(blown())
        .when(miss(at=DUE + timedelta(days=1)))
        .then(event(facts.CheckInMissed, department=POLICE, rule="check-in-routine", timestamp=DUE))
    )
    assert whistle.summons[POLICE].missed


def test_a_check_in_is_not_missed_before_it_is_due() -> None:
    given(blown()).when(miss(at=DUE - timedelta(microseconds=1))).refused(NotYetDue, due=DUE.isoformat())


def test_who_missed_the_limit_may_still_come_and_stays_late() -> None:
    whistle = given(blown(), miss()).when(check_in()).then(event(facts.DepartmentCheckedIn))
    assert whistle.summons[POLICE].missed


def test_a_limit_is_missed_once() -> None:
    given(blown(), miss()).when(miss()).refused(
        IllegalTransition, asked="MISS", possible="SIGN, CHECK_IN, REFUSE, RATE"
    )


def test_who_has_checked_in_missed_nothing() -> None:
    given(blown(), check_in()).when(miss()).refused(IllegalTransition, state="CHECKED_IN")


def test_the_street_or_the_system_records_a_missed_check_in() -> None:
    given(blown()).when(miss(by=ADMINISTRATOR)).then(event(facts.CheckInMissed))
    given(blown()).when(miss(by=POLICE_OFFICER)).refused(Forbidden, action="MISS")


def test_a_department_that_was_not_summoned_missed_nothing() -> None:
    given(blown()).when(miss(WATER)).refused(NotSummoned, department=WATER)


# 评价部门 Rating a department


@pytest.mark.parametrize("past", [answered(), [refuse()], [miss()]])
def test_a_department_is_rated_after_an_answer_or_a_missed_limit(past: list[Decision]) -> None:
    given(blown(), *past).when(rate(score=3, comment="响应及时")).then(
        event(facts.DepartmentRated, department=POLICE, score=3, comment="响应及时")
    )


@pytest.mark.parametrize("past", [[], [sign()], [sign(), check_in()]])
def test_a_department_is_not_rated_while_it_still_may_answer_in_time(past: list[Decision]) -> None:
    given(blown(), *past).when(rate()).refused(NotYetRateable, department=POLICE)


def test_a_department_is_rated_once_a_summons() -> None:
    given(blown(), refuse(), rate()).when(rate()).refused(AlreadyRated)
    given(blown(), refuse(), rate(), summon(POLICE), refuse()).when(rate()).then(event(facts.DepartmentRated))


@pytest.mark.parametrize("score", [0, 6, -5])
def test_a_score_goes_from_one_to_five(score: int) -> None:
    given(blown(), *answered()).when(rate(score=score)).refused(OutOfRange, value=score, low=1, high=5)


def test_only_a_summoned_department_is_rated_and_only_by_the_street() -> None:
    given(blown(), *answered()).when(rate(WATER)).refused(NotSummoned)
    given(blown(), *answered()).when(rate(by=WORKS_OFFICER)).refused(Forbidden, action="RATE")


def test_a_rating_may_follow_the_end_of_the_whistle() -> None:
    given(blown(), *BOTH_ANSWERED, resolve()).when(rate()).then(event(facts.DepartmentRated))


# 办结、撤哨 The end


def test_a_whistle_is_resolved_once_everybody_has_answered() -> None:
    whistle = (
        given(blown(), *BOTH_ANSWERED)
        .when(resolve("路面已恢复"))
        .then(event(facts.WhistleResolved, result="路面已恢复"))
    )
    assert whistle.status is WhistleStatus.RESOLVED


@pytest.mark.parametrize("past", [[], [sign(WORKS)], [check_in(WORKS)], [miss(WORKS), check_in(WORKS)]])
def test_a_whistle_waits_for_departments(past: list[Decision]) -> None:
    given(blown(), *answered(), *past).when(resolve()).refused(DepartmentsOutstanding, departments=str(WORKS))


@pytest.mark.parametrize("past", [[refuse(WORKS)], [miss(WORKS)], [sign(WORKS), miss(WORKS)]])
def test_a_whistle_does_not_wait_for_who_refused_or_missed_the_limit(past: list[Decision]) -> None:
    given(blown(), *answered(), *past).when(resolve()).then(event(facts.WhistleResolved))


def test_a_whistle_that_nobody_answered_is_not_resolved() -> None:
    given(blown(), refuse(POLICE), miss(WORKS)).when(resolve()).refused(NobodyAnswered)


def test_a_whistle_is_withdrawn_with_a_reason() -> None:
    whistle = given(blown()).when(withdraw("误吹")).then(event(facts.WhistleWithdrawn, reason="误吹"))
    assert whistle.status is WhistleStatus.WITHDRAWN


STREET_STEPS: dict[str, Decision] = {
    "SUMMON": summon(WATER),
    "OPEN_MEETING": open_meeting(),
    "SETTLE_ITEM": settle(1),
    "CLOSE_MEETING": close_meeting(),
    "RESOLVE": resolve(),
    "WITHDRAW": withdraw(),
}
AFTER_THE_END = STREET_STEPS | {
    "SIGN": sign(),
    "CHECK_IN": check_in(),
    "REFUSE": refuse(),
    "ANSWER": answer(),
    "MISS": miss(),
}


@pytest.mark.parametrize(("asked", "decision"), AFTER_THE_END.items(), ids=AFTER_THE_END)
@pytest.mark.parametrize(
    ("state", "end"), [("RESOLVED", [*BOTH_ANSWERED, resolve()]), ("WITHDRAWN", [withdraw()])]
)
def test_after_the_end_only_ratings_follow(
    asked: str, decision: Decision, state: str, end: list[Decision]
) -> None:
    given(blown(), *end).when(decision).refused(IllegalTransition, state=state, asked=asked, possible="RATE")


@pytest.mark.parametrize(
    "make", [summon, open_meeting, lambda by: settle(1, by), close_meeting, resolve, withdraw, rate, miss]
)
@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (Role.STREET_OFFICER, Role.ADMINISTRATOR)]
)
def test_the_street_alone_conducts_its_whistle(make: Callable[..., Decision], role: Role) -> None:
    given(blown(LAST_MILE), open_meeting()).when(make(by=EVERYBODY[role])).refused(Forbidden)


def test_any_officer_of_the_street_may_go_on() -> None:
    given(blown()).when(withdraw(by=OTHER_STREET_OFFICER)).then(event(facts.WhistleWithdrawn))


# 最后一公里 The last mile

HELD = [open_meeting(), settle(1), settle(2), close_meeting()]


def test_the_on_site_meeting_of_a_last_mile_whistle_lists_what_is_to_be_settled() -> None:
    whistle = (
        given(blown(LAST_MILE))
        .when(open_meeting((" 清运垃圾 ", "修复路面")))
        .then(event(facts.OnSiteMeetingOpened, items=["清运垃圾", "修复路面"]))
    )
    assert whistle.items == {1: False, 2: False}


@pytest.mark.parametrize(
    "linkage", [mechanism for mechanism in LinkageMechanism if mechanism is not LAST_MILE]
)
def test_other_whistles_have_no_on_site_meeting(linkage: LinkageMechanism) -> None:
    given(blown(linkage)).when(open_meeting()).refused(
        WrongLinkage, needed="LAST_MILE", linkage=linkage.value
    )


def test_a_meeting_without_items_is_refused() -> None:
    given(blown(LAST_MILE)).when(open_meeting(())).refused(TextEmpty, field="items")
    given(blown(LAST_MILE)).when(open_meeting(("清运垃圾", " "))).refused(TextEmpty, field="items")
    given(blown(LAST_MILE)).when(open_meeting(("长" * (SHORT_TEXT + 1),))).refused(TextTooLong)
    given(blown(LAST_MILE)).when(open_meeting(("\0",))).refused(BadText)


def test_a_whistle_has_one_meeting() -> None:
    given(blown(LAST_MILE), open_meeting()).when(open_meeting()).refused(
        IllegalTransition, state="MEETING_OPEN", asked="OPEN_MEETING"
    )
    given(blown(LAST_MILE), *HELD).when(open_meeting()).refused(IllegalTransition, state="MEETING_HELD")


def test_an_item_is_settled_once_and_again_changes_nothing() -> None:
    given(blown(LAST_MILE), open_meeting()).when(settle(2)).then(event(facts.OnSiteItemSettled, item=2))
    given(blown(LAST_MILE), open_meeting(), settle(2)).when(settle(2)).then()


@pytest.mark.parametrize("item", [0, 3, -1])
def test_an_item_that_is_not_on_the_list_is_not_settled(item: int) -> None:
    given(blown(LAST_MILE), open_meeting()).when(settle(item)).refused(NotFound, kind="item", id=item)


@pytest.mark.parametrize("release", [close_meeting(), resolve(), withdraw()])
@pytest.mark.parametrize(("settled", "still"), [([], "1, 2"), ([settle(1)], "2"), ([settle(2)], "1")])
def test_nobody_is_released_while_an_item_is_open(
    release: Decision, settled: list[Decision], still: str
) -> None:
    given(blown(LAST_MILE), *BOTH_ANSWERED, open_meeting(), *settled).when(release).refused(
        ItemsOpen, count=len(still.split(", ")), items=still
    )


def test_the_meeting_closes_once_everything_is_settled() -> None:
    given(blown(LAST_MILE), *HELD[:-1]).when(close_meeting()).then(event(facts.OnSiteMeetingClosed))
    given(blown(LAST_MILE)).when(close_meeting()).refused(MeetingRequired)
    given(blown(LAST_MILE), *HELD).when(close_meeting()).refused(MeetingRequired)


def test_a_last_mile_whistle_ends_after_its_meeting() -> None:
    given(blown(LAST_MILE), *BOTH_ANSWERED).when(resolve()).refused(MeetingRequired)
    given(blown(LAST_MILE), *BOTH_ANSWERED, *HELD[:-1]).when(resolve()).refused(MeetingRequired)
    given(blown(LAST_MILE), *BOTH_ANSWERED, *HELD).when(resolve()).then(event(facts.WhistleResolved))


@pytest.mark.parametrize("past", [[], [refuse(WORKS)], [miss(WORKS)], [sign(WORKS), check_in(WORKS)]])
def test_a_last_mile_whistle_waits_for_every_department(past: list[Decision]) -> None:
    given(blown(LAST_MILE), *HELD, *answered(), *past).when(resolve()).refused(
        DepartmentsOutstanding, departments=str(WORKS)
    )


def test_a_last_mile_whistle_may_be_withdrawn_before_its_meeting() -> None:
    given(blown(LAST_MILE)).when(withdraw()).then(event(facts.WhistleWithdrawn))


# Times and texts


@pytest.mark.parametrize("make", [sign, check_in, refuse])
def test_a_department_does_nothing_before_it_was_summoned(make: Callable[..., Decision]) -> None:
    given(blown()).when(make(at=START - MINUTE)).refused(BadTime, field="occurredAt")


def test_after_a_new_summons_its_moment_counts() -> None:
    again = START + timedelta(hours=2)
    past = (refuse(at=START + timedelta(hours=1)), summon(POLICE, at=again))
    given(blown(), *past).when(sign(at=again - MINUTE)).refused(BadTime)
    given(blown(), *past).when(sign(at=again)).then(event(facts.SummonsSigned))


@pytest.mark.parametrize("make", [summon, resolve, withdraw])
def test_the_street_does_nothing_before_it_blew(make: Callable[..., Decision]) -> None:
    given(blown(), *BOTH_ANSWERED).when(make(at=START - MINUTE)).refused(BadTime)


def test_a_rating_is_not_dated_before_the_summons() -> None:
    given(blown(), refuse()).when(rate(at=START - MINUTE)).refused(BadTime)


SAID: dict[str, tuple[list[Decision], Callable[[str], Decision]]] = {
    "refuse": ([], lambda text: refuse(reason=text)),
    "answer": ([check_in()], lambda text: answer(result=text)),
    "resolve": (BOTH_ANSWERED, resolve),
    "withdraw": ([], withdraw),
}


@pytest.mark.parametrize(("past", "say"), SAID.values(), ids=SAID)
def test_a_whistle_keeps_what_says_something_and_fits(
    past: list[Decision], say: Callable[[str], Decision]
) -> None:
    given(blown(), *past).when(say("\n")).refused(TextEmpty)
    given(blown(), *past).when(say("长" * (LONG_TEXT + 1))).refused(TextTooLong)
    given(blown(), *past).when(say("\udfff")).refused(BadText)
    (said,) = given(blown(), *past).when(say("一段话")).events
    texts = [value for value in vars(said).values() if isinstance(value, PersonalText)]
    assert texts == [PersonalText(SUBJECT, "一段话")]
