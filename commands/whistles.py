"""Commands about whistles: the street blows, departments report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.calendar import Limit
from chuishao.domain.case import Case
from chuishao.domain.department import Department
from chuishao.domain.division import street_of
from chuishao.domain.lifecycle import TRANSITIONS, Step
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy import LimitKind
from chuishao.domain.refusal import NoLimit, NotFound, OutOfScope
from chuishao.domain.vocabulary import LinkageMechanism, WhistleKind
from chuishao.domain.whistle import DEPARTMENT, MISS_RECORDERS, STREET, Call, Whistle

DepartmentId = Annotated[UUID, Doc("部门 the department")]
Reason = Annotated[str, Doc("原因 why; personal text")]


async def summonable(work: Work, department_id: UUID, street: str, *path: str) -> UUID:
    """A department that exists and belongs to a division around the street; refused otherwise."""
    department = await work.get(Department, department_id, *path)
    if department.abolished:
        raise NotFound(*path, kind=Phrase("active department", "现存部门"), id=department.id)
    if not street.startswith(department.division):
        place = Phrase(f"department {department.name}", f"部门 {department.name} ")
        raise OutOfScope(*path, place=place, scope=street)
    return department.id


async def _check_in(work: Work, whistle: Whistle, since: datetime) -> tuple[Limit | None, datetime | None]:
    """The limit for checking in of who was summoned at a moment, and when it ends as far as is known now."""
    policy = await work.policy(since)
    limit = policy.limit(LimitKind.CHECK_IN, kind=whistle.kind.value, division=whistle.street)
    return limit, policy.ends(since, limit, whistle.street) if limit else None


async def _moved(work: Work, whistle: Whistle) -> set[UUID]:
    """The departments that did not miss, as is known now, the limit that is recorded as missed."""
    moved = set()
    for department, summons in whistle.summons.items():
        if summons.missed_at is not None and summons.waiting:
            _, due = await _check_in(work, whistle, summons.at)
            if due is None or due > summons.missed_at:
                moved.add(department)
    return moved


@dataclass(frozen=True, kw_only=True)
class WhistleCommand(Command):
    """A command about one whistle that exists."""

    thing = "whistle"
    whistle_id: Annotated[UUID, Doc("哨件 the whistle")]

    async def whistle(self, work: Work) -> Whistle:
        """Load the whistle."""
        return await work.get(Whistle, self.whistle_id, "whistleId")


@dataclass(frozen=True, kw_only=True)
class BlowWhistle(Command):
    """吹哨 The street blows the whistle on a case and summons departments."""

    thing = "whistle"
    makes = True
    roles = TRANSITIONS[Step.WHISTLE].roles
    case_id: Annotated[UUID, Doc("案件 the case, at tier MULTI_UNIT")]
    kind: Annotated[WhistleKind, Doc("哨源类型 routine, tackling or emergency")]
    linkage: Annotated[LinkageMechanism, Doc("联动机制 one of the five linkage mechanisms")]
    grounds: Annotated[str, Doc("事由 why departments are needed; personal text")]
    department_ids: Annotated[list[UUID], Doc("部门 whom to summon, at least one")]
    lead_id: Annotated[UUID | None, Doc("牵头部门 the department that leads; left out, the street leads")] = (
        None
    )

    async def decide(self, work: Work) -> Whistle:
        """Blow; the case and the whistle both know."""
        case = await work.get(Case, self.case_id, "caseId")
        street = street_of(case.community)
        departments = [
            await summonable(work, id_, street, "departmentIds", str(number))
            for number, id_ in enumerate(self.department_ids)
        ]
        call = Call(
            kind=self.kind,
            linkage=self.linkage,
            grounds=self.grounds,
            departments=departments,
            lead=self.lead_id,
        )
        case.blow(work.new_id(), self.kind, self.linkage, work.actor, work.at)
        blown = Whistle.blow(work.new_id(), case.id, street, case.subject, call, work.actor, work.at)
        return work.add(blown)


@dataclass(frozen=True, kw_only=True)
class SummonDepartment(WhistleCommand):
    """召集 Summon one more department, or again one that refused."""

    roles = STREET
    department_id: DepartmentId

    async def decide(self, work: Work) -> Whistle:
        """Summon."""
        whistle = await self.whistle(work)
        department = await summonable(work, self.department_id, whistle.street, "departmentId")
        whistle.summon(department, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class SignSummons(WhistleCommand):
    """签收 Sign a summons, as the department."""

    roles = DEPARTMENT
    department_id: DepartmentId

    async def decide(self, work: Work) -> Whistle:
        """Sign."""
        whistle = await self.whistle(work)
        whistle.sign(self.department_id, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class CheckIn(WhistleCommand):
    """报到 Check in where the department is needed."""

    roles = DEPARTMENT
    department_id: DepartmentId

    async def decide(self, work: Work) -> Whistle:
        """Check in."""
        whistle = await self.whistle(work)
        whistle.check_in(self.department_id, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class RefuseSummons(WhistleCommand):
    """拒绝 Refuse a summons with a reason."""

    roles = DEPARTMENT
    department_id: DepartmentId
    reason: Reason

    async def decide(self, work: Work) -> Whistle:
        """Refuse."""
        whistle = await self.whistle(work)
        whistle.refuse(self.department_id, self.reason, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class RecordMissedCheckIn(WhistleCommand):
    """未按时报到 Record that a department let the limit for its check-in pass."""

    roles = MISS_RECORDERS
    department_id: DepartmentId

    async def decide(self, work: Work) -> Whistle:
        """Record, by the policy in force when the department was summoned."""
        whistle = await self.whistle(work)
        summons = whistle.summons.get(self.department_id)
        since = summons.at if summons else whistle.created_on
        limit, due = await _check_in(work, whistle, since)
        if limit is None or due is None:
            kind = whistle.kind
            raise NoLimit(what=Phrase(f"checking in to a {kind} whistle", f"{kind.zh}（{kind}）的报到"))
        whistle.miss_check_in(self.department_id, due, limit.rule, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class AnswerSummons(WhistleCommand):
    """处理反馈 Say what the department did."""

    roles = DEPARTMENT
    department_id: DepartmentId
    result: Annotated[str, Doc("处理结果 what was done; personal text")]

    async def decide(self, work: Work) -> Whistle:
        """Answer."""
        whistle = await self.whistle(work)
        whistle.answer(self.department_id, self.result, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class RateDepartment(WhistleCommand):
    """评价部门 The street rates a department, after its answer or a missed limit."""

    roles = STREET
    department_id: DepartmentId
    score: Annotated[int, Doc("评分 1 to 5")]
    comment: Annotated[str | None, Doc("评语 a remark; personal text")] = None

    async def decide(self, work: Work) -> Whistle:
        """Rate."""
        whistle = await self.whistle(work)
        moved = await _moved(work, whistle)
        whistle.rate(self.department_id, self.score, self.comment, work.actor, work.at, moved)
        return whistle


@dataclass(frozen=True, kw_only=True)
class OpenOnSiteMeeting(WhistleCommand):
    """召开现场会 Open the on-site meeting of a last-mile whistle."""

    roles = STREET
    items: Annotated[list[str], Doc("事项 what is to be settled, item by item")]

    async def decide(self, work: Work) -> Whistle:
        """Open."""
        whistle = await self.whistle(work)
        whistle.open_meeting(self.items, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class SettleOnSiteItem(WhistleCommand):
    """办结事项 Settle one item of the on-site meeting."""

    roles = STREET
    item: Annotated[int, Doc("序号 the item's number, from 1")]

    async def decide(self, work: Work) -> Whistle:
        """Settle."""
        whistle = await self.whistle(work)
        whistle.settle_item(self.item, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class CloseOnSiteMeeting(WhistleCommand):
    """现场会闭会 Close the on-site meeting: 事不完、人不走."""

    roles = STREET

    async def decide(self, work: Work) -> Whistle:
        """Close."""
        whistle = await self.whistle(work)
        whistle.close_meeting(work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class ResolveWhistle(WhistleCommand):
    """哨件办结 Find the matter settled: the case is resolved and every department released."""

    roles = TRANSITIONS[Step.RESOLVE_BY_WHISTLE].roles
    result: Annotated[str, Doc("处置结果 what was achieved; personal text")]

    async def decide(self, work: Work) -> Whistle:
        """Resolve the whistle and its case."""
        whistle = await self.whistle(work)
        whistle.resolve(self.result, work.actor, work.at, await _moved(work, whistle))
        case = await work.get(Case, whistle.case, "whistleId")
        case.resolve_by_whistle(self.result, work.actor, work.at)
        return whistle


@dataclass(frozen=True, kw_only=True)
class WithdrawWhistle(WhistleCommand):
    """撤哨 Take the whistle back; the case is with the street again."""

    roles = TRANSITIONS[Step.WITHDRAW_WHISTLE].roles
    reason: Reason

    async def decide(self, work: Work) -> Whistle:
        """Withdraw."""
        whistle = await self.whistle(work)
        whistle.withdraw(self.reason, work.actor, work.at)
        case = await work.get(Case, whistle.case, "whistleId")
        case.withdraw_whistle(self.reason, work.actor, work.at)
        return whistle
