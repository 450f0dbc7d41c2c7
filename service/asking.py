"""同口径取数 What the API answers, asked in this process: the same schema, everything of one moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from chuishao.commands.execution import Executor
from chuishao.domain.actor import Actor
from chuishao.domain.election.regime import day_of
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection, Unavailable, connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.schema import schema
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.past import AsOf, Past, as_of, position_of, required
from chuishao.projections.status import standings

READER = Actor("report", Role.AUDITOR, "")
"""Who asks: figures are published, and an auditor sees every case that is behind them."""
MONTHS = 12
"""How many a report looks back on, the present one included."""
_PATIENT = Limits(execution_seconds=600)
_EVERY = 10**12
"""Rows that are counted: nobody waits for an answer as behind a screen, and an estimate is no figure."""


class NotAnswered(Exception):
    """The schema refuses to answer; the message is its own."""


@dataclass
class _OneMoment(Context):
    """A context that reads everything in one transaction, one statement after the other."""

    connection: Connection | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """The one connection."""
        assert self.connection is not None
        async with self.turn:
            yield self.connection


@dataclass(frozen=True)
class Moment:
    """As of which position all is told, when that was recorded, where the log ended, when it was asked."""

    position: int
    recorded_at: datetime | None
    head: int
    asked_at: datetime


@dataclass(frozen=True)
class Asking:
    """The schema as of one moment."""

    services: Services
    connection: Connection
    moment: Moment
    past: Past | None = None
    """What `connection` reads instead of the present."""
    engine: GraphQLEngine = field(default_factory=lambda: GraphQLEngine(schema, limits=_PATIENT))

    async def ask(self, document: str, operation: str | None = None, **variables: Any) -> Any:
        """The data that a query answers; raises `NotAnswered`."""
        return await self.answer(GraphQLRequest(document, operation, variables))

    async def answer(self, request: GraphQLRequest) -> Any:
        """The data that a request is answered with; raises `NotAnswered`."""
        context = _OneMoment(
            self.services,
            READER,
            "en",
            now=self.moment.asked_at,
            past=self.past,
            counted_to=_EVERY,
            connection=self.connection,
        )
        try:
            operation = self.engine.prepare(request)
        except RequestRefused as refused:
            raise NotAnswered(refused.refusals[0].message) from refused
        if operation.kind != "query" or operation.definition.directives:
            raise NotAnswered("only queries are answered here, and without a directive behind their name")
        result: Any = await self.engine.execute(operation, request, context)
        if errors := result.get("errors"):
            raise NotAnswered(errors[0]["message"])
        return result["data"]

    async def every(self, document: str, operation: str | None = None, **variables: Any) -> list[Any]:
        """All nodes of a query's one list, page after page; it takes `$after`."""
        found: list[Any] = []
        after = None
        while True:
            (page,) = (await self.ask(document, operation, after=after, **variables)).values()
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    def period(self, since: date | None, until: date | None) -> tuple[date, date]:
        """The days asked for; what is left out makes it the twelve months up to the day of the last event."""
        until = until or day_of(self.moment.recorded_at or self.moment.asked_at)
        month = until.year * 12 + until.month - MONTHS
        return since or date(month // 12, month % 12 + 1, 1), until


@asynccontextmanager
async def asking(log: EventLog, at: AsOf | None = None) -> AsyncIterator[Asking]:
    """Ask the schema, once the read models have folded what is recorded; they are not made or remade.

    With `at` it answers as it did then; raises `PastNotKept` where nothing is kept of that.
    """
    services = await services_of(log, catch_up=at is None)
    past = None if at is None else await required(log, PROJECTIONS, await position_of(log, at))
    async with (
        connected(log.pool) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        if at is None or past is None:
            yield Asking(services, connection, await _moment(log, connection))
            return
        async with as_of(connection, log, past, PROJECTIONS) as then:
            moment = moment_of(past, past.asked_at(at, datetime.now(UTC)), await log.head())
            yield Asking(services, then, moment, past)


async def services_of(log: EventLog, *, catch_up: bool) -> Services:
    """What the schema is asked with; if they are to, the read models first fold what is recorded by now."""
    feed = Feed(log)
    engine = Engine(feed, PROJECTIONS)
    await engine.known.look()
    engine.known.require_own()
    if catch_up:
        await engine.catch_up()
    return Services(log, feed, engine, Executor(log, b""))


def moment_of(past: Past, asked_at: datetime, head: int) -> Moment:
    """What is told as of a past that is asked at a time."""
    return Moment(past.position, past.known_at, head, asked_at)


async def _moment(log: EventLog, connection: Connection) -> Moment:
    standing = {each.name: each for each in await standings(connection, log.id)}
    lacking = [projection.name for projection in PROJECTIONS if projection.name not in standing]
    if lacking:
        raise Unavailable(f"read models are missing ({', '.join(lacking)}); run `chuishao migrate` first")
    stopped = [each.name for each in standing.values() if each.status == "stopped"]
    if stopped:
        raise Unavailable(
            f"read models have stopped ({', '.join(stopped)}), so figures would be of different moments; "
            "see `chuishao status`, and ask again once that is mended"
        )
    position = min(each.position for each in standing.values())
    recorded_at = await log.recorded_at(connection, position)
    head = max(each.head for each in standing.values())
    return Moment(position, recorded_at, head, datetime.now(UTC))
