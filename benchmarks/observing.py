"""What it costs to be observed: the same requests with figures, lines, traces and spans, and without.

Requests go straight into the application, without a socket, one after another; the contenders take turns.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from unittest.mock import patch

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from rich.table import Table
from starlette.applications import Starlette

from chuishao.eventlog import spans
from chuishao.eventlog.feed import Feed
from chuishao.graphql.endpoint import http
from chuishao.graphql.endpoint.observation import Observation
from chuishao.graphql.schema import operations
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine as CatchUp
from chuishao.service.app import make_app, open_routes
from chuishao.service.database import make_ready, opened
from chuishao.service.logs import JsonLines
from chuishao.service.settings import Settings
from tests.town import KEY, make_town

CASES = 10
ROUNDS, REQUESTS = 12, 20
BARE = "nothing at all"
OPERATIONS = {
    "smallest": "{ __typename }",
    "a list of ten cases": operations()["frontend_cases_of_a_grid"],
}
Switch = Callable[["Server"], Any]


class Nowhere(SpanExporter):
    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


@dataclass
class Server:
    app: Starlette
    endpoint: Any
    observers: Any

    async def ask(self, body: bytes) -> None:
        """One request, up to its last byte."""
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
        scope = {
            "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http",
        }  # fmt: skip
        await self.app(scope, receive, send)
        assert b'"errors"' not in said[-1]["body"], said


@contextmanager
def bare(server: Server) -> Iterator[None]:
    """As if nothing of this had been written: nobody observes, nothing is counted or sent."""

    @contextmanager
    def unobserved(*_: Any) -> Iterator[Observation]:
        yield silent

    silent = Observation("none")
    with (
        patch.object(http, "observed", unobserved),
        patch.object(Observation, "answering", lambda _self, send: send),
        figures(server, observers=()),
    ):
        yield


@contextmanager
def figures(server: Server, observers: Any = None) -> Iterator[None]:
    """`/metrics` is kept, and no line is written."""
    server.endpoint._engine.observers = server.observers if observers is None else observers
    logging.getLogger("chuishao").setLevel(logging.WARNING)
    yield


@contextmanager
def lines(server: Server) -> Iterator[None]:
    """As shipped: figures, and a line of JSON for each operation."""
    with figures(server):
        logging.getLogger("chuishao").setLevel(logging.INFO)
        yield


@contextmanager
def sent(server: Server) -> Iterator[None]:
    """As shipped, and every span is sent to an exporter that drops it."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    with (
        patch.object(spans, "_tracer", provider.get_tracer("chuishao")),
        patch.object(spans, "exported", lambda: True),
        lines(server),
    ):
        yield
    provider.shutdown()


CONTENDERS: dict[str, tuple[Switch, bool]] = {
    BARE: (bare, False),
    "everything off": (lambda server: figures(server, ()), False),
    "figures": (figures, False),
    "figures and lines (as shipped)": (lines, False),
    "and a trace in the answer": (lines, True),
    "and all spans": (sent, False),
}


@dataclass
class Measured:
    """Microseconds of processor time of a request, by operation and contender, for each round."""

    rounds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def ratio(self, operation: str, name: str) -> float:
        pairs = zip(self.rounds[operation, name], self.rounds[operation, BARE], strict=True)
        return median(mine / bare for mine, bare in pairs)

    def as_json(self) -> dict[str, dict[str, float]]:
        return {
            operation: {name: round(self.ratio(operation, name), 2) for name in CONTENDERS if name != BARE}
            for operation in OPERATIONS
        }


def measure(url: str) -> Measured:
    """Ask each operation by each contender in turn."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        handler = logging.StreamHandler(nowhere)
        handler.setFormatter(JsonLines())
        logging.getLogger("chuishao").addHandler(handler)
        try:
            return asyncio.run(_measure(url))
        finally:
            logging.getLogger("chuishao").removeHandler(handler)


async def _measure(url: str) -> Measured:
    found = Measured()
    names = list(CONTENDERS)
    async with _serving(url) as server:
        for number in range(ROUNDS):
            for operation, document in OPERATIONS.items():
                turn = number % len(names)
                for name in names[turn:] + names[:turn]:
                    switch, traced = CONTENDERS[name]
                    body = json.dumps({"query": document, "extensions": {"trace": traced}}).encode()
                    with switch(server):
                        seconds = await _busy(server, body)
                    found.rounds.setdefault((operation, name), []).append(1e6 * seconds)
    return found


async def _busy(server: Server, body: bytes) -> float:
    """Seconds of processor time that a request takes in this process; what others do does not count."""
    began = time.process_time()
    for _ in range(REQUESTS):
        await server.ask(body)
    return (time.process_time() - began) / REQUESTS


@asynccontextmanager
async def _serving(url: str) -> AsyncIterator[Server]:
    async with opened(url) as log:
        await make_ready(log, KEY)
        town = await make_town(log)
        for _ in range(CASES):
            await town.assigned()
        await CatchUp(Feed(log), PROJECTIONS).catch_up()
    app = make_app(url, KEY, Settings(rate=0))
    endpoint: Any = open_routes.pop()[0]
    async with app.router.lifespan_context(app):
        yield Server(app, endpoint.app, endpoint.app._engine.observers)


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title=f"Processor time of a request: median of {ROUNDS} rounds, and times that of {BARE}")
    shown.add_column("")
    for operation in OPERATIONS:
        shown.add_column(f"{operation}: µs", justify="right")
        shown.add_column("times", justify="right")
    for name in CONTENDERS:
        cells = [name]
        for operation in OPERATIONS:
            cells.append(f"{median(found.rounds[operation, name]):,.0f}")
            cells.append(f"{found.ratio(operation, name):.2f}")
        shown.add_row(*cells)
    return shown
