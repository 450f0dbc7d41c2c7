"""Commands about the funds that a street coordinates for its communities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.rehoming import require_held
from chuishao.commands.street.fields import Reason, StreetCode
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Level
from chuishao.domain.refusal import NotFound
from chuishao.domain.street.funds import StreetFund, fund_id
from chuishao.domain.street.powers import require_own_street

Amount = Annotated[int, Doc("金额 how much, in whole fen (分)")]


@dataclass(frozen=True, kw_only=True)
class FundCommand(Command):
    """A command about a street's fund of a year."""

    thing = "fund"
    roles = MAY_SET_UP[Setup.EXERCISE_POWERS]
    street_code: StreetCode
    year: Annotated[int, Doc("年度 the year of the budget")]

    async def fund(self, work: Work) -> StreetFund:
        """Load the fund."""
        require_own_street(work.actor, self.street_code)
        fund = await work.find(StreetFund, fund_id(self.street_code, self.year))
        if fund is None:
            raise NotFound("year", kind=AGGREGATES[StreetFund], id=self.year)
        return fund


@dataclass(frozen=True, kw_only=True)
class BudgetFund(FundCommand):
    """编制资金预算 Say how much a street has for its communities in a year; said again, it is adjusted."""

    amount: Amount

    async def decide(self, work: Work) -> StreetFund:
        """Begin, or adjust."""
        require_own_street(work.actor, self.street_code)
        await work.division(self.street_code, Level.STREET, "streetCode")
        known = await work.find(StreetFund, fund_id(self.street_code, self.year))
        if known is None:
            return work.add(StreetFund.begin(self.street_code, self.year, self.amount, work.actor, work.at))
        known.adjust(self.amount, work.actor, work.at)
        return known


@dataclass(frozen=True, kw_only=True)
class AllocateFund(FundCommand):
    """分配资金 Give some of a street's fund to one of its own communities."""

    community_code: Annotated[str, Doc("社区 the code of the community")]
    amount: Amount
    use: Annotated[str, Doc("用途 what it is for")]

    async def decide(self, work: Work) -> StreetFund:
        """Allocate."""
        fund = await self.fund(work)
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        await require_held(work, self.community_code, "communityCode")
        fund.allocate(self.community_code, self.amount, self.use, work.actor, work.at)
        return fund


@dataclass(frozen=True, kw_only=True)
class ReturnFund(FundCommand):
    """退回资金 Take back some of what a community was given."""

    number: Annotated[int, Doc("序号 the allocation's number, from 1")]
    amount: Amount
    reason: Reason

    async def decide(self, work: Work) -> StreetFund:
        """Take back."""
        fund = await self.fund(work)
        fund.take_back(self.number, self.amount, self.reason, work.actor, work.at)
        return fund
