"""居民委员会 Committee: its seats, who holds them for which term, recall (罢免) and vacancies (缺额).

A whole committee takes its seats when its election is certified; a by-election fills what is vacant for what
is left of the term. Members are recalled by a residents' meeting: proposed by enough, more than half present,
and more than half of those for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.domain.election import committee_events as facts
from chuishao.domain.election.election import Election
from chuishao.domain.election.paper import require_hash
from chuishao.domain.election.refusals import (
    CallGroundUntrue,
    ElectorateTooSmall,
    NotCarried,
    NoVacancy,
    OlderElection,
    QuorumNotReached,
    TermOver,
)
from chuishao.domain.election.regime import MAX_PEOPLE, Proposal, counted, day_of, regime_on
from chuishao.domain.election.secrecy import SMALLEST_ELECTORATE, published
from chuishao.domain.election.terms import CallGround, Office, VacancyGround
from chuishao.domain.event import not_before
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound, OutOfRange

MEMBER = Phrase("member of the committee", "居民委员会成员")
ELECTION_SEASON = timedelta(days=183)
"""How long before the end of its term a committee is elected anew because the term ends."""
TERM = Phrase("the last change of the committee", "居民委员会的上一次变动")


def committee_id(community: str) -> UUID:
    """The stream of a community's committee, through all its terms."""
    return identify("committee", community)


@dataclass(frozen=True, slots=True)
class Meeting:
    """居民会议 The vote of a residents' meeting: how many may vote, are present, and are for it."""

    electors: int
    present: int
    votes: int


class Committee(BaseAggregate[UUID]):
    """The committee of one community. A seat has an office, and whoever holds it."""

    TOPIC = "committee"

    def __init__(self) -> None:
        self.community = ""
        self.election = self.id
        self.elected_on = date.min
        self.term_until = date.min
        self.seats: list[tuple[Office, UUID | None]] = []

    @property
    def place(self) -> str:
        """The community."""
        return self.community

    @property
    def correlation(self) -> None:
        """Committees belong to no case."""

    @property
    def vacant(self) -> list[Office]:
        """The offices of the vacant seats."""
        return [office for office, person in self.seats if person is None]

    def leave(self, person: UUID) -> None:
        """Fold a person leaving whatever seat they have."""
        self.seats = [(office, None if holder == person else holder) for office, holder in self.seats]

    # Decisions

    @classmethod
    def begin(cls, election: Election, at: datetime) -> Self:
        """首届居委会: let those elected take their seats in a community without a committee."""
        return cls._create(
            facts.CommitteeElected,
            id=committee_id(election.community),
            timestamp=at,
            community=election.community,
            **_term(election, at),
        )

    def require_renewable(self, ground: CallGround, ballot_on: date) -> None:
        """Refuse an election for a reason that this committee belies: it is there, and its term goes on.

        A whole district elects in one season, so terms end somewhat apart from the ballots: half a year.
        """
        season = self.term_until - ELECTION_SEASON
        belied = {
            CallGround.NEW_COMMITTEE: True,
            CallGround.TERM_ENDS: ballot_on < season,
            CallGround.PROPOSAL: False,
        }
        if belied[ground]:
            raise CallGroundUntrue("ground", ground=ground, term_until=self.term_until, since=season)

    def renew(self, election: Election, at: datetime) -> None:
        """换届: let those elected take the seats of those before."""
        if election.held_on <= self.elected_on:
            raise OlderElection(elected_on=self.elected_on)
        self._require_later(at)
        self.trigger_event(facts.CommitteeRenewed, timestamp=at, **_term(election, at))

    def fill(self, election: Election, at: datetime) -> None:
        """补选: let those elected take the seats that are vacant in the term they were elected for."""
        if election.term != self.election:
            raise TermOver()
        self._require_later(at)
        elected = [person for person, _ in election.result]
        offices = [office for _, office in election.result]
        for office in dict.fromkeys(offices):
            if offices.count(office) > self.vacant.count(office):
                raise NoVacancy(office=office)
        self.trigger_event(
            facts.SeatsFilled,
            timestamp=at,
            election=election.id,
            elected=elected,
            offices=[office.value for office in offices],
        )

    def vacate(self, person: UUID, ground: VacancyGround, at: datetime) -> None:
        """出缺: record that a member left before the term was over."""
        office = self.office_of(person)
        self._require_later(at)
        self.trigger_event(
            facts.SeatVacated, timestamp=at, person=person, office=office.value, vacancy_ground=ground.value
        )

    def recall(
        self, person: UUID, proposal: Proposal, meeting: Meeting, protocol_hash: str, at: datetime
    ) -> None:
        """罢免: record that a residents' meeting recalled a member; a vote that did not carry is no fact."""
        office = self.office_of(person)
        self._require_later(at)
        regime = regime_on(day_of(at), "occurredAt")
        regime.require_proposal(proposal, "proposal")
        _require_possible(meeting)
        if not regime.quorate(meeting.present, meeting.electors):
            raise QuorumNotReached("meeting", "present", present=meeting.present, electors=meeting.electors)
        if not regime.carried(meeting.votes, meeting.present):
            raise NotCarried("meeting", "votes")
        (votes,) = published([meeting.votes], meeting.present, 1)
        self.trigger_event(
            facts.MemberRecalled,
            timestamp=at,
            person=person,
            office=office.value,
            proposers=proposal.proposers.value,
            supporters=proposal.supporters,
            entitled=proposal.entitled,
            electors=meeting.electors,
            present=meeting.present,
            votes_at_least=votes.at_least,
            votes_at_most=votes.at_most,
            protocol_hash=require_hash(protocol_hash, "protocolHash"),
        )

    def office_of(self, person: UUID) -> Office:
        """The office of a member; refused for whoever has no seat."""
        for office, holder in self.seats:
            if holder == person:
                return office
        raise NotFound("personId", kind=MEMBER, id=person)

    def _require_later(self, at: datetime) -> None:
        not_before(at, self.modified_on, TERM)


def _term(election: Election, at: datetime) -> dict[str, object]:
    """The fields of a committee that takes its seats when its election is certified."""
    begins = day_of(at)
    return {
        "election": election.id,
        "elected_on": election.held_on.isoformat(),
        "seats": [office.value for office in election.seats],
        "elected": [person for person, _ in election.result],
        "offices": [office.value for _, office in election.result],
        "term_from": begins.isoformat(),
        "term_until": election.regime.term_end(begins).isoformat(),
    }


def _require_possible(meeting: Meeting) -> None:
    counted(meeting.electors, "electors", MAX_PEOPLE, "meeting")
    if meeting.electors < SMALLEST_ELECTORATE:
        raise ElectorateTooSmall("meeting", "electors", electors=meeting.electors, needed=SMALLEST_ELECTORATE)
    for name, most in (("present", meeting.electors), ("votes", meeting.present)):
        number = getattr(meeting, name)
        if not 0 <= number <= most:
            raise OutOfRange("meeting", name, field=name, value=number, low=0, high=most)
