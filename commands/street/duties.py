"""Commands about the duty lists of streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.street.fields import Reason, StreetCode
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Level
from chuishao.domain.refusal import NotFound
from chuishao.domain.street.duties import StreetDutyList, duty_list_id
from chuishao.domain.street.terms import StreetDuty


@dataclass(frozen=True, kw_only=True)
class CatalogueDuty(Command):
    """列入职责清单 Charge a street with something, under one of the three core duties."""

    thing = "dutyList"
    roles = MAY_SET_UP[Setup.KEEP_DUTY_LIST]
    street_code: StreetCode
    core_duty: Annotated[StreetDuty, Doc("职责类别 one of the three core duties")]
    name: Annotated[str, Doc("职责 what the street is charged with")]
    basis: Annotated[str, Doc("依据 the law or regulation it rests on, with its article")]

    async def decide(self, work: Work) -> StreetDutyList:
        """Catalogue; the first duty opens the list."""
        work.require_setup(Setup.KEEP_DUTY_LIST, self.street_code, "streetCode")
        await work.division(self.street_code, Level.STREET, "streetCode")
        duties = await work.find(StreetDutyList, duty_list_id(self.street_code))
        if duties is None:
            duties = work.add(StreetDutyList.begin(self.street_code, work.at))
        duties.catalogue(self.core_duty, self.name, self.basis, work.at)
        return duties


@dataclass(frozen=True, kw_only=True)
class RetireDuty(Command):
    """移出职责清单 Take a duty off a street's list."""

    thing = "dutyList"
    roles = MAY_SET_UP[Setup.KEEP_DUTY_LIST]
    street_code: StreetCode
    number: Annotated[int, Doc("序号 the duty's number, from 1")]
    reason: Reason

    async def decide(self, work: Work) -> StreetDutyList:
        """Retire."""
        work.require_setup(Setup.KEEP_DUTY_LIST, self.street_code, "streetCode")
        duties = await work.find(StreetDutyList, duty_list_id(self.street_code))
        if duties is None:
            raise NotFound("streetCode", kind=AGGREGATES[StreetDutyList], id=self.street_code)
        duties.retire(self.number, self.reason, work.at)
        return duties
