"""Which grids are there, who serves them, and how do they stand?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain import grid as facts
from chuishao.domain.division import community_of
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "grids.sql")
_EVENTS = (
    facts.GridDrawn,
    facts.GridRedrawn,
    facts.GridRetired,
    facts.GridWorkerAssigned,
    facts.GridWorkerRelieved,
)


@dataclass(slots=True)
class GridRow:
    """A service grid as it is drawn now; `synthetic` marks a made-up household count."""

    id: UUID
    code: str
    community: str
    name: str
    households: int
    synthetic: bool
    worker: UUID | None
    vacant_since: datetime | None
    drawn_at: datetime
    retired_at: datetime | None = None


GRIDS = Table("grid", GridRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold grid events into their rows."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, _EVENTS)]
    rows: dict[UUID, GridRow] = await GRIDS.load(connection, {recorded.stream for recorded in wanted})
    for recorded in wanted:
        evolve(rows, recorded)
    await GRIDS.save(connection, rows.values())


def evolve(rows: dict[UUID, GridRow], recorded: RecordedEvent) -> None:
    """Fold one grid event."""
    at = recorded.occurred_at
    event = recorded.event
    if isinstance(event, facts.GridDrawn):
        rows[recorded.stream] = GridRow(
            id=recorded.stream,
            code=event.code,
            community=community_of(event.code),
            name=event.name,
            households=event.households,
            synthetic=event.synthetic,
            worker=None,
            vacant_since=at,
            drawn_at=at,
        )
        return
    row = rows[recorded.stream]
    match event:
        case facts.GridRedrawn(name=name, households=households):
            row.name, row.households = name, households
        case facts.GridRetired():
            row.retired_at = at
        case facts.GridWorkerAssigned(worker=worker):
            row.worker, row.vacant_since = worker, None
        case facts.GridWorkerRelieved():
            row.worker, row.vacant_since = None, at


PROJECTION = Projection("grids", version=2, fold=fold, on=_EVENTS)


# Queries


async def overdue(connection: Connection, places: Collection[str], now: datetime) -> dict[str, int]:
    """How many open cases in each place are past their limit now."""
    return {
        row["place"]: row["overdue"] for row in await connection.fetch(_SQL["overdue"], list(places), now)
    }
