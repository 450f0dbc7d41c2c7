"""An election and a committee for tests: what is decided about them, and how they come to be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from chuishao.domain.election.committee import Committee, Meeting
from chuishao.domain.election.election import Election
from chuishao.domain.election.electorate import Electorate
from chuishao.domain.election.paper import salted_hash
from chuishao.domain.election.regime import Proposal
from chuishao.domain.election.tally import Count
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    Office,
    Proposers,
    VacancyGround,
    VoidGround,
    VotingMode,
)
from chuishao.domain.identity import identify, named
from tests.given import later
from tests.town import COMMUNITY, START

Decision = Callable[[Election], object]
DIRECTOR, DEPUTY, MEMBER = Office.DIRECTOR, Office.DEPUTY_DIRECTOR, Office.MEMBER
SEATS = [DIRECTOR, DEPUTY, MEMBER, MEMBER, MEMBER]
BALLOT_ON = date(2026, 3, 30)
BALLOT = datetime.fromisoformat("2026-03-30T18:00:00+08:00")
ROLL = salted_hash(b"sixteen bytes or more", ["选民 0001", "选民 0002"])
PROTOCOL = salted_hash(b"another salt of the count", ["候选人 1: 412"])
MANY = Electorate(voters=1000, households=420, groups=14)
REGISTERED = [identify("person", number) for number in range(1, 8)]
"""The commands by which those who stand came onto a roster."""
PEOPLE = [named(command, "") for command in REGISTERED]
CANDIDATES = list(zip(PEOPLE, [DIRECTOR, DIRECTOR, DEPUTY, MEMBER, MEMBER, MEMBER, MEMBER], strict=True))
VOTES = (500, 210, 600, 650, 640, 420, 120)
"""Of 800 who took part. Of the last four, who stand for three seats, three have more than half."""
A_FIFTH = Proposal(Proposers.ADULTS, supporters=200, entitled=1000)


def a_call(
    mode: VotingMode = VotingMode.ALL_VOTERS,
    seats: list[Office] | None = None,
    ballot_on: date = BALLOT_ON,
    ground: CallGround = CallGround.TERM_ENDS,
    proposal: Proposal | None = None,
    at: datetime = START,
    community: str = COMMUNITY,
) -> Election:
    return Election.call(community, mode, SEATS if seats is None else seats, ballot_on, ground, proposal, at)


def register(electorate: Electorate = MANY, roll: str = ROLL, at: datetime | None = None) -> Decision:
    return lambda election: election.register_voters(electorate, roll, at or later(election))


def screen(
    candidates: list[tuple[UUID, Office]] | None = None, nominated: int = 12, at: datetime | None = None
) -> Decision:
    standing = CANDIDATES if candidates is None else candidates
    return lambda election: election.screen_candidates(nominated, standing, at or later(election))


def hold(present: int = 800, at: datetime = BALLOT) -> Decision:
    return lambda election: election.hold_ballot(present, at)


def count(
    votes: tuple[int, ...] = VOTES,
    collected: int = 790,
    invalid: int = 10,
    protocol: str = PROTOCOL,
    at: datetime | None = None,
) -> Decision:
    return lambda election: election.count_ballots(
        Count(collected, invalid, votes), protocol, at or later(election)
    )


def certify(at: datetime | None = None) -> Decision:
    return lambda election: election.certify(at or later(election))


def void(ground: VoidGround = VoidGround.PROCEDURE_BROKEN, at: datetime | None = None) -> Decision:
    return lambda election: election.void(ground, at or later(election))


WAY = [register(), screen(), hold(), count(), certify()]
"""The whole of an election after its call."""
STATES = [
    ElectionStatus.CALLED,
    ElectionStatus.REGISTERED,
    ElectionStatus.SCREENED,
    ElectionStatus.HELD,
    ElectionStatus.COUNTED,
    ElectionStatus.CERTIFIED,
]


def way_to(status: ElectionStatus) -> list[Decision]:
    """The decisions that lead to a state."""
    return [void()] if status is ElectionStatus.VOIDED else WAY[: STATES.index(status)]


def an_election(*decisions: Decision, call: Election | None = None) -> Election:
    """An election to which this happened."""
    election = call or a_call()
    for decision in decisions:
        decision(election)
    election.collect_events()
    return election


def a_committee(*decisions: Callable[[Committee], object]) -> Committee:
    """The committee that the election gives, to which this happened."""
    election = an_election(*WAY)
    committee = Committee.begin(election, later(election))
    for decision in decisions:
        decision(committee)
    committee.collect_events()
    return committee


def a_by_election(
    committee: Committee,
    candidates: list[tuple[UUID, Office]],
    votes: tuple[int, ...],
    ballot_on: date = date(2027, 5, 10),
) -> Election:
    """A by-election to all vacant seats, counted and certified."""
    at = datetime(ballot_on.year, ballot_on.month, ballot_on.day, 4, tzinfo=START.tzinfo)
    call = Election.call_by_election(
        COMMUNITY,
        VotingMode.ALL_VOTERS,
        committee.vacant,
        ballot_on,
        committee.election,
        at - timedelta(days=30),
    )
    return an_election(register(), screen(candidates), hold(at=at), count(votes), certify(), call=call)


def vacate(person: UUID, ground: VacancyGround = VacancyGround.RESIGNED) -> Callable[[Committee], object]:
    return lambda committee: committee.vacate(person, ground, later(committee))


def recall(
    person: UUID = PEOPLE[0],
    proposal: Proposal = A_FIFTH,
    meeting: Meeting | None = None,
    protocol: str = PROTOCOL,
    at: datetime | None = None,
) -> Callable[[Committee], object]:
    voted = meeting or Meeting(electors=1000, present=700, votes=400)
    return lambda committee: committee.recall(person, proposal, voted, protocol, at or later(committee))
