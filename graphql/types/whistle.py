"""Whistles, summonses and the check-in league table."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from chuishao.domain.summons import SummonsState, WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, WhistleKind
from chuishao.graphql.context import Info
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CaseRef,
    DepartmentRef,
    DivisionRef,
    Node,
    column,
    identified,
    sealed,
)
from chuishao.projections.whistles import ItemRow, Standing, SummonsRow, WhistleRow

Root = strawberry.Parent[WhistleRow]
SummonsRoot = strawberry.Parent[SummonsRow]
StandingRoot = strawberry.Parent[Standing]


@strawberry.type(description="召集 One department's summons to a whistle.")
class Summons:
    """A row of the summonses read model."""

    @strawberry.field(description=ITS_OWN)
    def id(root: SummonsRoot) -> strawberry.ID:
        """By its number among those of the department."""
        return identified("summons", root.whistle, root.department, root.number)

    number: int = column("序号 Which summons of this department to the whistle it is, from 1.")
    state: SummonsState = column("状态 Where the department stands.")
    summoned_at: datetime = column("召集时间 When it was summoned.")
    sign_due_at: datetime | None = column("签收期限 Until when to sign.")
    check_in_due_at: datetime | None = column("报到期限 Until when to check in.")
    signed_at: datetime | None = column("签收时间 When it signed.")
    checked_in_at: datetime | None = column("报到时间 When it checked in.")
    missed_at: datetime | None = column("逾期时间 When it let the limit pass, as recorded.")
    refused_at: datetime | None = column("拒绝时间 When it refused.")
    answered_at: datetime | None = column("反馈时间 When it answered.")
    rated_at: datetime | None = column("评价时间 When the street rated it.")
    score: int | None = column("评分 The street's rating, 1 to 5.")

    @strawberry.field(description="部门 The department.")
    async def department(root: SummonsRoot, info: Info) -> DepartmentRef | None:
        """By identifier."""
        return await info.context.loaders.department.load(root.department)  # type: ignore[return-value]

    @strawberry.field(description="按时报到 Whether it checked in in time; null before it checked in.")
    def on_time(root: SummonsRoot) -> bool | None:
        """Against the limit."""
        if root.checked_in_at is None or root.check_in_due_at is None:
            return None
        return root.missed_at is None and root.checked_in_at <= root.check_in_due_at

    words = sealed("words", "答复 Its last answer, or its reason for refusing.")


@strawberry.type(description="现场会事项 One item of an on-site meeting.")
class OnSiteItem:
    """A row of the items read model."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[ItemRow]) -> strawberry.ID:
        """By its number."""
        return identified("on-site-item", root.whistle, root.number)

    number: int = column("序号 Its number, from 1.")
    settled_at: datetime | None = column("办结时间 When it was settled; null while it is open.")

    text = sealed("text", "内容 What is to be settled.")


@strawberry.type(description="哨件 A whistle: the street blows, departments report.")
class Whistle(Node):
    """A row of the whistles read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, WhistleRow)

    number: Position = column("编号 Its number: the position of its first event.")
    kind: WhistleKind = column("哨源类型 Routine, tackling or emergency.")
    linkage: LinkageMechanism = column("联动机制 Its linkage mechanism.")
    status: WhistleStatus = column("状态 Where it stands.")
    blown_at: datetime = column("吹哨时间 When it was blown.")
    ended_at: datetime | None = column("结束时间 When it ended; null while it is open.")
    meeting: str | None = column("现场会 OPEN or CLOSED; null where none was held.")
    check_in_due_at: datetime | None = column(
        "报到期限 The earliest limit of a department that has not yet checked in; null where none is awaited."
    )

    @strawberry.field(description="案件 The case it was blown on.")
    async def case(root: Root, info: Info) -> CaseRef | None:
        """By identifier."""
        return await info.context.loaders.case.load(root.case_id)  # type: ignore[return-value]

    @strawberry.field(description="街镇 The street or town that blew.")
    async def street(root: Root, info: Info) -> DivisionRef | None:
        """By code."""
        return await info.context.loaders.division.load(root.street)  # type: ignore[return-value]

    @strawberry.field(description="牵头部门 The department that leads; null where the street leads.")
    async def lead(root: Root, info: Info) -> DepartmentRef | None:
        """By identifier."""
        return await info.context.loaders.department.load(root.lead) if root.lead else None  # type: ignore[return-value]

    grounds = sealed("grounds", "事由 Why departments are needed.")

    result = sealed("result", "结果 What was achieved, or why it was withdrawn.")

    @strawberry.field(description="召集 The departments summoned, each with its last summons.")
    async def summonses(
        root: Root,
        info: Info,
        earlier: Annotated[
            bool,
            strawberry.argument(
                description="历次召集 With the earlier summonses, too, of a department that refused and was "
                "summoned again."
            ),
        ] = False,
    ) -> list[Summons]:
        """By whistle."""
        rows: list[SummonsRow] = await info.context.loaders.summonses.load(root.id)
        last: dict[UUID, int] = {}
        for row in rows:
            last[row.department] = max(row.number, last.get(row.department, 0))
        shown = [row for row in rows if earlier or row.number == last[row.department]]
        return info.context.spend(shown)  # type: ignore[no-any-return]

    @strawberry.field(description="现场会事项 The items of its on-site meeting.")
    async def items(root: Root, info: Info) -> list[OnSiteItem]:
        """By whistle."""
        rows: list[ItemRow] = info.context.spend(await info.context.loaders.items.load(root.id))
        return rows  # type: ignore[return-value]


@strawberry.type(description="报到排行 One department's line in the check-in league table, with its sample.")
class DepartmentStanding:
    """Counts of summonses."""

    @strawberry.field(description=ITS_OWN)
    def id(root: StandingRoot) -> strawberry.ID:
        """The department in the league of a place."""
        return identified("standing", root.place, root.department)

    summoned: int = column("召集数 How often it was summoned.")
    signed: int = column("签收数 How often it signed.")
    checked_in: int = column("报到数 How often it checked in.")
    on_time: int = column("按时报到数 How often it checked in in time: the numerator of the rate.")
    due: int = column("应报到数 How often it checked in in time or its limit passed: the rate's denominator.")
    missed: int = column("逾期数 How often a missed limit was recorded.")
    refused: int = column("拒绝数 How often it refused.")
    answered: int = column("反馈数 How often it answered.")
    rated: int = column("评价数 How often it was rated: the sample of the mean.")

    @strawberry.field(description="部门 The department.")
    async def department(root: StandingRoot, info: Info) -> DepartmentRef | None:
        """By identifier."""
        return await info.context.loaders.department.load(root.department)  # type: ignore[return-value]

    @strawberry.field(description="报到准时率 onTime / due; null without a sample.")
    def on_time_rate(root: StandingRoot) -> float | None:
        """Numerator over denominator."""
        return round(root.on_time / root.due, 4) if root.due else None

    @strawberry.field(description="平均评分 Mean rating from 1 to 5; null without any.")
    def average_score(root: StandingRoot) -> float | None:
        """Sum over sample."""
        return round(root.score_sum / root.rated, 4) if root.rated else None
