"""Which policy was in force when, as far as the log knew at a position; limits are dated by it."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from weakref import WeakKeyDictionary

from chuishao.domain.calendar import Limit
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.lifecycle import Status
from chuishao.domain.policy import (
    LIMITS,
    LimitKind,
    Policy,
    PolicyAdopted,
    PolicyRevised,
    WorkdaysAnnounced,
    in_force,
    parse,
)
from chuishao.domain.refusal import NoPolicy
from chuishao.domain.workdays import Announcement
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch

_SQL = statements("chuishao.projections", "policies.sql")
REMEMBERED = 10_000
"""Limits that a book remembers, and days."""


@dataclass(frozen=True)
class PolicyBook:
    """The policies of a log with the positions of their adoption, in order."""

    adopted: tuple[tuple[int, Policy], ...]
    announced: tuple[tuple[int, Announcement], ...] = ()
    """What was announced of single days, with its positions, in order."""
    _days: dict[tuple[int, int, date], Policy | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What is in force all through a day, by how many policies and announcements are known."""
    _limits: dict[tuple[object, ...], Limit | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _with_days: dict[tuple[int, int], Policy] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def _positions(self) -> list[int]:
        return [position for position, _ in self.adopted]

    @cached_property
    def _told(self) -> list[int]:
        return [position for position, _ in self.announced]

    def _announcing(self, policy: Policy, told: int) -> Policy:
        """A policy with the first so many announcements."""
        if not told:
            return policy
        if (id(policy), told) not in self._with_days:
            announced = tuple(one for _, one in self.announced[:told])
            self._with_days[id(policy), told] = replace(policy, announced=announced)
        return self._with_days[id(policy), told]

    def until(self, position: int) -> PolicyBook:
        """What was known at a position."""
        known, told = bisect_right(self._positions, position), bisect_right(self._told, position)
        return PolicyBook(self.adopted[:known], self.announced[:told])

    def at(self, moment: datetime, known_by: int) -> Policy | None:
        """The policy in force at a moment, as known at a position; None where none was."""
        known, told = bisect_right(self._positions, known_by), bisect_right(self._told, known_by)
        day = moment.astimezone(UTC).date()
        if (known, told, day) in self._days:
            return self._days[known, told, day]
        policies = [policy for _, policy in self.adopted[:known]]
        found = _in_force(policies, moment)
        if found is not None:
            found = self._announcing(found, told)
        if not any(_begins_on(policy, day) for policy in policies):
            if len(self._days) >= REMEMBERED:
                self._days.clear()
            self._days[known, told, day] = found
        return found

    def limit(self, policy: Policy, about: LimitKind, /, **facts: str | None) -> Limit | None:
        """The limit of the rule that fits the facts most closely, as the policy says; remembered."""
        rules = id(policy.rules)  # the same whatever was announced of single days
        asked = self._asked[rules, about]
        key = (rules, about, *[facts.get(name) for name in asked])
        if key not in self._limits:
            if len(self._limits) >= REMEMBERED:
                self._limits.clear()
            self._limits[key] = policy.limit(about, **facts)
        return self._limits[key]

    def limit_of_case(
        self, policy: Policy, status: str, category: str, severity: str, tier: str | None, place: str
    ) -> Limit | None:
        """The limit that runs for a case in a state; None where none does, or the policy states none."""
        about = LIMITS.get(Status(status))
        if about is None:
            return None
        return self.limit(policy, about, category=category, severity=severity, tier=tier, division=place)

    @cached_property
    def _asked(self) -> dict[tuple[int, LimitKind], list[str]]:
        """Which facts the rules of each policy ask for: others make no difference to a limit."""
        return {
            (id(policy.rules), about): sorted(
                {name for rule in policy.rules if rule["about"] == about for name in rule.get("when", {})}
            )
            for _, policy in self.adopted
            for about in LimitKind
        }


def _in_force(policies: list[Policy], moment: datetime) -> Policy | None:
    try:
        return in_force(policies, moment)
    except NoPolicy:
        return None


def _begins_on(policy: Policy, day: date) -> bool:
    """Whether a policy comes into force somewhere in the world on that day of UTC."""
    return (policy.effective_from - day).days in (0, 1)


POLICIES = (PolicyAdopted, PolicyRevised, WorkdaysAnnounced)
"""What dates limits anew that run already."""


async def fold_between(
    connection: Connection,
    batch: Batch,
    fold: Callable[[Connection, list[RecordedEvent], PolicyBook], Awaitable[None]],
    redate: Callable[[Connection, RecordedEvent, PolicyBook], Awaitable[None]],
) -> None:
    """Fold the events between policies and announcements together, and date anew at each of these."""
    book = await policy_book(connection, batch.log)
    pending: list[RecordedEvent] = []
    for recorded in batch.events:
        if isinstance(recorded.event, POLICIES):
            await fold(connection, pending, book)
            pending = []
            await redate(connection, recorded, book)
        else:
            pending.append(recorded)
    await fold(connection, pending, book)


def days_of(recorded: RecordedEvent) -> tuple[datetime, datetime]:
    """When a limit has to run for a policy or an announcement to move it: at any time, or around the days."""
    event = recorded.event
    return around(map(date.fromisoformat, event.days)) if isinstance(event, WorkdaysAnnounced) else _EVER


def around(days: Iterable[date]) -> tuple[datetime, datetime]:
    """A time that days lie in, wherever they begin and end, and though a shift may end on the day after."""
    known = sorted(min(max(day, date(1, 1, 2)), date(9999, 12, 28)) for day in days)
    begin, end = (datetime.combine(day, time(), UTC) for day in (known[0], known[-1]))
    return begin - timedelta(days=1), end + timedelta(days=3)


_EVER = around([date.min, date.max])


def place_of(recorded: RecordedEvent) -> str:
    """Where a policy or an announcement holds: what lies elsewhere need not be dated anew."""
    event = recorded.event
    return event.division if isinstance(event, WorkdaysAnnounced) else ""


_books: WeakKeyDictionary[EventLog, tuple[int, PolicyBook]] = WeakKeyDictionary()
"""The policies of each log as last read, with the position of the last of them."""


LAST = f"({_SQL['last']})".replace("$1", "{log}").replace("$2", f"'{POLICY_ID}'")
"""The position of the last policy as a value in another statement; `{log}` stands for the log's number."""


async def policy_book(connection: Connection, log: EventLog, last: int | None = None) -> PolicyBook:
    """Every policy adopted by now; whoever knows the position of the last one saves asking for it."""
    if last is None:
        last = await connection.fetchval(_SQL["last"], log.id, POLICY_ID) or 0
    position, book = _books.get(log, (0, PolicyBook(())))
    if position != last:
        rows = await connection.fetch(_SQL["adopted"], log.id, POLICY_ID)
        said = [(row["position"], row["type"], json.loads(row["data"])) for row in rows]
        days = WorkdaysAnnounced.TOPIC
        book = PolicyBook(
            tuple((at, parse(data["document"])) for at, kind, data in said if kind != days),
            tuple(
                (at, Announcement.of(data["division"], data["days"]))
                for at, kind, data in said
                if kind == days
            ),
        )
        _books[log] = (last, book)
    return book
