"""How far the read models of this process are, and whether they may be read.

A read model may be behind, may have stopped at an event, or may have been remade by another version of the
server. The last is looked for twice a second, so a process answers from another's read model for no longer;
and at once where a statement names a table or column that another's does not have.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncpg

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Connection, Unavailable, connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.projection import Projection

LARGEST = 2**63 - 1
"""Beyond every position."""
LOOK = 0.5
"""Seconds between looks whether the read models are still those of this code."""
FOREIGN = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.DataError,  # an argument does not fit a column's type any more
)
"""What PostgreSQL says of a statement that was written for other tables than there are."""
_ROWS = "SELECT name, version, fingerprint, position, status FROM projection WHERE log = $1"


class NotYet(Refusal):
    """读模型未到达 The read models have not reached the position asked for."""

    en = "The read models are at position {position}, not yet at {wanted}. Ask again in a moment."
    zh = "读模型当前位置为 {position}，尚未到达 {wanted}。请稍后再试。"


class BeyondTheLog(Refusal):
    """位置超出日志 The position asked for has not been recorded."""

    en = "Position {wanted} has not been recorded; the log ends at {head}. Use a position that was answered."
    zh = "位置 {wanted} 尚未记录；日志到 {head} 为止。请使用服务器返回过的位置。"


class ReadModelStopped(Refusal):
    """读模型已停止 A read model has stopped before the position asked for; asking again does not help."""

    en = (
        "Read model {name} has stopped at position {position} and will not show {wanted} before the "
        "operators have mended it. Read without a position to see what is there."
    )
    zh = "读模型 {name} 已停在位置 {position}，运维人员修复前不会到达 {wanted}。不指定位置即可读取已有内容。"


class ReadModelReplaced(Refusal):
    """读模型已更换 A read model was remade by another version of the server; this process cannot read it."""

    en = (
        "Read model {name} now belongs to another version of the server, and this process waits to be "
        "restarted. Ask again: a process of that version answers. Commands are still recorded."
    )
    zh = (
        "读模型 {name} 已由另一版本的服务器重建，本进程等待重启。请重试，由新版本的进程回答。命令仍会被记录。"
    )


@dataclass(frozen=True, slots=True)
class _Row:
    version: int
    fingerprint: str | None
    position: int
    status: str


class Reach:
    """What is known in this process of where its read models stand."""

    def __init__(self, feed: Feed, projections: Sequence[Projection]) -> None:
        self.feed = feed
        self.log = feed.log
        self.projections = projections
        self._rows: dict[str, _Row] = {}
        self._reached: dict[str, int] = {}
        self._replaced: list[str] = []
        self._progress = asyncio.Event()
        self._waiting = 0
        self._wanted = asyncio.Event()

    def tell(self, name: str, position: int) -> None:
        """Note how far a read model is, and wake those who wait."""
        if self._reached.get(name) != position:
            self._reached[name] = position
            progress, self._progress = self._progress, asyncio.Event()
            progress.set()

    def forget(self) -> None:
        """Know nothing any more: the log was set back, or the database may have been."""
        self._rows.clear()
        self._replaced.clear()
        self._reached.clear()

    def _lost(self, _connection: object) -> None:
        self.forget()

    async def look(self) -> None:
        """See where the read models stand, whoever folded or made them."""
        async with connected(self.log.pool) as connection:
            # A database that starts again after a crash may have lost what was folded last.
            connection.add_termination_listener(self._lost)
            rows = await connection.fetch(_ROWS, self.log.id)
        self._rows = {name: _Row(*rest) for name, *rest in rows}
        self._replaced = [p.name for p in self.projections if self._is_replaced(p)]
        for name, row in self._rows.items():
            self.tell(name, row.position)

    async def keep_looking(self) -> None:
        """Look from time to time."""
        while True:
            with contextlib.suppress(Unavailable, asyncpg.PostgresError):
                await self.look()
            await asyncio.sleep(LOOK)

    def behind(self, position: int) -> bool:
        """Whether any has still to fold up to a position, or is not known; a stopped one has not."""
        return any(
            row is None or (row.status != "stopped" and self._reached.get(projection.name, 0) < position)
            for projection in self.projections
            for row in [self._rows.get(projection.name)]
        )

    def _stopped(self) -> bool:
        """Whether any had stopped when last seen; whoever remakes it begins before where it stands."""
        return any(row.status == "stopped" for row in self._rows.values())

    def _is_replaced(self, projection: Projection) -> bool:
        row = self._rows.get(projection.name)
        return row is not None and (row.version, row.fingerprint) != projection.code

    def require_own(self) -> None:
        """Refuse to read what other code made, as last seen."""
        for name in self._replaced:
            raise ReadModelReplaced(name=name)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Borrow a connection to read with; where that fails on tables of other code, refuse as such."""
        try:
            async with connected(self.log.pool) as connection:
                yield connection
        except FOREIGN:
            await self.look()
            self.require_own()
            raise

    async def until(self, position: int, within: float, needed: Collection[str] | None = None) -> None:
        """Return once the read models have folded a position; refuse where that takes too long.

        At once where one is no longer ours, or one that is needed has stopped before; without names, all are.
        """
        if position > self.feed.head and position > (head := await self.log.head()):
            raise BeyondTheLog("atLeast", wanted=position, head=head)
        if self.least(position) < position or self._stopped():
            with self._wait():
                await self._until(position, within, needed)

    async def _until(self, position: int, within: float, needed: Collection[str] | None) -> None:
        deadline = asyncio.get_running_loop().time() + within
        while True:
            await self.look()  # another process may have folded it, or remade one that had stopped
            self.require_own()
            if not (behind := self._going(position, needed)):
                return
            if asyncio.get_running_loop().time() > deadline:
                raise NotYet("atLeast", position=min(behind), wanted=position)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await self._progress.wait()

    @contextmanager
    def _wait(self) -> Iterator[None]:
        """Be one of those who wait."""
        self._waiting += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    async def wanted(self, within: float) -> None:
        """Return once somebody waits for the read models, or when the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._wanted.wait()

    def _going(self, wanted: int, needed: Collection[str] | None) -> list[int]:
        """Where those stand that are behind a position and will reach it; refused if one needed will not."""
        behind = []
        for projection in self.projections:
            name = projection.name
            row = self._rows.get(name)
            reached = self._reached.get(name, 0)
            if reached >= wanted:
                continue
            if row is None or row.status != "stopped":
                behind.append(reached)
            elif needed is None or name in needed:
                raise ReadModelStopped("atLeast", name=name, position=reached, wanted=wanted)
        return behind

    def least(self, default: int = 0) -> int:
        """What every read model is known to include; they may be further."""
        return min((self._reached.get(p.name, 0) for p in self.projections), default=default)

    async def slowest(self, position: int) -> int:
        """What every read model includes, looking anew where that is less than a position."""
        if self.least(position) < position:  # another process may have folded it
            await self.look()
        return self.least(position)
