"""Divisions, as a tree with roll-up counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from chuishao.domain.division import Level, parent_code
from chuishao.graphql.context import Info
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, GridRef, Node, Tally, column, identified
from chuishao.projections.divisions import DivisionRow, NameRow

Root = strawberry.Parent[DivisionRow]


@strawberry.type(description="历史名称 A name and code that a division bears from a date on.")
class DivisionName:
    """A row of the names read model."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[NameRow]) -> strawberry.ID:
        """The name by where the log gives it."""
        return identified("division-name", root.division, root.position)

    code: str = column("代码 The code.")
    name: str = column("名称 The name.")
    effective_from: date = column("生效日期 From which day.")


@strawberry.type(
    description="行政区划 A division: municipality, district, street or town, community or village."
)
class Division(Node):
    """A row of the divisions read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, DivisionRow)

    code: str = column("代码 The code it bears now.")
    name: str = column("名称 The name it bears now.")
    level: Level = column("级别 Its level.")
    effective_from: date = column("生效日期 From which day the present name or code holds.")
    abolished_from: date | None = column("撤销日期 From which day it is no more; null while it exists.")

    @strawberry.field(description="上级 The division around it.")
    async def parent(root: Root, info: Info) -> DivisionRef | None:
        """One level up."""
        above = parent_code(root.code)
        return await info.context.loaders.division.load(above) if above else None  # type: ignore[return-value]

    @strawberry.field(description="下级 The divisions one level below, by code.")
    async def children(root: Root, info: Info) -> list[DivisionRef]:
        """One level down."""
        return info.context.spend(await info.context.loaders.divisions_below.load(root.id))  # type: ignore[no-any-return]

    @strawberry.field(description="网格 The grids of a community, retired ones too; empty at other levels.")
    async def grids(root: Root, info: Info) -> list[GridRef]:
        """By community."""
        if root.level != Level.COMMUNITY:
            return []
        return info.context.spend(await info.context.loaders.grids_of_community.load(root.code))  # type: ignore[no-any-return]

    @strawberry.field(description="统计 Counts over everything in it, rolled up.")
    async def tally(root: Root, info: Info) -> Tally:
        """By code."""
        return await info.context.loaders.tally.load(root.code)  # type: ignore[return-value]

    @strawberry.field(description="逾期数 Open cases in it that are past their limit now.")
    async def overdue(root: Root, info: Info) -> int:
        """By code."""
        return await info.context.loaders.overdue.load(root.code)

    @strawberry.field(description="历史名称与代码 Its names and codes by date, the first first.")
    async def names(root: Root, info: Info) -> list[DivisionName]:
        """By identifier."""
        return info.context.spend(await info.context.loaders.names.load(root.id))  # type: ignore[no-any-return]
