"""漏查 A check of a household that nobody made in its time raises a concern, dated when the time was over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from chuishao.commands.rounds import RecordMissedCheck
from chuishao.domain.rounds.terms import WelfareCheck
from chuishao.reactions.reaction import Around, Sent, Timed, acting

NAME = "raise-missed-checks"
MOST = 200
"""Checks at a time."""
_DUE = """
SELECT id, concerns, grid, household, next_check, next_day FROM watches.watch
WHERE coalesce(next_due_at, 'infinity') <= $1
ORDER BY coalesce(next_due_at, 'infinity'), id LIMIT $2 OFFSET $3
"""


async def due(around: Around, now: datetime, skip: int) -> Sequence[tuple[str, Sent]]:
    """The first check of each watch that is missed by now, also of one that has ended since.

    The same check is owed again where a watch is begun anew in the course of a day. Its concern raised the
    number of concerns, so that the key is another one.
    """
    async with around.reading() as connection:
        rows = await connection.fetch(_DUE, now, MOST, skip)
    by = acting(NAME)
    return [
        (
            f"{row['id']}:{row['concerns']}:{row['next_day']}:{row['next_check']}",
            Sent(
                RecordMissedCheck(
                    grid_code=row["grid"],
                    household=row["household"],
                    check=WelfareCheck(row["next_check"]),
                    day=date.fromisoformat(row["next_day"]),
                ),
                by,
            ),
        )
        for row in rows
    ]


TIMED = Timed(NAME, "漏查成忧 A check that nobody made in its time raises a concern.", due)
