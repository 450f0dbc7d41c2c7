"""Are the read models made from this log, or from a history that it has lost?

A log goes back when a backup is restored or a replica that lacks the last commits takes over. A process may
still hold events in memory that are gone, and a read model may have been made from them.
"""

from __future__ import annotations

from collections.abc import Sequence

from chuishao.eventlog.connection import Connection, Unavailable
from chuishao.eventlog.mapper import RecordedEvent

_STANDS = "SELECT FROM event e WHERE e.log = p.log AND e.position = p.position AND e.leaf_hash = p.proof"
_STRANGE = f"p.log = $1 AND p.position > 0 AND NOT EXISTS ({_STANDS})"
_ADVANCE = """
UPDATE projection SET position = $3, updated_at = now() WHERE log = $1 AND name = ANY($2)
AND EXISTS (SELECT FROM event WHERE log = $1 AND position = $3 AND leaf_hash = $4)
"""
_STOP = f"""
UPDATE projection p SET status = 'stopped', error = replace($2, '{{name}}', p.name), updated_at = now()
WHERE {_STRANGE} AND status = 'live' RETURNING name
"""  # noqa: S608
STRANGE = "it was made from another history of the log; run `chuishao rebuild {name}`"


class Lost(Unavailable):
    """The events at hand are not, or no longer, in the log."""


async def advance(connection: Connection, log: int, names: Sequence[str], last: RecordedEvent) -> None:
    """Move checkpoints behind an event; raises `Lost` where the log does not hold this event."""
    done = await connection.execute(_ADVANCE, log, names, last.position, last.leaf_hash)
    if done != f"UPDATE {len(names)}":
        raise Lost(f"the event at position {last.position} that was folded is not in the log")


async def strange(connection: Connection, log: int) -> list[str]:
    """The read models whose last event is not in this log."""
    query = f"SELECT name FROM projection p WHERE {_STRANGE} ORDER BY name"  # noqa: S608
    return [row["name"] for row in await connection.fetch(query, log)]


async def stop_strange(connection: Connection, log: int) -> list[str]:
    """Stop the read models whose last event is not in this log, and say in their status why."""
    return [row["name"] for row in await connection.fetch(_STOP, log, STRANGE)]
