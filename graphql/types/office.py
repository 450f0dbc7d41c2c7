"""The offices of streets and their charts."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.territory.office import office_unit_id
from chuishao.graphql.links import DIVISION, UNITS_OF_OFFICE
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, Node
from chuishao.projections.offices import OfficeRow


@strawberry.type(description="机构 A unit of a street's office.")
class OfficeUnit:
    """A row of the units read model."""

    @computed(ITS_OWN)
    def id(street: str, name: str) -> strawberry.ID:
        """By its name, which no other unit of the office bears."""
        return strawberry.ID(str(office_unit_id(street, name)))

    number: int = column("序号 Its place in the chart, from 1.")
    name: str = column("名称 Its name.")
    under: str | None = column("上级机构 The name of the unit it answers to; null: the head of the street.")
    tier: int = column("层级 How many steps it lies below the head of the street, from 1.")
    staff: int = column("人数 How many people work in it.")


@strawberry.type(description="街道机构 How the office of a street or town is made up (扁平化管理).")
class StreetOffice(Node):
    """A row of the offices read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, OfficeRow)

    staff: int = column("人数 How many people work in all its units.")
    tiers: int = column("层级数 How many tiers of units it has: the fewer, the flatter.")
    former_tiers: int | None = column("原层级数 How many it had before its last change; null without one.")
    restructurings: int = column("改革次数 How often its chart was changed.")
    charted_at: datetime = column("登记时间 When its chart was first recorded.")
    restructured_at: datetime | None = column("改革时间 When its chart was last changed; null if never.")

    street: DivisionRef | None = one("街道 Its street or town.", DIVISION, "street")
    chart: list[OfficeUnit] = many("机构图 Its units, in the order of the chart.", UNITS_OF_OFFICE, "id")
