"""申请审批 What the holder of a case asks for, and the level above grants or denies: 挂账、延期、回退.

One idea for all three: at most one request is open in a case, it is decided by somebody else, and it lapses
where the case goes on without it. What was granted changes the clock by which the case's limit is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case_events import CaseEvent, Text
from chuishao.domain.clock import Clock
from chuishao.domain.lifecycle import Step
from chuishao.domain.refusal import Refusal
from chuishao.domain.term import Term

if TYPE_CHECKING:
    from chuishao.domain.case import Case

LONGEST = 1_000
"""Units by which one request extends a limit at most."""
AHEAD = timedelta(days=366)
"""How far ahead, at most, what is granted may put off the end of a limit."""


class RequestKind(Term):
    """申请类型 What may be asked for."""

    SUSPENSION = "SUSPENSION", "挂账", "that the clock stands still"
    EXTENSION = "EXTENSION", "延期", "that the limit ends later"
    RETURN = "RETURN", "回退", "that the case is assigned anew"


class RequestState(Term):
    """申请状态 Where a request stands."""

    OPEN = "REQUEST_OPEN", "待审批", "nobody has decided it"
    GRANTED = "REQUEST_GRANTED", "已同意", "granted"
    DENIED = "REQUEST_DENIED", "不同意", "denied with a reason"
    LAPSED = "REQUEST_LAPSED", "已失效", "the case went on before it was decided"


class RequestOpen(Refusal):
    """已有申请 A case has one open request at most."""

    en = "{asked} was asked for already, and is not decided yet. Wait for the decision."
    zh = "已申请{asked}，尚未审批。请等待审批结果。"


class NothingAsked(Refusal):
    """没有申请 There is no request to decide."""

    en = "Nothing is asked for in case {case}, so there is nothing to decide. Read the case again."
    zh = "案件 {case} 没有待审批的申请。请重新读取案件。"


class OwnCaseRequest(Refusal):
    """不得自行审批 A request is decided by somebody else than who made it."""

    en = "{actor} made this request and may not decide it. Somebody else must."
    zh = "{actor} 提出此申请，不得自行审批。须由他人审批。"


class AlreadySuspended(Refusal):
    """已挂账 The clock stands still already."""

    en = "The clock of case {case} stands still already. Resume it before it is suspended anew."
    zh = "案件 {case} 已挂账。请先恢复计时，再重新申请。"


class NotSuspended(Refusal):
    """未挂账 The clock runs."""

    en = "The clock of case {case} runs, so there is nothing to resume."
    zh = "案件 {case} 正在计时，无需恢复。"


class NothingToExtend(Refusal):
    """没有期限 No limit runs that could end later."""

    en = "No limit of case {case} ends that could be extended. A suspended case is resumed first."
    zh = "案件 {case} 没有可延长的期限。已挂账的案件须先恢复计时。"


class LimitOver(Refusal):
    """期限已过 A limit that is over is not extended, for that would undo that it was missed."""

    en = "The limit ended at {due}, and cannot be extended at {at}. Ask and decide before it ends."
    zh = "期限已于 {due} 届满，{at} 不能再延期。请在届满前申请并审批。"


class TooFarAhead(Refusal):
    """期限过远 No limit is put off for more than a year at once."""

    en = "It would last until {end}, more than {days} days from then on. Ask for less, and again when needed."
    zh = "将延至 {end}，超过申请之时起 {days} 天。请缩短申请，必要时再次申请。"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for and not decided yet."""

    kind: RequestKind
    by: str
    amount: int | None = None
    unit: TimeUnit | None = None
    until: datetime | None = None

    def granted(self, clock: Clock, at: datetime) -> Clock:
        """The clock of the case once this is granted: it stands still, has more time, or goes on."""
        if self.kind is RequestKind.SUSPENSION:
            return clock.stopped(at, self.until)
        if self.amount is not None and self.unit is not None:
            return clock.extended(self.amount, self.unit)
        return clock


class CaseRequestEvent(CaseEvent):
    """A fact of a request, by its number in the case."""

    number: int

    def apply(self, case: Case) -> None:
        """Follow: what is said of requests comes in the order of time."""
        case.requested_at = self.timestamp


class CaseRequestFiled(CaseRequestEvent):
    """申请: the holder asked for suspension, extension or return; `number` counts what was asked."""

    TOPIC = "CaseRequestFiled"
    STEP = Step.REQUEST
    request: str
    by: str
    longer: int | None
    time_unit: str | None
    stands_until: str | None
    reason: Text

    def apply(self, case: Case) -> None:
        """Wait for the decision."""
        super().apply(case)
        case.requests = self.number
        case.asked = Asked(
            RequestKind(self.request),
            self.by,
            self.longer,
            TimeUnit(self.time_unit) if self.time_unit else None,
            datetime.fromisoformat(self.stands_until) if self.stands_until else None,
        )


class CaseRequestGranted(CaseRequestEvent):
    """同意申请: what was asked for was granted; a return follows in the same breath."""

    TOPIC = "CaseRequestGranted"
    STEP = Step.DECIDE_REQUEST
    request: str
    by: str
    note: Text | None

    def apply(self, case: Case) -> None:
        """Let the clock stand still, or give more time."""
        super().apply(case)
        asked, case.asked = case.asked, None
        if asked is None:
            return
        case.clock = asked.granted(case.clock, self.timestamp)
        if asked.kind is RequestKind.SUSPENSION:
            case.suspension = self.number


class CaseRequestDenied(CaseRequestEvent):
    """不同意申请: what was asked for was denied, with a reason."""

    TOPIC = "CaseRequestDenied"
    STEP = Step.DECIDE_REQUEST
    request: str
    by: str
    reason: Text

    def apply(self, case: Case) -> None:
        """Go on as before."""
        super().apply(case)
        case.asked = None


class CaseResumed(CaseRequestEvent):
    """恢复计时: the clock of a suspended case runs again."""

    TOPIC = "CaseResumed"
    STEP = Step.RESUME
    note: Text | None

    def apply(self, case: Case) -> None:
        """Run again."""
        super().apply(case)
        if case.clock.stands_still(self.timestamp):
            case.clock = case.clock.resumed(self.timestamp)
