"""A long log, quickly: the cases of a played day, copied under other identifiers, with valid leaf hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import track

from chuishao.eventlog.connection import Pool, connected

HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DAY = """
SELECT e.position, e.stream, e.version, e.event_id, e.type, e.schema_version, e.correlation, e.data, e.meta,
       e.occurred_at FROM event e
WHERE e.log = 1 AND e.correlation IN (SELECT id FROM stream WHERE log = 1 AND category = 'case')
ORDER BY e.position
"""
_STAGE = """
CREATE UNLOGGED TABLE IF NOT EXISTS staged (position bigint, stream uuid, version integer, event_id uuid,
    type text, schema_version smallint, correlation uuid, data text, meta text, occurred_at timestamptz);
CREATE UNLOGGED TABLE IF NOT EXISTS staged_command
    (id uuid, request_hash bytea, result text, first_position bigint, last_position bigint);
TRUNCATE staged, staged_command
"""
_APPEND = """
WITH moment AS (SELECT max(recorded_at) AS at FROM event WHERE log = 1)
INSERT INTO event (log, position, stream, version, event_id, type, schema_version, correlation, data, meta,
                   occurred_at, recorded_at, leaf_hash)
SELECT 1, s.position, s.stream, s.version, s.event_id, s.type, s.schema_version, s.correlation, s.data::json,
       s.meta::json, s.occurred_at, m.at,
       leaf_hash(1, s.position, s.stream, s.version, s.event_id, s.type, s.schema_version, s.occurred_at,
                 m.at, s.meta::json, s.data::json)
FROM staged s, moment m ORDER BY s.position;
INSERT INTO stream (log, id, category, version, first_position, last_position)
SELECT 1, s.stream, CASE WHEN s.stream = s.correlation THEN 'case' ELSE 'whistle' END, max(s.version),
       min(s.position), max(s.position) FROM staged s GROUP BY s.stream, s.correlation;
INSERT INTO command (log, id, request_hash, result, first_position, last_position)
SELECT 1, id, request_hash, result::json, first_position, last_position FROM staged_command
"""


async def lengthen(pool: Pool, events: int, console: Console) -> int:
    """Copy the day until the log has so many events; give its head."""
    async with connected(pool) as connection:
        day = await connection.fetch(_DAY)
        query = "SELECT * FROM command WHERE log = 1 AND last_position >= $1"
        commands = [
            row for row in await connection.fetch(query, day[0]["position"])
            if any(True for _ in HEX.finditer(bytes(row["result"]).decode()))
        ]  # fmt: skip
        head: int = await connection.fetchval("SELECT max(position) FROM event")
        own = {row[name] for row in day for name in ("stream", "event_id", "correlation")}
        own |= {row["id"] for row in commands}
        copies = max(0, -(-(events - head) // len(day)))
        for number in track(range(1, copies + 1), description="Copying the day", console=console):
            head = await _copy(connection, day, commands, own, number, head)
        await connection.execute("DROP TABLE IF EXISTS staged, staged_command; ANALYZE")
    return head


async def _copy(connection: Any, day: Any, commands: Any, own: set[UUID], number: int, head: int) -> int:
    """One more day behind the head."""
    other = {id_: UUID(int=id_.int ^ (number << 64)) for id_ in own}
    names = {
        key: value
        for id_, copy in other.items()
        for key, value in ((id_.hex, copy.hex), (str(id_), str(copy)))
    }

    def renamed(stored: bytes) -> str:
        return HEX.sub(lambda found: names.get(found[0], found[0]), bytes(stored).decode())

    places = {row["position"]: head + n for n, row in enumerate(day, start=1)}
    await connection.execute(_STAGE)
    rows = list(_events(day, places, other, renamed))
    await connection.copy_records_to_table("staged", records=rows)
    copied = [
        (other[row["id"]], row["request_hash"], renamed(row["result"]),
         places[row["first_position"]], places[row["last_position"]])
        for row in commands
        if row["first_position"] in places and row["last_position"] in places
    ]  # fmt: skip
    await connection.copy_records_to_table("staged_command", records=copied)
    async with connection.transaction():
        await connection.execute(_APPEND)
    return head + len(day)


def _events(
    day: Any, places: dict[int, int], other: dict[UUID, UUID], renamed: Any
) -> Iterator[tuple[Any, ...]]:
    for row in day:
        yield (
            places[row["position"]],
            other[row["stream"]],
            row["version"],
            other[row["event_id"]],
            row["type"],
            row["schema_version"],
            other[row["correlation"]],
            renamed(row["data"]),
            renamed(row["meta"]),
            row["occurred_at"],
        )
