"""Group commit: the commands that arrive while one append is under way go together in the next.

At most one append is in flight in a process, and no two commands of one batch touch the same stream, so that
each is judged against what the one before it left.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from chuishao.eventlog.connection import UNAVAILABLE, Pool, Unavailable, connected
from chuishao.eventlog.sql import statements

MAX_BATCH = 256
"""Commands in one call."""
_SQL = statements("chuishao.eventlog", "statements.sql")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append: `data` and `meta` are JSON as it will be stored, byte for byte."""

    stream: UUID
    version: int
    event_id: UUID
    type: str
    schema_version: int
    correlation: UUID | None
    data: bytes
    meta: bytes
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Append:
    """One command's effect: streams as (id, category, expected version), events, keys as (subject, key)."""

    command: UUID
    request_hash: bytes
    result: bytes
    streams: Sequence[tuple[UUID, str, int]]
    events: Sequence[NewEvent]
    keys: Sequence[tuple[UUID, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a command: `accepted`, `duplicate`, `reused`, `stale` or `key`.

    `last_position` and `result` belong to the accepted or first command; `stream` and `version` tell what a
    stale command had not seen.
    """

    verdict: str
    first_position: int | None
    last_position: int | None
    result: bytes
    stream: UUID | None
    version: int | None


class Writer:
    """Appends to one log. `on_append` hears the new head after each commit."""

    def __init__(self, pool: Pool, log: int, *, max_batch: int = MAX_BATCH) -> None:
        self._pool = pool
        self._log = log
        self._max_batch = max_batch
        self._waiting: deque[tuple[Append, asyncio.Future[Verdict]]] = deque()
        self._flushing: asyncio.Task[None] | None = None
        self.on_append: list[Callable[[int], None]] = []

    async def append(self, command: Append) -> Verdict:
        """Append one command; raises `Unavailable` when its fate is unknown (send it again)."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def close(self) -> None:
        """Wait until everything that was handed in has been answered."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                try:
                    verdicts = await self._append([command for command, _ in batch])
                except Exception as error:
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), verdict in zip(batch, verdicts, strict=True):
                    if not future.done():
                        future.set_result(verdict)
        finally:
            self._flushing = None

    def _next_batch(self) -> list[tuple[Append, asyncio.Future[Verdict]]]:
        batch: list[tuple[Append, asyncio.Future[Verdict]]] = []
        later: list[tuple[Append, asyncio.Future[Verdict]]] = []
        touched: set[UUID] = set()
        while self._waiting and len(batch) < self._max_batch:
            entry = self._waiting.popleft()
            command = entry[0]
            touches = {command.command, *(stream for stream, _, _ in command.streams)}
            (batch if touched.isdisjoint(touches) else later).append(entry)
            touched |= touches
        self._waiting.extendleft(reversed(later))
        return batch

    async def _append(self, commands: Sequence[Append]) -> list[Verdict]:
        arguments = _as_arrays(commands)
        async with connected(self._pool) as connection:
            try:
                rows = await connection.fetch(_SQL["append"], self._log, *arguments)
            except UNAVAILABLE as error:
                raise Unavailable(f"the database went away while appending: {error}") from error
        verdicts: list[Verdict | None] = [None] * len(commands)
        head = 0
        for number, verdict, first, last, result, stream, version in rows:
            verdicts[number - 1] = Verdict(verdict, first, last, result, stream, version)
            if verdict == "accepted":
                head = max(head, last)
        if head:
            for listener in self.on_append:
                listener(head)
        return [verdict for verdict in verdicts if verdict is not None]


def _as_arrays(commands: Sequence[Append]) -> list[list[Any]]:
    """The arguments of the SQL function, column by column."""
    numbered = list(enumerate(commands, start=1))
    streams = [(n, *stream) for n, command in numbered for stream in command.streams]
    keys = [(n, *key) for n, command in numbered for key in command.keys]
    events = [
        (
            n,
            e.stream,
            e.version,
            e.event_id,
            e.type,
            e.schema_version,
            e.correlation,
            e.data,
            e.meta,
            e.occurred_at,
        )
        for n, command in numbered
        for e in command.events
    ]
    heads = [(command.command, command.request_hash, command.result) for command in commands]
    columns = ((heads, 3), (streams, 4), (keys, 3), (events, 10))
    return list(chain.from_iterable(_columns(rows, width) for rows, width in columns))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
