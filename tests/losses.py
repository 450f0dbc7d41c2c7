"""A log that goes back: what a restored backup or a replica without the last commits leaves behind."""

from __future__ import annotations

import asyncpg

LOSE = (
    "SET LOCAL session_replication_role = replica",  # the log itself refuses to lose anything
    "DELETE FROM event WHERE position > {position}",
    "DELETE FROM command WHERE last_position > {position}",
    "DELETE FROM stream WHERE first_position > {position}",
    """UPDATE stream s SET (version, last_position) = (
           SELECT max(e.version), max(e.position) FROM event e WHERE e.log = s.log AND e.stream = s.id)
       WHERE last_position > {position}""",
)


async def lose(url: str, after: int) -> None:
    """Set a log back behind a position, in one transaction; read models stay as they are."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for statement in LOSE:
                await connection.execute(statement.format(position=after))
    finally:
        await connection.close()
