"""Who is in the care ledger of each grid, in which group, with which needs, and which are not met yet?

Personal text stays sealed: only a recorded look opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.registers import care as facts
from chuishao.domain.registers.terms import LineKind
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.lines import LINES, Lines, corrected_lines, line_of, write
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (
    facts.CareEnrolled,
    facts.NeedRecorded,
    facts.ResourceMatched,
    facts.CareCorrected,
    facts.CareExited,
)


@dataclass(slots=True)
class CareRow:
    """An entry of the ledger; whom it is about is sealed. `unmet` are the needs without any resource."""

    id: UUID
    care_group: str
    grid: str
    whom: bytes | None
    household: bytes | None
    enrolled_at: datetime
    exited_at: datetime | None
    exit_reason: str | None
    needs: int
    unmet: int


@dataclass(frozen=True, slots=True)
class CareCount:
    """How many of a priority group are in the ledger of a place, and how many needs are not met."""

    care_group: str
    place: str
    enrolled: int
    unmet: int


COUNTS = statements("chuishao.projections", "care.sql")["counts"]
"""A line for each group: the beginning of the grids' codes."""
ENTRIES = Table("entry", CareRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the ledger into its entries and their lines."""
    wanted = [one for one in batch.events if isinstance(one.event, _EVENTS)]
    rows: dict[UUID, CareRow] = await ENTRIES.load(connection, {one.stream for one in wanted})
    lines = await corrected_lines(connection, wanted)
    met = await _met(connection, wanted)
    for recorded in wanted:
        evolve(rows, lines, met, recorded)
    await ENTRIES.save(connection, rows.values())
    await LINES.save(connection, lines.values())


async def _met(connection: Connection, events: list[RecordedEvent]) -> set[tuple[UUID, int]]:
    """The needs for which a resource had been found before."""
    entries = list({one.stream for one in events if isinstance(one.event, facts.ResourceMatched)})
    if not entries:
        return set()
    query = "SELECT entry, need FROM line WHERE entry = ANY($1) AND need IS NOT NULL"
    return {(row["entry"], row["need"]) for row in await connection.fetch(query, entries)}


def evolve(
    rows: dict[UUID, CareRow], lines: Lines, met: set[tuple[UUID, int]], recorded: RecordedEvent
) -> None:
    """Fold one event of the ledger."""
    id_, event = recorded.stream, recorded.event
    match event:
        case facts.CareEnrolled(care_group=group, grid=grid, whom=whom, household=household):
            rows[id_] = CareRow(
                id=id_,
                care_group=group,
                grid=grid,
                whom=to_bytes(whom),
                household=to_bytes(household),
                enrolled_at=recorded.occurred_at,
                exited_at=None,
                exit_reason=None,
                needs=0,
                unmet=0,
            )
            write(lines, line_of(recorded, LineKind.ENTRY))
        case facts.NeedRecorded():
            rows[id_].needs += 1
            rows[id_].unmet += 1
            write(lines, line_of(recorded, LineKind.NEED))
        case facts.ResourceMatched(need=need, resource_source=source):
            if (id_, need) not in met:
                met.add((id_, need))
                rows[id_].unmet -= 1
            write(lines, line_of(recorded, LineKind.RESOURCE, need=need, source=source))
        case facts.CareCorrected(corrects=corrects):
            write(lines, line_of(recorded, LineKind.CORRECTION, corrects=corrects))
        case facts.CareExited(exit_reason=reason):
            rows[id_].exited_at, rows[id_].exit_reason = recorded.occurred_at, reason


PROJECTION = Projection("care", version=1, fold=fold, on=_EVENTS)
