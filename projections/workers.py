"""Who is on the roster of grid workers, which grid does each serve, and how are they reached?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain import worker as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (
    facts.GridWorkerRegistered,
    facts.GridPostTaken,
    facts.GridPostLeft,
    facts.GridWorkerTransferred,
    facts.ContactPublished,
)


@dataclass(slots=True)
class WorkerRow:
    """A grid worker; name and contact are sealed."""

    id: UUID
    community: str
    label: str
    name: bytes | None
    contact: bytes | None
    grid: str | None
    serving_since: datetime | None
    published_at: datetime | None
    registered_at: datetime


WORKERS = Table("worker", WorkerRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold worker events into their rows."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, _EVENTS)]
    rows: dict[UUID, WorkerRow] = await WORKERS.load(connection, {recorded.stream for recorded in wanted})
    for recorded in wanted:
        evolve(rows, recorded)
    await WORKERS.save(connection, rows.values())


def evolve(rows: dict[UUID, WorkerRow], recorded: RecordedEvent) -> None:
    """Fold one worker event."""
    at = recorded.occurred_at
    match recorded.event:
        case facts.GridWorkerRegistered(community=community, label=label, name=name):
            rows[recorded.stream] = WorkerRow(
                recorded.stream, community, label, to_bytes(name), None, None, None, None, at
            )
        case facts.GridPostTaken(grid=grid):
            rows[recorded.stream].grid, rows[recorded.stream].serving_since = grid, at
        case facts.GridPostLeft():
            rows[recorded.stream].grid = rows[recorded.stream].serving_since = None
        case facts.GridWorkerTransferred(community=community):
            rows[recorded.stream].community = community
        case facts.ContactPublished(contact=contact):
            rows[recorded.stream].contact = to_bytes(contact)
            rows[recorded.stream].published_at = at


PROJECTION = Projection("workers", version=3, fold=fold, on=_EVENTS)
