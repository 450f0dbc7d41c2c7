"""要素 Element of the unified registry: a person, place, thing, matter or organisation in a grid.

“一张网”, “人、地、物、事、组织全覆盖”. What it is called and where it is may be about a person, so both are
personal text; how many of each kind a grid has is published.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, about, not_before, written
from chuishao.domain.phrase import Phrase
from chuishao.domain.registers.refusals import ElementEnded
from chuishao.domain.registers.terms import ElementKind

Text = PersonalText | SealedText
_REGISTRATION = Phrase("the registration", "登记")


class ElementRegistered(Event, AggregateCreated):
    """登记要素: an element entered the registry of a grid."""

    TOPIC = "ElementRegistered"
    element_kind: str
    grid: str
    name: Text
    address: Text | None

    def apply(self, element: Element) -> None:
        """Be of a kind, in a grid."""
        element.kind = ElementKind(self.element_kind)
        element.grid = self.grid


class ElementCorrected(Event):
    """更正要素: the element is called otherwise or lies elsewhere; null is what stays."""

    TOPIC = "ElementCorrected"
    grid: str
    name: Text | None
    address: Text | None

    def apply(self, element: Element) -> None:
        """Lie in the grid."""
        element.grid = self.grid


class ElementRetired(Event):
    """注销要素: the element is not there any longer."""

    TOPIC = "ElementRetired"
    reason: Text

    def apply(self, element: Element) -> None:
        """Be over."""
        element.retired_at = self.timestamp


class Element(BaseAggregate[UUID]):
    """One element from its registration to its retirement."""

    TOPIC = "element"

    def __init__(self) -> None:
        self.kind = ElementKind.PERSON
        self.grid = ""
        self.retired_at: datetime | None = None

    @property
    def place(self) -> str:
        """The grid that it lies in."""
        return self.grid

    @property
    def correlation(self) -> None:
        """Elements belong to no case."""

    @classmethod
    def register(
        cls, element: UUID, kind: ElementKind, grid: str, name: str, address: str | None, at: datetime
    ) -> Self:
        """Enter the registry of a grid."""
        return cls._create(
            ElementRegistered,
            id=element,
            timestamp=at,
            element_kind=kind.value,
            grid=grid,
            name=PersonalText(element, written("name", name, SHORT_TEXT)),
            address=about(element, "address", address, SHORT_TEXT),
        )

    def correct(self, grid: str | None, name: str | None, address: str | None, at: datetime) -> None:
        """Put right what is given; the same grid and nothing else changes nothing."""
        self._require_there(at)
        said = None if name is None else PersonalText(self.id, written("name", name, SHORT_TEXT))
        where = None if address is None else PersonalText(self.id, written("address", address, SHORT_TEXT))
        if (grid or self.grid, said, where) != (self.grid, None, None):
            self.trigger_event(
                ElementCorrected, timestamp=at, grid=grid or self.grid, name=said, address=where
            )

    def retire(self, reason: str, at: datetime) -> None:
        """Leave the registry; once."""
        self._require_there(at)
        said = PersonalText(self.id, written("reason", reason, SHORT_TEXT))
        self.trigger_event(ElementRetired, timestamp=at, reason=said)

    def _require_there(self, at: datetime) -> None:
        if self.retired_at is not None:
            raise ElementEnded("elementId", id=self.id, at=self.retired_at.date().isoformat())
        not_before(at, self.created_on, _REGISTRATION)
