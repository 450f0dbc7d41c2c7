"""Who looked at which words of the care ledger and the diary, when, and for what?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.registers.look import WordsRead
from chuishao.eventlog.connection import Connection
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class LookRow:
    """A look; `position` is where the log records it: later words were not seen."""

    id: UUID
    register: str
    entry: UUID
    grid: str
    purpose: str
    actor: str
    role: str
    unit: str
    looked_at: datetime
    position: int


LOOKS = Table("look", LookRow)


async def fold(connection: Connection, batch: Batch) -> None:
    """Add a row for every look."""
    rows = [
        LookRow(
            id=recorded.stream,
            register=event.register,
            entry=event.entry,
            grid=event.grid,
            purpose=event.purpose,
            actor=recorded.actor,
            role=recorded.role,
            unit=recorded.unit,
            looked_at=recorded.occurred_at,
            position=recorded.position,
        )
        for recorded in batch.events
        if isinstance(event := recorded.event, WordsRead)
    ]
    await LOOKS.add(connection, rows)


PROJECTION = Projection("looks", version=1, fold=fold, on=(WordsRead,))
