"""The toy schema behind a real server on a free port, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import Queue
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.asgi import GraphQLRoutes, graphql_routes
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.execution import Engine
from chuishao.graphql.endpoint.limits import Limits
from chuishao.service.connections import HttpConnection
from chuishao.service.sockets import SocketConnection
from tests.toy_schema import schema

_serial = count(1)
UNHURRIED = Limits(rate=0)
"""Nobody has a rate, so that every answer to the same question is the same."""


def billed(data: object, cost: int = 1) -> dict[str, object]:
    """A result as it is sent, with what it cost."""
    return {"data": data, "extensions": {"cost": {"requested": cost, "limit": UNHURRIED.cost}}}


async def make_context(
    connection: HTTPConnection, params: Mapping[str, object] | None, last_event_id: str | None
) -> object:
    token = (params or {}).get("token") or connection.headers.get("authorization")
    if token == "bad":
        raise ApiError(Phrase("The token is not valid.", "令牌无效。"), "UNAUTHENTICATED")
    if token == "forbidden":
        raise ApiError(Phrase("Not for you.", "无权执行。"), "FORBIDDEN")
    if token == "crash" or (token == "crash later" and hasattr(connection.state, "met")):
        raise ValueError("a secret of the server")
    connection.state.met = True
    return {"token": token, "lastEventId": last_event_id, "serial": next(_serial)}


def lifetime(context: object) -> float | None:
    return 0.2 if isinstance(context, dict) and context["token"] == "short" else None


@dataclass
class ToyServer:
    host: str
    routes: GraphQLRoutes
    loop: asyncio.AbstractEventLoop = field(repr=False)

    @property
    def http(self) -> str:
        return f"http://{self.host}/graphql"

    @property
    def ws(self) -> str:
        return f"ws://{self.host}/graphql"

    async def close_connections(self) -> None:
        """What the service does when it is told to stop."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.routes.close(), self.loop))


@contextmanager
def toy_server(
    limits: Limits = UNHURRIED, examples: tuple[str, ...] = ("{ hello }",), **more: Any
) -> Iterator[ToyServer]:
    engine = more.pop("engine", None) or Engine(schema, limits=limits)
    routes = graphql_routes(engine, make_context, examples=examples, lifetime=lifetime, **more)
    config = uvicorn.Config(
        Starlette(routes=routes),
        loop="uvloop",
        http=HttpConnection,
        ws=SocketConnection,
        log_level="warning",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    loops: Queue[asyncio.AbstractEventLoop] = Queue()

    def run() -> None:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            loops.put(runner.get_loop())
            runner.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    toy = ToyServer(host, routes, loops.get(timeout=10))
    try:
        yield toy
    finally:
        asyncio.run_coroutine_threadsafe(routes.close(), toy.loop).result(10)
        server.should_exit = True
        thread.join(10)
        listener.close()
