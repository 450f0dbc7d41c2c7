"""What is recorded already, read and written out once for all who wait for it at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from contextvars import Context
from typing import Any, Generic, TypeVar

from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.endpoint.written import Written

T = TypeVar("T")
STRETCHES = 4
"""Stretches of the log kept while somebody catches up."""
ANSWERS = 500
"""Written results kept while somebody catches up."""


class Once(Generic[T]):
    """What several wait for is made once; the newest are kept until they are let go."""

    def __init__(self, most: int, surroundings: Context) -> None:
        self._most = most
        self._surroundings = surroundings
        self._made: OrderedDict[Hashable, tuple[int, asyncio.Task[T]]] = OrderedDict()

    async def get(
        self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]], at: int = 0, needed: int = 0
    ) -> T:
        """What is made for a key: anew if what there is was begun before `needed`; `at` is where we are.

        Whoever waits may leave; what is being made is made for the others.
        """
        begun, task = self._made.get(key, (0, None))
        if task is None or begun < needed:
            task = asyncio.get_running_loop().create_task(make(), context=self._surroundings.copy())
            task.add_done_callback(self._forget_failed(key))
            self._made[key] = at, task
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return await asyncio.shield(task)

    def clear(self) -> None:
        """Let everything go."""
        for _, task in self._made.values():
            task.cancel()
        self._made.clear()

    def _forget_failed(self, key: Hashable) -> Callable[[asyncio.Task[T]], None]:
        def done(task: asyncio.Task[T]) -> None:
            if (task.cancelled() or task.exception()) and self._made.get(key, (0, None))[1] is task:
                del self._made[key]

        return done


class Replay:
    """What the members of one group share while they catch up."""

    def __init__(self, surroundings: Context) -> None:
        self.stretches: Once[tuple[list[RecordedEvent], int]] = Once(STRETCHES, surroundings)
        self.answers: Once[Written] = Once(ANSWERS, surroundings)
        self._waiting = 0

    def __enter__(self) -> None:
        self._waiting += 1

    def __exit__(self, *_: object) -> None:
        self._waiting -= 1
        if not self._waiting:
            self.stretches.clear()
            self.answers.clear()
