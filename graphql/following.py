"""What a subscription follows: for one asker, or once for everybody who is shown the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, cast

from chuishao.domain.phrase import Language
from chuishao.domain.refusal import Refusal
from chuishao.domain.sight import Reader
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.trace import begin_result


class Sighted(Protocol):
    """Which recorded events are wanted, and which of those are shown. `head` is where it began."""

    head: int
    wanted: Filter

    def seen_by(self, context: Context) -> Self:
        """The same as it began, for another context of a reader who sees the same."""

    async def anew(self) -> Self:
        """The same, begun now."""

    async def shows(self, event: RecordedEvent) -> bool:
        """Whether an event is shown; raises what ends the subscription."""


@dataclass(frozen=True, slots=True)
class Audience:
    """受众 Whom an answer is the same for: a shared answer's context is made of this and nothing else."""

    reader: Reader
    language: Language

    @classmethod
    def of(cls, context: Context) -> Audience:
        """The audience that an asker belongs to: who they are counts only where cases are their own."""
        reader = context.reader
        if reader.subject is None:
            reader = replace(reader, actor=replace(reader.actor, id=""))
        return cls(reader, context.language)

    def context(self, services: Services) -> Context:
        """A fresh context for an answer to everybody in it."""
        return Context(services, self.reader.actor, language=self.language, proven=self.reader.proven)


class Followed:
    """Events after a cursor, then what comes, as one asker is shown them.

    Iterated over, it follows for itself alone. Nothing is asked of the database before `begin`.
    """

    def __init__(
        self, context: Context, look: Callable[[Context], Awaitable[Sighted]], after: str | None
    ) -> None:
        self.context = context
        self.position = 0
        self.cursor = context.last_event_id or after
        self._look = look
        self._sighted: Sighted | None = None

    async def begin(self) -> None:
        """Find where to begin, and what is seen; raises for a cursor of another history."""
        self._sighted = await self._look(self.context)
        await self._place()

    async def begin_again(self, cursor: str | None) -> None:
        """Begin behind the last event handed over, if that is still there."""
        self.cursor = cursor
        self.context.renew()
        self._sighted = await self.feed.patiently(self.sighted.anew)
        await self.feed.patiently(self._place)

    async def _place(self) -> None:
        feed = self.feed
        try:
            if self.cursor:
                self.position = await feed.resume(self.cursor)
            else:
                self.position, leaf_hash = await feed.last()
                self.cursor = cursor_of(feed.log.id, self.position, leaf_hash)
        except Refusal as refusal:  # the cursor's event is not there, or is there no longer
            raise self.context.error(refusal) from refusal
        self.context.forget()

    async def __aiter__(self) -> AsyncGenerator[RecordedEvent, None]:
        """Every event that is shown, each once."""
        await self.begin()
        followed = self.feed.follow(self.wanted, self.position, self.cursor)
        try:
            async with aclosing(cast("AsyncGenerator[Any, None]", followed)) as events:
                async for event in events:
                    self.context.renew()
                    begin_result(self.context)
                    if await self.sighted.shows(event):
                        yield event
        except Refusal as refusal:
            raise self.context.error(refusal) from refusal

    @property
    def feed(self) -> Feed:
        """The feed that brings the events."""
        return self.context.services.feed

    @property
    def sighted(self) -> Sighted:
        """What is seen, once it has begun."""
        assert self._sighted is not None
        return self._sighted

    @property
    def wanted(self) -> Filter:
        """The recorded events from which it shows some."""
        return self.sighted.wanted

    @property
    def head(self) -> int:
        """Where the log ended when it began."""
        return self.sighted.head

    @property
    def audience(self) -> Audience:
        """Whom its answers are the same for, once it has begun: a secret may have been proved."""
        return Audience.of(self.context)

    def includes(self) -> int:
        """A position that everything read from now on includes."""
        return self.context.services.engine.position

    async def shows(self, event: RecordedEvent) -> bool:
        """Whether an event is shown, read afresh; raises what ends the subscription."""
        self.context.renew()
        return await self.sighted.shows(event)

    def surroundings(self) -> Context:
        """A fresh context for an answer to everybody in the audience."""
        return self.audience.context(self.context.services)

    def shared(self) -> Followed:
        """The same for the whole audience, from where the log ended when this one began."""
        everybody = Followed(self.surroundings(), self._look, self.cursor)
        everybody.position = self.head
        everybody._sighted = self.sighted.seen_by(everybody.context)
        return everybody
