"""工作日安排 Whether one works on single days, as announced: holidays, make-up days (调休), local exceptions.

An announcement holds for a place and all that lies in it, once it is known: limits that run are dated anew,
and how they were dated before stays in the log. Of several for one day that of the closest place holds, and
of these the last; where nothing is announced, what the policy says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange, Refusal

MOST = 800
"""Days in one announcement: those of two decades of holidays."""


class DayTwice(Refusal):
    """日期重复 An announcement names a day twice."""

    en = "{day} is named twice. Name each day once."
    zh = "{day} 出现两次。每个日期只填写一次。"


@dataclass(frozen=True, slots=True)
class Announcement:
    """公布 Days on which one works, or does not, in a place and all that lies in it; "" is everywhere."""

    division: str
    days: tuple[tuple[date, bool], ...]

    @classmethod
    def of(cls, division: str, days: Mapping[str, bool]) -> Announcement:
        """From the days as an event has them: year-month-day."""
        return cls(division, tuple((date.fromisoformat(day), works) for day, works in days.items()))


@dataclass(frozen=True, slots=True)
class Workday:
    """工作日 A day in a place: whether one works, and whether that was announced; else the policy says it."""

    place: str
    day: date
    works: bool
    announced: bool


def require_days(days: Sequence[tuple[date, bool]]) -> dict[date, bool]:
    """The days of an announcement in order; refused where there are none or too many, or one stands twice."""
    if not 0 < len(days) <= MOST:
        what = Phrase("the number of days", "天数")
        raise OutOfRange("days", field=what, value=len(days), low=1, high=MOST)
    found: dict[date, bool] = {}
    for number, (day, works) in enumerate(days):
        if day in found:
            raise DayTwice("days", str(number), "day", day=day.isoformat())
        found[day] = works
    return dict(sorted(found.items()))


def said_of(announced: Iterable[Announcement], division: str) -> dict[date, bool]:
    """What was announced for exactly this place; the last of several for a day."""
    return {day: works for one in announced if one.division == division for day, works in one.days}


def holding(announced: Sequence[Announcement], place: str) -> tuple[int, ...]:
    """Which announcements hold in a place, by number, the one that overrules the others last."""
    fitting = [number for number, one in enumerate(announced) if place.startswith(one.division)]
    return tuple(sorted(fitting, key=lambda number: len(announced[number].division)))
