"""Making and remaking read models beside the present ones, which serve until the flip.

Several are made in one pass over the log. Each page and how far it leads is one transaction, so that a
rebuild that was cut off goes on where it stopped. Once little is missing, that little and the flip are one
short transaction, in which all of them take their places together.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from chuishao.eventlog.connection import Connection, Unavailable, connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.copies import (
    Copy,
    analyse,
    begun,
    drop_retired,
    flip,
    found,
    hold_engines,
    indexes,
    make_index,
    reached,
)
from chuishao.projections.poison import OnPoison, Poison, fold, fold_each, fold_or_wait, parking, passes
from chuishao.projections.projection import Projection
from chuishao.projections.proof import strange

Progress = Callable[[str, int, int], None]
"""Hears (projection, position, head) while a read model is rebuilt."""
PAGE = 5000
"""Events folded at a time: a row that several of them change is written once."""
Read = Callable[[int, int], Awaitable[list[RecordedEvent]]]
NEAR = 200
"""Events that may be missing when the flip begins: they are folded while engines wait."""
_TRY = "SELECT pg_try_advisory_lock(hashtext($1))"
TURN = 0.1
"""Seconds between looks whether another process has finished remaking the same read model."""


class Poisoned(Exception):
    """A read model cannot be made, for an event that it cannot fold; what served before goes on serving."""


class NothingToGoBackTo(Exception):
    """There is no previous read model that this code has made."""


class _NotNow(Exception):
    """The flip has to wait for another round."""


@dataclass
class Manner:
    """How to rebuild: who hears of it, what to do at poison, and how much time to leave to others.

    `pause` is the share of the time of each page that is spent waiting after it.
    """

    progress: Progress = field(default=lambda _name, _position, _head: None)
    on_poison: OnPoison = "stop"
    pause: float = 0.0


def quiet(_name: str, _position: int, _head: int) -> None:
    """Show nothing."""


async def prepare(
    log: EventLog,
    projections: Sequence[Projection],
    progress: Progress = quiet,
    on_poison: OnPoison = "stop",
) -> list[str]:
    """Make missing read models, remake those of other code or another history; give the names of the remade.

    Where the previous one was made by this code, it is brought up to the head and taken again.
    """
    async with connected(log.pool) as connection:
        outdated = await _outdated(connection, log, projections)
    if not outdated:
        return []
    async with _alone(log, outdated) as connection:
        outdated = await _outdated(connection, log, outdated)
        there = {name for name, _ in await _codes(connection, log)}
        copies = [
            await found(connection, log, projection, "previous") or await begun(connection, log, projection)
            for projection in outdated
        ]
        await _take_their_places(connection, log, copies, Manner(progress, on_poison))
        return [projection.name for projection in outdated if projection.name in there]


async def rebuild(log: EventLog, projection: Projection, progress: Progress = quiet) -> int:
    """Build a read model anew and flip to it; give its position. The one before is kept as the previous."""
    return await rebuild_all(log, [projection], Manner(progress))


async def rebuild_all(log: EventLog, projections: Sequence[Projection], manner: Manner) -> int:
    """Build several read models anew in one pass and flip to them together; give their position."""
    async with _alone(log, projections) as connection:
        copies = [await begun(connection, log, projection) for projection in projections]
        return await _take_their_places(connection, log, copies, manner)


async def go_back(log: EventLog, projections: Sequence[Projection], manner: Manner) -> int:
    """Bring the previous read models up to the head and flip to them; give their position."""
    async with _alone(log, projections) as connection:
        copies = []
        for projection in projections:
            copy = await found(connection, log, projection, "previous")
            if copy is None:
                raise NothingToGoBackTo(
                    f"there is no previous read model {projection.name} that this version has made; "
                    "install the version that made it and run `chuishao migrate`, which goes back by itself"
                )
            copies.append(copy)
        return await _take_their_places(connection, log, copies, manner)


@asynccontextmanager
async def _alone(log: EventLog, projections: Sequence[Projection]) -> AsyncIterator[Connection]:
    """Keep every other process from making or remaking the same read models meanwhile."""
    names = [f"chuishao.projection.{name}" for name in sorted({p.name for p in projections})]
    async with connected(log.pool) as connection:
        try:
            for name in names:  # asked for again and again: a statement that waited would hold back VACUUM
                while not await connection.fetchval(_TRY, name):  # noqa: ASYNC110 another process has it
                    await asyncio.sleep(TURN)
            yield connection
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock_all()")


async def _codes(connection: Connection, log: EventLog) -> list[tuple[str, tuple[int, str | None]]]:
    rows = await connection.fetch("SELECT name, version, fingerprint FROM projection WHERE log = $1", log.id)
    return [(row["name"], (row["version"], row["fingerprint"])) for row in rows]


async def _outdated(
    connection: Connection, log: EventLog, projections: Sequence[Projection]
) -> list[Projection]:
    """Those that are missing, or were made by other code or from another history."""
    codes = dict(await _codes(connection, log))
    lost = await strange(connection, log.id)
    return [
        projection
        for projection in projections
        if codes.get(projection.name) != projection.code or projection.name in lost
    ]


async def _take_their_places(
    connection: Connection, log: EventLog, copies: list[Copy], manner: Manner
) -> int:
    """Bring copies up to the head and flip to them, except those that met poison, which is raised last."""
    poisoned: dict[str, Poison] = {}
    position = None
    while copies and position is None:
        for step in (_complete, _flip):
            poisoned |= await _catch_up(connection, log, copies, manner)
            copies = [copy for copy in copies if copy.projection.name not in poisoned]
            position = await step(connection, log, copies, manner) if copies else None
    for copy in copies:
        await drop_retired(connection, log, copy.projection)
    if poisoned:
        raise Poisoned("; ".join(_complaint(name, poison) for name, poison in poisoned.items()))
    return position or 0


def _complaint(name: str, poison: Poison) -> str:
    return (
        f"read model {name} cannot be made, because it cannot fold the event {poison}. What served before "
        "goes on serving. Mend the cause and run the command again, or give --on-poison park"
    )


async def _catch_up(
    connection: Connection, log: EventLog, copies: list[Copy], manner: Manner
) -> dict[str, Poison]:
    """Fold page by page, round by round, until little has come meanwhile; give those that met poison."""
    poisoned: dict[str, Poison] = {}
    going = list(copies)
    head = await log.head()
    async with _reading_ahead(log) as read:
        while going and (start := min(copy.position for copy in going)) < head:
            async with _leaving_time(manner if head - start >= 2 * PAGE else Manner()):
                page = await read(start, head)
                for copy, poison in await _fold_page(connection, going, page, manner.on_poison):
                    poisoned[copy.projection.name] = poison
                    going.remove(copy)
            for copy in going:
                manner.progress(copy.projection.name, copy.position, max(head, copy.position))
            if head - page[-1].position < PAGE and (now := await log.head()) - page[-1].position > NEAR:
                head = now
    return poisoned


@asynccontextmanager
async def _reading_ahead(log: EventLog) -> AsyncIterator[Read]:
    """A way to read pages, each while the one before is folded: the database and we work side by side."""
    coming: dict[int, asyncio.Task[list[RecordedEvent]]] = {}

    async def read(start: int, head: int) -> list[RecordedEvent]:
        page = await (coming.pop(start, None) or log.after(start, PAGE))
        if page and (last := page[-1].position) < head and not coming:
            coming[last] = asyncio.create_task(log.after(last, PAGE))
        return page

    try:
        yield read
    finally:
        for task in coming.values():
            task.cancel()
        await asyncio.gather(*coming.values(), return_exceptions=True)


async def _fold_page(
    connection: Connection, copies: list[Copy], page: Sequence[RecordedEvent], on_poison: OnPoison
) -> list[tuple[Copy, Poison]]:
    """Fold a page into all copies in one transaction; where that fails, into each, and event by event."""
    try:
        await _fold_together(connection, copies, page)
    except Exception as error:
        _require_alive(connection, error)
    else:
        return []
    found = [(copy, await _fold_alone(connection, copy, page, on_poison)) for copy in copies]
    return [(copy, poison) for copy, poison in found if poison is not None]


async def _fold_together(connection: Connection, copies: list[Copy], page: Sequence[RecordedEvent]) -> None:
    async with connection.transaction():
        # What is lost in a crash is folded again: position and rows stand or fall together.
        await connection.execute("SET LOCAL synchronous_commit = off")
        await _fold_rest(connection, copies, page)
        await reached(connection, copies, page[-1])
    for copy in copies:
        copy.position = max(copy.position, page[-1].position)


async def _fold_rest(connection: Connection, copies: list[Copy], page: Sequence[RecordedEvent]) -> None:
    """Fold what copies lack of a page."""
    some_wait = await parking(connection, copies[0].log, [copy.place.schema for copy in copies])
    types = {event.type for event in page}
    for copy in copies:
        if not copy.projection.folds(types):
            continue
        events = page if copy.position < page[0].position else _after(page, copy.position)
        work = fold_or_wait if copy.place.schema in some_wait else fold
        await work(connection, copy.place, events)


def _after(page: Sequence[RecordedEvent], position: int) -> list[RecordedEvent]:
    return [event for event in page if event.position > position]


async def _complete(connection: Connection, _log: EventLog, copies: list[Copy], manner: Manner) -> None:
    """Make what a fold does without; what is recorded meanwhile is folded before the flip."""
    for copy in copies:
        for statement in indexes(copy.place):
            async with _leaving_time(manner):
                await make_index(connection, copy.place, statement)
        async with _leaving_time(manner):
            await analyse(connection, copy.place)


@asynccontextmanager
async def _leaving_time(manner: Manner) -> AsyncIterator[None]:
    """Wait after some work for the share of its time that is others'; it takes longer where they are busy."""
    clock = asyncio.get_running_loop().time
    began = clock()
    yield
    await asyncio.sleep((clock() - began) * manner.pause)


async def _fold_alone(
    connection: Connection, copy: Copy, page: Sequence[RecordedEvent], on_poison: OnPoison
) -> Poison | None:
    try:
        await _fold_together(connection, [copy], page)
    except Exception as error:
        _require_alive(connection, error)
    else:
        return None
    events = _after(page, copy.position)
    async with connection.transaction():
        done, poison = await fold_each(connection, copy.place, events, on_poison)
        if done:
            await reached(connection, [copy], events[done - 1])
    copy.position = events[done - 1].position if done else copy.position
    return poison


def _require_alive(connection: Connection, error: Exception) -> None:
    """Go on only where the fold itself failed."""
    if isinstance(error, Unavailable):
        raise error
    if connection.is_closed() or passes(error):
        raise Unavailable(str(error)) from error


async def _flip(connection: Connection, log: EventLog, copies: list[Copy], manner: Manner) -> int | None:
    """Fold the little that is missing and flip, in one transaction; None where that has to wait."""
    start = min(copy.position for copy in copies)
    try:
        async with connection.transaction():
            await hold_engines(connection)
            page = await log.after(start, 2 * NEAR)
            if len(page) == 2 * NEAR:
                return None
            if page:
                await _fold_missing(connection, copies, page)
            for copy in copies:
                await flip(connection, copy, page[-1].position if page else start)
    except (_NotNow, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        return None
    position = page[-1].position if page else start
    for copy in copies:
        manner.progress(copy.projection.name, position, position)
    return position


async def _fold_missing(connection: Connection, copies: list[Copy], page: Sequence[RecordedEvent]) -> None:
    """Fold what has come meanwhile; where that fails, it is folded with care before the next flip."""
    try:
        await _fold_rest(connection, copies, page)
    except Exception as error:
        _require_alive(connection, error)
        raise _NotNow from error
