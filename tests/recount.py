"""指标 A slow recount of every measure from the events: what the figures should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain import whistle_events as calls
from chuishao.domain.calendar import Limit, TimeUnit
from chuishao.domain.case import Case
from chuishao.domain.case_requests import CaseRequestFiled, CaseRequestGranted, CaseResumed, RequestKind
from chuishao.domain.event import fold
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.lifecycle import TRANSITIONS, Status
from chuishao.domain.measure import Measure
from chuishao.domain.policy import LimitKind, Policy, WorkdaysAnnounced, in_force, parse
from chuishao.domain.refusal import NoPolicy
from chuishao.domain.vocabulary import Severity
from chuishao.domain.workdays import Announcement
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent

TIANJIN = timezone(timedelta(hours=8))
AWAY = (facts.CaseRefused, facts.CaseMarkedDuplicate, facts.CaseMerged, facts.CaseSplit)
MAY_REACH = {Severity.MINOR: 2, Severity.MAJOR: 3, Severity.CRITICAL: 4}
"""Of the levels grid, community, street and beyond, up to which one a case should be settled."""


@dataclass
class Run:
    """What is told of one run of a case."""

    case: UUID
    opened_at: datetime
    reported: bool
    place: str = ""
    grid: str | None = None
    worker: str | None = None
    resolver: str | None = None
    """Whose resolution was sent back first, or else stands."""
    department: UUID | None = None
    category: str = ""
    severity: str = ""
    limit: datetime | None = None
    asked: CaseRequestFiled | None = None
    stood: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    """When its clock stood still since the last step."""
    longer: list[Limit] = field(default_factory=list)
    """What was added to its limit since the last step."""
    extended_at: datetime | None = None
    answered_at: datetime | None = None
    assigned: bool = False
    sent_on: bool = False
    reworked: bool = False
    whistled: bool = False
    resolved_at: datetime | None = None
    level: int = 0
    finished_at: datetime | None = None
    closed: bool = False
    reopened_at: datetime | None = None
    left_at: datetime | None = None
    said_at: datetime | None = None
    said: tuple[bool, bool, int] | None = None
    """Whether the resident says that it was answered, that it was solved, and how satisfied."""


@dataclass
class Summons:
    """What is told of one summons."""

    case: UUID
    place: str
    department: UUID
    since: datetime
    category: str = ""
    severity: str = ""
    limit: datetime | None = None
    waits: bool = True
    came_at: datetime | None = None
    released_at: datetime | None = None
    grid: None = None
    worker: None = None


Counted: TypeAlias = Run | Summons


@dataclass
class Known:
    """What was adopted and announced so far."""

    adopted: list[Policy] = field(default_factory=list)
    announced: tuple[Announcement, ...] = ()

    def hear(self, event: Any) -> None:
        if isinstance(event, WorkdaysAnnounced):
            self.announced = (*self.announced, Announcement.of(event.division, event.days))
        else:
            self.adopted.append(parse(event.document))

    def limit(
        self, about: LimitKind, since: datetime, run: Run | None = None, **asked: Any
    ) -> datetime | None:
        """When a limit ends as far as it is known, worked out afresh by the clock of a run, if it has one."""
        try:
            policy = replace(in_force(self.adopted, since), announced=self.announced)
        except NoPolicy:
            return None
        limit = policy.limit(about, **asked)
        if limit is None:
            return None
        calendar, end = policy.calendar_of(asked["division"]), since
        stood, longer = (run.stood, run.longer) if run else ([], [])
        try:
            for more in (limit, *longer):
                end = calendar.due(end, more, stood)
        except (ValueError, OverflowError):
            return None
        return end


@dataclass
class Listener:
    """Hears the events of a log, one after the other."""

    known: Known = field(default_factory=Known)
    cases: dict[UUID, Case] = field(default_factory=dict)
    runs: dict[UUID, list[Run]] = field(default_factory=lambda: defaultdict(list))
    whistles: dict[UUID, calls.WhistleBlown] = field(default_factory=dict)
    summonses: dict[UUID, list[Summons]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, recorded: RecordedEvent) -> None:
        event = recorded.event
        if recorded.stream == POLICY_ID:
            self.known.hear(event)
            place = event.division if isinstance(event, WorkdaysAnnounced) else ""
            for case in self.cases:
                if self.cases[case].place.startswith(place):
                    self.date(case)
            for whistle, blown in self.whistles.items():
                if blown.street.startswith(place):
                    self.date_summonses(whistle)
        elif isinstance(event, calls.WhistleEvent):
            self.hear_of_whistle(recorded, event)
        elif isinstance(event, facts.CaseEvent):
            self.hear_of_case(recorded, event)

    def hear_of_case(self, recorded: RecordedEvent, event: facts.CaseEvent) -> None:
        case, at = recorded.stream, recorded.occurred_at
        if isinstance(event, facts.CaseReported | facts.CaseSplitOff | facts.CaseReopened):
            if case in self.cases:
                self.runs[case][-1].reopened_at = at
                if self.cases[case].status is Status.VERIFIED:
                    self.runs[case][-1].finished_at = at
            self.runs[case].append(Run(case, at, isinstance(event, facts.CaseReported)))
        before = self.cases.get(case)
        holder = before.holder if before else None
        if isinstance(event, facts.ResolvedOnSpot | facts.CaseResolved):
            self.go_on(case, at)
            self.date(case)
        now = self.cases[case] = fold([event], *([before] if before else []))
        run = self.runs[case][-1]
        match event:
            case facts.CaseAssigned():
                run.assigned = True
            case facts.CaseReturned() | facts.CaseTransferred():
                run.sent_on = run.assigned
            case facts.VerificationFailed():
                run.reworked, run.resolved_at = True, None
            case facts.ResolvedOnSpot():
                run.department = None
            case facts.CaseResolved(whistle=whistle):
                run.department = self.whistles[whistle].lead if whistle else None
            case facts.CaseWhistleWithdrawn():
                run.department = None
            case facts.CaseRated(answered=answered, solved=solved, satisfied=satisfied):
                run.said_at, run.said = at, (answered, solved, satisfied)
            case facts.CaseClosed():
                run.finished_at, run.closed = at, True
            case facts.MergeUndone():
                run.left_at = None
        if isinstance(event, facts.ResolvedOnSpot | facts.CaseResolved):
            assert holder is not None
            run.resolved_at = at
            run.level = 4 if run.department else 1 + (len(holder) <= 12) + (len(holder) <= 9)
            run.resolver = run.resolver if run.reworked else event.by
        if isinstance(event, AWAY):
            run.left_at = at
        self.hear_of_clock(case, event, at)
        if TRANSITIONS[event.step].target is not None and not isinstance(event, facts.CaseMerged):
            run.stood, run.longer = [], []
        if isinstance(event, facts.CaseReturned) and not (run.limit and run.limit <= at):
            run.limit = None
        if run.answered_at is None and now.status is not Status.REPORTED:
            run.answered_at = at
        run.place, run.grid, run.worker = now.place, now.grid, now.assignee
        run.category, run.severity = now.category, now.severity
        self.date(case)

    def hear_of_clock(self, case: UUID, event: facts.CaseEvent, at: datetime) -> None:
        """Let the clock of the present run stand still, go on, or have more time."""
        run = self.runs[case][-1]
        match event:
            case CaseRequestFiled():
                run.asked = event
            case CaseRequestGranted(request=RequestKind.SUSPENSION) if run.asked:
                until = run.asked.stands_until
                run.stood.append((at, datetime.fromisoformat(until) if until else None))
            case CaseRequestGranted(request=RequestKind.EXTENSION) if run.asked:
                assert run.asked.longer and run.asked.time_unit
                run.extended_at = run.extended_at or at
                run.longer.append(Limit(run.asked.longer, TimeUnit(run.asked.time_unit), "more"))
            case CaseResumed():
                self.go_on(case, at)

    def go_on(self, case: UUID, at: datetime) -> None:
        """Let the clock run that stands still."""
        run = self.runs[case][-1]
        if run.stood and (run.stood[-1][1] is None or run.stood[-1][1] > at):
            begins, _ = run.stood.pop()
            run.stood += [(begins, at)] if begins < at else []

    def date(self, case: UUID) -> None:
        """Set the limit as it is now, unless it had passed when the case came where it stands."""
        now, run = self.cases[case], self.runs[case][-1]
        if now.status in (Status.ASSIGNED, Status.WHISTLED) and not (run.limit and run.limit <= now.since):
            asked: dict[str, Any] = {
                "category": now.category, "severity": now.severity, "tier": now.tier, "division": now.place
            }  # fmt: skip
            run.limit = self.known.limit(LimitKind.HANDLE, now.since, run, **asked)

    def hear_of_whistle(self, recorded: RecordedEvent, event: calls.WhistleEvent) -> None:
        whistle, at = recorded.stream, recorded.occurred_at
        if isinstance(event, calls.WhistleBlown):
            self.whistles[whistle] = event
            run = self.runs[event.case][-1]
            run.whistled, run.department = True, event.lead
            return
        theirs = self.summonses[whistle]
        blown = self.whistles[whistle]
        if isinstance(event, calls.DepartmentSummoned):
            theirs.append(Summons(blown.case, blown.street, event.department, at))
            self.date_summonses(whistle)
        elif isinstance(event, calls.WhistleResolved | calls.WhistleWithdrawn):
            for summons in theirs:
                summons.released_at, summons.waits = summons.released_at or at, False
        elif hasattr(event, "department"):
            (*_, last) = (summons for summons in theirs if summons.department == event.department)
            match event:
                case calls.DepartmentCheckedIn():
                    last.came_at, last.waits = at, False
                case calls.SummonsRefused():
                    last.released_at, last.waits = at, False
                case calls.DepartmentAnswered():
                    last.waits = False

    def date_summonses(self, whistle: UUID) -> None:
        """Set the limits of the departments that are waited for."""
        blown = self.whistles[whistle]
        for summons in self.summonses[whistle]:
            if summons.waits:
                asked: dict[str, Any] = {"kind": blown.kind, "division": blown.street}
                summons.limit = self.known.limit(LimitKind.CHECK_IN, summons.since, **asked)


async def told(log: EventLog) -> list[Counted]:
    """Everything that a log tells of runs and summonses."""
    listener = Listener()
    for recorded in await log.after(0, 100_000):
        listener.hear(recorded)
    summonses = [one for of_whistle in listener.summonses.values() for one in of_whistle]
    for summons in summonses:
        case = listener.cases[summons.case]
        summons.category, summons.severity = case.category, case.severity
    return [*(run for runs in listener.runs.values() for run in runs), *summonses]


# What the definitions say, once more


def stayed(run: Run, end: datetime) -> bool:
    return run.left_at is None or run.left_at >= end


def closed(run: Run, end: datetime) -> bool:
    return run.closed and run.finished_at is not None and run.finished_at < end


def owed(summons: Summons, _end: datetime) -> bool:
    return bool(summons.came_at) or not (
        summons.released_at and summons.limit and summons.released_at <= summons.limit
    )


def kept(summons: Summons) -> bool:
    return bool(summons.came_at and summons.limit and summons.came_at <= summons.limit)


def spoilt(run: Run, end: datetime) -> bool:
    return run.reworked or (run.reopened_at is not None and run.reopened_at < end)


def extended(run: Run, end: datetime) -> bool:
    return run.extended_at is not None and run.extended_at < end


def overnight(run: Run, now: datetime) -> bool:
    answered = (run.answered_at or now).astimezone(TIANJIN).date()
    return answered > run.opened_at.astimezone(TIANJIN).date()


@dataclass(frozen=True)
class Rule:
    """Of what a measure counts: when it belongs to the sample, whether it does, and whether it counts."""

    of: type[Run] | type[Summons]
    moments: Callable[[Any], tuple[datetime | None, ...]]
    """One of which has to lie in the period."""
    counts: Callable[[Any, datetime, datetime], bool]
    """For a period with this end, asked now."""
    among: Callable[[Any, datetime], bool] = lambda _one, _end: True
    worker: Callable[[Any], str | None] = lambda one: one.worker
    """Against which worker it counts."""


RULES: dict[Measure, Rule] = {
    Measure.CLOSURE: Rule(Run, lambda run: (run.limit,), lambda run, end, _: closed(run, end), stayed),
    Measure.ON_TIME_CLOSURE: Rule(
        Run,
        lambda run: (run.limit,),
        lambda run, end, _: closed(run, end) and run.resolved_at <= run.limit,
        stayed,
    ),
    Measure.EXTENSION: Rule(Run, lambda run: (run.limit,), lambda run, end, _: extended(run, end), stayed),
    Measure.REWORK: Rule(
        Run,
        lambda run: (run.finished_at, run.reopened_at if run.closed else None),
        lambda run, end, _: spoilt(run, end),
        worker=lambda run: run.resolver,
    ),
    Measure.ACCURATE_DISPATCH: Rule(Run, lambda run: (run.finished_at,), lambda run, *_: not run.sent_on),
    Measure.RESPONSE: Rule(Run, lambda run: (run.said_at,), lambda run, *_: run.said[0]),
    Measure.RESOLUTION: Rule(Run, lambda run: (run.said_at,), lambda run, *_: run.said[1]),
    Measure.SATISFACTION: Rule(Run, lambda run: (run.said_at,), lambda run, *_: run.said[2] >= 4),
    Measure.ON_TIME_CHECK_IN: Rule(Summons, lambda one: (one.limit,), lambda one, *_: kept(one), owed),
    Measure.WHISTLE: Rule(Run, lambda run: (run.finished_at,), lambda run, *_: run.whistled),
    Measure.OVERNIGHT: Rule(
        Run,
        lambda run: (run.opened_at if run.reported else None,),
        lambda run, _, now: overnight(run, now),
    ),
    Measure.CONTAINMENT: Rule(
        Run, lambda run: (run.finished_at,), lambda run, *_: run.level <= MAY_REACH[Severity(run.severity)]
    ),
}


def sample(measure: Measure, things: Iterable[Counted], begin: datetime, end: datetime) -> Iterable[Counted]:
    """What of these belongs to a measure's sample of a period."""
    rule = RULES[measure]
    for one in things:
        moments = rule.moments(one) if isinstance(one, rule.of) else ()
        if any(moment and begin <= moment < end for moment in moments) and rule.among(one, end):
            yield one
