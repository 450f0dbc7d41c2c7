"""公开瓦片 `/seal/checkpoint` and `/seal/tile/…`: the tree as c2sp.org/tlog-tiles lays it out, for everybody.

Hashes say nothing about what was hashed: each leaf is taken over a random command id, too. So witnesses and
monitors that exist may follow the log without an account.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.merkle import HASH
from chuishao.eventlog.sealer import newest_checkpoint
from chuishao.eventlog.tiles import WIDTH, read_tile

_INDEX = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_HIGHEST = 7
"""The highest level of tiles that positions of 63 bits can fill."""
_FRESH = {"cache-control": "no-store"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


class Tiles:
    """Answers with the newest checkpoint, and with tiles by level and index."""

    def __init__(self, running: Callable[[], EventLog | None]) -> None:
        self._running = running

    def routes(self) -> list[BaseRoute]:
        """The two addresses."""
        return [
            Route("/seal/checkpoint", self._checkpoint),
            Route("/seal/tile/{level:int}/{index:path}", self._tile),
        ]

    async def _checkpoint(self, _request: Request) -> Response:
        log = self._running()
        if log is None:
            return _none("the server is starting or stopping", 503)
        async with connected(log.pool) as connection:
            newest = await newest_checkpoint(connection, log.id)
        return PlainTextResponse(newest.text, headers=_FRESH) if newest else _none("nothing is sealed yet")

    async def _tile(self, request: Request) -> Response:
        log = self._running()
        found = _INDEX.fullmatch(request.path_params["index"])
        level = request.path_params["level"]
        width = int(found[2] or WIDTH) if found else 0
        if found is None or level > _HIGHEST or not (width < WIDTH or found[2] is None):
            return _none("a tile is like tile/0/x001/234.p/56: level, index in groups of three digits, width")
        if log is None:
            return _none("the server is starting or stopping", 503)
        index = int(found[1].replace("x", "").replace("/", ""))
        async with connected(log.pool) as connection:
            hashes = await read_tile(connection, log.id, (level, index))
        if len(hashes) < width * HASH:
            return _none("no checkpoint covers such a tile yet")
        headers = _FOREVER  # a tile only grows, and its beginning of a width never changes
        return Response(hashes[: width * HASH], media_type="application/octet-stream", headers=headers)


def _none(reason: str, status: int = 404) -> Response:
    return PlainTextResponse(reason + "\n", status, headers=_FRESH)
