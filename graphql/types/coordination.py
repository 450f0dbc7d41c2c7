"""Coordination orders."""

from datetime import date, datetime
from typing import Any

import strawberry

from chuishao.domain.meetings.terms import OrderState
from chuishao.graphql.context import Context
from chuishao.graphql.links import CASE, DIVISION
from chuishao.graphql.policies import Policies
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, one, same
from chuishao.graphql.types.shared import CaseRef, DivisionRef, Node, PersonalText
from chuishao.graphql.types.unit import AddressedUnit, between
from chuishao.projections.coordination import OrderRow


@strawberry.type(description="协同 An order to a unit to take part, and its answer.")
class CoordinationOrder(Node):
    """A row of the coordination read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, OrderRow)

    number: Position = column("编号 Its number: the position of its first event.")
    state: OrderState = column("状态 Whether the unit has answered.")
    ordered_at: datetime = column("发起时间 When the unit was asked.")
    due: date | None = column("期限 The last day on which it is in time; null where none was given.")
    answered_at: datetime | None = column("答复时间 When the unit answered; null while the order is open.")

    unit: AddressedUnit = same("承办单位 Who was asked.")
    division: DivisionRef | None = one("区划 The street or community that asked.", DIVISION, "division")
    case: CaseRef | None = one("案件 The case; null where it is about another matter.", CASE, "case_id")
    matter: PersonalText | None = between("matter", "事项 What was asked for.")
    result: PersonalText | None = between("result", "结果 What the unit did; null before it answered.")

    @computed("逾期 Whether it is open although its last day is over.")
    def overdue(answered_at: datetime | None, due: date | None, context: Context, policies: Policies) -> bool:
        """By the local day."""
        return answered_at is None and due is not None and policies.at(context.now).day(context.now) > due
