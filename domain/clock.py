"""时钟 By what a case's limit is counted: when it stood still (挂账), by how much it was extended (延期)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chuishao.domain.calendar import Limit, Stop, TimeUnit, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Extension:
    """延期 What is added to a limit, counted from where the limit would have ended."""

    amount: int
    unit: TimeUnit


@dataclass(frozen=True, slots=True)
class Clock:
    """When a clock stood still, in order and apart from each other, and what was added to its limit."""

    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()

    def stands_still(self, at: datetime) -> bool:
        """Whether it does at a moment."""
        return any(stands_still(begins, ends, at) for begins, ends in self.stops)

    def stopped(self, at: datetime, until: datetime | None) -> Clock:
        """The same, standing still from a moment on, until another one or until it is resumed."""
        return replace(self, stops=(*self.stops, (at, until)))

    def resumed(self, at: datetime) -> Clock:
        """The same, running on and on from a moment."""
        before = [(begins, ends) for begins, ends in self.stops if begins < at]
        return replace(self, stops=tuple((begins, min(ends or at, at)) for begins, ends in before))

    def extended(self, amount: int, unit: TimeUnit) -> Clock:
        """The same with so much more."""
        return replace(self, extensions=(*self.extensions, Extension(amount, unit)))

    def due(self, calendar: WorkingCalendar, since: datetime, limit: Limit) -> datetime:
        """When a limit that starts at `since` ends; `ValueError` where it never does, as while it stands."""
        due = calendar.due(since, limit, self.stops)
        for more in self.extensions:
            due = calendar.due(due, Limit(more.amount, more.unit, limit.rule), self.stops)
        return due

    def left(self, calendar: WorkingCalendar, since: datetime, limit: Limit, now: datetime) -> int:
        """Seconds that count until the limit ends, below 0 once it is over; while it stands, if it ran now.

        They are counted in the limit's own time: of the clock, of the urgent or of the working shifts.
        """
        clock = self.resumed(now) if self.stands_still(now) else self
        due = clock.due(calendar, since, limit)
        unit = self.extensions[-1].unit if self.extensions else limit.unit
        if now > due:
            return -round(calendar.counted(due, now, unit, clock.stops).total_seconds())
        return round(calendar.counted(now, due, unit, clock.stops).total_seconds())

    def as_text(self) -> str | None:
        """As a read model keeps it; None for one that only runs."""
        if self == RUNNING:
            return None
        stops = [[begins.isoformat(), ends and ends.isoformat()] for begins, ends in self.stops]
        return json.dumps([stops, [[more.amount, more.unit.value] for more in self.extensions]])

    @classmethod
    def of_text(cls, text: str | None) -> Clock:
        """As it was kept."""
        if text is None:
            return RUNNING
        stops, extensions = json.loads(text)
        return cls(
            tuple((datetime.fromisoformat(begins), _moment(ends)) for begins, ends in stops),
            tuple(Extension(amount, TimeUnit(unit)) for amount, unit in extensions),
        )


def stands_still(since: datetime | None, until: datetime | None, at: datetime) -> bool:
    """Whether a clock that stands still from one moment until another one, or on and on, does at a third."""
    return since is not None and since <= at and (until is None or at < until)


def _moment(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


RUNNING = Clock()
"""A clock that has only run."""
