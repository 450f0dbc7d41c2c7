"""法定节假日 Public holidays and make-up days (调休) as the State Council publishes them each year.

They are known for the years that the package `chinesecalendar` has. What it says is written into the log, in
an announcement: a later release of it changes nothing that was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from chinese_calendar import holidays, is_workday

from chuishao.commands.policies import Workday

SATURDAY = 6
KNOWN = range(min(holidays).year, max(holidays).year + 1)
"""The years that are published."""


class UnknownYear(ValueError):
    """未公布 A year whose holidays are not known."""


def public_days(years: Iterable[int]) -> list[Workday]:
    """The days of these years that are other than their weekday says; raises `UnknownYear`."""
    found = []
    for year in sorted(set(years)):
        if year not in KNOWN:
            raise UnknownYear(
                f"the holidays of {year} are not known, only those of {KNOWN[0]} to {KNOWN[-1]}: they are"
                " published in the autumn before; install a newer release of chinesecalendar, or announce the"
                " days yourself by the mutation announceWorkdays"
            )
        first = date(year, 1, 1)
        days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
        found += [
            Workday(day=day, works=is_workday(day))
            for day in days
            if is_workday(day) != (day.isoweekday() < SATURDAY)
        ]
    return found


def published_since(document: dict[str, Any]) -> list[Workday]:
    """The days that are published from the year on from which a policy document holds."""
    since = date.fromisoformat(document["effectiveFrom"]).year
    return public_days(year for year in KNOWN if year >= since)
