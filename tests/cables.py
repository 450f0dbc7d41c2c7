"""Lines to a database that fail as lines do: cut, or dead without a word; notifications lost, or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

SOCKET = ".s.PGSQL.5432"
CHUNK = 65536
HEAD = 5
"""Bytes before the body of a message: its kind and its length."""
NOTIFICATION = b"A"


@dataclass(eq=False)
class Line:
    """One connection; it `listens` once it has said so, and a dead one carries nothing and says nothing."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    listens: bool = False
    dead: bool = False

    def cut(self) -> None:
        """Tear it."""
        for end in (self.near, self.far):
            end.transport.abort()


@dataclass
class Cables:
    """All lines to one database. `notifications` is how often each is passed on."""

    database: str
    folder: Path
    notifications: int = 1
    refusing: bool = False
    lines: set[Line] = field(default_factory=set)
    _carrying: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of the database over these lines."""
        return at_host(self.database, self.folder)

    def cut(self) -> None:
        """Tear every line."""
        for line in set(self.lines):
            line.cut()

    def deaden(self, *, listening: bool) -> int:
        """Let the lines that listen, or all, carry nothing any more; give how many."""
        found = [line for line in self.lines if line.listens or not listening]
        for line in found:
            line.dead = True
        return len(found)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until it ends."""
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):  # only `close` cancels
                if not self.refusing:
                    up_reader, up_writer = await asyncio.open_unix_connection(socket_of(self.database))
                    await self._between(reader, up_reader, Line(writer, up_writer))
        finally:
            self._carrying.discard(task)
            writer.transport.abort()

    async def _between(
        self, reader: asyncio.StreamReader, up_reader: asyncio.StreamReader, line: Line
    ) -> None:
        self.lines.add(line)
        ways = [
            asyncio.create_task(self._up(reader, line)),
            asyncio.create_task(self._down(up_reader, line)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.lines.discard(line)
            line.cut()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _up(self, reader: asyncio.StreamReader, line: Line) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(CHUNK):
                line.listens = line.listens or b"LISTEN " in said
                if not line.dead:
                    line.far.write(said)
                    await line.far.drain()

    async def _down(self, reader: asyncio.StreamReader, line: Line) -> None:
        waiting = bytearray()
        with contextlib.suppress(OSError):
            while said := await reader.read(CHUNK):
                waiting += said
                passed_on = self._whole_messages(waiting)
                if not line.dead:
                    line.near.write(passed_on)
                    await line.near.drain()

    def _whole_messages(self, waiting: bytearray) -> bytes:
        """Take the messages that have arrived whole, the notifications among them as often as wanted."""
        taken = []
        at = 0
        while len(waiting) >= at + HEAD:
            end = at + 1 + int.from_bytes(waiting[at + 1 : at + HEAD])
            if len(waiting) < end:
                break
            message = bytes(waiting[at:end])
            taken.append(message * (self.notifications if message.startswith(NOTIFICATION) else 1))
            at = end
        del waiting[:at]
        return b"".join(taken)

    async def close(self) -> None:
        """End every line."""
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)


def at_host(url: str, folder: Path) -> str:
    """The same database, reached by a socket in another folder."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {"host": str(folder)}
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def socket_of(url: str) -> str:
    """The socket that a URL leads to."""
    return f"{dict(parse_qsl(urlsplit(url).query))['host']}/{SOCKET}"


@asynccontextmanager
async def cables(database: str) -> AsyncIterator[Cables]:
    """Lines to a database on a unix socket, now or later."""
    with tempfile.TemporaryDirectory(prefix="cables-") as folder:
        laid = Cables(database, Path(folder))
        listener = await asyncio.start_unix_server(laid.carry, str(Path(folder, SOCKET)))
        try:
            yield laid
        finally:
            listener.close()
            await laid.close()
