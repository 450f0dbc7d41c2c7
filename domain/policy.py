"""政策 Policy: every limit, tolerance, calendar and category is data, versioned, with a date of effect.

The source of the domain states no hour and no day: nothing of this kind is a constant in code. A policy is
one whole document; adopting a new version is an event, so what was in force when is always known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import Event
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy_document import LIMITS, Category, LimitKind, Policy, parse
from chuishao.domain.refusal import AlreadyExists, NoPolicy
from chuishao.domain.workdays import Announcement, require_days, said_of

__all__ = [
    "LIMITS",
    "Category",
    "LimitKind",
    "Policies",
    "Policy",
    "PolicyAdopted",
    "PolicyRevised",
    "WorkdaysAnnounced",
    "in_force",
    "parse",
]


class PolicyAdopted(Event, AggregateCreated):
    """采用政策: a policy document was adopted, to be in force from its date."""

    TOPIC = "PolicyAdopted"
    document: dict[str, Any]

    def apply(self, policies: Policies) -> None:
        """Keep the document beside its predecessors."""
        policies.documents.append(self.document)


class PolicyRevised(Event):
    """修订政策: a further version was adopted."""

    TOPIC = "PolicyRevised"
    document: dict[str, Any]

    def apply(self, policies: Policies) -> None:
        """Keep the document beside its predecessors."""
        policies.documents.append(self.document)


class WorkdaysAnnounced(Event):
    """公布工作日: it was announced on which days one works in a place, and on which one does not."""

    TOPIC = "WorkdaysAnnounced"
    division: str
    days: dict[str, bool]

    def apply(self, policies: Policies) -> None:
        """Keep it behind what was announced before."""
        policies.announced = (*policies.announced, Announcement.of(self.division, self.days))


class Policies(BaseAggregate[UUID]):
    """All policies ever adopted, in the order of their adoption, and what was announced of single days."""

    TOPIC = "policies"

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.announced: tuple[Announcement, ...] = ()

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
                kind, existing = Phrase("policy", "政策"), Phrase("other content", "内容不同")
                raise AlreadyExists("document", "version", kind=kind, id=policy.version, existing=existing)
        self.trigger_event(PolicyRevised, timestamp=at, document=document)

    def announce(self, division: str, days: Sequence[tuple[date, bool]], at: datetime) -> None:
        """Announce on which days one works in a place; what holds there already changes nothing."""
        wanted = require_days(days)
        said = said_of(self.announced, division)
        if any(said.get(day) != works for day, works in wanted.items()):
            named = {day.isoformat(): works for day, works in wanted.items()}
            self.trigger_event(WorkdaysAnnounced, timestamp=at, division=division, days=named)

    def in_force(self, at: datetime) -> Policy:
        """The policy in force at that moment: of those effective by then, the one adopted last."""
        return in_force([parse(document) for document in self.documents], at).announcing(self.announced)


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
