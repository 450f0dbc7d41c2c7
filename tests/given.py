"""Given – when – then for decisions: a past, one decision, and what follows from it.

A decision is a function of its aggregate, such as `accept(by=STAFF)`. It happens a minute after whatever
happened last, unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.commands.policies import default_policy
from chuishao.domain import case_events as facts
from chuishao.domain import whistle_events as signals
from chuishao.domain.actor import Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import Case, Part, Report
from chuishao.domain.event import Event, PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import TRANSITIONS, Status, Step
from chuishao.domain.phrase import said
from chuishao.domain.policy import parse
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from tests.town import COMMUNITY, GRID, START, STREET

A = TypeVar("A", bound=BaseAggregate[UUID])
CaseDecision = Callable[[Case], object]

MINUTE = timedelta(minutes=1)
CASE, OTHER, WHISTLE = identify("case", 1), identify("case", 2), identify("whistle", 1)
POLICE, WORKS = identify("department", 1), identify("department", 2)
DISPUTE = LinkageMechanism.DISPUTE_RESOLUTION

RESIDENT = Actor("resident-1", Role.RESIDENT, "")
WORKER = Actor("grid-worker-1", Role.GRID_WORKER, GRID)
LEADER = Actor("grid-leader-1", Role.GRID_LEADER, COMMUNITY)
STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
OTHER_STAFF = Actor("community-staff-2", Role.COMMUNITY_STAFF, COMMUNITY)
CHIEF = Actor("sector-chief-1", Role.SECTOR_CHIEF, COMMUNITY)
STREET_OFFICER = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
OTHER_STREET_OFFICER = Actor("street-officer-2", Role.STREET_OFFICER, STREET)
POLICE_OFFICER = Actor("officer-1", Role.DEPARTMENT_OFFICER, "120101", department=POLICE)
WORKS_OFFICER = Actor("officer-2", Role.DEPARTMENT_OFFICER, "120101", department=WORKS)
AUDITOR = Actor("auditor-1", Role.AUDITOR, "")
INTEGRATOR = Actor("integrator-1", Role.INTEGRATOR, "")
ADMINISTRATOR = Actor("administrator-1", Role.ADMINISTRATOR, "")

POLICY = parse(default_policy())

EVERYBODY = {
    actor.role: actor
    for actor in (
        RESIDENT,
        WORKER,
        LEADER,
        STAFF,
        CHIEF,
        STREET_OFFICER,
        POLICE_OFFICER,
        AUDITOR,
        INTEGRATOR,
        ADMINISTRATOR,
    )
}
"""One actor of every role, each within reach of the case."""

RESOLVING = {
    Tier.ON_SPOT: WORKER,
    Tier.GRID_LEADER: LEADER,
    Tier.DELIBERATION: STAFF,
    Tier.MULTI_UNIT: STREET_OFFICER,
}


@dataclass(frozen=True)
class Expected:
    """An event that must follow, with the fields that matter; a plain text stands for personal text."""

    type: type[Event]
    fields: dict[str, object]

    def check(self, event: Event) -> None:
        """Compare with what happened."""
        assert type(event) is self.type
        for name, value in self.fields.items():
            assert _words(getattr(event, name)) == value, f"{self.type.__name__}.{name}"


def _words(value: object) -> object:
    """A field with its personal texts as plain ones."""
    if isinstance(value, list):
        return [_words(item) for item in value]
    return value.text if isinstance(value, PersonalText) else value


def event(type_: type[Event], /, **fields: object) -> Expected:
    """Describe an event that must follow."""
    return Expected(type_, fields)


@dataclass
class When(Generic[A]):
    """A decision was taken: these events followed, or this refusal."""

    aggregate: A
    before: A
    events: list[Event]
    refusal: Refusal | None
    answer: object = None

    def then(self, *expected: Expected) -> A:
        """Exactly these events, in this order; give the aggregate back."""
        if self.refusal is not None:
            raise AssertionError(f"refused: {self.refusal}") from self.refusal
        assert [type(event) for event in self.events] == [wanted.type for wanted in expected]
        for wanted, happened in zip(expected, self.events, strict=True):
            wanted.check(happened)
        return self.aggregate

    def refused(self, code: type[Refusal], /, **facts: object) -> Refusal:
        """No event, nothing changed, and a sentence in both languages that carries these facts."""
        assert self.refusal is not None, f"not refused, but {self.events}"
        assert type(self.refusal) is code, self.refusal
        assert self.events == []
        assert self.aggregate == self.before
        for language in ("en", "zh"):
            assert self.refusal.sentence(language)
        told = {name: said(fact, "en") for name, fact in self.refusal.facts.items()}
        assert told | {name: said(fact, "en") for name, fact in facts.items()} == told
        return self.refusal


@dataclass
class Given(Generic[A]):
    """A past that was recorded."""

    aggregate: A

    def when(self, decision: Callable[[A], object]) -> When[A]:
        """Take a decision."""
        before = deepcopy(self.aggregate)
        refusal, answer = None, None
        try:
            answer = decision(self.aggregate)
        except Refusal as refused:
            refusal = refused
        return When(self.aggregate, before, decided_by(self.aggregate), refusal, answer)


def given(aggregate: A, *past: Callable[[A], object]) -> Given[A]:
    """Begin with an aggregate to which these decisions happened."""
    for decision in past:
        decision(aggregate)
    aggregate.collect_events()
    return Given(aggregate)


def when_made(make: Callable[[], A]) -> When[A]:
    """Make a new aggregate, or be refused."""
    try:
        made = make()
    except Refusal as refused:
        nothing: Any = None
        return When(nothing, nothing, [], refused)
    return When(made, deepcopy(made), decided_by(made), None)


def decided_by(aggregate: BaseAggregate[UUID]) -> list[Event]:
    """Collect what an aggregate decided."""
    return [decided for decided in aggregate.collect_events() if isinstance(decided, Event)]


def later(aggregate: BaseAggregate[UUID]) -> datetime:
    """A minute after whatever happened last."""
    return aggregate.modified_on + MINUTE


# A case, and what may happen to it


def a_report(**fields: Any) -> Report:
    """The report of a missing manhole cover."""
    told = {"community": COMMUNITY, "grid": GRID, "category": "01001", "severity": Severity.MINOR}
    return Report(**{**told, "text": "井盖丢失", **fields})


def a_case(id_: UUID = CASE, by: Actor = RESIDENT, at: datetime = START, **fields: Any) -> Case:
    """A reported case."""
    return Case.report(id_, a_report(**fields), by, at)


def accept(note: str | None = None, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.accept(note, by, at or later(case))


def refuse(reason: str = "不属于受理范围", by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.refuse(reason, by, at or later(case))


def assess(
    severity: Severity = Severity.MINOR,
    linkage: LinkageMechanism | None = None,
    note: str | None = None,
    by: Actor = STAFF,
    at: datetime | None = None,
    category: str = "01001",
) -> CaseDecision:
    return lambda case: case.assess(category, severity, linkage, note, by, at or later(case))


def assign(
    tier: Tier = Tier.ON_SPOT,
    grid: str | None = None,
    assignee: str | None = None,
    by: Actor = STAFF,
    at: datetime | None = None,
) -> CaseDecision:
    return lambda case: case.assign(tier, grid, assignee, by, at or later(case))


def transfer(
    community: str = COMMUNITY,
    grid: str | None = None,
    assignee: str | None = None,
    reason: str = "属于另一网格",
    by: Actor = STAFF,
    at: datetime | None = None,
) -> CaseDecision:
    return lambda case: case.transfer(community, grid, assignee, reason, by, at or later(case))


def escalate(
    tier: Tier = Tier.MULTI_UNIT,
    assignee: str | None = None,
    reason: str = "本级无法解决",
    by: Actor = STAFF,
    at: datetime | None = None,
) -> CaseDecision:
    return lambda case: case.escalate(tier, assignee, reason, by, at or later(case))


def return_(reason: str = "交办有误", by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.return_(reason, by, at or later(case))


def ask_suspension(
    until: datetime | None = None, reason: str = "等待材料", by: Actor = WORKER, at: datetime | None = None
) -> CaseDecision:
    return lambda case: case.ask_suspension(until, reason, by, at or later(case))


def ask_extension(
    longer: int = 2,
    unit: TimeUnit = TimeUnit.WORKING_DAYS,
    reason: str = "情况复杂",
    by: Actor = WORKER,
    at: datetime | None = None,
) -> CaseDecision:
    return lambda case: case.ask_extension(longer, unit, reason, POLICY, by, at or later(case))


def ask_return(reason: str = "不属于本网格", by: Actor = WORKER, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.ask_return(reason, by, at or later(case))


def decide_request(
    granted: bool = True, note: str | None = None, by: Actor = STAFF, at: datetime | None = None
) -> CaseDecision:
    return lambda case: case.decide_request(note, POLICY, by, at or later(case), granted=granted)


def asked_and_decided(by: Actor) -> CaseDecision:
    """Decide what was asked for just before, where anything may be asked for."""

    def decide(case: Case) -> None:
        if case.asked is None and case.status in TRANSITIONS[Step.REQUEST].sources:
            ask_suspension()(case)
        decide_request(by=by)(case)

    return decide


def suspended_and_resumed(by: Actor) -> CaseDecision:
    """Resume what was suspended just before, where anything may be."""

    def go_on(case: Case) -> None:
        if not case.clock.stops and case.status in TRANSITIONS[Step.REQUEST].sources:
            asked_and_decided(STREET_OFFICER)(case)
        resume(by=by)(case)

    return go_on


def resume(note: str | None = None, by: Actor = WORKER, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.resume(note, by, at or later(case))


def resolve_on_spot(result: str = "已处理", by: Actor = WORKER, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.resolve_on_spot(result, by, at or later(case))


def resolve(result: str = "已处理", by: Actor = LEADER, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.resolve(result, by, at or later(case))


def blow(
    linkage: LinkageMechanism = LinkageMechanism.RAPID_SERVICE,
    by: Actor = STREET_OFFICER,
    at: datetime | None = None,
    kind: WhistleKind = WhistleKind.ROUTINE,
) -> CaseDecision:
    return lambda case: case.blow(WHISTLE, kind, linkage, by, at or later(case))


def withdraw_whistle(
    reason: str = "情况已变化", by: Actor = STREET_OFFICER, at: datetime | None = None
) -> CaseDecision:
    return lambda case: case.withdraw_whistle(reason, by, at or later(case))


def resolve_by_whistle(
    result: str = "各部门已处理", by: Actor = STREET_OFFICER, at: datetime | None = None
) -> CaseDecision:
    return lambda case: case.resolve_by_whistle(result, by, at or later(case))


def verify(note: str | None = None, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.verify(note, by, at or later(case))


def fail_verification(
    reason: str = "井盖仍未恢复", by: Actor = STAFF, at: datetime | None = None
) -> CaseDecision:
    return lambda case: case.fail_verification(reason, by, at or later(case))


def rate(
    satisfied: int = 5,
    answered: bool = True,
    solved: bool = True,
    comment: str | None = None,
    by: Actor = RESIDENT,
    at: datetime | None = None,
) -> CaseDecision:
    return lambda case: case.rate(answered, solved, satisfied, comment, by, at or later(case))


def close(note: str | None = None, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.close(note, by, at or later(case))


def reopen(reason: str = "没有修好", by: Actor = RESIDENT, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.reopen(reason, by, at or later(case))


def mark_duplicate(of: Case, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.mark_duplicate(of, by, at or max(later(case), later(of)))


def merge_into(other: Case, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    return lambda case: case.merge_into(other, by, at or max(later(case), later(other)))


def absorb(other: Case, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    """The case takes the other one in: the far side of a merge."""
    return lambda case: other.merge_into(case, by, at or max(later(case), later(other)))


def undo_merge(
    other: Case, reason: str = "并非同一事项", by: Actor = STAFF, at: datetime | None = None
) -> CaseDecision:
    return lambda case: case.undo_merge(other, reason, by, at or max(later(case), later(other)))


def split(parts: list[Part] | None = None, by: Actor = STAFF, at: datetime | None = None) -> CaseDecision:
    chosen = two_parts() if parts is None else parts
    return lambda case: case.split(chosen, by, at or later(case))


def two_parts() -> list[Part]:
    """Two parts of a case."""
    return [Part(id=identify("part", number), text=f"第{number}部分") for number in (1, 2)]


def an_accepted_case(id_: UUID = OTHER) -> Case:
    """Another case, which can take the first one in."""
    return given(a_case(id_), accept()).aggregate


def path_to(status: Status, tier: Tier = Tier.ON_SPOT) -> list[CaseDecision]:
    """The decisions that lead from the report to a status, over a tier where one is passed."""
    assigned = [accept(), assess(), assign(tier)]
    settle = resolve_on_spot() if tier is Tier.ON_SPOT else resolve(by=RESOLVING[tier])
    resolved = [*assigned, settle]
    return {
        Status.REPORTED: [],
        Status.REFUSED: [refuse()],
        Status.ACCEPTED: [accept()],
        Status.ASSESSED: [accept(), assess()],
        Status.ASSIGNED: assigned,
        Status.WHISTLED: [accept(), assess(), assign(Tier.MULTI_UNIT), blow()],
        Status.RESOLVED: resolved,
        Status.VERIFIED: [*resolved, verify(by=OTHER_STAFF)],
        Status.CLOSED: [*resolved, verify(by=OTHER_STAFF), close()],
        Status.DUPLICATE: [mark_duplicate(an_accepted_case())],
        Status.MERGED: [merge_into(an_accepted_case())],
        Status.SPLIT: [accept(), split()],
    }[status]


def a_case_in(status: Status, tier: Tier = Tier.ON_SPOT, id_: UUID = CASE) -> Given[Case]:
    """A case that has come to a status."""
    return given(a_case(id_), *path_to(status, tier))


# What is true of every history, read from its events alone


def assert_history_of_a_case(events: Sequence[Event]) -> None:
    """The table, the two persons, the dispute's whistle, one rating a resolution, and times in order."""
    case: Any = None
    before_merge = None
    whistled: set[str] = set()
    graded: tuple[str, str | None] = ("MINOR", None)
    resolver, rated = None, False
    for number, happened in enumerate(events, start=1):
        assert isinstance(happened, facts.CaseEvent)
        assert happened.originator_version == number
        before = case.status if case else None
        if not isinstance(happened, facts.CaseAbsorbed | facts.CaseReleased | facts.MergeUndone) and case:
            assert happened.timestamp >= case.since
        case = happened.mutate(case)
        row = TRANSITIONS[happened.step]
        match happened:
            case facts.CaseReported() | facts.CaseSplitOff():
                assert before is None
                assert case.status is row.target
            case facts.CaseAbsorbed() | facts.CaseReleased():
                assert case.status is before
            case facts.MergeUndone():
                assert (before, case.status) == (Status.MERGED, before_merge)
            case _:
                assert before in row.sources, f"{happened} after {before}"
                assert case.status is (row.target or before)
        match happened:
            case facts.CaseReported() | facts.SeverityGraded():
                graded = (happened.severity, getattr(happened, "linkage", None))
            case facts.CaseMerged():
                before_merge = before
            case facts.CaseWhistled():
                whistled.add(happened.linkage)
            case facts.ResolvedOnSpot() | facts.CaseResolved():
                resolver = happened.by
                major_dispute = graded[0] != "MINOR" and graded[1] == DISPUTE.value
                assert not major_dispute or DISPUTE.value in whistled
            case facts.CaseVerified() | facts.VerificationFailed():
                assert happened.by != resolver
            case facts.CaseRated():
                assert not rated
                rated = True
            case facts.CaseReopened():
                rated = False


def assert_history_of_a_whistle(events: Sequence[Event]) -> None:
    """Only the summoned act, ratings are earned, and nobody leaves while an item is open."""
    summons: dict[UUID, set[type[Event]]] = {}
    items: set[int] = set()
    last_mile = ended = False
    for number, happened in enumerate(events, start=1):
        assert happened.originator_version == number
        assert not ended or isinstance(happened, signals.DepartmentRated)
        department = vars(happened).get("department")
        match happened:
            case signals.WhistleBlown():
                last_mile = happened.linkage == LinkageMechanism.LAST_MILE.value
                assert happened.linkage != LinkageMechanism.JOINT_ENFORCEMENT.value or happened.lead is None
            case signals.DepartmentSummoned():
                assert department not in summons or signals.SummonsRefused in summons[department]
                summons[happened.department] = set()
            case signals.DepartmentRated():
                earned = {signals.DepartmentAnswered, signals.SummonsRefused, signals.CheckInMissed}
                assert summons[happened.department] & earned
            case signals.OnSiteMeetingOpened():
                assert last_mile
                items = set(range(1, len(happened.items) + 1))
            case signals.OnSiteItemSettled():
                items.remove(happened.item)
            case signals.OnSiteMeetingClosed() | signals.WhistleResolved() | signals.WhistleWithdrawn():
                assert not items
                ended = not isinstance(happened, signals.OnSiteMeetingClosed)
        if department is not None and not isinstance(happened, signals.DepartmentSummoned):
            assert type(happened) not in summons[department], "each step once a summons"
            summons[department].add(type(happened))
    assert summons
