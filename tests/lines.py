"""Lines to a server that fail as lines do: torn without a word, ended in the middle, or silent for ever."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CHUNK = 4096


@dataclass
class Lines:
    """The lines to one server; each carries so many bytes of what the server says, and then fails."""

    port: int
    chance: random.Random
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("torn", "ended", "silent"), 0))
    base: str = ""
    _carrying: set[asyncio.Task[None]] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until it fails."""
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):  # only `close` cancels
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    await self._between(reader, writer, up_reader, up_writer)
                finally:
                    up_writer.close()
        finally:
            self._carrying.discard(task)
            writer.close()

    async def _between(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        carries = int(10 ** self.chance.uniform(3.6, 5.4))
        up = asyncio.create_task(_forward(reader, up_writer))
        down = asyncio.create_task(_forward(up_reader, writer, carries))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            if up.done() or down.result():
                return
            how = self.chance.choice(list(self.failed))
            self.failed[how] += 1
            if how == "torn":
                writer.transport.abort()
                up_writer.transport.abort()
            elif how == "silent":
                await up  # nothing comes any more; the client must find out for itself
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def close(self) -> None:
        """End every line."""
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int = 2**62) -> bool:
    """Carry what one end says; True where it ended by itself, False where the line has carried enough."""
    with contextlib.suppress(OSError):
        while left > 0 and (said := await reader.read(CHUNK)):
            writer.write(said[:left])  # the last piece may end in the middle of a message
            left -= len(said)
            await writer.drain()
    return left > 0


@asynccontextmanager
async def failing_lines(port: int, chance: random.Random) -> AsyncIterator[Lines]:
    """Lines that fail, to whatever listens at a port, now or later."""
    lines = Lines(port, chance)
    listener = await asyncio.start_server(lines.carry, "127.0.0.1", 0)
    lines.base = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield lines
    finally:
        listener.close()
        await lines.close()
