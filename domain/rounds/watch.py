"""守望 NeighbourWatch: “敲敲窗、拍拍门”、“早看窗帘、晚看灯”.

A household on the watch list is owed a look at its curtain in the morning and at its light in the evening of
each local day. A look that finds something amiss, and a look that was not made in time, raise a concern. When
morning and evening end is policy.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup
from chuishao.domain.event import PersonalText, about, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden, NotYetDue
from chuishao.domain.rounds import watch_events as facts
from chuishao.domain.rounds.checks import OwedCheck
from chuishao.domain.rounds.days import is_owed, is_settled, settled_days
from chuishao.domain.rounds.household import household_subject
from chuishao.domain.rounds.refusals import (
    AlreadyWatched,
    BegunLongAgo,
    CheckNotOwed,
    CheckTooEarly,
    NotWatched,
)
from chuishao.domain.rounds.terms import ConcernCause, WelfareCheck
from chuishao.domain.vocabulary import Role

BEGUN = Phrase("the watch", "守望")
LOOKERS = Phrase("the neighbour named for the household", "该户的指定邻居")
BACKDATED = timedelta(days=7)
"""How long ago a watch may have begun that is entered now: each day of it owes two looks at once."""


def watch_id(grid: str, household: int) -> UUID:
    """The stream of the watch over a household."""
    return identify("watch", grid, household)


def require_recent(at: datetime, now: datetime) -> None:
    """Refuse a beginning of long ago: every look since then would be missed, and each is a concern."""
    if at < now - BACKDATED:
        raise BegunLongAgo("occurredAt", at=at.isoformat(), days=BACKDATED.days)


def require_looker(by: Actor, watcher: UUID | None) -> None:
    """Refuse a resident who is not the neighbour named; also where nobody is watched over.

    Whether a household is on the list is told to no other resident.
    """
    if by.role is Role.RESIDENT and (watcher is None or by.id != str(watcher)):
        raise Forbidden(role=by.role, action=Setup.LOOK_IN, allowed=LOOKERS)


class NeighbourWatch(BaseAggregate[UUID]):
    """The watch over one household, for as long as it is on the list; `Watched` says what its days are."""

    TOPIC = "watch"

    def __init__(self) -> None:
        self.grid = ""
        self.household = 0
        self.person: UUID | None = None
        self.watcher: UUID | None = None
        self.since = self.created_on
        self.ended_at: datetime | None = None
        self.first = ""
        self.days = ""

    @property
    def place(self) -> str:
        """The grid of the household."""
        return self.grid

    @property
    def correlation(self) -> UUID:
        """The watch is a file of its own: only those who see it see its events."""
        return self.id

    def begun(self, day: str, person: UUID | None, watcher: UUID | None, at: datetime) -> None:
        """Fold the beginning, or another one after an end."""
        self.person, self.watcher = person, watcher
        self.since, self.ended_at = at, None
        self.first, self.days = day, ""

    def settle(self, check: WelfareCheck, day: str) -> None:
        """Fold that a check of a day needs nothing more."""
        self.days = settled_days(self, check, day)

    # Decisions

    @classmethod
    def begin(
        cls,
        grid: str,
        household: int,
        day: date,
        person: UUID | None,
        watcher: UUID | None,
        need: str | None,
        at: datetime,
    ) -> Self:
        """列入名单: watch over a household from that local day on."""
        return cls._create(
            facts.WatchBegun,
            id=watch_id(grid, household),
            timestamp=at,
            grid=grid,
            household=household,
            day=day.isoformat(),
            person=person,
            watcher=watcher,
            need=about(household_subject(grid, household), "need", need),
        )

    def resume(
        self, day: date, person: UUID | None, watcher: UUID | None, need: str | None, at: datetime
    ) -> None:
        """重新列入: watch over it again; while it is watched over in the same way, nothing changes."""
        if self.ended_at is None:
            if (person, watcher) != (self.person, self.watcher):
                raise AlreadyWatched("household", grid=self.grid, household=self.household)
            return
        not_before(at, self.ended_at, BEGUN)
        self.trigger_event(
            facts.WatchResumed,
            timestamp=at,
            day=day.isoformat(),
            person=person,
            watcher=watcher,
            need=about(self.subject, "need", need),
        )

    def end(self, reason: str, at: datetime) -> None:
        """移出名单: nobody needs to look in any longer."""
        self._require_watched(at)
        said = PersonalText(self.subject, written("reason", reason))
        self.trigger_event(facts.WatchEnded, timestamp=at, reason=said)

    def look(
        self,
        check: WelfareCheck,
        day: date,
        amiss: bool,
        finding: str | None,
        opens: datetime | None,
        owed: OwedCheck | None,
        by: Actor,
        at: datetime,
    ) -> None:
        """查看: look in. Two neighbours may both look; whatever is amiss is a concern at once.

        `opens` is when the morning's time ends, and the evening's begins; `owed` is the check that is made.
        One that comes after its time was missed first, whether or not somebody has said so by then.
        """
        require_looker(by, self.watcher)
        self._require_watched(at)
        if check is WelfareCheck.LIGHT and opens is not None and at < opens:
            raise CheckTooEarly("check", opens=opens.isoformat())
        if owed is not None and owed.ends <= at and is_owed(self, owed.ends):
            self.miss(owed, at)
        said = about(self.subject, "finding", finding)
        self.trigger_event(
            facts.WelfareCheckDone,
            timestamp=at,
            check=check.value,
            day=day.isoformat(),
            amiss=amiss,
            finding=said,
        )
        if amiss:
            self._worry(ConcernCause.AMISS, at, check, day, said)

    def raise_concern(self, finding: str, by: Actor, at: datetime) -> None:
        """担忧: say what worries, at any hour."""
        require_looker(by, self.watcher)
        self._require_watched(at)
        said = PersonalText(self.subject, written("finding", finding))
        self._worry(ConcernCause.OTHER, at, finding=said)

    def miss(self, missed: OwedCheck, at: datetime) -> None:
        """漏查: raise the concern of a check that was not made, at the moment its time was over.

        Where the check was made after all, or its concern raised, nothing changes.
        """
        check, day, due = missed.check, missed.day, missed.ends
        if not is_owed(self, due):
            raise CheckNotOwed("day", check=check, day=day.isoformat())
        if at < due:
            raise NotYetDue(due=due.isoformat(), at=at.isoformat())
        if not is_settled(self, check, day):
            self._worry(ConcernCause.MISSED_CHECK, due, check, day, rule=missed.rule)

    def _worry(
        self,
        cause: ConcernCause,
        at: datetime,
        check: WelfareCheck | None = None,
        day: date | None = None,
        finding: PersonalText | None = None,
        rule: str | None = None,
    ) -> None:
        self.trigger_event(
            facts.ConcernRaised,
            timestamp=at,
            grid=self.grid,
            household=self.household,
            cause=cause.value,
            check=check.value if check else None,
            day=day.isoformat() if day else None,
            rule=rule,
            finding=finding,
        )

    @property
    def subject(self) -> UUID:
        """Whom the words are about: whoever lives there."""
        return household_subject(self.grid, self.household)

    def _require_watched(self, at: datetime) -> None:
        if self.ended_at is not None:
            raise NotWatched("household", grid=self.grid, household=self.household)
        not_before(at, self.since, BEGUN)
