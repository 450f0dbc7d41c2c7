"""A connection whose client has stopped reading is given up, so that nothing waits for it for ever.

Uvicorn closes a connection once all that was written is read. From a client that reads nothing and stays,
that never comes, and what was written for it would stay in memory.
"""

from __future__ import annotations

import asyncio

SECONDS = 40.0
"""How long a client may read nothing of what waits for it."""


class Unread:
    """Watches what waits to be read on one connection."""

    def __init__(self, transport: asyncio.Transport, seconds: float) -> None:
        self._transport = transport
        self._seconds = seconds
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Look from time to time, for as long as something waits."""
        if self._timer is None and (waiting := self._transport.get_write_buffer_size()):
            self._waiting = waiting
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def progress(self) -> None:
        """Note that the client reads, although what waits may have become more since."""
        if self._timer is not None:
            self.end()
            self.watch()

    def end(self) -> None:
        """Look no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() >= self._waiting:
            self._transport.abort()
        else:
            self.watch()
