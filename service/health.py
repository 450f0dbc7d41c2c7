"""存活与就绪 Whether this process answers, and whether it should be given work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from chuishao.eventlog.connection import Unavailable, connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import missing
from chuishao.graphql.context import Services
from chuishao.projections.projection import Projection
from chuishao.projections.status import Standing, standings

WITHIN = 2.0
"""Seconds that the database may take to answer."""
FARTHEST = 10_000
"""Events that a read model may be behind the log."""
_FRESH = {"cache-control": "no-store"}


@dataclass
class Health:
    """What one process knows of itself: its services while they run, and whether it was told to stop."""

    running: Callable[[], Services | None]
    projections: Sequence[Projection]
    farthest: int = FARTHEST
    within: float = WITHIN
    stopping: bool = field(default=False, init=False)

    def routes(self) -> list[BaseRoute]:
        """`/health/live` and `/health/ready`."""
        return [Route("/health/live", self._live), Route("/health/ready", self._ready)]

    async def problems(self) -> list[str]:
        """What keeps the process from being given work; nothing where it is ready."""
        services = self.running()
        if self.stopping:
            return ["the server is stopping"]
        if services is None:
            return ["the server is starting"]
        try:
            async with asyncio.timeout(self.within):
                return await self._wrong(services.log)
        except TimeoutError:
            return [f"the database did not answer within {self.within:g} seconds"]
        except (Unavailable, asyncpg.PostgresError):
            return ["the database cannot be reached"]

    async def _wrong(self, log: EventLog) -> list[str]:
        async with connected(log.pool) as connection:
            lacking = await missing(connection)
            if lacking:
                return [f"migration {name} has not been applied" for name in lacking]
            found = {row.name: row for row in await standings(connection, log.id)}
        wrong: list[str] = []
        for projection in self.projections:
            wrong += self._wrong_with(projection, found.get(projection.name))
        return wrong

    def _wrong_with(self, projection: Projection, standing: Standing | None) -> list[str]:
        name = projection.name
        if standing is None or (standing.version, standing.fingerprint) != projection.code:
            return [f"read model {name} is not of this version; restart, or run `chuishao migrate`"]
        if standing.status != "live":
            return [f"read model {name} is {standing.status} at position {standing.position}"]
        if standing.lag > self.farthest:
            return [f"read model {name} is {standing.lag} events behind; at most {self.farthest} are ready"]
        return []

    async def _live(self, _request: Request) -> JSONResponse:
        return JSONResponse({"status": "live"}, headers=_FRESH)

    async def _ready(self, _request: Request) -> JSONResponse:
        problems = await self.problems()
        if problems:
            return JSONResponse({"status": "not ready", "problems": problems}, 503, headers=_FRESH)
        return JSONResponse({"status": "ready", "problems": [], **self._notices()}, headers=_FRESH)

    def _notices(self) -> dict[str, list[str]]:
        """What somebody must look into although work may be sent: a log that was set back."""
        services = self.running()
        set_back = services.feed.set_back if services is not None else []
        return {"notices": [str(noticed) for noticed in set_back]} if set_back else {}
