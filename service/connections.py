"""连接 One HTTP connection: uvicorn's, with bounds on what arrives, and refusals that programs can read.

Uvicorn waits without end for the rest of a request, and keeps a head of any length.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.endpoint.limits import Limits
from chuishao.service.refusals import refusal
from chuishao.service.unread import SECONDS, Unread

HEAD = 64 * 1024
"""Bytes of a request's line and headers."""
MESSAGE = HEAD + 8 * Limits().body
"""Bytes of a request as it is sent, with what chunks add; the endpoint itself bounds the body."""
ARRIVAL = Limits().body_seconds + 5
"""Seconds from a request's first byte to its last; the endpoint gives a body up a little sooner."""


class HttpConnection(HttpToolsProtocol):
    """A connection that refuses as JSON what is no HTTP, and is given up where nothing more comes."""

    arrival = ARRIVAL
    unread_seconds = SECONDS
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._unread = Unread(transport, self.unread_seconds)
        self._deadline: asyncio.TimerHandle | None = None
        self._refused_as = "BAD_REQUEST"
        self._is_socket = False
        self._begin_to_wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any longer."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._wait_no_longer()
        self._unread.end()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, within the bounds."""
        super().data_received(data)
        if self._is_socket or self.transport.is_closing():
            return
        if self._deadline is not None:
            self._arrived += len(data)
            if self._arrived > (MESSAGE if self._has_head else HEAD):
                self._refuse("TOO_LARGE" if self._has_head else "HEAD_TOO_LARGE")
        elif self._is_idle():  # empty lines alone are no request, but they end uvicorn's own waiting
            self._begin_to_wait()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._begin_to_wait()

    def on_headers_complete(self) -> None:
        """Begin to answer, unless the head is too long; what is raised here becomes a refusal."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD:
            self._refused_as = "HEAD_TOO_LARGE"
            raise ValueError
        self._has_head = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait no longer: the request is here."""
        super().on_message_complete()
        self._wait_no_longer()

    def on_response_complete(self) -> None:
        """Go on with the next request; the answer may still wait for its reader."""
        super().on_response_complete()
        self._unread.watch()

    def handle_websocket_upgrade(self) -> None:
        """Become a WebSocket, unless an answer is still being written to the same line."""
        if not self._is_idle():
            self.transport.close()
            return
        self._is_socket = True
        self._wait_no_longer()
        self._unread.end()
        super().handle_websocket_upgrade()

    def send_400_response(self, _msg: str) -> None:
        """Refuse what uvicorn could not read."""
        self._refuse(self._refused_as)

    def pause_writing(self) -> None:
        """Note that the client reads too slowly."""
        super().pause_writing()
        self._unread.watch()

    def resume_writing(self) -> None:
        """Note that the client reads on."""
        super().resume_writing()
        self._unread.progress()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_unanswered(self) -> bool:
        """Whether the only request at hand is the one that is arriving, and nothing has been said to it."""
        arriving = self._has_head and self._deadline is not None and not self.pipeline
        return arriving and not self._is_idle() and not self.cycle.response_started

    def _begin_to_wait(self) -> None:
        self._wait_no_longer()
        self._arrived = 0
        self._has_head = False
        self._deadline = self.loop.call_later(self.arrival, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._is_idle():
            self.cycle.keep_alive = False  # what is being answered is answered, and then it is over
        elif self._arrived and not self._has_head:
            self._refuse("REQUEST_TIMEOUT")
        else:
            self.transport.close()
            self._unread.watch()

    def _refuse(self, code: str) -> None:
        """Say why and close, unless it would be taken for the answer to another request."""
        if self._is_unanswered():
            self.cycle.disconnected = True  # the endpoint, which waits for the rest, is not to answer as well
        status = FAILURES[code].status or HTTPStatus.BAD_REQUEST
        if (self._is_idle() or self._is_unanswered()) and not self.transport.is_closing():
            body = refusal(code)
            lines = (
                f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}",
                "content-type: application/json; charset=utf-8",
                f"content-length: {len(body)}",
                "connection: close",
            )
            self.transport.write("\r\n".join((*lines, "", "")).encode() + body)
        self.transport.close()
        self._unread.watch()
