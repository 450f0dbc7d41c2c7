"""Taking histories over: each row through the command that the API has for its step, at the time it says.

Steps of different cases go at the same time, so that they come to the log in batches; those of one case
follow each other. Whatever was taken in before is passed over, and nothing is put in before what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.commands.execution import Executor
from chuishao.commands.request import Envelope, request_hash
from chuishao.commands.secret import secret_of
from chuishao.domain.case import Case
from chuishao.domain.event import fold
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden, NotFound, OutOfScope, Refusal, SamePerson
from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import Filter
from chuishao.service.histories.spool import Spool, Wanted
from chuishao.service.histories.steps import BadRow, actor_of, command_of, known_fields

AT_ONCE = 512
"""Steps under way."""
PAGE = 5_000
"""Commands asked for at once."""
_COLUMNS = {
    "caseId": "case",
    "communityCode": "place",
    "gridCode": "place",
    "intoId": "other",
    "occurredAt": "time",
    "ofId": "other",
    "reporterName": "reporter_name",
    "reporterPhone": "reporter_phone",
}
"""The fields of rows that fill the fields which refusals name."""
_CHANGED = Phrase(
    "an earlier run took it in with another content, which stays", "此前已以不同内容导入，原内容保留"
)
_NO_REPORT = Phrase(
    "the report of the case is not in: no row before has it, or it was refused",
    "该案件的上报未导入：此前没有上报的行，或上报被拒绝",
)
_TOO_LATE = Phrase(
    "later steps of the case are in already; nothing is put in before them",
    "该案件后续步骤已导入，不能再插入此前的步骤",
)


@dataclass
class Bringing:
    """One run over a spool: how many rows were taken in, were in already, and are refused."""

    executor: Executor
    spool: Spool
    source: str
    told: Callable[[], None]
    taken: int = 0
    known: int = 0
    _last: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Take everything in that can be; raises `Unavailable` where the database went away: run it again."""
        await self._find_known()
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for wanted in self.spool.steps():
                await slots.acquire()
                histories = {wanted.history, wanted.said.get("other", wanted.history)}
                before = {self._last[history] for history in histories if history in self._last}
                task = tasks.create_task(self._after(before, wanted))
                task.add_done_callback(lambda _: slots.release())
                for history in histories:
                    self._last[history] = task
                    task.add_done_callback(partial(self._forget, history))

    def _forget(self, history: str, done: asyncio.Task[None]) -> None:
        if self._last.get(history) is done:
            del self._last[history]

    async def _find_known(self) -> None:
        """Note which steps earlier runs took in."""
        log = self.executor.log
        for page in self.spool.commands(PAGE):
            async with connected(log.pool) as connection:
                rows = await connection.fetch(
                    "SELECT id, request_hash FROM command WHERE log = $1 AND id = ANY($2)", log.id, list(page)
                )
            self.spool.take([(row["request_hash"], page[row["id"]]) for row in rows])

    async def _after(self, before: set[asyncio.Task[None]], wanted: Wanted) -> None:
        """Take a step once those before it are taken or refused."""
        if before:
            await asyncio.wait(before)
        try:
            await self._take(wanted)
        except BadRow as bad:
            self.spool.reject(wanted.line, bad.field, wanted.history, "BAD_ROW", bad.reason)
        except Refusal as refusal:
            self.spool.reject(wanted.line, _field(refusal), wanted.history, refusal.code, _reason(refusal))
        self.told()

    async def _take(self, wanted: Wanted) -> None:
        command, envelope = self._asked(wanted)
        if wanted.taken is not None:
            if wanted.taken != request_hash(self.executor.key, command, envelope):
                raise BadRow("-", _CHANGED)
            self.known += 1
        elif wanted.passed:
            await self.executor.judge(command, envelope, await self._past(wanted))
            raise BadRow("time", _TOO_LATE)
        else:
            await self.executor.execute(command, envelope)
            self.taken += 1

    async def _past(self, wanted: Wanted) -> dict[UUID, Case | None]:
        """The case as it was when it was the step's turn, so that it is refused for the same reason again."""
        log, case = self.executor.log, self.spool.case(wanted.history)
        events = await log.matching(Filter(correlation=case), 0, await log.head())
        own = [event for event in events if event.stream == case]
        last = max((event.version for event in own if event.command == wanted.since), default=0)
        return {case: fold(event.event for event in own[:last])}

    def _asked(self, wanted: Wanted) -> tuple[Command, Envelope]:
        case, other = self.spool.case(wanted.history), wanted.said.get("other")
        secret = secret_of(self.executor.key, case)
        command = command_of(
            wanted.step, wanted.said, case, self.spool.case(other) if other else None, secret
        )
        actor = actor_of(wanted.said, wanted.place)
        return command, Envelope(wanted.command, actor, occurred_at=wanted.at, imported=self.source)


def _reason(refusal: Refusal) -> Phrase:
    if isinstance(refusal, NotFound) and refusal.path[:1] in {("caseId",), ("ofId",), ("intoId",)}:
        return _NO_REPORT  # the identifier that it is given here says nothing to whoever wrote the file
    return Phrase(refusal.sentence("en"), refusal.sentence("zh"))


def _field(refusal: Refusal) -> str:
    """The field of a row that a refusal is about."""
    name = _COLUMNS.get(refusal.path[0], refusal.path[0]) if refusal.path else ""
    if name in known_fields():
        return name
    match refusal:
        case Forbidden():
            return "role"
        case OutOfScope():
            return "unit"
        case SamePerson():
            return "actor"
    return "activity"
