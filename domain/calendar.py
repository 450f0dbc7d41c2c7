"""Working time: when a limit that starts at one moment ends, counted in the unit the policy names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from chuishao.domain.term import Term

K = TypeVar("K")
V = TypeVar("V")
HORIZON = 3660
"""Days searched for working time before a calendar counts as having none."""
REMEMBERED = 4000
"""Days whose working time a calendar remembers."""


class TimeUnit(Term):
    """计时单位 The units in which limits are stated."""

    MINUTES = "MINUTES", "分钟", "calendar minutes"
    CALENDAR_HOURS = "CALENDAR_HOURS", "小时", "calendar hours"
    URGENT_WORKING_HOURS = "URGENT_WORKING_HOURS", "紧急工作时", "hours of the urgent shifts, every day"
    WORKING_HOURS = "WORKING_HOURS", "工作时", "hours of the working shifts on working days"
    WORKING_DAYS = "WORKING_DAYS", "工作日", "working days, to the end of the last shift"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take: an amount of a unit, and the rule that says so."""

    amount: int
    unit: TimeUnit
    rule: str


Shift = tuple[time, time]
Span = tuple[datetime, datetime]
Stop = tuple[datetime, datetime | None]
"""From when a clock stood still, and until when; None while it still does."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days and hours count, in one time zone. `exceptions` overrules the weekday for single dates."""

    zone: str
    weekdays: frozenset[int]
    shifts: tuple[Shift, ...]
    urgent_shifts: tuple[Shift, ...]
    exceptions: tuple[tuple[date, bool], ...] = ()
    _works: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    _days: dict[tuple[date, bool], tuple[Span, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The working time of days asked for, by day and whether it is urgent."""
    _ends: dict[tuple[date, int], datetime] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """When so many working days after a day are over."""

    def __post_init__(self) -> None:
        self._works.update(self.exceptions)

    def with_days(self, days: dict[date, bool]) -> WorkingCalendar:
        """The same with further exceptions, which overrule those that it has."""
        return replace(self, exceptions=tuple((self._works | days).items()))

    def is_working_day(self, day: date) -> bool:
        """Whether the working shifts of that day count."""
        works = self._works.get(day)
        return day.isoweekday() in self.weekdays if works is None else works

    def spans(self, since: datetime, *, urgent: bool) -> Iterator[Span]:
        """The stretches of working time from `since` on, in order; in UTC, for clocks change."""
        first = since.astimezone(ZoneInfo(self.zone)).date()
        for offset in range(HORIZON):
            for opens, closes in self._of_day(first + timedelta(days=offset), urgent):
                if closes > since:
                    yield max(opens, since), closes

    def _of_day(self, day: date, urgent: bool) -> tuple[Span, ...]:
        found = self._days.get((day, urgent))
        if found is None:
            works = urgent or self.is_working_day(day)
            found = tuple(self._shifts_of(day, urgent)) if works else ()
            _remember(self._days, (day, urgent), found)
        return found

    def _shifts_of(self, day: date, urgent: bool) -> Iterator[Span]:
        zone = ZoneInfo(self.zone)
        for start, end in self.urgent_shifts if urgent else self.shifts:
            opens = datetime.combine(day, start, zone).astimezone(UTC)
            yield opens, datetime.combine(day, end, zone).astimezone(UTC)

    def due(self, since: datetime, limit: Limit, stops: Sequence[Stop] = ()) -> datetime:
        """When a limit that starts at `since` ends, in UTC; `ValueError` where it never does.

        While the clock stood still no time counts. A working day counts at its end, if the clock runs then.
        """
        since = since.astimezone(UTC)
        match limit.unit:
            case TimeUnit.MINUTES:
                left = timedelta(minutes=limit.amount)
            case TimeUnit.WORKING_DAYS:
                return self._after_days(since, limit.amount, stops)
            case _:
                left = timedelta(hours=limit.amount)
        if limit.unit in _OF_THE_CLOCK and not stops:
            return since + left
        for opens, closes in running(self._counting(since, limit.unit), stops):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise ValueError("the calendar has no working time")

    def counted(
        self, since: datetime, until: datetime, unit: TimeUnit, stops: Sequence[Stop] = ()
    ) -> timedelta:
        """How much time from `since` to `until` counts for limits in a unit; of working days, the shifts."""
        total = timedelta()
        for opens, closes in running(self._counting(since.astimezone(UTC), unit), stops):
            if opens >= until:
                break
            total += min(closes, until) - opens
        return total

    def _counting(self, since: datetime, unit: TimeUnit) -> Iterable[Span]:
        """The time that counts for limits in a unit, as long as the clock runs."""
        if unit in _OF_THE_CLOCK:
            return [(since, datetime.max.replace(tzinfo=UTC))]
        return self.spans(since, urgent=unit is TimeUnit.URGENT_WORKING_HOURS)

    def _after_days(self, since: datetime, days: int, stops: Sequence[Stop]) -> datetime:
        zone = ZoneInfo(self.zone)
        day = since.astimezone(zone).date()
        if stops:
            return self._end(day, days, zone, stops)
        found = self._ends.get((day, days))
        if found is None:
            found = self._end(day, days, zone)
            _remember(self._ends, (day, days), found)
        return found

    def _end(self, day: date, days: int, zone: ZoneInfo, stops: Sequence[Stop] = ()) -> datetime:
        for _ in range(HORIZON):
            day += timedelta(days=1)
            if self.is_working_day(day):
                end = datetime.combine(day, self.shifts[-1][1], zone).astimezone(UTC)
                stands = [ends for begins, ends in stops if begins < end and (ends is None or end <= ends)]
                if None in stands:
                    break
                days -= not stands
                if days <= 0:
                    return end
        raise ValueError("the calendar has no working day")


_OF_THE_CLOCK = (TimeUnit.MINUTES, TimeUnit.CALENDAR_HOURS)
"""Units in which all time counts."""


def running(spans: Iterable[Span], stops: Sequence[Stop]) -> Iterator[Span]:
    """What is left of stretches of time without those in which the clock stood still; both in order."""
    for begin, closes in spans:
        opens = begin
        for stands, goes_on in stops:
            if stands >= closes or opens >= closes:
                break
            if stands > opens:
                yield opens, stands
            if goes_on is None:
                return
            opens = max(opens, goes_on)
        if opens < closes:
            yield opens, closes


def _remember(known: dict[K, V], key: K, value: V) -> None:
    """Keep what was found; all is forgotten at once where it would grow without end."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = value
