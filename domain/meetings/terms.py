"""The closed lists of meetings, deliberation, coordination and invitations, and what may follow what."""

from __future__ import annotations

from chuishao.domain.term import Term


class MeetingKind(Term):
    """例会类别 The kinds of work meeting."""

    REGULAR = "REGULAR", "定期例会", "held at its regular time"
    AD_HOC = "AD_HOC", "临时会议", "called for one occasion"


class DeliberationState(Term):
    """协商状态 Where a deliberation stands."""

    CONVENED = "CONVENED", "协商中", "opinions are heard"
    AGREED = "AGREED", "达成一致", "an agreement was reached"
    FAILED = "FAILED", "未达成一致", "no agreement was reached"


class DeliberationStep(Term):
    """协商操作 What may be done in a deliberation."""

    CONVENE = "CONVENE", "召集协商", "convene a deliberation"
    RECORD_OPINION = "RECORD_OPINION", "记录意见", "record an opinion"
    AGREE = "REACH_AGREEMENT", "达成一致", "reach an agreement"
    FAIL = "FAIL_AGREEMENT", "未达成一致", "find that none is reached"


class UnitKind(Term):
    """单位类型 The four kinds of unit that work together: not only government."""

    STREET = "STREET", "街镇", "a street or town, named by its code"
    DEPARTMENT = "DEPARTMENT", "政府有关部门", "a government department, named by its identifier"
    PROPERTY_COMPANY = "PROPERTY_COMPANY", "物业公司", "a property company, named by role and number"
    OTHER_UNIT = "OTHER_UNIT", "相关单位", "another unit concerned, named by role and number"


class OrderState(Term):
    """协同状态 Where a coordination order stands."""

    OPEN = "OPEN", "待答复", "the unit has not answered"
    ANSWERED = "ANSWERED", "已答复", "the unit has answered"


class CoordinationStep(Term):
    """协同操作 What may be done about a coordination order."""

    ORDER = "ORDER_COORDINATION", "发起协同", "order a unit to take part"
    ANSWER = "ANSWER_COORDINATION", "协同答复", "answer for the unit"


class InvitationState(Term):
    """约请状态 Where an invitation of the day stands."""

    SENT = "SENT", "待回应", "sent, not yet answered"
    ACCEPTED = "ACCEPTED", "已应约", "the unit comes"
    DECLINED = "DECLINED", "已谢绝", "the unit does not come"
    CLEARED = "CLEARED", "已日清", "cleared on its day"


class InvitationStep(Term):
    """约请操作 What may be done about an invitation of the day."""

    ACCEPT = "ACCEPT_INVITATION", "应约", "accept it"
    DECLINE = "DECLINE_INVITATION", "谢绝", "decline it"
    CLEAR = "CLEAR_DAY", "日清", "clear the day"
    CARRY_OVER = "CARRY_DAY_OVER", "结转", "carry it over to the next day"


_X = InvitationState

# fmt: off
INVITATION_TABLE: dict[InvitationStep, frozenset[InvitationState]] = {
    InvitationStep.ACCEPT:     frozenset({_X.SENT}),
    InvitationStep.DECLINE:    frozenset({_X.SENT}),
    InvitationStep.CLEAR:      frozenset({_X.ACCEPTED}),
    InvitationStep.CARRY_OVER: frozenset({_X.SENT, _X.ACCEPTED}),
}
# fmt: on
"""The states of an invitation in which each step may be taken."""
