"""Commands about what the holder of a case asks for: suspension (挂账), extension (延期), return (回退)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc

from chuishao.commands.cases import CaseCommand, Note, Reason
from chuishao.commands.work import Work
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import Case
from chuishao.domain.lifecycle import TRANSITIONS, Step


@dataclass(frozen=True, kw_only=True)
class RequestSuspension(CaseCommand):
    """申请挂账 Ask that the clock of a case stands still, from the moment at which that is granted."""

    roles = TRANSITIONS[Step.REQUEST].roles
    until: Annotated[datetime | None, Doc("截止 until when; left out, until it is resumed")] = None
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Ask."""
        case = await self.case(work)
        case.ask_suspension(self.until, self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class RequestExtension(CaseCommand):
    """申请延期 Ask that the limit of a case ends later, to be granted before it is over."""

    roles = TRANSITIONS[Step.REQUEST].roles
    amount: Annotated[int, Doc("数量 by how many units, 1 to 1,000")]
    unit: Annotated[TimeUnit, Doc("单位 of which unit; counted from where the limit would have ended")]
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Ask, by the policy that dates the case."""
        case = await self.case(work)
        policy = await work.policy(case.since)
        case.ask_extension(self.amount, self.unit, self.reason, policy, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class RequestReturn(CaseCommand):
    """申请回退 Ask that a case is taken back and assigned anew."""

    roles = TRANSITIONS[Step.REQUEST].roles
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Ask."""
        case = await self.case(work)
        case.ask_return(self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class DecideRequest(CaseCommand):
    """审批 Grant or deny what is asked for in a case: the level above does, and never who asked."""

    roles = TRANSITIONS[Step.DECIDE_REQUEST].roles
    granted: Annotated[bool, Doc("是否同意 whether it is granted")]
    note: Note = None

    async def decide(self, work: Work) -> Case:
        """Decide; a denial needs its reason in the note."""
        case = await self.case(work)
        policy = await work.policy(case.since)
        case.decide_request(self.note, policy, work.actor, work.at, granted=self.granted)
        return case


@dataclass(frozen=True, kw_only=True)
class ResumeCase(CaseCommand):
    """恢复计时 Let the clock of a suspended case run again."""

    roles = TRANSITIONS[Step.RESUME].roles
    note: Note = None

    async def decide(self, work: Work) -> Case:
        """Resume."""
        case = await self.case(work)
        case.resume(self.note, work.actor, work.at)
        return case
