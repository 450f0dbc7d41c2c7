"""代表建议 A deputy's proposal: assigned to a unit, answered once by it, rated once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.identity import identify
from chuishao.domain.refusal import (
    BadCode,
    BadTime,
    Forbidden,
    IllegalTransition,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
    WrongDivisionLevel,
)
from chuishao.domain.street.proposal import (
    DeputyProposal,
    ProposalAnswered,
    ProposalAssigned,
    ProposalRated,
    ProposalReceived,
)
from chuishao.domain.street.terms import PROPOSAL_TABLE, ProposalStatus, ProposalStep, Proposer, Verdict
from chuishao.domain.street.unit import PublicUnit
from chuishao.domain.vocabulary import Role
from tests.given import (
    ADMINISTRATOR,
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
from tests.town import COMMUNITY, START, STREET

Decision = Callable[[DeputyProposal], object]
PROPOSAL = identify("proposal", 1)
DISTRICT = Actor("administrator-2", Role.ADMINISTRATOR, "120101")
OF_POLICE, OF_WORKS = PublicUnit(POLICE, None), PublicUnit(WORKS, None)
OF_STREET, OF_DISTRICT = PublicUnit(None, STREET), PublicUnit(None, "120101")
SPEAKS = {
    OF_POLICE: POLICE_OFFICER,
    OF_WORKS: WORKS_OFFICER,
    OF_STREET: STREET_OFFICER,
    OF_DISTRICT: DISTRICT,
}


def received(
    division: str = STREET,
    proposer: Proposer = Proposer.PEOPLES_CONGRESS_DEPUTY,
    label: str = "人大代表 003",
    text: str = "增设过街天桥",
    by: Actor = STREET_OFFICER,
) -> DeputyProposal:
    return DeputyProposal.receive(PROPOSAL, division, proposer, label, text, by, START)


def assign(unit: PublicUnit = OF_POLICE, by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda proposal: proposal.assign(unit, by, at or later(proposal))


def answer(by: Actor = POLICE_OFFICER, text: str = "已列入计划", at: datetime | None = None) -> Decision:
    return lambda proposal: proposal.answer(text, by, at or later(proposal))


def rate(
    verdict: Verdict = Verdict.SATISFIED,
    comment: str | None = None,
    by: Actor = STREET_OFFICER,
    at: datetime | None = None,
) -> Decision:
    return lambda proposal: proposal.rate(verdict, comment, by, at or later(proposal))


@pytest.mark.parametrize("proposer", Proposer)
def test_a_deputy_or_a_member_proposes_under_role_and_number(proposer: Proposer) -> None:
    when_made(lambda: received(proposer=proposer)).then(
        event(
            ProposalReceived,
            division=STREET,
            proposer=proposer.value,
            label="人大代表 003",
            proposal="增设过街天桥",
        )
    )


def test_a_community_receives_no_proposals() -> None:
    refused = when_made(lambda: received(COMMUNITY)).refused(WrongDivisionLevel)
    assert refused.path == ("divisionCode",)
    when_made(lambda: received("120101", by=DISTRICT)).then(event(ProposalReceived, division="120101"))


@pytest.mark.parametrize("unit", SPEAKS)
def test_a_proposal_is_assigned_to_a_unit_which_answers(unit: PublicUnit) -> None:
    given(received()).when(assign(unit)).then(
        event(ProposalAssigned, department=unit.department, body=unit.body)
    )
    given(received(), assign(unit)).when(answer(SPEAKS[unit])).then(
        event(ProposalAnswered, answer="已列入计划")
    )


def test_a_district_lets_one_of_its_streets_answer() -> None:
    given(received("120101", by=DISTRICT), assign(OF_STREET, DISTRICT)).when(answer(STREET_OFFICER)).then(
        event(ProposalAnswered)
    )


def test_it_may_be_given_to_another_unit_until_it_is_answered() -> None:
    given(received(), assign()).when(assign(OF_WORKS)).then(event(ProposalAssigned, department=WORKS))
    given(received(), assign(), assign(OF_WORKS)).when(answer(POLICE_OFFICER)).refused(Forbidden)
    given(received(), assign(), answer()).when(assign(OF_WORKS)).refused(IllegalTransition, state="ANSWERED")


def test_the_same_unit_again_changes_nothing() -> None:
    given(received(), assign()).when(assign()).then()


@pytest.mark.parametrize("body", ["120102", "120101002"])
def test_a_body_from_aside_does_not_answer(body: str) -> None:
    refused = given(received()).when(assign(PublicUnit(None, body))).refused(OutOfScope)
    assert refused.path == ("bodyCode",)


def test_a_body_is_no_community_and_has_a_code() -> None:
    given(received()).when(assign(PublicUnit(None, COMMUNITY))).refused(WrongDivisionLevel)
    given(received()).when(assign(PublicUnit(None, "区政府"))).refused(BadCode)


@pytest.mark.parametrize("unit", SPEAKS)
def test_nobody_else_answers(unit: PublicUnit) -> None:
    for by in {*SPEAKS.values(), *EVERYBODY.values()} - {SPEAKS[unit]}:
        given(received(), assign(unit)).when(answer(by)).refused(Forbidden)


def test_an_officer_of_the_department_reaches_the_division() -> None:
    afar = replace(POLICE_OFFICER, scope="120102")
    given(received(), assign()).when(answer(afar)).refused(OutOfScope)


def test_nobody_answers_before_it_is_assigned() -> None:
    given(received()).when(answer()).refused(IllegalTransition, possible="ASSIGN_PROPOSAL")
    given(received()).when(answer(EVERYBODY[Role.RESIDENT])).refused(Forbidden)


def test_it_is_answered_once_and_rated_once() -> None:
    given(received(), assign(), answer()).when(answer()).refused(IllegalTransition)
    given(received(), assign(), answer()).when(rate(Verdict.DISSATISFIED, "希望加快")).then(
        event(ProposalRated, verdict="DISSATISFIED", comment="希望加快")
    )
    given(received(), assign(), answer(), rate()).when(rate()).refused(IllegalTransition, possible="nothing")
    given(received(), assign()).when(rate()).refused(IllegalTransition)


def test_nothing_happens_before_what_it_follows() -> None:
    before = START - MINUTE
    given(received()).when(assign(at=before)).refused(BadTime)
    given(received(), assign()).when(answer(at=before)).refused(BadTime)
    given(received(), assign(), answer()).when(rate(at=before)).refused(BadTime)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    when_made(lambda: received(label=text)).refused(refusal)
    when_made(lambda: received(text=text)).refused(refusal)
    given(received(), assign()).when(answer(text=text)).refused(refusal)


def test_only_streets_and_administrators_keep_proposals() -> None:
    for by in EVERYBODY.values():
        made = when_made(lambda by=by: received(by=by))  # type: ignore[misc]
        if by in (STREET_OFFICER, ADMINISTRATOR):
            assert made.refusal is None
            continue
        made.refused(Forbidden)
        given(received()).when(assign(by=by)).refused(Forbidden)
        given(received(), assign(), answer()).when(rate(by=by)).refused(Forbidden)
    when_made(lambda: received("120101")).refused(OutOfScope)


# The rule: the table, with one answer by the unit that was asked last


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("assign"), st.sampled_from(list(SPEAKS))),
        st.tuples(st.just("answer"), st.sampled_from([*SPEAKS.values()])),
        st.tuples(st.just("rate"), st.sampled_from(Verdict)),
    ),
    max_size=10,
)

DECIDE: dict[str, Callable[..., Decision]] = {"assign": assign, "answer": answer, "rate": rate}


@forall(STEPS)
def test_every_proposal_follows_the_table(steps: list[tuple[str, Any]]) -> None:
    proposal, happened_so_far = received(), list[str]()
    proposal.collect_events()
    asked: PublicUnit | None = None
    for what, which in steps:
        before = proposal.status
        try:
            DECIDE[what](which)(proposal)
        except Refusal:
            assert not proposal.pending_events
        for happened in decided_by(proposal):
            happened_so_far.append(type(happened).__name__)
            match happened:
                case ProposalAssigned():
                    assert before in PROPOSAL_TABLE[ProposalStep.ASSIGN]
                    asked = PublicUnit(happened.department, happened.body)
                case ProposalAnswered():
                    assert before is ProposalStatus.ASSIGNED
                    assert asked is not None and which is SPEAKS[asked]
                case ProposalRated():
                    assert before is ProposalStatus.ANSWERED
    assert happened_so_far.count("ProposalAnswered") <= 1
    assert happened_so_far.count("ProposalRated") <= happened_so_far.count("ProposalAnswered")
