"""How do the elections of residents' committees stand, how many took part, and who was elected?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.election import election_events as facts
from chuishao.domain.election.terms import ElectionStatus
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "elections.sql")


@dataclass(slots=True)
class ElectionRow:
    """An election; `term` is the election whose committee a by-election completes."""

    id: UUID
    community: str
    mode: str
    status: str
    term: UUID | None
    ballot_on: date
    regime: str
    ground: str | None
    proposers: str | None
    supporters: int | None
    entitled: int | None
    voters: int | None
    households: int | None
    groups: int | None
    electors: int | None
    nominated: int | None
    present: int | None
    roll_hash: str | None
    protocol_hash: str | None
    void_ground: str | None
    called_at: datetime
    held_at: datetime | None
    ended_at: datetime | None


@dataclass(slots=True)
class ContestRow:
    """For how many seats of an office is elected."""

    election: UUID
    number: int
    office: str
    seats: int


@dataclass(slots=True)
class CandidateRow:
    """Somebody who stands, by the number on the ballot paper; votes as far as they are published."""

    election: UUID
    number: int
    person: UUID
    office: str
    at_least: int | None
    at_most: int | None
    elected: bool | None


@dataclass(frozen=True, slots=True)
class TurnoutRow:
    """The elections of a year in a place: electors and those present are of the ballots that were `held`."""

    year: int
    elections: int
    certified: int
    voided: int
    held: int
    electors: int
    present: int
    place: str


ELECTIONS = Table("election", ElectionRow)
CONTESTS = Table("contest", ContestRow, key=("election", "number"))
CANDIDATES = Table("candidate", CandidateRow, key=("election", "number"))
TURNOUT = _SQL["turnout"]
"""A line for each year: the beginning of the communities' codes."""


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold election events into their rows."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, facts.ElectionEvent)]
    rows: dict[UUID, ElectionRow] = await ELECTIONS.load(connection, {r.stream for r in wanted})
    contests: list[ContestRow] = []
    candidates: dict[tuple[UUID, int], CandidateRow] = await CANDIDATES.load(
        connection,
        {
            (recorded.stream, number)
            for recorded in wanted
            if isinstance(recorded.event, facts.BallotsCounted)
            for number in range(1, len(recorded.event.at_least) + 1)
        },
    )
    for recorded in wanted:
        if isinstance(recorded.event, facts.ElectionCalled | facts.ByElectionCalled):
            rows[recorded.stream] = called(recorded.stream, recorded.event)
            contests += contests_of(recorded.stream, recorded.event.seats)
        else:
            evolve(rows[recorded.stream], candidates, recorded)
    await ELECTIONS.save(connection, rows.values())
    await CONTESTS.save(connection, contests)
    await CANDIDATES.save(connection, candidates.values())


def called(id_: UUID, event: facts.ElectionCalled | facts.ByElectionCalled) -> ElectionRow:
    """The row of an election that was called."""
    row = ElectionRow(
        id=id_,
        community=event.community,
        mode=event.mode,
        status=ElectionStatus.CALLED.value,
        ballot_on=date.fromisoformat(event.ballot_on),
        regime=event.regime,
        called_at=event.timestamp,
        **dict.fromkeys(_LATER),
    )
    if isinstance(event, facts.ByElectionCalled):
        row.term = event.term
    else:
        row.ground, row.proposers = event.call_ground, event.proposers
        row.supporters, row.entitled = event.supporters, event.entitled
    return row


_LATER = (
    "voters", "households", "groups", "electors", "nominated", "present", "roll_hash", "protocol_hash",
    "void_ground", "held_at", "ended_at", "term", "ground", "proposers", "supporters", "entitled",
)  # fmt: skip
"""What is not known of every election when it is called."""


def contests_of(election: UUID, seats: list[str]) -> list[ContestRow]:
    """The offices with their seats, in the order of the seats."""
    offices = dict.fromkeys(seats)
    return [
        ContestRow(election, number, office, seats.count(office)) for number, office in enumerate(offices, 1)
    ]


def evolve(
    row: ElectionRow, candidates: dict[tuple[UUID, int], CandidateRow], recorded: RecordedEvent
) -> None:
    """Fold a step of an election."""
    match recorded.event:
        case facts.VotersRegistered() as event:
            row.status = ElectionStatus.REGISTERED.value
            row.voters, row.households, row.groups = event.voters, event.households, event.groups
            row.electors, row.roll_hash = event.electors, event.roll_hash
        case facts.CandidatesScreened() as event:
            row.status, row.nominated = ElectionStatus.SCREENED.value, event.nominated
            for number, (person, office) in enumerate(zip(event.candidates, event.offices, strict=True), 1):
                candidates[row.id, number] = CandidateRow(row.id, number, person, office, None, None, None)
        case facts.BallotHeld(present=present):
            row.status = ElectionStatus.HELD.value
            row.present, row.held_at = present, recorded.occurred_at
        case facts.BallotsCounted() as event:
            row.status, row.protocol_hash = ElectionStatus.COUNTED.value, event.protocol_hash
            for number, (least, most) in enumerate(zip(event.at_least, event.at_most, strict=True), 1):
                candidate = candidates[row.id, number]
                candidate.at_least, candidate.at_most = least, most
                candidate.elected = candidate.person in event.elected
        case facts.ResultCertified():
            row.status, row.ended_at = ElectionStatus.CERTIFIED.value, recorded.occurred_at
        case facts.ElectionVoided(void_ground=ground):
            row.status, row.void_ground = ElectionStatus.VOIDED.value, ground
            row.ended_at = recorded.occurred_at


PROJECTION = Projection("elections", version=1, fold=fold, on=(facts.ElectionEvent,))


# Queries


async def turnout(connection: Connection, place: str) -> list[TurnoutRow]:
    """How many took part, by the year of the ballot, the first year first."""
    rows = [TurnoutRow(*row) for row in await connection.fetch(TURNOUT, place)]
    return sorted(rows, key=lambda row: row.year)
