"""The routes of the one GraphQL endpoint: HTTP, event streams and WebSockets, the explorer and its files."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from chuishao.graphql.endpoint.admission import Admission, Identify, by_address
from chuishao.graphql.endpoint.execution import Engine, Lifetime, MakeContext
from chuishao.graphql.endpoint.http import HttpEndpoint
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.origin import Origins
from chuishao.graphql.endpoint.sse import EventStreams
from chuishao.graphql.endpoint.websocket import WebSocketEndpoint

STATIC = Path(__file__).with_name("static")

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class GraphQLRoutes(list[BaseRoute]):
    """The routes, with the connections that are open behind them."""

    def __init__(
        self,
        path: str,
        http: ASGIApp,
        routes: Sequence[BaseRoute],
        streams: EventStreams,
        sockets: WebSocketEndpoint,
    ) -> None:
        super().__init__(routes)
        self.path = path
        self.http = http
        """What answers requests on the path, for a server that need not look for a route."""
        self._streams = streams
        self._sockets = sockets

    @property
    def open_sockets(self) -> int:
        """How many WebSockets are open."""
        return self._sockets.count

    @property
    def open_streams(self) -> int:
        """How many event streams are open."""
        return self._streams.count

    async def close(self) -> None:
        """Ends every event stream and closes every socket with 1001.

        Call it when the server is told to stop, before it waits for its connections to end.
        """
        await self._sockets.close()
        await self._streams.close()


def graphql_routes(
    engine: Engine,
    make_context: MakeContext,
    *,
    path: str = "/graphql",
    limits: Limits | None = None,
    examples: Sequence[str] = (),
    title: str = "Chuishao",
    lifetime: Lifetime | None = None,
    identify: Identify = by_address,
    allowed_origins: Sequence[str] = (),
    explorer: bool = True,
) -> GraphQLRoutes:
    """The routes for one engine; `examples` are documents that the explorer opens as its first tabs.

    `make_context` may raise ApiError with the code UNAUTHENTICATED or FORBIDDEN; `lifetime` ends a socket
    or stream after the seconds it gives for a context. `identify` names the asker whose allowance is used.
    `allowed_origins` are sites besides our own whose pages may ask; `explorer` off leaves its page out.
    """
    limits = limits or engine.limits
    streams = EventStreams(limits)
    page = HTMLResponse(
        _explorer(path, title, examples),
        headers={"content-security-policy": _PAGE_POLICY, "cache-control": "no-cache", "vary": "accept"},
    )
    admission = Admission(limits, identify)
    origins = Origins(allowed_origins)
    shown = page if explorer else None
    http = HttpEndpoint(engine, make_context, admission, limits, streams, shown, origins, lifetime)
    sockets = WebSocketEndpoint(engine, make_context, admission, limits, origins, lifetime)
    routes: list[BaseRoute] = [
        Route(path, http, name="graphql"),
        WebSocketRoute(path, sockets, name="graphql-socket"),
    ]
    if explorer:
        routes.append(Mount(f"{path}/static", _Files(directory=STATIC), name="graphql-static"))
    return GraphQLRoutes(path, http, routes, streams, sockets)


class _Files(StaticFiles):
    """The explorer's files, always whole: parts of them are asked for by nobody."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _explorer(path: str, title: str, examples: Sequence[str]) -> str:
    """The page of GraphiQL; relative addresses keep it working behind a prefix."""
    files = f"{path.rsplit('/', 1)[-1]}/static"
    settings = json.dumps({"examples": list(examples)}).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · GraphiQL</title>
<link rel="stylesheet" href="{files}/graphiql.min.css">
<link rel="stylesheet" href="{files}/explorer.css">
<body>
<div id="graphiql">Loading…</div>
<script id="settings" type="application/json">{settings}</script>
<script src="{files}/react.production.min.js"></script>
<script src="{files}/react-dom.production.min.js"></script>
<script src="{files}/graphiql.min.js"></script>
<script src="{files}/explorer.js"></script>
"""
