"""The endpoint over HTTP: GraphQL over HTTP for programs, an explorer page for people, events for streams."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.admission import Admission
from chuishao.graphql.endpoint.errors import ApiError, JsonObject, RequestRefused, code_of, failed
from chuishao.graphql.endpoint.execution import (
    Engine,
    GraphQLRequest,
    Lifetime,
    MakeContext,
    Operation,
    decode,
    encode_result,
)
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.endpoint.language import asked, speak
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.observation import Observation, observed
from chuishao.graphql.endpoint.origin import Origins
from chuishao.graphql.endpoint.sse import GUARDS, EventStreams
from chuishao.graphql.endpoint.trace import with_trace
from chuishao.graphql.endpoint.written import Result

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_WILDCARDS = ("*/*", "application/*")

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]

# The headers that a failure of this code is answered with; its status stands in the registry.
_HEADERS: Mapping[object, RawHeaders] = {
    "UNAUTHENTICATED": [(b"www-authenticate", b"Bearer")],
    "METHOD_NOT_ALLOWED": [(b"allow", b"GET, POST")],
    "MUTATION_BY_GET": [(b"allow", b"POST")],
    "REQUEST_TIMEOUT": [(b"connection", b"close")],
    "TOO_LARGE": [(b"connection", b"close")],
    "UNSUPPORTED_MEDIA_TYPE": [(b"accept-post", JSON.encode())],
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client can read: a JSON media type, an event stream, a page."""

    json: str | None
    stream: bool
    page: bool


@dataclass(slots=True)
class _Answer:
    result: JsonObject
    status: int = 200
    headers: RawHeaders = ()


class _Asked(HTTPConnection):
    """A request whose headers are looked up many times."""

    @cached_property
    def headers(self) -> Headers:
        """The headers, by name at once."""
        return _Head(scope=self.scope)


class _Head(Headers):
    """Headers of which the first of a name is found without a search."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._first = dict(reversed(self.raw))

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header; its name is given in lower case."""
        value = self._first.get(key.encode())
        return default if value is None else value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class _Stream:
    results: AsyncGenerator[Result, None]
    seconds: float | None = None
    held: AbstractContextManager[None] = field(default_factory=nullcontext)


class HttpEndpoint:
    """The ASGI application for GET and POST on the path of the endpoint."""

    def __init__(
        self,
        engine: Engine,
        make_context: MakeContext,
        admission: Admission,
        limits: Limits,
        streams: EventStreams,
        page: ASGIApp | None,
        origins: Origins,
        lifetime: Lifetime | None = None,
    ) -> None:
        self._engine = engine
        self._make_context = make_context
        self._admission = admission
        self._limits = limits
        self._streams = streams
        self._page = page
        self._origins = origins
        self._lifetime = lifetime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; every failure is an answer too."""
        connection = _Asked(scope)
        speak(connection.headers.get("accept-language"))
        accepted = negotiate(connection.headers.get("accept", "*/*"))
        if accepted.page and self._page is not None and scope["method"] == "GET":
            await self._page(scope, receive, send)
            return
        with observed(self._engine.observers, "http", connection.headers) as seen:
            await self._serve(connection, accepted, receive, send, seen)

    async def _serve(
        self, connection: HTTPConnection, accepted: Accepted, receive: Receive, send: Send, seen: Observation
    ) -> None:
        answer: _Answer | _Stream | None
        try:
            answer = await self._answer(connection, accepted, receive)
        except RequestRefused as refusal:
            answer = _refused(refusal, accepted, seen)
        except Exception as error:
            answer = _failed(error)
        if isinstance(answer, _Stream):
            with answer.held:
                await self._streams.serve(answer.results, receive, seen.answering(send), answer.seconds)
        elif answer is not None:
            answer.result = with_trace(answer.result, seen)
            await _send_answer(send, accepted.json or JSON, answer, seen)

    async def _answer(
        self, connection: HTTPConnection, accepted: Accepted, receive: Receive
    ) -> _Answer | _Stream | None:
        method = connection.scope["method"]
        request = await self._request(method, connection, receive)
        if request is None:
            return None
        operation = self._engine.prepare(request, self._admission.reader(connection))
        streamed = _is_streamed(operation, accepted, method)
        context = await self._make_context(connection, None, connection.headers.get("last-event-id"))
        bill = self._admission.admit(operation, request, connection, context)
        if streamed:
            seconds = self._lifetime(context) if self._lifetime else None
            results = bill.on_first(self._engine.subscribe(operation, request, context))
            return _Stream(results, seconds, self._admission.held(operation, connection, context))
        result = bill.on(await self._engine.execute(operation, request, context))
        if "data" not in result and accepted.json == GRAPHQL_JSON:
            return _Answer(result, _status(result))  # the older media type answers 200 to what is well-formed
        return _Answer(result)

    async def _request(
        self, method: str, connection: HTTPConnection, receive: Receive
    ) -> GraphQLRequest | None:
        """The request, or nothing where the client left while sending it."""
        if method == "GET":
            self._origins.check_get(connection.headers)
            return _asked(connection)
        if method != "POST":
            raise _failure("METHOD_NOT_ALLOWED")
        _check_posted(connection.headers, self._limits)
        message = await receive()
        if message.get("more_body", False):
            try:
                async with asyncio.timeout(self._limits.body_seconds):
                    message = await _whole(message, receive, self._limits)
            except TimeoutError:
                raise _failure("REQUEST_TIMEOUT") from None
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        _check_length(len(body), self._limits)
        return GraphQLRequest.from_json(decode(body))


@lru_cache(maxsize=256)
def negotiate(accept: str) -> Accepted:
    """What an Accept header asks for, by quality and then by place."""
    wanted: dict[str, tuple[float, int]] = {}
    for place, item in enumerate(accept.split(",")):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = _quality(parameters)
        if quality > 0:
            wanted.setdefault(media, (-quality, place))
    ranks = {media: wanted[media] for media in (GRAPHQL_JSON, JSON) if media in wanted}
    wildcards = [wanted[media] for media in _WILDCARDS if media in wanted]
    if wildcards and not ranks:
        ranks[JSON] = min(wildcards)
    json = min(ranks, key=ranks.__getitem__) if ranks else None
    page = "text/html" in wanted and (json is None or wanted["text/html"] < ranks[json])
    return Accepted(json, "text/event-stream" in wanted, page)


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0
    return 1


def _asked(connection: HTTPConnection) -> GraphQLRequest:
    """The request in a query string."""
    text = connection.scope["query_string"].decode("latin-1")
    asked: dict[str, object] = dict(parse_qsl(text, keep_blank_values=True))
    for name in ("variables", "extensions"):
        if name in asked:
            asked[name] = decode(str(asked[name])) if asked[name] else None
    return GraphQLRequest.from_json(asked)


def _check_posted(headers: Headers, limits: Limits) -> None:
    if not _is_json(headers.get("content-type", "")):
        said = Phrase(
            "Send JSON in UTF-8 as Content-Type: application/json.",
            "请以 `Content-Type: application/json` 发送 UTF-8 编码的 JSON。",
        )
        raise ApiError(said, "UNSUPPORTED_MEDIA_TYPE")
    if headers.get("content-encoding", "identity").lower() != "identity":
        said = Phrase("The body must not be compressed.", "请求体不得压缩。")
        raise ApiError(said, "UNSUPPORTED_MEDIA_TYPE")
    announced = headers.get("content-length", "0")
    if announced.isdecimal():
        _check_length(int(announced[:20]), limits)


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return media == JSON and all(charset in ("utf-8", "utf8") for charset in charsets)


def _check_length(length: int, limits: Limits) -> None:
    if length > limits.body:
        said = Phrase(f"The body must be at most {limits.body} bytes.", f"请求体至多 {limits.body} 字节。")
        raise ApiError(said, "TOO_LARGE")


async def _whole(message: Message, receive: Receive, limits: Limits) -> Message:
    """The message with the bodies of those that follow it, or the one that says the client left."""
    body = bytearray(message["body"])
    while message["type"] != "http.disconnect":
        if not message.get("more_body", False) or len(body) > limits.body:
            return {"type": "http.request", "body": bytes(body)}
        message = await receive()
        body += message.get("body", b"")
    return message


def _is_streamed(operation: Operation, accepted: Accepted, method: str) -> bool:
    """Whether the answer is an event stream; raises where the client cannot read any answer."""
    if operation.kind == "mutation" and method != "POST":
        raise _failure("MUTATION_BY_GET")
    if operation.kind == "subscription" and not accepted.stream:
        said = Phrase(
            "A subscription needs Accept: text/event-stream, or a WebSocket with graphql-transport-ws.",
            "订阅须带 `Accept: text/event-stream`，或使用 `graphql-transport-ws` 协议的 WebSocket。",
        )
        raise ApiError(said, "NOT_ACCEPTABLE")
    if accepted.json is None and not accepted.stream:
        said = Phrase(
            f"Accept {GRAPHQL_JSON}, {JSON} or text/event-stream.",
            f"请接受 {GRAPHQL_JSON}、{JSON} 或 `text/event-stream`。",
        )
        raise ApiError(said, "NOT_ACCEPTABLE")
    return operation.kind == "subscription" or accepted.json is None


def _refused(refusal: RequestRefused, accepted: Accepted, seen: Observation) -> _Answer | _Stream:
    result: JsonObject = {"errors": refusal.errors}
    if accepted.json is None and accepted.stream:
        return _Stream(_only(with_trace(result, seen)))
    return _Answer(result, _status(result) if accepted.json == GRAPHQL_JSON else 200)


async def _only(result: JsonObject) -> AsyncGenerator[Result, None]:
    yield result


def _failure(code: str) -> ApiError:
    return ApiError(FAILURES[code].means, code)


def _failed(error: Exception) -> _Answer:
    result: JsonObject = {"errors": [failed(error)]}
    headers = [*_HEADERS.get(code_of(error), ())]
    if isinstance(error, ApiError) and "retryAfter" in error.extensions:
        headers.append((b"retry-after", str(error.extensions["retryAfter"]).encode()))
    return _Answer(result, _status(result), headers)


def _status(result: Mapping[str, Any]) -> int:
    """The status of the first of the errors for which nothing was executed."""
    failure = FAILURES.get(result["errors"][0]["extensions"]["code"])
    return failure.status if failure and failure.status else 400


async def _send_answer(send: Send, media: str, answer: _Answer, seen: Observation) -> None:
    body = encode_result(answer.result).encode(errors="backslashreplace")
    headers = [
        (b"content-length", b"%d" % len(body)),
        *_kind_of_answer(media, asked.get()),
        *answer.headers,
        seen.header,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=16)
def _kind_of_answer(media: str, language: str) -> RawHeaders:
    return (
        (b"content-type", f"{media}; charset=utf-8".encode()),
        (b"content-language", language.encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept, Accept-Language"),
        *GUARDS,
    )
