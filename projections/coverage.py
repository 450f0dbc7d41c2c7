"""Which areas have no residents' committee, and what came of those that had none? The target is none left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.territory import gap as facts
from chuishao.domain.territory.terms import GapRemedy
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (facts.CoverageGapFound, facts.CommitteeFounded, facts.AbsorbedByNeighbour)


@dataclass(slots=True)
class GapRow:
    """An area that had no committee when it was found; `community` covers it now."""

    id: UUID
    street: str
    name: str
    households: int
    found_at: datetime
    remedy: str | None = None
    community: str | None = None
    closed_at: datetime | None = None


GAPS = Table("gap", GapRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold gaps and what came of them."""
    rows: dict[UUID, GapRow] = await GAPS.load(connection, {recorded.stream for recorded in batch.events})
    for recorded in batch.events:
        evolve(rows, recorded)
    await GAPS.save(connection, rows.values())


def evolve(rows: dict[UUID, GapRow], recorded: RecordedEvent) -> None:
    """Fold one event of a gap."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.CoverageGapFound(street=street, name=name, households=households):
            rows[stream] = GapRow(stream, street, name, households, at)
        case facts.CommitteeFounded(community=community):
            _close(rows[stream], GapRemedy.COMMITTEE_FOUNDED, community, at)
        case facts.AbsorbedByNeighbour(community=community):
            _close(rows[stream], GapRemedy.ABSORBED_BY_NEIGHBOUR, community, at)


def _close(row: GapRow, remedy: GapRemedy, community: str, at: datetime) -> None:
    row.remedy, row.community, row.closed_at = remedy.value, community, at


PROJECTION = Projection("coverage", version=1, fold=fold, on=_EVENTS)
