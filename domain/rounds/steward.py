"""小巷管家 AlleySteward: “每日巡、经常访、及时记、随手做、实时报”.

Only a registered steward logs, and patrols daily. The registration is a post; each entry of the log is a
stream of its own, for no entry depends on another one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup
from chuishao.domain.event import Event, PersonalText, SealedText, written
from chuishao.domain.people.post import Post
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden
from chuishao.domain.rounds.refusals import NotASteward
from chuishao.domain.rounds.terms import StewardDuty
from chuishao.domain.vocabulary import Role

LOGGERS = Phrase("the steward", "管家本人")


class DutyLogged(Event, AggregateCreated):
    """履职记录: a steward did one of the five duties on a local day."""

    TOPIC = "DutyLogged"
    REGISTERED = True
    steward: UUID
    place: str
    duty: str
    day: str
    note: PersonalText | SealedText

    def apply(self, entry: DutyEntry) -> None:
        """Stand in the log."""
        entry.area = self.place
        entry.duty = StewardDuty(self.duty)


class DutyEntry(BaseAggregate[UUID]):
    """One entry in the log of a steward."""

    TOPIC = "duty"

    def __init__(self) -> None:
        self.area = ""
        self.duty = StewardDuty.PATROL

    @property
    def place(self) -> str:
        """Where the steward is registered."""
        return self.area

    @property
    def correlation(self) -> UUID:
        """The entry is a file of its own: only those who see it see its events."""
        return self.id

    @classmethod
    def log(
        cls,
        entry: UUID,
        steward: UUID,
        place: str,
        post: Post | None,
        duty: StewardDuty,
        day: date,
        note: str,
        by: Actor,
        at: datetime,
    ) -> Self:
        """履职: enter what a registered steward did; a resident enters their own."""
        if post is None or post.holder_at(at) != steward:
            raise NotASteward("personId", steward=steward, place=place, at=at.isoformat())
        if by.role is Role.RESIDENT and by.id != str(steward):
            raise Forbidden(role=by.role, action=Setup.LOG_DUTY, allowed=LOGGERS)
        return cls._create(
            DutyLogged,
            id=entry,
            timestamp=at,
            steward=steward,
            place=place,
            duty=duty.value,
            day=day.isoformat(),
            note=PersonalText(steward, written("note", note)),
        )
