"""One WebSocket connection: uvicorn's, with bounds on what is kept, and an answer to every handshake."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from chuishao.graphql.endpoint.delivery import LINE
from chuishao.graphql.endpoint.row import Hold, Put
from chuishao.service.refusals import refusal
from chuishao.service.unread import SECONDS, Unread

FRAGMENTS = 4_096
"""Frames that one message may come in: each costs memory, even an empty one."""


class _Handshake(ServerProtocol):
    """The library's protocol, which refuses a handshake as JSON."""

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        response = super().reject(status, text)
        # An application that does not know the path closes before it accepts, and uvicorn gives no reason.
        response.body = refusal("BAD_REQUEST", text.strip()) if text else refusal("PATH_NOT_FOUND")
        response.headers.pop("Content-Type")
        response.headers.pop("Content-Length")
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.headers["Content-Length"] = str(len(response.body))
        return response


class SocketConnection(WebSocketsSansIOProtocol):
    """A connection that keeps no more for a client than it is ready to read."""

    unread_seconds = SECONDS
    transport: asyncio.Transport

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.holds: list[Hold] = []
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=self.conn.logger)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch whether the client reads."""
        super().connection_made(transport)
        self._unread = Unread(self.transport, self.unread_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch nothing any longer."""
        self._unread.end()
        self._hold()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; a handshake that the library cannot read is answered too."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            written = b"".join(self.conn.data_to_send())  # a long line is answered, other faults are not
            self.transport.write(written or self.conn.reject(400, f"{self.conn.handshake_exc}.").serialize())
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Offer the application a way to write to whoever reads, without waiting and without a task."""
        super().handle_connect(event)
        if self.handshake_complete or self.conn.extensions:
            return  # refused, or what is sent must be compressed
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[LINE] = self

    def write_now(self, message: bytes) -> bool:
        """Write a framed message; False if it would have to wait, or nobody is there."""
        if (put := self.put()) is None:
            return False
        put(message)
        return True

    def put(self) -> Put | None:
        """What writes without looking, good until `holds` are called; None if it would have to wait."""
        if self._close_sent or not self.writable.is_set() or self.transport.is_closing():
            return None
        return self.transport.write

    def _hold(self) -> None:
        """Tell everybody who writes without looking that they no longer may."""
        for hold in list(self.holds):
            hold()

    @property
    def close_sent(self) -> bool:
        """Whether a closing frame was written, after which nothing is; uvicorn sets it in many places."""
        return self._close_sent

    @close_sent.setter
    def close_sent(self, sent: bool) -> None:
        self._close_sent = sent
        if sent:
            self._hold()

    def handle_close(self, event: Frame) -> None:
        """Answer the client's farewell; nothing is written after it."""
        self._hold()
        super().handle_close(event)

    def shutdown(self) -> None:
        """Say that the server stops; nothing is written after it."""
        self._hold()
        super().shutdown()

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment of a message, unless there are too many."""
        if self.close_sent:
            return
        if len(self.frames) < FRAGMENTS:
            super().handle_cont(event)
        else:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; text that is no UTF-8 is the client's mistake, and no line of an error log."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.conn.fail(CloseCode.INVALID_DATA, "text must be UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer a ping, unless earlier answers still wait to be read."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def pause_writing(self) -> None:
        """Note that the client reads too slowly."""
        super().pause_writing()
        self._hold()
        self._unread.watch()

    def resume_writing(self) -> None:
        """Note that the client reads on."""
        super().resume_writing()
        self._unread.progress()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Forget the application's task; the farewell may still wait for its reader."""
        super().on_task_complete(task)
        self._unread.watch()
