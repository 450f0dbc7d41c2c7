"""Which units were invited to clear what on which day, was it cleared, and why was it carried over?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.meetings import invitation as facts
from chuishao.domain.meetings.terms import InvitationState
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table
from chuishao.projections.units import addressee


@dataclass(slots=True)
class InvitationRow:
    """An invitation, due by the end of `day`; `matter` and `words`, the result or why not, are sealed."""

    id: UUID
    number: int
    division: str
    unit_kind: str
    unit: str
    street: str | None
    department: UUID | None
    state: str
    matter: bytes
    sent_at: datetime
    sent_for: date
    day: date
    carried: int = 0
    answered_at: datetime | None = None
    cleared_at: datetime | None = None
    words: bytes | None = None


@dataclass(slots=True)
class CarryRow:
    """One time that an invitation was carried over; `reason` is sealed, `number` counts from 1."""

    invitation: UUID
    number: int
    division: str
    unit_kind: str
    unit: str
    was_due: date
    now_due: date
    carried_at: datetime
    reason: bytes


INVITATIONS = Table("invitation", InvitationRow)
CARRIES = Table("carry", CarryRow, key=("invitation", "number"))


@dataclass(slots=True)
class Rows:
    """What a batch of events changes; what was carried over is only ever added."""

    invitations: dict[UUID, InvitationRow]
    carries: list[CarryRow]


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of invitations."""
    streams = {recorded.stream for recorded in batch.events}
    rows = Rows(await INVITATIONS.load(connection, streams), [])
    for recorded in batch.events:
        evolve(rows, recorded)
    await INVITATIONS.save(connection, rows.invitations.values())
    await CARRIES.add(connection, rows.carries)


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    at, id_ = recorded.occurred_at, recorded.stream
    if isinstance(recorded.event, facts.InvitationSent):
        rows.invitations[id_] = _sent(recorded, recorded.event)
        return
    row = rows.invitations[id_]
    match recorded.event:
        case facts.InvitationAccepted():
            row.state, row.answered_at = InvitationState.ACCEPTED.value, at
        case facts.InvitationDeclined(reason=reason):
            row.state, row.answered_at, row.words = InvitationState.DECLINED.value, at, to_bytes(reason)
        case facts.DayCleared(result=result):
            row.state, row.cleared_at, row.words = InvitationState.CLEARED.value, at, to_bytes(result)
        case facts.DayCarriedOver(day=day, reason=reason):
            into, why = date.fromisoformat(day), to_bytes(reason) or b""
            row.carried += 1
            rows.carries.append(
                CarryRow(id_, row.carried, row.division, row.unit_kind, row.unit, row.day, into, at, why)
            )
            row.day = into


def _sent(recorded: RecordedEvent, event: facts.InvitationSent) -> InvitationRow:
    day = date.fromisoformat(event.day)
    return InvitationRow(
        id=recorded.stream,
        number=recorded.position,
        division=event.division,
        **addressee(event.unit_kind, event.unit),
        state=InvitationState.SENT.value,
        matter=to_bytes(event.matter) or b"",
        sent_at=recorded.occurred_at,
        sent_for=day,
        day=day,
    )


PROJECTION = Projection("invitations", version=1, fold=fold, on=(facts.InvitationEvent,))
