"""逐事件说明 Ask one question as of one position after the other, and tell what changes the answer.

A stretch of events is folded at once, and where the answer is the same behind it as before it, it is passed
over. Where it is not, the stretch is taken back and gone through in halves, down to the single event. What
follows from the time alone, as that a limit has passed, is told apart from what an event did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.onward import Onward, onward
from chuishao.projections.past import PAGE, AsOf, position_of
from chuishao.projections.reach import BeyondTheLog
from chuishao.service.asking import Asking, NotAnswered, moment_of, services_of
from chuishao.service.explaining.differences import Difference, differences

STRETCH = 256
"""Events folded at a time, before it is asked whether anything has changed; twice as many after each that did
not, for PostgreSQL remembers only so many savepoints that have written."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did to the answer; or, without an event, the time until a moment."""

    until: datetime
    event: RecordedEvent | None
    changes: list[Difference]


@dataclass(frozen=True, slots=True)
class Explained:
    """Between which positions the answers lie, and the answers."""

    since: int
    until: int
    before: Any
    after: Any


@dataclass
class Explaining:
    """A question, and who hears of each step and of how far it is.

    `stretch` is how many events are folded at a time; 1 asks behind every single event, so that nothing that
    was done and undone again is passed over.
    """

    log: EventLog
    question: GraphQLRequest
    hear: Callable[[Step], object]
    progress: Callable[[int, int], object] = lambda _position, _until: None
    stretch: int = STRETCH
    _way: Onward = field(init=False, repr=False)
    _asking: Asking = field(init=False, repr=False)
    _now: datetime = field(init=False, repr=False)
    _answer: Any = field(init=False, repr=False)

    async def explain(self, since: AsOf, until: AsOf | None = None) -> Explained:
        """Tell why it is answered as it is as of a later moment, or now: the steps from the earlier one.

        Raises `PastNotKept` where nothing is kept of the earlier one, and `NotAnswered`.
        """
        head = await self.log.head()
        begin = await position_of(self.log, since)
        end = head if until is None else await position_of(self.log, until)
        for position in (begin, end):
            if position > head:
                raise BeyondTheLog("position", wanted=position, head=head)
        services = await services_of(self.log, catch_up=False)
        async with onward(self.log, PROJECTIONS, begin) as way:
            now = datetime.now(UTC)
            self._now, later = way.past.asked_at(since, now), way.past.asked_at(until or now, now)
            if until is not None and (end < begin or (end == begin and later < self._now)):
                raise NotAnswered("the later moment comes before the earlier one")
            moment = moment_of(way.past, self._now, end)
            self._way, self._asking = way, Asking(services, way.reading, moment, way.past)
            before = self._answer = await self._ask()
            stretch = self.stretch
            while way.past.position < end:
                page = await self.log.after(way.past.position, min(stretch, end - way.past.position))
                if not page:  # the log was set back meanwhile
                    raise BeyondTheLog("position", wanted=end, head=way.past.position)
                same = await self._go(page)
                stretch = min(2 * stretch, PAGE) if same and self.stretch > 1 else self.stretch
                self.progress(way.past.position, end)
            now = datetime.now(UTC)
            await self._wait(way.past.asked_at(until or now, now))
        return Explained(begin, end, before, self._answer)

    async def _go(self, page: Sequence[RecordedEvent]) -> bool:
        """Go through a stretch; give whether the answer was the same behind it at once."""
        if len(page) == 1:
            await self._one(page[0])
            return False
        began = self._now
        async with self._way.trial() as trial:
            await self._way.fold(page)
            self._now = max(began, page[-1].recorded_at)
            trial.kept = await self._ask() == self._answer
        if not trial.kept:
            self._now = began
            middle = len(page) // 2
            await self._go(page[:middle])
            await self._go(page[middle:])
        return trial.kept

    async def _one(self, event: RecordedEvent) -> None:
        await self._wait(event.recorded_at)
        await self._way.fold([event])
        await self._step(event)

    async def _wait(self, until: datetime) -> None:
        """Let time pass without an event."""
        if until > self._now:
            self._now = until
            await self._step(None)

    async def _step(self, event: RecordedEvent | None) -> None:
        answer = await self._ask()
        if changes := list(differences(self._answer, answer)):
            self.hear(Step(self._now, event, changes))
        self._answer = answer

    async def _ask(self) -> Any:
        past = self._way.past
        moment = moment_of(past, self._now, past.position)
        return await replace(self._asking, moment=moment, past=past).answer(self.question)
