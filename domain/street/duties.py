"""街道职责 StreetDutyList: what a street is charged with, under one of three core duties, and on which law.

街道办事处条例: “公共服务、公共管理和平安建设”. A duty stands on a street's list once at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound
from chuishao.domain.street.refusals import DutyOffList, DutyOnList
from chuishao.domain.street.terms import StreetDuty

CATALOGUED = Phrase("its entry in the list", "列入清单")


def duty_list_id(street: str) -> UUID:
    """The stream of a street's duty list: a street has one."""
    return identify("street-duties", street)


class DutyEvent(Event):
    """A fact of a street's duty list."""


class DutyListOpened(DutyEvent, AggregateCreated):
    """建立职责清单: a street's list began."""

    TOPIC = "DutyListOpened"
    street: str

    def apply(self, duties: StreetDutyList) -> None:
        """Begin."""
        duties.street = self.street


class DutyCatalogued(DutyEvent):
    """列入职责清单: the street is charged with something."""

    TOPIC = "DutyCatalogued"
    number: int
    core_duty: str
    name: str
    basis: str

    def apply(self, duties: StreetDutyList) -> None:
        """Have one item more."""
        duties.items[self.number] = DutyItem(self.name, self.timestamp)


class DutyRetired(DutyEvent):
    """移出职责清单: the street is charged with it no more."""

    TOPIC = "DutyRetired"
    number: int
    reason: PersonalText | SealedText

    def apply(self, duties: StreetDutyList) -> None:
        """Keep it as what was."""
        duties.items[self.number].retired_at = self.timestamp


@dataclass(slots=True)
class DutyItem:
    """An item of the list since a moment; until another one if it is retired."""

    name: str
    at: datetime
    retired_at: datetime | None = None


class StreetDutyList(BaseAggregate[UUID]):
    """The duty list of one street; items by number from 1."""

    TOPIC = "street-duties"

    def __init__(self) -> None:
        self.street = ""
        self.items: dict[int, DutyItem] = {}

    @property
    def place(self) -> str:
        """The street."""
        return self.street

    @property
    def correlation(self) -> None:
        """Duty lists belong to no case."""

    @classmethod
    def begin(cls, street: str, at: datetime) -> Self:
        """建立职责清单: open a street's list, with nothing on it."""
        return cls._create(DutyListOpened, id=duty_list_id(street), timestamp=at, street=street)

    def catalogue(self, core_duty: StreetDuty, name: str, basis: str, at: datetime) -> None:
        """列入职责清单: charge the street with something that is not on its list."""
        said, law = written("name", name, SHORT_TEXT), written("basis", basis, SHORT_TEXT)
        for number, item in self.items.items():
            if item.name == said and item.retired_at is None:
                raise DutyOnList("name", name=said, street=self.street, number=number)
        number = len(self.items) + 1
        self.trigger_event(
            DutyCatalogued, timestamp=at, number=number, core_duty=core_duty.value, name=said, basis=law
        )

    def retire(self, number: int, reason: str, at: datetime) -> None:
        """移出职责清单: take an item off the list, once."""
        item = self.items.get(number)
        if item is None:
            raise NotFound("number", kind=Phrase("duty", "职责"), id=number)
        if item.retired_at is not None:
            raise DutyOffList("number", number=number, at=item.retired_at.isoformat())
        not_before(at, item.at, CATALOGUED)
        said = PersonalText(self.id, written("reason", reason))
        self.trigger_event(DutyRetired, timestamp=at, number=number, reason=said)
