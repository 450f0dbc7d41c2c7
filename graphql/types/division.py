"""Divisions, as a tree with roll-up counts."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.division import Level
from chuishao.graphql.links import DIVISION, DIVISIONS_BELOW, GRIDS_OF_COMMUNITY, NAMES_OF_DIVISION, TALLY
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, GridRef, Node, Tally, identified, late
from chuishao.projections.divisions import DivisionRow


@strawberry.type(description="历史名称 A name and code that a division bears from a date on.")
class DivisionName:
    """A row of the names read model."""

    @computed(ITS_OWN)
    def id(division: UUID | str, position: int) -> strawberry.ID:
        """The name by where the log gives it."""
        return identified("division-name", division, position)

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

    parent: DivisionRef | None = one("上级 The division around it.", DIVISION, "parent_code")
    children: list[DivisionRef] = many("下级 The divisions one level below, by code.", DIVISIONS_BELOW, "id")
    grids: list[GridRef] = many(
        "网格 The grids of a community, retired ones too; empty at other levels.", GRIDS_OF_COMMUNITY, "code"
    )
    tally: Tally = one("统计 Counts over everything in it, rolled up.", TALLY, "code")
    overdue: int = late("逾期数 Open cases in it that are past their limit now.")
    names: list[DivisionName] = many(
        "历史名称与代码 Its names and codes by date, the first first.", NAMES_OF_DIVISION, "id"
    )
