"""时钟 By what a case's limit is counted: when it stood still (挂账), by how much it was extended (延期)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
        return self._ends(calendar, since, limit)[-1][0]

    def _ends(
        self, calendar: WorkingCalendar, since: datetime, limit: Limit
    ) -> list[tuple[datetime, TimeUnit]]:
        """When the limit and then each extension ends, and in which unit the time until then is counted."""
        ends = [(calendar.due(since, limit, self.stops), limit.unit)]
        for more in self.extensions:
            longer = Limit(more.amount, more.unit, limit.rule)
            ends.append((calendar.due(ends[-1][0], longer, self.stops), more.unit))
        return ends

    def left(self, calendar: WorkingCalendar, since: datetime, limit: Limit, now: datetime) -> int:
        """Seconds that count until the limit ends, below 0 once it is over; while it stands, if it ran now.

        They are counted in the time of the limit, and of each extension: of the clock, of the urgent or of
        the working shifts; once it is over, in that of the last.
        """
        clock = self.resumed(now) if self.stands_still(now) else self
        ends = clock._ends(calendar, since, limit)
        due, unit = ends[-1]
        if now > due:
            return -round(calendar.counted(due, now, unit, clock.stops).total_seconds())
        left = timedelta()
        for end, unit in ends:
            left += calendar.counted(now, end, unit, clock.stops)
            now = max(now, end)
        return round(left.total_seconds())

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
