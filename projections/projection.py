"""What a projection is: a name, a version, tables of its own, and a fold over events in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import Event, SealedText
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.fingerprint import fingerprint_of


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order of their positions, and what a fold may need of the log."""

    log: EventLog
    events: Sequence[RecordedEvent]
    opens: bool = True
    """Whether sealed texts may be opened."""

    async def opened(self, connection: Connection, texts: Collection[SealedText]) -> dict[SealedText, str]:
        """Sealed texts in plain, as far as their keys exist, to be kept in rows that an erasure deletes:

        FOREIGN KEY (log, subject) REFERENCES public.opened_subject ON DELETE CASCADE
        """
        if not texts or not self.opens:
            return {}
        return await self.log.keyring.open_to_keep(connection, texts)


Fold = Callable[[Connection, Batch], Awaitable[None]]


@dataclass(frozen=True)
class Projection:
    """A read model. Its tables live in the PostgreSQL schema of its name; `fold` sees them unqualified.

    Raise `version` whenever tables or fold change. Whether it is raised or not: the read model of other code
    has another fingerprint and is rebuilt from the log.
    """

    name: str
    version: int
    fold: Fold = field(repr=False)
    on: tuple[type[Event], ...] = ()
    """The kinds of event that it folds; none named means all."""

    @cached_property
    def topics(self) -> frozenset[str]:
        """The types of event that it folds, where they are named."""
        return frozenset(topic for topic, kind in EVENT_TYPES.items() if issubclass(kind, self.on))

    @cached_property
    def fingerprint(self) -> str:
        """Which code makes it."""
        return fingerprint_of(self.fold.__module__, self.tables, self.indexes)

    @property
    def code(self) -> tuple[int, str]:
        """Its version and fingerprint: rows made under others are not its own."""
        return self.version, self.fingerprint

    def folds(self, types: Collection[str]) -> bool:
        """Whether it folds events of any of these types."""
        return not self.on or not self.topics.isdisjoint(types)

    def wanted(self, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """Those of the events that it folds."""
        topics = self.topics
        return [event for event in events if event.type in topics] if self.on else events

    @property
    def tables(self) -> str:
        """The statements that make its tables, with whatever its fold needs to find rows."""
        return statements("chuishao.projections", f"{self.name}.sql")["tables"]

    @property
    def indexes(self) -> str:
        """The statements that make, where they are missing, the indexes that only queries need."""
        return statements("chuishao.projections", f"{self.name}.sql").get("indexes", "")
