"""召集 Summons: what one department owes a whistle, and the table of what may follow what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chuishao.domain.refusal import IllegalTransition
from chuishao.domain.term import Term


class WhistleStatus(Term):
    """哨件状态 Where a whistle stands."""

    OPEN = "OPEN", "进行中", "departments are summoned"
    RESOLVED = "RESOLVED", "已办结", "the matter is settled"
    WITHDRAWN = "WITHDRAWN", "已撤哨", "the street took it back"


class SummonsState(Term):
    """召集状态 Where a department stands."""

    SUMMONED = "SUMMONED", "已召集", "summoned"
    SIGNED = "SIGNED", "已签收", "signed the summons"
    CHECKED_IN = "CHECKED_IN", "已报到", "checked in"
    ANSWERED = "ANSWERED", "已反馈", "said what it did"
    REFUSED = "REFUSED", "已拒绝", "refused with a reason"


class SummonsStep(Term):
    """部门操作 What may be done about one department's summons."""

    SUMMON = "SUMMON", "召集", "summon"
    SIGN = "SIGN", "签收", "sign"
    CHECK_IN = "CHECK_IN", "报到", "check in"
    MISS = "MISS", "逾期未到", "miss the limit"
    REFUSE = "REFUSE", "拒绝", "refuse"
    ANSWER = "ANSWER", "反馈", "answer"
    RATE = "RATE", "评价", "rate"


class WhistleStep(Term):
    """哨件操作 What the street may do with a whistle as a whole."""

    BLOW = "WHISTLE", "吹哨", "blow the whistle"
    OPEN_MEETING = "OPEN_MEETING", "召开现场会", "open the on-site meeting"
    SETTLE_ITEM = "SETTLE_ITEM", "办结事项", "settle an item of the meeting"
    CLOSE_MEETING = "CLOSE_MEETING", "现场会闭会", "close the on-site meeting"
    RESOLVE = "RESOLVE", "办结", "find the matter settled"
    WITHDRAW = "WITHDRAW", "撤哨", "take the whistle back"


class MeetingState(Term):
    """现场会状态 Where the on-site meeting of a whistle stands."""

    OPEN = "MEETING_OPEN", "现场会进行中", "items are to be settled"
    HELD = "MEETING_HELD", "现场会已闭会", "every item is settled"


_X = SummonsState

# fmt: off
SUMMONS_TABLE: dict[SummonsStep, frozenset[SummonsState]] = {
    SummonsStep.SUMMON:   frozenset({_X.REFUSED}),
    SummonsStep.SIGN:     frozenset({_X.SUMMONED}),
    SummonsStep.CHECK_IN: frozenset({_X.SUMMONED, _X.SIGNED}),
    SummonsStep.MISS:     frozenset({_X.SUMMONED, _X.SIGNED}),
    SummonsStep.REFUSE:   frozenset({_X.SUMMONED, _X.SIGNED}),
    SummonsStep.ANSWER:   frozenset({_X.CHECKED_IN}),
    SummonsStep.RATE:     frozenset(_X),
}
# fmt: on
"""The states of a summons in which each step may be taken; a first summons needs none."""


@dataclass(slots=True)
class Summons:
    """One department's summons to one whistle."""

    at: datetime
    state: SummonsState = SummonsState.SUMMONED
    missed_at: datetime | None = None
    rated: bool = False

    @property
    def missed(self) -> bool:
        """Whether it let its limit pass, as far as is known."""
        return self.missed_at is not None

    def come(self, state: SummonsState, at: datetime) -> None:
        """Check in or refuse; where that was in time and only told late, nothing was missed."""
        self.state = state
        self.missed_at = missed_still(self.missed_at, at)

    def require_missed(self, due: datetime) -> None:
        """Refuse to record a limit as missed that was; one that ends later than that one was not."""
        later = self.missed_at is not None and due > self.missed_at
        if not later or self.state not in SUMMONS_TABLE[SummonsStep.MISS]:
            self.require(SummonsStep.MISS)

    @property
    def waiting(self) -> bool:
        """Whether the department has not come yet."""
        return self.state in SUMMONS_TABLE[SummonsStep.CHECK_IN]

    @property
    def outstanding(self) -> bool:
        """Whether the whistle still waits for the department: neither answered, refused nor given up."""
        done = self.state in (SummonsState.ANSWERED, SummonsState.REFUSED)
        absent = self.missed and self.waiting
        return not done and not absent

    @property
    def rateable(self) -> bool:
        """A rating comes only after an answer (a refusal is one) or a missed limit."""
        return self.missed or self.state in (SummonsState.ANSWERED, SummonsState.REFUSED)

    def require(self, step: SummonsStep) -> None:
        """Refuse a step that may not follow the state."""
        if self.state not in SUMMONS_TABLE[step] or (step is SummonsStep.MISS and self.missed):
            possible = [s for s in SummonsStep if self.state in SUMMONS_TABLE[s]]
            if self.missed:
                possible = [s for s in possible if s is not SummonsStep.MISS]
            if self.rated or not self.rateable:
                possible = [s for s in possible if s is not SummonsStep.RATE]
            raise IllegalTransition(state=self.state, asked=step, possible=possible)


def missed_still(missed_at: datetime | None, came_at: datetime) -> datetime | None:
    """The limit that a department let pass, once it came: none where it came in time and told it late."""
    return None if missed_at is None or came_at <= missed_at else missed_at
