"""What the commands of the street are given alike: streets, units, words."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.whistles import summonable
from chuishao.commands.work import Work
from chuishao.domain.street.unit import PublicUnit

StreetCode = Annotated[str, Doc("街道 the code of the street or town")]
DepartmentId = Annotated[UUID | None, Doc("部门 the department; left out where it is a body")]
BodyCode = Annotated[
    str | None, Doc("机关 the code of the division whose office it is; left out where it is a department")
]
Answer = Annotated[str, Doc("答复 what is answered; personal text")]
Reason = Annotated[str, Doc("原因 why; personal text")]


async def unit_around(work: Work, department: UUID | None, body: str | None, place: str) -> PublicUnit:
    """A unit that there is: a department around the place, or the office of a division; refused otherwise."""
    unit = PublicUnit.either(department, body)
    if department is not None:
        await summonable(work, department, place, "departmentId")
    if body is not None:
        await work.division(body, path="bodyCode")
    return unit
