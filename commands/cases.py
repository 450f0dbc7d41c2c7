"""Commands about cases, from the report to the close."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.actor import out_of_scope
from chuishao.domain.case import Case, Part, Report
from chuishao.domain.division import Level, street_of
from chuishao.domain.grid import community_code
from chuishao.domain.lifecycle import TRANSITIONS, Step
from chuishao.domain.refusal import ForeignGrid, PlaceRequired, within
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier

Note = Annotated[str | None, Doc("备注 a remark; personal text")]
Reason = Annotated[str, Doc("原因 why; personal text")]
Grid = Annotated[str | None, Doc("网格代码 the grid, where it is known")]
Assignee = Annotated[str | None, Doc("承办人 the actor who is to handle it; the grid's worker on the spot")]
Secret = Annotated[str | None, Doc("查询码 the case's own secret, for a resident without an account")]


@dataclass(frozen=True, kw_only=True)
class CaseCommand(Command):
    """A command about one case that exists."""

    thing = "case"
    case_id: Annotated[UUID, Doc("案件 the case")]

    async def case(self, work: Work) -> Case:
        """Load the case."""
        return await work.get(Case, self.case_id, "caseId")

    async def case_of_resident(self, work: Work, secret: str | None) -> Case:
        """Load the case; a resident must be its reporter or hold its secret."""
        found = await work.find(Case, self.case_id)
        subject = resident_subject(work.key, work.actor.id) if work.actor.reaches("") else None
        own = found is not None and found.subject == subject
        if work.actor.role is Role.RESIDENT and not own:  # whether the case exists is nobody's business
            work.require_secret(self.case_id, secret)
        return await self.case(work)


def resident_subject(key: bytes, actor_id: str) -> UUID:
    """The identity under which a signed-in resident's text is kept; not to be guessed from the actor's."""
    digest = hmac.digest(key, b"resident:" + actor_id.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return UUID(bytes=digest[:16])


def require_reach(work: Work, place: str, path: str = "gridCode") -> None:
    """Refuse to give a case to a place that the actor does not reach."""
    if not work.actor.reaches(place):
        raise out_of_scope(work.actor, place, path)


async def seated_worker(work: Work, tier: Tier, grid: str | None) -> str | None:
    """The grid's worker, who handles what is settled on the spot."""
    if tier is not Tier.ON_SPOT or grid is None:
        return None
    worker = (await work.grid(grid)).worker
    return str(worker) if worker else None


@dataclass(frozen=True, kw_only=True)
class ReportCase(Command):
    """上报 Report a matter. Give the grid where it is known, otherwise the community."""

    thing = "case"
    makes = True
    roles = TRANSITIONS[Step.REPORT].roles
    category: Annotated[str, Doc("类别 a category code of the catalogue in force")]
    text: Annotated[str, Doc("描述 what is the matter; personal text, up to 4,000 characters")]
    severity: Annotated[Severity, Doc("等级 how grave it seems")] = Severity.MINOR
    community_code: Annotated[str | None, Doc("社区 the community, where no grid is given")] = None
    grid_code: Grid = None
    address: Annotated[str | None, Doc("地址 where exactly; personal text")] = None
    reporter_name: Annotated[str | None, Doc("上报人姓名 left out to stay anonymous; personal text")] = None
    reporter_phone: Annotated[str | None, Doc("上报人电话 left out to stay anonymous; personal text")] = None

    async def decide(self, work: Work) -> Case:
        """Begin the case where it lies."""
        if self.community_code is None and self.grid_code is None:
            raise PlaceRequired("gridCode")
        community = self.community_code or community_code(self.grid_code or "")
        await work.division(
            community, Level.COMMUNITY, "communityCode" if self.community_code else "gridCode"
        )
        if self.grid_code is not None:
            await work.grid(self.grid_code, community)
        (await work.policy()).category(self.category)
        actor = work.actor
        known = actor.role is Role.RESIDENT and actor.reaches("")
        report = Report(
            community=community,
            grid=self.grid_code,
            category=self.category,
            severity=self.severity,
            text=self.text,
            address=self.address,
            subject=resident_subject(work.key, actor.id) if known else None,
            reporter_name=self.reporter_name,
            reporter_phone=self.reporter_phone,
        )
        return work.add(Case.report(work.new_id(), report, actor, work.at))


@dataclass(frozen=True, kw_only=True)
class AcceptCase(CaseCommand):
    """受理 Accept a reported case."""

    roles = TRANSITIONS[Step.ACCEPT].roles
    note: Note = None

    async def decide(self, work: Work) -> Case:
        """Accept."""
        case = await self.case(work)
        case.accept(self.note, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class RefuseCase(CaseCommand):
    """不予受理 Refuse a reported case with a reason; it can be reopened."""

    roles = TRANSITIONS[Step.REFUSE].roles
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Refuse."""
        case = await self.case(work)
        case.refuse(self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class AssessCase(CaseCommand):
    """研判 Assess a case: its category, its severity, and the linkage mechanism it calls for."""

    roles = TRANSITIONS[Step.ASSESS].roles
    severity: Annotated[Severity, Doc("等级 how grave it is: 小事不出社区、大事不出街道")]
    category: Annotated[str | None, Doc("类别 another category, where the reported one does not fit")] = None
    linkage: Annotated[LinkageMechanism | None, Doc("联动机制 a major dispute makes the street whistle")] = (
        None
    )
    note: Note = None

    async def decide(self, work: Work) -> Case:
        """Grade."""
        case = await self.case(work)
        category = (await work.policy()).category(self.category).code if self.category else case.category
        case.assess(category, self.severity, self.linkage, self.note, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class AssignCase(CaseCommand):
    """交办 Assign an assessed case to a tier."""

    roles = TRANSITIONS[Step.ASSIGN].roles
    tier: Annotated[Tier, Doc("层级 who is to settle it")]
    grid_code: Grid = None
    assignee: Assignee = None

    async def decide(self, work: Work) -> Case:
        """Assign; on the spot to the grid's own worker."""
        case = await self.case(work)
        if self.grid_code is not None:
            await work.grid(self.grid_code, case.community)
            require_reach(work, self.grid_code)
        grid = self.grid_code or case.grid
        assignee = self.assignee or await seated_worker(work, self.tier, grid)
        case.assign(self.tier, grid, assignee, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class TransferCase(CaseCommand):
    """转办 Transfer a case to another grid, or to another community of the street."""

    roles = TRANSITIONS[Step.TRANSFER].roles
    community_code: Annotated[str, Doc("社区 the community it goes to")]
    grid_code: Grid = None
    assignee: Assignee = None
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Transfer within the street."""
        case = await self.case(work)
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        street = street_of(case.community)
        if not self.community_code.startswith(street):
            raise ForeignGrid("communityCode", code=self.community_code, place=street)
        if self.grid_code is not None:
            await work.grid(self.grid_code, self.community_code)
        require_reach(
            work, self.grid_code or self.community_code, "gridCode" if self.grid_code else "communityCode"
        )
        assignee = self.assignee or await seated_worker(work, case.tier or Tier.ON_SPOT, self.grid_code)
        case.transfer(self.community_code, self.grid_code, assignee, self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class EscalateCase(CaseCommand):
    """升级 Escalate a case to a higher tier; tiers may be skipped upward."""

    roles = TRANSITIONS[Step.ESCALATE].roles
    tier: Annotated[Tier, Doc("层级 the higher tier")]
    assignee: Assignee = None
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Escalate."""
        case = await self.case(work)
        case.escalate(self.tier, self.assignee, self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class ReturnCase(CaseCommand):
    """退回 Return a case, to be assigned anew."""

    roles = TRANSITIONS[Step.RETURN].roles
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Return."""
        case = await self.case(work)
        case.return_(self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class ResolveOnSpot(CaseCommand):
    """当场解决 Resolve a case on the spot: 能够当场解决的当场解决."""

    roles = TRANSITIONS[Step.RESOLVE_ON_SPOT].roles
    result: Annotated[str, Doc("处置结果 what was done; personal text")]

    async def decide(self, work: Work) -> Case:
        """Resolve at the lowest tier."""
        case = await self.case(work)
        case.resolve_on_spot(self.result, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class ResolveCase(CaseCommand):
    """处置 Resolve a case at its tier, without a whistle."""

    roles = TRANSITIONS[Step.RESOLVE].roles
    result: Annotated[str, Doc("处置结果 what was done; personal text")]

    async def decide(self, work: Work) -> Case:
        """Resolve above the lowest tier."""
        case = await self.case(work)
        case.resolve(self.result, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class VerifyCase(CaseCommand):
    """核查 Verify a resolved case: it passes, or goes back to its holder. Never by its resolver."""

    roles = TRANSITIONS[Step.VERIFY].roles
    passed: Annotated[bool, Doc("是否通过 whether it was found resolved")]
    note: Note = None

    async def decide(self, work: Work) -> Case:
        """Verify; a failure needs its reason in the note."""
        case = await self.case(work)
        if self.passed:
            case.verify(self.note, work.actor, work.at)
        else:
            case.fail_verification(self.note or "", work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class RateCase(CaseCommand):
    """评价 Rate a case, as the resident or as a follow-up visit (回访) heard it; once a resolution."""

    roles = TRANSITIONS[Step.RATE].roles
    answered: Annotated[bool, Doc("是否响应 was it answered")]
    solved: Annotated[bool, Doc("是否解决 was it solved")]
    satisfied: Annotated[int, Doc("满意度 how satisfied, 1 to 5")]
    comment: Annotated[str | None, Doc("评语 in the resident's words; personal text")] = None
    secret: Secret = None

    async def decide(self, work: Work) -> Case:
        """Rate."""
        case = await self.case_of_resident(work, self.secret)
        case.rate(self.answered, self.solved, self.satisfied, self.comment, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class CloseCase(CaseCommand):
    """结案 Close a verified case, rated or not."""

    roles = TRANSITIONS[Step.CLOSE].roles
    note: Note = None

    async def decide(self, work: Work) -> Case:
        """Close."""
        case = await self.case(work)
        case.close(self.note, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class ReopenCase(CaseCommand):
    """重开 Reopen a case that was not fixed, wrongly refused, or no duplicate."""

    roles = TRANSITIONS[Step.REOPEN].roles
    reason: Reason
    secret: Secret = None

    async def decide(self, work: Work) -> Case:
        """Reopen."""
        case = await self.case_of_resident(work, self.secret)
        case.reopen(self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class MarkDuplicate(CaseCommand):
    """标记重复 Say that a case is the same report as another one."""

    roles = TRANSITIONS[Step.MARK_DUPLICATE].roles
    of_id: Annotated[UUID, Doc("原件 the other case")]

    async def decide(self, work: Work) -> Case:
        """Mark."""
        case = await self.case(work)
        case.mark_duplicate(await work.get(Case, self.of_id, "ofId"), work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class MergeCase(CaseCommand):
    """并案 Let another case carry this one; can be undone."""

    roles = TRANSITIONS[Step.MERGE].roles
    into_id: Annotated[UUID, Doc("主案 the case that carries it")]

    async def decide(self, work: Work) -> Case:
        """Merge; both histories say so."""
        case = await self.case(work)
        case.merge_into(await work.get(Case, self.into_id, "intoId"), work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class UndoMerge(CaseCommand):
    """撤销并案 Let a merged case stand where it stood before."""

    roles = TRANSITIONS[Step.UNDO_MERGE].roles
    reason: Reason

    async def decide(self, work: Work) -> Case:
        """Undo; both histories say so."""
        case = await self.case(work)
        other = await work.get(Case, case.joined or case.id, "caseId")
        case.undo_merge(other, self.reason, work.actor, work.at)
        return case


@dataclass(frozen=True, kw_only=True)
class SplitPart:
    """拆分部分 One part of a split case."""

    text: Annotated[str, Doc("描述 what this part is about; personal text")]
    category: Annotated[str | None, Doc("类别 its category, where it differs")] = None
    grid_code: Grid = None


@dataclass(frozen=True, kw_only=True)
class SplitCase(CaseCommand):
    """拆分 Split a case into two or more cases of their own."""

    roles = TRANSITIONS[Step.SPLIT].roles
    parts: Annotated[list[SplitPart], Doc("各部分 the parts, at least two")]

    async def decide(self, work: Work) -> Case:
        """Split; every part begins as accepted."""
        case = await self.case(work)
        policy = await work.policy()
        parts = []
        for number, part in enumerate(self.parts):
            with within("parts", str(number)):
                if part.grid_code is not None:
                    await work.grid(part.grid_code, case.community)
                    require_reach(work, part.grid_code)
                category = policy.category(part.category).code if part.category else None
            parts.append(
                Part(id=work.new_id(f"part:{number}"), text=part.text, category=category, grid=part.grid_code)
            )
        for new in case.split(parts, work.actor, work.at):
            work.add(new)
        return case
