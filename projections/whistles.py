"""Which whistles are blown, which departments were summoned, and did they report in time?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain import whistle_events as facts
from chuishao.domain.policy import LimitKind
from chuishao.domain.summons import SummonsState, WhistleStatus, missed_still
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.policybook import POLICIES, PolicyBook, fold_between, place_of
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "whistles.sql")


@dataclass(slots=True)
class WhistleRow:
    """A whistle as it stands; `meeting` is None, OPEN or CLOSED.

    `check_in_due_at` is the earliest limit of a department that has not yet checked in.
    """

    id: UUID
    number: int
    position: int
    case_id: UUID
    street: str
    kind: str
    linkage: str
    lead: UUID | None
    status: str
    subject: UUID
    grounds: bytes
    result: bytes | None
    blown_at: datetime
    ended_at: datetime | None = None
    meeting: str | None = None
    check_in_due_at: datetime | None = None


@dataclass(slots=True)
class SummonsRow:
    """One summons of a department; times are when things happened, `words` its last answer or refusal.

    `number` counts the department's summonses to this whistle: one that refused may be summoned again.
    """

    whistle: UUID
    department: UUID
    number: int
    street: str
    state: str
    summoned_at: datetime
    sign_due_at: datetime | None = None
    check_in_due_at: datetime | None = None
    signed_at: datetime | None = None
    checked_in_at: datetime | None = None
    passed_at: datetime | None = None
    """The last limit for checking in that is recorded as passed; a later one may be in force by now."""
    missed_at: datetime | None = None
    refused_at: datetime | None = None
    answered_at: datetime | None = None
    rated_at: datetime | None = None
    score: int | None = None
    words: bytes | None = None


@dataclass(slots=True)
class ItemRow:
    """One item of an on-site meeting; its text is sealed."""

    whistle: UUID
    number: int
    text: bytes
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One department's line in the league table of a place; every figure is a count of summonses."""

    department: UUID
    summoned: int
    signed: int
    checked_in: int
    on_time: int
    due: int
    missed: int
    refused: int
    answered: int
    rated: int
    score_sum: int
    place: str


WAITING = (SummonsState.SUMMONED.value, SummonsState.SIGNED.value)
"""The states of a department that has not come yet."""
WHISTLES = Table("whistle", WhistleRow)
SUMMONS = Table("summons", SummonsRow, key=("whistle", "department", "number"))
ITEMS = Table("item", ItemRow, key=("whistle", "number"))


@dataclass(slots=True)
class Rows:
    """What a batch of whistle events changes."""

    whistles: dict[UUID, WhistleRow]
    summons: dict[tuple[UUID, UUID], list[SummonsRow]]
    """Every summons of a department to a whistle, the last one last."""
    items: dict[tuple[UUID, int], ItemRow]


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold whistle events; a policy or an announced day re-dates the summonses that wait."""
    await fold_between(connection, batch, _fold_whistles, _redate)


async def _fold_whistles(connection: Connection, events: list[RecordedEvent], book: PolicyBook) -> None:
    if not events:
        return
    begun = {r.stream for r in events if isinstance(r.event, facts.WhistleBlown)}
    known = {r.stream for r in events} - begun
    items = {(r.stream, r.event.item) for r in events if isinstance(r.event, facts.OnSiteItemSettled)}
    rows = Rows(
        await WHISTLES.load(connection, known),
        await _summonses(connection, known),
        await ITEMS.load(connection, items),
    )
    for recorded in events:
        evolve(rows, recorded)
        if isinstance(recorded.event, facts.DepartmentSummoned):
            summons = rows.summons[recorded.stream, recorded.event.department][-1]
            date(summons, rows.whistles[recorded.stream].kind, book, recorded.position)
    every = [row for summonses in rows.summons.values() for row in summonses]
    wait(rows.whistles, every)
    await WHISTLES.save(connection, [row for id_, row in rows.whistles.items() if id_ in known])
    await WHISTLES.add(connection, [rows.whistles[id_] for id_ in begun])
    await SUMMONS.save(connection, [row for row in every if row.whistle in known])
    await SUMMONS.add(connection, [row for row in every if row.whistle in begun])
    await ITEMS.save(connection, rows.items.values())


async def _summonses(
    connection: Connection, whistles: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[SummonsRow]]:
    if not whistles:
        return {}
    columns = ", ".join(SUMMONS.columns)
    query = f"SELECT {columns} FROM summons WHERE whistle = ANY($1) ORDER BY whistle, department, number"  # noqa: S608
    found: dict[tuple[UUID, UUID], list[SummonsRow]] = {}
    for record in await connection.fetch(query, list(whistles)):
        row = SummonsRow(*record)
        found.setdefault((row.whistle, row.department), []).append(row)
    return found


async def _redate(connection: Connection, recorded: RecordedEvent, book: PolicyBook) -> None:
    columns = ", ".join(f"s.{name}" for name in SUMMONS.columns)
    query = (
        f"SELECT w.kind, {columns} FROM summons s JOIN whistle w ON w.id = s.whistle"  # noqa: S608
        " WHERE w.status = 'OPEN' AND s.state = ANY($1) AND starts_with(s.street, $2)"
    )
    changed = []
    for kind, *values in await connection.fetch(query, list(WAITING), place_of(recorded)):
        row = SummonsRow(*values)
        date(row, kind, book, recorded.position)
        changed.append(row)
    whistles = await WHISTLES.load(connection, {row.whistle for row in changed})
    wait(whistles, changed)
    await SUMMONS.save(connection, changed)
    await WHISTLES.save(connection, whistles.values())


def wait(whistles: dict[UUID, WhistleRow], summonses: Collection[SummonsRow]) -> None:
    """Set until when each whistle waits for a department, given its summonses that wait, or all of them."""
    for whistle in whistles.values():
        whistle.check_in_due_at = None
    for summons in summonses:
        whistle, due = whistles[summons.whistle], summons.check_in_due_at
        if due is None or summons.state not in WAITING or whistle.status != WhistleStatus.OPEN:
            continue
        whistle.check_in_due_at = min(due, whistle.check_in_due_at or due)


def date(row: SummonsRow, kind: str, book: PolicyBook, known_by: int) -> None:
    """Set until when to sign and to check in, by the policy in force at the summons.

    A limit that was missed, and ends later now, is not missed any more; it is again once it moves back.
    """
    policy = book.at(row.summoned_at, known_by)

    def due(about: LimitKind) -> datetime | None:
        limit = book.limit(policy, about, kind=kind, division=row.street) if policy else None
        return policy.ends(row.summoned_at, limit, row.street) if policy and limit else None

    row.sign_due_at, row.check_in_due_at = due(LimitKind.SIGN), due(LimitKind.CHECK_IN)
    _miss(row)


def _miss(row: SummonsRow) -> None:
    """Set which limit a department that has not come let pass, as far as that is recorded."""
    due, passed = row.check_in_due_at, row.passed_at
    row.missed_at = passed if passed is not None and due is not None and due <= passed else None


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one whistle event."""
    at = recorded.occurred_at
    event = recorded.event
    if isinstance(event, facts.WhistleBlown):
        rows.whistles[recorded.stream] = WhistleRow(
            id=recorded.stream,
            number=recorded.position,
            position=recorded.position,
            case_id=event.case,
            street=event.street,
            kind=event.kind,
            linkage=event.linkage,
            lead=event.lead,
            status=WhistleStatus.OPEN.value,
            subject=event.subject,
            grounds=to_bytes(event.grounds) or b"",
            result=None,
            blown_at=at,
        )
        return
    whistle = rows.whistles[recorded.stream]
    whistle.position = recorded.position
    match event:
        case facts.DepartmentSummoned(department=department):
            summonses = rows.summons.setdefault((whistle.id, department), [])
            number, state = len(summonses) + 1, SummonsState.SUMMONED.value
            summonses.append(SummonsRow(whistle.id, department, number, whistle.street, state, at))
        case facts.OnSiteMeetingOpened(items=items):
            whistle.meeting = "OPEN"
            for number, text in enumerate(items, start=1):
                rows.items[whistle.id, number] = ItemRow(whistle.id, number, to_bytes(text) or b"")
        case facts.OnSiteItemSettled(item=item):
            rows.items[whistle.id, item].settled_at = at
        case facts.OnSiteMeetingClosed():
            whistle.meeting = "CLOSED"
        case facts.WhistleResolved(result=result):
            whistle.status, whistle.ended_at, whistle.result = (
                WhistleStatus.RESOLVED.value,
                at,
                to_bytes(result),
            )
        case facts.WhistleWithdrawn(reason=reason):
            whistle.status, whistle.ended_at, whistle.result = (
                WhistleStatus.WITHDRAWN.value,
                at,
                to_bytes(reason),
            )
        case _ if hasattr(event, "department"):
            _evolve_summons(rows.summons[whistle.id, event.department][-1], recorded)


def _evolve_summons(row: SummonsRow, recorded: RecordedEvent) -> None:
    at = recorded.occurred_at
    match recorded.event:
        case facts.SummonsSigned():
            row.state, row.signed_at = SummonsState.SIGNED.value, at
        case facts.DepartmentCheckedIn():
            row.state, row.checked_in_at = SummonsState.CHECKED_IN.value, at
            row.missed_at = missed_still(row.missed_at, at)
        case facts.CheckInMissed():
            row.passed_at = at
            _miss(row)
        case facts.SummonsRefused(reason=reason):
            row.state, row.refused_at, row.words = SummonsState.REFUSED.value, at, to_bytes(reason)
            row.missed_at = missed_still(row.missed_at, at)
        case facts.DepartmentAnswered(result=result):
            row.state, row.answered_at, row.words = SummonsState.ANSWERED.value, at, to_bytes(result)
        case facts.DepartmentRated(score=score):
            row.score, row.rated_at = score, at


PROJECTION = Projection("whistles", version=5, fold=fold, on=(facts.WhistleEvent, *POLICIES))


# Queries


LEAGUE = _SQL["league"]
"""A line for each department: the beginning of the streets' codes, and now."""
