"""未按时报到 A department that has not checked in when its limit ends is recorded as late, as of then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chuishao.commands.whistles import RecordMissedCheckIn
from chuishao.reactions.reaction import Around, Sent, Timed, acting

NAME = "record-missed-check-ins"
MOST = 200
"""Summonses at a time."""
_DUE = """
SELECT s.whistle, s.department, s.number, s.check_in_due_at
FROM whistles.summons s JOIN whistles.whistle w ON w.id = s.whistle AND w.status = 'OPEN'
WHERE s.state IN ('SUMMONED', 'SIGNED') AND s.check_in_due_at <= $1
    AND (s.passed_at IS NULL OR s.passed_at < s.check_in_due_at)
ORDER BY s.check_in_due_at, s.whistle, s.department LIMIT $2 OFFSET $3
"""


async def due(around: Around, now: datetime, skip: int) -> Sequence[tuple[str, Sent]]:
    """The summonses that wait for a check-in whose limit has ended, those of the earliest limits first.

    A limit that an announced day off moves can be missed anew: its end is part of the key.
    """
    async with around.reading() as connection:
        rows = await connection.fetch(_DUE, now, MOST, skip)
    by = acting(NAME)
    return [
        (
            f"{row['whistle']}:{row['department']}:{row['number']}:{row['check_in_due_at']:%Y%m%dT%H%M%S%f}",
            Sent(RecordMissedCheckIn(whistle_id=row["whistle"], department_id=row["department"]), by),
        )
        for row in rows
    ]


TIMED = Timed(NAME, "未按时报到 A check-in whose limit has ended is recorded as missed.", due)
