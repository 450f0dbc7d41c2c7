"""议事协商 A community hears opinions, and agrees or does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.meetings.deliberations import (
    ConveneDeliberation,
    FailAgreement,
    ReachAgreement,
    RecordOpinion,
)
from chuishao.domain.actor import Actor
from chuishao.domain.event import PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import Status
from chuishao.domain.meetings.deliberation import (
    AgreementFailed,
    AgreementReached,
    Deliberation,
    DeliberationConvened,
    OpinionRecorded,
    deliberation_of_case,
    opinion_id,
)
from chuishao.domain.meetings.refusals import NothingHeard
from chuishao.domain.meetings.terms import DeliberationState
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
    RESOLVING,
    STAFF,
    STREET_OFFICER,
    WORKER,
    a_case_in,
    decided_by,
    event,
    given,
    later,
    when_made,
)
from tests.mechanisms.desk import desk, refused
from tests.town import COMMUNITY, OTHER_COMMUNITY, START

Decision = Callable[[Deliberation], object]
TOPIC = identify("topic", 1)
PERSON = identify("person", 1)
ELSEWHERE = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)


def on_a_topic(topic: str = "加装充电桩", by: Actor = STAFF) -> Deliberation:
    return Deliberation.convene_in(TOPIC, COMMUNITY, topic, by, START)


def on_a_case(
    tier: Tier = Tier.DELIBERATION,
    status: Status = Status.ASSIGNED,
    by: Actor = STAFF,
    late: timedelta = MINUTE,
) -> Deliberation:
    case = a_case_in(status, tier).aggregate
    return Deliberation.convene_on(case, 1, "停车纠纷", by, case.since + late)


def record(
    words: str = "同意，但须先做防火",
    person: UUID | None = None,
    by: Actor = STAFF,
    at: datetime | None = None,
) -> Decision:
    return lambda one: one.record_opinion("居民代表 003", words, person, by, at or later(one))


def agree(agreement: str = "装在东侧", by: Actor = STAFF, at: datetime | None = None) -> Decision:
    return lambda one: one.agree(agreement, by, at or later(one))


def fail(reason: str = "选址未达成一致", by: Actor = STAFF, at: datetime | None = None) -> Decision:
    return lambda one: one.fail(reason, by, at or later(one))


def test_a_deliberation_is_convened_on_a_matter_of_a_community() -> None:
    convened = when_made(on_a_topic).then(
        event(DeliberationConvened, community=COMMUNITY, case=None, subject=TOPIC, topic="加装充电桩")
    )
    assert (convened.place, convened.correlation) == (COMMUNITY, None)


def test_a_deliberation_is_convened_on_a_case_at_its_tier_and_belongs_to_its_history() -> None:
    convened = when_made(on_a_case).then(
        event(DeliberationConvened, community=COMMUNITY, case=CASE, subject=CASE, topic="停车纠纷")
    )
    assert convened.correlation == CASE
    assert convened.id == deliberation_of_case(CASE, 1)


@pytest.mark.parametrize("tier", [tier for tier in Tier if tier is not Tier.DELIBERATION])
def test_a_case_at_another_tier_is_not_deliberated_on(tier: Tier) -> None:
    refused = when_made(lambda: on_a_case(tier)).refused(WrongTier, needed=Tier.DELIBERATION, tier=tier)
    assert refused.path == ("caseId",)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ASSIGNED])
def test_a_case_that_is_not_being_handled_is_not_deliberated_on(status: Status) -> None:
    when_made(lambda: on_a_case(status=status)).refused(IllegalTransition, state=status)


def test_a_case_is_deliberated_on_after_it_came_to_the_tier() -> None:
    when_made(lambda: on_a_case(late=-MINUTE)).refused(BadTime)


def test_an_opinion_is_kept_under_a_key_of_its_own() -> None:
    one = given(on_a_topic(), record())
    one.when(record("反对")).then(
        event(OpinionRecorded, number=2, label="居民代表 003", person=None, words="反对")
    )
    assert opinion_id(TOPIC, 1) != opinion_id(TOPIC, 2)


def test_an_opinion_of_a_person_of_the_register_is_kept_under_their_key() -> None:
    (said,) = given(on_a_topic()).when(record(person=PERSON)).events
    assert isinstance(said, OpinionRecorded)
    assert said.person == PERSON
    assert isinstance(said.words, PersonalText)
    assert said.words.subject == PERSON


def test_an_agreement_is_reached_once_somebody_was_heard() -> None:
    given(on_a_topic()).when(agree()).refused(NothingHeard)
    given(on_a_topic(), record()).when(agree()).then(event(AgreementReached, agreement="装在东侧"))


def test_that_no_agreement_was_reached_is_found_even_when_nobody_spoke() -> None:
    given(on_a_topic()).when(fail()).then(event(AgreementFailed, reason="选址未达成一致"))


@pytest.mark.parametrize("end", [agree(), fail()])
@pytest.mark.parametrize("more", [record(), agree(), fail()])
def test_nothing_follows_the_outcome(end: Decision, more: Decision) -> None:
    given(on_a_topic(), record(), end).when(more).refused(IllegalTransition)


def test_nothing_happens_before_what_it_follows() -> None:
    given(on_a_topic()).when(record(at=START - MINUTE)).refused(BadTime)
    given(on_a_topic(), record()).when(agree(at=START)).refused(BadTime)
    given(on_a_topic(), record()).when(fail(at=START)).refused(BadTime)


@pytest.mark.parametrize("by", EVERYBODY.values(), ids=EVERYBODY)
def test_leaders_the_community_and_the_street_deliberate(by: Actor) -> None:
    if by in (LEADER, STAFF, STREET_OFFICER):
        when_made(lambda: on_a_topic(by=by)).then(event(DeliberationConvened))
        when_made(lambda: on_a_case(by=by)).then(event(DeliberationConvened))
        given(on_a_topic()).when(record(by=by)).then(event(OpinionRecorded))
    else:
        when_made(lambda: on_a_topic(by=by)).refused(Forbidden)
        when_made(lambda: on_a_case(by=by)).refused(Forbidden)
        given(on_a_topic()).when(record(by=by)).refused(Forbidden)
        given(on_a_topic(), record()).when(agree(by=by)).refused(Forbidden)
        given(on_a_topic()).when(fail(by=by)).refused(Forbidden)


def test_another_community_does_not_deliberate_here() -> None:
    assert when_made(lambda: on_a_topic(by=ELSEWHERE)).refused(OutOfScope).path == ("communityCode",)
    assert when_made(lambda: on_a_case(by=ELSEWHERE)).refused(OutOfScope).path == ("caseId",)
    given(on_a_topic()).when(record(by=ELSEWHERE)).refused(OutOfScope)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    when_made(lambda: on_a_topic(topic=text)).refused(refusal)
    given(on_a_topic()).when(record(text)).refused(refusal)
    given(on_a_topic(), record()).when(agree(text)).refused(refusal)
    given(on_a_topic()).when(fail(text)).refused(refusal)


def test_the_step_that_follows_is_one_that_the_case_may_take() -> None:
    case = a_case_in(Status.ASSIGNED, Tier.DELIBERATION).aggregate
    case.resolve("按协商结果处置", RESOLVING[Tier.DELIBERATION], later(case))
    case = a_case_in(Status.ASSIGNED, Tier.DELIBERATION).aggregate
    case.escalate(Tier.MULTI_UNIT, None, "未达成一致", STAFF, later(case))


# The rule: whatever is tried, opinions come first, the outcome last and once


DECISIONS = [record(), record("反对"), record(person=PERSON), agree(), fail(), record(by=WORKER), agree(" ")]


@forall(st.lists(st.sampled_from(DECISIONS), max_size=10), st.booleans())
def test_opinions_come_first_and_the_outcome_last_and_once(steps: list[Decision], about_a_case: bool) -> None:
    one = on_a_case() if about_a_case else on_a_topic()
    one.collect_events()
    history = []
    for step in steps:
        try:
            step(one)
        except Refusal:
            assert not one.pending_events
        history += decided_by(one)
    opinions = [said for said in history if isinstance(said, OpinionRecorded)]
    outcomes = [end for end in history if isinstance(end, AgreementReached | AgreementFailed)]
    assert history == opinions + outcomes
    assert [said.number for said in opinions] == list(range(1, len(opinions) + 1))
    assert len(outcomes) <= 1
    assert (one.state is DeliberationState.CONVENED) is not bool(outcomes)
    if any(isinstance(end, AgreementReached) for end in outcomes):
        assert opinions
    own = [said.words.subject for said in opinions if said.person is None]
    assert len(set(own)) == len(own), "each can be erased alone"


# A case that moved on


async def test_whoever_has_the_case_now_goes_on_with_what_was_convened_on_it() -> None:
    """The community that convened may be no more."""
    case = a_case_in(Status.ASSIGNED, Tier.DELIBERATION).aggregate
    begun = Deliberation.convene_on(case, 1, "停车纠纷", STAFF, later(case))
    case.rehome(OTHER_COMMUNITY, None, None, ADMINISTRATOR, later(case))
    known = (case, begun)
    record = RecordOpinion(deliberation_id=begun.id, label="居民代表 003", words="同意")
    for command in (
        record,
        ReachAgreement(deliberation_id=begun.id, agreement="装在东侧"),
        FailAgreement(deliberation_id=begun.id, reason="未达成一致"),
    ):
        await refused(command, OutOfScope, desk(*known, by=STAFF))
    await record.decide(desk(*known, by=ELSEWHERE))
    await FailAgreement(deliberation_id=begun.id, reason="未达成一致").decide(desk(*known, by=ELSEWHERE))
    again = ConveneDeliberation(topic="停车纠纷", case_id=case.id)
    assert (await again.decide(desk(*known, by=ELSEWHERE))).community == OTHER_COMMUNITY
