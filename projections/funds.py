"""What has each street for its communities in a year, what was each given, and what came back?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.street import funds as facts
from chuishao.domain.street.funds import allocation_id
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class FundRow:
    """A street's fund of a year, in fen; `allocated` is what the communities have kept."""

    id: UUID
    street: str
    year: int
    budget: int
    budgeted_at: datetime
    adjusted_at: datetime | None = None
    allocated: int = 0
    allocations: int = 0


@dataclass(slots=True)
class AllocationRow:
    """What a community was given, in fen, and how much of it came back."""

    id: UUID
    fund: UUID
    number: int
    street: str
    community: str
    amount: int
    use: str
    allocated_at: datetime
    returned: int = 0


@dataclass(slots=True)
class ReturnRow:
    """What came back of an allocation, in fen; `reason` is sealed."""

    id: UUID
    allocation: UUID
    position: int
    street: str
    amount: int
    reason: bytes | None
    returned_at: datetime


FUNDS = Table("fund", FundRow)
ALLOCATIONS = Table("allocation", AllocationRow)
RETURNS = Table("given_back", ReturnRow)


@dataclass(slots=True)
class Rows:
    """What a batch of events changes, and what it adds."""

    funds: dict[UUID, FundRow]
    allocations: dict[UUID, AllocationRow]
    returns: list[ReturnRow]


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of funds."""
    returned = {
        allocation_id(recorded.stream, recorded.event.number)
        for recorded in batch.events
        if isinstance(recorded.event, facts.FundReturned)
    }
    streams = {recorded.stream for recorded in batch.events}
    rows = Rows(await FUNDS.load(connection, streams), await ALLOCATIONS.load(connection, returned), [])
    for recorded in batch.events:
        evolve(rows, recorded)
    await FUNDS.save(connection, rows.funds.values())
    await ALLOCATIONS.save(connection, rows.allocations.values())
    await RETURNS.add(connection, rows.returns)


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    fund, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.FundBudgeted(street=street, year=year, amount=amount):
            rows.funds[fund] = FundRow(fund, street, year, amount, at)
        case facts.FundAdjusted(amount=amount):
            rows.funds[fund].budget, rows.funds[fund].adjusted_at = amount, at
        case facts.FundAllocated(number=number, community=community, amount=amount, use=use):
            row, id_ = rows.funds[fund], allocation_id(fund, number)
            row.allocated, row.allocations = row.allocated + amount, number
            rows.allocations[id_] = AllocationRow(id_, fund, number, row.street, community, amount, use, at)
        case facts.FundReturned(number=number, amount=amount, reason=reason):
            id_ = allocation_id(fund, number)
            row = rows.funds[fund]
            row.allocated -= amount
            rows.allocations[id_].returned += amount
            back = identify("fund-return", fund, recorded.version)
            rows.returns.append(
                ReturnRow(back, id_, recorded.position, row.street, amount, to_bytes(reason), at)
            )


PROJECTION = Projection("funds", version=1, fold=fold, on=(facts.FundEvent,))
