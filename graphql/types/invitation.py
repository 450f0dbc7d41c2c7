"""Invitations of the day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.meetings.terms import InvitationState
from chuishao.graphql.context import Context
from chuishao.graphql.links import CARRIES_OF_INVITATION, DIVISION
from chuishao.graphql.policies import Policies
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, many, one, same
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, Node, PersonalText, identified
from chuishao.graphql.types.unit import AddressedUnit, between
from chuishao.projections.invitations import InvitationRow

_ENDED = (InvitationState.DECLINED, InvitationState.CLEARED)


@strawberry.type(description="结转 One time that an invitation was carried over to another day.")
class CarryOver:
    """A row of what was carried over."""

    @computed(ITS_OWN)
    def id(invitation: UUID | str, number: int) -> strawberry.ID:
        """By its number."""
        return identified("carry-over", invitation, number)

    number: int = column("序号 Which time it was, from 1.")
    was_due: date = column("原定日 The day on which it was due until then.")
    now_due: date = column("结转至 The day on which it was due from then on.")
    carried_at: datetime = column("结转时间 When it was carried over.")
    reason: PersonalText | None = between("reason", "原因 Why.")


@strawberry.type(description="“日日清”约请 An invitation to a unit to clear a matter on the day.")
class DailyClearanceInvitation(Node):
    """A row of the invitations read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, InvitationRow)

    number: Position = column("编号 Its number: the position of its first event.")
    state: InvitationState = column("状态 Where it stands.")
    sent_at: datetime = column("发出时间 When it was sent.")
    sent_for: date = column("首约日 The local day of its sending, by whose end it was due at first.")
    day: date = column("约定日 The local day by whose end it is due.")
    carried: int = column("结转次数 How often it was carried over.")
    answered_at: datetime | None = column("回应时间 When the unit accepted or declined; null before.")
    cleared_at: datetime | None = column("日清时间 When it was cleared; null before.")

    unit: AddressedUnit = same("受邀单位 Who is invited.")
    division: DivisionRef | None = one("区划 The street or community that invites.", DIVISION, "division")
    matter: PersonalText | None = between("matter", "事项 What is to be cleared.")
    words: PersonalText | None = between(
        "words", "结果 What was done, or why the unit declined; null before."
    )
    carries: list[CarryOver] = many(
        "结转记录 Each time that it was carried over, in order.", CARRIES_OF_INVITATION, "id"
    )

    @computed("过日未清 Whether its day is over, and it is neither cleared nor carried over.")
    def overdue(state: str, day: date, context: Context, policies: Policies) -> bool:
        """By the local day."""
        return state not in _ENDED and policies.at(context.now).day(context.now) > day
