"""Which seats has each residents' committee, who holds them for how long, and who held them before?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.election import committee_events as facts
from chuishao.domain.election.terms import MembershipEnd
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class CommitteeRow:
    """A committee in its present term; `terms` counts those that are known."""

    id: UUID
    community: str
    election: UUID
    elected_on: date
    term_from: date
    term_until: date
    terms: int
    seat_count: int
    vacant: int


@dataclass(slots=True)
class SeatRow:
    """A seat, and who has it or since when it is vacant."""

    committee: UUID
    number: int
    office: str
    person: UUID | None
    since: datetime


@dataclass(slots=True)
class MembershipRow:
    """Somebody's time in a seat, elected by an election; `number` counts them from 1 over all terms."""

    committee: UUID
    number: int
    person: UUID
    office: str
    election: UUID
    since: datetime
    until: datetime | None = None
    ended: str | None = None


@dataclass(slots=True)
class RecallRow:
    """A recall that carried; votes as far as they are published."""

    committee: UUID
    number: int
    person: UUID
    office: str
    proposers: str
    supporters: int
    entitled: int
    electors: int
    present: int
    at_least: int
    at_most: int
    recalled_at: datetime


COMMITTEES = Table("committee", CommitteeRow)
SEATS = Table("seat", SeatRow, key=("committee", "number"))
MEMBERSHIPS = Table("membership", MembershipRow, key=("committee", "number"))
RECALLS = Table("recall", RecallRow, key=("committee", "number"))


@dataclass(slots=True)
class Rows:
    """What a batch changes: a committee's seats and memberships are few, and loaded whole."""

    committees: dict[UUID, CommitteeRow]
    seats: dict[UUID, list[SeatRow]] = field(default_factory=dict)
    memberships: dict[UUID, list[MembershipRow]] = field(default_factory=dict)
    recalls: list[RecallRow] = field(default_factory=list)


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold committee events into their rows."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, facts.CommitteeEvent)]
    streams = {recorded.stream for recorded in wanted}
    rows = Rows(await COMMITTEES.load(connection, streams))
    for seat in await _of(connection, SEATS, SeatRow, streams):
        rows.seats.setdefault(seat.committee, []).append(seat)
    for membership in await _of(connection, MEMBERSHIPS, MembershipRow, streams):
        rows.memberships.setdefault(membership.committee, []).append(membership)
    for recorded in wanted:
        evolve(rows, recorded)
    renewed = {r.stream for r in wanted if isinstance(r.event, facts.CommitteeRenewed)}
    await connection.execute("DELETE FROM seat WHERE committee = ANY($1)", list(renewed))
    await COMMITTEES.save(connection, rows.committees.values())
    await SEATS.save(connection, [seat for seats in rows.seats.values() for seat in seats])
    await MEMBERSHIPS.save(connection, [each for several in rows.memberships.values() for each in several])
    await RECALLS.save(connection, rows.recalls)


async def _of(connection: Connection, table: Table, kind: type, committees: Collection[UUID]) -> list:  # type: ignore[type-arg]
    query = (
        f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608
        " WHERE committee = ANY($1) ORDER BY committee, number"
    )
    return [kind(*record) for record in await connection.fetch(query, list(committees))]


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one committee event."""
    id_, event, at = recorded.stream, recorded.event, recorded.occurred_at
    match event:
        case facts.CommitteeElected() | facts.CommitteeRenewed():
            _begin_term(rows, recorded, event)
            _seat(rows, id_, event, at)
        case facts.SeatsFilled():
            _seat(rows, id_, event, at)
        case facts.SeatVacated(person=person, vacancy_ground=ground):
            _leave(rows, id_, person, at, MembershipEnd(ground))
        case facts.MemberRecalled(person=person):
            _leave(rows, id_, person, at, MembershipEnd.RECALLED)
            rows.recalls.append(
                RecallRow(
                    committee=id_,
                    number=recorded.position,
                    person=person,
                    office=event.office,
                    proposers=event.proposers,
                    supporters=event.supporters,
                    entitled=event.entitled,
                    electors=event.electors,
                    present=event.present,
                    at_least=event.votes_at_least,
                    at_most=event.votes_at_most,
                    recalled_at=at,
                )
            )
    rows.committees[id_].vacant = sum(seat.person is None for seat in rows.seats[id_])


def _begin_term(
    rows: Rows, recorded: RecordedEvent, event: facts.CommitteeElected | facts.CommitteeRenewed
) -> None:
    id_, at = recorded.stream, recorded.occurred_at
    before = rows.committees.get(id_)
    community = (
        event.community if isinstance(event, facts.CommitteeElected) else rows.committees[id_].community
    )
    for membership in rows.memberships.get(id_, []):
        if membership.until is None:
            membership.until, membership.ended = at, MembershipEnd.TERM_OVER.value
    rows.seats[id_] = [SeatRow(id_, number, office, None, at) for number, office in enumerate(event.seats, 1)]
    rows.committees[id_] = CommitteeRow(
        id=id_,
        community=community,
        election=event.election,
        elected_on=date.fromisoformat(event.elected_on),
        term_from=date.fromisoformat(event.term_from),
        term_until=date.fromisoformat(event.term_until),
        terms=before.terms + 1 if before else 1,
        seat_count=len(event.seats),
        vacant=len(event.seats),
    )


def _seat(
    rows: Rows,
    id_: UUID,
    event: facts.CommitteeElected | facts.CommitteeRenewed | facts.SeatsFilled,
    at: datetime,
) -> None:
    """Let people take vacant seats, each the first of their office."""
    for person, office in zip(event.elected, event.offices, strict=True):
        _leave(rows, id_, person, at, MembershipEnd.OTHER_SEAT)
        seat = next(seat for seat in rows.seats[id_] if seat.office == office and seat.person is None)
        seat.person, seat.since = person, at
        known = rows.memberships.setdefault(id_, [])
        known.append(MembershipRow(id_, len(known) + 1, person, office, event.election, at))


def _leave(rows: Rows, id_: UUID, person: UUID, at: datetime, how: MembershipEnd) -> None:
    for seat in rows.seats[id_]:
        if seat.person == person:
            seat.person, seat.since = None, at
    for membership in rows.memberships.get(id_, []):
        if membership.person == person and membership.until is None:
            membership.until, membership.ended = at, how.value


PROJECTION = Projection("committees", version=1, fold=fold, on=(facts.CommitteeEvent,))
