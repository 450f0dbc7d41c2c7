"""The facts of a case (工单). Topics and field names are the storage format; `apply` only folds.

Free text may name people, so every text is personal text bound to the case's subject: the reporter where
known, otherwise the case itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from chuishao.domain.clock import RUNNING
from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.domain.lifecycle import TRANSITIONS, Step
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Tier

if TYPE_CHECKING:
    from chuishao.domain.case import Case

Text = PersonalText | SealedText


class CaseEvent(Event):
    """A fact of one case: the record of one step."""

    STEP: ClassVar[Step]

    @property
    def step(self) -> Step:
        """The step that this event records."""
        return self.STEP

    def follow(self, case: Case) -> None:
        """Move the case to where the table says the step leads."""
        target = TRANSITIONS[self.step].target
        if target is not None:
            case.status = target
            case.since = self.timestamp
            case.clock, case.asked, case.overdue_at = RUNNING, None, None


class CaseReported(CaseEvent, AggregateCreated):
    """上报: a resident or worker reported a matter."""

    TOPIC = "CaseReported"
    STEP = Step.REPORT
    community: str
    grid: str | None
    category: str
    severity: str
    subject: UUID
    anonymous: bool
    text: Text
    address: Text | None
    reporter_name: Text | None
    reporter_phone: Text | None

    def apply(self, case: Case) -> None:
        """Begin as reported."""
        case.begin(self.community, self.grid, self.category, self.subject)
        case.severity = Severity(self.severity)
        self.follow(case)


class CaseSplitOff(CaseEvent, AggregateCreated):
    """拆分立案: a part of a split case began as a case of its own, accepted as its parent was."""

    TOPIC = "CaseSplitOff"
    STEP = Step.ACCEPT
    parent: UUID
    community: str
    grid: str | None
    category: str
    severity: str
    subject: UUID
    text: Text

    def apply(self, case: Case) -> None:
        """Begin as accepted."""
        case.begin(self.community, self.grid, self.category, self.subject)
        case.severity = Severity(self.severity)
        case.split_from = self.parent
        self.follow(case)


class CaseAccepted(CaseEvent):
    """受理: the platform accepted the case."""

    TOPIC = "CaseAccepted"
    STEP = Step.ACCEPT
    note: Text | None

    def apply(self, case: Case) -> None:
        """Be accepted."""
        self.follow(case)


class CaseRefused(CaseEvent):
    """不予受理: the case was refused with a reason."""

    TOPIC = "CaseRefused"
    STEP = Step.REFUSE
    reason: Text

    def apply(self, case: Case) -> None:
        """Be refused."""
        self.follow(case)


class SeverityGraded(CaseEvent):
    """研判: the case was assessed: category, severity, and the linkage mechanism it calls for."""

    TOPIC = "SeverityGraded"
    STEP = Step.ASSESS
    category: str
    severity: str
    linkage: str | None
    note: Text | None

    def apply(self, case: Case) -> None:
        """Be as graded."""
        case.category = self.category
        case.severity = Severity(self.severity)
        case.linkage = LinkageMechanism(self.linkage) if self.linkage else None
        self.follow(case)


class CaseAssigned(CaseEvent):
    """交办: the case went to a tier; `holder` is the code of the place that answers for it."""

    TOPIC = "CaseAssigned"
    STEP = Step.ASSIGN
    tier: str
    grid: str | None
    holder: str
    assignee: str | None

    def apply(self, case: Case) -> None:
        """Be held there."""
        case.hold(Tier(self.tier), self.holder, self.assignee)
        case.grid = self.grid
        self.follow(case)


class CaseTransferred(CaseEvent):
    """转办: the case went to another grid or community at the same tier."""

    TOPIC = "CaseTransferred"
    STEP = Step.TRANSFER
    community: str
    grid: str | None
    holder: str
    assignee: str | None
    reason: Text

    def apply(self, case: Case) -> None:
        """Lie and be held there."""
        case.community = self.community
        case.grid = self.grid
        case.hold(case.tier, self.holder, self.assignee)
        self.follow(case)


class CaseRehomed(CaseEvent):
    """随迁: the case followed jurisdiction, in the state in which it was."""

    TOPIC = "CaseRehomed"
    STEP = Step.REHOME
    former_place: str
    community: str
    grid: str | None
    holder: str | None
    assignee: str | None

    def apply(self, case: Case) -> None:
        """Lie there, and be held there where somebody holds it."""
        case.community = self.community
        case.grid = self.grid
        case.hold(case.tier, self.holder, self.assignee)
        self.follow(case)


class CaseEscalated(CaseEvent):
    """升级: the case went to a higher tier."""

    TOPIC = "CaseEscalated"
    STEP = Step.ESCALATE
    tier: str
    holder: str
    assignee: str | None
    reason: Text

    def apply(self, case: Case) -> None:
        """Be held higher up."""
        case.hold(Tier(self.tier), self.holder, self.assignee)
        self.follow(case)


class CaseOverdue(CaseEvent):
    """逾期: the limit of the step that is owed passed, at the moment at which it did."""

    TOPIC = "CaseOverdue"
    STEP = Step.OVERDUE
    rule: str

    def apply(self, case: Case) -> None:
        """Be late; the step may still be taken."""
        case.overdue_at = self.timestamp


class CaseReturned(CaseEvent):
    """退回: the holder gave the case back to be assigned anew."""

    TOPIC = "CaseReturned"
    STEP = Step.RETURN
    tier: str
    reason: Text

    def apply(self, case: Case) -> None:
        """Be held by nobody."""
        case.hold(None, None, None)
        self.follow(case)


class ResolvedOnSpot(CaseEvent):
    """当场解决: the grid worker settled it on the spot."""

    TOPIC = "ResolvedOnSpot"
    STEP = Step.RESOLVE_ON_SPOT
    by: str
    result: Text

    def apply(self, case: Case) -> None:
        """Be resolved."""
        case.resolver = self.by
        self.follow(case)


class CaseResolved(CaseEvent):
    """处置: the case was resolved by its tier, or through a whistle."""

    TOPIC = "CaseResolved"
    STEP = Step.RESOLVE
    by: str
    whistle: UUID | None
    result: Text

    @property
    def step(self) -> Step:
        """Resolved by its tier, or through the whistle."""
        return Step.RESOLVE_BY_WHISTLE if self.whistle else Step.RESOLVE

    def apply(self, case: Case) -> None:
        """Be resolved."""
        case.resolver = self.by
        if self.whistle is not None and case.whistle_linkage is not None:
            case.whistled_for.add(case.whistle_linkage)
        case.whistle = case.whistle_linkage = None
        self.follow(case)


class CaseWhistled(CaseEvent):
    """吹哨: the street blew the whistle on the case."""

    TOPIC = "CaseWhistled"
    STEP = Step.WHISTLE
    whistle: UUID
    kind: str
    linkage: str

    def apply(self, case: Case) -> None:
        """Wait for the departments."""
        case.whistle = self.whistle
        case.whistle_linkage = LinkageMechanism(self.linkage)
        self.follow(case)


class CaseWhistleWithdrawn(CaseEvent):
    """撤哨: the whistle was withdrawn; the street holds the case again."""

    TOPIC = "CaseWhistleWithdrawn"
    STEP = Step.WITHDRAW_WHISTLE
    whistle: UUID
    reason: Text

    def apply(self, case: Case) -> None:
        """Be with the street."""
        case.whistle = case.whistle_linkage = None
        self.follow(case)


class CaseVerified(CaseEvent):
    """核查: somebody other than the resolver found it resolved."""

    TOPIC = "CaseVerified"
    STEP = Step.VERIFY
    by: str
    note: Text | None

    def apply(self, case: Case) -> None:
        """Be verified."""
        self.follow(case)


class VerificationFailed(CaseEvent):
    """返工: verification found it unresolved; the holder works on."""

    TOPIC = "VerificationFailed"
    STEP = Step.FAIL_VERIFICATION
    by: str
    reason: Text

    def apply(self, case: Case) -> None:
        """Be handled again."""
        case.reworks += 1
        self.follow(case)


class CaseRated(CaseEvent):
    """评价: the resident's answers: was it answered, was it solved, how satisfied (1 to 5)."""

    TOPIC = "CaseRated"
    STEP = Step.RATE
    answered: bool
    solved: bool
    satisfied: int
    follow_up: bool
    comment: Text | None

    def apply(self, case: Case) -> None:
        """Be rated for this resolution."""
        case.rated = True


class CaseClosed(CaseEvent):
    """结案: the case was closed."""

    TOPIC = "CaseClosed"
    STEP = Step.CLOSE
    note: Text | None

    def apply(self, case: Case) -> None:
        """Be closed."""
        self.follow(case)


class CaseReopened(CaseEvent):
    """重开: the case was opened again, with a reason."""

    TOPIC = "CaseReopened"
    STEP = Step.REOPEN
    reason: Text

    def apply(self, case: Case) -> None:
        """Begin the loop again."""
        case.reopenings += 1
        case.rated = False
        case.resolver = None
        case.joined = None
        case.whistled_for.clear()
        case.hold(None, None, None)
        self.follow(case)


class CaseMarkedDuplicate(CaseEvent):
    """标记重复: the same report as another case."""

    TOPIC = "CaseMarkedDuplicate"
    STEP = Step.MARK_DUPLICATE
    of: UUID

    def apply(self, case: Case) -> None:
        """Point to the other case."""
        case.joined = self.of
        self.follow(case)


class CaseMerged(CaseEvent):
    """并案: the case is handled within another one from now on."""

    TOPIC = "CaseMerged"
    STEP = Step.MERGE
    into: UUID

    def apply(self, case: Case) -> None:
        """Remember where it stood, and point to the other case."""
        case.before_merge = (case.status, case.since, case.clock, case.overdue_at)
        case.joined = self.into
        self.follow(case)


class MergeUndone(CaseEvent):
    """撤销并案: the case stands where it stood before it was merged."""

    TOPIC = "MergeUndone"
    STEP = Step.UNDO_MERGE
    out_of: UUID
    reason: Text

    def apply(self, case: Case) -> None:
        """Stand where it stood."""
        if case.before_merge is not None:
            case.status, case.since, case.clock, case.overdue_at = case.before_merge
        case.before_merge = None
        case.joined = None


class CaseAbsorbed(CaseEvent):
    """并入: this case carries another one."""

    TOPIC = "CaseAbsorbed"
    STEP = Step.ABSORB
    case: UUID

    def apply(self, case: Case) -> None:
        """Carry it."""
        case.absorbed.add(self.case)


class CaseReleased(CaseEvent):
    """解除并案: this case carries the other one no more."""

    TOPIC = "CaseReleased"
    STEP = Step.UNDO_MERGE
    case: UUID

    def apply(self, case: Case) -> None:
        """Carry it no more."""
        case.absorbed.discard(self.case)


class CaseSplit(CaseEvent):
    """拆分: the case goes on as several cases."""

    TOPIC = "CaseSplit"
    STEP = Step.SPLIT
    parts: list[UUID]

    def apply(self, case: Case) -> None:
        """End in its parts."""
        case.parts = list(self.parts)
        self.follow(case)
