"""One answer for all who ask the same while it is being fetched anyway: thousands who come back at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar, cast

from chuishao.eventlog.spent import apart

T = TypeVar("T")


class Together:
    """Questions that are on their way. Nobody is given an answer that was fetched before they asked."""

    def __init__(self) -> None:
        self._next: dict[Hashable, asyncio.Task[Any]] = {}
        self._running: dict[Hashable, asyncio.Task[Any]] = {}

    async def ask(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to a question that begins no sooner than now. Whoever waits may leave."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = apart(self._in_turn(key, ask, self._running.get(key)))
            task.add_done_callback(_noted)
        return cast(T, await asyncio.shield(task))

    async def _in_turn(
        self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]], before: asyncio.Task[Any] | None
    ) -> T:
        if before is not None:
            await asyncio.wait([before])
        task = self._running[key] = self._next.pop(key)
        try:
            return await ask()
        finally:
            if self._running[key] is task:
                del self._running[key]


def _noted(task: asyncio.Task[Any]) -> None:
    """Nobody may be left to be told of a failure."""
    if not task.cancelled():
        task.exception()
