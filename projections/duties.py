"""What do the alley stewards do, and on how many days do they patrol?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.rounds.steward import DutyLogged
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "duties.sql")


@dataclass(slots=True)
class DutyRow:
    """One entry in the log of a steward; what was done is sealed. `day` is the local day."""

    id: UUID
    place: str
    steward: UUID
    duty: str
    day: date
    logged_at: datetime
    note: bytes


@dataclass(frozen=True, slots=True)
class Activity:
    """What a steward did between two local days, both included; `patrolled_days` of `days` had a patrol."""

    steward: UUID
    place: str
    patrols: int
    visits: int
    notes: int
    fixes: int
    reports: int
    patrolled_days: int
    days: int
    since: date
    until: date


DUTIES = Table("duty", DutyRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the entries."""
    rows = []
    for recorded in batch.events:
        event = recorded.event
        if isinstance(event, DutyLogged):
            day, note = date.fromisoformat(event.day), to_bytes(event.note) or b""
            at = recorded.occurred_at
            rows.append(DutyRow(recorded.stream, event.place, event.steward, event.duty, day, at, note))
    await DUTIES.save(connection, rows)


PROJECTION = Projection("duties", version=1, fold=fold, on=(DutyLogged,))


# Queries


ACTIVITY = _SQL["activity"]
"""A line for each steward: the beginning of the places' codes, the first local day, the last one."""


async def activity(connection: Connection, place: str, since: date, until: date) -> list[Activity]:
    """What the stewards did who are registered in places whose code begins so."""
    return [Activity(*row) for row in await connection.fetch(ACTIVITY, place, since, until)]
