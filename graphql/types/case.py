"""The case and its history."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from chuishao.domain.case_requests import RequestKind
from chuishao.domain.clock import Clock, stands_still
from chuishao.domain.lifecycle import STAGES, Standing, Status, Step, allowed, possible
from chuishao.domain.loop import GridStage, SettledLevel, grid_stage, nights_between
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Stage, Tier
from chuishao.graphql.chains import chain_of
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import (
    CASE,
    DELIBERATIONS_OF_CASE,
    DIVISION,
    GRID,
    HELD,
    JOINED,
    ORDERS_ON_CASE,
    PARTS,
    REQUESTS_OF_CASE,
    TRACE,
    WHISTLES_OF_CASE,
    WORKER,
)
from chuishao.graphql.policies import Policies
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.event import Event
from chuishao.graphql.types.fields import column, computed, many, one, same, uuid_or_none
from chuishao.graphql.types.policy import Category
from chuishao.graphql.types.request import CaseRequest
from chuishao.graphql.types.responsibility import Responsibility
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CaseRef,
    CoordinationOrderRef,
    DeliberationRef,
    DivisionRef,
    GridRef,
    Node,
    PersonalText,
    WhistleRef,
    WorkerRef,
    actor_named,
    identified,
    sealed,
)
from chuishao.projections.cases import CaseRow
from chuishao.projections.history import holdings as holdings_of
from chuishao.projections.history import lasted

_MOST_SECONDS = 2**31 - 1
"""What a GraphQL integer holds; some 68 years."""


@strawberry.type(description="流转记录 One event in a case's history, with where it left the case.")
class HistoryEntry:
    """An event and the state after it."""

    @computed(ITS_OWN)
    def id(case_id: UUID | str, position: int) -> strawberry.ID:
        """The event in the history."""
        return identified("history-entry", case_id, position)

    event: Event = same("事件 The event as recorded.", "recorded")
    status: Status = column("案件状态 Where the case stood after it.")
    tier: Tier | None = column("层级 The tier that held the case after it.")
    holder: str = column("承办单位 The code of the place that answered for the case after it.")
    assignee: str | None = actor_named(
        "assignee", "承办人 The actor who was to handle it then; shown to handlers and auditors."
    )


@strawberry.type(
    description="承办时段 A stretch in which the case was held by the same place, person and tier."
)
class HoldingPeriod:
    """Who held the case, since when, until when."""

    @computed(ITS_OWN)
    def id(case_id: UUID | str, number: int) -> strawberry.ID:
        """The stretch by its number."""
        return identified("holding", case_id, number)

    holder: str = column("承办单位 The code of the place that answered for the case.")
    tier: Tier | None = column("层级 The tier; null before assignment.")
    since: datetime = column("自 When it began.")
    until: datetime | None = column("至 When it ended; null while it lasts.")

    assignee: str | None = actor_named(
        "assignee", "承办人 The actor who was to handle it; shown to handlers and auditors."
    )

    @computed("时长（秒） How long it has lasted, in seconds.")
    def seconds(since: datetime, until: datetime | None, context: Context) -> int:
        """Length up to now."""
        return lasted(since, until or context.now)


def _standing(
    asked: str | None, still_since: datetime | None, still_until: datetime | None, context: Context
) -> Standing:
    return Standing(asked is not None, stands_still(still_since, still_until, context.now))


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
    overdue_at: datetime | None = column(
        "逾期时间 When the limit of its present step passed, as the clock recorded it; null while it did not."
    )
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
    follow_up_due: bool = column(
        "回访待办 Whether its resident is to be called (回访): drawn when it was verified, by the share that "
        "the policy states, and without an answer since."
    )

    settled: SettledLevel | None = column(
        "化解层级 At which level its present resolution came about (小事不出社区、大事不出街道)."
    )
    night_at: datetime | None = column(
        "当日终止 The local midnight that ended the day it was found on; null for a part of a split case."
    )
    taken_up_at: datetime | None = column(
        "首次答复时间 When the platform answered it first: accepted it, refused it or joined it to another."
    )

    @computed("问题过夜 Whether it had no answer, or has none yet, by the midnight of its day: a metric.")
    def overnight(night_at: datetime | None, taken_up_at: datetime | None, context: Context) -> bool:
        """By its answer, or as of now."""
        return night_at is not None and (taken_up_at or context.now) >= night_at

    @computed("过夜数 How many local midnights passed before its first answer, or until now.")
    def nights(
        reported_at: datetime, night_at: datetime | None, taken_up_at: datetime | None, context: Context
    ) -> int:
        """From the day on which it was found."""
        return nights_between(reported_at, taken_up_at or context.now) if night_at else 0

    @computed("网格闭环阶段 Its stage of the grid loop; null outside the loop.")
    def grid_stage(status: str, tier: str | None) -> GridStage | None:
        """From status and tier."""
        return grid_stage(Status(status), Tier(tier) if tier else None)

    @computed("闭环阶段 Its stage of the issue loop; null outside the loop.")
    def stage(status: str) -> Stage | None:
        """From the status."""
        return STAGES[Status(status)]

    @computed("挂账 Whether its clock stands still now, so that no limit runs.")
    def suspended(still_since: datetime | None, still_until: datetime | None, context: Context) -> bool:
        """By its last suspension."""
        return stands_still(still_since, still_until, context.now)

    asked: RequestKind | None = column("待审批申请 What is asked for and not decided; null for nothing.")

    @computed(
        "剩余时间（秒） How many seconds that count are left until its limit ends, below 0 once it is over: "
        "of the clock, of the urgent or of the working shifts where it lies, as the limit is counted. "
        "While it is suspended, as if it were resumed now; null where no limit runs."
    )
    def seconds_left(
        status: str,
        since: datetime,
        due_rule: str | None,
        place: str,
        category: str,
        severity: str,
        tier: str | None,
        clock: str | None,
        context: Context,
        policies: Policies,
    ) -> int | None:
        """By the policy that dates it, and its own clock."""
        if due_rule is None:
            return None
        policy = policies.at(since)
        limit = policies.book.limit_of_case(policy, status, category, severity, tier, place)
        left = policy.left(since, limit, place, Clock.of_text(clock), context.now) if limit else None
        return None if left is None else max(-_MOST_SECONDS, min(left, _MOST_SECONDS))

    @computed("可执行操作 What the lifecycle allows now; `allowedSteps` are those of the asker.")
    def possible_steps(
        status: str,
        tier: str | None,
        asked: str | None,
        still_since: datetime | None,
        still_until: datetime | None,
        context: Context,
    ) -> list[Step]:
        """From the transition table."""
        standing = _standing(asked, still_since, still_until, context)
        return possible(Status(status), Tier(tier) if tier else None, standing)

    @computed(
        "可办操作 What the asker may do now, by state, tier, role and scope; "
        "the decision may still find a reason against it."
    )
    def allowed_steps(
        status: str,
        tier: str | None,
        place: str,
        asked: str | None,
        still_since: datetime | None,
        still_until: datetime | None,
        context: Context,
    ) -> list[Step]:
        """From the transition table."""
        standing = _standing(asked, still_since, still_until, context)
        return allowed(Status(status), Tier(tier) if tier else None, context.actor, place, standing)

    @computed("逾期 Whether the next step is overdue now.")
    def overdue(open: bool, due_at: datetime | None, context: Context) -> bool:
        """Open and past its limit."""
        return open and due_at is not None and due_at < context.now

    @computed("类别 Its category in the catalogue in force when it was reported.")
    def category(
        category: str, reported_at: datetime, context: Context, policies: Policies
    ) -> Category | None:
        """By code."""
        found: Any = policies.at(reported_at).categories.get(category)
        return found or policies.at(context.now).categories.get(category)  # type: ignore[return-value]

    text: PersonalText | None = sealed("text", "描述 What is the matter.")
    address: PersonalText | None = sealed("address", "地址 Where exactly.")
    reporter_name: PersonalText | None = sealed("reporter_name", "上报人姓名 The reporter's name, if given.")
    reporter_phone: PersonalText | None = sealed(
        "reporter_phone", "上报人电话 The reporter's phone, if given."
    )
    assignee: str | None = actor_named(
        "assignee", "承办人 The actor who is to handle it; for handlers and auditors."
    )
    resolver: str | None = actor_named(
        "resolver", "处置人 The actor who resolved it; for handlers and auditors."
    )
    grid: GridRef | None = one("网格 Its grid, where known.", GRID, "grid")
    division: DivisionRef | None = one("所属社区 Its community.", DIVISION, "community")
    worker: WorkerRef | None = one(
        "承办网格员 The grid worker it is assigned to, if it is one.", WORKER, "assignee", uuid_or_none
    )
    whistles: list[WhistleRef] = many(
        "哨件 The whistles blown on it, the first first.", WHISTLES_OF_CASE, "id"
    )
    requests: list[CaseRequest] = many(
        "申请 What was asked for in it, the first first: suspension, extension, return.",
        REQUESTS_OF_CASE,
        "id",
    )
    joined_to: CaseRef | None = one("归并到 The case that it duplicates or was merged into.", CASE, "joined")
    joined_cases: list[CaseRef] = many(
        "归并来 The cases that duplicate it or were merged into it.", JOINED, "id"
    )
    split_from: CaseRef | None = one("拆分自 The case that it was split from.", CASE, "split_from")
    parts: list[CaseRef] = many("拆分成 The cases that it was split into.", PARTS, "id")
    deliberations: list[DeliberationRef] = many(
        "议事协商 The deliberations on it, in the order of their rounds.", DELIBERATIONS_OF_CASE, "id"
    )
    coordination_orders: list[CoordinationOrderRef] = many(
        "协同 The units asked to take part in it, in order.", ORDERS_ON_CASE, "id"
    )
    history: list[HistoryEntry] = many(
        "流转历史 Everything that happened to it and to its whistles, in order.", TRACE, "id"
    )
    holdings: list[HoldingPeriod] = many(
        "承办链 Who held it, since when, how long.", HELD, "id", through=holdings_of
    )

    @strawberry.field(
        description="责任链 Who held it at any moment, against which limit, and what they did; null where it "
        "was not reported by then."
    )
    async def responsibility(
        root: strawberry.Parent[CaseRow],
        info: Info,
        at: Annotated[
            datetime | None,
            strawberry.argument(description="时刻 As it was at that moment; as it is now if left out."),
        ] = None,
        as_of: Annotated[
            Position | None,
            strawberry.argument(
                description="截至位置 As far as the log knew at that position, when it was recorded; all of "
                "it if left out."
            ),
        ] = None,
    ) -> Responsibility | None:
        """Folded from its history."""
        return await chain_of(info, root.id, at, as_of)  # type: ignore[return-value]
