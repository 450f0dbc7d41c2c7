"""The endpoint over WebSocket: the graphql-transport-ws protocol.

One bad operation ends with its own `error`; only a breach of the protocol closes the socket, with the code
that the protocol names. Each operation has its own context: a socket may live for days.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import NamedTuple, cast

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.admission import Admission
from chuishao.graphql.endpoint.delivery import Delivery
from chuishao.graphql.endpoint.errors import ApiError, JsonObject, RequestRefused, failed
from chuishao.graphql.endpoint.execution import (
    Engine,
    GraphQLRequest,
    Lifetime,
    MakeContext,
    decode,
    encode,
)
from chuishao.graphql.endpoint.language import speak
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.observation import observed
from chuishao.graphql.endpoint.origin import Origins
from chuishao.graphql.endpoint.written import Written

PROTOCOL = "graphql-transport-ws"
_REASON_LENGTH = 123  # bytes of a close frame that are left for the reason


class Close(NamedTuple):
    """Why a socket is closed; the codes from 4400 are the protocol's."""

    code: int
    reason: str


GOING_AWAY = Close(1001, "the server is going away")
TOO_BIG = Close(1009, "the message is too big")
TOO_SLOW = Close(1013, "the client reads too slowly; come back and continue from the last position")
UNAUTHORIZED = Close(4401, "Unauthorized")
FOREIGN = Close(4403, "pages of this origin may not connect; --allow-origin lets them")
EXPIRED = Close(4403, "the token has expired")
NO_SUBPROTOCOL = Close(4406, "Subprotocol not acceptable")
INIT_TIMEOUT = Close(4408, "Connection initialisation timeout")
TOO_MANY_INITS = Close(4429, "Too many initialisation requests")
INTERNAL = Close(4500, "internal error")
_REFUSALS = {"UNAUTHENTICATED": 4401, "UNAVAILABLE": 1013}
"""How a socket is closed whose token does not hold, or cannot be checked now: clients return after 1013."""


class _Breach(Exception):
    """The socket is to be closed for what the client sent."""

    def __init__(self, close: Close) -> None:
        super().__init__(close)
        self.close = close


class _Lost(Exception):
    """Nothing more can be sent: the socket is being closed."""


class WebSocketEndpoint:
    """The ASGI application for WebSockets on the path of the endpoint; knows every open socket."""

    def __init__(
        self,
        engine: Engine,
        make_context: MakeContext,
        admission: Admission,
        limits: Limits,
        origins: Origins,
        lifetime: Lifetime | None = None,
    ) -> None:
        self.engine = engine
        self.make_context = make_context
        self.admission = admission
        self.origins = origins
        self.limits = limits
        self.lifetime = lifetime
        self._open: dict[_Socket, asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one socket until it is closed."""
        socket = _Socket(self, scope, receive, send)
        ended = self._open[socket] = asyncio.get_running_loop().create_future()
        try:
            await socket.serve()
        finally:
            del self._open[socket]
            ended.set_result(None)

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    async def close(self) -> None:
        """Closes every open socket with 1001 and waits until their operations have ended."""
        for socket in self._open:
            socket.close(GOING_AWAY)
        await asyncio.gather(*self._open.values())


class _Socket:
    def __init__(self, endpoint: WebSocketEndpoint, scope: Scope, receive: Receive, send: Send) -> None:
        self._endpoint = endpoint
        self._limits = endpoint.limits
        self._connection = HTTPConnection(scope)
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[Close | None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._initialised = False
        self._acknowledged = False
        self._params: Mapping[str, object] | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def close(self, close: Close | None) -> None:
        """Asks for the socket to be closed; the first reason counts, and none means it already is."""
        if not self._closed.done():
            self._closed.set_result(close)

    async def serve(self) -> None:
        await self._receive()  # websocket.connect
        if PROTOCOL not in self._connection.scope["subprotocols"]:
            await self._send({"type": "websocket.accept"})
            await self._say_goodbye(NO_SUBPROTOCOL)
            return
        await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        if not self._endpoint.origins.may_connect(self._connection.headers):
            await self._say_goodbye(FOREIGN)
            return
        self._close_after(self._limits.init_seconds, INIT_TIMEOUT)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]
        try:
            close = await self._closed
        finally:
            self._close_after(None)
            tasks += self._running
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if close is not None:
            await self._say_goodbye(close)

    async def _say_goodbye(self, close: Close) -> None:
        reason = close.reason.encode()[:_REASON_LENGTH].decode(errors="ignore")
        with suppress(OSError, RuntimeError):  # the client may be gone, or still not be reading
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send({"type": "websocket.close", "code": close.code, "reason": reason})

    def _close_after(self, seconds: float | None, close: Close | None = None) -> None:
        """Sets the socket's one timer, or takes it away."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self._loop.call_later(seconds, self.close, close)

    async def _keep_alive(self) -> None:
        with suppress(_Lost):
            while True:
                await asyncio.sleep(self._limits.heartbeat_seconds)
                await self._post('{"type":"ping"}')

    async def _post(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            self.close(TOO_SLOW)
            raise _Lost from None
        except (OSError, RuntimeError):
            self.close(None)
            raise _Lost from None

    async def _read(self) -> None:
        try:
            while True:
                event = await self._receive()
                if event["type"] == "websocket.disconnect":
                    self.close(None)
                    return
                await self._handle(_message(event.get("text"), self._limits))
        except _Breach as breach:
            self.close(breach.close)
        except _Lost:
            pass
        except Exception as error:
            failed(error)
            self.close(INTERNAL)

    async def _handle(self, message: Mapping[str, object]) -> None:
        kind, payload = message.get("type"), message.get("payload")
        if kind == "subscribe":
            await self._subscribe(_id(message), payload)
        elif kind == "complete":
            operation = self._operations.pop(_id(message), None)
            if operation is not None:
                operation.cancel()
        elif kind == "connection_init":
            await self._initialise(_optional_object(payload))
        elif kind == "ping":
            pong: JsonObject = {"type": "pong"}
            if _optional_object(payload) is not None:
                pong["payload"] = payload
            await self._post(encode(pong))
        elif kind == "pong":
            _optional_object(payload)
        else:
            raise _invalid("unknown type of message")

    async def _initialise(self, params: Mapping[str, object] | None) -> None:
        if self._initialised:
            raise _Breach(TOO_MANY_INITS)
        self._initialised = True
        self._close_after(None)
        speak(self._connection.headers.get("accept-language"), params)
        try:
            context = await self._endpoint.make_context(self._connection, params, None)
        except ApiError as error:
            raise _Breach(Close(_REFUSALS.get(error.code, 4403), error.said.en)) from None
        self._params = params
        if self._endpoint.lifetime is not None:
            self._close_after(self._endpoint.lifetime(context), EXPIRED)
        self._acknowledged = True
        await self._post('{"type":"connection_ack"}')

    async def _subscribe(self, identity: str, payload: object) -> None:
        if not self._acknowledged:
            raise _Breach(UNAUTHORIZED)
        if identity in self._operations:
            raise _Breach(Close(4409, f"Subscriber for {identity} already exists"))
        try:
            request = GraphQLRequest.from_json(payload)
        except ApiError as error:
            raise _invalid(error.said.en) from None
        if len(self._running) >= self._limits.subscriptions:
            # Answered here and not in a task: whoever floods without reading holds up only himself.
            said = Phrase("Too many operations at once on this socket.", "此连接上同时进行的操作过多。")
            busy = ApiError(said, "TOO_MANY_OPERATIONS", limit=self._limits.subscriptions)
            await self._post(_last_frame(identity, [busy.as_json()]))
            return
        task = self._loop.create_task(self._operate(identity, request))
        self._operations[identity] = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _operate(self, identity: str, request: GraphQLRequest) -> None:
        """Runs one operation to its `complete` or `error`; cancelled, it says nothing more."""
        with observed(self._endpoint.engine.observers, "socket", self._connection.headers) as seen:
            try:
                errors = await self._run(identity, request)
            except RequestRefused as refusal:
                errors = refusal.errors
            except _Lost:
                return
            except Exception as error:
                errors = [failed(error)]
            seen.answers({"errors": errors})
        self._operations.pop(identity, None)
        with suppress(_Lost):
            await self._post(_last_frame(identity, errors))

    async def _run(self, identity: str, request: GraphQLRequest) -> list[JsonObject]:
        """Sends each result; returns the errors of an operation that came to none."""
        engine, admission = self._endpoint.engine, self._endpoint.admission
        operation = engine.prepare(request, admission.reader(self._connection))
        context = await self._endpoint.make_context(self._connection, self._params, None)
        bill = admission.admit(operation, request, self._connection, context)
        delivery = Delivery(identity, bill, self._connection.scope)
        with admission.held(operation, self._connection, context):
            subscribed = engine.subscribe(operation, request, context, delivery.push)
            async with aclosing(subscribed) as results:
                async for result in results:
                    if not isinstance(result, Written) and "data" not in result:
                        return cast(list[JsonObject], result["errors"])
                    await self._post(delivery.message(result))
        return []


def _last_frame(identity: str, errors: list[JsonObject]) -> str:
    if errors:
        return encode({"id": identity, "type": "error", "payload": errors})
    return encode({"id": identity, "type": "complete"})


def _message(text: str | None, limits: Limits) -> Mapping[str, object]:
    if text is None:
        raise _invalid("messages are text")
    if len(text) > limits.body:
        raise _Breach(TOO_BIG)
    try:
        message = decode(text)
    except ApiError:
        raise _invalid("a message is one JSON object") from None
    if not isinstance(message, dict):
        raise _invalid("a message is one JSON object")
    return message


def _id(message: Mapping[str, object]) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not identity:
        raise _invalid("`id` must be a string that is not empty")
    return identity


def _optional_object(payload: object) -> Mapping[str, object] | None:
    if payload is not None and not isinstance(payload, dict):
        raise _invalid("`payload` must be an object")
    return payload


def _invalid(what: str) -> _Breach:
    return _Breach(Close(4400, f"Invalid message: {what}"))
