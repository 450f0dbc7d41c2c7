"""The facts of an election (换届选举). Topics and field names are the storage format; `apply` only folds.

An election has at most seven events, however many vote: none is about a voter, none happens while the ballot
is open, and figures are totals of the closed ballot. docs/decisions/ballots.md says why.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from chuishao.domain.election.terms import ElectionStatus, LegalRegime, Office, VotingMode
from chuishao.domain.event import Event

if TYPE_CHECKING:
    from chuishao.domain.election.election import Election


class ElectionEvent(Event):
    """A fact of one election."""


class ElectionCalled(ElectionEvent, AggregateCreated):
    """启动选举: a whole committee is to be elected; `seats` has the office of each seat.

    `supporters` of `entitled` proposed it, where it was proposed.
    """

    TOPIC = "ElectionCalled"
    community: str
    mode: str
    seats: list[str]
    ballot_on: str
    regime: str
    call_ground: str
    proposers: str | None
    supporters: int | None
    entitled: int | None

    def apply(self, election: Election) -> None:
        """Begin."""
        begin(election, self)


class ByElectionCalled(ElectionEvent, AggregateCreated):
    """启动补选: vacant seats are to be filled for the rest of the term that the election `term` began."""

    TOPIC = "ByElectionCalled"
    community: str
    mode: str
    seats: list[str]
    ballot_on: str
    regime: str
    term: UUID

    def apply(self, election: Election) -> None:
        """Begin, within a term."""
        begin(election, self)
        election.term = self.term


def begin(election: Election, called: ElectionCalled | ByElectionCalled) -> None:
    """Fold the beginning, whichever it is."""
    election.community = called.community
    election.mode = VotingMode(called.mode)
    election.seats = [Office(office) for office in called.seats]
    election.ballot_on = date.fromisoformat(called.ballot_on)
    election.regime_name = LegalRegime(called.regime)


class VotersRegistered(ElectionEvent):
    """选民登记: the roll of voters is closed; of it are kept counts, and the salted hash of the paper.

    `voters` are residents of voting age with a vote; `electors` are those who vote in the way chosen.
    """

    TOPIC = "VotersRegistered"
    voters: int
    households: int
    groups: int
    electors: int
    roll_hash: str

    def apply(self, election: Election) -> None:
        """Know how many may vote."""
        election.status = ElectionStatus.REGISTERED
        election.electors = self.electors


class CandidatesScreened(ElectionEvent):
    """候选人审查: who stands for which office, in the order of the ballot paper; each stands for one.

    Of those who were `nominated` and turned away only the number is kept.
    """

    TOPIC = "CandidatesScreened"
    nominated: int
    candidates: list[UUID]
    offices: list[str]

    def apply(self, election: Election) -> None:
        """Have the candidates."""
        election.status = ElectionStatus.SCREENED
        offices = [Office(office) for office in self.offices]
        election.candidates = list(zip(self.candidates, offices, strict=True))


class BallotHeld(ElectionEvent):
    """投票: the ballot is closed. `present` is how many ballot papers were given out, of all ways to vote."""

    TOPIC = "BallotHeld"
    present: int

    def apply(self, election: Election) -> None:
        """Have been held."""
        election.status = ElectionStatus.HELD
        election.held_at = self.timestamp
        election.present = self.present


class BallotsCounted(ElectionEvent):
    """计票: the totals of the closed ballot, once and for all of it, in the order of the ballot paper.

    Votes are ranges `at_least` to `at_most`, which are equal where no small number of people would show. How
    many papers were invalid stays in the protocol.
    """

    TOPIC = "BallotsCounted"
    at_least: list[int]
    at_most: list[int]
    elected: list[UUID]
    protocol_hash: str

    def apply(self, election: Election) -> None:
        """Know who is elected."""
        election.status = ElectionStatus.COUNTED
        election.elected = self.elected


class ResultCertified(ElectionEvent):
    """确认结果: the street found that every step was taken as it must be; those elected take their seats."""

    TOPIC = "ResultCertified"
    elected: list[UUID]
    offices: list[str]

    def apply(self, election: Election) -> None:
        """Be over, with a result."""
        election.status = ElectionStatus.CERTIFIED


class ElectionVoided(ElectionEvent):
    """宣布无效: the election has no result and never will."""

    TOPIC = "ElectionVoided"
    void_ground: str

    def apply(self, election: Election) -> None:
        """Be over, without a result."""
        election.status = ElectionStatus.VOIDED
