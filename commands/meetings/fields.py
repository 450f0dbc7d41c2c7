"""What the commands about meetings are given alike: units, days and words."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.whistles import summonable
from chuishao.commands.work import Work
from chuishao.domain.case import Case
from chuishao.domain.division import Level
from chuishao.domain.meetings.terms import UnitKind
from chuishao.domain.meetings.unit import Unit, named_unit

DivisionCode = Annotated[str, Doc("区划 the code of the division")]
KindOfUnit = Annotated[UnitKind, Doc("单位类型 one of the four kinds of unit")]
UnitName = Annotated[
    str, Doc("单位 the code of a street, the identifier of a department, or role and number of another unit")
]
MatterText = Annotated[str, Doc("事项 what is to be done; personal text")]
Topic = Annotated[str, Doc("议题 what it is about; personal text")]
Result = Annotated[str, Doc("结果 what was done; personal text")]
Reason = Annotated[str, Doc("原因 why; personal text")]


async def addressed(work: Work, kind: UnitKind, name: str, place: str) -> Unit:
    """A unit that there is: a street of the register, a department around the place; refused otherwise."""
    unit = named_unit(kind, name)
    if kind is UnitKind.STREET:
        await work.division(unit.name, Level.STREET, "unit")
    if unit.department is not None:
        await summonable(work, unit.department, place, "unit")
    return unit


async def place_now(work: Work, case: UUID | None, place: str) -> str:
    """Where something is decided now: where its case lies after all transfers, or the place that began it."""
    return place if case is None else (await work.get(Case, case)).community


async def local_day(work: Work) -> date:
    """The local day on which it happens, by the policy in force."""
    return (await work.policy()).day(work.at)
