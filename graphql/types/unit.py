"""The unit that something is addressed to, and who reads the words addressed to it."""

from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.meetings.terms import UnitKind
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


def _may_read(context: Context, division: str, department: UUID | str | None) -> bool:
    own = context.actor.department
    addressed = own is not None and str(own) == str(department)
    return addressed or shown_of_place(context.actor, Reading.WORDS, division)


def between(name: str, description: str) -> Any:
    """Words between a place and a unit: for those who handle cases there, and the department addressed."""
    return sealed_where(
        name,
        lambda division, department, context: _may_read(context, division, department),
        description,
        Reading.WORDS,
    )
