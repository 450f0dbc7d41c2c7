"""逾期 A case whose limit is over is recorded as overdue, as of then, and goes to the next tier by policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chuishao.commands.overdue import RecordOverdue
from chuishao.reactions.reaction import Around, Sent, Timed, acting

NAME = "record-overdue-cases"
MOST = 200
"""Cases at a time."""
_DUE = """
SELECT id, since, due_at FROM cases.case_row
WHERE open AND (passed_at IS NULL OR passed_at < due_at) AND due_at <= $1
ORDER BY due_at, number LIMIT $2 OFFSET $3
"""


async def due(around: Around, now: datetime, skip: int) -> Sequence[tuple[str, Sent]]:
    """The cases whose limit is over, those of the earliest limits first.

    A limit that an announced day off moves on may pass anew: its beginning and end are part of the key.
    """
    async with around.reading() as connection:
        rows = await connection.fetch(_DUE, now, MOST, skip)
    by = acting(NAME)
    return [
        (f"{row['id']}:{row['since'].isoformat()}:{row['due_at'].isoformat()}",
         Sent(RecordOverdue(case_id=row["id"]), by))
        for row in rows
    ]  # fmt: skip


TIMED = Timed(NAME, "逾期 A case whose limit is over is recorded as overdue, and escalated by policy.", due)
