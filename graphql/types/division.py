"""Divisions, as a tree with roll-up counts."""

from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.division import Level
from chuishao.graphql.links import (
    COMMITTEE,
    DIVISION,
    DIVISIONS_BELOW,
    ELECTIONS_OF_COMMUNITY,
    GAPS_OF_STREET,
    GRIDS_OF_COMMUNITY,
    LEADERSHIP_OF_PLACE,
    NAMES_OF_DIVISION,
    OFFICE,
    POSTS_OF_PLACE,
    SECTORS_OF_STREET,
    TALLY,
    ZONE,
)
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.post import Leadership, Post
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CommitteeRef,
    DivisionRef,
    ElectionRef,
    GapRef,
    GridRef,
    Node,
    OfficeRef,
    SectorRef,
    Tally,
    ZoneRef,
    identified,
    late,
)
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

    posts: list[Post] = many(
        "岗位 The posts in it, by kind: of a street or a community itself, not of what lies in it.",
        POSTS_OF_PLACE,
        "code",
    )
    leadership: Leadership | None = one(
        "一肩挑 Who leads a community; null where nobody ever did, and at other levels.",
        LEADERSHIP_OF_PLACE,
        "code",
    )
    committee: CommitteeRef | None = one(
        "居民委员会 The residents' committee of a community; null before its first election.",
        COMMITTEE,
        "code",
    )
    elections: list[ElectionRef] = many(
        "换届选举 The elections of a community's committee, by the day of the ballot.",
        ELECTIONS_OF_COMMUNITY,
        "code",
    )
    zone: ZoneRef | None = one("战区 The zone of command that it is, if one was established.", ZONE, "code")
    office: OfficeRef | None = one("街道机构 The office of a street or town, if it is known.", OFFICE, "code")
    sectors: list[SectorRef] = many(
        "街片 The sectors of a street, dissolved ones too.", SECTORS_OF_STREET, "code"
    )
    coverage_gaps: list[GapRef] = many(
        "覆盖空白 The coverage gaps of a street, closed ones too.", GAPS_OF_STREET, "code"
    )
