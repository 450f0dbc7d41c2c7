"""Which zones of command are there, what lies under what, and which powers came down to each?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.territory import zone as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (facts.ZoneEstablished, facts.ZoneMoved, facts.PowerDevolved, facts.PowerWithdrawn)


@dataclass(slots=True)
class ZoneRow:
    """A zone where it lies now; `above` is the code of the zone above it."""

    id: UUID
    code: str
    name: str
    above: str | None
    established_at: datetime
    moved_at: datetime | None = None


@dataclass(slots=True)
class PowerRow:
    """A power that came down to a zone; of one that came down again, the last time."""

    zone: UUID
    power: str
    above: str
    devolved_at: datetime
    withdrawn_at: datetime | None = None


ZONES = Table("zone", ZoneRow)
POWERS = Table("power", PowerRow, key=("zone", "power"))


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold zone events into zones and their powers."""
    zones: dict[UUID, ZoneRow] = await ZONES.load(connection, {recorded.stream for recorded in batch.events})
    named = {
        (recorded.stream, recorded.event.power)
        for recorded in batch.events
        if isinstance(recorded.event, facts.PowerDevolved | facts.PowerWithdrawn)
    }
    powers: dict[tuple[UUID, str], PowerRow] = await POWERS.load(connection, named)
    for recorded in batch.events:
        evolve(zones, powers, recorded)
    await ZONES.save(connection, zones.values())
    await POWERS.save(connection, powers.values())


def evolve(
    zones: dict[UUID, ZoneRow], powers: dict[tuple[UUID, str], PowerRow], recorded: RecordedEvent
) -> None:
    """Fold one zone event."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.ZoneEstablished(code=code, name=name, above=above):
            zones[stream] = ZoneRow(stream, code, name, above, at)
        case facts.ZoneMoved(above=above):
            zones[stream].above, zones[stream].moved_at = above, at
        case facts.PowerDevolved(power=power, above=above):
            powers[stream, power] = PowerRow(stream, power, above, at)
        case facts.PowerWithdrawn(power=power):
            powers[stream, power].withdrawn_at = at


PROJECTION = Projection("zones", version=1, fold=fold, on=_EVENTS)
