"""The log as its readers and deciders see it: streams, ranges, the head, remembered commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from chuishao.domain.event import Event, SealedText
from chuishao.domain.phrase import Phrase
from chuishao.eventlog.aggregates import Aggregates
from chuishao.eventlog.connection import Borrow, Connection, Pool, connected
from chuishao.eventlog.cursor import PROOF, Cursor, CursorOfAnotherHistory, cursor_of, parse
from chuishao.eventlog.identities import Identities
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.lanes import Lanes
from chuishao.eventlog.mapper import COLUMNS, RecordedEvent, decode, make_mapper, recorded
from chuishao.eventlog.recall import Recall
from chuishao.eventlog.sql import statements
from chuishao.eventlog.writer import Writer

_SQL = statements("chuishao.eventlog", "statements.sql")
DEFAULT_LOG = 1
CATEGORY = _SQL["category"]
"""The category of a stream, by the numbers of its log and its identifier."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events a reader wants: by place prefix, type, or the case they belong to. None is any.

    `case_places` and `cases` narrow only the events that belong to a case, by what the reader sees.
    """

    place: str | None = None
    types: frozenset[str] | None = None
    correlation: UUID | None = None
    case_places: str | None = None
    cases: frozenset[UUID] | None = None

    @property
    def published(self) -> bool:
        """Whether only what belongs to no case is wanted."""
        return self.cases is not None and not self.cases

    def fits(self, event: RecordedEvent) -> bool:
        """Whether an event is wanted."""
        meta = event.meta
        return (
            (self.types is None or event.type in self.types)
            and (self.correlation is None or self.correlation == event.correlation)
            and (self.place is None or meta.place.startswith(self.place))
            and (event.correlation is None or self._fits_case(event.correlation, meta.place))
        )

    def _fits_case(self, case: UUID, place: str) -> bool:
        return (self.case_places is None or place.startswith(self.case_places)) and (
            self.cases is None or case in self.cases
        )


@dataclass(frozen=True, slots=True)
class Remembered:
    """An accepted command: the hash of its content, what it answered, and its last position."""

    request_hash: bytes
    result: bytes
    last_position: int


class EventLog:
    """One log in one database. What is asked for all the time goes along `lanes`, where there are some."""

    def __init__(self, pool: Pool, log: int = DEFAULT_LOG, lanes: Lanes | None = None) -> None:
        self.pool = pool
        self.borrow: Borrow = partial(connected, pool) if lanes is None else lanes.one
        self.id = log
        self.keyring = Keyring(log)
        self.identities = Identities(self.borrow, self.keyring)
        self.mapper = make_mapper(self.keyring)
        self.recall = Recall()
        self.writer = Writer(pool, log, recall=self.recall, borrow=self.borrow)
        self.aggregates = Aggregates(pool, log, recall=self.recall, borrow=self.borrow)

    async def stream(self, stream: UUID) -> list[Event]:
        """Every event of a stream, in order; empty where there is none."""
        async with connected(self.pool) as connection:
            rows = await connection.fetch(_SQL["stream"], self.id, stream)
        return [decode(stream, version, topic, data) for version, topic, data in rows]

    async def begun(self, stream: UUID) -> RecordedEvent | None:
        """The first event of a stream, as recorded; None where there is none."""
        query = (
            f"SELECT {COLUMNS} FROM event WHERE log = $1 AND position ="  # noqa: S608
            " (SELECT first_position FROM stream WHERE log = $1 AND id = $2)"
        )
        async with connected(self.pool) as connection:
            row = await connection.fetchrow(query, self.id, stream)
        return recorded(row) if row else None

    async def version(self, stream: UUID) -> int:
        """How many events a stream has."""
        async with connected(self.pool) as connection:
            return await connection.fetchval(_SQL["version"], self.id, stream) or 0

    async def category(self, stream: UUID) -> str | None:
        """What a stream is about: case, grid and so on; None where there is none."""
        async with connected(self.pool) as connection:
            found: str | None = await connection.fetchval(_SQL["category"], self.id, stream)
        return found

    async def history(self) -> UUID:
        """The name of this history: another one after a fresh start."""
        async with connected(self.pool) as connection:
            found: UUID = await connection.fetchval(_SQL["history"], self.id)
        return found

    async def last(self) -> tuple[int, bytes]:
        """The last position and the leaf hash of its event; 0 and zeros while the log is empty."""
        async with connected(self.pool) as connection:
            row = await connection.fetchrow(_SQL["head"], self.id)
        return (row["position"], row["leaf_hash"]) if row else (0, bytes(PROOF))

    async def head(self) -> int:
        """The last position; 0 while the log is empty."""
        return (await self.last())[0]

    async def recorded_at(self, connection: Connection, position: int) -> datetime | None:
        """When the event at a position was recorded; None where there is none."""
        found: datetime | None = await connection.fetchval(_SQL["recorded_at"], self.id, position)
        return found

    async def after(self, position: int, limit: int) -> list[RecordedEvent]:
        """Up to `limit` events after a position, in order."""
        query = f"SELECT {COLUMNS} FROM event WHERE log = $1 AND position > $2 ORDER BY position LIMIT $3"  # noqa: S608
        async with self.borrow() as connection:
            rows = await connection.fetch(query, self.id, position, limit)
        return [recorded(row) for row in rows]

    async def matching(
        self, wanted: Filter, after: int, until: int, limit: int | None = None
    ) -> list[RecordedEvent]:
        """The wanted events with after < position <= until, in order; the first `limit` of them."""
        query = (
            f"SELECT {COLUMNS} FROM event WHERE log = $1 AND position > $2 AND position <= $3"  # noqa: S608
            " AND ($4::uuid IS NULL OR correlation = $4)"
            " AND ($5::text[] IS NULL OR type = ANY($5))"
            " AND ($6::text IS NULL OR starts_with(meta ->> 'place', $6))"
            " AND ($7::text IS NULL OR correlation IS NULL OR starts_with(meta ->> 'place', $7))"
            " AND ($8::uuid[] IS NULL OR correlation IS NULL OR correlation = ANY($8))"
            f"{' AND correlation IS NULL' if wanted.published else ''}"  # so that its own index is walked
            " ORDER BY position LIMIT $9"
        )
        types = None if wanted.types is None else sorted(wanted.types)
        cases = None if wanted.cases is None else sorted(wanted.cases)
        arguments = (wanted.correlation, types, wanted.place, wanted.case_places, cases, limit)
        async with connected(self.pool) as connection:
            rows = await connection.fetch(query, self.id, after, until, *arguments)
        return [recorded(row) for row in rows]

    async def make_partitions(self) -> int:
        """Make partitions for the positions to come; give how many were missing."""
        async with connected(self.pool) as connection:
            made: int = await connection.fetchval("SELECT ensure_event_partitions()")
        return made

    async def remembered(self, command: UUID) -> Remembered | None:
        """What an accepted command answered, or None."""
        async with connected(self.pool) as connection:
            row = await connection.fetchrow(_SQL["command"], self.id, command)
        return Remembered(*row) if row else None

    async def keeps(self, identity: UUID) -> bool:
        """Whether any words are kept under an identity, and can be read."""
        async with connected(self.pool) as connection:
            return bool(await connection.fetch(_SQL["open_keys"], self.id, [identity]))

    async def opened(self, texts: Sequence[SealedText]) -> dict[SealedText, str]:
        """Sealed texts in plain, as far as their keys exist."""
        if not texts:
            return {}
        async with connected(self.pool) as connection:
            return await self.keyring.open(connection, texts)

    async def resume(self, cursor: str) -> int:
        """The position of an outsider's cursor; refused when it belongs to another history."""
        return await self._verified(parse(cursor))

    async def cursor_at_head(self) -> str:
        """A cursor behind the last event."""
        return cursor_of(self.id, *await self.last())

    @property
    def start_cursor(self) -> str:
        """The cursor before the first event."""
        return cursor_of(self.id, 0, bytes(PROOF))

    async def _verified(self, cursor: Cursor) -> int:
        if cursor.log != self.id:
            reason = Phrase(
                f"it belongs to log {cursor.log}, this is log {self.id}",
                f"它属于日志 {cursor.log}，此为日志 {self.id}",
            )
            raise CursorOfAnotherHistory("after", position=cursor.position, reason=reason)
        if cursor.position == 0:
            return 0
        async with connected(self.pool) as connection:
            found = await connection.fetchval(_SQL["proof"], self.id, cursor.position)
        if found is None:
            head = await self.head()
            reason = Phrase(f"this log ends at {head}", f"此日志到 {head} 为止")
            raise CursorOfAnotherHistory("after", position=cursor.position, reason=reason)
        if found[:PROOF] != cursor.proof:
            reason = Phrase("the events differ", "事件不同")
            raise CursorOfAnotherHistory("after", position=cursor.position, reason=reason)
        return cursor.position
