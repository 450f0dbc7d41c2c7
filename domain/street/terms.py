"""The closed lists of the street: powers, duties, tasks of communities, and proposals of deputies."""

from __future__ import annotations

from chuishao.domain.term import Term


class StreetPower(Term):
    """街道赋权 The five powers that the source names; “等权力” leaves its list open, so more may follow."""

    DEPARTMENT_APPRAISAL = "DEPARTMENT_APPRAISAL", "考核评价权", "appraises the departments it summoned"
    APPOINTMENT_ADVICE = (
        "APPOINTMENT_ADVICE",
        "任免、评优评先等的建议权",
        "advises on appointments, removals and honours",
    )
    MAJOR_MATTER_ADVICE = (
        "MAJOR_MATTER_ADVICE",
        "重大项目、重大决策等重要事项的建议权",
        "advises on major projects and decisions",
    )
    SPATIAL_PLAN_PARTICIPATION = (
        "SPATIAL_PLAN_PARTICIPATION",
        "国土空间规划的参与权",
        "takes part in the planning of land and space",
    )
    FUND_COORDINATION = "FUND_COORDINATION", "财政资金的统筹管理权", "coordinates funds for its communities"


ADVICE = frozenset({StreetPower.APPOINTMENT_ADVICE, StreetPower.MAJOR_MATTER_ADVICE})
"""The powers that are exercised by advice, which is answered."""


class StreetDuty(Term):
    """街道职责 The three core duties of a street."""

    PUBLIC_SERVICE = "PUBLIC_SERVICE", "公共服务", "public service"
    PUBLIC_ADMINISTRATION = "PUBLIC_ADMINISTRATION", "公共管理", "public administration"
    PUBLIC_SAFETY = "PUBLIC_SAFETY", "平安建设", "public safety"


class TaskState(Term):
    """事项状态 Where a task stands that a community was asked to do."""

    RUNNING = "RUNNING", "已准入", "admitted, and part of the community's load"
    REFUSED = "REFUSED", "不予准入", "refused with a reason"
    ENDED = "ENDED", "已终止", "was admitted, and has ended"


class Proposer(Term):
    """代表类别 Who makes a proposal."""

    PEOPLES_CONGRESS_DEPUTY = "PEOPLES_CONGRESS_DEPUTY", "人大代表", "a deputy to a people's congress"
    CPPCC_MEMBER = "CPPCC_MEMBER", "政协委员", "a member of a political consultative conference"


class ProposalStatus(Term):
    """建议状态 Where a deputy's proposal stands."""

    RECEIVED = "RECEIVED", "已收到", "received, not yet assigned to a unit"
    ASSIGNED = "ASSIGNED", "已交办", "a unit is to answer it"
    ANSWERED = "ANSWERED", "已答复", "the unit has answered"
    RATED = "RATED", "已评价", "the deputy has rated the answer"


class ProposalStep(Term):
    """建议操作 What may be done about a deputy's proposal."""

    ASSIGN = "ASSIGN_PROPOSAL", "交办建议", "assign it to a unit"
    ANSWER = "ANSWER_PROPOSAL", "答复建议", "answer it for the unit"
    RATE = "RATE_PROPOSAL", "评价答复", "record how the deputy rates the answer"


class Verdict(Term):
    """代表评价 How a deputy rates an answer."""

    SATISFIED = "SATISFIED", "满意", "satisfied"
    MOSTLY_SATISFIED = "MOSTLY_SATISFIED", "基本满意", "mostly satisfied"
    DISSATISFIED = "DISSATISFIED", "不满意", "dissatisfied"


_X = ProposalStatus

# fmt: off
PROPOSAL_TABLE: dict[ProposalStep, frozenset[ProposalStatus]] = {
    ProposalStep.ASSIGN: frozenset({_X.RECEIVED, _X.ASSIGNED}),
    ProposalStep.ANSWER: frozenset({_X.ASSIGNED}),
    ProposalStep.RATE:   frozenset({_X.ANSWERED}),
}
# fmt: on
"""The states of a proposal in which each step may be taken."""
