"""Commands about work meetings and their resolutions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.meetings.fields import (
    DivisionCode,
    KindOfUnit,
    MatterText,
    Result,
    Topic,
    UnitName,
    addressed,
    local_day,
)
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.meetings.terms import MeetingKind
from chuishao.domain.meetings.work_meeting import CARRY_OUT, WorkMeeting


@dataclass(frozen=True, kw_only=True)
class HoldMeeting(Command):
    """召开例会 Record that a work meeting was held."""

    thing = "meeting"
    makes = True
    roles = MAY_SET_UP[Setup.HOLD_MEETING]
    division_code: DivisionCode
    kind: Annotated[MeetingKind, Doc("例会类别 regular, or for one occasion")]
    topic: Topic

    async def decide(self, work: Work) -> WorkMeeting:
        """Hold."""
        held = WorkMeeting.hold(work.new_id(), self.division_code, self.kind, self.topic, work.actor, work.at)
        await work.division(self.division_code)
        return work.add(held)


@dataclass(frozen=True, kw_only=True)
class MeetingCommand(Command):
    """A command about one work meeting that was held."""

    thing = "meeting"
    meeting_id: Annotated[UUID, Doc("例会 the work meeting")]

    async def meeting(self, work: Work) -> WorkMeeting:
        """Load the meeting."""
        return await work.get(WorkMeeting, self.meeting_id, "meetingId")


@dataclass(frozen=True, kw_only=True)
class AdoptResolution(MeetingCommand):
    """形成决议 Resolve what a unit owes, and until when."""

    roles = MAY_SET_UP[Setup.HOLD_MEETING]
    unit_kind: KindOfUnit
    unit: UnitName
    matter: MatterText
    due: Annotated[date, Doc("期限 the last day on which it is in time")]

    async def decide(self, work: Work) -> WorkMeeting:
        """Adopt."""
        meeting = await self.meeting(work)
        work.require_setup(Setup.HOLD_MEETING, meeting.division, "meetingId")
        unit = await addressed(work, self.unit_kind, self.unit, meeting.division)
        meeting.adopt(unit, self.matter, self.due, work.actor, work.at, await local_day(work))
        return meeting


@dataclass(frozen=True, kw_only=True)
class CarryOutResolution(MeetingCommand):
    """办结决议 Say what was done about a resolution, for the unit that owes it or for the meeting."""

    roles = CARRY_OUT
    number: Annotated[int, Doc("序号 the resolution's number, from 1")]
    result: Result

    async def decide(self, work: Work) -> WorkMeeting:
        """Carry out."""
        meeting = await self.meeting(work)
        meeting.carry_out(self.number, self.result, work.actor, work.at)
        return meeting
