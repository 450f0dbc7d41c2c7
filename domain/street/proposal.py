"""代表建议 DeputyProposal: what a deputy or a member of a consultative conference proposes, and its answer.

Proposers are called by role and number. A unit is asked to answer: a department, or the office of a division;
it answers once, and the deputy may rate the answer once. The source states no limit, so none is kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.division import Level, level_of
from chuishao.domain.event import (
    SHORT_TEXT,
    Event,
    PersonalText,
    SealedText,
    about,
    not_before,
    written,
)
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import IllegalTransition, OutOfScope, WrongDivisionLevel
from chuishao.domain.street.terms import PROPOSAL_TABLE, ProposalStatus, ProposalStep, Proposer, Verdict
from chuishao.domain.street.unit import PublicUnit, require_some_voice

Text = PersonalText | SealedText
LAST = Phrase("the last step of the proposal", "建议的上一步")


class ProposalEvent(Event):
    """A fact of one proposal."""


class ProposalReceived(ProposalEvent, AggregateCreated):
    """收到代表建议: a deputy or member proposed something to a division; `label` is role and number."""

    TOPIC = "ProposalReceived"
    division: str
    proposer: str
    label: str
    proposal: Text

    def apply(self, proposal: DeputyProposal) -> None:
        """Begin."""
        proposal.division = self.division


class ProposalAssigned(ProposalEvent):
    """交办建议: a unit is to answer it."""

    TOPIC = "ProposalAssigned"
    department: UUID | None
    body: str | None

    def apply(self, proposal: DeputyProposal) -> None:
        """Wait for that unit."""
        proposal.unit = PublicUnit(self.department, self.body)
        proposal.status = ProposalStatus.ASSIGNED


class ProposalAnswered(ProposalEvent):
    """答复建议: the unit answered."""

    TOPIC = "ProposalAnswered"
    answer: Text

    def apply(self, proposal: DeputyProposal) -> None:
        """Be answered."""
        proposal.status = ProposalStatus.ANSWERED


class ProposalRated(ProposalEvent):
    """评价答复: the deputy said what they think of the answer."""

    TOPIC = "ProposalRated"
    verdict: str
    comment: Text | None

    def apply(self, proposal: DeputyProposal) -> None:
        """Be done with."""
        proposal.status = ProposalStatus.RATED


class DeputyProposal(BaseAggregate[UUID]):
    """One proposal from its receipt to the rating of its answer."""

    TOPIC = "proposal"

    def __init__(self) -> None:
        self.status = ProposalStatus.RECEIVED
        self.division = ""
        self.unit: PublicUnit | None = None

    @property
    def place(self) -> str:
        """The division that received it."""
        return self.division

    @property
    def correlation(self) -> None:
        """Proposals belong to no case."""

    @classmethod
    def receive(
        cls, proposal: UUID, division: str, proposer: Proposer, label: str, text: str, by: Actor, at: datetime
    ) -> Self:
        """收到代表建议: record what was proposed."""
        require_setup(by, Setup.KEEP_PROPOSALS, division, "divisionCode")
        _require_office(division, "divisionCode")
        return cls._create(
            ProposalReceived,
            id=proposal,
            timestamp=at,
            division=division,
            proposer=proposer.value,
            label=written("label", label, SHORT_TEXT),
            proposal=PersonalText(proposal, written("proposal", text)),
        )

    def assign(self, unit: PublicUnit, by: Actor, at: datetime) -> None:
        """交办建议: let a unit answer it; another one, while it has not been answered."""
        require_setup(by, Setup.KEEP_PROPOSALS, self.division)
        self._require(ProposalStep.ASSIGN, at)
        if unit.body is not None:
            _require_office(unit.body, "bodyCode")
            if not (unit.body.startswith(self.division) or self.division.startswith(unit.body)):
                raise OutOfScope("bodyCode", place=unit.body, scope=self.division)
        if unit != self.unit:
            self.trigger_event(ProposalAssigned, timestamp=at, department=unit.department, body=unit.body)

    def answer(self, answer: str, by: Actor, at: datetime) -> None:
        """答复建议: answer it for the unit, once."""
        require_some_voice(by, Setup.ANSWER_PROPOSAL)
        if self.unit is not None:
            self.unit.require_voice(by, Setup.ANSWER_PROPOSAL, self.division)
        self._require(ProposalStep.ANSWER, at)
        said = PersonalText(self.id, written("answer", answer))
        self.trigger_event(ProposalAnswered, timestamp=at, answer=said)

    def rate(self, verdict: Verdict, comment: str | None, by: Actor, at: datetime) -> None:
        """评价答复: record what the deputy thinks of the answer, once."""
        require_setup(by, Setup.KEEP_PROPOSALS, self.division)
        self._require(ProposalStep.RATE, at)
        said = about(self.id, "comment", comment)
        self.trigger_event(ProposalRated, timestamp=at, verdict=verdict.value, comment=said)

    def _require(self, step: ProposalStep, at: datetime) -> None:
        if self.status not in PROPOSAL_TABLE[step]:
            possible = [other for other in ProposalStep if self.status in PROPOSAL_TABLE[other]]
            raise IllegalTransition(state=self.status, asked=step, possible=possible)
        not_before(at, self.modified_on, LAST)


def _require_office(code: str, path: str) -> None:
    """Refuse a community: proposals go to streets and to what lies above them."""
    level = level_of(code, path)
    if level is Level.COMMUNITY:
        needed = Phrase("street or a division above it", "街道或其上级区划")
        raise WrongDivisionLevel(path, code=code, level=level, needed=needed)
