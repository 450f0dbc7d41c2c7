"""Which deliberations were convened on what, who said something, and what came of it: the minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.meetings import deliberation as facts
from chuishao.domain.meetings.terms import DeliberationState
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class DeliberationRow:
    """A deliberation; `topic` and `outcome`, what was agreed or why nothing was, are sealed."""

    id: UUID
    number: int
    community: str
    case_id: UUID | None
    state: str
    topic: bytes
    convened_at: datetime
    opinions: int = 0
    ended_at: datetime | None = None
    outcome: bytes | None = None


@dataclass(slots=True)
class OpinionRow:
    """What somebody said; `id` is the opinion's own, by which its words can be erased."""

    id: UUID
    deliberation: UUID
    number: int
    community: str
    label: str
    person: UUID | None
    words: bytes
    recorded_at: datetime


DELIBERATIONS = Table("deliberation", DeliberationRow)
OPINIONS = Table("opinion", OpinionRow)


@dataclass(slots=True)
class Rows:
    """What a batch of events changes; opinions are only ever added."""

    deliberations: dict[UUID, DeliberationRow]
    opinions: list[OpinionRow]


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of deliberations."""
    streams = {recorded.stream for recorded in batch.events}
    rows = Rows(await DELIBERATIONS.load(connection, streams), [])
    for recorded in batch.events:
        evolve(rows, recorded)
    await DELIBERATIONS.save(connection, rows.deliberations.values())
    await OPINIONS.add(connection, rows.opinions)


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    at, id_ = recorded.occurred_at, recorded.stream
    match recorded.event:
        case facts.DeliberationConvened(community=community, case=case, topic=topic):
            rows.deliberations[id_] = DeliberationRow(
                id=id_,
                number=recorded.position,
                community=community,
                case_id=case,
                state=DeliberationState.CONVENED.value,
                topic=to_bytes(topic) or b"",
                convened_at=at,
            )
        case facts.OpinionRecorded(number=number, label=label, person=person, words=words):
            row = rows.deliberations[id_]
            row.opinions = number
            opinion, said = facts.opinion_id(id_, number), to_bytes(words) or b""
            rows.opinions.append(OpinionRow(opinion, id_, number, row.community, label, person, said, at))
        case facts.AgreementReached(agreement=agreement):
            _end(rows.deliberations[id_], DeliberationState.AGREED, at, to_bytes(agreement))
        case facts.AgreementFailed(reason=reason):
            _end(rows.deliberations[id_], DeliberationState.FAILED, at, to_bytes(reason))


def _end(row: DeliberationRow, state: DeliberationState, at: datetime, outcome: bytes | None) -> None:
    row.state, row.ended_at, row.outcome = state.value, at, outcome


PROJECTION = Projection("deliberations", version=1, fold=fold, on=(facts.DeliberationEvent,))
