"""财政资金的统筹管理权 StreetFund: what a street has for its communities in a year, and what each is given.

Money goes to the street's own communities alone, in whole fen (分), and never more than the budget has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound, OutOfRange
from chuishao.domain.street.powers import require_own_street
from chuishao.domain.street.refusals import BelowAllocated, FundOverspent, ReturnTooLarge
from chuishao.domain.territory.refusals import ForeignCommunity

Text = PersonalText | SealedText
MOST_FEN = 2_000_000_000
"""Fen in one budget: twenty million yuan. Sums of one budget fit what GraphQL counts with."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
BUDGETED = Phrase("the budget", "资金预算")
ALLOCATED = Phrase("the allocation", "分配")


def fund_id(street: str, year: int) -> UUID:
    """The stream of a street's fund of a year; refused outside of the years that are kept."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutOfRange("year", field="year", value=year, low=FIRST_YEAR, high=LAST_YEAR)
    return identify("street-fund", street, year)


def allocation_id(fund: UUID, number: int) -> UUID:
    """What an allocation of a fund is called, by its number from 1."""
    return identify("fund-allocation", fund, number)


class FundEvent(Event):
    """A fact of one fund."""


class FundBudgeted(FundEvent, AggregateCreated):
    """编制资金预算: a street has so much for its communities in a year."""

    TOPIC = "FundBudgeted"
    street: str
    year: int
    amount: int

    def apply(self, fund: StreetFund) -> None:
        """Begin."""
        fund.street = self.street
        fund.year = self.year
        fund.budget = self.amount


class FundAdjusted(FundEvent):
    """调整资金预算: it has another amount."""

    TOPIC = "FundAdjusted"
    amount: int

    def apply(self, fund: StreetFund) -> None:
        """Have that amount."""
        fund.budget = self.amount


class FundAllocated(FundEvent):
    """分配资金: a community of the street was given some of it."""

    TOPIC = "FundAllocated"
    number: int
    community: str
    amount: int
    use: str

    def apply(self, fund: StreetFund) -> None:
        """Have one allocation more."""
        fund.allocations[self.number] = Allocation(self.amount, self.timestamp)


class FundReturned(FundEvent):
    """退回资金: some of what a community was given came back."""

    TOPIC = "FundReturned"
    number: int
    amount: int
    reason: Text

    def apply(self, fund: StreetFund) -> None:
        """Have it back."""
        allocation = fund.allocations[self.number]
        allocation.kept -= self.amount
        allocation.at = self.timestamp


@dataclass(slots=True)
class Allocation:
    """What a community has kept of what it was given, and when that changed last."""

    kept: int
    at: datetime


class StreetFund(BaseAggregate[UUID]):
    """The fund of a street in a year, in fen, with its allocations by number from 1."""

    TOPIC = "street-fund"

    def __init__(self) -> None:
        self.street = ""
        self.year = 0
        self.budget = 0
        self.allocations: dict[int, Allocation] = {}

    @property
    def place(self) -> str:
        """The street."""
        return self.street

    @property
    def correlation(self) -> None:
        """Funds belong to no case."""

    @property
    def allocated(self) -> int:
        """How much is with the communities."""
        return sum(allocation.kept for allocation in self.allocations.values())

    @classmethod
    def begin(cls, street: str, year: int, amount: int, by: Actor, at: datetime) -> Self:
        """编制资金预算: say what a street has for a year."""
        require_own_street(by, street)
        id_, fen = fund_id(street, year), _fen(amount)
        return cls._create(FundBudgeted, id=id_, timestamp=at, street=street, year=year, amount=fen)

    def adjust(self, amount: int, by: Actor, at: datetime) -> None:
        """调整资金预算: change the amount, not below what is allocated; the same again changes nothing."""
        require_own_street(by, self.street)
        fen = _fen(amount)
        not_before(at, self.created_on, BUDGETED)
        if fen < self.allocated:
            raise BelowAllocated("amount", allocated=self.allocated, asked=fen)
        if fen != self.budget:
            self.trigger_event(FundAdjusted, timestamp=at, amount=fen)

    def allocate(self, community: str, amount: int, use: str, by: Actor, at: datetime) -> None:
        """分配资金: give some of it to a community of the street."""
        require_own_street(by, self.street)
        fen, said = _fen(amount), written("use", use, SHORT_TEXT)
        if not community.startswith(self.street):
            raise ForeignCommunity("communityCode", community=community, street=self.street)
        not_before(at, self.created_on, BUDGETED)
        left = self.budget - self.allocated
        if fen > left:
            raise FundOverspent("amount", left=left, year=self.year, asked=fen)
        number = len(self.allocations) + 1
        self.trigger_event(
            FundAllocated, timestamp=at, number=number, community=community, amount=fen, use=said
        )

    def take_back(self, number: int, amount: int, reason: str, by: Actor, at: datetime) -> None:
        """退回资金: take back some of an allocation, at most what has not been returned of it."""
        require_own_street(by, self.street)
        fen = _fen(amount)
        allocation = self.allocations.get(number)
        if allocation is None:
            raise NotFound("number", kind=Phrase("allocation", "分配"), id=number)
        not_before(at, allocation.at, ALLOCATED)
        if fen > allocation.kept:
            raise ReturnTooLarge("amount", kept=allocation.kept, number=number, asked=fen)
        said = PersonalText(self.id, written("reason", reason))
        self.trigger_event(FundReturned, timestamp=at, number=number, amount=fen, reason=said)


def _fen(amount: int) -> int:
    if not 1 <= amount <= MOST_FEN:
        raise OutOfRange("amount", field="amount", value=amount, low=1, high=MOST_FEN)
    return amount
