"""Commands about the elements of grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.grids import GridCode
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.division import community_of
from chuishao.domain.registers.element import Element
from chuishao.domain.registers.terms import ElementKind

ElementId = Annotated[UUID, Doc("要素 the element")]


@dataclass(frozen=True, kw_only=True)
class RegisterElement(Command):
    """登记要素 Enter a person, place, thing, matter or organisation into the registry of a grid."""

    thing = "element"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_ELEMENTS]
    kind: Annotated[ElementKind, Doc("类别 which of the five kinds it is")]
    grid_code: GridCode
    name: Annotated[str, Doc("名称 what it is called; personal text")]
    address: Annotated[str | None, Doc("位置 where it is; personal text")] = None

    async def decide(self, work: Work) -> Element:
        """Register."""
        work.require_setup(Setup.KEEP_ELEMENTS, self.grid_code, "gridCode")
        await work.grid(self.grid_code)
        made = Element.register(work.new_id(), self.kind, self.grid_code, self.name, self.address, work.at)
        return work.add(made)


@dataclass(frozen=True, kw_only=True)
class CorrectElement(Command):
    """更正要素 Put right what an element is called, or where it is; what is left out stays."""

    thing = "element"
    roles = MAY_SET_UP[Setup.KEEP_ELEMENTS]
    element_id: ElementId
    grid_code: Annotated[str | None, Doc("网格代码 the grid where it is now, of the same community")] = None
    name: Annotated[str | None, Doc("名称 what it is called; personal text")] = None
    address: Annotated[str | None, Doc("位置 where it is; personal text")] = None

    async def decide(self, work: Work) -> Element:
        """Correct; a grid must be active and within reach."""
        element = await work.get(Element, self.element_id, "elementId")
        work.require_setup(Setup.KEEP_ELEMENTS, element.grid, "elementId")
        if self.grid_code is not None:
            work.require_setup(Setup.KEEP_ELEMENTS, self.grid_code, "gridCode")
            await work.grid(self.grid_code, community_of(element.grid))
        element.correct(self.grid_code, self.name, self.address, work.at)
        return element


@dataclass(frozen=True, kw_only=True)
class RetireElement(Command):
    """注销要素 Take an element out of the registry: it is not there any longer."""

    thing = "element"
    roles = MAY_SET_UP[Setup.KEEP_ELEMENTS]
    element_id: ElementId
    reason: Annotated[str, Doc("原因 why; personal text")]

    async def decide(self, work: Work) -> Element:
        """Retire."""
        element = await work.get(Element, self.element_id, "elementId")
        work.require_setup(Setup.KEEP_ELEMENTS, element.grid, "elementId")
        element.retire(self.reason, work.at)
        return element
