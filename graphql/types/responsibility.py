"""责任链 Who answered for a case: spells, limits, steps, departments, setbacks."""

from datetime import datetime
from uuid import UUID

import strawberry

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.lifecycle import Status
from chuishao.domain.summons import SummonsState
from chuishao.domain.vocabulary import Role, Tier
from chuishao.graphql.links import DEPARTMENT, DIVISION, GRID
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DepartmentRef,
    DivisionRef,
    GridRef,
    actor_named,
    identified,
)
from chuishao.projections.chain import ChainStep as Step

_HOLDER = "承办单位 The code of the place that answered for the case."
_SECONDS = "时长（秒） How long it lasted, in seconds of the clock; up to the moment asked for."
_COUNTED = "计时时长 What of it counted for the limits, in the time of each: without suspensions."


@strawberry.type(description="经手 What somebody did in a case or its whistles, in the order of the log.")
class ChainStep:
    """A step of the chain."""

    @computed(ITS_OWN)
    def id(case_id: UUID, position: int) -> strawberry.ID:
        """The event in the chain."""
        return identified("chain-step", case_id, position)

    position: Position = column("位置 The position of its event.")
    type: str = column("类型 The type of its event.")
    at: datetime = column("时间 From when it counts: when it happened, and not before the step before it.")
    role: Role = column("角色 In which role it was done.")
    unit: str = column("单位 For which unit: a department's identifier, or the code of a place.")
    spell: int | None = column(
        "时段 The number of the spell it was done in; null where nobody held the case."
    )
    actor: str | None = actor_named("actor", "操作者 Who did it; shown to handlers and auditors.")


@strawberry.type(
    description="计时 Seconds that counted for limits in a unit: of the clock, of the urgent or of the "
    "working shifts; of working days, the working shifts."
)
class CountedTime:
    """A sum by unit."""

    @computed(ITS_OWN)
    def id(case_id: UUID, of: str, unit: str) -> strawberry.ID:
        """By what is summed, and the unit."""
        return identified("counted-time", case_id, of, unit)

    unit: TimeUnit = column("计时单位 In which unit the limits are stated.")
    seconds: int = column("秒数 How many seconds counted.")


@strawberry.type(
    description="承办时段 A stretch in which the case was held by the same place, person and tier."
)
class ResponsibilitySpell:
    """A spell of the chain."""

    @computed(ITS_OWN)
    def id(case_id: UUID, number: int) -> strawberry.ID:
        """By its number."""
        return identified("spell", case_id, number)

    number: int = column("序号 Its number in the case, from 1.")
    holder: str = column(_HOLDER)
    tier: Tier | None = column("层级 The tier; null before assignment.")
    role: Role | None = column(
        "角色 The role in which the assignee acted, or whoever acted for the holder; null where neither did."
    )
    unit: str | None = column("单位 The unit for which they acted.")
    since: datetime = column("自 When it began.")
    until: datetime | None = column("至 When it ended; null while it lasts.")
    seconds: int = column(_SECONDS)
    due_at: datetime | None = column("期限 The limit that ran at its end, as it was then.")
    due_rule: str | None = column("期限规则 The policy's rule that set it.")
    overdue: bool = column("逾期 Whether a limit was over while the case was held here.")
    counted: list[CountedTime] = column(_COUNTED)
    steps: list[ChainStep] = column(
        "经手 What was done in it; handing the case on belongs to the one that ends."
    )
    assignee: str | None = actor_named(
        "assignee", "承办人 The actor who was to handle it; shown to handlers and auditors."
    )
    grid: GridRef | None = one("网格 The grid that held it; null for a division.", GRID, "holder")
    division: DivisionRef | None = one("区划 The division that held it; null for a grid.", DIVISION, "holder")


@strawberry.type(description="期限记录 A stretch in which one step was owed, and the limit for it.")
class LimitRun:
    """A limit of the chain."""

    @computed(ITS_OWN)
    def id(case_id: UUID, number: int) -> strawberry.ID:
        """By its number."""
        return identified("limit-run", case_id, number)

    number: int = column("序号 Its number in the case, from 1.")
    status: Status = column("案件状态 Where the case stood.")
    holder: str = column(_HOLDER)
    since: datetime = column("自 When the step began to be owed.")
    until: datetime | None = column("至 When it was taken; null while it is owed.")
    due_at: datetime | None = column("期限 When the limit ended, as it was at the end; null without one.")
    rule: str | None = column("期限规则 The policy's rule that set it.")
    unit: TimeUnit | None = column("计时单位 The unit of the limit.")
    overdue: bool = column("逾期 Whether the limit was over before the step was taken.")

    @computed("挂账时长（秒） How long the clock stood still meanwhile, in seconds.")
    def still_seconds(still: tuple[tuple[datetime, datetime], ...]) -> int:
        """The sum of the stops."""
        return round(sum((ends - begins).total_seconds() for begins, ends in still))


@strawberry.type(
    description="部门承办时段 What a department owed a whistle, beside the street: from its summons until it "
    "answered or refused, or until the whistle was over."
)
class DepartmentSpell:
    """A summons of the chain."""

    @computed(ITS_OWN)
    def id(whistle: UUID, department: UUID, number: int) -> strawberry.ID:
        """The summons."""
        return identified("department-spell", whistle, department, number)

    number: int = column("序号 Which summons of the department to this whistle it is, from 1.")
    lead: bool = column("牵头 Whether the department led the whistle.")
    since: datetime = column("自 When it was summoned.")
    until: datetime | None = column("至 When it answered or refused, or the whistle was over; null before.")
    seconds: int = column(_SECONDS)
    state: SummonsState = column("状态 Where it stood in the end.")
    sign_due_at: datetime | None = column("签收期限 Until when to sign.")
    check_in_due_at: datetime | None = column("报到期限 Until when to check in.")
    signed_at: datetime | None = column("签收时间 When it signed.")
    checked_in_at: datetime | None = column("报到时间 When it checked in.")
    missed_at: datetime | None = column("逾期时间 The limit for the check-in that it let pass.")
    answered_at: datetime | None = column("反馈时间 When it said what it did.")
    refused_at: datetime | None = column("拒绝时间 When it refused.")
    score: int | None = column("评分 How the street rated it, 1 to 5.")
    department: DepartmentRef | None = one("部门 The department.", DEPARTMENT, "department")


@strawberry.type(
    description="返工与重开 A failed verification or a reopening, and to which steps it is laid (责任倒查)."
)
class Setback:
    """A setback of the chain."""

    @computed(ITS_OWN)
    def id(step: Step) -> strawberry.ID:
        """By its step."""
        return identified("setback", step.case_id, step.position)

    step: ChainStep = column("事件 The failed verification or the reopening.")
    laid_to: list[ChainStep] = column(
        "责任步骤 The resolution and, where it was closed, the closing; of what was refused or marked a "
        "duplicate, that."
    )


@strawberry.type(
    description="首接负责 Who answered the report first: accepted or refused it, or joined it to another "
    "case."
)
class FirstReceiver:
    """The first answer."""

    @computed(ITS_OWN)
    def id(step: Step) -> strawberry.ID:
        """By its case: there is one first."""
        return identified("first-receiver", step.case_id)

    step: ChainStep = column("首次答复 The step.")
    holder: str = column("承办单位 The code of the place that held the case after it.")
    came_back: bool = column(
        "退回首接 Whether the matter came back: was reopened, or failed its verification."
    )


@strawberry.type(description="承办时长 How long a place held the case, in all its spells.")
class HoldingTotal:
    """A sum by place."""

    @computed(ITS_OWN)
    def id(case_id: UUID, holder: str) -> strawberry.ID:
        """By the place."""
        return identified("holding-total", case_id, holder)

    holder: str = column(_HOLDER)
    spells: int = column("时段数 In how many spells.")
    seconds: int = column("时长（秒） How long in all, in seconds of the clock.")
    counted: list[CountedTime] = column(_COUNTED)


@strawberry.type(
    description="责任链 Who answered for a case at any moment: folded from its history, as it was at a "
    "moment and as the log knew it at a position."
)
class Responsibility:
    """The chain of one case."""

    @computed(ITS_OWN)
    def id(case_id: UUID, at: datetime, position: int) -> strawberry.ID:
        """By its case, the moment and how far the log was read."""
        return identified("responsibility", case_id, at.isoformat(), position)

    at: datetime = column("时刻 The moment for which it holds; what lasts is counted up to it.")
    position: Position = column("位置 The position of the last event of the case taken in.")
    seconds: int = column("总时长（秒） How long the case was held in all, in seconds of the clock.")
    held_by: ResponsibilitySpell | None = column(
        "当前承办 The spell that lasts at that moment; null where the case was over."
    )
    spells: list[ResponsibilitySpell] = column(
        "承办时段 Every spell, in order: without gap or overlap, except while the case was over."
    )
    limits: list[LimitRun] = column("期限记录 Every limit that ran, in order.")
    departments: list[DepartmentSpell] = column("部门承办时段 What its whistles asked of departments.")
    first_receiver: FirstReceiver | None = column(
        "首接负责 Who answered the report first; null before anybody did."
    )
    setbacks: list[Setback] = column("返工与重开 What came back, and to whom that is laid.")
    totals: list[HoldingTotal] = column("承办时长 How long each place held it.")
