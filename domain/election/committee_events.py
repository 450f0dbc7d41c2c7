"""The facts of a residents' committee (居委会). Topics and fields are the storage format; `apply` folds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from chuishao.domain.election.terms import Office
from chuishao.domain.event import Event

if TYPE_CHECKING:
    from chuishao.domain.election.committee import Committee


class CommitteeEvent(Event):
    """A fact of one committee."""


class CommitteeElected(CommitteeEvent, AggregateCreated):
    """首届居委会: the community has its first committee that is known here.

    `seats` has the office of each seat; `elected` fill them by their `offices`, and what is left is vacant.
    """

    TOPIC = "CommitteeElected"
    community: str
    election: UUID
    elected_on: str
    seats: list[str]
    elected: list[UUID]
    offices: list[str]
    term_from: str
    term_until: str

    def apply(self, committee: Committee) -> None:
        """Begin."""
        committee.community = self.community
        renew(committee, self)


class CommitteeRenewed(CommitteeEvent):
    """换届: another committee took the seats; the term of those before is over."""

    TOPIC = "CommitteeRenewed"
    election: UUID
    elected_on: str
    seats: list[str]
    elected: list[UUID]
    offices: list[str]
    term_from: str
    term_until: str

    def apply(self, committee: Committee) -> None:
        """Begin a term."""
        renew(committee, self)


class SeatsFilled(CommitteeEvent):
    """补选: vacant seats were filled for what is left of the term. Who had another seat has left it."""

    TOPIC = "SeatsFilled"
    election: UUID
    elected: list[UUID]
    offices: list[str]

    def apply(self, committee: Committee) -> None:
        """Have the seats filled."""
        fill(committee, self.elected, self.offices)


class SeatVacated(CommitteeEvent):
    """出缺: a member left before the term was over."""

    TOPIC = "SeatVacated"
    person: UUID
    office: str
    vacancy_ground: str

    def apply(self, committee: Committee) -> None:
        """Have the seat vacant."""
        committee.leave(self.person)


class MemberRecalled(CommitteeEvent):
    """罢免: a residents' meeting recalled a member.

    `supporters` of `entitled` proposed it; of the `electors` so many were `present`. The votes for it are a
    range, as in an election.
    """

    TOPIC = "MemberRecalled"
    person: UUID
    office: str
    proposers: str
    supporters: int
    entitled: int
    electors: int
    present: int
    votes_at_least: int
    votes_at_most: int
    protocol_hash: str

    def apply(self, committee: Committee) -> None:
        """Have the seat vacant."""
        committee.leave(self.person)


def renew(committee: Committee, elected: CommitteeElected | CommitteeRenewed) -> None:
    """Fold a whole committee taking its seats."""
    committee.election = elected.election
    committee.elected_on = date.fromisoformat(elected.elected_on)
    committee.seats = [(Office(office), None) for office in elected.seats]
    committee.term_until = date.fromisoformat(elected.term_until)
    fill(committee, elected.elected, elected.offices)


def fill(committee: Committee, elected: list[UUID], offices: list[str]) -> None:
    """Fold people taking vacant seats, each the first of their office."""
    for person, office in zip(elected, offices, strict=True):
        committee.leave(person)
        number = committee.seats.index((Office(office), None))
        committee.seats[number] = (Office(office), person)
