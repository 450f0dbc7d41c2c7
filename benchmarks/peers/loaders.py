"""strawberry with DataLoaders on Starlette, as its documentation teaches it and a team would run it.

    python -m benchmarks.peers.loaders PORT DATABASE_URL POOL

Documents are parsed and validated once; every row comes through a loader or a list of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import strawberry
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers.serving import open_pool, run
from chuishao.eventlog.sql import statements

_SQL = statements("benchmarks.peers", "loaders.sql")
Info: TypeAlias = strawberry.Info["Loaders", None]


class Loaders:
    """The loaders of one request."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.grid: DataLoader[str, Grid | None] = DataLoader(self._by("grids", Grid))
        self.division: DataLoader[str, Division | None] = DataLoader(self._by("divisions", Division))
        self.worker: DataLoader[UUID, Worker | None] = DataLoader(self._by("workers", Worker))
        self.tally: DataLoader[str, Tally | None] = DataLoader(self._tallies)
        self.history: DataLoader[UUID, list[Entry]] = DataLoader(self._histories)

    def _by(self, statement: str, kind: Any) -> Any:
        """Load rows by the first of their columns."""

        async def load(keys: list[Any]) -> list[Any]:
            rows = await self.pool.fetch(_SQL[statement], keys)
            found = {row[0]: kind(**row) for row in rows}
            return [found.get(key) for key in keys]

        return load

    async def _tallies(self, keys: list[str]) -> list[Tally | None]:
        rows = await self.pool.fetch(_SQL["tallies"], keys)
        found = {row["place"]: _tally(row["counts"]) for row in rows}
        return [found.get(key) for key in keys]

    async def _histories(self, keys: list[UUID]) -> Sequence[list[Entry]]:
        found: dict[UUID, list[Entry]] = {key: [] for key in keys}
        for row in await self.pool.fetch(_SQL["history"], keys):
            found[row["case_id"]].append(_entry(row))
        return list(found.values())


@strawberry.type
class Division:
    code: str
    name: str
    level: str


@strawberry.type
class Worker:
    id: strawberry.ID
    label: str
    serving_since: datetime | None


@strawberry.type
class Tally:
    cases: int
    open: int
    resolved: int
    resolved_on_spot: int
    closed: int
    rated: int
    answered: int
    solved: int
    average_rating: float | None


def _tally(counts: list[int]) -> Tally:
    rated = counts[15]
    average = round(counts[18] / rated, 4) if rated else None
    return Tally(
        cases=counts[0], open=counts[1], resolved=counts[7], resolved_on_spot=counts[8], closed=counts[9],
        rated=rated, answered=counts[16], solved=counts[17], average_rating=average,
    )  # fmt: skip


@strawberry.type
class Grid:
    code: str
    name: str
    households: int
    worker_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def worker(self, info: Info) -> Worker | None:
        return await info.context.worker.load(self.worker_id) if self.worker_id else None

    @strawberry.field
    async def tally(self, info: Info) -> Tally | None:
        return await info.context.tally.load(self.code)


@strawberry.type
class Actor:
    id: str
    role: str
    unit: str
    scope: str | None


@strawberry.type
class Event:
    position: int
    type: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    place: str
    actor: Actor


@strawberry.type
class Entry:
    status: str
    tier: str | None
    holder: str
    event: Event


def _entry(row: Any) -> Entry:
    meta = json.loads(row["meta"])
    event = Event(
        position=row["position"], type=row["type"], version=row["version"], occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"], place=meta["place"],
        actor=Actor(id=meta["actor"], role=meta["role"], unit=meta["unit"], scope=meta["scope"]),
    )  # fmt: skip
    return Entry(status=row["status"], tier=row["tier"], holder=row["holder"], event=event)


@strawberry.type
class Case:
    id: strawberry.ID
    number: int
    status: str
    tier: str | None
    severity: str
    reported_at: datetime
    due_at: datetime | None
    holder: str
    assignee: str | None
    grid_code: strawberry.Private[str | None]
    community: strawberry.Private[str]

    @strawberry.field
    async def grid(self, info: Info) -> Grid | None:
        return await info.context.grid.load(self.grid_code) if self.grid_code else None

    @strawberry.field
    async def division(self, info: Info) -> Division | None:
        return await info.context.division.load(self.community)

    @strawberry.field
    async def history(self, info: Info) -> list[Entry]:
        return await info.context.history.load(UUID(str(self.id)))


@strawberry.type
class Query:
    @strawberry.field
    async def open_cases(self, info: Info, grid: str, first: int = 20) -> list[Case]:
        return [Case(**row) for row in await info.context.pool.fetch(_SQL["open_cases"], grid, first)]

    @strawberry.field
    async def case(self, info: Info, id: strawberry.ID) -> Case | None:  # noqa: A002
        row = await info.context.pool.fetchrow(_SQL["case"], UUID(id))
        return row and Case(**row)

    @strawberry.field
    async def grids(self, info: Info, place: str, first: int = 100) -> list[Grid]:
        return [Grid(**row) for row in await info.context.pool.fetch(_SQL["grids_of_place"], place, first)]


class Endpoint(GraphQL["Loaders", None]):
    """The schema, with new loaders for each request."""

    async def get_context(self, request: Any, response: Any) -> Loaders:
        return Loaders(request.app.state.pool)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.pool = await open_pool(sys.argv[2], int(sys.argv[3]))
    yield
    await app.state.pool.close()


if __name__ == "__main__":
    schema = strawberry.Schema(
        query=Query, extensions=[lambda: ParserCache(maxsize=1000), lambda: ValidationCache(maxsize=1000)]
    )
    app = Starlette(lifespan=_lifespan)
    app.add_route("/graphql", Endpoint(schema, graphql_ide=None))  # type: ignore[arg-type]
    run(app)
