"""Sectors and their communities."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.graphql.links import DIVISION, MEMBERS_OF_SECTOR
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, Node, identified
from chuishao.projections.sectors import SectorRow


@strawberry.type(description="街片社区 A community of a sector; its counts are the sector's scorecard.")
class SectorCommunity:
    """A row of the members read model."""

    @computed(ITS_OWN)
    def id(community: str) -> strawberry.ID:
        """By its community, which belongs to one sector."""
        return identified("sector-community", community)

    since: datetime = column("起始时间 Since when it belongs to the sector.")

    community: DivisionRef | None = one("社区 The community.", DIVISION, "community")


@strawberry.type(description="街片 One or two communities of a street under one chief (街片长).")
class Sector(Node):
    """A row of the sectors read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, SectorRow)

    code: str = column("代码 Its code: the street's, -S and three digits.")
    name: str = column("名称 Its name.")
    drawn_at: datetime = column("划定时间 When it was drawn.")
    dissolved_at: datetime | None = column("撤销时间 When it was dissolved; null while it exists.")

    street: DivisionRef | None = one("街道 Its street or town.", DIVISION, "street")
    communities: list[SectorCommunity] = many(
        "社区 Its one or two communities; none once it is dissolved.", MEMBERS_OF_SECTOR, "id"
    )
