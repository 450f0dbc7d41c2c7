"""Group commit: the commands that arrive while one append is under way go together in the next.

At most one batch is in flight in a process, and no two commands of it touch the same stream or bring other
keys of a subject, so that each is judged against what the one before it left. A command that erases goes by
itself: it may have to wait. Commands that were decided on what is remembered are judged only where the log
still is what the memory is of.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from time import perf_counter
from typing import Any, NamedTuple
from uuid import UUID

from opentelemetry.trace import SpanContext

from chuishao.eventlog.connection import Borrow, Connection, Pool, connected
from chuishao.eventlog.recall import Recall, Rests
from chuishao.eventlog.spans import here, span
from chuishao.eventlog.spent import SPENT, apart
from chuishao.eventlog.sql import statements

MAX_BATCH = 256
"""Commands in one call."""
_SQL = statements("chuishao.eventlog", "statements.sql")


class NewEvent(NamedTuple):
    """An event to append: `data` and `meta` are JSON as it will be stored, byte for byte.

    The fields are in the order in which the SQL function takes them.
    """

    stream: UUID
    version: int
    event_id: UUID
    type: str
    schema_version: int
    correlation: UUID | None
    data: bytes
    meta: bytes
    occurred_at: datetime


class Append(NamedTuple):
    """One command's effect: streams as (id, category, expected version), events (of each stream
    at least one, in order), keys as (subject, key), and the subjects whose keys it destroys.

    `epoch` is that of the memory on which it was decided; None where it rests on none."""

    command: UUID
    request_hash: bytes
    result: bytes
    streams: Sequence[tuple[UUID, str, int]]
    events: Sequence[NewEvent]
    keys: Sequence[tuple[UUID, bytes]] = ()
    reads: Sequence[tuple[UUID, int]] = ()
    erases: Sequence[UUID] = ()
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a command: `accepted`, `duplicate`, `reused`, `stale` or `key`.

    Positions and `result` belong to the accepted or first command, and are None otherwise. What an accepted
    one has made may be `remembered` where it was recorded in the history that the memory is of.
    """

    verdict: str
    first_position: int | None
    last_position: int | None
    result: bytes | None
    remembered: bool = field(default=False, compare=False)


STALE = Verdict("stale", None, None, None)
LOST = "lost"
"""The answer to a call that rests on a history which the log does not have."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One call that was answered: its commands and events, and the seconds from asking for a connection."""

    commands: int
    events: int
    seconds: float


class Waiting(NamedTuple):
    """A command that is to be appended, who waits for it, and the span that it belongs to."""

    command: Append
    answer: asyncio.Future[Verdict]
    span: SpanContext | None


class Touched:
    """What the commands of a batch write and read, and with which keys they seal."""

    def __init__(self) -> None:
        self._written: set[UUID] = set()
        self._read: set[UUID] = set()
        self._keys: dict[UUID, bytes] = {}

    def takes(self, command: Append) -> bool:
        """Whether a command touches nothing that one before it does; it counts as touched in any case."""
        writes = [command.command, *(stream for stream, _, _ in command.streams)]
        reads = [stream for stream, _ in command.reads]
        free = (
            self._written.isdisjoint(writes)
            and self._written.isdisjoint(reads)
            and self._read.isdisjoint(writes)
            and all(self._keys.setdefault(subject, key) == key for subject, key in command.keys)
        )
        self._written.update(writes)
        self._read.update(reads)
        return free


class Writer:
    """Appends to one log. `on_append` hears the new head after each commit, `on_batch` how each call
    went, `on_answer` how many seconds each command took from being handed in until its verdict."""

    def __init__(
        self,
        pool: Pool,
        log: int,
        *,
        recall: Recall | None = None,
        max_batch: int = MAX_BATCH,
        borrow: Borrow | None = None,
    ) -> None:
        self._borrow = borrow or partial(connected, pool)
        self._log = log
        self._recall = Recall() if recall is None else recall
        self._max_batch = max_batch
        self._waiting: deque[Waiting] = deque()
        self._flushing: asyncio.Task[None] | None = None
        self.on_append: list[Callable[[int], None]] = []
        self.on_batch: list[Callable[[Batch], None]] = []
        self.on_answer: list[Callable[[float], None]] = []

    async def append(self, command: Append) -> Verdict:
        """Append one command; raises `Unavailable` when its fate is unknown (send it again)."""
        if command.erases:  # apart from all others, for it waits for whoever holds the keys
            (verdict,) = await asyncio.shield(apart(self._append([command])))
            return verdict
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        began = perf_counter()
        self._waiting.append(Waiting(command, future, here()))
        if self._flushing is None:
            self._flushing = apart(self._flush())
        verdict = await future
        seconds = perf_counter() - began
        if (spent := SPENT.get()) is not None:
            spent.add(seconds)  # one statement, shared with the others of its batch
        for hears in self.on_answer:
            hears(seconds)
        return verdict

    async def close(self) -> None:
        """Wait until everything that was handed in has been answered."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        try:
            while self._waiting:
                await self._gathered()
                batch = self._next_batch()
                try:
                    links = [waiting.span for waiting in batch if waiting.span is not None]
                    with span("append", {"chuishao.commands": len(batch)}, links=links):
                        verdicts = await self._append([waiting.command for waiting in batch])
                except Exception as error:
                    for waiting in batch:
                        if not waiting.answer.done():
                            waiting.answer.set_exception(error)
                    continue
                for waiting, verdict in zip(batch, verdicts, strict=True):
                    if not waiting.answer.done():
                        waiting.answer.set_result(verdict)
        finally:
            self._flushing = None

    async def _gathered(self) -> None:
        """Let those come who are on their way just now: as long as each turn of the loop brings some."""
        seen = 0
        while seen < len(self._waiting) < self._max_batch:
            seen = len(self._waiting)
            await asyncio.sleep(0)

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        later: list[Waiting] = []
        touched = Touched()
        while self._waiting and len(batch) < self._max_batch:
            entry = self._waiting.popleft()
            (batch if touched.takes(entry.command) else later).append(entry)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _append(self, commands: Sequence[Append]) -> list[Verdict]:
        """The verdicts on commands, those being stale that rest on a history which the log does not have."""
        epoch = self._recall.epoch
        verdicts = dict.fromkeys(range(len(commands)), STALE)
        due = [n for n, command in enumerate(commands) if command.epoch in (None, epoch)]
        while due:
            judged = await self._call([commands[n] for n in due])
            if judged is not None:
                verdicts.update(zip(due, judged, strict=True))
                break
            due = [n for n in due if commands[n].epoch is None]
        return list(verdicts.values())

    async def _call(self, commands: Sequence[Append]) -> list[Verdict] | None:
        """The log's verdicts; None where it does not have what was remembered, which is forgotten now."""
        rests, epoch = self._recall.rests, self._recall.epoch
        arguments = (*rests, self._log, *_as_arrays(commands))
        began = perf_counter()
        async with self._borrow() as connection:
            if commands[0].erases:
                rows = await self._erase(connection, commands[0].erases, arguments)
            else:
                rows = await connection.fetch(_SQL["append"], *arguments)
        if rows[0]["verdict"] == LOST:
            self._recall.lose(epoch)
            return None
        *judged, head = rows
        rested = self._recall.rest_on(Rests(head["last_position"], head["leaf_hash"]), rests, epoch)
        verdicts = [Verdict(name, first, last, result, rested) for name, first, last, result, _ in judged]
        self._tell(commands, verdicts, perf_counter() - began)
        return verdicts

    def _tell(self, commands: Sequence[Append], verdicts: Sequence[Verdict], seconds: float) -> None:
        done = Batch(len(commands), sum(len(command.events) for command in commands), seconds)
        for hears in self.on_batch:
            hears(done)
        accepted = [verdict.last_position or 0 for verdict in verdicts if verdict.verdict == "accepted"]
        if accepted:
            for listener in self.on_append:
                listener(max(accepted))

    async def _erase(
        self, connection: Connection, subjects: Sequence[UUID], arguments: Sequence[Any]
    ) -> list[Any]:
        """Append a command that erases and destroy the keys, both or neither.

        The keys are held first: folds that opened them end before the log's lock is taken, so that the words
        which they wrote are there to be deleted with the key, and no other writer waits for that.
        """
        async with connection.transaction():
            await connection.execute(_SQL["hold_keys"], self._log, list(subjects))
            rows = await connection.fetch(_SQL["append"], *arguments)
            if rows[0]["verdict"] == "accepted":
                await connection.execute(_SQL["destroy_keys"], self._log, list(subjects))
        return rows


def _as_arrays(commands: Sequence[Append]) -> list[list[Any]]:
    """The arguments of the SQL function, column by column; ordinals count from 1 through the whole batch."""
    heads: list[tuple[Any, ...]] = []
    streams: list[tuple[Any, ...]] = []
    keys: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    for number, command in enumerate(commands, start=1):
        first = len(events) + 1
        spans: dict[UUID, tuple[int, int, int]] = {}
        for event in command.events:
            events.append((number, *event))
            stream = event.stream
            began = spans[stream][1] if stream in spans else len(events)
            spans[stream] = (event.version, began, len(events))
        heads.append((command.command, command.request_hash, command.result, first, len(events)))
        streams += [(number, *stream, *spans[stream[0]]) for stream in command.streams]
        streams += [(number, stream, "", seen, None, None, None) for stream, seen in command.reads]
        keys += [(number, *key) for key in command.keys]
    columns = ((heads, 5), (streams, 7), (keys, 3), (events, 10))
    return list(chain.from_iterable(_columns(rows, width) for rows, width in columns))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
