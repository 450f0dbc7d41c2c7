"""How did each run of a case go (办理轮次), from its report or reopening until it ended?

A case that is reopened begins another run, and nothing that happens in it changes the one before: a figure
over the runs of last month stays what it was. A run ends by being closed, or by being reopened after
verification and before a close; or it goes elsewhere: it is refused, found to be a duplicate, merged or
split. A merge that is undone never happened. Answers belong to the run about whose resolution the resident
was asked.

`due_at` is the handling limit, as the case has it by the policy in force: none before the assignment, or
after a return. A limit that has passed stays the run's, however the case is moved afterwards and whatever is
announced then, so that nobody gets an overdue run out of a month by sending it on. What is resolved keeps
the limit that it had.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain.case import holder_of
from chuishao.domain.lifecycle import Status
from chuishao.domain.loop import contained, night_after, settled_level
from chuishao.domain.vocabulary import Severity, Tier
from chuishao.domain.whistle_events import WhistleBlown
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections import cases
from chuishao.projections.policybook import POLICIES, PolicyBook, fold_between, place_of
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
    leads the present one, or led to the resolution. `resolved_at` is the resolution that stands.
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
    status_before: str | None = None
    since_before: datetime | None = None


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
    """Date anew what is handled in a place, or everywhere."""
    query = _SQL["running"].format(columns=_COLUMNS)
    rows = [RunRow(*row) for row in await connection.fetch(query, list(_HANDLED), place_of(recorded))]
    for row in rows:
        _date(row, recorded, book)
    await RUNS.save(connection, rows)


def _date(row: RunRow, recorded: RecordedEvent, book: PolicyBook) -> None:
    """Set the handling limit, as the case has it; one that has passed stays."""
    passed = row.due_at is not None and row.due_at < recorded.occurred_at
    if not passed and row.status in _HANDLED:
        cases.date(row, book, recorded.position)


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
    if (change := _CHANGES.get(kind)) is not None:
        change(row, event, at)
    if (status := LEAVES_AT[kind]) is not None:
        row.status, row.since = status, at
        if status in _ENDS:
            row.ended, row.ended_at = status, at
    row.place, row.position = row.grid or row.community, recorded.position
    if row.taken_up_at is None and row.status != Status.REPORTED:
        row.taken_up_at = at
    if row.receiver is None and row.status == Status.ACCEPTED:
        row.receiver, row.accepted_at = recorded.actor, at
    if kind in _MOVES:
        _date(row, recorded, book)


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
    if row.due_at is not None and row.due_at >= at:
        row.due_at = row.due_rule = None


def _withdraw(row: RunRow, _event: facts.CaseWhistleWithdrawn, _at: datetime) -> None:
    row.lead = None


def _resolve(row: RunRow, event: facts.CaseResolved | facts.ResolvedOnSpot, at: datetime) -> None:
    if isinstance(event, facts.ResolvedOnSpot) or event.whistle is None:
        row.lead = None
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
    row.status_before, row.since_before = row.status, row.since


def _undo_merge(row: RunRow, _event: facts.MergeUndone, _at: datetime) -> None:
    row.status, row.since = row.status_before or row.status, row.since_before or row.since
    row.status_before = row.since_before = row.ended = row.ended_at = None


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
}
"""What an event changes besides the state, by its kind."""
_MOVES = frozenset(
    {
        facts.CaseAssigned,
        facts.CaseTransferred,
        facts.CaseRehomed,
        facts.CaseEscalated,
        facts.CaseWhistled,
        facts.CaseWhistleWithdrawn,
        facts.VerificationFailed,
        facts.MergeUndone,
    }
)
"""What sets the handling limit anew, as long as it has not passed."""
_ENDS = frozenset(
    status.value for status in (Status.CLOSED, Status.REFUSED, Status.DUPLICATE, Status.MERGED, Status.SPLIT)
)

PROJECTION = Projection("runs", version=1, fold=fold, on=(facts.CaseEvent, WhistleBlown, *POLICIES))
