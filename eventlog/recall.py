"""记忆 What a process remembers of a log: aggregates as it saw them last, and in which history.

A memory may be old, for other processes write too; it is decided on and never believed. The log judges: an
append names the versions that its decision rests on and, for the case that the database was set back to an
earlier state and has grown again, the last event that anything remembered rests on. Where the log has another
one, all that is remembered is lost with that history. So every look at the log asks for that event too, and
only what was seen together with it is remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple
from uuid import UUID

from chuishao.eventlog.twin import twin

MOST = 10_000
"""Aggregates remembered; those that were not asked for longest are forgotten first."""


class Rests(NamedTuple):
    """The last event that a memory rests on: its position, and the hash that it has there."""

    position: int
    leaf_hash: bytes


NOWHERE = Rests(0, b"")


class Recall:
    """The memory of one log. `epoch` counts the histories that were lost; nothing of those is remembered."""

    def __init__(self, most: int = MOST) -> None:
        self.epoch = 0
        self.rests = NOWHERE
        self._most = most
        self._known: OrderedDict[UUID, Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def seen(self, stream: UUID) -> Any:
        """The aggregate as remembered, to look at and not to change; None where it is not."""
        known = self._known.get(stream)
        if known is not None:
            self._known.move_to_end(stream)
        return known

    def own(self, stream: UUID) -> Any:
        """A twin of the aggregate as remembered, to decide on; None where it is not."""
        known = self.seen(stream)
        return None if known is None else twin(known)

    def is_news(self, aggregate: Any, epoch: int) -> bool:
        """Whether an aggregate is of the history that is remembered, and of a newer version than is known."""
        known = self._known.get(aggregate.id)
        return epoch == self.epoch and (known is None or known.version < aggregate.version)

    def keep(self, aggregate: Any, epoch: int) -> None:
        """Remember an aggregate that nobody changes any more, if it is news."""
        if self.is_news(aggregate, epoch):
            self._known[aggregate.id] = aggregate
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def forget(self, stream: UUID, version: int | None = None) -> None:
        """Forget an aggregate; of a version, unless another one is remembered by now."""
        known = self._known.get(stream)
        if known is not None and version in (None, known.version):
            del self._known[stream]

    def rest_on(self, last: Rests, before: Rests, epoch: int) -> bool:
        """Whether what rests on an event may be remembered: one that was seen where `before` was there too.

        An event further on is what the memory rests on from now on. Where it rests on another one by now than
        it did before, nobody has seen both in one history, and the answer is no.
        """
        if epoch != self.epoch:
            return False
        if last.position > before.position:
            if self.rests != before:
                return False
            self.rests = last
        return True

    def lose(self, epoch: int) -> None:
        """Forget everything: the history of that epoch is not the log's any more."""
        if epoch == self.epoch:
            self.epoch += 1
            self.rests = NOWHERE
            self._known.clear()
