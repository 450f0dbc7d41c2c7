"""“日日清”约请 DailyClearanceInvitation: a unit is invited to clear a matter on the day itself.

The source only praises the idea: it is off unless the policy in force turns it on. An invitation is due by
the end of the local day of its sending; what is not cleared by then is carried over to a later day, always
with a reason, and never later than to the day that follows, or the day on which that is noticed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.event import Event, PersonalText, SealedText, not_before, written
from chuishao.domain.meetings.refusals import ClearanceOff, DayOver, DayToCome
from chuishao.domain.meetings.terms import INVITATION_TABLE, InvitationState, InvitationStep, UnitKind
from chuishao.domain.meetings.unit import Unit
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy import Policy
from chuishao.domain.refusal import IllegalTransition

Text = PersonalText | SealedText
LAST = Phrase("the last step of the invitation", "约请的上一步")


class InvitationEvent(Event):
    """A fact of one invitation of the day."""


class InvitationSent(InvitationEvent, AggregateCreated):
    """发出约请: a unit was invited to clear a matter by the end of a day."""

    TOPIC = "InvitationSent"
    division: str
    unit_kind: str
    unit: str
    matter: Text
    day: str

    def apply(self, invitation: DailyClearanceInvitation) -> None:
        """Begin."""
        invitation.division = self.division
        invitation.unit = Unit(UnitKind(self.unit_kind), self.unit)
        invitation.day = date.fromisoformat(self.day)


class InvitationAccepted(InvitationEvent):
    """应约: the unit comes."""

    TOPIC = "InvitationAccepted"

    def apply(self, invitation: DailyClearanceInvitation) -> None:
        """Be accepted."""
        invitation.state = InvitationState.ACCEPTED


class InvitationDeclined(InvitationEvent):
    """谢绝: the unit does not come, and why."""

    TOPIC = "InvitationDeclined"
    reason: Text

    def apply(self, invitation: DailyClearanceInvitation) -> None:
        """End declined."""
        invitation.state = InvitationState.DECLINED


class DayCleared(InvitationEvent):
    """日清: the matter was cleared on its day."""

    TOPIC = "DayCleared"
    result: Text

    def apply(self, invitation: DailyClearanceInvitation) -> None:
        """End cleared."""
        invitation.state = InvitationState.CLEARED


class DayCarriedOver(InvitationEvent):
    """结转: the matter was not cleared, and why; it is due by the end of another day."""

    TOPIC = "DayCarriedOver"
    day: str
    reason: Text

    def apply(self, invitation: DailyClearanceInvitation) -> None:
        """Be due on another day."""
        invitation.day = date.fromisoformat(self.day)


class DailyClearanceInvitation(BaseAggregate[UUID]):
    """One invitation to one unit; `day` is the local day by whose end it is due."""

    TOPIC = "invitation"

    def __init__(self) -> None:
        self.state = InvitationState.SENT
        self.division = ""
        self.unit = Unit(UnitKind.OTHER_UNIT, "")
        self.day = date.min

    @property
    def place(self) -> str:
        """The street or community that invites."""
        return self.division

    @property
    def correlation(self) -> None:
        """Invitations belong to no case."""

    @classmethod
    def send(
        cls, invitation: UUID, division: str, unit: Unit, matter: str, policy: Policy, by: Actor, at: datetime
    ) -> Self:
        """发出约请: for the local day, where the policy in force has the invitation of the day at all."""
        require_setup(by, Setup.INVITE, division, "divisionCode")
        if not policy.daily_clearance:
            raise ClearanceOff(version=policy.version)
        return cls._create(
            InvitationSent,
            id=invitation,
            timestamp=at,
            division=division,
            unit_kind=unit.kind.value,
            unit=unit.name,
            matter=PersonalText(invitation, written("matter", matter)),
            day=policy.day(at).isoformat(),
        )

    def accept(self, by: Actor, at: datetime, today: date) -> None:
        """应约: say for the unit that it comes, while the day lasts."""
        self.unit.require_voice(by, InvitationStep.ACCEPT, self.division)
        self._require(InvitationStep.ACCEPT, at)
        self._require_in_time(today)
        self.trigger_event(InvitationAccepted, timestamp=at)

    def decline(self, reason: str, by: Actor, at: datetime) -> None:
        """谢绝: say for the unit that it does not come, and why."""
        self.unit.require_voice(by, InvitationStep.DECLINE, self.division)
        self._require(InvitationStep.DECLINE, at)
        said = PersonalText(self.id, written("reason", reason))
        self.trigger_event(InvitationDeclined, timestamp=at, reason=said)

    def clear(self, result: str, by: Actor, at: datetime, today: date) -> None:
        """日清: find the matter cleared, by the end of its day."""
        require_setup(by, Setup.INVITE, self.division)
        self._require(InvitationStep.CLEAR, at)
        self._require_in_time(today)
        said = PersonalText(self.id, written("result", result))
        self.trigger_event(DayCleared, timestamp=at, result=said)

    def carry_over(self, reason: str, by: Actor, at: datetime, today: date) -> None:
        """结转: have it due on the day that follows, once on its day; on this day, where that is over."""
        require_setup(by, Setup.INVITE, self.division)
        self._require(InvitationStep.CARRY_OVER, at)
        if self.day > today:
            raise DayToCome(day=self.day.isoformat(), today=today.isoformat())
        day = max(self.day + timedelta(days=1), today)
        said = PersonalText(self.id, written("reason", reason))
        self.trigger_event(DayCarriedOver, timestamp=at, day=day.isoformat(), reason=said)

    def _require(self, step: InvitationStep, at: datetime) -> None:
        if self.state not in INVITATION_TABLE[step]:
            possible = [each for each, states in INVITATION_TABLE.items() if self.state in states]
            raise IllegalTransition(state=self.state, asked=step, possible=possible)
        not_before(at, self.modified_on, LAST)

    def _require_in_time(self, today: date) -> None:
        if today > self.day:
            raise DayOver(day=self.day.isoformat(), today=today.isoformat())
