"""反应 A reaction: because of an event, commands, sent once.

What follows from an event is decided here and nowhere else: the aggregates do not know each other. A reaction
sends commands like anybody, under rights like anybody's; the log says by `causation` which event it was for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid5

from chuishao.commands.command import Command, name_of
from chuishao.domain.actor import Actor
from chuishao.domain.event import Event
from chuishao.domain.identity import identify
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent


@dataclass(frozen=True)
class Around:
    """What a reaction may look at: the log, and the read models once they include the event."""

    log: EventLog
    reading: Callable[[], AbstractAsyncContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A command that a reaction sends, and in whose name.

    `about` singles it out where an event leads to several of a kind, of which some may be sent already. `at`
    is when it happened in the world; left out, when it is sent.
    """

    command: Command
    by: Actor
    about: UUID | None = None
    at: datetime | None = None


def acting(name: str, role: Role = Role.ADMINISTRATOR, scope: str = "") -> Actor:
    """Who sends what a reaction sends."""
    return Actor(f"reaction {name}", role, scope)


Decide: TypeAlias = Callable[[RecordedEvent, Around], Awaitable[Sequence[Sent]]]


@dataclass(frozen=True)
class Timed:
    """Commands because of time: what is due at a moment, each with a key that it has for good.

    What is sent leaves the list of what is due. The key makes its identifier: it happens once, however often
    it is sent, also after a week in which nothing was; when it became true, the command finds out.
    """

    name: str
    title: str
    """What it does, in Chinese and English."""
    due: Callable[[Around, datetime, int], Awaitable[Sequence[tuple[str, Sent]]]]
    """What is due at a moment, in pages: what stays because it was refused is skipped."""

    def identified(self, key: str) -> UUID:
        """The identifier of the command with a key."""
        return identify("timed", self.name, key)


@dataclass(frozen=True)
class Reaction:
    """Commands because of events of some types. `name` stands in the identifiers of all that it ever sent.

    A reaction that is new to a log begins at its head: what happened before is not acted upon.
    """

    name: str
    title: str
    """What it does, in Chinese and English."""
    to: tuple[type[Event], ...]
    decide: Decide

    def identified(self, event: RecordedEvent, sent: Sequence[Sent]) -> Iterator[tuple[UUID, Sent]]:
        """The commands with their identifiers: the same for an event whenever they are sent.

        They are counted by kind, or singled out by what they are about, so that what is left to be sent after
        a crash keeps its identifiers.
        """
        met: Counter[str] = Counter()
        for one in sent:
            name = name_of(type(one.command))
            yield uuid5(event.event_id, f"{self.name}:{name}:{one.about or met[name]}"), one
            met[name] += 1
