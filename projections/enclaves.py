"""Which places lie in another division than the one that holds them, and who held which place when?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.territory import enclave as facts
from chuishao.domain.territory.terms import EnclaveRemedy
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "enclaves.sql")
_EVENTS = (facts.EnclaveIdentified, facts.BoundaryChanged, facts.JurisdictionTransferred)


@dataclass(slots=True)
class EnclaveRow:
    """An enclave: where it lies and who holds it now, who held it first, and how it was settled."""

    id: UUID
    place: str
    name: str
    lies_in: str
    holder: str
    first_holder: str
    adjoining: bool
    remedy: str
    identified_at: datetime
    settled_at: datetime | None = None
    successor: str | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Who held a place at a moment; `enclave` where it is one."""

    place: str
    enclave: UUID | None
    holder: str
    at: datetime


ENCLAVES = Table("enclave", EnclaveRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold enclaves and how they are settled."""
    streams = {recorded.stream for recorded in batch.events}
    rows: dict[UUID, EnclaveRow] = await ENCLAVES.load(connection, streams)
    for recorded in batch.events:
        evolve(rows, recorded)
    await ENCLAVES.save(connection, rows.values())


def evolve(rows: dict[UUID, EnclaveRow], recorded: RecordedEvent) -> None:
    """Fold one event of an enclave."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.EnclaveIdentified() as event:
            adjoining = event.adjoining
            remedy = EnclaveRemedy.BOUNDARY_CHANGE if adjoining else EnclaveRemedy.JURISDICTION_TRANSFER
            rows[stream] = EnclaveRow(
                id=stream,
                place=event.enclave,
                name=event.name,
                lies_in=event.lies_in,
                holder=event.holder,
                first_holder=event.holder,
                adjoining=adjoining,
                remedy=remedy.value,
                identified_at=at,
            )
        case facts.BoundaryChanged(lies_in=lies_in, basis=basis):
            row = rows[stream]
            row.lies_in, row.basis, row.settled_at = lies_in, basis, at
        case facts.JurisdictionTransferred(holder=holder, successor=successor, basis=basis):
            row = rows[stream]
            row.holder, row.successor, row.basis, row.settled_at = holder, successor, basis, at


PROJECTION = Projection("enclaves", version=1, fold=fold, on=_EVENTS)


# Queries


HOLDINGS = _SQL["holdings"]
"""A line for each place: the codes of the places, and the moment."""


async def holdings(connection: Connection, places: Sequence[str], at: datetime) -> list[Holding]:
    """Who held each of these places, grids and communities, at a moment: exactly one division each."""
    return [Holding(*row) for row in await connection.fetch(HOLDINGS, list(places), at)]
