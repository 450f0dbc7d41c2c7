"""Which units were asked to take part in what, which have answered, and which orders are open?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.meetings import coordination as facts
from chuishao.domain.meetings.terms import OrderState
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table
from chuishao.projections.units import addressee


@dataclass(slots=True)
class OrderRow:
    """An order to a unit; `matter` and `result` are sealed."""

    id: UUID
    number: int
    division: str
    case_id: UUID | None
    unit_kind: str
    unit: str
    street: str | None
    department: UUID | None
    state: str
    matter: bytes
    ordered_at: datetime
    due: date | None
    answered_at: datetime | None = None
    result: bytes | None = None


ORDERS = Table("coordination_order", OrderRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of orders."""
    rows = await ORDERS.load(connection, {recorded.stream for recorded in batch.events})
    for recorded in batch.events:
        evolve(rows, recorded)
    await ORDERS.save(connection, rows.values())


def evolve(rows: dict[UUID, OrderRow], recorded: RecordedEvent) -> None:
    """Fold one event."""
    at, id_ = recorded.occurred_at, recorded.stream
    match recorded.event:
        case facts.CoordinationOrdered(due=due) as ordered:
            rows[id_] = OrderRow(
                id=id_,
                number=recorded.position,
                division=ordered.division,
                case_id=ordered.case,
                **addressee(ordered.unit_kind, ordered.unit),
                state=OrderState.OPEN.value,
                matter=to_bytes(ordered.matter) or b"",
                ordered_at=at,
                due=date.fromisoformat(due) if due else None,
            )
        case facts.CoordinationAnswered(result=result):
            row = rows[id_]
            row.state, row.answered_at, row.result = OrderState.ANSWERED.value, at, to_bytes(result)


PROJECTION = Projection("coordination", version=1, fold=fold, on=(facts.CoordinationEvent,))
