"""Who patrols where, at which doors do they knock, and which households were met in a stretch of time?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.rounds import patrol as facts
from chuishao.domain.rounds.terms import VisitOutcome
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "patrols.sql")
_EVENTS = (facts.PatrolStarted, facts.VisitLogged, facts.PatrolFinished)


@dataclass(slots=True)
class PatrolRow:
    """A patrol as it stands; `met` counts knocks at which somebody was met."""

    id: UUID
    grid: str
    walker: str
    started_at: datetime
    visit_count: int = 0
    met: int = 0
    finished_at: datetime | None = None


@dataclass(slots=True)
class VisitRow:
    """One knock on a patrol; what was found is sealed."""

    patrol: UUID
    number: int
    grid: str
    household: int
    outcome: str
    visited_at: datetime
    finding: bytes | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the patrols of a stretch of time covered a grid; every figure counts households or patrols."""

    grid: str
    households: int
    knocked: int
    met: int
    visits: int
    patrols: int
    since: datetime
    until: datetime


PATROLS = Table("patrol", PatrolRow)
VISITS = Table("visit", VisitRow, key=("patrol", "number"))


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold patrols and their visits."""
    rows: dict[UUID, PatrolRow] = await PATROLS.load(connection, {each.stream for each in batch.events})
    visits: list[VisitRow] = []
    for recorded in batch.events:
        evolve(rows, visits, recorded)
    await PATROLS.save(connection, rows.values())
    await VISITS.save(connection, visits)


def evolve(rows: dict[UUID, PatrolRow], visits: list[VisitRow], recorded: RecordedEvent) -> None:
    """Fold one event of a patrol."""
    at, event = recorded.occurred_at, recorded.event
    if isinstance(event, facts.PatrolStarted):
        rows[recorded.stream] = PatrolRow(recorded.stream, event.grid, event.by, at)
        return
    row = rows[recorded.stream]
    match event:
        case facts.VisitLogged(household=household, outcome=outcome, finding=finding):
            row.visit_count += 1
            row.met += outcome == VisitOutcome.MET
            sealed = to_bytes(finding)
            visits.append(VisitRow(row.id, row.visit_count, row.grid, household, outcome, at, sealed))
        case facts.PatrolFinished():
            row.finished_at = at


PROJECTION = Projection("patrols", version=1, fold=fold, on=_EVENTS)


# Queries


COVERAGE = _SQL["coverage"]
"""A line for each active grid: the beginning of the grids' codes, from when, until before when."""


async def coverage(connection: Connection, place: str, since: datetime, until: datetime) -> list[Coverage]:
    """How far patrols covered the active grids whose code begins so."""
    return [Coverage(*row) for row in await connection.fetch(COVERAGE, place, since, until)]
