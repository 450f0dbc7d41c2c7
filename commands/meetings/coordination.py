"""Commands about coordination orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.meetings.fields import (
    KindOfUnit,
    MatterText,
    Result,
    UnitName,
    addressed,
    local_day,
    place_now,
)
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.case import Case
from chuishao.domain.meetings.coordination import CoordinationOrder
from chuishao.domain.meetings.refusals import CaseOrPlace


@dataclass(frozen=True, kw_only=True)
class OrderCoordination(Command):
    """发起协同 Ask a unit to take part: about a case at tier MULTI_UNIT, or about a matter of a division."""

    thing = "coordinationOrder"
    makes = True
    roles = MAY_SET_UP[Setup.COORDINATE]
    unit_kind: KindOfUnit
    unit: UnitName
    matter: MatterText
    due: Annotated[date | None, Doc("期限 the last day on which it is in time, if there is one")] = None
    case_id: Annotated[UUID | None, Doc("案件 the case; left out, it is a matter of the division")] = None
    division_code: Annotated[
        str | None, Doc("区划 the street or community; left out, it is about a case")
    ] = None

    async def decide(self, work: Work) -> CoordinationOrder:
        """Order."""
        if (self.case_id is None) is (self.division_code is None):
            path = "caseId" if self.case_id is None else "divisionCode"
            raise CaseOrPlace(path, place="divisionCode")
        if self.case_id is not None:
            return work.add(await self._on_a_case(work, self.case_id))
        code = self.division_code or ""
        work.require_setup(Setup.COORDINATE, code, "divisionCode")
        await work.division(code)
        unit = await addressed(work, self.unit_kind, self.unit, code)
        ordered = CoordinationOrder.order_in(
            work.new_id(), code, unit, self.matter, self.due, work.actor, work.at, await local_day(work)
        )
        return work.add(ordered)

    async def _on_a_case(self, work: Work, case_id: UUID) -> CoordinationOrder:
        case = await work.get(Case, case_id, "caseId")
        work.require_setup(Setup.COORDINATE, case.community, "caseId")
        unit = await addressed(work, self.unit_kind, self.unit, case.community)
        return CoordinationOrder.order_on(
            work.new_id(), case, unit, self.matter, self.due, work.actor, work.at, await local_day(work)
        )


@dataclass(frozen=True, kw_only=True)
class AnswerCoordination(Command):
    """协同答复 Say what the unit did."""

    thing = "coordinationOrder"
    roles = MAY_SET_UP[Setup.ANSWER_FOR_UNIT]
    order_id: Annotated[UUID, Doc("协同 the order")]
    result: Result

    async def decide(self, work: Work) -> CoordinationOrder:
        """Answer."""
        order = await work.get(CoordinationOrder, self.order_id, "orderId")
        lies = await place_now(work, order.case, order.division)
        order.answer(self.result, work.actor, work.at, lies)
        return order
