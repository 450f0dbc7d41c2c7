"""时钟 Suspensions and extensions, against somebody who waits minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chuishao.domain.calendar import Limit, Stop, TimeUnit, WorkingCalendar
from chuishao.domain.clock import RUNNING, Clock, Extension
from chuishao.projections.policybook import around
from tests.test_calendar import MINUTE, calendars, tianjin

BEGIN = datetime(2026, 2, 20, tzinfo=UTC)
BEIJING = timedelta(hours=8)
OFFICE = WorkingCalendar(
    "Asia/Shanghai", frozenset({1, 2, 3, 4, 5}), ((time(9), time(17)),), ((time(8), time(20)),)
)
OF_THE_CLOCK = {TimeUnit.MINUTES, TimeUnit.CALENDAR_HOURS}
LONGEST = {TimeUnit.MINUTES: 3000, TimeUnit.CALENDAR_HOURS: 50, TimeUnit.WORKING_DAYS: 3}


class Waiting:
    """Somebody with a wall calendar and a watch who knows of a clock only when it stands still."""

    def __init__(self, calendar: WorkingCalendar, stops: Sequence[Stop]) -> None:
        self.calendar, self.stops = calendar, stops
        self.said = dict(calendar.exceptions)
        self.closes = max(end for _, end in calendar.shifts)

    def still(self, minute: datetime) -> bool:
        return any(begins <= minute and (ends is None or minute < ends) for begins, ends in self.stops)

    def works(self, day: date) -> bool:
        return self.said.get(day, day.isoweekday() in self.calendar.weekdays)

    def counts(self, minute: datetime, unit: TimeUnit) -> bool:
        """Whether this minute counts, for units of which each minute does or does not."""
        if self.still(minute):
            return False
        if unit in OF_THE_CLOCK:
            return True
        local = minute + BEIJING
        urgent = unit is TimeUnit.URGENT_WORKING_HOURS
        shifts = self.calendar.urgent_shifts if urgent else self.calendar.shifts
        on_shift = any(start <= local.time() < end for start, end in shifts)
        return on_shift and (urgent or self.works(local.date()))

    def ends_a_day(self, minute: datetime, first: date) -> bool:
        """Whether a working day that counts ends with this minute."""
        after = minute + MINUTE + BEIJING
        return (
            after.time() == self.closes
            and after.date() > first
            and self.works(after.date())
            and not self.still(minute)
        )

    def until(self, since: datetime, amount: int, unit: TimeUnit) -> datetime | None:
        """Where a limit ends; None where it is waited for in vain."""
        left = amount * (60 if unit not in (TimeUnit.MINUTES, TimeUnit.WORKING_DAYS) else 1)
        now, first = since, (since + BEIJING).date()
        while left:
            if any(ends is None and begins <= now for begins, ends in self.stops):
                return None
            if unit is TimeUnit.WORKING_DAYS:
                left -= self.ends_a_day(now, first)
            else:
                left -= self.counts(now, unit)
            now += MINUTE
        return now

    def counted(self, since: datetime, until: datetime, unit: TimeUnit) -> int:
        """Minutes that count between two moments."""
        shifts_of = TimeUnit.WORKING_HOURS if unit is TimeUnit.WORKING_DAYS else unit
        minutes = round((until - since) / MINUTE)
        return sum(self.counts(since + number * MINUTE, shifts_of) for number in range(minutes))


@st.composite
def limits(draw: st.DrawFn) -> Extension:
    unit = draw(st.sampled_from(TimeUnit))
    return Extension(draw(st.integers(1, LONGEST.get(unit, 20))), unit)


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    """Any clock: it stood still for some stretches, may do so for good, and was given more time."""
    marks = sorted(draw(st.lists(st.integers(0, 20 * 24 * 60), unique=True, max_size=6)))
    moments: list[datetime] = [BEGIN + mark * MINUTE for mark in marks]
    stops: list[Stop] = list(zip(moments[::2], moments[1::2], strict=False))
    if len(moments) % 2 and draw(st.booleans()):
        stops.append((moments[-1], None))
    return Clock(tuple(stops), tuple(draw(st.lists(limits(), max_size=2))))


SINCE = st.integers(0, 10 * 24 * 60).map(lambda minutes: BEGIN + minutes * MINUTE)


def due(clock: Clock, calendar: WorkingCalendar, since: datetime, limit: Limit) -> datetime | None:
    try:
        return clock.due(calendar, since, limit)
    except ValueError:
        return None


@settings(max_examples=60)
@given(calendars(), clocks(), SINCE, limits())
def test_a_limit_ends_where_waiting_by_that_clock_ends(
    calendar: WorkingCalendar, clock: Clock, since: datetime, limit: Extension
) -> None:
    waiting = Waiting(calendar, clock.stops)
    expected: datetime | None = since
    for piece in (limit, *clock.extensions):
        expected = waiting.until(expected, piece.amount, piece.unit) if expected else None

    assert due(clock, calendar, since, Limit(limit.amount, limit.unit, "rule")) == expected


@settings(max_examples=300)
@given(
    calendars(),
    clocks(),
    SINCE,
    limits(),
    st.dictionaries(
        st.dates(date(2026, 2, 15), date(2026, 4, 15)) | st.sampled_from([date.min, date.max]),
        st.booleans(),
        min_size=1,
        max_size=2,
    ),
)
def test_days_move_no_limit_that_does_not_run_around_them(
    calendar: WorkingCalendar, clock: Clock, since: datetime, limit: Extension, days: dict[date, bool]
) -> None:
    stated = Limit(limit.amount, limit.unit, "rule")
    before, after = (due(clock, each, since, stated) for each in (calendar, calendar.with_days(days)))
    begin, end = around(days)
    assert before == after or (since < end and (before is None or before >= begin))


@settings(max_examples=60)
@given(calendars(), clocks(), SINCE, limits(), st.integers(0, 12 * 24 * 60))
def test_what_is_left_are_the_minutes_that_still_count(
    calendar: WorkingCalendar, clock: Clock, since: datetime, limit: Extension, later: int
) -> None:
    stated, now = Limit(limit.amount, limit.unit, "rule"), since + later * MINUTE
    running = clock.resumed(now) if clock.stands_still(now) else clock
    waiting, begins, minutes = Waiting(calendar, running.stops), now, 0
    for number, piece in enumerate((limit, *clock.extensions)):
        ends = due(Clock(running.stops, running.extensions[:number]), calendar, since, stated)
        assume(ends is not None)
        assert ends is not None
        over, unit = ends, piece.unit
        if begins < ends:
            minutes += waiting.counted(begins, ends, piece.unit)
            begins = ends
    if now > over:
        minutes = -waiting.counted(over, now, unit)

    assert clock.left(calendar, since, stated, now) == 60 * minutes


@given(clocks(), st.integers(0, 20 * 24 * 60), st.integers(0, 5000))
def test_a_clock_is_written_down_and_read_again(clock: Clock, at: int, longer: int) -> None:
    assert Clock.of_text(clock.as_text()) == clock
    assert Clock.of_text(None) == RUNNING
    now = BEGIN + at * MINUTE
    if clock.stands_still(now):
        assert not clock.resumed(now).stands_still(now)
        assert not clock.resumed(now).stands_still(now + longer * MINUTE)


def test_a_friday_that_is_suspended_over_the_weekend() -> None:
    since, limit = tianjin(2026, 3, 6, 10), Limit(8, TimeUnit.WORKING_HOURS, "rule")
    stopped = RUNNING.stopped(tianjin(2026, 3, 6, 12), None)
    assert due(stopped, OFFICE, since, limit) is None
    assert stopped.left(OFFICE, since, limit, tianjin(2026, 3, 9, 8)) == 6 * 3600
    resumed = stopped.resumed(tianjin(2026, 3, 9, 11))
    assert due(resumed, OFFICE, since, limit) == tianjin(2026, 3, 9, 17)
    longer = resumed.extended(1, TimeUnit.WORKING_DAYS)
    assert due(longer, OFFICE, since, limit) == tianjin(2026, 3, 10, 17)
    assert longer.left(OFFICE, since, limit, tianjin(2026, 3, 11, 10)) == -3600


def test_several_suspensions_are_left_out_each() -> None:
    since, limit = tianjin(2026, 3, 2, 9), Limit(3, TimeUnit.WORKING_DAYS, "rule")
    away = [(tianjin(2026, 3, day, 16), tianjin(2026, 3, day, 17)) for day in (3, 5)]
    clock = reduce(lambda clock, stop: clock.stopped(*stop), away, RUNNING)
    # the 3rd and the 5th end while it stands still: the 4th, the 6th and the 9th count
    assert due(clock, OFFICE, since, limit) == tianjin(2026, 3, 9, 17)
