"""Questions asked together: what many want of the database at a time is asked for in few statements.

At most a few are under way; keys that are asked for meanwhile go together in the next. Nobody is answered by
a statement that began before the question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from time import perf_counter
from typing import Generic, TypeVar

from chuishao.eventlog.spent import SPENT, apart

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

AT_ONCE = 2
"""Statements under way at a time."""
MOST = 256
"""Keys in one statement."""


class Gathering(Generic[K, V]):
    """Answers by key, from one function that answers for many; raises what that raises."""

    def __init__(self, fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._fetch = fetch
        self._asked: dict[K, asyncio.Future[V]] = {}
        self._under_way = 0

    async def get(self, key: K) -> V:
        """The answer for a key; the same object for everybody who asked for it at the same time."""
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
            if self._under_way < AT_ONCE:
                self._under_way += 1
                apart(self._answer())
        began = perf_counter()
        try:
            return await asyncio.shield(answer)
        finally:
            if (spent := SPENT.get()) is not None:
                spent.add(perf_counter() - began)  # one statement, shared with the others

    async def _answer(self) -> None:
        """Ask until nobody waits; begun a moment later, so that those who come with the first are in it."""
        try:
            while self._asked:
                asked = self._next()
                try:
                    found = await self._fetch(list(asked))
                except Exception as error:
                    for answer in asked.values():
                        answer.set_exception(error)
                        answer.exception()  # it may be that nobody waits any more
                else:
                    for key, answer in asked.items():
                        answer.set_result(found[key])
        finally:
            self._under_way -= 1

    def _next(self) -> dict[K, asyncio.Future[V]]:
        keys = list(self._asked)[:MOST]
        return {key: self._asked.pop(key) for key in keys}
