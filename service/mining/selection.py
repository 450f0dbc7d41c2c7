"""Which part of the log is taken: everything, a place and what lies in it, a period, one case."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chuishao.domain.case_events import MergeUndone
from chuishao.domain.event import fold
from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import COLUMNS, RecordedEvent, recorded
from chuishao.eventlog.sql import statements
from chuishao.service.mining.told import Told, named_in, told_by

PAGE = 2_000
"""Positions of one read."""
_SQL = statements("chuishao.service.mining", "selection.sql")


@dataclass(frozen=True, slots=True)
class Selection:
    """Events that are wanted: by the beginning of their place's code, by when they happened (`since` is the
    first moment, `until` the first that is too late), by their case. None is any."""

    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    case: UUID | None = None


async def selected(log: EventLog, wanted: Selection) -> AsyncIterator[tuple[int, int, list[Told]]]:
    """The wanted events by pages: how many positions were looked through, of how many, and what they tell.

    What is appended from now on is left out.
    """
    head = await log.head()
    step = head if wanted.case else PAGE  # a case is found by its index, wherever its events stand
    for after in range(0, head, max(step, 1)):
        until = min(after + step, head)
        yield until, head, await _page(log, wanted, after, until)


async def _page(log: EventLog, wanted: Selection, after: int, until: int) -> list[Told]:
    asked = (wanted.case, wanted.place, wanted.since, wanted.until)
    async with connected(log.pool) as connection:
        rows = await connection.fetch(_SQL["page"].format(columns=COLUMNS), log.id, after, until, *asked)
    found = [(_recorded(row), row["category"], row["history"]) for row in rows]
    categories = await _categories(log, [event for event, _, _ in found])
    return [
        told_by(event, category, history, categories, status=await _restored(log, event))
        for event, category, history in found
    ]


def _recorded(row: Any) -> RecordedEvent:
    *columns, _, _ = row
    made: Any = columns
    return recorded(made)


async def _categories(log: EventLog, events: Sequence[RecordedEvent]) -> dict[UUID, str]:
    """What each stream is about that the events name."""
    named = list({identifier for event in events for identifier in named_in(event.event)})
    async with connected(log.pool) as connection:
        rows: list[Any] = await connection.fetch(_SQL["categories"], log.id, named)
    return {row["id"]: row["category"] for row in rows if row["category"] is not None}


async def _restored(log: EventLog, event: RecordedEvent) -> str | None:
    """The state that a case is in again once its merge is undone: the only one that no event names."""
    if not isinstance(event.event, MergeUndone):
        return None
    case = fold((await log.stream(event.stream))[: event.version])
    return str(case.status.value)
