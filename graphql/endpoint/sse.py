"""Results as server-sent events: GraphQL over SSE, distinct connections mode.

Frames end in one blank line of plain line feeds, and `complete` carries no payload: clients that split on
blank lines and read `data:` (urql) need both.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.types import Receive, Send

from chuishao.graphql.endpoint.errors import logger
from chuishao.graphql.endpoint.execution import encode_result
from chuishao.graphql.endpoint.language import asked
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.written import Result, Written, selected_cursor

GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""What keeps an answer from being used by a stranger's page as an image, a script or a measure of size."""
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"vary", b"Accept, Accept-Language"),
    (b"x-accel-buffering", b"no"),
    *GUARDS,
]
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


class EventStreams:
    """Every open event stream of the process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[asyncio.Task[None]] = set()

    async def serve(
        self,
        results: AsyncGenerator[Result, None],
        receive: Receive,
        send: Send,
        seconds: float | None = None,
    ) -> None:
        """Sends results until they end, the client leaves, the server closes, or `seconds` have passed.

        Only results that ended by themselves are followed by `complete`: otherwise the client should return.
        """
        headers = [*_HEADERS, (b"content-language", asked.get().encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        sending = asyncio.create_task(self._send_all(results, send))
        beating = asyncio.create_task(self._beat(send))
        leaving = asyncio.create_task(_left(receive))
        tasks = (sending, beating, leaving)
        self._open.add(sending)
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            left = leaving.done()
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            self._open.discard(sending)
        for outcome in outcomes:
            if isinstance(outcome, TimeoutError):
                logger.info("an event stream was given up: its client stopped reading")
                return
            if isinstance(outcome, Exception):
                logger.error("an event stream failed", exc_info=outcome)
        if not left:
            with suppress(TimeoutError):
                await self._send(send, b"", more=False)

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    async def close(self) -> None:
        """Ends every open stream without `complete`."""
        ended = list(self._open)
        for sending in ended:
            sending.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    async def _send_all(self, results: AsyncGenerator[Result, None], send: Send) -> None:
        async with aclosing(results):
            await self._send(send, _COMMENT)  # opens the stream through every proxy on the way
            async for result in results:
                await self._send(send, _event(result))
        await self._send(send, _COMPLETE)

    async def _beat(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._limits.heartbeat_seconds)
            await self._send(send, _COMMENT)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._limits.send_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": more})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(result: Result) -> bytes:
    if isinstance(result, Written):
        cursor, data = result.selected, result.payload
    else:
        cursor, data = selected_cursor(result), encode_result(result).encode(errors="backslashreplace")
    position = f"id: {cursor}\n".encode() if cursor else b""
    return b"event: next\n%bdata: %b\n\n" % (position, data)
