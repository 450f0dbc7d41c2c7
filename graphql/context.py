"""What an operation runs with: who asks, when, in which language, and fresh loaders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import strawberry

from chuishao.commands.cases import resident_subject
from chuishao.commands.execution import Executor
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.phrase import Language, Phrase
from chuishao.domain.refusal import Refusal
from chuishao.domain.sight import Reader
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection, connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.lanes import Lanes
from chuishao.eventlog.log import EventLog
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.language import asked
from chuishao.projections.engine import Engine
from chuishao.projections.past import Past, PastNotKept, as_of
from chuishao.projections.reach import ReadModelReplaced

if TYPE_CHECKING:
    from chuishao.graphql.loaders import Loaders


MOST_ROWS = 20_000
"""Rows of nested lists in one answer."""


@dataclass(frozen=True)
class Services:
    """What a process offers to every operation."""

    log: EventLog
    feed: Feed
    engine: Engine
    executor: Executor
    lanes: Lanes | None = None

    def lane(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for a short read."""
        return connected(self.log.pool) if self.lanes is None else self.lanes.one()


@dataclass
class Context:
    """One operation's surroundings; never shared between operations, so that nothing read goes stale."""

    services: Services
    actor: Actor = ANONYMOUS
    language: Language = field(default_factory=asked.get)
    last_event_id: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows: int = 0
    proven: frozenset[UUID] = frozenset()
    _unreached: dict[object, Refusal] = field(default_factory=dict)
    past: Past | None = None
    """What is read instead of the present."""
    counted_to: int | None = None
    """Up to how many rows lists are counted exactly; None is for as many as for everybody."""
    done: dict[str, Awaitable[Any]] = field(default_factory=dict)
    """What came of the commands that were carried out before the executor got to them, by response key."""

    @cached_property
    def reader(self) -> Reader:
        """Who reads, with what ties them to cases."""
        return Reader(self.actor, self._subject, self.proven)

    @cached_property
    def _subject(self) -> UUID | None:
        signed_in = self.actor.role is Role.RESIDENT and self.actor.reaches("")
        return resident_subject(self.services.executor.key, self.actor.id) if signed_in else None

    def prove(self, case: UUID) -> None:
        """Let the asker see a case: the secret was given, or the asker's own command has acted on it."""
        self.proven |= {case}
        self._read_anew()

    @cached_property
    def loaders(self) -> Loaders:
        """The operation's own loaders."""
        from chuishao.graphql.loaders import Loaders  # noqa: PLC0415 loaders know the context

        known_by = self.past.position if self.past else None
        return Loaders(self.services.log, self.now, self.reader, self.require_own, self.reading, known_by)

    def spend(self, rows: Any) -> Any:
        """Count nested rows that an operation shows; refuse one that shows too many."""
        self.rows += len(rows)
        if self.rows > MOST_ROWS:
            said = Phrase(
                f"The answer has more than {MOST_ROWS} nested rows. Ask for less.",
                f"结果超过 {MOST_ROWS} 行嵌套数据。请缩小查询范围。",
            )
            raise ApiError(said, "LIMIT_EXCEEDED")
        return rows

    def forget(self) -> None:
        """Read afresh from now on: something was written, or time has passed."""
        self._read_anew()
        self._unreached.clear()
        self.now = datetime.now(UTC)

    def restart(self, proven: frozenset[UUID]) -> None:
        """Answer the same question in another way, as if nothing had been read or proven meanwhile."""
        self.rows, self.proven = 0, proven
        self._read_anew()

    def _read_anew(self) -> None:
        self.__dict__.pop("loaders", None)
        self.__dict__.pop("reader", None)

    def renew(self) -> None:
        """Begin another result of a subscription: read afresh, and count its rows anew."""
        self.forget()
        self.rows = 0

    async def at_least(self, position: int | None, needed: Collection[str] | None = None) -> None:
        """Wait until what is read includes a position; a read model that is not needed may have stopped."""
        if position and self.past is None:
            self.require_own()
            wanted = position, needed and frozenset(needed)
            if (refused := self._unreached.get(wanted)) is not None:
                raise self.error(refused)  # who is answered in another way has waited already
            try:
                await self.services.engine.reach(position, needed=needed)
            except Refusal as refusal:
                self._unreached[wanted] = refusal
                raise self.error(refusal) from refusal

    def require_own(self) -> None:
        """Refuse to read a read model that another version of the server has remade."""
        try:
            self.services.engine.known.require_own()
        except Refusal as refusal:
            raise self.error(refusal) from refusal

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Borrow a connection to read with; refused where another version has remade what is read."""
        try:
            async with self.services.engine.known.reading() as connection:
                if self.past is None:
                    yield connection
                    return
                services, past = self.services, self.past
                async with as_of(connection, services.log, past, services.engine.projections) as then:
                    yield then
        except (ReadModelReplaced, PastNotKept) as refusal:
            raise self.error(refusal) from refusal

    async def head(self) -> int:
        """The position of the last event that is known."""
        return self.past.position if self.past else await self.services.log.head()

    def error(self, refusal: Refusal) -> ApiError:
        """A refusal as an error of the operation, in the asker's language."""
        said = Phrase(refusal.sentence("en"), refusal.sentence("zh"))
        return ApiError(said, refusal.code, path=list(refusal.path))


Info: TypeAlias = strawberry.Info[Context, Any]
