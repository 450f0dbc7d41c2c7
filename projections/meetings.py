"""Which work meetings were held, what did they resolve, who owes what until when, and when was it done?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.meetings import work_meeting as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table
from chuishao.projections.units import addressee


@dataclass(slots=True)
class MeetingRow:
    """A work meeting; `topic` is sealed, `owed` counts the resolutions that nobody has carried out."""

    id: UUID
    number: int
    division: str
    kind: str
    topic: bytes
    held_at: datetime
    adopted: int = 0
    owed: int = 0


@dataclass(slots=True)
class ResolutionRow:
    """A resolution of a meeting and the unit that owes it; `matter` and `result` are sealed."""

    meeting: UUID
    number: int
    position: int
    division: str
    unit_kind: str
    unit: str
    street: str | None
    department: UUID | None
    matter: bytes
    due: date
    adopted_at: datetime
    done_at: datetime | None = None
    result: bytes | None = None


MEETINGS = Table("meeting", MeetingRow)
RESOLUTIONS = Table("resolution", ResolutionRow, key=("meeting", "number"))


@dataclass(slots=True)
class Rows:
    """What a batch of events changes."""

    meetings: dict[UUID, MeetingRow]
    resolutions: dict[tuple[UUID, int], ResolutionRow]


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of work meetings."""
    done = {
        (recorded.stream, recorded.event.number)
        for recorded in batch.events
        if isinstance(recorded.event, facts.ResolutionCarriedOut)
    }
    streams = {recorded.stream for recorded in batch.events}
    rows = Rows(await MEETINGS.load(connection, streams), await RESOLUTIONS.load(connection, done))
    for recorded in batch.events:
        evolve(rows, recorded)
    await MEETINGS.save(connection, rows.meetings.values())
    await RESOLUTIONS.save(connection, rows.resolutions.values())


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    at, id_ = recorded.occurred_at, recorded.stream
    match recorded.event:
        case facts.MeetingHeld(division=division, meeting_kind=kind, topic=topic):
            topic_kept = to_bytes(topic) or b""
            rows.meetings[id_] = MeetingRow(id_, recorded.position, division, kind, topic_kept, at)
        case facts.ResolutionAdopted(number=number, unit_kind=kind, unit=unit) as adopted:
            meeting = rows.meetings[id_]
            meeting.adopted, meeting.owed = meeting.adopted + 1, meeting.owed + 1
            rows.resolutions[id_, number] = ResolutionRow(
                meeting=id_,
                number=number,
                position=recorded.position,
                division=meeting.division,
                **addressee(kind, unit),
                matter=to_bytes(adopted.matter) or b"",
                due=date.fromisoformat(adopted.due),
                adopted_at=at,
            )
        case facts.ResolutionCarriedOut(number=number, result=result):
            rows.meetings[id_].owed -= 1
            row = rows.resolutions[id_, number]
            row.done_at, row.result = at, to_bytes(result)


PROJECTION = Projection("meetings", version=1, fold=fold, on=(facts.WorkMeetingEvent,))
