"""议事协商 Deliberation: a community hears opinions and reaches an agreement, or finds that there is none.

“议事协商会议”, “深化城乡社区协商实践”. It belongs to a case at tier DELIBERATION, in rounds of which one is
held at a time, or to a matter of the community. Nobody agrees before somebody was heard. The words are
personal text of whoever spoke: each opinion has a subject of its own, so that each can be erased alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.case import Case
from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import Status, possible
from chuishao.domain.meetings.refusals import NothingHeard
from chuishao.domain.meetings.terms import DeliberationState, DeliberationStep
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import IllegalTransition, WrongTier
from chuishao.domain.vocabulary import Tier

Text = PersonalText | SealedText
CONVENED = Phrase("the convening", "召集协商")
LAST = Phrase("the last step of the deliberation", "协商的上一步")


def deliberation_of_case(case: UUID, round_: int) -> UUID:
    """The stream of a case's deliberation by its round, from 1."""
    return identify("deliberation", case, round_)


def opinion_id(deliberation: UUID, number: int) -> UUID:
    """What an opinion is called, and whom its words belong to where no person is named."""
    return identify("opinion", deliberation, number)


class DeliberationEvent(Event):
    """A fact of one deliberation."""

    OF_PLACE = True


class DeliberationConvened(DeliberationEvent, AggregateCreated):
    """召集协商: a community was called together about a case, or about a matter of its own."""

    TOPIC = "DeliberationConvened"
    community: str
    case: UUID | None
    subject: UUID
    topic: Text

    def apply(self, deliberation: Deliberation) -> None:
        """Begin."""
        deliberation.community = self.community
        deliberation.case = self.case
        deliberation.subject = self.subject


class OpinionRecorded(DeliberationEvent):
    """记录意见: somebody said something; `label` is role and number."""

    TOPIC = "OpinionRecorded"
    GUARDED = frozenset({"person"})
    number: int
    label: str
    person: UUID | None
    words: Text

    def apply(self, deliberation: Deliberation) -> None:
        """Have one opinion more."""
        deliberation.opinions = self.number


class AgreementReached(DeliberationEvent):
    """达成一致: what was agreed."""

    TOPIC = "AgreementReached"
    agreement: Text

    def apply(self, deliberation: Deliberation) -> None:
        """End with an agreement."""
        deliberation.state = DeliberationState.AGREED


class AgreementFailed(DeliberationEvent):
    """未达成一致: no agreement was reached, and why."""

    TOPIC = "AgreementFailed"
    reason: Text

    def apply(self, deliberation: Deliberation) -> None:
        """End without one."""
        deliberation.state = DeliberationState.FAILED


class Deliberation(BaseAggregate[UUID]):
    """One round of deliberation from its convening to its outcome."""

    TOPIC = "deliberation"

    def __init__(self) -> None:
        self.state = DeliberationState.CONVENED
        self.community = ""
        self.case: UUID | None = None
        self.subject = self.id
        self.opinions = 0

    @property
    def place(self) -> str:
        """The community that deliberates."""
        return self.community

    @property
    def correlation(self) -> UUID | None:
        """The history of the case, where it is about one."""
        return self.case

    @classmethod
    def convene_on(cls, case: Case, round_: int, topic: str, by: Actor, at: datetime) -> Self:
        """召集协商: on a case that is being handled at tier DELIBERATION."""
        require_setup(by, Setup.DELIBERATE, case.community, "caseId")
        if case.status is not Status.ASSIGNED or case.tier is None:
            steps = possible(case.status, case.tier)
            raise IllegalTransition(
                "caseId", state=case.status, asked=DeliberationStep.CONVENE, possible=steps
            )
        if case.tier is not Tier.DELIBERATION:
            raise WrongTier(
                "caseId",
                asked=DeliberationStep.CONVENE,
                needed=Tier.DELIBERATION,
                tier=case.tier,
                advice=Phrase("Escalate it to DELIBERATION first.", "请先升级到议事协商（DELIBERATION）。"),
            )
        not_before(at, case.since, Phrase("the assignment of the case", "案件交办"))
        deliberation = deliberation_of_case(case.id, round_)
        return cls._convene(deliberation, case.community, case.id, case.subject, topic, at)

    @classmethod
    def convene_in(cls, deliberation: UUID, community: str, topic: str, by: Actor, at: datetime) -> Self:
        """召集协商: on a matter of a community."""
        require_setup(by, Setup.DELIBERATE, community, "communityCode")
        return cls._convene(deliberation, community, None, deliberation, topic, at)

    @classmethod
    def _convene(
        cls, id_: UUID, community: str, case: UUID | None, subject: UUID, topic: str, at: datetime
    ) -> Self:
        return cls._create(
            DeliberationConvened,
            id=id_,
            timestamp=at,
            community=community,
            case=case,
            subject=subject,
            topic=PersonalText(subject, written("topic", topic)),
        )

    # Of a deliberation on a case, `lies` is the community in which that lies by now: its people go on.

    def record_opinion(
        self, label: str, words: str, person: UUID | None, by: Actor, at: datetime, lies: str = ""
    ) -> None:
        """记录意见: keep what somebody said, under the person's key, or a key of the opinion alone."""
        self._require(DeliberationStep.RECORD_OPINION, by, lies)
        not_before(at, self.created_on, CONVENED)
        number = self.opinions + 1
        self.trigger_event(
            OpinionRecorded,
            timestamp=at,
            number=number,
            label=written("label", label, SHORT_TEXT),
            person=person,
            words=PersonalText(person or opinion_id(self.id, number), written("words", words)),
        )

    def agree(self, agreement: str, by: Actor, at: datetime, lies: str = "") -> None:
        """达成一致: end with what was agreed, once somebody was heard."""
        self._require(DeliberationStep.AGREE, by, lies)
        not_before(at, self.modified_on, LAST)
        if not self.opinions:
            raise NothingHeard()
        said = PersonalText(self.subject, written("agreement", agreement))
        self.trigger_event(AgreementReached, timestamp=at, agreement=said)

    def fail(self, reason: str, by: Actor, at: datetime, lies: str = "") -> None:
        """未达成一致: end without an agreement, and say why."""
        self._require(DeliberationStep.FAIL, by, lies)
        not_before(at, self.modified_on, LAST)
        said = PersonalText(self.subject, written("reason", reason))
        self.trigger_event(AgreementFailed, timestamp=at, reason=said)

    def _require(self, step: DeliberationStep, by: Actor, lies: str) -> None:
        require_setup(by, Setup.DELIBERATE, lies or self.community)
        if self.state is not DeliberationState.CONVENED:
            raise IllegalTransition(state=self.state, asked=step, possible=[])
