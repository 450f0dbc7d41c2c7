"""人员 Person: somebody on a place's roster, and how they grow.

“天津市社区社会工作员、国家助理社工师、国家社工师梯次衔接”, “市、区、街镇三级培训体系”, 综合考核. The rungs
are attained in order; a period is appraised once; an incentive follows the appraisal of its period.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, about, not_before, written
from chuishao.domain.people.refusals import AlreadyAppraised, BadPeriod, NotAppraised, RungOutOfOrder
from chuishao.domain.people.terms import Rung, TrainingTier
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange

MOST_HOURS = 1000
"""Hours of one training."""
FULL_POINTS = 100
BEFORE = Phrase("the last rung", "上一梯次")
APPRAISAL = Phrase("the appraisal", "考核")
NO_RUNG = Phrase("no rung", "尚无梯次")
TOP = Phrase("none, the ladder ends here", "无，已至最高梯次")


class PersonRegistered(Event, AggregateCreated):
    """登记人员: somebody entered the roster of a place."""

    TOPIC = "PersonRegistered"
    place: str
    label: str
    name: PersonalText | SealedText | None

    def apply(self, person: Person) -> None:
        """Belong to the place."""
        person.roster = self.place
        person.label = self.label


class LevelAttained(Event):
    """取得职业等级: somebody attained the next rung of the career ladder."""

    TOPIC = "LevelAttained"
    rung: str

    def apply(self, person: Person) -> None:
        """Stand on the rung."""
        person.rung = Rung(self.rung)
        person.rung_at = self.timestamp


class TrainingCompleted(Event):
    """完成培训: somebody completed a training of the city, the district or the street."""

    TOPIC = "TrainingCompleted"
    training_tier: str
    course: str
    hours: int

    def apply(self, person: Person) -> None:
        """Nothing that is decided follows from it."""


class AppraisalRecorded(Event):
    """综合考核: somebody was appraised for a period."""

    TOPIC = "AppraisalRecorded"
    GUARDED = frozenset({"points"})
    period: str
    points: int
    comment: PersonalText | SealedText | None

    def apply(self, person: Person) -> None:
        """Be appraised for the period."""
        person.appraised[self.period] = self.timestamp


class IncentiveGranted(Event):
    """激励: somebody was granted an incentive after the appraisal of a period."""

    TOPIC = "IncentiveGranted"
    period: str
    incentive: PersonalText | SealedText

    def apply(self, person: Person) -> None:
        """Nothing that is decided follows from it."""


class Person(BaseAggregate[UUID]):
    """One person on a roster. `label` is role and number, the only name shown without need."""

    TOPIC = "person"

    def __init__(self) -> None:
        self.roster = ""
        self.label = ""
        self.rung: Rung | None = None
        self.rung_at: datetime | None = None
        self.appraised: dict[str, datetime] = {}

    @property
    def place(self) -> str:
        """The division whose roster it is."""
        return self.roster

    @property
    def correlation(self) -> None:
        """Persons belong to no case."""

    @classmethod
    def register(cls, person: UUID, place: str, label: str, name: str | None, at: datetime) -> Self:
        """Enter the roster of a place."""
        return cls._create(
            PersonRegistered,
            id=person,
            timestamp=at,
            place=place,
            label=written("label", label, SHORT_TEXT),
            name=about(person, "name", name, SHORT_TEXT),
        )

    def attain(self, rung: Rung, at: datetime) -> None:
        """Attain the next rung of the ladder; none is skipped or attained twice."""
        following = next_rung(self.rung)
        if rung is not following:
            raise RungOutOfOrder("rung", asked=rung, held=self.rung or NO_RUNG, next=following or TOP)
        if self.rung_at is not None:
            not_before(at, self.rung_at, BEFORE)
        self.trigger_event(LevelAttained, timestamp=at, rung=rung.value)

    def train(self, tier: TrainingTier, course: str, hours: int, at: datetime) -> None:
        """Complete a training of 1 to 1,000 hours."""
        said = written("course", course, SHORT_TEXT)
        if not 1 <= hours <= MOST_HOURS:
            raise OutOfRange("hours", field="hours", value=hours, low=1, high=MOST_HOURS)
        self.trigger_event(
            TrainingCompleted, timestamp=at, training_tier=tier.value, course=said, hours=hours
        )

    def appraise(self, period: str, points: int, comment: str | None, at: datetime) -> None:
        """Appraise a period with 1 to 100 points, once."""
        known = period_of(period)
        if not 1 <= points <= FULL_POINTS:
            raise OutOfRange("points", field="points", value=points, low=1, high=FULL_POINTS)
        if known in self.appraised:
            when = self.appraised[known].date().isoformat()
            raise AlreadyAppraised("period", person=self.label, period=known, at=when)
        said = about(self.id, "comment", comment)
        self.trigger_event(AppraisalRecorded, timestamp=at, period=known, points=points, comment=said)

    def grant(self, period: str, incentive: str, at: datetime) -> None:
        """Grant an incentive, after the period was appraised."""
        known = period_of(period)
        said = PersonalText(self.id, written("incentive", incentive, SHORT_TEXT))
        if known not in self.appraised:
            raise NotAppraised("period", person=self.label, period=known)
        not_before(at, self.appraised[known], APPRAISAL)
        self.trigger_event(IncentiveGranted, timestamp=at, period=known, incentive=said)


def next_rung(rung: Rung | None) -> Rung | None:
    """The rung above one, the first above none, and none above the last."""
    rungs: list[Rung | None] = [None, *Rung, None]
    return rungs[rungs.index(rung) + 1]


def period_of(period: str) -> str:
    """A year or a quarter as it is kept; refused where it is neither."""
    said = written("period", period, SHORT_TEXT)
    if not re.fullmatch(r"[0-9]{4}(-Q[1-4])?", said):
        raise BadPeriod("period", period=said)
    return said
