"""Service grids and their board."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from chuishao.graphql.context import Info
from chuishao.graphql.types.shared import DivisionRef, Node, Tally, WorkerRef, column
from chuishao.projections.grids import GridRow

Root = strawberry.Parent[GridRow]


@strawberry.type(
    description="网格 A service grid of about 300 households with exactly one worker; and its board."
)
class Grid(Node):
    """A row of the grids read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, GridRow)

    code: str = column("代码 Its code: the community's, -G and three digits.")
    name: str = column("名称 Its name.")
    households: int = column("户数 How many households it has.")
    synthetic: bool = column("模拟数据 Whether the household count is made up for a demonstration.")
    drawn_at: datetime = column("划定时间 When it was drawn.")
    retired_at: datetime | None = column("撤销时间 When it was retired; null while it is active.")
    vacant_since: datetime | None = column("空缺起始 Since when it has no worker; null while it has one.")

    @strawberry.field(description="网格员 Its one worker; null while the post is vacant.")
    async def worker(root: Root, info: Info) -> WorkerRef | None:
        """By identifier."""
        return await info.context.loaders.worker.load(root.worker) if root.worker else None  # type: ignore[return-value]

    @strawberry.field(description="所属社区 Its community.")
    async def community(root: Root, info: Info) -> DivisionRef | None:
        """By code."""
        return await info.context.loaders.division.load(root.community)  # type: ignore[return-value]

    @strawberry.field(description="统计 Its counts: open by tier, resolved on the spot, ratings.")
    async def tally(root: Root, info: Info) -> Tally:
        """By code."""
        return await info.context.loaders.tally.load(root.code)  # type: ignore[return-value]

    @strawberry.field(description="逾期数 Its open cases that are past their limit now.")
    async def overdue(root: Root, info: Info) -> int:
        """By code."""
        return await info.context.loaders.overdue.load(root.code)

    @strawberry.field(
        description="规模异常 Whether its size lies outside the tolerance of the policy in force."
    )
    async def outlier(root: Root, info: Info) -> bool:
        """By the policy."""
        policy = await info.context.loaders.policy.load(info.context.now)
        return bool(
            abs(root.households - policy.grid_households) > policy.grid_tolerance * policy.grid_households
        )
