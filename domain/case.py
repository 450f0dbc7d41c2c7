"""工单 Case: from the report to the close, through tiers and whistles. State, then decisions.

Closing, resolution and satisfaction are three different facts. Every decision is pure: it asks the lifecycle
table, checks what the table cannot say, and triggers events; a refusal triggers none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.domain import case_events as facts
from chuishao.domain.actor import Actor, authorise, out_of_scope
from chuishao.domain.calendar import Limit, TimeUnit
from chuishao.domain.case_requests import (
    AHEAD,
    LONGEST,
    AlreadySuspended,
    Asked,
    CaseRequestDenied,
    CaseRequestFiled,
    CaseRequestGranted,
    CaseResumed,
    LimitOver,
    NothingAsked,
    NothingToExtend,
    NotSuspended,
    OwnCaseRequest,
    RequestKind,
    RequestOpen,
    TooFarAhead,
)
from chuishao.domain.clock import RUNNING, Clock
from chuishao.domain.division import street_of
from chuishao.domain.event import (
    SHORT_TEXT,
    PersonalText,
    about,
    not_before,
    not_too_many,
    written,
    written_or_none,
)
from chuishao.domain.lifecycle import (
    DECIDERS,
    RESOLVERS,
    TRANSITIONS,
    Standing,
    Status,
    Step,
    possible,
    require,
)
from chuishao.domain.phrase import Phrase, said
from chuishao.domain.policy_document import LIMITS, Policy
from chuishao.domain.refusal import (
    AlreadyRated,
    AtHome,
    BadTime,
    CaseEnded,
    Forbidden,
    HasMergedCases,
    IllegalTransition,
    NoLimit,
    NotYetDue,
    OutOfRange,
    OverdueAlready,
    SameCase,
    SamePerson,
    TierNotHigher,
    TooFewParts,
    WhistleGoesOn,
    WhistleRequired,
    WrongTier,
    within,
)
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody reports: where, of which category and severity, in which words, by whom."""

    community: str
    grid: str | None
    category: str
    severity: Severity
    text: str
    address: str | None = None
    subject: UUID | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a split: its own identifier, words and, where they differ, category and grid."""

    id: UUID
    text: str
    category: str | None = None
    grid: str | None = None


_ONLY_ON_SPOT: dict[str, object] = {
    "needed": Tier.ON_SPOT,
    "advice": Phrase("Use RESOLVE.", "请用处置（RESOLVE）。"),
}
_ABOVE_ON_SPOT: dict[str, object] = {
    "needed": Phrase("above ON_SPOT", "高于当场解决（ON_SPOT）的"),
    "advice": Phrase("Use RESOLVE_ON_SPOT, or escalate.", "请用当场解决（RESOLVE_ON_SPOT），或升级。"),
}


PASSED = "逾期自动升级 The limit passed, and the policy says that the case goes to the next tier."
"""Why a case was escalated by the clock."""
GRANTED = "同意退回 The return that was asked for was granted."
"""Why a case was returned, where whoever granted it said nothing."""


class Case(BaseAggregate[UUID]):
    """One case and everything that decides what may happen to it next."""

    TOPIC = "case"

    def __init__(self) -> None:
        self.status = Status.REPORTED
        self.since = self.created_on
        self.community = ""
        self.grid: str | None = None
        self.category = ""
        self.severity = Severity.MINOR
        self.subject = self.id
        self.linkage: LinkageMechanism | None = None
        self.tier: Tier | None = None
        self.holder: str | None = None
        self.assignee: str | None = None
        self.resolver: str | None = None
        self.whistle: UUID | None = None
        self.whistle_linkage: LinkageMechanism | None = None
        self.whistled_for: set[LinkageMechanism] = set()
        self.rated = False
        self.reworks = 0
        self.reopenings = 0
        self.joined: UUID | None = None
        self.before_merge: tuple[Status, datetime, Clock, datetime | None] | None = None
        self.absorbed: set[UUID] = set()
        self.split_from: UUID | None = None
        self.parts: list[UUID] = []
        self.clock = RUNNING
        self.asked: Asked | None = None
        self.requests = 0
        self.requested_at = self.created_on
        self.suspension = 0
        self.overdue_at: datetime | None = None

    @property
    def place(self) -> str:
        """The grid, or the community where the grid is not known yet."""
        return self.grid or self.community

    @property
    def correlation(self) -> UUID:
        """The case is its own history."""
        return self.id

    @property
    def must_whistle(self) -> bool:
        """Whether it is a major dispute that no whistle has settled in this loop."""
        dispute = LinkageMechanism.DISPUTE_RESOLUTION
        major = self.severity is not Severity.MINOR
        return self.linkage is dispute and major and dispute not in self.whistled_for

    # What events fold through

    def begin(self, community: str, grid: str | None, category: str, subject: UUID) -> None:
        """Lie somewhere, be of a category and be about somebody."""
        self.community, self.grid, self.category, self.subject = community, grid, category, subject

    def hold(self, tier: Tier | None, holder: str | None, assignee: str | None) -> None:
        """Be held at a tier by a place and a person."""
        self.tier, self.holder, self.assignee = tier, holder, assignee

    # Decisions

    @classmethod
    def report(cls, case: UUID, report: Report, by: Actor, at: datetime) -> Self:
        """上报: begin a case. Residents report anywhere, everybody else within their scope."""
        subject = report.subject or case
        if by.role is not Role.RESIDENT:
            path = "gridCode" if report.grid else "communityCode"
            authorise(by, Step.REPORT, TRANSITIONS[Step.REPORT].roles, report.grid or report.community, path)
        return cls._create(
            facts.CaseReported,
            id=case,
            timestamp=at,
            community=report.community,
            grid=report.grid,
            category=report.category,
            severity=report.severity.value,
            subject=subject,
            anonymous=report.reporter_name is None and report.reporter_phone is None,
            text=PersonalText(subject, written("text", report.text)),
            address=about(subject, "address", report.address, SHORT_TEXT),
            reporter_name=about(subject, "reporterName", report.reporter_name, SHORT_TEXT),
            reporter_phone=about(subject, "reporterPhone", report.reporter_phone, SHORT_TEXT),
        )

    def accept(self, note: str | None, by: Actor, at: datetime) -> None:
        """受理: take the case on."""
        self._require(Step.ACCEPT, by, at)
        self.trigger_event(facts.CaseAccepted, timestamp=at, note=self._about("note", note))

    def refuse(self, reason: str, by: Actor, at: datetime) -> None:
        """不予受理: refuse the case with a reason."""
        self._require(Step.REFUSE, by, at)
        self._require_alone()
        self.trigger_event(facts.CaseRefused, timestamp=at, reason=self._said("reason", reason))

    def assess(
        self,
        category: str,
        severity: Severity,
        linkage: LinkageMechanism | None,
        note: str | None,
        by: Actor,
        at: datetime,
    ) -> None:
        """研判: grade the case and name the linkage mechanism it calls for, if any."""
        self._require(Step.ASSESS, by, at)
        self.trigger_event(
            facts.SeverityGraded,
            timestamp=at,
            category=category,
            severity=severity.value,
            linkage=linkage.value if linkage else None,
            note=self._about("note", note),
        )

    def assign(self, tier: Tier, grid: str | None, assignee: str | None, by: Actor, at: datetime) -> None:
        """交办: give the case to a tier; a major dispute goes to the street."""
        self._require(Step.ASSIGN, by, at)
        if self.must_whistle and tier is not Tier.MULTI_UNIT:
            raise WhistleRequired("tier")
        grid = grid or self.grid
        self.trigger_event(
            facts.CaseAssigned,
            timestamp=at,
            tier=tier.value,
            grid=grid,
            holder=holder_of(tier, self.community, grid),
            assignee=_named(assignee),
        )

    def transfer(
        self, community: str, grid: str | None, assignee: str | None, reason: str, by: Actor, at: datetime
    ) -> None:
        """转办: give the case to another grid or community at its tier."""
        self._require(Step.TRANSFER, by, at)
        assert self.tier is not None
        self.trigger_event(
            facts.CaseTransferred,
            timestamp=at,
            community=community,
            grid=grid,
            holder=holder_of(self.tier, community, grid),
            assignee=_named(assignee),
            reason=self._said("reason", reason),
        )

    def rehome(self, community: str, grid: str | None, assignee: str | None, by: Actor, at: datetime) -> None:
        """随迁: lie where jurisdiction went, in whatever state; what else is known of the case stays."""
        self._require(Step.REHOME, by, at)
        if (community, grid) == (self.community, self.grid):
            raise AtHome("caseId", case=self.id, place=self.place)
        if self.status is Status.WHISTLED and street_of(community) != street_of(self.community):
            raise WhistleGoesOn(case=self.id, street=street_of(self.community))
        held = self.tier is not None and self.holder is not None
        self.trigger_event(
            facts.CaseRehomed,
            timestamp=at,
            former_place=self.place,
            community=community,
            grid=grid,
            holder=holder_of(self.tier, community, grid) if held and self.tier else None,
            assignee=_named(assignee) if held else None,
        )

    def escalate(self, tier: Tier, assignee: str | None, reason: str, by: Actor, at: datetime) -> None:
        """升级: give the case to a higher tier; tiers may be skipped upward."""
        self._require(Step.ESCALATE, by, at)
        assert self.tier is not None
        if tier.rank <= self.tier.rank:
            raise TierNotHigher("tier", tier=self.tier, asked=tier)
        self.trigger_event(
            facts.CaseEscalated,
            timestamp=at,
            tier=tier.value,
            holder=holder_of(tier, self.community, self.grid),
            assignee=_named(assignee),
            reason=self._said("reason", reason),
        )

    def return_(self, reason: str, by: Actor, at: datetime) -> None:
        """退回: give the case back to be assigned anew; the level above does so, others ask for it."""
        self._require(Step.RETURN, by, at)
        self._require_at_tier(Step.RETURN, by, DECIDERS)
        self._trigger_returned(self._said("reason", reason), at)

    def resolve_on_spot(self, result: str, by: Actor, at: datetime) -> None:
        """当场解决: settle it on the spot, at the lowest tier."""
        self._require(Step.RESOLVE_ON_SPOT, by, at)
        self._require_resolver(Step.RESOLVE_ON_SPOT, by, on_spot=True)
        self.trigger_event(facts.ResolvedOnSpot, timestamp=at, by=by.id, result=self._said("result", result))

    def resolve(self, result: str, by: Actor, at: datetime) -> None:
        """处置: settle it at its tier, above the lowest."""
        self._require(Step.RESOLVE, by, at)
        self._require_resolver(Step.RESOLVE, by, on_spot=False)
        self._trigger_resolved(result, None, by, at)

    def blow(
        self, whistle: UUID, kind: WhistleKind, linkage: LinkageMechanism, by: Actor, at: datetime
    ) -> None:
        """吹哨: only the street of the case blows, and only for what is at its tier."""
        self._require(Step.WHISTLE, by, at)
        if by.scope != street_of(self.community):
            street = street_of(self.community)
            allowed = Phrase(f"the street {street}", f"街镇 {street}")
            raise Forbidden(role=by.described, action=Step.WHISTLE, allowed=allowed)
        if self.tier is not Tier.MULTI_UNIT:
            advice = Phrase("Escalate it to MULTI_UNIT first.", "请先升级到联动处置（MULTI_UNIT）。")
            raise WrongTier(asked=Step.WHISTLE, needed=Tier.MULTI_UNIT, tier=self.tier, advice=advice)
        if self.must_whistle and linkage is not LinkageMechanism.DISPUTE_RESOLUTION:
            raise WhistleRequired("linkage")
        self.trigger_event(
            facts.CaseWhistled, timestamp=at, whistle=whistle, kind=kind.value, linkage=linkage.value
        )

    def withdraw_whistle(self, reason: str, by: Actor, at: datetime) -> None:
        """撤哨: take the case back from the departments."""
        self._require(Step.WITHDRAW_WHISTLE, by, at)
        reason_said = self._said("reason", reason)
        self.trigger_event(facts.CaseWhistleWithdrawn, timestamp=at, whistle=self.whistle, reason=reason_said)

    def resolve_by_whistle(self, result: str, by: Actor, at: datetime) -> None:
        """哨件办结: the departments settled it."""
        self._require(Step.RESOLVE_BY_WHISTLE, by, at)
        self._trigger_resolved(result, self.whistle, by, at)

    def verify(self, note: str | None, by: Actor, at: datetime) -> None:
        """核查: find it resolved; never by its resolver."""
        self._require(Step.VERIFY, by, at)
        self._require_other_than_resolver(by)
        self.trigger_event(facts.CaseVerified, timestamp=at, by=by.id, note=self._about("note", note))

    def fail_verification(self, reason: str, by: Actor, at: datetime) -> None:
        """返工: find it unresolved; never by its resolver."""
        self._require(Step.FAIL_VERIFICATION, by, at)
        self._require_other_than_resolver(by)
        self.trigger_event(
            facts.VerificationFailed, timestamp=at, by=by.id, reason=self._said("reason", reason)
        )

    def rate(
        self, answered: bool, solved: bool, satisfied: int, comment: str | None, by: Actor, at: datetime
    ) -> None:
        """评价: keep the resident's answers, given directly or in a follow-up (回访); once a resolution."""
        self._require(Step.RATE, by, at)
        if self.rated:
            raise AlreadyRated(what=Phrase(f"case {self.id}", f"案件 {self.id} "))
        if not 1 <= satisfied <= 5:  # noqa: PLR2004 the scale of satisfaction
            raise OutOfRange("satisfied", field="satisfied", value=satisfied, low=1, high=5)
        self.trigger_event(
            facts.CaseRated,
            timestamp=at,
            answered=answered,
            solved=solved,
            satisfied=satisfied,
            follow_up=by.role is not Role.RESIDENT,
            comment=self._about("comment", comment),
        )

    def close(self, note: str | None, by: Actor, at: datetime) -> None:
        """结案: close the verified case, rated or not."""
        self._require(Step.CLOSE, by, at)
        self.trigger_event(facts.CaseClosed, timestamp=at, note=self._about("note", note))

    def reopen(self, reason: str, by: Actor, at: datetime) -> None:
        """重开: open it again, because it was not fixed, wrongly refused or no duplicate."""
        self._require(Step.REOPEN, by, at)
        self.trigger_event(facts.CaseReopened, timestamp=at, reason=self._said("reason", reason))

    def mark_duplicate(self, of: Case, by: Actor, at: datetime) -> None:
        """标记重复: say that another case is the same report."""
        self._require(Step.MARK_DUPLICATE, by, at)
        self._require_joinable(of, Status.DUPLICATE, by, "ofId")
        self.trigger_event(facts.CaseMarkedDuplicate, timestamp=at, of=of.id)

    def merge_into(self, other: Case, by: Actor, at: datetime) -> None:
        """并案: let another case carry this one; both histories say so."""
        self._require(Step.MERGE, by, at)
        self._require_joinable(other, Status.MERGED, by, "intoId")
        with within("intoId"):
            other._require(Step.ABSORB, by, at)
        self.trigger_event(facts.CaseMerged, timestamp=at, into=other.id)
        other.trigger_event(facts.CaseAbsorbed, timestamp=at, case=self.id)

    def undo_merge(self, other: Case, reason: str, by: Actor, at: datetime) -> None:
        """撤销并案: stand where it stood before."""
        self._require(Step.UNDO_MERGE, by, at)
        self.trigger_event(
            facts.MergeUndone, timestamp=at, out_of=other.id, reason=self._said("reason", reason)
        )
        other.trigger_event(facts.CaseReleased, timestamp=at, case=self.id)

    def split(self, parts: list[Part], by: Actor, at: datetime) -> list[Case]:
        """拆分: go on as several cases; give them back."""
        self._require(Step.SPLIT, by, at)
        if len(parts) < 2:  # noqa: PLR2004 one part is no split
            raise TooFewParts("parts", count=len(parts))
        not_too_many("parts", len(parts))
        self._require_alone()
        texts = [_part_text(number, part) for number, part in enumerate(parts)]
        cases = [
            Case._create(
                facts.CaseSplitOff,
                id=part.id,
                timestamp=at,
                parent=self.id,
                community=self.community,
                grid=part.grid or self.grid,
                category=part.category or self.category,
                severity=self.severity.value,
                subject=self.subject,
                text=PersonalText(self.subject, text),
            )
            for part, text in zip(parts, texts, strict=True)
        ]
        self.trigger_event(facts.CaseSplit, timestamp=at, parts=[part.id for part in parts])
        return cases

    def let_pass(self, due: datetime, rule: str, by: Actor, at: datetime, *, escalates: bool) -> None:
        """逾期: record that the limit passed, at the moment it passed; a day announced since may move it on.

        Where limits escalate, what is handled goes to the next tier, now: nobody there could know before.
        """
        require(Step.OVERDUE, self.status, by, self.place, self.tier)
        if at < due:
            raise NotYetDue(due=due.isoformat(), at=at.isoformat())
        if self.overdue_at is not None and due <= self.overdue_at:
            raise OverdueAlready(case=self.id, due=self.overdue_at.isoformat())
        self.trigger_event(facts.CaseOverdue, timestamp=due, rule=rule)
        if escalates and self.status is Status.ASSIGNED and self.tier is not None and self.tier.above:
            self.trigger_event(
                facts.CaseEscalated,
                timestamp=at,
                tier=self.tier.above.value,
                holder=holder_of(self.tier.above, self.community, self.grid),
                assignee=None,
                reason=self._said("reason", PASSED),
            )

    # What is asked for

    def ask_suspension(self, until: datetime | None, reason: str, by: Actor, at: datetime) -> None:
        """申请挂账: ask that the clock stands still once granted, until a moment or until it is resumed."""
        self._require_askable(by, at)
        if self.clock.stands_still(at):
            raise AlreadySuspended(case=self.id)
        if until is not None:
            _require_after(until, at, "until", Phrase("name a later one", "请另定更晚的时间"))
            _require_within_a_year(until, at, "until")
        stands_until = until.isoformat() if until else None
        self._file(RequestKind.SUSPENSION, reason, by, at, stands_until=stands_until)

    def ask_extension(
        self, longer: int, unit: TimeUnit, reason: str, policy: Policy, by: Actor, at: datetime
    ) -> None:
        """申请延期: ask that the limit ends later, before it is over. `policy` is that in force `since`."""
        self._require_askable(by, at)
        if not 1 <= longer <= LONGEST:
            raise OutOfRange("amount", field="amount", value=longer, low=1, high=LONGEST)
        if self.limit(policy) is None:
            raise NoLimit("caseId", what=Phrase(f"case {self.id} now", f"案件 {self.id} 目前"))
        later = self.due(policy, self.clock.extended(longer, unit))
        if later is None:
            raise NothingToExtend(case=self.id)
        self._require_not_over(policy, at)
        _require_within_a_year(later, at, "amount")
        self._file(RequestKind.EXTENSION, reason, by, at, longer=longer, time_unit=unit.value)

    def ask_return(self, reason: str, by: Actor, at: datetime) -> None:
        """申请回退: ask that the case is assigned anew."""
        self._require_askable(by, at)
        if self.status is not Status.ASSIGNED:  # a whistle is withdrawn first
            standing = Standing(self.asked is not None, self.clock.stands_still(at))
            may = possible(self.status, self.tier, standing)
            raise IllegalTransition(state=self.status, asked=Step.RETURN, possible=may)
        self._file(RequestKind.RETURN, reason, by, at)

    def decide_request(
        self, note: str | None, policy: Policy, by: Actor, at: datetime, *, granted: bool
    ) -> None:
        """审批: grant or deny what is asked for; never by who asked. `policy` is that in force `since`."""
        self._require(Step.DECIDE_REQUEST, by, at)
        asked = self.asked
        if asked is None:
            raise NothingAsked(case=self.id)
        self._require_in_order(at)
        self._require_at_tier(Step.DECIDE_REQUEST, by, DECIDERS)
        if by.id == asked.by:
            raise OwnCaseRequest(actor=by.id)
        if not granted:
            denied = self._said("note", note or "")
            self._decided(CaseRequestDenied, asked, by, at, reason=denied)
            return
        if asked.until is not None:
            _require_after(asked.until, at, "granted", Phrase("deny the request", "请不同意该申请"))
        if asked.kind is RequestKind.EXTENSION:
            self._require_not_over(policy, at)
        said = self._about("note", note)
        self._decided(CaseRequestGranted, asked, by, at, note=said)
        if asked.kind is RequestKind.RETURN:
            self._trigger_returned(said or self._said("reason", GRANTED), at)

    def resume(self, note: str | None, by: Actor, at: datetime) -> None:
        """恢复计时: let the clock run again."""
        self._require(Step.RESUME, by, at)
        self._require_in_order(at)
        if not self.clock.stands_still(at):
            raise NotSuspended(case=self.id)
        self.trigger_event(CaseResumed, timestamp=at, number=self.suspension, note=self._about("note", note))

    def limit(self, policy: Policy) -> Limit | None:
        """The limit of the step that is owed, by a policy; None where it states none or nothing is owed."""
        facts_of = {"category": self.category, "severity": self.severity, "tier": self.tier}
        kind = LIMITS.get(self.status)
        return policy.limit(kind, **facts_of, division=self.place) if kind else None

    def due(self, policy: Policy, clock: Clock | None = None) -> datetime | None:
        """Until when a policy wants that step, by the case's clock or another one; None without a limit."""
        limit = self.limit(policy)
        return policy.ends(self.since, limit, self.place, clock or self.clock) if limit else None

    # Checks and shared pieces

    def _require_askable(self, by: Actor, at: datetime) -> None:
        self._require(Step.REQUEST, by, at)
        self._require_in_order(at)
        if self.asked is not None:
            raise RequestOpen(asked=self.asked.kind)

    def _require_in_order(self, at: datetime) -> None:
        """Refuse to say what would undo what is recorded: of its requests, or that its limit passed."""
        not_before(at, self.requested_at, Phrase("what was said last of its requests", "上一次申请或审批"))
        if self.overdue_at is not None:
            not_before(at, self.overdue_at, Phrase("the end of its limit", "期限届满"))

    def _require_not_over(self, policy: Policy, at: datetime) -> None:
        due = self.due(policy)
        if due is not None and at > due:
            raise LimitOver(due=due.isoformat(), at=at.isoformat())

    def _file(
        self, kind: RequestKind, reason: str, by: Actor, at: datetime, **wanted: int | str | None
    ) -> None:
        said = self._said("reason", reason)
        all_wanted = {"longer": None, "time_unit": None, "stands_until": None} | wanted
        self.trigger_event(
            CaseRequestFiled,
            timestamp=at,
            number=self.requests + 1,
            request=kind.value,
            by=by.id,
            **all_wanted,
            reason=said,
        )

    def _decided(
        self, event: type[Any], asked: Asked, by: Actor, at: datetime, **said: PersonalText | None
    ) -> None:
        self.trigger_event(
            event, timestamp=at, number=self.requests, request=asked.kind.value, by=by.id, **said
        )

    def _trigger_returned(self, reason: PersonalText, at: datetime) -> None:
        assert self.tier is not None
        self.trigger_event(facts.CaseReturned, timestamp=at, tier=self.tier.value, reason=reason)

    def _require_at_tier(self, step: Step, by: Actor, who: dict[Tier, frozenset[Role]]) -> None:
        assert self.tier is not None
        action = Phrase(f"{step} at tier {self.tier}", f"{said(self.tier, 'zh')}层级的{said(step, 'zh')}")
        authorise(by, action, who[self.tier], self.place)

    def _require(self, step: Step, by: Actor, at: datetime) -> None:
        if by.role is Role.RESIDENT:  # a resident acts on the own case, which the secret or identity proved
            by = Actor(by.id, by.role, scope="")
        require(step, self.status, by, self.place, self.tier)
        if at < self.since:
            last = Phrase(f"the step to {self.status}", f"进入{said(self.status, 'zh')}状态")
            not_before(at, self.since, last)

    def _require_resolver(self, step: Step, by: Actor, *, on_spot: bool) -> None:
        assert self.tier is not None
        if (self.tier is Tier.ON_SPOT) is not on_spot:
            raise WrongTier(asked=step, tier=self.tier, **(_ONLY_ON_SPOT if on_spot else _ABOVE_ON_SPOT))
        if self.must_whistle:
            raise WhistleRequired()
        self._require_at_tier(step, by, RESOLVERS)

    def _require_other_than_resolver(self, by: Actor) -> None:
        if by.id == self.resolver:
            raise SamePerson(actor=by.id)

    def _require_alone(self) -> None:
        if self.absorbed:
            raise HasMergedCases(case=self.id, count=len(self.absorbed))

    def _require_joinable(self, other: Case, as_: Status, by: Actor, path: str) -> None:
        if not by.reaches(other.place):  # nor learn in which state it is
            raise out_of_scope(by, other.place, path)
        if other.id == self.id:
            raise SameCase(path, case=self.id)
        self._require_alone()
        ended = {Status.DUPLICATE, Status.MERGED, Status.SPLIT, Status.REFUSED}
        if other.status in ended or (as_ is Status.MERGED and other.status is Status.CLOSED):
            raise CaseEnded(path, case=other.id, state=other.status)

    def _trigger_resolved(self, result: str, whistle: UUID | None, by: Actor, at: datetime) -> None:
        said = self._said("result", result)
        self.trigger_event(facts.CaseResolved, timestamp=at, by=by.id, whistle=whistle, result=said)

    def _said(self, field: str, text: str) -> PersonalText:
        return PersonalText(self.subject, written(field, text))

    def _about(self, field: str, text: str | None) -> PersonalText | None:
        return about(self.subject, field, text)


def holder_of(tier: Tier, community: str, grid: str | None) -> str:
    """The code of the place that answers for a case at a tier."""
    match tier:
        case Tier.ON_SPOT | Tier.GRID_LEADER:
            return grid or community
        case Tier.DELIBERATION:
            return community
        case Tier.MULTI_UNIT:
            return street_of(community)


def _require_after(until: datetime, at: datetime, path: str, advice: Phrase) -> None:
    """Refuse to let a clock stand still until a moment that has passed."""
    if until <= at:
        now = at.isoformat()
        reason = Phrase(f"it is {now} already; {advice}", f"现在已是 {now}；{said(advice, 'zh')}")
        raise BadTime(path, field="until", at=until.isoformat(), reason=reason)


def _require_within_a_year(end: datetime, at: datetime, path: str) -> None:
    """Refuse to put a limit off for so long that it is none any more."""
    if end - at > AHEAD:
        raise TooFarAhead(path, end=end.isoformat(), days=AHEAD.days)


def _part_text(number: int, part: Part) -> str:
    with within("parts", str(number)):
        return written("text", part.text)


def _named(assignee: str | None) -> str | None:
    return written_or_none("assignee", assignee, SHORT_TEXT)
