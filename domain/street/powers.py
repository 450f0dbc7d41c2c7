"""街道赋权 PowerExercise: a street appraises a department, advises, or takes part in a plan.

考核评价权; 任免、评优评先等的建议权; 重大项目、重大决策等重要事项的建议权; 国土空间规划的参与权. A department
is appraised only over whistles of the street to which it was summoned, once a period. Advice goes to a
department around the street or to a body above it, which answers once. The fifth power, over funds, has an
aggregate of its own. The source's list is open (“等权力”): another power is another event here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.election.regime import day_of
from chuishao.domain.event import (
    SHORT_TEXT,
    Event,
    PersonalText,
    SealedText,
    about,
    not_before,
    written,
)
from chuishao.domain.identity import identify
from chuishao.domain.people.person import period_of
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden, NotFound, NotSummoned, OutOfRange, within
from chuishao.domain.street.refusals import (
    AdviceAnsweredAlready,
    EvidenceRequired,
    ForeignWhistle,
    OtherPeriod,
)
from chuishao.domain.street.terms import ADVICE, StreetPower
from chuishao.domain.street.unit import PublicUnit, require_some_voice
from chuishao.domain.summons import Summons
from chuishao.domain.whistle import Whistle

Text = PersonalText | SealedText
BEST = 5
"""The scale of the score, as of the rating of a department after a whistle."""
SUMMONED = Phrase("the summons", "召集")
ISSUED = Phrase("the advice", "建议")


def appraisal_id(street: str, department: UUID, period: str) -> UUID:
    """The stream of a street's appraisal of a department for a period: there is one."""
    return identify("street-appraisal", street, department, period)


def require_own_street(by: Actor, street: str) -> None:
    """Refuse whoever does not act for the street itself: a power is exercised by the street that has it."""
    require_setup(by, Setup.EXERCISE_POWERS, street, "streetCode")
    if by.scope != street:
        allowed = Phrase(f"the street {street}", f"街道 {street}")
        raise Forbidden("streetCode", role=by.described, action=Setup.EXERCISE_POWERS, allowed=allowed)


class PowerEvent(Event):
    """A fact of one exercise of a power."""


class DepartmentAppraised(PowerEvent, AggregateCreated):
    """考核评价: a street appraised a department over whistles to which it was summoned."""

    TOPIC = "DepartmentAppraised"
    GUARDED = frozenset({"whistles"})
    street: str
    department: UUID
    period: str
    score: int
    whistles: list[UUID]
    comment: Text | None

    def apply(self, exercise: PowerExercise) -> None:
        """Begin."""
        exercise.street = self.street
        exercise.power = StreetPower.DEPARTMENT_APPRAISAL


class AdviceIssued(PowerEvent, AggregateCreated):
    """提出建议: a street advised a department, or a body above it."""

    TOPIC = "AdviceIssued"
    street: str
    street_power: str
    department: UUID | None
    body: str | None
    advice: Text

    def apply(self, exercise: PowerExercise) -> None:
        """Begin, to be answered."""
        exercise.street = self.street
        exercise.power = StreetPower(self.street_power)
        exercise.addressee = PublicUnit(self.department, self.body)


class AdviceAnswered(PowerEvent):
    """答复建议: whoever was advised said what comes of it."""

    TOPIC = "AdviceAnswered"
    adopted: bool
    answer: Text

    def apply(self, exercise: PowerExercise) -> None:
        """Be answered."""
        exercise.answered_at = self.timestamp


class PlanOpinionFiled(PowerEvent, AggregateCreated):
    """提出规划意见: a street gave its opinion on a plan of land and space."""

    TOPIC = "PlanOpinionFiled"
    street: str
    plan: str
    opinion: Text

    def apply(self, exercise: PowerExercise) -> None:
        """Begin."""
        exercise.street = self.street
        exercise.power = StreetPower.SPATIAL_PLAN_PARTICIPATION


class PowerExercise(BaseAggregate[UUID]):
    """One exercise of a power by a street; of advice also whom it was addressed to, and the answer."""

    TOPIC = "street-power"

    def __init__(self) -> None:
        self.street = ""
        self.power = StreetPower.DEPARTMENT_APPRAISAL
        self.addressee: PublicUnit | None = None
        self.answered_at: datetime | None = None

    @property
    def place(self) -> str:
        """The street."""
        return self.street

    @property
    def correlation(self) -> None:
        """Exercises of powers belong to no case."""

    @classmethod
    def appraise(
        cls, street: str, department: UUID, period: str, score: int, comment: str | None,
        whistles: Sequence[Whistle], by: Actor, at: datetime,
    ) -> Self:  # fmt: skip
        """考核评价: appraise a department with 1 to 5, over whistles of that year to which it was summoned.

        A whistle that is named twice counts once.
        """
        require_own_street(by, street)
        known = period_of(period)
        if not 1 <= score <= BEST:
            raise OutOfRange("score", field="score", value=score, low=1, high=BEST)
        if not whistles:
            raise EvidenceRequired("whistleIds")
        for number, whistle in enumerate(whistles):
            with within("whistleIds", str(number)):
                summons = _summons(whistle, street, department)
                if (year := day_of(summons.at).year) != int(known[:4]):
                    raise OtherPeriod(whistle=whistle.id, year=year, period=known)
            not_before(at, summons.at, SUMMONED)
        id_ = appraisal_id(street, department, known)
        return cls._create(
            DepartmentAppraised,
            id=id_,
            timestamp=at,
            street=street,
            department=department,
            period=known,
            score=score,
            whistles=list(dict.fromkeys(whistle.id for whistle in whistles)),
            comment=about(id_, "comment", comment),
        )

    @classmethod
    def advise(
        cls, exercise: UUID, street: str, power: StreetPower, addressee: PublicUnit, advice: str,
        by: Actor, at: datetime,
    ) -> Self:  # fmt: skip
        """提出建议: advise on an appointment or a major matter."""
        require_own_street(by, street)
        if power not in ADVICE:
            raise NotFound("power", kind=Phrase("power of advice", "建议权"), id=power)
        addressee.require_above(street)
        return cls._create(
            AdviceIssued,
            id=exercise,
            timestamp=at,
            street=street,
            street_power=power.value,
            department=addressee.department,
            body=addressee.body,
            advice=PersonalText(exercise, written("advice", advice)),
        )

    @classmethod
    def opine(cls, exercise: UUID, street: str, plan: str, opinion: str, by: Actor, at: datetime) -> Self:
        """提出规划意见: give the street's opinion on a plan."""
        require_own_street(by, street)
        return cls._create(
            PlanOpinionFiled,
            id=exercise,
            timestamp=at,
            street=street,
            plan=written("plan", plan, SHORT_TEXT),
            opinion=PersonalText(exercise, written("opinion", opinion)),
        )

    def answer(self, answer: str, by: Actor, at: datetime, *, adopted: bool) -> None:
        """答复建议: say for whoever was advised what comes of it, once."""
        require_some_voice(by, Setup.ANSWER_ADVICE)
        if self.addressee is None:
            raise NotFound("exerciseId", kind=Phrase("advice", "建议"), id=self.id)
        self.addressee.require_voice(by, Setup.ANSWER_ADVICE, self.street)
        if self.answered_at is not None:
            raise AdviceAnsweredAlready("exerciseId", at=self.answered_at.isoformat())
        not_before(at, self.created_on, ISSUED)
        said = PersonalText(self.id, written("answer", answer))
        self.trigger_event(AdviceAnswered, timestamp=at, adopted=adopted, answer=said)


def _summons(whistle: Whistle, street: str, department: UUID) -> Summons:
    """The summons of the department; refused of another street's whistle, or where others were summoned."""
    if whistle.street != street:
        raise ForeignWhistle(whistle=whistle.id, street=street)
    summons = whistle.summons.get(department)
    if summons is None:
        raise NotSummoned(department=department, summoned=list(whistle.summons))
    return summons
