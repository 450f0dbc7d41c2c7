"""How did each run of a case go (办理轮次), from its report or reopening until it ended?

A case that is reopened begins another run. The one before keeps when that was, and nothing else that happens
then changes it: a figure over the runs of last month stays what it was. A run ends by being closed, or by
being reopened after verification and before a close; or it goes elsewhere: it is refused, found to be a
duplicate, merged or split. A merge that is undone never happened. Answers belong to the run about whose
resolution the resident was asked.

`due_at` is the handling limit. While the case stands where it stands it is the case's own, by its own clock:
suspension (挂账) takes it away, extension (延期) moves it, and so do policies, days that are announced late
and a change of jurisdiction. One that has passed when the case is moved on (assigned, transferred, escalated,
whistled for, returned) stays the run's from then on, so that nobody gets an overdue run out of a month by
sending it on. What is resolved keeps the limit that it had; where its clock stood still then, the limit it
would have if the clock ran on. Whether a run was late follows from its limit and its resolution alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import holder_of
from chuishao.domain.case_requests import (
    Asked,
    CaseRequestFiled,
    CaseRequestGranted,
    CaseResumed,
    RequestKind,
)
from chuishao.domain.clock import Clock
from chuishao.domain.lifecycle import Status
from chuishao.domain.loop import contained, night_after, settled_level
from chuishao.domain.vocabulary import Severity, Tier
from chuishao.domain.whistle_events import WhistleBlown
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections import cases
from chuishao.projections.policybook import POLICIES, PolicyBook, days_of, fold_between, place_of
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.steps import LEAVES_AT
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "runs.sql")
REOPENED = "REOPENED"
"""How a run ended that was verified and never closed; else it is the state in which it ended."""


@dataclass(slots=True)
class RunRow:
    """One run of a case; `number` counts them from 1. Times are when things happened in the world.

    Where and with whom it is (`place`, `tier`, `holder`, `assignee`) is as it was at the end, or as it is
    now. `receiver` accepted the case first (首接负责) and stays the same in later runs. `sent_on` counts the
    returns and transfers after the first assignment, `whistles` those blown; `lead` is the department that
    leads the present one, or led to the resolution. `resolved_at` is the resolution that stands; `resolver`
    made it, or the first one that verification sent back. `clock` is by what the limit is counted, `asked_…`
    what was asked for last; `extended_at` is when an extension was first granted.
    """

    case_id: UUID
    number: int
    position: int
    status: str
    since: datetime
    place: str
    community: str
    grid: str | None
    category: str
    severity: str
    opened_at: datetime
    night_at: datetime | None = None
    taken_up_at: datetime | None = None
    receiver: str | None = None
    accepted_at: datetime | None = None
    assigned_at: datetime | None = None
    tier: str | None = None
    holder: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None
    due_rule: str | None = None
    sent_on: int = 0
    reworks: int = 0
    whistles: int = 0
    lead: UUID | None = None
    resolver: str | None = None
    resolved_at: datetime | None = None
    settled: str | None = None
    contained: bool | None = None
    verified_at: datetime | None = None
    ended: str | None = None
    ended_at: datetime | None = None
    rated_at: datetime | None = None
    answered: bool | None = None
    solved: bool | None = None
    satisfied: int | None = None
    follow_up: bool | None = None
    reopened_at: datetime | None = None
    extended_at: datetime | None = None
    clock: str | None = None
    asked_amount: int | None = None
    asked_unit: str | None = None
    asked_until: datetime | None = None
    status_before: str | None = None
    since_before: datetime | None = None
    clock_before: str | None = None


RUNS = Table("run", RunRow, key=("case_id", "number"))
Runs = dict[UUID, list[RunRow]]
"""The runs of each case that a batch touches, the present one last."""
_COLUMNS = ", ".join(RUNS.columns)
_BEGINNINGS = (facts.CaseReported, facts.CaseSplitOff)
_HANDLED = (Status.ASSIGNED.value, Status.WHISTLED.value)
"""The states in which the handling limit runs."""


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold a batch: case events change the present run, a policy or an announced day re-dates what runs."""
    await fold_between(connection, batch, _fold_runs, _redate)


async def _fold_runs(connection: Connection, events: list[RecordedEvent], book: PolicyBook) -> None:
    begun = {recorded.stream for recorded in events if isinstance(recorded.event, _BEGINNINGS)}
    rows = await _latest(connection, {_case_of(recorded) for recorded in events} - begun)
    for recorded in events:
        evolve(rows, recorded, book)
    await RUNS.save(connection, [row for id_, runs in rows.items() if id_ not in begun for row in runs])
    await RUNS.add(connection, [row for id_ in begun for row in rows[id_]])


async def _latest(connection: Connection, wanted: Collection[UUID]) -> Runs:
    if not wanted:
        return {}
    found = await connection.fetch(_SQL["latest"].format(columns=_COLUMNS), list(wanted))
    return {row.case_id: [row] for row in [RunRow(*record) for record in found]}


async def _redate(connection: Connection, recorded: RecordedEvent, book: PolicyBook) -> None:
    """Date anew what is handled in a place, or everywhere, where the days lie in its limit or it has none."""
    query = _SQL["running"].format(columns=_COLUMNS)
    found = await connection.fetch(query, list(_HANDLED), place_of(recorded), *days_of(recorded))
    rows = [RunRow(*row) for row in found]
    for row in rows:
        date(row, book, recorded.position)
    await RUNS.save(connection, rows)


def date(row: RunRow, book: PolicyBook, known_by: int) -> None:
    """Set the handling limit, as the case has it; one that had passed when the case came here stays."""
    kept = row.due_at is not None and row.due_at <= row.since
    if row.status in _HANDLED and not kept:
        cases.limit(row, book, known_by)


def _case_of(recorded: RecordedEvent) -> UUID:
    return recorded.event.case if isinstance(recorded.event, WhistleBlown) else recorded.stream


def evolve(rows: Runs, recorded: RecordedEvent, book: PolicyBook) -> None:
    """Fold one case event into the present run of its case; of whistles it keeps that, and who leads."""
    if isinstance(recorded.event, WhistleBlown):
        row = rows[recorded.event.case][-1]
        row.whistles, row.lead = row.whistles + 1, recorded.event.lead
        return
    event, at = cast("facts.CaseEvent", recorded.event), recorded.occurred_at
    kind = type(event)
    if isinstance(event, _BEGINNINGS):
        rows[recorded.stream] = [_begun(recorded, event)]
    elif isinstance(event, facts.CaseReopened):
        rows[recorded.stream].append(_again(rows[recorded.stream][-1], at))
    row = rows[recorded.stream][-1]
    if kind in _RESOLUTIONS and (clock := Clock.of_text(row.clock)).stands_still(at):
        row.clock = clock.resumed(at).as_text()
        date(row, book, recorded.position)
    if (change := _CHANGES.get(kind)) is not None:
        change(row, event, at)
    if (status := LEAVES_AT[kind]) is not None:
        row.status, row.since, row.clock = status, at, None
        if status in _ENDS:
            row.ended, row.ended_at = status, at
    row.place, row.position = row.grid or row.community, recorded.position
    if row.taken_up_at is None and row.status != Status.REPORTED:
        row.taken_up_at = at
    if row.receiver is None and row.status == Status.ACCEPTED:
        row.receiver, row.accepted_at = recorded.actor, at
    date(row, book, recorded.position)


def _begun(recorded: RecordedEvent, event: facts.CaseReported | facts.CaseSplitOff) -> RunRow:
    at = recorded.occurred_at
    return RunRow(
        case_id=recorded.stream,
        number=1,
        position=recorded.position,
        status=Status.REPORTED.value,
        since=at,
        place=event.grid or event.community,
        community=event.community,
        grid=event.grid,
        category=event.category,
        severity=event.severity,
        opened_at=at,
        night_at=night_after(at) if isinstance(event, facts.CaseReported) else None,
    )


def _again(before: RunRow, at: datetime) -> RunRow:
    """The run that begins with a reopening; the one before ends with it, unless it ended earlier."""
    before.reopened_at = at
    if before.ended is None:
        before.ended, before.ended_at = REOPENED, at
    return RunRow(
        case_id=before.case_id,
        number=before.number + 1,
        position=before.position,
        status=Status.ACCEPTED.value,
        since=at,
        place=before.place,
        community=before.community,
        grid=before.grid,
        category=before.category,
        severity=before.severity,
        opened_at=at,
        taken_up_at=at,
        receiver=before.receiver,
        accepted_at=at,
        holder=holder_of(Tier.ON_SPOT, before.community, before.grid),
    )


def _grade(row: RunRow, event: facts.SeverityGraded, _at: datetime) -> None:
    row.category, row.severity = event.category, event.severity


def _assign(row: RunRow, event: facts.CaseAssigned, at: datetime) -> None:
    row.tier, row.grid, row.holder, row.assignee = event.tier, event.grid, event.holder, event.assignee
    row.assigned_at = row.assigned_at or at


def _transfer(row: RunRow, event: facts.CaseTransferred, _at: datetime) -> None:
    row.community, row.grid = event.community, event.grid
    row.holder, row.assignee = event.holder, event.assignee
    row.sent_on += 1


def _rehome(row: RunRow, event: facts.CaseRehomed, _at: datetime) -> None:
    row.community, row.grid, row.assignee = event.community, event.grid, event.assignee
    row.holder = event.holder or event.grid or event.community


def _escalate(row: RunRow, event: facts.CaseEscalated, _at: datetime) -> None:
    row.tier, row.holder, row.assignee = event.tier, event.holder, event.assignee


def _return(row: RunRow, _event: facts.CaseReturned, at: datetime) -> None:
    row.tier = row.assignee = None
    row.holder = holder_of(Tier.ON_SPOT, row.community, row.grid)
    row.sent_on += 1
    if row.due_at is not None and row.due_at > at:
        row.due_at = row.due_rule = None


def _withdraw(row: RunRow, _event: facts.CaseWhistleWithdrawn, _at: datetime) -> None:
    row.lead = None


def _resolve(row: RunRow, event: facts.CaseResolved | facts.ResolvedOnSpot, at: datetime) -> None:
    if isinstance(event, facts.ResolvedOnSpot) or event.whistle is None:
        row.lead = None
    if not row.reworks:
        row.resolver = event.by
    level = settled_level(row.holder or row.place, led_beyond=row.lead is not None)
    row.resolved_at, row.settled = at, level.value
    row.contained = contained(Severity(row.severity), level)


def _fail(row: RunRow, _event: facts.VerificationFailed, _at: datetime) -> None:
    row.reworks += 1
    row.resolved_at = row.settled = row.contained = None


def _verify(row: RunRow, _event: facts.CaseVerified, at: datetime) -> None:
    row.verified_at = at


def _rate(row: RunRow, event: facts.CaseRated, at: datetime) -> None:
    row.rated_at, row.follow_up = at, event.follow_up
    row.answered, row.solved, row.satisfied = event.answered, event.solved, event.satisfied


def _merge(row: RunRow, _event: facts.CaseMerged, _at: datetime) -> None:
    row.status_before, row.since_before, row.clock_before = row.status, row.since, row.clock


def _undo_merge(row: RunRow, _event: facts.MergeUndone, _at: datetime) -> None:
    row.status, row.since = row.status_before or row.status, row.since_before or row.since
    row.clock = row.clock_before
    row.status_before = row.since_before = row.clock_before = row.ended = row.ended_at = None


def _ask(row: RunRow, event: CaseRequestFiled, _at: datetime) -> None:
    row.asked_amount, row.asked_unit = event.longer, event.time_unit
    row.asked_until = datetime.fromisoformat(event.stands_until) if event.stands_until else None


def _grant(row: RunRow, event: CaseRequestGranted, at: datetime) -> None:
    kind, unit = RequestKind(event.request), TimeUnit(row.asked_unit) if row.asked_unit else None
    asked = Asked(kind, event.by, row.asked_amount, unit, row.asked_until)
    row.clock = asked.granted(Clock.of_text(row.clock), at).as_text()
    if kind is RequestKind.EXTENSION and row.extended_at is None:
        row.extended_at = at


def _resume(row: RunRow, _event: CaseResumed, at: datetime) -> None:
    row.clock = Clock.of_text(row.clock).resumed(at).as_text()


_CHANGES: dict[type, Callable[[RunRow, Any, datetime], None]] = {
    facts.SeverityGraded: _grade,
    facts.CaseAssigned: _assign,
    facts.CaseTransferred: _transfer,
    facts.CaseRehomed: _rehome,
    facts.CaseEscalated: _escalate,
    facts.CaseReturned: _return,
    facts.CaseWhistleWithdrawn: _withdraw,
    facts.ResolvedOnSpot: _resolve,
    facts.CaseResolved: _resolve,
    facts.VerificationFailed: _fail,
    facts.CaseVerified: _verify,
    facts.CaseRated: _rate,
    facts.CaseMerged: _merge,
    facts.MergeUndone: _undo_merge,
    CaseRequestFiled: _ask,
    CaseRequestGranted: _grant,
    CaseResumed: _resume,
}
"""What an event changes besides the state, by its kind."""
_RESOLUTIONS = (facts.ResolvedOnSpot, facts.CaseResolved)
_ENDS = frozenset(
    status.value for status in (Status.CLOSED, Status.REFUSED, Status.DUPLICATE, Status.MERGED, Status.SPLIT)
)

PROJECTION = Projection("runs", version=1, fold=fold, on=(facts.CaseEvent, WhistleBlown, *POLICIES))
