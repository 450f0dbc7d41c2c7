"""What was written in the diary of each grid, when and about what?

Personal text stays sealed: only a recorded look opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.registers import diary as facts
from chuishao.domain.registers.terms import LineKind
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.lines import LINES, Lines, corrected_lines, line_of, write
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_EVENTS = (facts.DiaryEntryWritten, facts.DiaryEntryCorrected)


@dataclass(slots=True)
class DiaryRow:
    """An entry of the diary; the household that it is about is sealed."""

    id: UUID
    topic: str
    grid: str
    household: bytes | None
    written_at: datetime
    actor: str
    corrected_at: datetime | None


ENTRIES = Table("entry", DiaryRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the diary into its entries and their lines."""
    wanted = [one for one in batch.events if isinstance(one.event, _EVENTS)]
    rows: dict[UUID, DiaryRow] = await ENTRIES.load(connection, {one.stream for one in wanted})
    lines = await corrected_lines(connection, wanted)
    for recorded in wanted:
        evolve(rows, lines, recorded)
    await ENTRIES.save(connection, rows.values())
    await LINES.save(connection, lines.values())


def evolve(rows: dict[UUID, DiaryRow], lines: Lines, recorded: RecordedEvent) -> None:
    """Fold one event of the diary."""
    id_, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.DiaryEntryWritten(diary_topic=topic, grid=grid, household=household):
            rows[id_] = DiaryRow(id_, topic, grid, to_bytes(household), at, recorded.actor, None)
            write(lines, line_of(recorded, LineKind.ENTRY))
        case facts.DiaryEntryCorrected(corrects=corrects):
            rows[id_].corrected_at = at
            write(lines, line_of(recorded, LineKind.CORRECTION, corrects=corrects))


PROJECTION = Projection("diary", version=1, fold=fold, on=_EVENTS)
