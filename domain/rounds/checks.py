"""漏查 Which checks of a watch are missed at a moment: a function of watch, policies and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chuishao.domain.policy import LimitKind, Policy
from chuishao.domain.rounds.days import Watched, day_number, is_owed, is_settled
from chuishao.domain.rounds.terms import WelfareCheck

LIMITS = {WelfareCheck.CURTAIN: LimitKind.CURTAIN_CHECK, WelfareCheck.LIGHT: LimitKind.LIGHT_CHECK}
"""The limit of each check, which runs from the beginning of the local day."""

PolicyOf = Callable[[date], Policy | None]
"""The policy in force on a local day."""


@dataclass(frozen=True, slots=True)
class OwedCheck:
    """A check of a local day, when its time ends, and by which rule of the policy."""

    day: date
    check: WelfareCheck
    ends: datetime
    rule: str


def check_of(policy: Policy, check: WelfareCheck, day: date, grid: str) -> OwedCheck | None:
    """A check of a local day in a grid; None where the policy states no limit for it."""
    limit = policy.limit(LIMITS[check], division=grid)
    if limit is None:
        return None
    ends = policy.ends(datetime.combine(day, time(), ZoneInfo(policy.calendar.zone)), limit, grid)
    return OwedCheck(day, check, ends, limit.rule) if ends is not None else None


def missed_checks(watch: Watched, policy_of: PolicyOf, at: datetime) -> list[OwedCheck]:
    """The checks whose time is over at a moment, not made and without a concern raised, in order."""
    until = day_number(watch, (at + timedelta(days=1)).date())
    return [check for check in _unsettled(watch, policy_of, until) if check.ends <= at]


def next_check(watch: Watched, policy_of: PolicyOf) -> OwedCheck | None:
    """The first check that is owed and not settled, whether its time is over or not; None for none."""
    return next(_unsettled(watch, policy_of, len(watch.days) + 1), None)


def _unsettled(watch: Watched, policy_of: PolicyOf, until: int) -> Iterator[OwedCheck]:
    """The checks up to a day of the watch that are owed and not settled, in order."""
    first = date.fromisoformat(watch.first)
    for number in range(until + 1):
        if watch.days[number : number + 1] == "3":
            continue
        day = first + timedelta(days=number)
        policy = policy_of(day)
        if policy is not None:
            yield from _owed_on(watch, policy, day)


def _owed_on(watch: Watched, policy: Policy, day: date) -> Iterator[OwedCheck]:
    for check in WelfareCheck:
        found = None if is_settled(watch, check, day) else check_of(policy, check, day, watch.grid)
        if found is not None and is_owed(watch, found.ends):
            yield found
