"""How is the office of each street made up, and how many tiers has it, now and before?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chuishao.domain.territory import office as facts
from chuishao.domain.territory.office import tier
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "offices.sql")
_EVENTS = (facts.OfficeCharted, facts.OfficeRestructured)


@dataclass(slots=True)
class OfficeRow:
    """The office of a street as it is now; `former_tiers` is how many it had before the last change."""

    id: UUID
    street: str
    units: int
    staff: int
    tiers: int
    former_tiers: int | None
    restructurings: int
    charted_at: datetime
    restructured_at: datetime | None = None


@dataclass(slots=True)
class UnitRow:
    """A unit of an office, by its place in the chart; `under` is the name of the one it answers to."""

    office: UUID
    number: int
    street: str
    name: str
    under: str | None
    tier: int
    staff: int


OFFICES = Table("office", OfficeRow)
UNITS = Table("unit", UnitRow, key=("office", "number"))


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold office events into offices, and write the charts of those that changed anew."""
    touched = {recorded.stream for recorded in batch.events}
    rows: dict[UUID, OfficeRow] = await OFFICES.load(connection, touched)
    charts: dict[UUID, list[UnitRow]] = {}
    for recorded in batch.events:
        evolve(rows, charts, recorded)
    await OFFICES.save(connection, rows.values())
    await connection.execute(_SQL["forget"], list(touched))
    await UNITS.add(connection, [unit for chart in charts.values() for unit in chart])


def evolve(rows: dict[UUID, OfficeRow], charts: dict[UUID, list[UnitRow]], recorded: RecordedEvent) -> None:
    """Fold one office event."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.OfficeCharted(street=street, units=units):
            rows[stream] = OfficeRow(stream, street, 0, 0, 0, None, 0, at)
            charts[stream] = _charted(rows[stream], units)
        case facts.OfficeRestructured(units=units):
            row = rows[stream]
            row.former_tiers, row.restructured_at = row.tiers, at
            row.restructurings += 1
            charts[stream] = _charted(row, units)


def _charted(row: OfficeRow, units: list[dict[str, Any]]) -> list[UnitRow]:
    above = {unit["name"]: unit["under"] for unit in units}
    chart = [
        UnitRow(
            row.id, number, row.street, unit["name"], unit["under"], tier(unit["name"], above), unit["staff"]
        )
        for number, unit in enumerate(units, start=1)
    ]
    row.units, row.staff = len(chart), sum(unit.staff for unit in chart)
    row.tiers = max(unit.tier for unit in chart)
    return chart


PROJECTION = Projection("offices", version=1, fold=fold, on=_EVENTS)
