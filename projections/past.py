"""时点 What was known at an earlier position: every read model folded up to there, kept beside the present.

A past is made by the folds that make the present, of no event after its position, and never changes. So what
it answers is what the present answered then, under the policies, days off and limits that were known. Events
that were recorded later are not in it, whenever they happened: for that the two times of an event are there.

Only what is erased by right leaves it too: its texts are sealed under the same keys, and opened ones stand in
rows that an erasure deletes.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeAlias, cast

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Connection, alone, connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.copies import analyse, indexes, make_index, make_tables
from chuishao.projections.poison import Place, fold_or_skip
from chuishao.projections.projection import Projection
from chuishao.projections.reach import BeyondTheLog

AsOf: TypeAlias = int | datetime
"""A position, or a time: then the last event that was recorded by it."""
PAGE = 5000
"""Events folded at a time."""
_LOCK = 0x7061_7374
"""With the number of the log: held by whoever makes or drops a past."""
_EVENT_AT = "SELECT recorded_at, leaf_hash FROM event WHERE log = $1 AND position = $2"
_WHOLE = "SELECT folded = position FROM past WHERE log = $1 AND position = $2 AND made_at = $3"
_STANDS = (
    "EXISTS (SELECT FROM event e WHERE e.log = p.log AND e.position = p.position AND e.leaf_hash = p.proof)"
)
_ALL = f"""
SELECT position, known_at, folded, made_at, code = $2 AND {_STANDS} AS usable FROM past p WHERE log = $1
"""  # noqa: S608
_BEGIN = "INSERT INTO past (log, position, known_at, code, proof, schemas) VALUES ($1, $2, $3, $4, $5, $6)"
_ADVANCE = "UPDATE past SET folded = $3, made_at = now() WHERE log = $1 AND position = $2"
_FORGET = "DELETE FROM past WHERE log = $1 AND position = $2 RETURNING schemas"


class PastNotKept(Refusal):
    """时点未保留 Nothing is kept of what was known then."""

    en = (
        "What was known at position {position} is not kept. Kept are the positions {kept}. "
        "Ask for one of them, or have it made: `chuishao past keep {position}`."
    )
    zh = (
        "未保留位置 {position} 时的已知情况。已保留的位置：{kept}。请改用其中之一，"
        "或先生成：`chuishao past keep {position}`。"
    )


class PastGoesOn(Refusal):
    """时点正在使用 Somebody makes, explains or drops a past at this moment."""

    en = (
        "Somebody else makes, explains or drops a past of this log at the moment. "
        "Try again when that is over."
    )
    zh = "他人正在生成、说明或删除此日志的时点。请待其完成后重试。"


class NothingBefore(Refusal):
    """此前无记录 Nothing was recorded by then."""

    en = "Nothing was recorded by {at}. Name a later time."
    zh = "{at} 之前没有任何记录。请指定更晚的时间。"


@dataclass(frozen=True, slots=True)
class Past:
    """A past: up to which position, when that was recorded, how far it is folded, and whether it can be read.

    It cannot once other code is installed, nor where the log was set back behind it: make it anew.
    """

    position: int
    known_at: datetime
    folded: int
    made_at: datetime
    usable: bool

    @property
    def whole(self) -> bool:
        """Whether it can be read."""
        return self.usable and self.folded == self.position

    def asked_at(self, at: AsOf, now: datetime) -> datetime:
        """When a question is asked as of it: at the time that was named, or when it was recorded."""
        return min(at if isinstance(at, datetime) else self.known_at, now)


async def position_of(log: EventLog, at: AsOf) -> int:
    """The position that is meant."""
    return await position_at(log, at) if isinstance(at, datetime) else at


async def position_at(log: EventLog, at: datetime) -> int:
    """The position of the last event that was recorded by a moment."""
    known, unknown = 0, 1 + await log.head()
    async with connected(log.pool) as connection:
        while unknown - known > 1:  # events are recorded in the order of their positions, and none is missing
            middle = (known + unknown) // 2
            recorded_at = await log.recorded_at(connection, middle)
            if recorded_at is not None and recorded_at <= at:
                known = middle
            else:
                unknown = middle
    if known == 0:
        raise NothingBefore("time", at=at.isoformat())
    return known


async def kept(log: EventLog, projections: Sequence[Projection]) -> list[Past]:
    """Every past, also those that are not whole, in the order of their positions."""
    async with connected(log.pool) as connection:
        rows = await connection.fetch(f"{_ALL} ORDER BY position", log.id, _code(projections))
    return [Past(*row) for row in rows]


async def required(log: EventLog, projections: Sequence[Projection], position: int) -> Past:
    """The past at a position; refused where it is not kept whole."""
    every = [past for past in await kept(log, projections) if past.whole]
    for past in every:
        if past.position == position:
            return past
    raise PastNotKept(position=position, kept=[past.position for past in every])


async def keep(
    log: EventLog, projections: Sequence[Projection], position: int, progress: Callable[[int], object]
) -> Past:
    """Make the past at a position, or go on where that was cut off; `progress` hears how far it is."""
    async with alone_with_pasts(log) as connection:
        event = await connection.fetchrow(_EVENT_AT, log.id, position)
        if event is None:
            raise BeyondTheLog("position", wanted=position, head=await log.head())
        places = places_of(log, projections, position)
        known = {past.position: past.folded for past in await kept(log, projections) if past.usable}
        folded = known.get(position, 0)
        if position not in known:
            await _remove(connection, log, position)
            await _begin(connection, log, places, position, *event)
        while folded < position:
            folded = await _fold_page(connection, log, places, position, folded)
            progress(folded)
        for place in places:
            for statement in indexes(place):
                await make_index(connection, place, statement)
            await analyse(connection, place)
    return await required(log, projections, position)


async def drop(log: EventLog, position: int) -> bool:
    """Forget a past; whether it was there. Nothing is lost: it can be made again."""
    async with alone_with_pasts(log) as connection:
        return await _remove(connection, log, position)


@asynccontextmanager
async def as_of(
    connection: Connection, log: EventLog, past: Past, projections: Sequence[Projection]
) -> AsyncIterator[Connection]:
    """A connection that reads the past, in a transaction that writes nothing; refused once it was dropped."""
    async with connection.transaction(readonly=True):
        if not await connection.fetchval(_WHOLE, log.id, past.position, past.made_at):
            raise PastNotKept(position=past.position, kept=[])
        yield reading(connection, projections, past.position)


def reading(connection: Connection, projections: Sequence[Projection], position: int) -> Connection:
    """A connection that reads the past at a position, whatever transaction is open."""
    names = frozenset(projection.name for projection in projections)
    return cast("Connection", _Reading(connection, names, position))


def places_of(log: EventLog, projections: Sequence[Projection], position: int) -> list[Place]:
    """Where each read model of a past has its tables."""
    return [Place(log, each, f"{each.name}_at_{position}") for each in projections]


class _Reading:
    """A connection whose statements find the tables of a past where they name those of the present."""

    def __init__(self, connection: Connection, names: frozenset[str], position: int) -> None:
        self._connection, self._names, self._position = connection, names, position

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._connection, name)
        if name not in {"fetch", "fetchrow", "fetchval", "execute", "cursor", "prepare"}:
            return method

        def call(statement: str, *arguments: Any, **options: Any) -> Any:
            return method(translated(statement, self._names, self._position), *arguments, **options)

        return call


@lru_cache(maxsize=2000)
def translated(statement: str, names: frozenset[str], position: int) -> str:
    """A statement about the read models of these names as one about those of a past."""
    present = re.compile(rf"""(?<![\w."'])({"|".join(sorted(names))})\.(?=[a-z_"])""")
    return present.sub(rf"\1_at_{position}.", statement)


async def _begin(
    connection: Connection,
    log: EventLog,
    places: Sequence[Place],
    position: int,
    known_at: datetime,
    proof: bytes,
) -> None:
    code = _code([place.projection for place in places])
    async with connection.transaction():
        for place in places:
            await make_tables(connection, place)
        schemas = [place.schema for place in places]
        await connection.execute(_BEGIN, log.id, position, known_at, code, proof, schemas)


async def _fold_page(
    connection: Connection, log: EventLog, places: Sequence[Place], position: int, folded: int
) -> int:
    """Fold the next page into every read model, in one transaction; give how far they are."""
    page = await log.after(folded, min(PAGE, position - folded))
    if not page:  # the log was set back meanwhile
        raise BeyondTheLog("position", wanted=position, head=folded)
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await fold_all(connection, places, page)
        await connection.execute(_ADVANCE, log.id, position, page[-1].position)
    return page[-1].position


async def fold_all(connection: Connection, places: Sequence[Place], page: Sequence[RecordedEvent]) -> None:
    """Fold a page into every read model of a past, in the transaction that is open."""
    types = {event.type for event in page}
    for place in places:
        if place.projection.folds(types):
            await fold_or_skip(connection, place, page)
    await connection.execute("SET LOCAL search_path TO DEFAULT")


async def _remove(connection: Connection, log: EventLog, position: int) -> bool:
    async with connection.transaction():
        schemas = await connection.fetchval(_FORGET, log.id, position)
        for schema in schemas or ():
            await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    return schemas is not None


@asynccontextmanager
async def alone_with_pasts(log: EventLog) -> AsyncIterator[Connection]:
    """A connection that nobody else makes, explains or drops a past beside; refused where somebody does."""
    async with alone(log.pool, _LOCK, log.id) as connection:
        if connection is None:
            raise PastGoesOn()
        yield connection


def _code(projections: Sequence[Projection]) -> str:
    """What tells read models of this code from those of other code."""
    codes = sorted(f"{each.name} {each.version} {each.fingerprint}" for each in projections)
    return sha256("\n".join(codes).encode()).hexdigest()
