"""责任链 Who answered for a case at any moment, against which limit, what did they do, and how long?

A pure fold of one case's history: the events of its stream and of its whistles', as the log holds them, in
the order of their positions. Rows and dates come from the folds of `cases` and `whistles`, so that the chain
says of every step what those say of the last one. Nothing is kept.

What happened is told in the order of the log. A step that is dated before the one that stands before it (as
is allowed for what moves no limit) counts from that one on, so stretches neither overlap nor leave gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.clock import Clock
from chuishao.domain.lifecycle import Status
from chuishao.domain.summons import WhistleStatus
from chuishao.domain.whistle_events import (
    DepartmentSummoned,
    WhistleBlown,
    WhistleEvent,
    WhistleResolved,
    WhistleWithdrawn,
)
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections import cases, requests, whistles
from chuishao.projections.cases import CaseRow
from chuishao.projections.chain import (
    Chain,
    ChainStep,
    Counted,
    DepartmentSpell,
    FirstReceiver,
    LimitRun,
    Setback,
    Spell,
    summed,
)
from chuishao.projections.history import lasted
from chuishao.projections.policybook import PolicyBook
from chuishao.projections.reach import LARGEST
from chuishao.projections.whistles import SummonsRow

NO_POLICIES = PolicyBook(())


# Fold


@dataclass
class _Stretch:
    """A spell or a limit that has begun; `row` is the case as it was before whatever ended it."""

    row: CaseRow
    since: datetime
    until: datetime | None = None
    known_by: int = LARGEST


@dataclass
class _Course:
    """What is folded."""

    case: UUID
    book: PolicyBook
    rows: dict[UUID, CaseRow] = field(default_factory=dict)
    asked: requests.Requests = field(default_factory=dict)
    calls: whistles.Rows = field(default_factory=lambda: whistles.Rows({}, {}, {}))
    held: list[_Stretch] = field(default_factory=list)
    owed: list[_Stretch] = field(default_factory=list)
    steps: list[ChainStep] = field(default_factory=list)
    answered: FirstReceiver | None = None
    ended: dict[type, ChainStep] = field(default_factory=dict)
    """The steps that ended the case as it stands, which a setback is laid to."""
    setbacks: list[Setback] = field(default_factory=list)


def chain(
    events: Sequence[RecordedEvent],
    at: datetime,
    book: PolicyBook = NO_POLICIES,
    known_by: int = LARGEST,
) -> Chain | None:
    """The chain of a case by its history, as it is at a moment; None where it was not reported by then.

    `known_by` is the last position whose policies count for limits that still run.
    """
    moments = _in_order(events)
    taken = [one for one in zip(moments, events, strict=True) if one[0] <= at]
    if not taken:
        return None
    course = _Course(taken[0][1].stream, book)
    for moment, recorded in taken:
        _take(course, moment, recorded)
    if len(taken) < len(events):  # what was adopted later did not date what had ended by then
        known_by = min(known_by, events[len(taken)].position)
    return _told(course, at, known_by)


def _in_order(events: Sequence[RecordedEvent]) -> list[datetime]:
    """From when each event counts: never before the one that the log has before it."""
    moments: list[datetime] = []
    for recorded in events:
        moments.append(max(recorded.occurred_at, moments[-1]) if moments else recorded.occurred_at)
    return moments


def _take(course: _Course, moment: datetime, recorded: RecordedEvent) -> None:
    event, known = recorded.event, course.rows.get(course.case)
    before = replace(known) if known is not None else None
    if isinstance(event, WhistleEvent):
        _call(course, recorded)
    if isinstance(event, facts.CaseEvent | WhistleBlown):
        cases.evolve(course.rows, recorded, course.asked)
    row = course.rows[course.case]
    spell = len(course.held) if _lasting(course.held) else None
    _go_on(course.held, before, row, moment, recorded.position, _holder)
    _go_on(course.owed, before, row, moment, recorded.position, _owed)
    if spell is None and _lasting(course.held):
        spell = len(course.held)
    meta = recorded.meta
    step = ChainStep(
        course.case, recorded.position, recorded.type, moment, meta.actor, meta.role, meta.unit, spell
    )
    course.steps.append(step)
    if course.answered is None and row.status != Status.REPORTED:
        course.answered = FirstReceiver(step, row.holder, came_back=False)
    _lay(course, event, step)


def _holder(row: CaseRow) -> object:
    return row.holder, row.assignee, row.tier


def _owed(row: CaseRow) -> object:
    return row.status, row.since


def _lasting(stretches: list[_Stretch]) -> _Stretch | None:
    return stretches[-1] if stretches and stretches[-1].until is None else None


def _go_on(
    stretches: list[_Stretch],
    before: CaseRow | None,
    row: CaseRow,
    moment: datetime,
    position: int,
    what: Callable[[CaseRow], object],
) -> None:
    """End the stretch that lasts where something else holds now, or nothing, and begin the next one."""
    last = _lasting(stretches)
    if last is not None and before is not None and (not row.open or what(row) != what(before)):
        last.row, last.until, last.known_by = before, moment, position
        last = None
    if last is None and row.open:
        stretches.append(_Stretch(row, moment))


def _call(course: _Course, recorded: RecordedEvent) -> None:
    """Fold an event of a whistle; a summons that stops to wait is dated as it was then."""
    event, calls = recorded.event, course.calls
    department = getattr(event, "department", None)
    if department is not None and not isinstance(event, DepartmentSummoned):
        _date_waiting(
            course, recorded.stream, calls.summons[recorded.stream, department][-1], recorded.position
        )
    if isinstance(event, WhistleResolved | WhistleWithdrawn):
        _date_every_waiting(course, recorded.position)
    whistles.evolve(calls, recorded)


def _date_every_waiting(course: _Course, known_by: int) -> None:
    """Date whatever is waited for by what is known; once a whistle is over, it is dated no more."""
    for (whistle, _), summonses in course.calls.summons.items():
        if course.calls.whistles[whistle].status == WhistleStatus.OPEN:
            _date_waiting(course, whistle, summonses[-1], known_by)


def _date_waiting(course: _Course, whistle: UUID, summons: SummonsRow, known_by: int) -> None:
    if summons.state in whistles.WAITING:
        whistles.date(summons, course.calls.whistles[whistle].kind, course.book, known_by)


def _lay(course: _Course, event: object, step: ChainStep) -> None:
    """Keep who resolved, closed, refused or joined it, and lay to them that it came back."""
    match event:
        case facts.ResolvedOnSpot() | facts.CaseResolved():
            course.ended = {facts.CaseResolved: step}
        case facts.CaseRefused() | facts.CaseMarkedDuplicate():
            course.ended = {type(event): step}
        case facts.CaseClosed():
            course.ended[facts.CaseClosed] = step
        case facts.VerificationFailed() | facts.CaseReopened():
            course.setbacks.append(Setback(step, tuple(course.ended.values())))
            course.ended = {}


# What it tells


def _told(course: _Course, at: datetime, known_by: int) -> Chain:
    row = course.rows[course.case]
    _date_every_waiting(course, known_by)
    for stretch in (_lasting(course.held), _lasting(course.owed)):
        if stretch is not None:
            stretch.row, stretch.known_by = row, known_by
    first, setbacks = course.answered, tuple(course.setbacks)
    limits = tuple(_limit(course, number, one, at) for number, one in enumerate(course.owed, start=1))
    return Chain(
        case_id=course.case,
        at=at,
        position=course.steps[-1].position,
        row=row,
        spells=tuple(_spell(course, number, one, limits, at) for number, one in enumerate(course.held, 1)),
        limits=limits,
        departments=tuple(_departments(course, at)),
        first_receiver=first and replace(first, came_back=bool(setbacks)),
        setbacks=setbacks,
        steps=tuple(course.steps),
        requests=tuple(course.asked.values()),
        whistles=tuple(course.calls.whistles.values()),
    )


def _limit(course: _Course, number: int, stretch: _Stretch, at: datetime) -> LimitRun:
    row, end = replace(stretch.row), stretch.until or at
    cases.date(row, course.book, stretch.known_by)
    policy = course.book.at(row.since, stretch.known_by)
    limit = policy and course.book.limit_of_case(
        policy, row.status, row.category, row.severity, row.tier, row.place
    )
    stops = ((begins, min(ends or end, end)) for begins, ends in Clock.of_text(row.clock).stops)
    return LimitRun(
        case_id=course.case,
        number=number,
        status=row.status,
        holder=row.holder,
        since=stretch.since,
        until=stretch.until,
        due_at=row.due_at,
        rule=row.due_rule,
        unit=limit.unit.value if limit else None,
        overdue=row.due_at is not None and row.due_at < end,
        still=tuple((begins, ends) for begins, ends in stops if begins < ends),
    )


def _spell(
    course: _Course, number: int, stretch: _Stretch, limits: Sequence[LimitRun], at: datetime
) -> Spell:
    row, end = stretch.row, stretch.until or at
    steps = tuple(step for step in course.steps if step.spell == number)
    acted = [step for step in steps if step.actor == row.assignee]
    acted = acted or [step for step in steps if row.assignee is None and step.unit == row.holder]
    within = [
        (limit, begun.known_by)
        for limit, begun in zip(limits, course.owed, strict=True)
        if limit.since < end and (limit.until or at) > stretch.since
    ]
    last = within[-1][0] if within else None
    return Spell(
        case_id=course.case,
        number=number,
        holder=row.holder,
        assignee=row.assignee,
        tier=row.tier,
        since=stretch.since,
        until=stretch.until,
        seconds=lasted(stretch.since, end),
        role=acted[-1].role if acted else None,
        unit=acted[-1].unit if acted else None,
        due_at=last.due_at if last else None,
        due_rule=last.rule if last else None,
        overdue=any(_late_here(limit, stretch.since, end) for limit, _ in within),
        counted=_counted(course, str(number), stretch, within, at),
        steps=steps,
    )


def _late_here(limit: LimitRun, since: datetime, end: datetime) -> bool:
    """Whether a limit was over while the case was held: it passed then, or had passed before."""
    return limit.due_at is not None and max(limit.due_at, since) < min(limit.until or end, end)


def _counted(
    course: _Course, of: str, stretch: _Stretch, within: Iterable[tuple[LimitRun, int]], at: datetime
) -> tuple[Counted, ...]:
    """What counted of a spell, for each of its limits in that limit's own time."""
    found = []
    for limit, known_by in within:
        policy = course.book.at(limit.since, known_by)
        if policy is None or limit.unit is None:
            continue
        begin = max(limit.since, stretch.since)
        end = min(limit.until or at, stretch.until or at)
        calendar = policy.calendar_of(stretch.row.place)
        counted = calendar.counted(begin, end, TimeUnit(limit.unit), limit.still)
        found.append(Counted(course.case, of, limit.unit, round(counted.total_seconds())))
    return summed(course.case, of, found)


def _departments(course: _Course, at: datetime) -> Iterator[DepartmentSpell]:
    for (id_, _), summonses in course.calls.summons.items():
        whistle = course.calls.whistles[id_]
        for row in summonses:
            until = row.answered_at or row.refused_at or whistle.ended_at
            yield DepartmentSpell(
                case_id=course.case,
                whistle=id_,
                department=row.department,
                number=row.number,
                lead=whistle.lead == row.department,
                since=row.summoned_at,
                until=until,
                seconds=lasted(row.summoned_at, until or at),
                state=row.state,
                sign_due_at=row.sign_due_at,
                check_in_due_at=row.check_in_due_at,
                signed_at=row.signed_at,
                checked_in_at=row.checked_in_at,
                missed_at=row.missed_at,
                answered_at=row.answered_at,
                refused_at=row.refused_at,
                score=row.score,
            )
