"""Which sectors are there, and to which one does each community belong?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.division import street_of
from chuishao.domain.territory import sector as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "sectors.sql")
_EVENTS = (facts.SectorDrawn, facts.SectorRedrawn, facts.SectorDissolved)


@dataclass(slots=True)
class SectorRow:
    """A sector as it is drawn now."""

    id: UUID
    code: str
    street: str
    name: str
    drawn_at: datetime
    dissolved_at: datetime | None = None


@dataclass(slots=True)
class MemberRow:
    """A community of a sector, and since when it belongs there without a break."""

    sector: UUID
    community: str
    since: datetime


SECTORS = Table("sector", SectorRow)
MEMBERS = Table("member", MemberRow, key=("community",))


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold sector events into sectors, and write the communities of those that changed anew."""
    touched = {recorded.stream for recorded in batch.events}
    rows: dict[UUID, SectorRow] = await SECTORS.load(connection, touched)
    members: dict[UUID, dict[str, datetime]] = {stream: {} for stream in touched}
    for record in await connection.fetch(_SQL["forget"], list(touched)):
        members[record["sector"]][record["community"]] = record["since"]
    for recorded in batch.events:
        evolve(rows, members, recorded)
    await SECTORS.save(connection, rows.values())
    await MEMBERS.add(
        connection,
        [MemberRow(sector, *entry) for sector, entries in members.items() for entry in entries.items()],
    )


def evolve(
    rows: dict[UUID, SectorRow], members: dict[UUID, dict[str, datetime]], recorded: RecordedEvent
) -> None:
    """Fold one sector event."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.SectorDrawn(code=code, name=name, communities=communities):
            rows[stream] = SectorRow(stream, code, street_of(code), name, at)
            members[stream] = dict.fromkeys(communities, at)
        case facts.SectorRedrawn(name=name, communities=communities):
            rows[stream].name = name
            members[stream] = _redrawn(members[stream], communities, at)
        case facts.SectorDissolved():
            rows[stream].dissolved_at = at
            members[stream] = {}


def _redrawn(before: dict[str, datetime], communities: Collection[str], at: datetime) -> dict[str, datetime]:
    return {community: before.get(community, at) for community in communities}


PROJECTION = Projection("sectors", version=1, fold=fold, on=_EVENTS)
