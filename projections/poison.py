"""毒事件 Events that a projection cannot fold: it stops, or parks them with what follows in their streams.

A batch that fails is folded event by event, each under a savepoint. What was parked or passed over by an
operator's decision stands in tables that the present read model and its copies have under their own names.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import asyncpg

from chuishao.eventlog.connection import UNAVAILABLE, Connection, Unavailable
from chuishao.eventlog.failure import told
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection

OnPoison = Literal["stop", "park"]
WAITS = "waits for an earlier event of its stream"
TRANSIENT = ("40", "53", "55", "57", "58")
"""Classes of PostgreSQL's errors that pass: conflicts, lack of resources, locks, intervention, the system."""
_PARKING = "SELECT DISTINCT projection FROM parked WHERE log = $1 AND projection = ANY($2)"
_BLOCKED = "SELECT DISTINCT stream FROM parked WHERE log = $1 AND projection = $2"
_PARK = "INSERT INTO parked (log, projection, position, stream, error) VALUES ($1, $2, $3, $4, $5)"
_SKIPPED = "SELECT position FROM skipped WHERE log = $1 AND projection = $2 AND position = ANY($3)"

logger = logging.getLogger("chuishao.projections")


@dataclass(frozen=True, slots=True)
class Place:
    """A read model, or a copy of it, by the schema of its tables; what it parks stands under that name."""

    log: EventLog
    projection: Projection
    schema: str
    opens: bool = True
    """Whether sealed words are opened into it: rows with words hold up whoever erases them."""


@dataclass(frozen=True, slots=True)
class Poison:
    """An event that cannot be folded, and why: the kind and place of the error, never its words."""

    event: RecordedEvent
    error: str

    def __str__(self) -> str:
        return f"at position {self.event.position} ({self.event.type}): {self.error}"


class CannotFold(Exception):
    """毒事件 An event that a read model cannot fold, and that nobody has passed over."""

    def __init__(self, place: Place, cause: str) -> None:
        super().__init__(
            f"read model {place.projection.name} cannot fold what is recorded {cause}; mend the cause, or "
            "pass it over with `chuishao parked skip` once `chuishao parked list` names it"
        )


def passes(failure: BaseException) -> bool:
    """Whether the same fold may succeed later; only what cannot is poison."""
    sqlstate = str(failure.sqlstate) if isinstance(failure, asyncpg.PostgresError) else ""
    return isinstance(failure, UNAVAILABLE) or sqlstate[:2] in TRANSIENT


async def fold(connection: Connection, place: Place, batch: Sequence[RecordedEvent]) -> None:
    """Fold a batch into the tables of a place, in the transaction that is open."""
    if wanted := place.projection.wanted(batch):
        await connection.execute(f'SET LOCAL search_path TO "{place.schema}", public')
        await place.projection.fold(connection, Batch(place.log, wanted, place.opens))


async def fold_or_wait(connection: Connection, place: Place, batch: Sequence[RecordedEvent]) -> None:
    """Fold a batch, except for what waits for an earlier event of its stream."""
    if blocked := await blocked_streams(connection, place):
        for event in batch:
            if event.stream in blocked:
                await _park(connection, place, event, WAITS)
        batch = [event for event in batch if event.stream not in blocked]
    await fold(connection, place, batch)


async def fold_or_skip(connection: Connection, place: Place, batch: Sequence[RecordedEvent]) -> None:
    """Fold a batch, but for what operators have passed over; raises `CannotFold` at any other poison."""
    try:
        if not await _skipped(connection, place, [event.position for event in batch]):
            await fold(connection, place, batch)
            return
        _, poison = await fold_each(connection, place, batch, "stop")
    except Exception as failure:
        if connection.is_closed() or passes(failure):
            raise
        cause = f"from position {batch[0].position} to {batch[-1].position}: {told(failure)}"
        raise CannotFold(place, cause) from failure
    if poison is not None:
        raise CannotFold(place, str(poison))


async def fold_each(
    connection: Connection, place: Place, batch: Sequence[RecordedEvent], on_poison: OnPoison
) -> tuple[int, Poison | None]:
    """Fold a batch event by event; give how many were dealt with, and the poison that ended it, if any did.

    Raises `Unavailable` where a fold failed that may succeed later.
    """
    blocked = await blocked_streams(connection, place)
    skipped = await _skipped(connection, place, [event.position for event in batch])
    for done, event in enumerate(batch):
        if event.stream in blocked:
            await _park(connection, place, event, WAITS)
        elif poison := await fold_one(connection, place, event):
            if event.position in skipped:
                continue
            if on_poison == "stop":
                return done, poison
            blocked.add(event.stream)
            await _park(connection, place, event, poison.error)
    return len(batch), None


async def fold_one(connection: Connection, place: Place, event: RecordedEvent) -> Poison | None:
    """Fold one event under a savepoint; give why it cannot be folded, if it cannot."""
    try:
        async with connection.transaction():
            await fold(connection, place, [event])
    except Exception as failure:
        if connection.is_closed() or passes(failure):
            raise Unavailable(str(failure)) from failure
        logger.exception("projection %s cannot fold event %s", place.schema, event.position)
        return Poison(event, told(failure))
    return None


async def parking(connection: Connection, log: EventLog, schemas: Sequence[str]) -> set[str]:
    """Those of the places, by their schemas, where anything is parked."""
    return {row["projection"] for row in await connection.fetch(_PARKING, log.id, schemas)}


async def blocked_streams(connection: Connection, place: Place) -> set[UUID]:
    """The streams of which an event is parked, so that the later ones wait."""
    return {row["stream"] for row in await connection.fetch(_BLOCKED, place.log.id, place.schema)}


async def _skipped(connection: Connection, place: Place, positions: list[int]) -> set[int]:
    rows = await connection.fetch(_SKIPPED, place.log.id, place.projection.name, positions)
    return {row["position"] for row in rows}


async def _park(connection: Connection, place: Place, event: RecordedEvent, error: str) -> None:
    await connection.execute(_PARK, place.log.id, place.schema, event.position, event.stream, error)
