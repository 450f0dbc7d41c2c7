"""How rows name the unit that something is addressed to."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from chuishao.domain.meetings.terms import UnitKind
from chuishao.domain.meetings.unit import Unit


class Addressee(TypedDict):
    """The columns that name a unit; `street` and `department` are set where it is one."""

    unit_kind: str
    unit: str
    street: str | None
    department: UUID | None


def addressee(kind: str, name: str) -> Addressee:
    """The columns for a unit as an event names it."""
    unit = Unit(UnitKind(kind), name)
    street = name if unit.kind is UnitKind.STREET else None
    return {"unit_kind": kind, "unit": name, "street": street, "department": unit.department}
