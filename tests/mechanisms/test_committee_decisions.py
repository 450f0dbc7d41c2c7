"""居民委员会 Committees: seats, terms, vacancies, recall and by-elections."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.election import committee_events as facts
from chuishao.domain.election.committee import Committee, Meeting, committee_id
from chuishao.domain.election.mandates import Mandate, mandates
from chuishao.domain.election.refusals import (
    BadHash,
    ElectorateTooSmall,
    NotCarried,
    NotEnoughProposers,
    NoVacancy,
    OlderElection,
    QuorumNotReached,
    TermOver,
)
from chuishao.domain.election.regime import Proposal
from chuishao.domain.election.terms import Proposers, VacancyGround
from chuishao.domain.event import Event, fold
from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadTime, NotFound, OutOfRange
from tests.given import event, given, later, when_made
from tests.mechanisms.elections import (
    DEPUTY,
    DIRECTOR,
    MEMBER,
    PEOPLE,
    PROTOCOL,
    SEATS,
    VOTES,
    WAY,
    a_by_election,
    a_call,
    a_committee,
    an_election,
    count,
    hold,
    recall,
    register,
    screen,
    vacate,
)
from tests.town import COMMUNITY, START

SOMEBODY, SOMEBODY_ELSE = identify("person", 101), identify("person", 102)
HOLDERS = [PEOPLE[0], PEOPLE[2], PEOPLE[3], PEOPLE[4], PEOPLE[5]]


def test_those_elected_take_their_seats_for_five_years() -> None:
    election = an_election(*WAY)
    committee = when_made(lambda: Committee.begin(election, later(election))).then(
        event(
            facts.CommitteeElected,
            community=COMMUNITY,
            election=election.id,
            elected_on="2026-03-30",
            seats=[office.value for office in SEATS],
            elected=HOLDERS,
            term_from="2026-03-30",
            term_until="2031-03-30",
        )
    )
    assert committee.id == committee_id(COMMUNITY)
    assert committee.seats == list(zip(SEATS, HOLDERS, strict=True))
    assert committee.vacant == []


def test_seats_that_nobody_won_are_vacant() -> None:
    tied = (500, 210, 600, 650, 420, 420, 420)
    election = an_election(register(), screen(), hold(), count(tied), *WAY[4:])
    committee = Committee.begin(election, later(election))
    assert committee.vacant == [MEMBER, MEMBER]


def test_another_committee_takes_the_seats_of_the_one_before() -> None:
    committee = a_committee()
    at = datetime.fromisoformat("2031-03-20T18:00:00+08:00")
    seats = [DIRECTOR, DEPUTY, MEMBER, MEMBER, MEMBER, MEMBER, MEMBER]
    call = a_call(seats=seats, ballot_on=at.date(), at=at - timedelta(days=60))
    people = [identify("person", 200 + number) for number in range(7)]
    standing = list(zip(people, seats, strict=True))
    votes = (700, 600, 500, 500, 500, 500, 500)
    election = an_election(register(), screen(standing), hold(at=at), count(votes), *WAY[4:], call=call)
    renewed = given(committee).when(lambda before: before.renew(election, later(election)))
    renewed.then(event(facts.CommitteeRenewed, elected=people, term_until="2036-03-20"))
    assert committee.seats == [(office, person) for person, office in standing]


def test_a_committee_is_not_replaced_by_an_older_election() -> None:
    committee = a_committee()
    again = an_election(*WAY)
    given(committee).when(lambda before: before.renew(again, later(again))).refused(
        OlderElection, elected_on=date(2026, 3, 30)
    )


# 出缺 Vacancies


@pytest.mark.parametrize("ground", VacancyGround)
def test_a_member_leaves_a_vacant_seat(ground: VacancyGround) -> None:
    committee = (
        given(a_committee())
        .when(vacate(PEOPLE[2], ground))
        .then(
            event(facts.SeatVacated, person=PEOPLE[2], office="DEPUTY_DIRECTOR", vacancy_ground=ground.value)
        )
    )
    assert committee.vacant == [DEPUTY]


def test_whoever_has_no_seat_leaves_none() -> None:
    given(a_committee()).when(vacate(SOMEBODY)).refused(NotFound, id=SOMEBODY)
    given(a_committee(), vacate(PEOPLE[0])).when(vacate(PEOPLE[0])).refused(NotFound)
    given(a_committee()).when(recall(SOMEBODY)).refused(NotFound)


# 罢免 Recall


def test_a_meeting_recalls_a_member() -> None:
    committee = (
        given(a_committee())
        .when(recall())
        .then(
            event(
                facts.MemberRecalled,
                person=PEOPLE[0],
                office="DIRECTOR",
                proposers="ADULTS",
                supporters=200,
                entitled=1000,
                electors=1000,
                present=700,
                votes_at_least=400,
                votes_at_most=400,
                protocol_hash=PROTOCOL,
            )
        )
    )
    assert committee.vacant == [DIRECTOR]


@forall(st.integers(10, 400), st.data())
def test_a_recall_needs_more_than_half_present_and_more_than_half_of_those_for_it(
    electors: int, data: st.DataObject
) -> None:
    present = data.draw(st.integers(0, electors))
    votes = data.draw(st.integers(0, present))
    when = given(a_committee()).when(recall(meeting=Meeting(electors, present, votes)))
    if 2 * present <= electors:
        when.refused(QuorumNotReached, present=present, electors=electors)
    elif 2 * votes <= present:
        when.refused(NotCarried)
    else:
        when.then(event(facts.MemberRecalled, present=present))
        (recalled,) = when.events
        assert vars(recalled)["votes_at_least"] <= votes <= vars(recalled)["votes_at_most"]


def test_a_unanimous_recall_looks_like_one_with_a_few_against_it() -> None:
    told = {
        (vars(happened)["votes_at_least"], vars(happened)["votes_at_most"])
        for votes in range(696, 701)
        for happened in given(a_committee()).when(recall(meeting=Meeting(1000, 700, votes))).events
    }
    assert told == {(696, 700)}


@pytest.mark.parametrize(
    ("proposal", "needed"),
    [
        (Proposal(Proposers.ADULTS, 199, 1000), 200),
        (Proposal(Proposers.HOUSEHOLDS, 83, 420), 84),
        (Proposal(Proposers.GROUPS, 4, 14), 5),
    ],
)
def test_a_recall_is_proposed_by_enough(proposal: Proposal, needed: int) -> None:
    given(a_committee()).when(recall(proposal=proposal)).refused(NotEnoughProposers, needed=needed)
    enough = Proposal(proposal.proposers, needed, proposal.entitled)
    given(a_committee()).when(recall(proposal=enough)).then(event(facts.MemberRecalled, supporters=needed))


@pytest.mark.parametrize(
    "meeting", [Meeting(0, 0, 0), Meeting(1000, 1001, 0), Meeting(1000, 700, 701), Meeting(1000, -1, 0)]
)
def test_a_recall_with_impossible_figures(meeting: Meeting) -> None:
    assert given(a_committee()).when(recall(meeting=meeting)).refused(OutOfRange).path[0] == "meeting"


def test_a_recall_by_a_handful_or_without_a_protocol() -> None:
    given(a_committee()).when(recall(meeting=Meeting(9, 9, 9))).refused(ElectorateTooSmall)
    given(a_committee()).when(recall(protocol="seen")).refused(BadHash, field="protocolHash")


def test_nothing_happens_to_a_committee_before_what_happened_last() -> None:
    given(a_committee()).when(recall(at=START)).refused(BadTime)
    given(a_committee()).when(
        lambda committee: committee.vacate(PEOPLE[0], VacancyGround.CEASED, START)
    ).refused(BadTime)


# 补选 By-elections


def test_a_by_election_fills_what_is_vacant_for_what_is_left_of_the_term() -> None:
    committee = a_committee(vacate(PEOPLE[0]), vacate(PEOPLE[4]))
    by_election = a_by_election(committee, [(SOMEBODY, DIRECTOR), (SOMEBODY_ELSE, MEMBER)], (500, 600))
    given(committee).when(lambda before: before.fill(by_election, later(by_election))).then(
        event(facts.SeatsFilled, elected=[SOMEBODY, SOMEBODY_ELSE], offices=["DIRECTOR", "MEMBER"])
    )
    assert committee.seats == list(
        zip(SEATS, [SOMEBODY, PEOPLE[2], PEOPLE[3], SOMEBODY_ELSE, PEOPLE[5]], strict=True)
    )
    assert committee.term_until == date(2031, 3, 30)


def test_a_member_who_wins_another_seat_leaves_the_one_before() -> None:
    committee = a_committee(vacate(PEOPLE[0]))
    by_election = a_by_election(committee, [(PEOPLE[3], DIRECTOR)], (500,))
    committee.fill(by_election, later(by_election))
    assert committee.seats[0] == (DIRECTOR, PEOPLE[3])
    assert committee.vacant == [MEMBER]


def test_seats_that_were_filled_meanwhile_are_not_filled_again() -> None:
    committee = a_committee(vacate(PEOPLE[0]))
    first = a_by_election(committee, [(SOMEBODY, DIRECTOR)], (500,))
    second = a_by_election(committee, [(SOMEBODY_ELSE, DIRECTOR)], (500,), date(2027, 5, 11))
    given(committee, lambda before: before.fill(first, later(first))).when(
        lambda before: before.fill(second, later(second))
    ).refused(NoVacancy, office=DIRECTOR)


def test_a_by_election_for_a_term_that_is_over_fills_nothing() -> None:
    committee = a_committee(vacate(PEOPLE[0]))
    by_election = a_by_election(committee, [(SOMEBODY, DIRECTOR)], (500,))
    renewed_on = datetime.fromisoformat("2027-04-01T18:00:00+08:00")
    call = a_call(ballot_on=renewed_on.date(), at=renewed_on - timedelta(days=60))
    renewal = an_election(register(), screen(), hold(at=renewed_on), count(VOTES), *WAY[4:], call=call)
    given(committee, lambda before: before.renew(renewal, later(renewal))).when(
        lambda before: before.fill(by_election, later(by_election))
    ).refused(TermOver)


@forall(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=12))
def test_a_committee_keeps_its_seats_and_nobody_has_two(steps: list[tuple[bool, int]]) -> None:
    """Over any sequence of vacancies and by-elections."""
    election = an_election(*WAY)
    committee = Committee.begin(election, later(election))
    history = list(committee.collect_events())
    day, number = date(2027, 1, 1), 300
    for vacates, which in steps:
        day += timedelta(days=31)
        holders = [person for _, person in committee.seats if person is not None]
        if vacates and holders:
            person = holders[which % len(holders)]
            committee.vacate(person, VacancyGround.RESIGNED, later(committee))
        elif committee.vacant:
            standing = []
            for office in committee.vacant:
                number += 1
                sitting = which < 2 and holders and office is DIRECTOR
                standing.append((holders[0] if sitting else identify("person", number), office))
            by_election = a_by_election(committee, standing, (700,) * len(standing), day)
            committee.fill(by_election, max(later(by_election), later(committee)))
        history += committee.collect_events()
        holders = [person for _, person in committee.seats if person is not None]
        assert [office for office, _ in committee.seats] == SEATS
        assert len(set(holders)) == len(holders)
    assert fold(event for event in history if isinstance(event, Event)) == committee


# 任职 What follows for posts


def test_a_director_is_elected_by_the_procedure_of_the_law_and_leaves_with_the_seat() -> None:
    committee = a_committee()
    before = mandates(committee.seats)
    assert before[0] == Mandate(PEOPLE[0], DIRECTOR)
    recall()(committee)
    assert mandates(committee.seats) == before[1:]
