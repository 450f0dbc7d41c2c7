"""政策文件 A policy document in usable form, or the reason why it is not usable.

What is adopted must work for every reader of the log from then on, so everything is checked here, once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import pairwise
from json import dumps, loads
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chuishao.domain.calendar import Limit, TimeUnit, WorkingCalendar
from chuishao.domain.clock import RUNNING, Clock
from chuishao.domain.event import SHORT_TEXT
from chuishao.domain.lifecycle import Status
from chuishao.domain.measure import MINIMUM_SAMPLE
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy_entry import Entry, require_once, require_storable
from chuishao.domain.refusal import BadPolicy, UnknownCategory
from chuishao.domain.term import Term
from chuishao.domain.workdays import Announcement, Workday, holding

LARGEST_AMOUNT = 1_000_000
"""Units in a limit."""
CONDITIONS = frozenset({"category", "division", "kind", "severity", "tier"})
"""What a rule's `when` may ask of a case or whistle: each a prefix that its fact must have."""


class LimitKind(Term):
    """期限类型 What a limit is about."""

    ACCEPT = "ACCEPT", "受理", "from the report to its acceptance"
    ASSESS = "ASSESS", "研判", "from acceptance to assessment"
    ASSIGN = "ASSIGN", "交办", "from assessment to assignment"
    HANDLE = "HANDLE", "处置", "from assignment to resolution, by tier"
    VERIFY = "VERIFY", "核查", "from resolution to verification"
    SIGN = "SIGN", "签收", "from the summons to its signature"
    CHECK_IN = "CHECK_IN", "报到", "from the summons to the check-in"
    CURTAIN_CHECK = "CURTAIN_CHECK", "早看窗帘", "from the beginning of the local day to the morning's check"
    LIGHT_CHECK = "LIGHT_CHECK", "晚看灯", "from the beginning of the local day to the evening's check"


LIMITS: dict[Status, LimitKind] = {
    Status.REPORTED: LimitKind.ACCEPT,
    Status.ACCEPTED: LimitKind.ASSESS,
    Status.ASSESSED: LimitKind.ASSIGN,
    Status.ASSIGNED: LimitKind.HANDLE,
    Status.WHISTLED: LimitKind.HANDLE,
    Status.RESOLVED: LimitKind.VERIFY,
}
"""The limit that runs in each state of a case; none runs once it is verified."""


class Finding(Term):
    """发现来源 What becomes a case by itself, of a category that the policy names."""

    CONCERN = "CONCERN", "守望担忧", "a concern about a household that is watched over"
    STEWARD = "STEWARD", "小巷管家上报", "what an alley steward reports"


@dataclass(frozen=True, slots=True)
class Category:
    """事项类别 A class of matters: 5 digits, 2 for the group and 3 for the class."""

    code: str
    kind: str
    group_zh: str
    group_en: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document in usable form."""

    version: str
    effective_from: date
    calendar: WorkingCalendar
    grid_households: int
    grid_tolerance: float
    rules: tuple[dict[str, Any], ...]
    categories: dict[str, Category]
    disputes: dict[str, tuple[UUID, ...]]
    """By the beginning of a place's code, the departments that are summoned to its major disputes."""
    part_households: float | None
    """About how many households a community has that comes of a split; None where nothing is said."""
    part_tolerance: float
    findings: dict[Finding, str]
    """Of which category a case is that follows from a finding; without one, somebody has to report it."""
    daily_clearance: bool
    """“日日清”约请: whether units may be invited to clear a matter on the day; off where nothing is said."""
    escalates: bool = False
    """逾期升级: whether what is handled goes to the next tier once its limit passed; off unless said."""
    minimum_sample: int = MINIMUM_SAMPLE
    """From how large a sample on figures are compared and ranked."""
    follow_ups: tuple[dict[str, Any], ...] = ()
    """回访抽样: of which cases how many in a hundred are called back after verification; none unless said."""
    announced: tuple[Announcement, ...] = ()
    """What was announced of single days, in the order in which it was."""
    _announcing: list[Policy] = field(default_factory=list, init=False, repr=False, compare=False)
    _calendars: dict[tuple[int, ...], tuple[WorkingCalendar, Collection[date]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The calendars of places with the days announced there, by the announcements that hold."""

    def announcing(self, announced: tuple[Announcement, ...]) -> Policy:
        """The same where this was announced of single days; the last one asked for is remembered."""
        if not announced:
            return self
        if not self._announcing or self._announcing[0].announced != announced:
            self._announcing[:] = [replace(self, announced=announced)]
        return self._announcing[0]

    def workday(self, place: str, day: date) -> Workday:
        """What holds of a day in a place."""
        calendar, announced = self._holding(place)
        return Workday(place, day, calendar.is_working_day(day), day in announced)

    def calendar_of(self, place: str) -> WorkingCalendar:
        """The working calendar of a place: the policy's, with what was announced there."""
        return self._holding(place)[0]

    def _holding(self, place: str) -> tuple[WorkingCalendar, Collection[date]]:
        """The calendar of a place, and the days that were announced there."""
        held = holding(self.announced, place)
        if held not in self._calendars:
            days = dict(day for number in held for day in self.announced[number].days)
            self._calendars[held] = (self.calendar.with_days(days) if days else self.calendar), days.keys()
        return self._calendars[held]

    def part_outlier(self, households: int) -> bool | None:
        """Whether the size of a part lies outside what is asked; None where nothing is."""
        if self.part_households is None:
            return None
        return abs(households - self.part_households) > self.part_tolerance * self.part_households

    def day(self, at: datetime) -> date:
        """The local day that a moment belongs to."""
        return at.astimezone(ZoneInfo(self.calendar.zone)).date()

    def summoned_to_disputes(self, place: str) -> tuple[UUID, ...]:
        """Whom the whistle for a major dispute summons: the departments of the closest place, or none."""
        fitting = [prefix for prefix in self.disputes if place.startswith(prefix)]
        return self.disputes[max(fitting, key=len)] if fitting else ()

    def limit(self, about: LimitKind, /, **facts: str | None) -> Limit | None:
        """The limit of the rule that fits the facts most closely, or None where no rule fits."""
        best = _closest((rule for rule in self.rules if rule["about"] == about), facts)
        return _limit(best) if best else None

    def follow_up_percent(self, **facts: str | None) -> int:
        """回访比例 How many in a hundred of such cases are called back, by the closest rule."""
        best = _closest(self.follow_ups, facts)
        return int(best["percent"]) if best else 0

    def due(self, about: LimitKind, since: datetime, /, **facts: str | None) -> datetime | None:
        """When the limit that fits ends, or None where none is stated; the fact `division` is the place."""
        limit = self.limit(about, **facts)
        return self.ends(since, limit, facts.get("division") or "") if limit else None

    def ends(self, since: datetime, limit: Limit, place: str, clock: Clock = RUNNING) -> datetime | None:
        """When a limit ends in a place; None where it never does, for want of working time or of years.

        A clock that stands still until it is resumed lets it end never, too.
        """
        try:
            return clock.due(self.calendar_of(place), since, limit)
        except (ValueError, OverflowError):
            return None

    def left(self, since: datetime, limit: Limit, place: str, clock: Clock, now: datetime) -> int | None:
        """Seconds that count until a limit ends in a place, below 0 once it is over; None: it never ends."""
        try:
            return clock.left(self.calendar_of(place), since, limit, now)
        except (ValueError, OverflowError):
            return None

    def category(self, code: str) -> Category:
        """The category of that code; refused when the catalogue has none."""
        try:
            return self.categories[code]
        except KeyError:
            raise UnknownCategory("category", code=code) from None


def _closest(rules: Iterable[dict[str, Any]], facts: dict[str, str | None]) -> dict[str, Any] | None:
    """The rule that fits facts most closely, the first of several; None where none does."""
    return max((rule for rule in rules if _fits(rule, facts)), key=_closeness, default=None)


def _closeness(rule: dict[str, Any]) -> tuple[int, int]:
    """How closely a rule fits: by its conditions, then their length (a street beats its district)."""
    conditions = rule.get("when", {})
    return len(conditions), sum(map(len, conditions.values()))


def _fits(rule: dict[str, Any], facts: dict[str, str | None]) -> bool:
    return all((facts.get(name) or "").startswith(value) for name, value in rule.get("when", {}).items())


def parse(document: dict[str, Any]) -> Policy:
    """Read a policy document; refused with the reason and the way to it when it is not usable."""
    try:
        return _parse(dumps(document, sort_keys=True, allow_nan=False))
    except (TypeError, ValueError) as error:
        reason = Phrase(f"it is not JSON: {error}", f"不是有效的 JSON：`{error}`")
        raise BadPolicy("document", reason=reason) from None


@lru_cache(maxsize=16)
def _parse(text: str) -> Policy:
    document = Entry(loads(text))
    document.as_object()
    require_storable(document)
    effective_from = document["effectiveFrom"].as_date()
    calendar = _calendar(document["calendar"])
    grid, community = document["grid"], document.get("community")
    community.as_object()
    categories = _categories(document["categories"])
    return Policy(
        version=_version(document["version"]),
        effective_from=effective_from,
        calendar=calendar,
        grid_households=int(grid["households"].number(1, LARGEST_AMOUNT)),
        grid_tolerance=grid["tolerance"].number(0, LARGEST_AMOUNT),
        rules=_rules(document["limits"], calendar, effective_from),
        categories=categories,
        disputes=dict(_dispute(place) for place in document.get("disputes").members()),
        part_households=community["households"].number(1, LARGEST_AMOUNT) if community.value else None,
        part_tolerance=community["tolerance"].number(0, LARGEST_AMOUNT) if community.value else 0,
        findings=_findings(document.get("findings"), categories),
        daily_clearance=_enabled(document.get("dailyClearance")),
        escalates=_enabled(document.get("escalation")),
        minimum_sample=_minimum_sample(document.get("measures")),
        follow_ups=_follow_ups(document.get("followUps", [])),
    )


def _enabled(entry: Entry) -> bool:
    """Whether what may be left out is turned on."""
    if not entry.as_object():
        return False
    enabled = entry["enabled"]
    if not isinstance(enabled.value, bool):
        enabled.refuse(f"{enabled.name} must be true or false", f"{enabled.name} 须为 `true` 或 `false`")
    return enabled.value


def _minimum_sample(entry: Entry) -> int:
    """From how large a sample on figures are compared."""
    return int(entry["minimumSample"].whole(1, LARGEST_AMOUNT)) if entry.as_object() else MINIMUM_SAMPLE


def _follow_ups(entry: Entry) -> tuple[dict[str, Any], ...]:
    """Of which cases how many in a hundred are called back."""
    for rule in entry.each():
        rule["percent"].whole(0, 100)
        _require_conditions(rule)
    return tuple(entry.value)


def _findings(entry: Entry, categories: dict[str, Category]) -> dict[Finding, str]:
    """For kinds of findings, the category of the case that follows."""
    found = {}
    for each in entry.members():
        try:
            kind = Finding(each.path[-1])
        except ValueError:
            known = ", ".join(Finding)
            each.refuse(
                f"findings are {known}; not {each.path[-1]}", f"findings 可用 {known}；不能用 {each.path[-1]}"
            )
        if each.text() not in categories:
            each.refuse(f"no category has the code {each.value}", f"没有代码为 {each.value} 的类别")
        found[kind] = each.text()
    return found


def _dispute(entry: Entry) -> tuple[str, tuple[UUID, ...]]:
    """For a place, the departments that are summoned to its major disputes."""
    departments = [_identifier(each) for each in entry.each()]
    require_once(entry.each(), Phrase("department", "部门"))
    return entry.path[-1], tuple(departments)


def _identifier(entry: Entry) -> UUID:
    try:
        return UUID(entry.text())
    except ValueError:
        entry.refuse(f"{entry.value!r} is no identifier", f"{entry.value!r} 不是标识")


def _version(entry: Entry) -> str:
    text = str(entry.value).strip() if isinstance(entry.value, (str, int)) else ""
    if not 0 < len(text) <= SHORT_TEXT:
        entry.refuse(
            f"the version must be a text of 1 to {SHORT_TEXT} characters",
            f"version 须为 1 到 {SHORT_TEXT} 字的文字",
        )
    return text


def _calendar(entry: Entry) -> WorkingCalendar:
    days = entry["weekdays"]
    if (
        not isinstance(days.value, list)
        or not days.value
        or any(day not in range(1, 8) for day in days.value)
    ):
        days.refuse(
            "weekdays must list at least one of 1 (Monday) to 7 (Sunday)",
            "weekdays 须列出 1（周一）到 7（周日）中的至少一天",
        )
    return WorkingCalendar(
        zone=_zone(entry["zone"]),
        weekdays=frozenset(days.value),
        shifts=_shifts(entry["shifts"]),
        urgent_shifts=_shifts(entry["urgentShifts"]),
        exceptions=tuple(_exception(day) for day in entry.get("exceptions").members()),
    )


def _exception(entry: Entry) -> tuple[date, bool]:
    day = entry.named_date()
    if not isinstance(entry.value, bool):
        entry.refuse(
            f"exceptions say true (a working day) or false, not {entry.value!r} for {day}",
            f"exceptions 须为 `true`（工作日）或 `false`，{day} 却为 {entry.value!r}",
        )
    return day, entry.value


def _zone(entry: Entry) -> str:
    try:
        ZoneInfo(entry.value)
    except (KeyError, OSError, TypeError, ValueError):
        entry.refuse(f"zone {entry.value!r} is no known time zone", f"zone {entry.value!r} 不是已知时区")
    return str(entry.value)


def _shifts(entry: Entry) -> tuple[tuple[time, time], ...]:
    shifts = tuple(_shift(pair) for pair in entry.each())
    if not shifts:
        entry.refuse(f"{entry.name}: at least one shift is needed", f"{entry.name}：至少须有一个班次")
    if any(start < end for (_, end), (start, _) in pairwise(shifts)):
        entry.refuse(f"{entry.name} overlap or are out of order", f"{entry.name} 重叠或次序颠倒")
    return shifts


def _shift(entry: Entry) -> tuple[time, time]:
    ends = entry.each()
    if len(ends) != 2:  # noqa: PLR2004 a start and an end
        entry.refuse(f"{entry.name}: a shift has a start and an end", f"{entry.name}：班次须有起止时刻")
    start, end = (moment.as_time() for moment in ends)
    if start >= end:
        entry.refuse(
            f"shift {entry.value} does not end after it starts", f"班次 {entry.value} 的结束不晚于开始"
        )
    return start, end


def _rules(entries: Entry, calendar: WorkingCalendar, since: date) -> tuple[dict[str, Any], ...]:
    for entry in entries.each():
        _require_rule(entry)
    require_once([entry["id"] for entry in entries.each()], Phrase("limit", "期限"))
    for entry in entries.each():
        try:
            calendar.due(datetime.combine(since, time(), UTC), _limit(entry.value))
        except (ValueError, OverflowError):
            name = entry.value["id"]
            entry["amount"].refuse(
                f"limit {name} never ends in this calendar", f"期限 {name} 在此日历中永不届满"
            )
    return tuple(entries.value)


def _require_rule(rule: Entry) -> None:
    rule["id"].text()
    rule["about"].term(LimitKind)
    rule["unit"].term(TimeUnit)
    rule["amount"].whole(1, LARGEST_AMOUNT)
    _require_conditions(rule)


def _require_conditions(rule: Entry) -> None:
    for condition in rule.get("when").members():
        condition.text()
        if condition.path[-1] not in CONDITIONS:
            known, given = ", ".join(sorted(CONDITIONS)), condition.path[-1]
            condition.refuse(f"`when` knows {known}; not {given}", f"`when` 可用 `{known}`；不能用 {given}")


def _limit(rule: dict[str, Any]) -> Limit:
    return Limit(rule["amount"], TimeUnit(rule["unit"]), rule["id"])


def _categories(entries: Entry) -> dict[str, Category]:
    categories = [_category(entry) for entry in entries.each()]
    require_once([entry["code"] for entry in entries.each()], Phrase("category", "类别"))
    return {category.code: category for category in categories}


def _category(entry: Entry) -> Category:
    group, code, kind = entry["group"], entry["code"], entry["kind"]
    if not re.fullmatch("[0-9]{5}", code.text()):
        code.refuse(f"category {code.value!r}: a code has 5 digits", f"类别 {code.value!r}：代码为 5 位数字")
    if kind.text() not in ("COMPONENT", "MATTER"):
        kind.refuse(
            f"category {code.value}: {kind.value} is neither COMPONENT nor MATTER",
            f"类别 {code.value}：{kind.value} 既非 COMPONENT 也非 MATTER",
        )
    names = (group["zh"], group["en"], entry["zh"], entry["en"])
    return Category(code.value, kind.value, *(name.text() for name in names))
