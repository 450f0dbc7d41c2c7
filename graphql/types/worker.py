"""Grid workers and their board."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.context import Info
from chuishao.graphql.types.shared import (
    DivisionRef,
    GridRef,
    Node,
    PersonalText,
    Tally,
    column,
    guarded,
    personal,
)
from chuishao.projections.workers import WorkerRow

Root = strawberry.Parent[WorkerRow]


@strawberry.type(
    description="网格员 A grid worker: the public notice, and the board of what is assigned to them."
)
class GridWorker(Node):
    """A row of the workers read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, WorkerRow)

    label: str = column("编号 Role and number, shown to everybody.")
    serving_since: datetime | None = column(
        "任职起始 Since when they serve their grid; null while they serve none."
    )
    published_at: datetime | None = column("公示时间 When their contact was published; null while it is not.")
    registered_at: datetime = column("登记时间 When they entered the roster.")

    @guarded(Reading.WORDS, "姓名 Their name, for those who handle cases here.")
    async def name(root: Root, info: Info) -> PersonalText | None:
        """Opened for those who need it."""
        place = root.grid or root.community
        return await personal(info, root.name, shown=shown_of_place(info.context.actor, Reading.WORDS, place))

    @strawberry.field(description="公示联系方式 How residents reach them; public once published.")
    async def contact(root: Root, info: Info) -> PersonalText | None:
        """Public by its purpose."""
        return await personal(info, root.contact, shown=True)

    @strawberry.field(description="网格 The grid they serve; null while they serve none.")
    async def grid(root: Root, info: Info) -> GridRef | None:
        """By code."""
        return await info.context.loaders.grid.load(root.grid) if root.grid else None  # type: ignore[return-value]

    @strawberry.field(description="社区 The community of their roster.")
    async def community(root: Root, info: Info) -> DivisionRef | None:
        """By code."""
        return await info.context.loaders.division.load(root.community)  # type: ignore[return-value]

    @strawberry.field(description="统计 Counts over the cases assigned to them.")
    async def tally(root: Root, info: Info) -> Tally:
        """By identifier."""
        return await info.context.loaders.worker_tally.load(str(root.id))  # type: ignore[return-value]
