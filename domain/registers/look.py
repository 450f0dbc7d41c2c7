"""查阅 Look: somebody read words about people in a register; recorded before the words are given out.

A look is a stream of its own, so that reading never stands in the way of writing. It shows the words as they
were when it was recorded, and for `LASTS` alone: who wants to read on looks again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import Event
from chuishao.domain.registers.refusals import LookOver
from chuishao.domain.registers.terms import LookPurpose, Register

LASTS = timedelta(minutes=10)
"""How long the answer to a look may be fetched anew, as after a broken line. No limit of the source's."""


class WordsRead(Event, AggregateCreated):
    """查阅: somebody is given the words of an entry of a register, for a purpose that they said."""

    TOPIC = "WordsRead"
    WITHHELD: ClassVar[bool] = True
    register: str
    entry: UUID
    grid: str
    purpose: str

    def apply(self, look: Look) -> None:
        """Be of an entry."""
        look.register = Register(self.register)
        look.entry = self.entry
        look.grid = self.grid


class Look(BaseAggregate[UUID]):
    """One look at one entry."""

    TOPIC = "look"

    def __init__(self) -> None:
        self.register = Register.CARE
        self.entry = self.id
        self.grid = ""

    @property
    def place(self) -> str:
        """The grid of the entry."""
        return self.grid

    @property
    def correlation(self) -> UUID:
        """It belongs to the file of the entry: only those who see that see who looked."""
        return self.entry

    @classmethod
    def take(
        cls, look: UUID, register: Register, entry: UUID, grid: str, purpose: LookPurpose, now: datetime
    ) -> Self:
        """Record a look, at the moment at which it is taken."""
        return cls._create(
            WordsRead,
            id=look,
            timestamp=now,
            register=register.value,
            entry=entry,
            grid=grid,
            purpose=purpose.value,
        )


def require_open(look: UUID, recorded_at: datetime, now: datetime) -> None:
    """Refuse to answer a look once more after it is over."""
    if now > recorded_at + LASTS:
        raise LookOver("commandId", id=look, at=recorded_at.isoformat())
