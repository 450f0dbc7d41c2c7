"""Which communities are split or to be split, into which parts, and who works for each part?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chuishao.domain.territory import split as facts
from chuishao.domain.territory.split_plan import plan_of
from chuishao.domain.territory.terms import SplitState
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "splits.sql")
_EVENTS = (
    facts.SplitPlanned,
    facts.SplitReplanned,
    facts.SplitGivenUp,
    facts.CommunityDivided,
    facts.StaffAssigned,
)


@dataclass(slots=True)
class SplitRow:
    """The split of a community, as planned last or as carried out."""

    id: UUID
    community: str
    state: str
    households: int
    heir: str
    basis: str
    planned_at: datetime
    staff_by: date | None = None
    divided_at: datetime | None = None
    given_up_at: datetime | None = None


@dataclass(slots=True)
class PartRow:
    """A community that a split makes; `staff` counts the persons assigned, `staffed_at` is the first time."""

    split: UUID
    code: str
    name: str
    households: int
    grids: int
    heir: bool
    staff: int = 0
    staffed_at: datetime | None = None


SPLITS = Table("split", SplitRow)
PARTS = Table("part", PartRow, key=("split", "code"))
_Parts = dict[tuple[UUID, str], PartRow]


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold splits and their parts."""
    streams = {recorded.stream for recorded in batch.events}
    rows: dict[UUID, SplitRow] = await SPLITS.load(connection, streams)
    planned = {
        r.stream for r in batch.events if isinstance(r.event, facts.SplitPlanned | facts.SplitReplanned)
    }
    keys = await connection.fetch(_SQL["parts"], list(streams))
    parts: _Parts = await PARTS.load(connection, {(row["split"], row["code"]) for row in keys})
    for recorded in batch.events:
        evolve(rows, parts, recorded)
    await SPLITS.save(connection, rows.values())
    await connection.execute(_SQL["forget_parts"], list(planned))
    await PARTS.save(connection, parts.values())


def evolve(rows: dict[UUID, SplitRow], parts: _Parts, recorded: RecordedEvent) -> None:
    """Fold one event of a split."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.SplitPlanned() as event:
            rows[stream] = _row(stream, event.community, event, at)
            _plan(rows[stream], parts, event.new_communities)
        case facts.SplitReplanned() as event:
            rows[stream] = _row(stream, rows[stream].community, event, at)
            _plan(rows[stream], parts, event.new_communities)
        case facts.SplitGivenUp():
            rows[stream].state, rows[stream].given_up_at = SplitState.GIVEN_UP.value, at
        case facts.CommunityDivided():
            rows[stream].state, rows[stream].divided_at = SplitState.DIVIDED.value, at
        case facts.StaffAssigned(community=community, persons=persons):
            part = parts[stream, community]
            part.staff += len(persons)
            part.staffed_at = part.staffed_at or at


def _row(
    stream: UUID, community: str, event: facts.SplitPlanned | facts.SplitReplanned, at: datetime
) -> SplitRow:
    staff_by = date.fromisoformat(event.staff_by) if event.staff_by else None
    planned = SplitState.PLANNED.value
    return SplitRow(stream, community, planned, 0, event.heir, event.basis, at, staff_by=staff_by)


def _plan(row: SplitRow, parts: _Parts, stored: Sequence[Mapping[str, Any]]) -> None:
    """Let the parts be those of a plan and no others."""
    for key in [key for key in parts if key[0] == row.id]:
        del parts[key]
    for part in plan_of(row.community, row.heir, stored).parts:
        heir = part.code == row.heir
        parts[row.id, part.code] = PartRow(
            row.id, part.code, part.name, part.households, len(part.grids), heir
        )
        row.households += part.households


PROJECTION = Projection("splits", version=1, fold=fold, on=_EVENTS)
