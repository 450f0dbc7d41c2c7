"""工作例会 WorkMeeting: what was resolved, who owes what until when, and when it was done.

“定期召开基层治理工作例会”. A resolution names the unit that owes it and the last day on which it is in time;
it is carried out once, by that unit or as found by those who hold the meetings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import MAY_SET_UP, Setup, require_setup
from chuishao.domain.event import Event, PersonalText, SealedText, not_before, written
from chuishao.domain.meetings.due import require_to_come
from chuishao.domain.meetings.refusals import ResolutionDone
from chuishao.domain.meetings.terms import MeetingKind, UnitKind
from chuishao.domain.meetings.unit import Unit
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound
from chuishao.domain.vocabulary import Role

Text = PersonalText | SealedText
CARRY_OUT = MAY_SET_UP[Setup.HOLD_MEETING] | {Role.DEPARTMENT_OFFICER}
HELD = Phrase("the meeting", "会议")
ADOPTED = Phrase("the resolution", "决议")


class WorkMeetingEvent(Event):
    """A fact of one work meeting."""


class MeetingHeld(WorkMeetingEvent, AggregateCreated):
    """召开例会: a work meeting was held in a division."""

    TOPIC = "MeetingHeld"
    division: str
    meeting_kind: str
    topic: Text

    def apply(self, meeting: WorkMeeting) -> None:
        """Begin."""
        meeting.division = self.division
        meeting.kind = MeetingKind(self.meeting_kind)


class ResolutionAdopted(WorkMeetingEvent):
    """形成决议: the meeting resolved that a unit owes something until the end of a day."""

    TOPIC = "ResolutionAdopted"
    number: int
    unit_kind: str
    unit: str
    matter: Text
    due: str

    def apply(self, meeting: WorkMeeting) -> None:
        """Have one resolution more."""
        unit = Unit(UnitKind(self.unit_kind), self.unit)
        meeting.resolutions[self.number] = Resolution(unit, self.timestamp)


class ResolutionCarriedOut(WorkMeetingEvent):
    """办结决议: what a resolution asked for was done."""

    TOPIC = "ResolutionCarriedOut"
    number: int
    result: Text

    def apply(self, meeting: WorkMeeting) -> None:
        """Have it done."""
        meeting.resolutions[self.number].done_at = self.timestamp


@dataclass(slots=True)
class Resolution:
    """What a unit owes since a moment."""

    unit: Unit
    at: datetime
    done_at: datetime | None = None


class WorkMeeting(BaseAggregate[UUID]):
    """One work meeting and the resolutions it adopted, by number from 1."""

    TOPIC = "meeting"

    def __init__(self) -> None:
        self.division = ""
        self.kind = MeetingKind.REGULAR
        self.resolutions: dict[int, Resolution] = {}

    @property
    def place(self) -> str:
        """The division that held it."""
        return self.division

    @property
    def correlation(self) -> None:
        """Work meetings belong to no case."""

    @classmethod
    def hold(
        cls, meeting: UUID, division: str, kind: MeetingKind, topic: str, by: Actor, at: datetime
    ) -> Self:
        """召开例会: record that a meeting was held, and about what."""
        require_setup(by, Setup.HOLD_MEETING, division, "divisionCode")
        return cls._create(
            MeetingHeld,
            id=meeting,
            timestamp=at,
            division=division,
            meeting_kind=kind.value,
            topic=PersonalText(meeting, written("topic", topic)),
        )

    def adopt(self, unit: Unit, matter: str, due: date, by: Actor, at: datetime, today: date) -> None:
        """形成决议: resolve that a unit owes something; `today` is the local day."""
        require_setup(by, Setup.HOLD_MEETING, self.division)
        not_before(at, self.created_on, HELD)
        require_to_come(due, today)
        self.trigger_event(
            ResolutionAdopted,
            timestamp=at,
            number=len(self.resolutions) + 1,
            unit_kind=unit.kind.value,
            unit=unit.name,
            matter=PersonalText(self.id, written("matter", matter)),
            due=due.isoformat(),
        )

    def carry_out(self, number: int, result: str, by: Actor, at: datetime) -> None:
        """办结决议: say what was done; the unit that owes it, or those who hold the meetings."""
        resolution = self.resolutions.get(number)
        if resolution is None:
            raise NotFound("number", kind=Phrase("resolution", "决议"), id=number)
        if not resolution.unit.acts(by, self.division):
            require_setup(by, Setup.HOLD_MEETING, self.division)
        if resolution.done_at is not None:
            raise ResolutionDone("number", number=number, at=resolution.done_at.isoformat())
        not_before(at, resolution.at, ADOPTED)
        said = PersonalText(self.id, written("result", result))
        self.trigger_event(ResolutionCarriedOut, timestamp=at, number=number, result=said)
