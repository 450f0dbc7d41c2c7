"""巡查走访 Patrol: somebody walks through a grid, knocks at doors, and says what came of it.

The source states no rule. Ours: a patrol stays in its grid, is told by whoever walks it, and ends once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.event import Event, PersonalText, SealedText, about, not_before
from chuishao.domain.phrase import Phrase
from chuishao.domain.rounds.household import household_subject, require_household
from chuishao.domain.rounds.refusals import OthersPatrol, PatrolOver
from chuishao.domain.rounds.terms import VisitOutcome

LAST = Phrase("the last step of the patrol", "上一步巡查")


class PatrolEvent(Event):
    """A fact of one patrol."""

    REGISTERED = True


class PatrolStarted(PatrolEvent, AggregateCreated):
    """开始巡查: somebody set out through a grid, which had so many households."""

    TOPIC = "PatrolStarted"
    grid: str
    households: int
    by: str

    def apply(self, patrol: Patrol) -> None:
        """Be under way."""
        patrol.grid = self.grid
        patrol.households = self.households
        patrol.by = self.by


class VisitLogged(PatrolEvent):
    """登记走访: somebody knocked at a household's door."""

    TOPIC = "VisitLogged"
    household: int
    outcome: str
    finding: PersonalText | SealedText | None

    def apply(self, patrol: Patrol) -> None:
        """Go on."""
        patrol.last = self.timestamp


class PatrolFinished(PatrolEvent):
    """结束巡查: the patrol ended."""

    TOPIC = "PatrolFinished"

    def apply(self, patrol: Patrol) -> None:
        """Be over."""
        patrol.finished_at = self.timestamp


class Patrol(BaseAggregate[UUID]):
    """One walk through one grid."""

    TOPIC = "patrol"

    def __init__(self) -> None:
        self.grid = ""
        self.households = 0
        self.by = ""
        self.last = self.created_on
        self.finished_at: datetime | None = None

    @property
    def place(self) -> str:
        """The grid walked through."""
        return self.grid

    @property
    def correlation(self) -> UUID:
        """The patrol is a file of its own: only those who see it see its events."""
        return self.id

    @classmethod
    def start(cls, patrol: UUID, grid: str, households: int, by: Actor, at: datetime) -> Self:
        """Set out through a grid of so many households."""
        return cls._create(PatrolStarted, id=patrol, timestamp=at, grid=grid, households=households, by=by.id)

    def visit(
        self, household: int, outcome: VisitOutcome, finding: str | None, by: Actor, at: datetime
    ) -> None:
        """Knock at a door; a door that stayed shut may be knocked at again."""
        self._require_walking(by, at)
        require_household(household, self.households)
        said = about(household_subject(self.grid, household), "finding", finding)
        self.trigger_event(
            VisitLogged, timestamp=at, household=household, outcome=outcome.value, finding=said
        )

    def finish(self, by: Actor, at: datetime) -> None:
        """Come home; a patrol that has finished stays as it is."""
        if self.finished_at is not None and by.id == self.by:
            return
        self._require_walking(by, at)
        self.trigger_event(PatrolFinished, timestamp=at)

    def _require_walking(self, by: Actor, at: datetime) -> None:
        if by.id != self.by:
            raise OthersPatrol("patrolId", by=self.by)
        if self.finished_at is not None:
            raise PatrolOver("patrolId", at=self.finished_at.isoformat())
        not_before(at, self.last, LAST)
