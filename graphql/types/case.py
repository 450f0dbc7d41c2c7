"""The case and its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.lifecycle import STAGES, Status, Step, allowed, possible
from chuishao.domain.sight import Reading, shown_of_case
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Stage, Tier
from chuishao.graphql.context import Info
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.event import Event
from chuishao.graphql.types.policy import Category
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CaseRef,
    DivisionRef,
    GridRef,
    Node,
    WhistleRef,
    WorkerRef,
    actor_named,
    column,
    guarded,
    identified,
    sealed,
)
from chuishao.projections.cases import CaseRow
from chuishao.projections.history import Entry, Holding, holdings

Root = strawberry.Parent[CaseRow]


@strawberry.type(description="流转记录 One event in a case's history, with where it left the case.")
class HistoryEntry:
    """An event and the state after it."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[Entry]) -> strawberry.ID:
        """The event in the history."""
        return identified("history-entry", root.row.case_id, root.row.position)

    @strawberry.field(description="事件 The event as recorded.")
    def event(root: strawberry.Parent[Entry]) -> Event:
        """The recorded event."""
        return root.recorded  # type: ignore[return-value]

    @strawberry.field(description="案件状态 Where the case stood after it.")
    def status(root: strawberry.Parent[Entry]) -> Status:
        """The status after the event."""
        return Status(root.row.status)

    @strawberry.field(description="层级 The tier that held the case after it.")
    def tier(root: strawberry.Parent[Entry]) -> Tier | None:
        """The tier after the event."""
        return Tier(root.row.tier) if root.row.tier else None

    @strawberry.field(description="承办单位 The code of the place that answered for the case after it.")
    def holder(root: strawberry.Parent[Entry]) -> str:
        """The holder after the event."""
        return root.row.holder

    @guarded(Reading.ACTORS, "承办人 The actor who was to handle it then; shown to handlers and auditors.")
    def assignee(root: strawberry.Parent[Entry], info: Info) -> str | None:
        """The assignee after the event."""
        return root.row.assignee if shown_of_case(info.context.actor, Reading.ACTORS) else None


@strawberry.type(
    description="承办时段 A stretch in which the case was held by the same place, person and tier."
)
class HoldingPeriod:
    """Who held the case, since when, until when."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[Holding]) -> strawberry.ID:
        """The stretch by its number."""
        return identified("holding", root.case_id, root.number)

    holder: str = column("承办单位 The code of the place that answered for the case.")
    tier: Tier | None = column("层级 The tier; null before assignment.")
    since: datetime = column("自 When it began.")
    until: datetime | None = column("至 When it ended; null while it lasts.")

    assignee = actor_named(
        "assignee", "承办人 The actor who was to handle it; shown to handlers and auditors."
    )

    @strawberry.field(description="时长（秒） How long it has lasted, in seconds.")
    def seconds(root: strawberry.Parent[Holding], info: Info) -> int:
        """Length up to now."""
        return root.seconds(info.context.now)


@strawberry.type(
    description="工单 A case: what was reported, where it stands, who holds it until when, how it ended."
)
class Case(Node):
    """A row of the cases read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, CaseRow)

    number: Position = column("编号 Its number: the position of its first event.")
    version: int = column("版本 How many events it has; give it as expectedVersion.")
    status: Status = column("状态 Where it stands.")
    open: bool = column("在办 Whether somebody still owes the next step.")
    tier: Tier | None = column("层级 The tier that handles it.")
    severity: Severity = column("等级 How grave it is.")
    linkage: LinkageMechanism | None = column("联动机制 The linkage mechanism it calls for.")
    community: str = column("社区代码 The code of its community.")
    place: str = column("位置代码 The code of its grid, or of its community.")
    holder: str = column("承办单位 The code of the place that answers for it.")
    anonymous: bool = column("匿名 Whether it was reported without a name.")
    reported_at: datetime = column("上报时间 When it was reported.")
    recorded_at: datetime = column("记录时间 When the log learnt it.")
    since: datetime = column("状态起始 Since when it stands where it stands.")
    due_at: datetime | None = column("期限 Until when the next step is due by the policy in force.")
    due_rule: str | None = column("期限规则 The policy's rule that sets the limit.")
    on_spot: bool = column("当场解决 Whether it was resolved on the spot.")
    resolved_at: datetime | None = column("处置时间 When it was resolved.")
    verified_at: datetime | None = column("核查时间 When it was verified.")
    closed_at: datetime | None = column("结案时间 When it was closed.")
    reworks: int = column("返工次数 How often verification failed.")
    reopenings: int = column("重开次数 How often it was reopened.")
    answered: bool | None = column("响应 Whether it was answered, as the resident says.")
    solved: bool | None = column("解决 Whether it was solved, as the resident says.")
    satisfied: int | None = column("满意度 How satisfied the resident is, 1 to 5.")
    rated_at: datetime | None = column("评价时间 When it was rated.")

    @strawberry.field(description="闭环阶段 Its stage of the issue loop; null outside the loop.")
    def stage(root: Root) -> Stage | None:
        """From the status."""
        return STAGES[Status(root.status)]

    @strawberry.field(
        description="可执行操作 What the lifecycle allows now; `allowedSteps` are those of the asker."
    )
    def possible_steps(root: Root) -> list[Step]:
        """From the transition table."""
        return possible(Status(root.status), Tier(root.tier) if root.tier else None)

    @strawberry.field(
        description="可办操作 What the asker may do now, by state, tier, role and scope; "
        "the decision may still find a reason against it."
    )
    def allowed_steps(root: Root, info: Info) -> list[Step]:
        """From the transition table."""
        tier = Tier(root.tier) if root.tier else None
        return allowed(Status(root.status), tier, info.context.actor, root.place)

    @strawberry.field(description="逾期 Whether the next step is overdue now.")
    def overdue(root: Root, info: Info) -> bool:
        """Open and past its limit."""
        return root.open and root.due_at is not None and root.due_at < info.context.now

    @strawberry.field(description="类别 Its category in the catalogue in force when it was reported.")
    async def category(root: Root, info: Info) -> Category | None:
        """By code."""
        policy = await info.context.loaders.policy.load(root.reported_at)
        return policy.categories.get(root.category) or await _category_now(info, root.category)

    text = sealed("text", "描述 What is the matter.")

    address = sealed("address", "地址 Where exactly.")

    reporter_name = sealed("reporter_name", "上报人姓名 The reporter's name, if given.")

    reporter_phone = sealed("reporter_phone", "上报人电话 The reporter's phone, if given.")

    assignee = actor_named("assignee", "承办人 The actor who is to handle it; for handlers and auditors.")

    resolver = actor_named("resolver", "处置人 The actor who resolved it; for handlers and auditors.")

    @strawberry.field(description="网格 Its grid, where known.")
    async def grid(root: Root, info: Info) -> GridRef | None:
        """By code."""
        return await info.context.loaders.grid.load(root.grid) if root.grid else None  # type: ignore[return-value]

    @strawberry.field(description="所属社区 Its community.")
    async def division(root: Root, info: Info) -> DivisionRef | None:
        """By code."""
        return await info.context.loaders.division.load(root.community)  # type: ignore[return-value]

    @strawberry.field(description="承办网格员 The grid worker it is assigned to, if it is one.")
    async def worker(root: Root, info: Info) -> WorkerRef | None:
        """By the assignee's identifier."""
        try:
            worker = UUID(root.assignee or "")
        except ValueError:
            return None
        return await info.context.loaders.worker.load(worker)  # type: ignore[return-value]

    @strawberry.field(description="哨件 The whistles blown on it, the first first.")
    async def whistles(root: Root, info: Info) -> list[WhistleRef]:
        """By case."""
        return info.context.spend(await info.context.loaders.whistles_of_case.load(root.id))  # type: ignore[no-any-return]

    @strawberry.field(description="归并到 The case that it duplicates or was merged into.")
    async def joined_to(root: Root, info: Info) -> CaseRef | None:
        """By identifier."""
        return await info.context.loaders.case.load(root.joined) if root.joined else None  # type: ignore[return-value]

    @strawberry.field(description="归并来 The cases that duplicate it or were merged into it.")
    async def joined_cases(root: Root, info: Info) -> list[CaseRef]:
        """By the case they point to."""
        return info.context.spend(await info.context.loaders.merged.load(root.id))  # type: ignore[no-any-return]

    @strawberry.field(description="拆分自 The case that it was split from.")
    async def split_from(root: Root, info: Info) -> CaseRef | None:
        """By identifier."""
        if root.split_from is None:
            return None
        return await info.context.loaders.case.load(root.split_from)  # type: ignore[return-value]

    @strawberry.field(description="拆分成 The cases that it was split into.")
    async def parts(root: Root, info: Info) -> list[CaseRef]:
        """By the case they came from."""
        return info.context.spend(await info.context.loaders.parts.load(root.id))  # type: ignore[no-any-return]

    @strawberry.field(description="流转历史 Everything that happened to it and to its whistles, in order.")
    async def history(root: Root, info: Info) -> list[HistoryEntry]:
        """From the log."""
        return info.context.spend(await info.context.loaders.trace.load(root.id))  # type: ignore[no-any-return]

    @strawberry.field(description="承办链 Who held it, since when, how long.")
    async def holdings(root: Root, info: Info) -> list[HoldingPeriod]:
        """From the history."""
        return holdings(await info.context.loaders.trace.load(root.id))  # type: ignore[return-value]


async def _category_now(info: Info, code: str) -> Category | None:
    policy = await info.context.loaders.policy.load(info.context.now)
    found: Category | None = policy.categories.get(code)
    return found
