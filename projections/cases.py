"""Which cases are there, where do they stand, until when is the next step due, and how far did they get?

`furthest` is the rank of the furthest stage of the issue loop (闭环) that a case ever reached, `stands` and
`grid_stands` that of the stage in which it stands in the issue loop and the grid loop (网格闭环), 0 outside.
`joint` says whether it was ever with the street and several units, `settled` at which level its
present resolution came about (小事不出社区、大事不出街道), `lead` which department leads the open whistle.

问题不过夜: the text asks that what is found is reported within the same local day. A report is the finding,
dated by whoever found it; it has come in once the platform answers: accepts or refuses it, or joins it to
another case. `night_at` is the local midnight before which that should be, `taken_up_at` when it was. What
stays overnight follows from these two and, while there is no answer, from the moment of the question: the
fold reads no clock. Whether the matter is also resolved on that day, the text does not ask. A part of a split
case was found with its parent and has no night of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain.case import holder_of
from chuishao.domain.case_requests import (
    CaseRequestDenied,
    CaseRequestEvent,
    CaseRequestFiled,
    CaseRequestGranted,
    CaseResumed,
)
from chuishao.domain.clock import RUNNING, Clock
from chuishao.domain.lifecycle import OPEN, STAGES, Status
from chuishao.domain.loop import grid_stage, night_after, rank, settled_level
from chuishao.domain.policy import LIMITS
from chuishao.domain.vocabulary import Tier
from chuishao.domain.whistle_events import WhistleBlown
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import from_bytes, to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections import requests
from chuishao.projections.policybook import POLICIES, PolicyBook, days_of, fold_between, place_of
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.requests import REQUESTS, Requests
from chuishao.projections.steps import LEAVES_AT
from chuishao.projections.table import Table


@dataclass(slots=True)
class CaseRow:
    """A case as it stands. Sealed texts are bytes; times are when things happened in the world."""

    id: UUID
    number: int
    version: int
    position: int
    status: str
    open: bool
    tier: str | None
    severity: str
    category: str
    linkage: str | None
    community: str
    grid: str | None
    place: str
    holder: str
    assignee: str | None
    subject: UUID
    anonymous: bool
    text: bytes
    address: bytes | None
    reporter_name: bytes | None
    reporter_phone: bytes | None
    reported_at: datetime
    recorded_at: datetime
    since: datetime
    due_at: datetime | None = None
    due_rule: str | None = None
    on_spot: bool = False
    resolver: str | None = None
    resolved_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    whistle: UUID | None = None
    reworks: int = 0
    reopenings: int = 0
    answered: bool | None = None
    solved: bool | None = None
    satisfied: int | None = None
    rated_at: datetime | None = None
    joined: UUID | None = None
    split_from: UUID | None = None
    status_before: str | None = None
    since_before: datetime | None = None
    night_at: datetime | None = None
    taken_up_at: datetime | None = None
    furthest: int = 1
    stands: int = 1
    grid_stands: int = 1
    joint: bool = False
    settled: str | None = None
    lead: UUID | None = None
    clock: str | None = None
    clock_before: str | None = None
    still_since: datetime | None = None
    still_until: datetime | None = None
    asked: str | None = None
    requests: int = 0
    passed_at: datetime | None = None
    """The last limit of this step that is recorded as passed; a later one may be in force by now."""
    passed_before: datetime | None = None
    overdue_at: datetime | None = None
    draw: int | None = None
    """What fell to it when it was verified, from 0 to 9,999: whether its resident is called back."""
    follow_up_due: bool = False


@dataclass(slots=True)
class CaseText:
    """The words of a case, for search; gone when their subject is erased."""

    id: UUID
    log: int
    subject: UUID
    text: str


CASES = Table("case_row", CaseRow)
TEXTS = Table("case_text", CaseText)

_BEGINNINGS = (facts.CaseReported, facts.CaseSplitOff)
_VERIFIED = (Status.VERIFIED.value, Status.CLOSED.value)

# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold a batch: case events change their rows, a policy or an announced day re-dates the open cases."""
    await fold_between(connection, batch, _fold_cases, _redate)
    await _keep_words(connection, batch)


async def _fold_cases(connection: Connection, events: Sequence[RecordedEvent], book: PolicyBook) -> None:
    begun = {recorded.stream for recorded in events if isinstance(recorded.event, _BEGINNINGS)}
    rows = await CASES.load(connection, {_case_of(recorded) for recorded in events} - begun)
    waiting = {(row.id, row.requests) for row in rows.values() if row.asked}
    asked = await REQUESTS.load(connection, waiting | requests.touched(events))
    for recorded in events:
        evolve(rows, recorded, asked)
    for row in rows.values():
        date(row, book, row.position)
    await CASES.save(connection, [row for id_, row in rows.items() if id_ not in begun])
    await CASES.add(connection, [rows[id_] for id_ in begun])
    await REQUESTS.save(connection, asked.values())


async def _redate(connection: Connection, recorded: RecordedEvent, book: PolicyBook) -> None:
    """Date the open cases of a place anew, or all: those whose limit the days lie in, or that have none."""
    query = (
        f"SELECT {', '.join(CASES.columns)} FROM case_row WHERE open AND starts_with(place, $1)"  # noqa: S608
        " AND (due_at >= $2 OR due_at IS NULL) AND since < $3"
    )
    found = await connection.fetch(query, place_of(recorded), *days_of(recorded))
    rows = [CaseRow(*row) for row in found]
    for row in rows:
        date(row, book, recorded.position)
    await CASES.save(connection, rows)


async def _keep_words(connection: Connection, batch: Batch) -> None:
    begun = {
        recorded.stream: from_bytes(to_bytes(recorded.event.text))
        for recorded in batch.events
        if isinstance(recorded.event, _BEGINNINGS)
    }
    plain = await batch.opened(connection, [text for text in begun.values() if text])
    texts = [
        CaseText(id_, batch.log.id, text.subject, plain[text])
        for id_, text in begun.items()
        if text and text in plain
    ]
    await TEXTS.add(connection, texts)


class Dated(Protocol):
    """What has a limit: it says since when it stands where, and what the limit depends on."""

    status: str
    since: datetime
    place: str
    category: str
    severity: str
    tier: str | None
    clock: str | None
    due_at: datetime | None
    due_rule: str | None


def date(row: CaseRow, book: PolicyBook, known_by: int) -> None:
    """Set until when the next step is due.

    A limit that passed, and ends later now or not at all, has not passed; it has again once it moves back.
    """
    limit(row, book, known_by)
    passed = row.passed_at is not None and row.due_at is not None and row.due_at <= row.passed_at
    row.overdue_at = row.passed_at if passed else None
    row.follow_up_due = _is_called_back(row, book, known_by)


def drawn(leaf_hash: bytes) -> int:
    """What falls to a verification, by the hash of its event: a number from 0 to 9,999."""
    return int.from_bytes(leaf_hash[:8]) * 10_000 >> 64


def _is_called_back(row: CaseRow, book: PolicyBook, known_by: int) -> bool:
    """回访抽样 Whether the resident is to be called, by the policy in force when the case was verified.

    The draw is made of the hash of the event of the verification, which nobody knows before it is recorded
    and everybody can recount afterwards.
    """
    if row.draw is None or row.verified_at is None or row.rated_at is not None or row.status not in _VERIFIED:
        return False
    policy = book.at(row.verified_at, known_by)
    facts_of = {"category": row.category, "severity": row.severity, "tier": row.tier, "division": row.place}
    return policy is not None and row.draw < 100 * policy.follow_up_percent(**facts_of)


def limit(row: Dated, book: PolicyBook, known_by: int) -> None:
    """Set when the limit ends, by the policy in force since the row stands where it stands, and its clock."""
    policy = book.at(row.since, known_by) if row.status in LIMITS else None
    found = None
    if policy:
        found = book.limit_of_case(policy, row.status, row.category, row.severity, row.tier, row.place)
    clock = Clock.of_text(row.clock)
    row.due_at = policy.ends(row.since, found, row.place, clock) if policy and found else None
    row.due_rule = found.rule if found else None


def _case_of(recorded: RecordedEvent) -> UUID:
    """The case that an event is about."""
    return recorded.event.case if isinstance(recorded.event, WhistleBlown) else recorded.stream


def evolve(rows: dict[UUID, CaseRow], recorded: RecordedEvent, asked: Requests) -> None:
    """Fold one case event into its row and its requests; of its whistles it keeps who leads."""
    if isinstance(recorded.event, WhistleBlown):
        rows[recorded.event.case].lead = recorded.event.lead
        return
    event = cast("facts.CaseEvent", recorded.event)
    if isinstance(event, _BEGINNINGS):
        row = rows[recorded.stream] = _begun(recorded, event)
    else:
        row = rows[recorded.stream]
    _change(row, recorded)
    if isinstance(event, CaseRequestEvent):
        _ask(row, recorded, asked)
    if (status := LEAVES_AT[type(event)]) is not None:
        row.status, row.since = status, recorded.occurred_at
        if row.asked is not None:
            requests.lapse(asked[row.id, row.requests], recorded.occurred_at)
        row.asked = row.passed_at = None
        if row.clock is not None:
            _run_by(row, RUNNING)
    row.open = row.status in OPEN
    row.place = row.grid or row.community
    _go_round(row, recorded.occurred_at)
    row.version, row.position = recorded.version, recorded.position


def _go_round(row: CaseRow, at: datetime) -> None:
    """Keep how far the case got."""
    tier = Tier(row.tier) if row.tier else None
    row.stands = rank(STAGES[Status(row.status)])
    row.grid_stands = rank(grid_stage(Status(row.status), tier))
    row.furthest = max(row.furthest, row.stands)
    row.joint = row.joint or tier is Tier.MULTI_UNIT
    if row.taken_up_at is None and row.status != Status.REPORTED:
        row.taken_up_at = at


def _begun(recorded: RecordedEvent, event: facts.CaseReported | facts.CaseSplitOff) -> CaseRow:
    reported = event if isinstance(event, facts.CaseReported) else None
    return CaseRow(
        id=recorded.stream,
        number=recorded.position,
        version=recorded.version,
        position=recorded.position,
        status=Status.REPORTED.value,
        open=True,
        tier=None,
        severity=event.severity,
        category=event.category,
        linkage=None,
        community=event.community,
        grid=event.grid,
        place=event.grid or event.community,
        holder=event.grid or event.community,
        assignee=None,
        subject=event.subject,
        anonymous=reported.anonymous if reported else True,
        text=to_bytes(event.text) or b"",
        address=to_bytes(reported.address) if reported else None,
        reporter_name=to_bytes(reported.reporter_name) if reported else None,
        reporter_phone=to_bytes(reported.reporter_phone) if reported else None,
        reported_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
        since=recorded.occurred_at,
        split_from=None if reported else event.parent,  # type: ignore[union-attr]
        night_at=night_after(recorded.occurred_at) if reported else None,
    )


def _change(row: CaseRow, recorded: RecordedEvent) -> None:  # noqa: PLR0912, PLR0915 one branch an event
    at = recorded.occurred_at
    match recorded.event:
        case facts.SeverityGraded(category=category, severity=severity, linkage=linkage):
            row.category, row.severity, row.linkage = category, severity, linkage
        case facts.CaseAssigned(tier=tier, grid=grid, holder=holder, assignee=assignee):
            row.tier, row.grid, row.holder, row.assignee = tier, grid, holder, assignee
        case facts.CaseTransferred(community=community, grid=grid, holder=holder, assignee=assignee):
            row.community, row.grid, row.holder, row.assignee = community, grid, holder, assignee
        case facts.CaseRehomed(community=community, grid=grid, holder=holder, assignee=assignee):
            row.community, row.grid, row.assignee = community, grid, assignee
            row.holder = holder or grid or community
        case facts.CaseEscalated(tier=tier, holder=holder, assignee=assignee):
            row.tier, row.holder, row.assignee = tier, holder, assignee
        case facts.CaseOverdue():
            row.passed_at = at
        case facts.CaseReturned():
            _hold_by_nobody(row)
        case facts.ResolvedOnSpot(by=by):
            row.resolver, row.resolved_at, row.on_spot = by, at, True
            row.settled = settled_level(row.holder, led_beyond=False)
        case facts.CaseResolved(by=by):
            row.resolver, row.resolved_at, row.on_spot, row.whistle = by, at, False, None
            row.settled = settled_level(row.holder, led_beyond=row.lead is not None)
            row.lead = None
        case facts.CaseWhistled(whistle=whistle):
            row.whistle = whistle
        case facts.CaseWhistleWithdrawn():
            row.whistle = row.lead = None
        case facts.CaseVerified():
            row.verified_at = at
            row.draw = drawn(recorded.leaf_hash)
        case facts.VerificationFailed():
            row.reworks += 1
            row.resolver = row.resolved_at = row.settled = None
        case facts.CaseRated(answered=answered, solved=solved, satisfied=satisfied):
            row.answered, row.solved, row.satisfied, row.rated_at = answered, solved, satisfied, at
        case facts.CaseClosed():
            row.closed_at = at
        case facts.CaseReopened():
            _reopen(row)
        case facts.CaseMarkedDuplicate(of=other):
            row.joined = other
        case facts.CaseMerged(into=other):
            row.status_before, row.since_before, row.joined = row.status, row.since, other
            row.clock_before, row.passed_before = row.clock, row.passed_at
        case facts.MergeUndone():
            row.status, row.since = row.status_before or row.status, row.since_before or row.since
            row.status_before = row.since_before = row.joined = None
            _run_by(row, Clock.of_text(row.clock_before))
            row.passed_at = row.passed_before
            row.clock_before = row.passed_before = None


def _ask(row: CaseRow, recorded: RecordedEvent, asked: Requests) -> None:
    """Keep what is asked for, and by which clock the limit is counted once that is decided."""
    requests.evolve(asked, recorded)
    match recorded.event:
        case CaseRequestFiled(number=number, request=kind):
            row.asked, row.requests = kind, number
        case CaseRequestGranted(number=number):
            row.asked = None
            wanted = requests.asked(asked[row.id, number])
            _run_by(row, wanted.granted(Clock.of_text(row.clock), recorded.occurred_at))
        case CaseRequestDenied():
            row.asked = None
        case CaseResumed():
            _run_by(row, Clock.of_text(row.clock).resumed(recorded.occurred_at))


def _run_by(row: CaseRow, clock: Clock) -> None:
    """Keep by which clock the limit is counted, and the last time at which it stood still."""
    row.clock = clock.as_text()
    row.still_since, row.still_until = clock.stops[-1] if clock.stops else (None, None)


def _hold_by_nobody(row: CaseRow) -> None:
    row.tier = row.assignee = None
    row.holder = holder_of(Tier.ON_SPOT, row.community, row.grid)


def _reopen(row: CaseRow) -> None:
    _hold_by_nobody(row)
    row.reopenings += 1
    row.resolver = row.resolved_at = row.verified_at = row.closed_at = None
    row.answered = row.solved = row.satisfied = row.rated_at = row.joined = row.settled = None
    row.on_spot = False


PROJECTION = Projection("cases", version=10, fold=fold, on=(facts.CaseEvent, WhistleBlown, *POLICIES))
