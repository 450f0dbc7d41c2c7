"""What is known of an operation while it runs: traces, log lines and figures are made from it.

There is one for each request, and one for each operation on a socket. Nothing in it tells about a person:
no variables, no token, no words of a document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import getrandbits
from time import perf_counter
from typing import Any, Literal, TypeAlias

from opentelemetry.trace import Span, SpanKind
from starlette.types import Message, Send

from chuishao.eventlog import spans
from chuishao.eventlog.spans import fail, span
from chuishao.eventlog.spent import SPENT, Spent

Transport: TypeAlias = Literal["http", "socket"]
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=-]{7,63}")
"""The request ids that are taken over: what proxies make, and nothing that could forge a line of a log."""
LONGEST_NAME = 100
"""Characters of an operation's name that a log line holds; a name may be as long as a request."""
OK = "OK"
FAULTS = ("INTERNAL", "UNAVAILABLE")
"""The outcomes that are the server's fault."""


@dataclass(slots=True, eq=False)
class Observation:
    """One operation. `outcome` is OK or its first error's code; `position` is included in what it reads."""

    correlation: str
    transport: Transport = "http"
    traced: bool = False
    kind: str = "none"
    name: str | None = None
    text: str = ""
    single: bool = False
    role: str | None = None
    outcome: str = OK
    position: int = 0
    compiled: bool = False
    results: int = 0
    began: float = field(default_factory=perf_counter)
    spent: Spent = field(default_factory=Spent)
    span: Span | None = None

    @property
    def seconds(self) -> float:
        """Since it began; on a subscription, since its latest event was there."""
        return perf_counter() - self.began

    @property
    def document(self) -> str | None:
        """SHA-256 of the text that was sent."""
        return hashlib.sha256(self.text.encode(errors="backslashreplace")).hexdigest() if self.text else None

    def asks(self, text: str, extensions: Mapping[str, object] | None) -> None:
        """Note the request as it came."""
        self.text = text
        self.traced = self.traced or bool(extensions and extensions.get("trace") is True)

    def runs(self, kind: str, name: str | None, single: bool) -> None:
        """Note which operation was found in it, and whether it has one root field only."""
        self.kind, self.name, self.single = kind, name and name[:LONGEST_NAME], single

    def fails(self, code: str) -> None:
        """Note a failure; the first counts."""
        if self.outcome == OK:
            self.outcome = code

    def answers(self, result: Mapping[str, Any]) -> None:
        """Note what went wrong in a result."""
        for error in result.get("errors") or ():
            self.fails(code_in(error))

    def includes(self, position: int) -> None:
        """Note that what is read from now on includes a position; it counts if nothing was read before."""
        if self.single:
            self.position = max(self.position, position)

    def renews(self, position: int) -> None:
        """Begin the next result of a subscription."""
        self.position, self.began = position, perf_counter()
        self.spent.clear()

    @property
    def header(self) -> tuple[bytes, bytes]:
        """The response's header with the request's id."""
        return b"x-request-id", self.correlation.encode()

    def answering(self, send: Send) -> Send:
        """The same `send`, with the request's id among the response's headers."""
        header = self.header

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        return sending


def code_in(error: Mapping[str, Any]) -> str:
    """The code of an error as it is sent."""
    code: str = error.get("extensions", {}).get("code", "GRAPHQL_ERROR")
    return code


Observer: TypeAlias = Callable[[Observation], None]
"""Called once for each operation, when it has ended."""

running: set[Observation] = set()
"""The operations of this process that have not ended."""
_current: ContextVar[Observation | None] = ContextVar("observation", default=None)


def current() -> Observation | None:
    """The operation that runs here, if any does."""
    return _current.get()


def _describe(started: Span, seen: Observation) -> None:
    if not started.is_recording():
        return
    started.update_name(seen.kind)
    facts = {
        "graphql.operation.type": seen.kind,
        "graphql.operation.name": seen.name,
        "graphql.document.sha256": seen.document,
        "chuishao.correlation": seen.correlation,
        "chuishao.role": seen.role,
        "chuishao.outcome": seen.outcome,
    }
    started.set_attributes({name: value for name, value in facts.items() if value is not None})
    if seen.outcome in FAULTS:
        fail(started, seen.outcome)


class observed:  # noqa: N801 used like a function; a generator would cost every request twice as much
    """Observe one operation from its beginning to its end."""

    __slots__ = ("_began", "_observers", "_seen", "_span", "_tokens")

    def __init__(
        self, observers: Sequence[Observer], transport: Transport, headers: Mapping[str, str]
    ) -> None:
        asked = headers.get("x-request-id") if transport == "http" else None
        self._seen = Observation(
            asked if asked and REQUEST_ID.fullmatch(asked) else _fresh(),
            transport,
            traced=headers.get("x-chuishao-trace") == "1",
        )
        self._observers = observers
        self._span = (
            span("operation", kind_of=SpanKind.SERVER, headers=headers)
            if spans.exported()
            else nullcontext(None)
        )

    def __enter__(self) -> Observation:
        seen = self._seen
        self._tokens = _current.set(seen), SPENT.set(seen.spent)
        running.add(seen)
        self._began = seen.began
        if (started := self._span.__enter__()) is not None:
            seen.span = started
        return seen

    def __exit__(self, *raised: Any) -> None:
        seen = self._seen
        if seen.span is not None and raised[0] is None:
            _describe(seen.span, seen)
        self._span.__exit__(*raised)
        running.discard(seen)
        seen.began = self._began
        for observer in self._observers:
            observer(seen)
        _current.reset(self._tokens[0])
        SPENT.reset(self._tokens[1])


def _fresh() -> str:
    """An id that no other request has; nobody needs to be kept from guessing it."""
    bits = getrandbits(128) & ~(0xF000 << 64 | 0xC000 << 48) | 0x4000 << 64 | 0x8000 << 48  # version 4
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
