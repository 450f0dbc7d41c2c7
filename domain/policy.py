"""政策 Policy: every limit, tolerance, calendar and category is data, versioned, with a date of effect.

The source of the domain states no hour and no day: nothing of this kind is a constant in code. A policy is
one whole document; adopting a new version is an event, so what was in force when is always known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from json import dumps, loads
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.calendar import Limit, TimeUnit, WorkingCalendar
from chuishao.domain.event import Event
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.refusal import AlreadyExists, BadPolicy, NoPolicy, UnknownCategory
from chuishao.domain.term import Term


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
        best = max(fitting, key=lambda rule: len(rule.get("when", {})))
        return Limit(best["amount"], TimeUnit(best["unit"]), best["id"])

    def due(self, about: LimitKind, since: datetime, /, **facts: str | None) -> datetime | None:
        """When the limit that fits ends, or None where none is stated."""
        limit = self.limit(about, **facts)
        return self.calendar.due(since, limit) if limit else None

    def category(self, code: str) -> Category:
        """The category of that code; refused when the catalogue has none."""
        try:
            return self.categories[code]
        except KeyError:
            raise UnknownCategory("category", code=code) from None


def _fits(rule: dict[str, Any], facts: dict[str, str | None]) -> bool:
    return all((facts.get(name) or "").startswith(value) for name, value in rule.get("when", {}).items())


def parse(document: dict[str, Any]) -> Policy:
    """Read a policy document; refused with the reason when it is not usable."""
    return _parse(dumps(document, sort_keys=True))


@lru_cache(maxsize=16)
def _parse(text: str) -> Policy:
    document = loads(text)
    try:
        return Policy(
            version=str(document["version"]),
            effective_from=date.fromisoformat(document["effectiveFrom"]),
            calendar=_calendar(document["calendar"]),
            grid_households=int(document["grid"]["households"]),
            grid_tolerance=float(document["grid"]["tolerance"]),
            rules=tuple(_rule(rule) for rule in document["limits"]),
            categories={entry["code"]: _category(entry) for entry in document["categories"]},
        )
    except KeyError as missing:
        raise BadPolicy("document", reason=f"{missing} is missing") from None
    except (TypeError, ValueError) as error:
        raise BadPolicy("document", reason=str(error)) from None


def _calendar(entry: dict[str, Any]) -> WorkingCalendar:
    ZoneInfo(entry["zone"])
    exceptions = entry.get("exceptions", {})
    return WorkingCalendar(
        zone=entry["zone"],
        weekdays=frozenset(entry["weekdays"]),
        shifts=tuple(_shift(shift) for shift in entry["shifts"]),
        urgent_shifts=tuple(_shift(shift) for shift in entry["urgentShifts"]),
        exceptions=tuple((date.fromisoformat(day), bool(works)) for day, works in exceptions.items()),
    )


def _shift(pair: list[str]) -> tuple[time, time]:
    start, end = (time.fromisoformat(text) for text in pair)
    if start >= end:
        raise ValueError(f"shift {pair} does not end after it starts")
    return start, end


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    LimitKind(rule["about"])
    TimeUnit(rule["unit"])
    if not isinstance(rule["amount"], int) or rule["amount"] < 1:
        raise ValueError(f"limit {rule['id']}: the amount must be a whole number above 0")
    return rule


def _category(entry: dict[str, Any]) -> Category:
    group = entry["group"]
    return Category(entry["code"], entry["kind"], group["zh"], group["en"], entry["zh"], entry["en"])


class PolicyAdopted(Event, AggregateCreated):
    """A policy document was adopted, to be in force from its date."""

    TOPIC = "PolicyAdopted"
    document: dict[str, Any]

    def apply(self, policies: Policies) -> None:
        """Keep the document beside its predecessors."""
        policies.documents.append(self.document)


class PolicyRevised(Event):
    """A further version was adopted."""

    TOPIC = "PolicyRevised"
    document: dict[str, Any]

    def apply(self, policies: Policies) -> None:
        """Keep the document beside its predecessors."""
        policies.documents.append(self.document)


class Policies(BaseAggregate[UUID]):
    """All policies ever adopted, in the order of their adoption."""

    TOPIC = "policies"

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    @property
    def place(self) -> str:
        """Policies hold everywhere."""
        return ""

    @property
    def correlation(self) -> None:
        """Policies belong to no case."""

    @classmethod
    def adopt(cls, document: dict[str, Any], at: datetime) -> Self:
        """Adopt the first policy."""
        parse(document)
        return cls._create(PolicyAdopted, id=POLICY_ID, timestamp=at, document=document)

    def revise(self, document: dict[str, Any], at: datetime) -> None:
        """Adopt a further version; the same document again changes nothing."""
        policy = parse(document)
        for known in self.documents:
            if known == document:
                return
            if str(known["version"]) == policy.version:
                raise AlreadyExists("document", kind="policy", id=policy.version, existing="other content")
        self.trigger_event(PolicyRevised, timestamp=at, document=document)

    def in_force(self, at: datetime) -> Policy:
        """The policy in force at that moment: of those effective by then, the one adopted last."""
        return in_force([parse(document) for document in self.documents], at)


def in_force(policies: list[Policy], at: datetime) -> Policy:
    """Of the policies effective by then, the one with the latest date; the later adopted wins a tie."""
    effective = [
        (policy.effective_from, order, policy)
        for order, policy in enumerate(policies)
        if policy.effective_from <= at.astimezone(ZoneInfo(policy.calendar.zone)).date()
    ]
    if not effective:
        raise NoPolicy(at=at.isoformat())
    return max(effective, key=lambda entry: entry[:2])[2]
