"""Which departments are there, and in which division?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain import department as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (facts.DepartmentEstablished, facts.DepartmentRenamed, facts.DepartmentAbolished)


@dataclass(slots=True)
class DepartmentRow:
    """A department of a division."""

    id: UUID
    division: str
    name: str
    established_at: datetime
    abolished_at: datetime | None = None


DEPARTMENTS = Table("department", DepartmentRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold department events into their rows."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, _EVENTS)]
    rows: dict[UUID, DepartmentRow] = await DEPARTMENTS.load(connection, {r.stream for r in wanted})
    for recorded in wanted:
        evolve(rows, recorded)
    await DEPARTMENTS.save(connection, rows.values())


def evolve(rows: dict[UUID, DepartmentRow], recorded: RecordedEvent) -> None:
    """Fold one department event."""
    match recorded.event:
        case facts.DepartmentEstablished(division=division, name=name):
            rows[recorded.stream] = DepartmentRow(recorded.stream, division, name, recorded.occurred_at)
        case facts.DepartmentRenamed(name=name):
            rows[recorded.stream].name = name
        case facts.DepartmentAbolished():
            rows[recorded.stream].abolished_at = recorded.occurred_at


PROJECTION = Projection("departments", version=2, fold=fold, on=_EVENTS)
