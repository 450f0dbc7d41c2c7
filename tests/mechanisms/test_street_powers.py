"""街道赋权 How a street exercises its powers: appraisal over its own whistles, advice, opinions on plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.street.powers import AppraiseDepartment
from chuishao.domain.actor import Actor
from chuishao.domain.department import Department
from chuishao.domain.identity import identify
from chuishao.domain.people.refusals import BadPeriod
from chuishao.domain.refusal import (
    BadCode,
    BadTime,
    Forbidden,
    NotFound,
    NotSummoned,
    OutOfRange,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
)
from chuishao.domain.street.powers import (
    AdviceAnswered,
    AdviceIssued,
    DepartmentAppraised,
    PlanOpinionFiled,
    PowerExercise,
)
from chuishao.domain.street.refusals import (
    AdviceAnsweredAlready,
    EitherUnit,
    EvidenceRequired,
    ForeignWhistle,
    NotAbove,
    OtherPeriod,
)
from chuishao.domain.street.terms import ADVICE, StreetPower
from chuishao.domain.street.unit import PublicUnit
from chuishao.domain.vocabulary import LinkageMechanism, Role, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from tests.given import (
    CASE,
    EVERYBODY,
    MINUTE,
    POLICE,
    POLICE_OFFICER,
    STREET_OFFICER,
    WORKS,
    WORKS_OFFICER,
    decided_by,
    event,
    given,
    later,
    when_made,
)
from tests.mechanisms.desk import desk, divisions, refused
from tests.town import COMMUNITY, START, STREET

OTHER_STREET = "120101002"
DISTRICT = Actor("administrator-2", Role.ADMINISTRATOR, "120101")
EXERCISE = identify("exercise", 1)
OF_POLICE = PublicUnit(POLICE, None)
OF_DISTRICT = PublicUnit(None, "120101")


def whistle(number: int = 1, street: str = STREET, *departments: UUID) -> Whistle:
    """A whistle of a street, to which the police are summoned or others."""
    call = Call(
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门联动",
        departments=list(departments) or [POLICE],
    )
    id_ = identify("whistle", number)
    by = Actor("street-officer-3", Role.STREET_OFFICER, street)
    return Whistle.blow(id_, CASE, street, id_, call, by, START)


def appraised(
    *whistles: Whistle,
    score: int = 4,
    period: str = "2026-Q1",
    comment: str | None = "到场及时",
    by: Actor = STREET_OFFICER,
    at: datetime = START + MINUTE,
    department: UUID = POLICE,
) -> PowerExercise:
    return PowerExercise.appraise(STREET, department, period, score, comment, whistles, by, at)


def advised(
    unit: PublicUnit = OF_POLICE,
    power: StreetPower = StreetPower.MAJOR_MATTER_ADVICE,
    advice: str = "缓建停车楼",
    by: Actor = STREET_OFFICER,
    street: str = STREET,
) -> PowerExercise:
    return PowerExercise.advise(EXERCISE, street, power, unit, advice, by, START)


def opined(
    plan: str = "和平区控规（草案）", opinion: str = "补足绿地", by: Actor = STREET_OFFICER
) -> PowerExercise:
    return PowerExercise.opine(EXERCISE, STREET, plan, opinion, by, START)


def answer(
    by: Actor = POLICE_OFFICER, said: str = "采纳", at: datetime | None = None, *, adopted: bool = True
) -> Callable[[PowerExercise], object]:
    return lambda exercise: exercise.answer(said, by, at or later(exercise), adopted=adopted)


# 考核评价权


def test_the_source_names_five_powers_of_which_two_are_advice() -> None:
    assert len(StreetPower) == 5
    assert {power for power in StreetPower if power.value.endswith("ADVICE")} == ADVICE


def test_a_department_is_appraised_over_what_it_was_summoned_to() -> None:
    first, second = whistle(1), whistle(2, STREET, WORKS, POLICE)
    when_made(lambda: appraised(first, second)).then(
        event(
            DepartmentAppraised,
            street=STREET,
            department=POLICE,
            period="2026-Q1",
            score=4,
            whistles=[first.id, second.id],
            comment="到场及时",
        )
    )


def test_a_period_has_one_appraisal_of_a_department() -> None:
    assert appraised(whistle()).id == appraised(whistle(2), score=1).id
    assert appraised(whistle()).id != appraised(whistle(), period="2026-Q2").id


def test_an_appraisal_rests_on_a_whistle() -> None:
    assert when_made(appraised).refused(EvidenceRequired).path == ("whistleIds",)


def test_a_whistle_to_which_others_were_summoned_is_no_evidence() -> None:
    made = when_made(lambda: appraised(whistle(1), whistle(2, STREET, WORKS)))
    assert made.refused(NotSummoned, department=str(POLICE)).path == ("whistleIds", "1")


@pytest.mark.parametrize("period", ["2019", "2025-Q1", "2027"])
def test_a_whistle_of_another_year_is_no_evidence(period: str) -> None:
    made = when_made(lambda: appraised(whistle(), period=period))
    assert made.refused(OtherPeriod, year=2026, period=period).path == ("whistleIds", "0")


def test_a_whistle_that_is_named_twice_counts_once_and_a_refusal_leads_to_what_was_named() -> None:
    twice = (whistle(1), whistle(1))
    when_made(lambda: appraised(*twice)).then(event(DepartmentAppraised, whistles=[twice[0].id]))
    made = when_made(lambda: appraised(*twice, whistle(2, STREET, WORKS)))
    assert made.refused(NotSummoned).path == ("whistleIds", "2")


async def test_a_whistle_that_there_is_not_is_found_where_it_was_named() -> None:
    department = Department.establish(POLICE, "120101", "公安部门", START)
    known = (*divisions("12", "120101", STREET), department, whistle(1))
    named = [known[-1].id, known[-1].id, identify("whistle", "nowhere")]
    appraise = AppraiseDepartment(
        street_code=STREET, department_id=POLICE, period="2026", score=4, whistle_ids=named
    )
    told = await refused(appraise, NotFound, desk(*known, by=STREET_OFFICER))
    assert told.path == ("whistleIds", "2")


def test_a_whistle_of_another_street_is_no_evidence() -> None:
    made = when_made(lambda: appraised(whistle(1, OTHER_STREET)))
    assert made.refused(ForeignWhistle, street=STREET).path == ("whistleIds", "0")


def test_nobody_is_appraised_before_the_summons() -> None:
    when_made(lambda: appraised(whistle(), at=START - MINUTE)).refused(BadTime)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_from_one_to_five(score: int) -> None:
    made = when_made(lambda: appraised(whistle(), score=score))
    assert made.refused(OutOfRange, low=1, high=5).path == ("score",)


@pytest.mark.parametrize("period", ["2026-Q5", "今年", "26"])
def test_a_period_is_a_year_or_a_quarter(period: str) -> None:
    when_made(lambda: appraised(whistle(), period=period)).refused(BadPeriod)


# 建议权


@pytest.mark.parametrize("power", sorted(ADVICE))
@pytest.mark.parametrize("unit", [OF_POLICE, OF_DISTRICT, PublicUnit(None, "12")])
def test_advice_goes_to_a_department_or_a_body_above(power: StreetPower, unit: PublicUnit) -> None:
    when_made(lambda: advised(unit, power)).then(
        event(
            AdviceIssued,
            street=STREET,
            street_power=power.value,
            department=unit.department,
            body=unit.body,
            advice="缓建停车楼",
        )
    )


@pytest.mark.parametrize("power", sorted(set(StreetPower) - ADVICE))
def test_the_other_powers_are_not_exercised_by_advice(power: StreetPower) -> None:
    assert when_made(lambda: advised(power=power)).refused(NotFound).path == ("power",)


@pytest.mark.parametrize("body", [STREET, COMMUNITY, "120102", OTHER_STREET])
def test_a_body_lies_above_the_street(body: str) -> None:
    assert when_made(lambda: advised(PublicUnit(None, body))).refused(NotAbove).path == ("bodyCode",)


def test_a_body_has_a_code() -> None:
    when_made(lambda: advised(PublicUnit(None, "和平区"))).refused(BadCode)


@pytest.mark.parametrize(("department", "body"), [(None, None), (POLICE, "120101")])
def test_a_unit_is_a_department_or_a_body(department: UUID | None, body: str | None) -> None:
    with pytest.raises(EitherUnit):
        PublicUnit.either(department, body)
    assert PublicUnit.either(POLICE, None) == OF_POLICE


@pytest.mark.parametrize(("unit", "by"), [(OF_POLICE, POLICE_OFFICER), (OF_DISTRICT, DISTRICT)])
def test_whoever_was_advised_answers(unit: PublicUnit, by: Actor) -> None:
    given(advised(unit)).when(answer(by, adopted=False)).then(
        event(AdviceAnswered, adopted=False, answer="采纳")
    )


@pytest.mark.parametrize("unit", [OF_POLICE, OF_DISTRICT])
def test_nobody_else_answers(unit: PublicUnit) -> None:
    right = POLICE_OFFICER if unit is OF_POLICE else DISTRICT
    for by in (*EVERYBODY.values(), WORKS_OFFICER, DISTRICT):
        if by is not right:
            given(advised(unit)).when(answer(by)).refused(Forbidden)


def test_an_officer_of_the_department_reaches_the_street() -> None:
    afar = replace(POLICE_OFFICER, scope="120102")
    given(advised()).when(answer(afar)).refused(OutOfScope)


def test_advice_is_answered_once_and_after_it_was_given() -> None:
    given(advised(), answer()).when(answer()).refused(AdviceAnsweredAlready)
    given(advised()).when(answer(at=START - MINUTE)).refused(BadTime)


def test_only_advice_is_answered() -> None:
    given(opined()).when(answer()).refused(NotFound, kind="advice")
    given(opined()).when(answer(STREET_OFFICER)).refused(Forbidden)


# 国土空间规划的参与权


def test_a_street_gives_its_opinion_on_a_plan() -> None:
    when_made(opined).then(
        event(PlanOpinionFiled, street=STREET, plan="和平区控规（草案）", opinion="补足绿地")
    )


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    when_made(lambda: opined(plan=text)).refused(refusal)
    when_made(lambda: opined(opinion=text)).refused(refusal)
    when_made(lambda: advised(advice=text)).refused(refusal)
    given(advised()).when(answer(said=text)).refused(refusal)


# Whose powers they are


MAKES: list[Callable[[Actor], PowerExercise]] = [
    lambda by: appraised(whistle(), by=by),
    lambda by: advised(by=by),
    lambda by: opined(by=by),
]


@pytest.mark.parametrize("make", MAKES)
def test_only_the_street_itself_exercises_its_powers(make: Callable[[Actor], PowerExercise]) -> None:
    for by in EVERYBODY.values():
        made = when_made(lambda by=by: make(by))  # type: ignore[misc]
        if by is STREET_OFFICER:
            assert made.refusal is None
        else:
            made.refused(Forbidden)
    other = Actor("street-officer-8", Role.STREET_OFFICER, OTHER_STREET)
    when_made(lambda: make(other)).refused(OutOfScope)
    above = Actor("street-officer-9", Role.STREET_OFFICER, "120101")
    assert when_made(lambda: make(above)).refused(Forbidden).path == ("streetCode",)


# The rule: whatever evidence is named, an appraisal rests on summonses by the own street to that department


WHISTLES = st.lists(
    st.tuples(
        st.sampled_from([STREET, OTHER_STREET]),
        st.lists(st.sampled_from([POLICE, WORKS]), min_size=1, max_size=2, unique=True),
    ),
    max_size=4,
)


@forall(WHISTLES, st.sampled_from([POLICE, WORKS]), st.integers(-1, 7), st.integers(-2, 2))
def test_every_appraisal_rests_on_summonses_of_the_street(
    blown: list[tuple[str, list[UUID]]], department: UUID, score: int, minutes: int
) -> None:
    evidence = [whistle(number, street, *to) for number, (street, to) in enumerate(blown)]
    at = START + timedelta(minutes=minutes)
    made = when_made(lambda: appraised(*evidence, score=score, at=at, department=department))
    sound = bool(blown) and all(street == STREET and department in to for street, to in blown)
    assert (made.refusal is None) is (sound and 1 <= score <= 5 and minutes >= 0)
    if made.refusal is None:
        (happened,) = made.events
        assert isinstance(happened, DepartmentAppraised)
        assert happened.whistles == [one.id for one in evidence]


ANSWERS = st.lists(
    st.tuples(st.sampled_from([POLICE_OFFICER, WORKS_OFFICER, DISTRICT, STREET_OFFICER]), st.integers(-2, 9)),
    max_size=6,
)


@forall(st.sampled_from([OF_POLICE, OF_DISTRICT]), ANSWERS)
def test_every_advice_is_answered_once_by_whom_it_was_addressed_to(
    unit: PublicUnit, tried: list[tuple[Actor, int]]
) -> None:
    advice, history = advised(unit), []
    advice.collect_events()
    for by, minutes in tried:
        try:
            answer(by, at=START + timedelta(minutes=minutes))(advice)
        except Refusal:
            assert not advice.pending_events
        history += [(happened, by) for happened in decided_by(advice)]
    assert len(history) <= 1
    for happened, by in history:
        assert by is (POLICE_OFFICER if unit is OF_POLICE else DISTRICT)
        assert happened.timestamp >= START
