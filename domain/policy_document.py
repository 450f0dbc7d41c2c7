"""政策文件 A policy document in usable form, or the reason why it is not usable.

What is adopted must work for every reader of the log from then on, so everything is checked here, once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import pairwise
from json import dumps, loads
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from chuishao.domain.calendar import Limit, TimeUnit, WorkingCalendar
from chuishao.domain.event import SHORT_TEXT, storable
from chuishao.domain.refusal import BadPolicy, UnknownCategory
from chuishao.domain.term import Term

N = TypeVar("N", int, float)


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

    def limit(self, about: LimitKind, /, **facts: str | None) -> Limit | None:
        """The limit of the rule that fits the facts most closely, or None where no rule fits."""
        fitting = [rule for rule in self.rules if rule["about"] == about and _fits(rule, facts)]
        if not fitting:
            return None
        best = max(fitting, key=_closeness)
        return _limit(best)

    def due(self, about: LimitKind, since: datetime, /, **facts: str | None) -> datetime | None:
        """When the limit that fits ends, or None where none is stated."""
        limit = self.limit(about, **facts)
        return self.ends(since, limit) if limit else None

    def ends(self, since: datetime, limit: Limit) -> datetime | None:
        """When a limit ends; None where it never does, for want of working time or of years."""
        try:
            return self.calendar.due(since, limit)
        except (ValueError, OverflowError):
            return None

    def category(self, code: str) -> Category:
        """The category of that code; refused when the catalogue has none."""
        try:
            return self.categories[code]
        except KeyError:
            raise UnknownCategory("category", code=code) from None


def _closeness(rule: dict[str, Any]) -> tuple[int, int]:
    """How closely a rule fits: by its conditions, then their length (a street beats its district)."""
    conditions = rule.get("when", {})
    return len(conditions), sum(map(len, conditions.values()))


def _fits(rule: dict[str, Any], facts: dict[str, str | None]) -> bool:
    return all((facts.get(name) or "").startswith(value) for name, value in rule.get("when", {}).items())


def parse(document: dict[str, Any]) -> Policy:
    """Read a policy document; refused with the reason when it is not usable."""
    try:
        return _parse(dumps(document, sort_keys=True, allow_nan=False))
    except KeyError as missing:
        raise BadPolicy("document", reason=f"{missing} is missing") from None
    except (TypeError, ValueError) as error:
        raise BadPolicy("document", reason=str(error)) from None


@lru_cache(maxsize=16)
def _parse(text: str) -> Policy:
    document = _object(loads(text), "the document")
    _require_storable(document)
    effective_from = _date(document["effectiveFrom"], "effectiveFrom")
    calendar = _calendar(_object(document["calendar"], "calendar"))
    grid = _object(document["grid"], "grid")
    return Policy(
        version=_version(document["version"]),
        effective_from=effective_from,
        calendar=calendar,
        grid_households=int(_number(grid["households"], 1, LARGEST_AMOUNT, "households")),
        grid_tolerance=_number(grid["tolerance"], 0, LARGEST_AMOUNT, "tolerance"),
        rules=_rules(document["limits"], calendar, effective_from),
        categories=_categories(document["categories"]),
    )


def _require_storable(document: object) -> None:
    if not all(storable(text) for text in _texts(document)):
        raise ValueError("it holds a NUL or an unpaired surrogate")


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for entry in (*value, *value.values()):
                yield from _texts(entry)
        case list():
            for entry in value:
                yield from _texts(entry)


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object")  # noqa: TRY004 everything unusable is a ValueError
    return value


def _number(value: object, low: int, high: int, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}")
    return value


def _version(value: object) -> str:
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if not 0 < len(text) <= SHORT_TEXT:
        raise ValueError(f"the version must be a text of 1 to {SHORT_TEXT} characters")
    return text


def _date(value: object, name: str) -> date:
    try:
        return date.fromisoformat(str(value) if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{name}: {value!r} is not a date such as 2026-03-01") from None


def _calendar(entry: dict[str, Any]) -> WorkingCalendar:
    days = entry["weekdays"]
    if not isinstance(days, list) or not days or any(day not in range(1, 8) for day in days):
        raise ValueError("weekdays must list at least one of 1 (Monday) to 7 (Sunday)")
    exceptions = _object(entry.get("exceptions", {}), "exceptions")
    if any(not isinstance(works, bool) for works in exceptions.values()):
        raise ValueError(f"exceptions say true (a working day) or false, not {exceptions}")
    return WorkingCalendar(
        zone=_zone(entry["zone"]),
        weekdays=frozenset(days),
        shifts=_shifts(entry["shifts"], "shifts"),
        urgent_shifts=_shifts(entry["urgentShifts"], "urgentShifts"),
        exceptions=tuple((_date(day, "exceptions"), works) for day, works in exceptions.items()),
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, TypeError, ValueError):
        raise ValueError(f"zone {name!r} is no known time zone") from None
    return name


def _shifts(pairs: list[list[str]], name: str) -> tuple[tuple[time, time], ...]:
    shifts = tuple(_shift(pair) for pair in pairs)
    if not shifts:
        raise ValueError(f"{name}: at least one shift is needed")
    if any(start < end for (_, end), (start, _) in pairwise(shifts)):
        raise ValueError(f"{name} overlap or are out of order")
    return shifts


def _shift(pair: list[str]) -> tuple[time, time]:
    start, end = (time.fromisoformat(text) for text in pair)
    if start.tzinfo or end.tzinfo:
        raise ValueError(f"shift {pair} is local time and names no zone")
    if start >= end:
        raise ValueError(f"shift {pair} does not end after it starts")
    return start, end


def _rules(
    entries: list[dict[str, Any]], calendar: WorkingCalendar, since: date
) -> tuple[dict[str, Any], ...]:
    rules = tuple(_rule(_object(entry, "a limit")) for entry in entries)
    _once([rule["id"] for rule in rules], "limit")
    for rule in rules:
        try:
            calendar.due(datetime.combine(since, time(), UTC), _limit(rule))
        except (ValueError, OverflowError):
            raise ValueError(f"limit {rule['id']} never ends in this calendar") from None
    return rules


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    LimitKind(rule["about"])
    TimeUnit(rule["unit"])
    if type(rule["amount"]) is not int or not 1 <= rule["amount"] <= LARGEST_AMOUNT:
        raise ValueError(f"limit {rule['id']}: the amount must be a whole number from 1 to {LARGEST_AMOUNT}")
    conditions = _object(rule.get("when", {}), "when")
    if any(not isinstance(value, str) for value in (rule["id"], *conditions.values())):
        raise ValueError(f"limit {rule['id']}: its id and every condition under `when` must be texts")
    if unknown := sorted(set(conditions) - CONDITIONS):
        known = ", ".join(sorted(CONDITIONS))
        raise ValueError(f"limit {rule['id']}: `when` knows {known}; not {', '.join(unknown)}")
    return rule


def _limit(rule: dict[str, Any]) -> Limit:
    return Limit(rule["amount"], TimeUnit(rule["unit"]), rule["id"])


def _categories(entries: list[dict[str, Any]]) -> dict[str, Category]:
    categories = [_category(_object(entry, "a category")) for entry in entries]
    _once([category.code for category in categories], "category")
    return {category.code: category for category in categories}


def _category(entry: dict[str, Any]) -> Category:
    group = _object(entry["group"], "group")
    texts = (entry["code"], entry["kind"], group["zh"], group["en"], entry["zh"], entry["en"])
    if any(not isinstance(text, str) for text in texts) or not re.fullmatch("[0-9]{5}", entry["code"]):
        raise ValueError(f"category {entry['code']!r}: a code has 5 digits, and all else is text")
    if entry["kind"] not in ("COMPONENT", "MATTER"):
        raise ValueError(f"category {entry['code']}: {entry['kind']} is neither COMPONENT nor MATTER")
    return Category(*texts)


def _once(names: list[str], what: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{what} {twice[0]} stands there twice")
