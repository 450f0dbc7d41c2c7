"""What happened to a case: who did it for which unit, when, when we learnt it, and who held it how long?

The read model adds to the log only what an event does not say itself: where the case stood and who held it
after the event. Words and actors are read from the log.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.lifecycle import OPEN, Status
from chuishao.domain.whistle_events import WhistleBlown, WhistleEvent
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.steps import LEAVES_AT
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "history.sql")


@dataclass(slots=True)
class EntryRow:
    """One event in the history of a case: `status`, `tier`, `holder`, `assignee` are as it left them."""

    case_id: UUID
    position: int
    stream: UUID
    type: str
    status: str
    tier: str | None
    holder: str
    assignee: str | None
    occurred_at: datetime
    community: str
    grid: str | None
    status_before: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of a case as a reader sees it, with the recorded event it stands on."""

    row: EntryRow
    recorded: RecordedEvent

    @property
    def case_id(self) -> UUID:
        """The case."""
        return self.row.case_id

    @property
    def position(self) -> int:
        """Where the event lies in the log."""
        return self.row.position

    @property
    def status(self) -> str:
        """Where the case stood after it."""
        return self.row.status

    @property
    def tier(self) -> str | None:
        """The tier that held the case after it."""
        return self.row.tier

    @property
    def holder(self) -> str:
        """The code of the place that answered for the case after it."""
        return self.row.holder

    @property
    def assignee(self) -> str | None:
        """Who was to handle it after it."""
        return self.row.assignee


@dataclass(frozen=True, slots=True)
class Holding:
    """One stretch in which a case was held by the same place and person; `number` counts them from 1.

    `until` is None while it lasts.
    """

    case_id: UUID
    holder: str
    assignee: str | None
    tier: str | None
    since: datetime
    until: datetime | None
    number: int


_BEGINNINGS = (facts.CaseReported, facts.CaseSplitOff)
ENTRIES = Table("entry", EntryRow, key=("case_id", "position"))


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Add an entry for every event of a case or of its whistles."""
    cases = [case_of(recorded) for recorded in batch.events]
    begun = {recorded.stream for recorded in batch.events if isinstance(recorded.event, _BEGINNINGS)}
    latest = await _latest(connection, set(cases) - begun)
    entries = []
    for case, recorded in zip(cases, batch.events, strict=True):
        entry = latest[case] = follow(latest.get(case), case, recorded)
        entries.append(entry)
    await ENTRIES.add(connection, entries)


async def _latest(connection: Connection, cases: Collection[UUID]) -> dict[UUID, EntryRow]:
    """The entry of each case's last event so far."""
    rows = await connection.fetch(_SQL["latest"], list(cases)) if cases else []
    return {row["case_id"]: EntryRow(*row) for row in rows}


def case_of(recorded: RecordedEvent) -> UUID:
    """The case whose history an event of a case or of its whistle belongs to."""
    return recorded.stream if isinstance(recorded.event, facts.CaseEvent) else recorded.meta.correlation


def follow(before: EntryRow | None, case: UUID, recorded: RecordedEvent) -> EntryRow:
    """The entry of an event, given the entry before it."""
    event = recorded.event
    if before is None:
        assert isinstance(event, _BEGINNINGS)
        before = EntryRow(
            case_id=case,
            position=0,
            stream=case,
            type="",
            status=Status.REPORTED.value,
            tier=None,
            holder=event.grid or event.community,
            assignee=None,
            occurred_at=recorded.occurred_at,
            community=event.community,
            grid=event.grid,
            status_before=None,
        )
    entry = EntryRow(
        case_id=before.case_id,
        position=recorded.position,
        stream=recorded.stream,
        type=recorded.type,
        status=before.status,
        tier=before.tier,
        holder=before.holder,
        assignee=before.assignee,
        occurred_at=recorded.occurred_at,
        community=before.community,
        grid=before.grid,
        status_before=before.status_before,
    )
    if isinstance(event, facts.CaseEvent):
        _hold(entry, event)
        entry.status = LEAVES_AT[type(event)] or entry.status
    return entry


def _hold(entry: EntryRow, event: facts.CaseEvent) -> None:
    match event:
        case facts.CaseAssigned(tier=tier, grid=grid, holder=holder, assignee=assignee):
            entry.tier, entry.grid, entry.holder, entry.assignee = tier, grid, holder, assignee
        case facts.CaseEscalated(tier=tier, holder=holder, assignee=assignee):
            entry.tier, entry.holder, entry.assignee = tier, holder, assignee
        case facts.CaseTransferred(community=community, grid=grid, holder=holder, assignee=assignee):
            entry.community, entry.grid, entry.holder, entry.assignee = community, grid, holder, assignee
        case facts.CaseRehomed(community=community, grid=grid, holder=holder, assignee=assignee):
            entry.community, entry.grid, entry.assignee = community, grid, assignee
            entry.holder = holder or grid or community
        case facts.CaseReturned() | facts.CaseReopened():
            entry.tier = entry.assignee = None
            entry.holder = entry.grid or entry.community
        case facts.CaseMerged():
            entry.status_before = entry.status
        case facts.MergeUndone():
            entry.status, entry.status_before = entry.status_before or entry.status, None


PROJECTION = Projection("history", version=2, fold=fold, on=(facts.CaseEvent, WhistleEvent))


# Queries


RECORDED = f"({_SQL['recorded']})"
"""Every entry with its event as recorded; `{log}` stands for the number of the log."""


async def traces(connection: Connection, log: int, cases: Sequence[UUID]) -> dict[UUID, list[Entry]]:
    """The whole history of each case, in order."""
    found: dict[UUID, list[Entry]] = {case: [] for case in cases}
    for row in await connection.fetch(_SQL["trace"], log, list(cases)):
        entry = EntryRow(*row[: len(ENTRIES.columns)])
        version, event_id, schema, data, meta, occurred_at, recorded_at, leaf = row[len(ENTRIES.columns) :]
        recorded = RecordedEvent(
            log=log,
            position=entry.position,
            stream=entry.stream,
            version=version,
            event_id=event_id,
            type=entry.type,
            schema_version=schema,
            data=data,
            stored_meta=meta,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            leaf_hash=leaf,
            correlation=entry.case_id,
        )
        found[entry.case_id].append(Entry(entry, recorded))
    return found


def lasted(since: datetime, until: datetime) -> int:
    """How long a stretch has lasted, in whole seconds."""
    return max(0, int((until - since) / timedelta(seconds=1)))


_CHANGES_NO_HOLDER = frozenset(
    topic
    for topic, kind in EVENT_TYPES.items()
    if issubclass(kind, WhistleEvent) and kind is not WhistleBlown
)


def holdings(entries: Sequence[EntryRow]) -> list[Holding]:
    """Who held the case when: stretches without a gap from the report until it was done."""
    stretches: list[Holding] = []
    for row in entries:
        if row.type in _CHANGES_NO_HOLDER:
            continue
        last = stretches[-1] if stretches else None
        held = Status(row.status) in OPEN
        same = last and (last.holder, last.assignee, last.tier) == (row.holder, row.assignee, row.tier)
        if last and last.until is None and (not held or not same):
            stretches[-1] = replace(last, until=row.occurred_at)
        if held and not (same and last and last.until is None):
            stretches.append(
                Holding(
                    row.case_id, row.holder, row.assignee, row.tier, row.occurred_at, None, len(stretches) + 1
                )
            )
    return stretches
