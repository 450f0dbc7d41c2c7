"""Commands about divisions and departments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.department import Department
from chuishao.domain.division import Division, DivisionCode, level_of, parent_code
from chuishao.domain.identity import division_id
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import AlreadyExists

Code = Annotated[str, Doc("区划代码 the code the division bears now: 2, 6, 9 or 12 digits")]
DIVISION = Phrase("division", "区划")
Since = Annotated[date, Doc("生效日期 the day from which it holds")]


@dataclass(frozen=True, kw_only=True)
class RegisterDivision(Command):
    """登记区划 Enter a division into the register; its parent must be there."""

    thing = "division"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_DIVISIONS]
    code: Annotated[str, Doc("区划代码 its first code: 2, 6, 9 or 12 digits")]
    name: Annotated[str, Doc("名称 its name")]
    effective_from: Since

    async def decide(self, work: Work) -> Division:
        """Register once; the same name and code again change nothing."""
        work.require_setup(Setup.KEEP_DIVISIONS, self.code, "code")
        level_of(self.code, "code")
        known = await work.find(Division, division_id(self.code))
        if known is not None:
            if (
                known.name != self.name.strip()
                or known.place != self.code
                or known.abolished_from is not None
            ):
                raise AlreadyExists("code", kind=DIVISION, id=self.code, existing=_described(known))
            return known
        claim = await work.find(DivisionCode, division_id(self.code))
        if claim is not None:
            raise AlreadyExists("code", kind=DIVISION, id=self.code, existing=claim.division)
        above = parent_code(self.code)
        parent = await work.division(above, path="code") if above else None
        return work.add(Division.register(self.code, self.name, parent, self.effective_from, work.at))


def _described(division: Division) -> Phrase:
    en, zh = f"{division.name} with the code {division.place}", f"代码为 {division.place} 的{division.name}"
    ended = division.abolished_from
    return Phrase(f"{en}, abolished from {ended}", f"{zh}，自 {ended} 起撤销") if ended else Phrase(en, zh)


@dataclass(frozen=True, kw_only=True)
class RenameDivision(Command):
    """区划更名 Give a division another name from a date on."""

    thing = "division"
    roles = MAY_SET_UP[Setup.KEEP_DIVISIONS]
    code: Code
    name: Annotated[str, Doc("名称 its new name")]
    effective_from: Since

    async def decide(self, work: Work) -> Division:
        """Rename."""
        work.require_setup(Setup.KEEP_DIVISIONS, self.code, "code")
        division = await work.division(self.code, path="code")
        division.rename(self.name, self.effective_from, work.at)
        return division


@dataclass(frozen=True, kw_only=True)
class RecodeDivision(Command):
    """区划变更代码 Give a division another code from a date on; the code must never have been used."""

    thing = "division"
    roles = MAY_SET_UP[Setup.KEEP_DIVISIONS]
    code: Code
    new_code: Annotated[str, Doc("新代码 the new code, of the same level")]
    effective_from: Since

    async def decide(self, work: Work) -> Division:
        """Claim the new code and bear it."""
        work.require_setup(Setup.KEEP_DIVISIONS, self.code, "code")
        division = await work.division(self.code, path="code")
        division.recode(self.new_code, self.effective_from, work.at)
        if self.new_code != self.code:
            taken = division_id(self.new_code)
            if await work.find(Division, taken) or await work.find(DivisionCode, taken):
                kind, existing = Phrase("code", "代码"), Phrase("in use or once used", "在用或曾用")
                raise AlreadyExists("newCode", kind=kind, id=self.new_code, existing=existing)
            work.add(DivisionCode.claim(self.new_code, division, work.at))
        return division


@dataclass(frozen=True, kw_only=True)
class AbolishDivision(Command):
    """撤销区划 End a division from a date on."""

    thing = "division"
    roles = MAY_SET_UP[Setup.KEEP_DIVISIONS]
    code: Code
    effective_from: Since

    async def decide(self, work: Work) -> Division:
        """Abolish."""
        work.require_setup(Setup.KEEP_DIVISIONS, self.code, "code")
        division = await work.division(self.code, path="code")
        division.abolish(self.effective_from, work.at)
        return division


@dataclass(frozen=True, kw_only=True)
class EstablishDepartment(Command):
    """设立部门 Establish a department within a division."""

    thing = "department"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_DEPARTMENTS]
    division_code: Annotated[str, Doc("所属区划 the division it belongs to")]
    name: Annotated[str, Doc("名称 its name")]

    async def decide(self, work: Work) -> Department:
        """Establish."""
        work.require_setup(Setup.KEEP_DEPARTMENTS, self.division_code, "divisionCode")
        await work.division(self.division_code)
        return work.add(Department.establish(work.new_id(), self.division_code, self.name, work.at))


@dataclass(frozen=True, kw_only=True)
class RenameDepartment(Command):
    """部门更名 Give a department another name."""

    thing = "department"
    roles = MAY_SET_UP[Setup.KEEP_DEPARTMENTS]
    department_id: Annotated[UUID, Doc("部门 the department")]
    name: Annotated[str, Doc("名称 its new name")]

    async def decide(self, work: Work) -> Department:
        """Rename."""
        department = await work.get(Department, self.department_id, "departmentId")
        work.require_setup(Setup.KEEP_DEPARTMENTS, department.place, "departmentId")
        department.rename(self.name, work.at)
        return department


@dataclass(frozen=True, kw_only=True)
class AbolishDepartment(Command):
    """撤销部门 End a department."""

    thing = "department"
    roles = MAY_SET_UP[Setup.KEEP_DEPARTMENTS]
    department_id: Annotated[UUID, Doc("部门 the department")]
    reason: Annotated[str, Doc("原因 why")]

    async def decide(self, work: Work) -> Department:
        """Abolish."""
        department = await work.get(Department, self.department_id, "departmentId")
        work.require_setup(Setup.KEEP_DEPARTMENTS, department.place, "departmentId")
        department.abolish(self.reason, work.at)
        return department
