"""条目 The lines of a withheld register, each as it was written: rows that several read models keep alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chuishao.domain.registers.terms import LineKind
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.table import Table


@dataclass(slots=True)
class LineRow:
    """A line; its words are sealed. `number` is that of its event in the stream of the entry."""

    entry: UUID
    number: int
    kind: str
    corrects: int | None
    corrected_by: int | None
    need: int | None
    source: str | None
    words: bytes | None
    written_at: datetime
    actor: str
    position: int


LINES = Table("line", LineRow, key=("entry", "number"))
Lines = dict[tuple[UUID, int], LineRow]


def line_of(recorded: RecordedEvent, kind: LineKind, **more: Any) -> LineRow:
    """The line that an event writes."""
    event: Any = recorded.event
    return LineRow(
        entry=recorded.stream,
        number=recorded.version,
        kind=kind.value,
        corrects=more.get("corrects"),
        corrected_by=None,
        need=more.get("need"),
        source=more.get("source"),
        words=to_bytes(event.words),
        written_at=recorded.occurred_at,
        actor=recorded.actor,
        position=recorded.position,
    )


async def corrected_lines(connection: Connection, events: list[RecordedEvent]) -> Lines:
    """The lines that events say something about: those that they correct."""
    keys = {
        (one.stream, number) for one in events if (number := getattr(one.event, "corrects", None)) is not None
    }
    found: Lines = await LINES.load(connection, keys)
    return found


def write(lines: Lines, line: LineRow) -> None:
    """Add a line; the one that it corrects says so, and stays."""
    lines[line.entry, line.number] = line
    if line.corrects is not None:
        lines[line.entry, line.corrects].corrected_by = line.number
