"""The unit that something is addressed to, and who reads the words addressed to it."""

from typing import Any

import strawberry

from chuishao.domain.meetings.terms import UnitKind
from chuishao.domain.meetings.unit import Unit
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.context import Context
from chuishao.graphql.links import DEPARTMENT, DIVISION
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import ITS_OWN, DepartmentRef, DivisionRef, identified, sealed_where


@strawberry.type(
    description="单位 A unit that is asked for something: a street, department, property company, other."
)
class AddressedUnit:
    """The columns of a row that name its unit."""

    @computed(ITS_OWN)
    def id(unit_kind: str, unit: str) -> strawberry.ID:
        """By its kind and name."""
        return identified("unit", unit_kind, unit)

    @computed("单位类型 Which of the four kinds of unit it is.")
    def kind(unit_kind: str) -> UnitKind:
        """Its kind."""
        return UnitKind(unit_kind)

    unit: str = column(
        "名称 Of a street its code, of a department its identifier, of another unit role and number.",
        name="name",
    )
    street: DivisionRef | None = one("街镇 The street; null where it is none.", DIVISION, "street")
    department: DepartmentRef | None = one(
        "部门 The department; null where it is none.", DEPARTMENT, "department"
    )


def may_read(context: Context, division: str, unit_kind: str, unit: str) -> bool:
    """Whether the asker reads what a place and a unit say to each other."""
    addressed = Unit(UnitKind(unit_kind), unit).speaks(context.actor)
    return addressed or shown_of_place(context.actor, Reading.WORDS, division)


def between(name: str, description: str) -> Any:
    """Words between a place and a unit: for those who handle cases there, and whoever speaks for the unit."""
    return sealed_where(
        name,
        lambda division, unit_kind, unit, context: may_read(context, division, unit_kind, unit),
        description,
        Reading.WORDS,
    )
