"""Commands about invitations of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.meetings.fields import (
    DivisionCode,
    KindOfUnit,
    MatterText,
    Reason,
    Result,
    UnitName,
    addressed,
    local_day,
)
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.meetings.invitation import DailyClearanceInvitation


@dataclass(frozen=True, kw_only=True)
class SendInvitation(Command):
    """发出约请 Invite a unit to clear a matter by the end of the day; where the policy in force has that."""

    thing = "invitation"
    makes = True
    roles = MAY_SET_UP[Setup.INVITE]
    division_code: DivisionCode
    unit_kind: KindOfUnit
    unit: UnitName
    matter: MatterText

    async def decide(self, work: Work) -> DailyClearanceInvitation:
        """Send."""
        work.require_setup(Setup.INVITE, self.division_code, "divisionCode")
        await work.division(self.division_code)
        unit = await addressed(work, self.unit_kind, self.unit, self.division_code)
        policy = await work.policy()
        sent = DailyClearanceInvitation.send(
            work.new_id(), self.division_code, unit, self.matter, policy, work.actor, work.at
        )
        return work.add(sent)


@dataclass(frozen=True, kw_only=True)
class InvitationCommand(Command):
    """A command about one invitation that was sent."""

    thing = "invitation"
    invitation_id: Annotated[UUID, Doc("约请 the invitation")]

    async def invitation(self, work: Work) -> DailyClearanceInvitation:
        """Load the invitation."""
        return await work.get(DailyClearanceInvitation, self.invitation_id, "invitationId")


@dataclass(frozen=True, kw_only=True)
class AcceptInvitation(InvitationCommand):
    """应约 Accept an invitation for the unit, while its day lasts."""

    roles = MAY_SET_UP[Setup.ANSWER_FOR_UNIT]

    async def decide(self, work: Work) -> DailyClearanceInvitation:
        """Accept."""
        invitation = await self.invitation(work)
        invitation.accept(work.actor, work.at, await local_day(work))
        return invitation


@dataclass(frozen=True, kw_only=True)
class DeclineInvitation(InvitationCommand):
    """谢绝约请 Decline an invitation for the unit, with a reason."""

    roles = MAY_SET_UP[Setup.ANSWER_FOR_UNIT]
    reason: Reason

    async def decide(self, work: Work) -> DailyClearanceInvitation:
        """Decline."""
        invitation = await self.invitation(work)
        invitation.decline(self.reason, work.actor, work.at)
        return invitation


@dataclass(frozen=True, kw_only=True)
class ClearDay(InvitationCommand):
    """日清 Find an invitation's matter cleared, by the end of its day."""

    roles = MAY_SET_UP[Setup.INVITE]
    result: Result

    async def decide(self, work: Work) -> DailyClearanceInvitation:
        """Clear."""
        invitation = await self.invitation(work)
        invitation.clear(self.result, work.actor, work.at, await local_day(work))
        return invitation


@dataclass(frozen=True, kw_only=True)
class CarryDayOver(InvitationCommand):
    """结转 Carry an invitation over to another day, with a reason."""

    roles = MAY_SET_UP[Setup.INVITE]
    reason: Reason

    async def decide(self, work: Work) -> DailyClearanceInvitation:
        """Carry over."""
        invitation = await self.invitation(work)
        invitation.carry_over(self.reason, work.actor, work.at, await local_day(work))
        return invitation
