"""漏查 Which checks of a watch are missed at a moment: a function of watch, policies and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chuishao.domain.policy import LimitKind, Policy
from chuishao.domain.rounds.terms import WelfareCheck
from chuishao.domain.rounds.watch import NeighbourWatch

LIMITS = {WelfareCheck.CURTAIN: LimitKind.CURTAIN_CHECK, WelfareCheck.LIGHT: LimitKind.LIGHT_CHECK}
"""The limit of each check, which runs from the beginning of the local day."""


@dataclass(frozen=True, slots=True)
class CheckTime:
    """When the time of a check ends, and by which rule of the policy."""

    ends: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class MissedCheck:
    """A check of a local day that nobody made in its time."""

    day: date
    check: WelfareCheck
    ended: datetime
    rule: str


def local_day(policy: Policy, at: datetime) -> date:
    """The day of a moment where the policy holds."""
    return at.astimezone(ZoneInfo(policy.calendar.zone)).date()


def check_time(policy: Policy, check: WelfareCheck, day: date, grid: str) -> CheckTime | None:
    """When a check's time on a local day ends; None where the policy states no limit for it."""
    limit = policy.limit(LIMITS[check], division=grid)
    if limit is None:
        return None
    ends = policy.ends(datetime.combine(day, time(), ZoneInfo(policy.calendar.zone)), limit)
    return CheckTime(ends, limit.rule) if ends is not None else None


def missed_checks(
    watch: NeighbourWatch, policy_of: Callable[[date], Policy], at: datetime
) -> list[MissedCheck]:
    """The checks whose time is over at a moment, which nobody made and no concern was raised for, in order.

    `policy_of` gives the policy in force on a local day.
    """
    return [
        missed
        for day in _days(date.fromisoformat(watch.first), (at + timedelta(days=1)).date())
        for missed in _missed_on(watch, policy_of(day), day, at)
    ]


def _missed_on(watch: NeighbourWatch, policy: Policy, day: date, at: datetime) -> Iterator[MissedCheck]:
    for check in WelfareCheck:
        if watch.settled(check, day):
            continue
        time_of = check_time(policy, check, day, watch.grid)
        if time_of is not None and time_of.ends <= at and watch.owed(time_of.ends):
            yield MissedCheck(day, check, time_of.ends, time_of.rule)


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
