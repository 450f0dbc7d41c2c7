"""What an operation spends on SQL: statements and the time until they were answered.

Whoever wants to know sets `SPENT` to a fresh tally; tasks that the operation starts inherit it. A loop that
serves many operations must be started without it: see `apart`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass
from functools import wraps
from time import perf_counter
from typing import Any, TypeVar

import asyncpg

from chuishao.eventlog import spans
from chuishao.eventlog.spans import statement

T = TypeVar("T")


@dataclass(slots=True)
class Spent:
    """Statements sent, and the seconds waited for their answers; those sent side by side count twice."""

    statements: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one statement."""
        self.statements += 1
        self.seconds += seconds

    def clear(self) -> None:
        """Begin anew."""
        self.statements, self.seconds = 0, 0.0


SPENT: ContextVar[Spent | None] = ContextVar("spent", default=None)
"""The tally of the present operation, if anybody keeps one."""


@contextmanager
def uncounted() -> Iterator[None]:
    """Run statements that are not the operation's own."""
    token = SPENT.set(None)
    try:
        yield
    finally:
        SPENT.reset(token)


def apart(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that belongs to no operation, whoever happens to start it."""
    return asyncio.create_task(work, context=Context())


class WatchedConnection(asyncpg.Connection):
    """A connection whose statements are counted for the operation that sends them."""


async def _timed(spent: Spent, text: str, call: Coroutine[Any, Any, T]) -> T:
    began = perf_counter()
    try:
        if not spans.exported():
            return await call
        with statement(text):
            return await call
    finally:
        spent.add(perf_counter() - began)


def _watched(plain: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The same method, timed if somebody keeps a tally; nothing but a look at it where nobody does."""

    @wraps(plain)
    def watched(
        connection: asyncpg.Connection[Any], query: str, *args: Any, **options: Any
    ) -> Coroutine[Any, Any, Any]:
        spent = SPENT.get()
        call = plain(connection, query, *args, **options)
        return call if spent is None else _timed(spent, query, call)

    return watched


for _name in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
    setattr(WatchedConnection, _name, _watched(getattr(asyncpg.Connection, _name)))
