"""向前重放 Fold on from a past, by one event or by many, and take back what was folded.

Everything happens in one transaction that is rolled back in the end: the past stays what it was, and whoever
reads it meanwhile sees nothing of this. What that leaves behind in large tables is cleared away at once, for
estimates go by the size of a table. Words are not opened, as rows with words would hold up an erasure.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.copies import vacuum
from chuishao.projections.past import Past, alone_with_pasts, fold_all, places_of, reading, required
from chuishao.projections.poison import Place
from chuishao.projections.projection import Projection


@dataclass
class Trial:
    """Whether what is folded in it is kept at its end."""

    kept: bool = False


@dataclass
class Onward:
    """Read models on their way from a past: `past` says how far they are, and `reading` reads them."""

    past: Past
    reading: Connection
    _connection: Connection
    _places: Sequence[Place]

    async def fold(self, page: Sequence[RecordedEvent]) -> None:
        """Fold the events that come next."""
        await fold_all(self._connection, self._places, page)
        last = page[-1].position
        self.past = replace(self.past, position=last, known_at=page[-1].recorded_at, folded=last)

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[Trial]:
        """A stretch that is taken back, unless it is to be kept."""
        began, transaction, trial = self.past, self._connection.transaction(), Trial()
        await transaction.start()
        try:
            yield trial
        finally:
            if trial.kept:
                await transaction.commit()
            else:
                await transaction.rollback()
                self.past = began


@asynccontextmanager
async def onward(log: EventLog, projections: Sequence[Projection], position: int) -> AsyncIterator[Onward]:
    """The read models of a past that is kept; refused where it is not."""
    async with alone_with_pasts(log) as connection:
        past = await required(log, projections, position)
        places = [replace(place, opens=False) for place in places_of(log, projections, position)]
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            yield Onward(past, reading(connection, projections, position), connection, places)
        finally:
            await transaction.rollback()
        for place in places:
            await vacuum(connection, place)
