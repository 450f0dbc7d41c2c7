"""Which divisions are there, how do they lie in each other, and what were their names and codes by date?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chuishao.domain import division as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (
    facts.DivisionRegistered,
    facts.DivisionRenamed,
    facts.DivisionRecoded,
    facts.DivisionAbolished,
)


@dataclass(slots=True)
class DivisionRow:
    """A division under the code and name it bears now."""

    id: UUID
    code: str
    name: str
    level: str
    parent: UUID | None
    effective_from: date
    abolished_from: date | None = None

    @property
    def parent_code(self) -> str | None:
        """The code of the division around it."""
        return facts.parent_code(self.code)


@dataclass(slots=True)
class NameRow:
    """A code and name that a division bears from a date on."""

    division: UUID
    position: int
    code: str
    name: str
    effective_from: date


DIVISIONS = Table("division", DivisionRow)
NAMES = Table("name", NameRow, key=("division", "position"))


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold division events into their rows, and keep every name and code with its date."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, _EVENTS)]
    rows: dict[UUID, DivisionRow] = await DIVISIONS.load(connection, {r.stream for r in wanted})
    names = []
    for recorded in wanted:
        evolve(rows, recorded)
        row = rows[recorded.stream]
        if not isinstance(recorded.event, facts.DivisionAbolished):
            names.append(NameRow(row.id, recorded.position, row.code, row.name, row.effective_from))
    await DIVISIONS.save(connection, rows.values())
    await NAMES.save(connection, names)


def evolve(rows: dict[UUID, DivisionRow], recorded: RecordedEvent) -> None:
    """Fold one division event."""
    match recorded.event:
        case facts.DivisionRegistered(code=code, name=name, level=level, parent=parent, effective_from=since):
            rows[recorded.stream] = DivisionRow(
                recorded.stream, code, name, level, parent, date.fromisoformat(since)
            )
        case facts.DivisionRenamed(name=name, effective_from=since):
            row = rows[recorded.stream]
            row.name, row.effective_from = name, date.fromisoformat(since)
        case facts.DivisionRecoded(code=code, effective_from=since):
            row = rows[recorded.stream]
            row.code, row.effective_from = code, date.fromisoformat(since)
        case facts.DivisionAbolished(effective_from=since):
            rows[recorded.stream].abolished_from = date.fromisoformat(since)


PROJECTION = Projection("divisions", version=1, fold=fold, on=_EVENTS)
