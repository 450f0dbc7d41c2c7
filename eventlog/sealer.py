"""封存 Sealing: the leaf hashes go into the tree, and its root is signed: nothing can be changed unseen.

A seal is one transaction: tiles and checkpoint together, or neither. Before it signs, the sealer takes the
newest checkpoint and looks whether tiles and log still bear it out, and computes the hash of every event that
is still to be sealed. What does not fit is refused, visibly, and nothing is signed until somebody has looked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chuishao.eventlog.connection import Connection, Unavailable, connected
from chuishao.eventlog.failure import told
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.note import BadNote, Checkpoint, Signer, opened, parse_note, parse_verifier
from chuishao.eventlog.sql import statements
from chuishao.eventlog.tiles import Growth, MissingTile, read_growth, read_nodes, write_tiles

CHUNK = 65_536
"""Events of one seal, so that no transaction takes long."""
PAGE = 4_096
"""Events of one read."""
_SQL = statements("chuishao.eventlog", "seal.sql")
Progress = Callable[[int, int], None]
"""Hears how many events are sealed, and how many there are."""

logger = logging.getLogger("chuishao.seal")


class SealRefused(Exception):
    """拒绝封存 The sealer signs nothing, because something is not as it was sealed or appended."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored checkpoint. `text` is the signed note, `key` the public key that it is signed with."""

    size: int
    root: bytes
    key: str
    text: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class SealStanding:
    """How far a log is sealed: `age` in seconds of the newest checkpoint, None where there is none."""

    head: int
    sealed: int
    age: float | None
    refusal: str | None


async def seal(
    log: EventLog, seed: bytes, *, new_key: bool = False, progress: Progress = lambda _done, _total: None
) -> Sealed | None:
    """Seal whatever is recorded; give the newest checkpoint, None for an empty log.

    Raises `SealRefused` where the log does not bear its last checkpoint out, and where that was signed with
    another key and `new_key` does not say that this is meant.
    """
    try:
        while (growth := await _seal_next(log, seed, new_key)) is not None:
            progress(*growth)
    except SealRefused as refusal:
        async with connected(log.pool) as connection:
            await connection.execute(_SQL["refuse"], log.id, str(refusal))
        raise
    async with connected(log.pool) as connection:
        await connection.execute(_SQL["allow"], log.id)
        return await newest_checkpoint(connection, log.id)


async def newest_checkpoint(connection: Connection, log: int) -> Sealed | None:
    """The checkpoint over the most events."""
    row = await connection.fetchrow(_SQL["newest_checkpoint"], log)
    return Sealed(*row) if row else None


async def checkpoint_covering(connection: Connection, log: int, position: int) -> Sealed | None:
    """The first checkpoint whose tree holds the event of a position."""
    row = await connection.fetchrow(_SQL["checkpoint_covering"], log, position)
    return Sealed(*row) if row else None


async def checkpoint_of(connection: Connection, log: int, size: int) -> Sealed | None:
    """The checkpoint over exactly so many events."""
    found = await checkpoints(connection, log, size - 1, size)
    return found[0] if found else None


async def checkpoints(
    connection: Connection, log: int, after: int, until: int, limit: int | None = None
) -> list[Sealed]:
    """The checkpoints with after < size <= until, in order; the first `limit` of them."""
    return [Sealed(*row) for row in await connection.fetch(_SQL["checkpoints"], log, after, until, limit)]


async def standing(connection: Connection, log: int) -> SealStanding:
    """How far a log is sealed, and why the sealer refuses if it does."""
    (row,) = await connection.fetch(_SQL["standing"], log)
    return SealStanding(*row)


async def origin_of(log: EventLog) -> str:
    """How the checkpoints of a log call it: by its history, which no other log has."""
    return f"chuishao/{await log.history()}/{log.id}"


async def signer_of(log: EventLog, seed: bytes) -> Signer:
    """Who signs the checkpoints of a log."""
    return Signer(await origin_of(log), seed)


async def _seal_next(log: EventLog, seed: bytes, new_key: bool) -> tuple[int, int] | None:
    """Seal the next events under one checkpoint; give how many are sealed of how many, None where all are."""
    signer = await signer_of(log, seed)
    async with connected(log.pool) as connection, connection.transaction():
        await connection.execute(_SQL["lock"], log.id)
        growth = await _trusted(connection, log.id, signer, new_key)
        head = await connection.fetchval(_SQL["head"], log.id)
        await _continues(connection, log.id, growth.size, head)
        until = min(head, growth.size + CHUNK)
        if until == growth.size:
            return None
        await _grow(connection, log.id, growth, until)
        root = growth.root()
        note = signer.sign(Checkpoint(signer.name, growth.size, root).text)
        await write_tiles(connection, log.id, growth.taken())
        await connection.execute(
            _SQL["put_checkpoint"], log.id, growth.size, root, str(signer.verifier), str(note)
        )
    return until, head


async def _trusted(connection: Connection, log: int, signer: Signer, new_key: bool) -> Growth:
    """The tree of the newest checkpoint; refused unless that is ours and the tiles bear it out."""
    newest = await newest_checkpoint(connection, log)
    size = newest.size if newest else 0
    kept = await connection.fetchval(_SQL["kept_leaves"], log)
    if kept != size:
        raise SealRefused(f"the newest checkpoint is of {size} events, and the tiles hold {kept}")
    if newest is None:
        return Growth(0)
    _recognise(newest, signer, new_key)
    try:
        growth = await read_growth(connection, log, size)
    except MissingTile as missing:
        raise SealRefused(f"the tiles were changed: {missing}") from missing
    if growth.root() != newest.root:
        raise SealRefused(f"the tiles do not lead to the root of the checkpoint of {size} events")
    return growth


def _recognise(newest: Sealed, signer: Signer, new_key: bool) -> None:
    """Refuse a checkpoint that this log's key has not signed as it stands."""
    try:
        verifier = parse_verifier(newest.key)
        checkpoint = opened(parse_note(newest.text), [verifier])
    except BadNote as error:
        raise SealRefused(f"the checkpoint of {newest.size} events was changed: {error}") from error
    if checkpoint != Checkpoint(signer.name, newest.size, newest.root):
        raise SealRefused(f"the checkpoint of {newest.size} events signs something else")
    if verifier != signer.verifier and not new_key:
        raise SealRefused(
            f"the checkpoint of {newest.size} events is signed with another key, {newest.key}; restore that"
            " key, or say with `chuishao seal --new-key` that it was replaced, and tell the auditors"
        )


async def _continues(connection: Connection, log: int, size: int, head: int) -> None:
    """Refuse a log whose end is not there any more, or is another one than was sealed."""
    if head < size:
        raise SealRefused(f"the log ends at position {head}, and {size} events were sealed")
    last = (0, size - 1)
    kept = await read_nodes(connection, log, [last] if size else [])
    for position, leaf, unchanged in await connection.fetch(_SQL["leaves"], log, size - 1, size):
        if not unchanged or leaf != kept[last]:
            raise SealRefused(f"the event at position {position} is not the one that was sealed last")


async def _grow(connection: Connection, log: int, growth: Growth, until: int) -> None:
    """Add the leaves up to a position; refused where an event is missing or is not what its hash says."""
    while growth.size < until:
        expected, upto = growth.size, min(until, growth.size + PAGE)
        for position, leaf, unchanged in await connection.fetch(_SQL["leaves"], log, expected, upto):
            if position != growth.size + 1:
                break
            if not unchanged:
                raise SealRefused(f"the event at position {position} does not match its hash")
            growth.add(leaf)
        if growth.size < upto:
            raise SealRefused(f"the event at position {growth.size + 1} is missing")


class Sealer:
    """Seals from time to time, for a server; of several processes, whoever finds a seal due makes it."""

    def __init__(self, log: EventLog, seed: bytes, every: float) -> None:
        self._log = log
        self._seed = seed
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the first seal is due after the interval."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; a seal that is under way is made whole or not at all."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                if await self._due():
                    await seal(self._log, self._seed)
            except SealRefused as refusal:
                logger.error("the log is not sealed: %s", refusal)  # noqa: TRY400 the sentence says it all
            except (Unavailable, asyncpg.PostgresError) as error:
                logger.warning("the log cannot be sealed now: %s", told(error))
            except Exception:
                logger.exception("the log cannot be sealed now; trying again")

    async def _due(self) -> bool:
        """Whether something is unsealed or refused, and no other process has just made a checkpoint."""
        async with connected(self._log.pool) as connection:
            found = await standing(connection, self._log.id)
        fresh = found.age is not None and found.age < self._every / 2
        return not fresh and (found.head != found.sealed or found.refusal is not None)
