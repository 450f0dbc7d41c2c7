"""选举依据 What an election rests on: a community of the present, people on a roster, a reason that holds."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from chuishao.commands import election
from chuishao.domain.election.committee import ELECTION_SEASON
from chuishao.domain.election.election import Election
from chuishao.domain.election.refusals import CallGroundUntrue
from chuishao.domain.election.terms import CallGround, ElectionStatus, Proposers, VoidGround, VotingMode
from chuishao.domain.people.person import Person
from chuishao.domain.refusal import NotFound, UnknownDivision
from chuishao.projections.elections import turnout
from tests.given import STREET_OFFICER
from tests.mechanisms.desk import desk, divisions, refused
from tests.mechanisms.elected import the_steps
from tests.mechanisms.elections import BALLOT_ON, PEOPLE, SEATS, STATES, a_committee, an_election, way_to
from tests.town import COMMUNITY, START, STREET

PROPOSAL = election.ProposalPart(proposers=Proposers.ADULTS, supporters=200, entitled=1000)


street = partial(desk, by=STREET_OFFICER)


def the_community(*, abolished: bool = False) -> list[Any]:
    known = divisions("12", "120101", STREET, COMMUNITY)
    if abolished:
        known[-1].abolish(START.date(), START)
    return known


def people() -> list[Person]:
    return [Person.register(id_, COMMUNITY, "候选人 001", None, START) for id_ in PEOPLE]


def call(ground: CallGround, ballot_on: date) -> election.CallElection:
    return election.CallElection(
        community_code=COMMUNITY,
        mode=VotingMode.ALL_VOTERS,
        seats=SEATS,
        ballot_on=ballot_on,
        ground=ground,
        proposal=PROPOSAL if ground is CallGround.PROPOSAL else None,
    )


def as_far_as(status: ElectionStatus) -> Election:
    return an_election(*way_to(status))


# 候选人 Who stands


async def test_whoever_stands_is_on_a_roster() -> None:
    known = [*the_community(), *people()[:-1], registered := as_far_as(ElectionStatus.REGISTERED)]
    screen = the_steps(registered.id)[1]
    told = await refused(screen, NotFound, street(*known))
    assert told.path == ("candidates", str(len(PEOPLE) - 1), "personId")
    await screen.decide(street(*known, people()[-1]))
    assert registered.status is ElectionStatus.SCREENED


# 区划 An election of a community that is no more


@pytest.mark.parametrize("number", range(5))
async def test_no_step_is_taken_once_the_community_is_no_more(number: int) -> None:
    begun = as_far_as(STATES[number])
    step = the_steps(begun.id)[number]
    told = await refused(step, UnknownDivision, street(*the_community(abolished=True), *people(), begun))
    assert told.path == ("electionId",)


async def test_an_election_of_a_community_that_is_no_more_is_voided() -> None:
    begun = as_far_as(ElectionStatus.COUNTED)
    void = election.VoidElection(election_id=begun.id, ground=VoidGround.PROCEDURE_BROKEN)
    await void.decide(street(*the_community(abolished=True), begun))
    assert begun.status is ElectionStatus.VOIDED


async def test_no_seat_is_filled_in_a_community_that_is_no_more() -> None:
    by_election = election.CallByElection(
        community_code=COMMUNITY, mode=VotingMode.ALL_VOTERS, ballot_on=BALLOT_ON
    )
    await refused(by_election, UnknownDivision, street(*the_community(abolished=True), a_committee()))


# 选举事由 Why it is called


@pytest.mark.parametrize("ground", [CallGround.NEW_COMMITTEE, CallGround.TERM_ENDS])
async def test_without_a_committee_every_reason_may_hold(ground: CallGround) -> None:
    """That of a committee from before the register is not known here."""
    await call(ground, BALLOT_ON).decide(street(*the_community()))


async def test_a_committee_that_is_there_is_no_new_one() -> None:
    committee = a_committee()
    for ballot_on in (date(2026, 6, 1), committee.term_until):
        anew = call(CallGround.NEW_COMMITTEE, ballot_on)
        told = await refused(anew, CallGroundUntrue, street(*the_community(), committee))
        assert told.path == ("ground",)


async def test_a_term_ends_in_its_last_half_year_and_not_before() -> None:
    committee = a_committee()
    season = committee.term_until - ELECTION_SEASON
    early = call(CallGround.TERM_ENDS, season - timedelta(days=1))
    await refused(early, CallGroundUntrue, street(*the_community(), committee))
    for ballot_on in (season, committee.term_until, committee.term_until + timedelta(days=90)):
        await call(CallGround.TERM_ENDS, ballot_on).decide(street(*the_community(), committee))


async def test_a_proposal_calls_an_election_at_any_time() -> None:
    committee = a_committee()
    await call(CallGround.PROPOSAL, date(2026, 6, 1)).decide(street(*the_community(), committee))


# 参选率 What came of it


async def test_the_turnout_is_told_of_the_first_year_first() -> None:
    class Connection:
        async def fetch(self, _query: str, place: str) -> list[tuple[Any, ...]]:
            return [(year, 1, 1, 0, 1, 1000, 800, place) for year in (2021, 2026, 2016)]

    told: Any = Connection()
    assert [row.year for row in await turnout(told, STREET)] == [2016, 2021, 2026]
