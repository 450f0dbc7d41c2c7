"""守望日 The days of a watch, as text: which checks of each local day are settled, and which were owed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from chuishao.domain.rounds.terms import WelfareCheck

_BITS = {WelfareCheck.CURTAIN: 1, WelfareCheck.LIGHT: 2}


class Watched(Protocol):
    """What is remembered of the watch over a household.

    `days` has a digit for each local day from `first` on: which checks are settled, by a look or by a
    concern for want of one (0 neither, 1 the curtain, 2 the light, 3 both). A year of it is 365 characters.
    """

    grid: str
    first: str
    days: str
    since: datetime
    ended_at: datetime | None


def day_number(watch: Watched, day: date) -> int:
    """Which day of the watch it is: 0 for the first, negative for days before."""
    return (day - date.fromisoformat(watch.first)).days


def settled_days(watch: Watched, check: WelfareCheck, day: str) -> str:
    """The days, with a check of a day settled; days before the first are of another time."""
    number = day_number(watch, date.fromisoformat(day))
    if number < 0:
        return watch.days
    days = watch.days.ljust(number + 1, "0")
    return days[:number] + str(int(days[number]) | _BITS[check]) + days[number + 1 :]


def is_settled(watch: Watched, check: WelfareCheck, day: date) -> bool:
    """Whether a check of a day was made, or its concern raised."""
    number = day_number(watch, day)
    return 0 <= number < len(watch.days) and bool(int(watch.days[number]) & _BITS[check])


def is_owed(watch: Watched, due: datetime) -> bool:
    """Whether a check whose time ends then was owed: the household was on the list at that moment."""
    return watch.since < due and (watch.ended_at is None or due <= watch.ended_at)
