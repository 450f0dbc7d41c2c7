"""选举步骤 Which step of an election follows which: one table, asked by decisions, refusals and the schema.

A new event version is needed before a row's target may change, for the log is folded through it.
"""

from __future__ import annotations

from chuishao.domain.election.terms import ElectionStatus, ElectionStep
from chuishao.domain.refusal import IllegalTransition

_S = ElectionStatus
OPEN = frozenset({_S.CALLED, _S.REGISTERED, _S.SCREENED, _S.HELD, _S.COUNTED})
"""The states of an election that is not over."""
STEPS: dict[ElectionStep, tuple[frozenset[ElectionStatus], ElectionStatus]] = {
    ElectionStep.REGISTER_VOTERS: (frozenset({_S.CALLED}), _S.REGISTERED),
    ElectionStep.SCREEN_CANDIDATES: (frozenset({_S.REGISTERED}), _S.SCREENED),
    ElectionStep.HOLD_BALLOT: (frozenset({_S.SCREENED}), _S.HELD),
    ElectionStep.COUNT_BALLOTS: (frozenset({_S.HELD}), _S.COUNTED),
    ElectionStep.CERTIFY_RESULT: (frozenset({_S.COUNTED}), _S.CERTIFIED),
    ElectionStep.VOID: (OPEN, _S.VOIDED),
}
"""For each step the states it may be taken in, and the state it leads to."""


def possible(status: ElectionStatus) -> list[ElectionStep]:
    """The steps that may be taken in a state."""
    return [step for step, (sources, _) in STEPS.items() if status in sources]


def require_step(step: ElectionStep, status: ElectionStatus) -> None:
    """Refuse a step that may not be taken in a state."""
    if status not in STEPS[step][0]:
        raise IllegalTransition(state=status, asked=step, possible=possible(status))
