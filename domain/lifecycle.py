"""工单流转 The case lifecycle: one table says what may follow what, and who may take the step.

Everything else asks this table: decisions, refusals, documentation and the schema's `possibleSteps`.
A new event version is needed before a row's `to` may change, for the log is folded through it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.domain.actor import Actor, authorise
from chuishao.domain.refusal import IllegalTransition
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role, Stage, Tier


class Status(Term):
    """案件状态 Where a case stands."""

    REPORTED = "REPORTED", "已上报", "reported, not yet accepted"
    REFUSED = "REFUSED", "不予受理", "refused with a reason"
    ACCEPTED = "ACCEPTED", "已受理", "accepted (案卷建立)"
    ASSESSED = "ASSESSED", "已研判", "assessed and graded"
    ASSIGNED = "ASSIGNED", "已交办", "assigned to a tier and being handled"
    WHISTLED = "WHISTLED", "已吹哨", "the street has blown the whistle"
    RESOLVED = "RESOLVED", "已处置", "resolved, not yet verified"
    VERIFIED = "VERIFIED", "已核查", "verified by somebody other than the resolver"
    CLOSED = "CLOSED", "已结案", "closed; neither solved nor satisfied follows from it"
    DUPLICATE = "DUPLICATE", "重复件", "the same report as another case"
    MERGED = "MERGED", "已并案", "handled within another case"
    SPLIT = "SPLIT", "已拆分", "handled as several cases"


class Step(Term):
    """案件操作 What may be done with a case."""

    REPORT = "REPORT", "上报", "report"
    ACCEPT = "ACCEPT", "受理", "accept"
    REFUSE = "REFUSE", "不予受理", "refuse"
    ASSESS = "ASSESS", "研判", "assess and grade"
    ASSIGN = "ASSIGN", "交办", "assign to a tier"
    TRANSFER = "TRANSFER", "转办", "transfer to another grid"
    ESCALATE = "ESCALATE", "升级", "escalate to a higher tier"
    RETURN = "RETURN", "退回", "return for another assignment"
    RESOLVE_ON_SPOT = "RESOLVE_ON_SPOT", "当场解决", "resolve on the spot"
    RESOLVE = "RESOLVE", "处置", "resolve"
    WHISTLE = "WHISTLE", "吹哨", "blow the whistle"
    WITHDRAW_WHISTLE = "WITHDRAW_WHISTLE", "撤哨", "withdraw the whistle"
    RESOLVE_BY_WHISTLE = "RESOLVE_BY_WHISTLE", "哨件办结", "resolve through the whistle"
    VERIFY = "VERIFY", "核查", "verify"
    FAIL_VERIFICATION = "FAIL_VERIFICATION", "返工", "fail verification"
    RATE = "RATE", "评价", "rate"
    CLOSE = "CLOSE", "结案", "close"
    REOPEN = "REOPEN", "重开", "reopen"
    MARK_DUPLICATE = "MARK_DUPLICATE", "标记重复", "mark as duplicate"
    MERGE = "MERGE", "并案", "merge into another case"
    UNDO_MERGE = "UNDO_MERGE", "撤销并案", "undo the merge"
    ABSORB = "ABSORB", "并入", "take another case in"
    SPLIT = "SPLIT", "拆分", "split into several cases"
    REHOME = "REHOME", "随迁", "follow jurisdiction to where the community or grid went"
    REQUEST = "REQUEST", "申请", "ask for suspension, extension or return"
    DECIDE_REQUEST = "DECIDE_REQUEST", "审批", "grant or deny what was asked for"
    RESUME = "RESUME", "恢复计时", "let the clock of a suspended case run again"
    OVERDUE = "OVERDUE", "逾期", "let the limit pass"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: the step, the states it may be taken in, the state it leads to (None: as before), by whom."""

    step: Step
    sources: frozenset[Status]
    target: Status | None
    roles: frozenset[Role]


def _row(
    step: Step, sources: tuple[Status, ...], target: Status | None, roles: frozenset[Role]
) -> Transition:
    return Transition(step, frozenset(sources), target, roles)


FIELD = frozenset({Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF, Role.STREET_OFFICER})
FINDERS = FIELD | {Role.RESIDENT, Role.SECTOR_CHIEF}
DISPATCHERS = FIELD - {Role.GRID_WORKER}
VERIFIERS = frozenset({Role.COMMUNITY_STAFF, Role.SECTOR_CHIEF, Role.STREET_OFFICER})
STREET = frozenset({Role.STREET_OFFICER})
ON_SPOT = frozenset({Role.GRID_WORKER, Role.GRID_LEADER})
RATERS = VERIFIERS | {Role.RESIDENT}
SETTERS_UP = frozenset({Role.ADMINISTRATOR})

_S = Status
_BEFORE_HANDLED = (_S.REPORTED, _S.ACCEPTED, _S.ASSESSED, _S.ASSIGNED)
_BEING_HANDLED = (*_BEFORE_HANDLED, _S.WHISTLED)
_LIMITED = (_S.ASSIGNED, _S.WHISTLED)
_DATED = (*_BEING_HANDLED, _S.RESOLVED)
_NOT_OVER = (*_BEING_HANDLED, _S.RESOLVED, _S.VERIFIED, _S.MERGED)

# fmt: off
TABLE: tuple[Transition, ...] = (
    #    step, from, to, by whom
    _row(Step.REPORT,             (),                                                       _S.REPORTED,  FINDERS),
    _row(Step.ACCEPT,             (_S.REPORTED,),                                           _S.ACCEPTED,  FIELD),
    _row(Step.REFUSE,             (_S.REPORTED,),                                           _S.REFUSED,   DISPATCHERS),
    _row(Step.ASSESS,             (_S.ACCEPTED, _S.ASSESSED),                               _S.ASSESSED,  FIELD),
    _row(Step.ASSIGN,             (_S.ASSESSED,),                                           _S.ASSIGNED,  FIELD),
    _row(Step.TRANSFER,           (_S.ASSIGNED,),                                           _S.ASSIGNED,  DISPATCHERS),
    _row(Step.ESCALATE,           (_S.ASSIGNED,),                                           _S.ASSIGNED,  FIELD),
    _row(Step.RETURN,             (_S.ASSIGNED,),                                           _S.ASSESSED,  DISPATCHERS),
    _row(Step.RESOLVE_ON_SPOT,    (_S.ASSIGNED,),                                           _S.RESOLVED,  ON_SPOT),
    _row(Step.RESOLVE,            (_S.ASSIGNED,),                                           _S.RESOLVED,  DISPATCHERS),
    _row(Step.WHISTLE,            (_S.ASSIGNED,),                                           _S.WHISTLED,  STREET),
    _row(Step.WITHDRAW_WHISTLE,   (_S.WHISTLED,),                                           _S.ASSIGNED,  STREET),
    _row(Step.RESOLVE_BY_WHISTLE, (_S.WHISTLED,),                                           _S.RESOLVED,  STREET),
    _row(Step.VERIFY,             (_S.RESOLVED,),                                           _S.VERIFIED,  VERIFIERS),
    _row(Step.FAIL_VERIFICATION,  (_S.RESOLVED,),                                           _S.ASSIGNED,  VERIFIERS),
    _row(Step.RATE,               (_S.VERIFIED, _S.CLOSED),                                 None,         RATERS),
    _row(Step.CLOSE,              (_S.VERIFIED,),                                           _S.CLOSED,    VERIFIERS),
    _row(Step.REOPEN,             (_S.VERIFIED, _S.CLOSED, _S.REFUSED, _S.DUPLICATE),       _S.ACCEPTED,  RATERS),
    _row(Step.MARK_DUPLICATE,     _BEFORE_HANDLED,                                          _S.DUPLICATE, DISPATCHERS),
    _row(Step.MERGE,              _BEFORE_HANDLED,                                          _S.MERGED,    DISPATCHERS),
    _row(Step.UNDO_MERGE,         (_S.MERGED,),                                             None,         DISPATCHERS),
    _row(Step.ABSORB,             _BEING_HANDLED,                                           None,         DISPATCHERS),
    _row(Step.SPLIT,              (_S.ACCEPTED, _S.ASSESSED, _S.ASSIGNED),                  _S.SPLIT,     DISPATCHERS),
    _row(Step.REHOME,             _NOT_OVER,                                                None,         SETTERS_UP),
    _row(Step.REQUEST,            _LIMITED,                                                 None,         FIELD),
    _row(Step.DECIDE_REQUEST,     _LIMITED,                                                 None,         DISPATCHERS),
    _row(Step.RESUME,             _LIMITED,                                                 None,         FIELD),
    _row(Step.OVERDUE,            _DATED,                                                   None,         SETTERS_UP),
)
# fmt: on

TRANSITIONS: dict[Step, Transition] = {row.step: row for row in TABLE}

RESOLVERS: dict[Tier, frozenset[Role]] = {
    Tier.ON_SPOT: ON_SPOT,
    Tier.GRID_LEADER: frozenset({Role.GRID_LEADER, Role.COMMUNITY_STAFF}),
    Tier.DELIBERATION: frozenset({Role.COMMUNITY_STAFF}),
    Tier.MULTI_UNIT: frozenset({Role.STREET_OFFICER}),
}
"""Who settles a case at each tier."""

DECIDERS: dict[Tier, frozenset[Role]] = {
    Tier.ON_SPOT: DISPATCHERS,
    Tier.GRID_LEADER: frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER}),
    Tier.DELIBERATION: STREET,
    Tier.MULTI_UNIT: STREET,
}
"""Who decides what is asked for at each tier, or returns the case without being asked: the level above."""

_BY_TIER = {
    Step.RESOLVE: RESOLVERS,
    Step.RESOLVE_ON_SPOT: RESOLVERS,
    Step.RETURN: DECIDERS,
    Step.DECIDE_REQUEST: DECIDERS,
}
"""Who takes steps that not everybody takes at every tier."""

TIERS: dict[Step, frozenset[Tier]] = {
    Step.ESCALATE: frozenset(Tier) - {Tier.MULTI_UNIT},
    Step.RESOLVE_ON_SPOT: frozenset({Tier.ON_SPOT}),
    Step.RESOLVE: frozenset(Tier) - {Tier.ON_SPOT},
    Step.WHISTLE: frozenset({Tier.MULTI_UNIT}),
}
"""The tiers at which a step may be taken, where not at all of them."""

BY_ITSELF = frozenset({Step.REHOME, Step.OVERDUE})
"""Steps that nobody takes by hand: a reaction does."""

STAGES: dict[Status, Stage | None] = {
    Status.REPORTED: Stage.FOUND,
    Status.REFUSED: None,
    Status.ACCEPTED: Stage.ACCEPTED,
    Status.ASSESSED: Stage.ASSESSED,
    Status.ASSIGNED: Stage.ASSIGNED,
    Status.WHISTLED: Stage.ASSIGNED,
    Status.RESOLVED: Stage.FEEDBACK,
    Status.VERIFIED: Stage.FEEDBACK,
    Status.CLOSED: Stage.FEEDBACK,
    Status.DUPLICATE: None,
    Status.MERGED: None,
    Status.SPLIT: None,
}
"""The stage of the issue loop (闭环) that each state belongs to."""

OPEN = frozenset({*_BEING_HANDLED, Status.RESOLVED, Status.VERIFIED})
"""The states in which somebody still owes the next step."""


@dataclass(frozen=True, slots=True)
class Standing:
    """办理情形 What a state leaves open: whether something is asked for, and whether the clock stands still."""

    asked: bool = False
    suspended: bool = False

    def fits(self, step: Step) -> bool:
        """Whether a step may be taken so."""
        match step:
            case Step.REQUEST:
                return not self.asked
            case Step.DECIDE_REQUEST:
                return self.asked
            case Step.RESUME:
                return self.suspended
        return True


def possible(status: Status | None, tier: Tier | None = None, standing: Standing = Standing()) -> list[Step]:
    """The steps that somebody may take in a state and, where it is known, at a tier; None is before the report."""
    if status is None:
        return [Step.REPORT]
    steps = [row.step for row in TABLE if status in row.sources and row.step not in BY_ITSELF]
    return [
        step
        for step in steps
        if standing.fits(step) and (tier is None or tier in TIERS.get(step, frozenset(Tier)))
    ]


def allowed(
    status: Status, tier: Tier | None, actor: Actor, place: str, standing: Standing = Standing()
) -> list[Step]:
    """The possible steps that the actor's role and scope let them take.

    A resident is taken for the case's own. The decision may still find a reason against a step: nobody
    verifies what they resolved, and only the street of the case blows the whistle.
    """
    if actor.role is not Role.RESIDENT and not actor.reaches(place):
        return []
    steps = [step for step in possible(status, tier, standing) if actor.role in TRANSITIONS[step].roles]
    if tier is None:
        return steps
    return [step for step in steps if actor.role in _BY_TIER.get(step, {}).get(tier, frozenset(Role))]


def require(step: Step, status: Status, actor: Actor, place: str, tier: Tier | None = None) -> None:
    """Refuse an actor who may not take the step, or a state that it may not follow."""
    authorise(actor, step, TRANSITIONS[step].roles, place)
    if status not in TRANSITIONS[step].sources:
        raise IllegalTransition(state=status, asked=step, possible=possible(status, tier))
