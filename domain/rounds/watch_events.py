"""The facts of a watch (守望). Topics and field names are the storage format; `apply` only folds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.domain.rounds.terms import WelfareCheck

if TYPE_CHECKING:
    from chuishao.domain.rounds.watch import NeighbourWatch

Text = PersonalText | SealedText


class WatchEvent(Event):
    """A fact of the watch over one household."""

    REGISTERED = True


class WatchBegun(WatchEvent, AggregateCreated):
    """列入守望名单: a household is watched over from a local day on; `watcher` is the neighbour asked to."""

    TOPIC = "WatchBegun"
    grid: str
    household: int
    day: str
    person: UUID | None
    watcher: UUID | None
    need: Text | None

    def apply(self, watch: NeighbourWatch) -> None:
        """Begin."""
        watch.grid = self.grid
        watch.household = self.household
        watch.begun(self.day, self.person, self.watcher, self.timestamp)


class WatchResumed(WatchEvent):
    """重新列入守望名单: the household is watched over again."""

    TOPIC = "WatchResumed"
    day: str
    person: UUID | None
    watcher: UUID | None
    need: Text | None

    def apply(self, watch: NeighbourWatch) -> None:
        """Begin anew."""
        watch.begun(self.day, self.person, self.watcher, self.timestamp)


class WatchEnded(WatchEvent):
    """移出守望名单: the household is watched over no longer."""

    TOPIC = "WatchEnded"
    reason: Text

    def apply(self, watch: NeighbourWatch) -> None:
        """End."""
        watch.ended_at = self.timestamp


class WelfareCheckDone(WatchEvent):
    """查看: somebody looked at the curtain or the light of a local day."""

    TOPIC = "WelfareCheckDone"
    check: str
    day: str
    amiss: bool
    finding: Text | None

    def apply(self, watch: NeighbourWatch) -> None:
        """Owe that check no longer."""
        watch.settle(WelfareCheck(self.check), self.day)


class ConcernRaised(WatchEvent):
    """提出担忧: somebody should see to the household; `check` and `day` where a check led to it."""

    TOPIC = "ConcernRaised"
    grid: str
    household: int
    cause: str
    check: str | None
    day: str | None
    rule: str | None
    finding: Text | None

    def apply(self, watch: NeighbourWatch) -> None:
        """Owe the check no longer that led to it."""
        if self.check is not None and self.day is not None:
            watch.settle(WelfareCheck(self.check), self.day)
