"""Which proposals have deputies made, who is to answer them, what was answered, and how was it rated?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.street import proposal as facts
from chuishao.domain.street.terms import ProposalStatus
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "proposals.sql")


@dataclass(slots=True)
class ProposalRow:
    """A proposal and the unit that is to answer it; `proposal`, `answer` and `comment` are sealed."""

    id: UUID
    number: int
    division: str
    proposer: str
    label: str
    proposal: bytes | None
    status: str
    received_at: datetime
    department: UUID | None = None
    body: str | None = None
    assigned_at: datetime | None = None
    answered_at: datetime | None = None
    answer: bytes | None = None
    rated_at: datetime | None = None
    verdict: str | None = None
    comment: bytes | None = None


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many proposals to the divisions of a place stand where, and since when the longest one does."""

    rank: int
    status: str
    proposals: int
    oldest_at: datetime | None
    place: str


PROPOSALS = Table("proposal", ProposalRow)


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of proposals."""
    rows = await PROPOSALS.load(connection, {recorded.stream for recorded in batch.events})
    for recorded in batch.events:
        evolve(rows, recorded)
    await PROPOSALS.save(connection, rows.values())


def evolve(rows: dict[UUID, ProposalRow], recorded: RecordedEvent) -> None:
    """Fold one event."""
    id_, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.ProposalReceived(division=division, proposer=proposer, label=label, proposal=said):
            status = ProposalStatus.RECEIVED.value
            rows[id_] = ProposalRow(
                id_, recorded.position, division, proposer, label, to_bytes(said), status, at
            )
        case facts.ProposalAssigned(department=department, body=body):
            row = rows[id_]
            row.department, row.body, row.assigned_at = department, body, at
            row.status = ProposalStatus.ASSIGNED.value
        case facts.ProposalAnswered(answer=answer):
            row = rows[id_]
            row.status, row.answered_at, row.answer = ProposalStatus.ANSWERED.value, at, to_bytes(answer)
        case facts.ProposalRated(verdict=verdict, comment=comment):
            row = rows[id_]
            row.status, row.rated_at = ProposalStatus.RATED.value, at
            row.verdict, row.comment = verdict, to_bytes(comment)


PROJECTION = Projection("proposals", version=1, fold=fold, on=(facts.ProposalEvent,))

# Queries

SUMMARY = _SQL["summary"]
"""A line for each status: the beginning of the divisions' codes, and the statuses in order."""
