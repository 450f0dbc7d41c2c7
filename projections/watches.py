"""Which households are watched over, which look is owed next, and what worries?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.policy import Policy
from chuishao.domain.rounds import watch_events as facts
from chuishao.domain.rounds.checks import next_check
from chuishao.domain.rounds.days import settled_days
from chuishao.domain.rounds.terms import WelfareCheck
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.policybook import POLICIES, PolicyBook, fold_between, place_of
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class WatchRow:
    """A watch as it stands; why is sealed. `next_due_at` is when the time of the first check owed ends.

    `first` and `days` are those of `chuishao.domain.rounds.days.Watched`.
    """

    id: UUID
    grid: str
    household: int
    person: UUID | None
    watcher: UUID | None
    need: bytes | None
    since: datetime
    ended_at: datetime | None
    first: str
    days: str
    next_check: str | None = None
    next_day: str | None = None
    next_due_at: datetime | None = None
    looks: int = 0
    concerns: int = 0
    looked_at: datetime | None = None


@dataclass(slots=True)
class LookRow:
    """One look at a curtain or a light; what was found is sealed."""

    watch: UUID
    version: int
    grid: str
    check_kind: str
    day: str
    amiss: bool
    looked_at: datetime
    finding: bytes | None


@dataclass(slots=True)
class ConcernRow:
    """One concern; what was found is sealed."""

    id: UUID
    watch: UUID
    grid: str
    household: int
    cause: str
    check_kind: str | None
    day: str | None
    rule: str | None
    raised_at: datetime
    finding: bytes | None


WATCHES = Table("watch", WatchRow)
LOOKS = Table("look", LookRow, key=("watch", "version"))
CONCERNS = Table("concern", ConcernRow)


@dataclass(slots=True)
class Rows:
    """What a batch of events changes."""

    watches: dict[UUID, WatchRow]
    looks: list[LookRow]
    concerns: list[ConcernRow]


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold watches; a policy or an announced day dates anew what they owe."""
    await fold_between(connection, batch, _fold_watches, _redate)


async def _fold_watches(connection: Connection, events: list[RecordedEvent], book: PolicyBook) -> None:
    if not events:
        return
    rows = Rows(await WATCHES.load(connection, {each.stream for each in events}), [], [])
    for recorded in events:
        evolve(rows, recorded)
        date_next(rows.watches[recorded.stream], book, recorded.position)
    await WATCHES.save(connection, rows.watches.values())
    await LOOKS.save(connection, rows.looks)
    await CONCERNS.save(connection, rows.concerns)


async def _redate(connection: Connection, recorded: RecordedEvent, book: PolicyBook) -> None:
    query = f"SELECT {', '.join(WATCHES.columns)} FROM watch WHERE starts_with(grid, $1)"  # noqa: S608
    rows = [WatchRow(*record) for record in await connection.fetch(query, place_of(recorded))]
    for row in rows:
        date_next(row, book, recorded.position)
    await WATCHES.save(connection, rows)


def date_next(row: WatchRow, book: PolicyBook, known_by: int) -> None:
    """Set which check is owed next, and when its time ends, by the policies known at a position."""

    def policy_of(day: date) -> Policy | None:
        return book.at(datetime.combine(day, time(12), UTC), known_by)

    found = next_check(row, policy_of)
    row.next_check = found.check.value if found else None
    row.next_day = found.day.isoformat() if found else None
    row.next_due_at = found.ends if found else None


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event of a watch."""
    at, event = recorded.occurred_at, recorded.event
    if isinstance(event, facts.WatchBegun):
        rows.watches[recorded.stream] = WatchRow(
            recorded.stream, event.grid, event.household, event.person, event.watcher,
            to_bytes(event.need), at, None, event.day, "",
        )  # fmt: skip
        return
    row = rows.watches[recorded.stream]
    match event:
        case facts.WatchResumed(day=day, person=person, watcher=watcher, need=need):
            row.person, row.watcher, row.need = person, watcher, to_bytes(need)
            row.since, row.ended_at, row.first, row.days = at, None, day, ""
        case facts.WatchEnded():
            row.ended_at = at
        case facts.WelfareCheckDone(check=check, day=day, amiss=amiss, finding=finding):
            row.days = settled_days(row, WelfareCheck(check), day)
            row.looks += 1
            row.looked_at = max(at, row.looked_at or at)
            look = LookRow(row.id, recorded.version, row.grid, check, day, amiss, at, to_bytes(finding))
            rows.looks.append(look)
        case facts.ConcernRaised():
            _worry(rows, row, event, recorded)


def _worry(rows: Rows, row: WatchRow, event: facts.ConcernRaised, recorded: RecordedEvent) -> None:
    if event.check is not None and event.day is not None:
        row.days = settled_days(row, WelfareCheck(event.check), event.day)
    row.concerns += 1
    rows.concerns.append(
        ConcernRow(
            identify("concern", recorded.event_id),
            row.id,
            event.grid,
            event.household,
            event.cause,
            event.check,
            event.day,
            event.rule,
            recorded.occurred_at,
            to_bytes(event.finding),
        )
    )


PROJECTION = Projection("watches", version=2, fold=fold, on=(facts.WatchEvent, *POLICIES))
