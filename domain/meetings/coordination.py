"""协同 CoordinationOrder: one unit is asked to take part, and answers.

“街镇、政府有关部门、物业公司、相关单位”: four kinds of unit, not only government. An order may be about a
case at tier MULTI_UNIT. Only the unit answers, once; for units without an account, those who coordinate do.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.case import Case
from chuishao.domain.event import Event, PersonalText, SealedText, not_before, written
from chuishao.domain.lifecycle import Status, possible
from chuishao.domain.meetings.due import require_to_come
from chuishao.domain.meetings.terms import CoordinationStep, OrderState, UnitKind
from chuishao.domain.meetings.unit import Unit
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import IllegalTransition, WrongTier
from chuishao.domain.vocabulary import Tier

Text = PersonalText | SealedText
HANDLED = frozenset({Status.ASSIGNED, Status.WHISTLED})


class CoordinationEvent(Event):
    """A fact of one coordination order."""

    OF_PLACE = True


class CoordinationOrdered(CoordinationEvent, AggregateCreated):
    """发起协同: a unit was asked to take part; `due` is None where no last day was given."""

    TOPIC = "CoordinationOrdered"
    division: str
    case: UUID | None
    subject: UUID
    unit_kind: str
    unit: str
    matter: Text
    due: str | None

    def apply(self, order: CoordinationOrder) -> None:
        """Begin."""
        order.division = self.division
        order.case = self.case
        order.subject = self.subject
        order.unit = self.addressee

    @property
    def addressee(self) -> Unit:
        """Whom it asks."""
        return Unit(UnitKind(self.unit_kind), self.unit)

    def addressed_to(self, by: Actor) -> bool:
        """Whoever speaks for the unit reads what it is asked for."""
        return self.addressee.speaks(by)


class CoordinationAnswered(CoordinationEvent):
    """协同答复: the unit said what it did."""

    TOPIC = "CoordinationAnswered"
    result: Text

    def apply(self, order: CoordinationOrder) -> None:
        """Be answered."""
        order.state = OrderState.ANSWERED


class CoordinationOrder(BaseAggregate[UUID]):
    """One order to one unit."""

    TOPIC = "order"

    def __init__(self) -> None:
        self.state = OrderState.OPEN
        self.division = ""
        self.case: UUID | None = None
        self.subject = self.id
        self.unit = Unit(UnitKind.OTHER_UNIT, "")

    @property
    def place(self) -> str:
        """The street or community that ordered it."""
        return self.division

    @property
    def correlation(self) -> UUID | None:
        """The history of the case, where it is about one."""
        return self.case

    @classmethod
    def order_in(
        cls, order: UUID, division: str, unit: Unit, matter: str, due: date | None,
        by: Actor, at: datetime, today: date,
    ) -> Self:  # fmt: skip
        """发起协同: about a matter of a street or community; `today` is the local day."""
        require_setup(by, Setup.COORDINATE, division, "divisionCode")
        return cls._order(order, division, None, order, unit, matter, due, at, today)

    @classmethod
    def order_on(
        cls, order: UUID, case: Case, unit: Unit, matter: str, due: date | None,
        by: Actor, at: datetime, today: date,
    ) -> Self:  # fmt: skip
        """发起协同: about a case that several units settle together."""
        require_setup(by, Setup.COORDINATE, case.community, "caseId")
        if case.status not in HANDLED or case.tier is None:
            steps = possible(case.status, case.tier)
            raise IllegalTransition("caseId", state=case.status, asked=CoordinationStep.ORDER, possible=steps)
        if case.tier is not Tier.MULTI_UNIT:
            raise WrongTier(
                "caseId",
                asked=CoordinationStep.ORDER,
                needed=Tier.MULTI_UNIT,
                tier=case.tier,
                advice=Phrase("Escalate it to MULTI_UNIT first.", "请先升级到联动处置（MULTI_UNIT）。"),
            )
        not_before(at, case.since, Phrase("the last step of the case", "案件的上一步"))
        return cls._order(order, case.community, case.id, case.subject, unit, matter, due, at, today)

    @classmethod
    def _order(
        cls, id_: UUID, division: str, case: UUID | None, subject: UUID, unit: Unit, matter: str,
        due: date | None, at: datetime, today: date,
    ) -> Self:  # fmt: skip
        if due is not None:
            require_to_come(due, today)
        return cls._create(
            CoordinationOrdered,
            id=id_,
            timestamp=at,
            division=division,
            case=case,
            subject=subject,
            unit_kind=unit.kind.value,
            unit=unit.name,
            matter=PersonalText(subject, written("matter", matter)),
            due=due.isoformat() if due else None,
        )

    def answer(self, result: str, by: Actor, at: datetime, lies: str = "") -> None:
        """协同答复: say what the unit did; of an order on a case, `lies` is its community by now.

        Its people answer for units without actors; a department was asked where the order was given.
        """
        place = self.division if self.unit.department else lies or self.division
        self.unit.require_voice(by, CoordinationStep.ANSWER, place)
        if self.state is OrderState.ANSWERED:
            raise IllegalTransition(state=self.state, asked=CoordinationStep.ANSWER, possible=[])
        not_before(at, self.created_on, Phrase("the order", "发起协同"))
        said = PersonalText(self.subject, written("result", result))
        self.trigger_event(CoordinationAnswered, timestamp=at, result=said)
