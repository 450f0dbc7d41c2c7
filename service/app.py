"""The ASGI application of one server process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from chuishao.commands.execution import Executor
from chuishao.domain.actor import ANONYMOUS
from chuishao.eventlog import spans
from chuishao.eventlog.aggregates import makers
from chuishao.eventlog.connection import Unavailable, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.lanes import Lanes
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import Sealer
from chuishao.graphql.as_of import DIRECTIVES
from chuishao.graphql.compiled.plan import plan
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.asgi import GraphQLRoutes, graphql_routes
from chuishao.graphql.endpoint.documents import Documents, read_documents
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.endpoint.limits import STATEMENT_SHARE
from chuishao.graphql.endpoint.origin import PREFLIGHTED
from chuishao.graphql.endpoint.rate import address
from chuishao.graphql.endpoint.trace import begin
from chuishao.graphql.schema import operations, schema
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.poison import OnPoison
from chuishao.reactions.catalogue import REACTIONS, TIMED
from chuishao.reactions.follower import Reactions
from chuishao.service import telemetry
from chuishao.service.claims import ClaimNames
from chuishao.service.figures import Figures
from chuishao.service.health import Health
from chuishao.service.keys import load_key, load_seal_key, load_token_key
from chuishao.service.logs import configure, log_operation
from chuishao.service.metrics import Scrape
from chuishao.service.provider import Provider
from chuishao.service.refusals import refused
from chuishao.service.settings import Settings
from chuishao.service.tiles import Tiles
from chuishao.service.tokens import Trust, bearer
from chuishao.service.witness import watching

FIRST_TABS = ("frontend_cases_of_a_grid", "auditor_trace_a_case", "integrator_follow_events")
"""The example operations that the explorer opens: one for each audience."""
WITNESSED_EVERY = 60
"""Seconds between looks for a checkpoint to be witnessed, where this process seals none."""
PARTITIONS_EVERY = 600
"""Seconds between looks whether the log needs a further partition."""
LANES_OF_COMMANDS = 3
"""Connections kept at hand for appending, for what commands load, and for following the log."""
FOLDING_SECONDS = 300
"""Seconds without an answer after which a line is taken for dead; no fold of a batch takes so long."""
DEFAULTS = Settings()
open_routes: list[GraphQLRoutes] = []
"""The routes of this process, to be closed before the server waits for its connections."""
healths: list[Health] = []
"""What this process knows of itself, to be told first that it stops."""


@dataclass
class Authenticated(Context):
    """A context that ends with its token."""

    expires_at: datetime | None = None


@asynccontextmanager
async def services(
    database_url: str,
    key: bytes,
    statement_seconds: float | None = None,
    on_poison: OnPoison = "stop",
    seal_every: float = 0,
    reacts: bool = False,
) -> AsyncIterator[Services]:
    """Everything a process offers to operations, running; stopped in order at the end.

    What folds and seals has connections of its own: nobody's questions use them up, and no fold and no seal
    is given up for taking long.
    """
    spans.look()
    pool = await open_pool(database_url, statement_seconds=statement_seconds)
    folding = await open_pool(database_url, size=3, command_timeout=FOLDING_SECONDS)
    log = EventLog(pool, lanes=Lanes(pool, LANES_OF_COMMANDS))
    feed = Feed(log)
    engine = Engine(feed, PROJECTIONS, on_poison=on_poison, pool=folding)
    partitions = asyncio.create_task(_keep_partitions(EventLog(folding)))
    sealer = Sealer(EventLog(folding), load_seal_key(key), seal_every)
    executor = Executor(log, key)
    reactions = Reactions(feed, engine, executor, REACTIONS if reacts else (), TIMED if reacts else ())
    try:
        await asyncio.to_thread(makers)  # else the first command would wait for it
        await feed.start()
        engine.start()
        reactions.start()
        if seal_every:
            sealer.start()
        yield Services(log, feed, engine, executor, Lanes(pool))
    finally:
        partitions.cancel()
        await reactions.stop()
        await sealer.stop()
        await engine.stop()
        await log.writer.close()
        await log.aggregates.close()
        await feed.stop()
        folding.terminate()
        pool.terminate()


async def _keep_partitions(log: EventLog) -> None:
    """Make partitions ahead of the head, for a server that runs for months."""
    while True:
        await asyncio.sleep(PARTITIONS_EVERY)
        with contextlib.suppress(Unavailable):
            await log.make_partitions()


def create_app() -> Starlette:
    """The application, with the settings of the environment."""
    settings = Settings.from_environment()
    configure(settings.log_format, settings.log_level)
    telemetry.start()
    if settings.database_url is None:
        raise RuntimeError("the command line starts the embedded database and passes its URL")
    return make_app(settings.database_url, load_key(settings.data_dir), settings)


def trust_of(settings: Settings, key: bytes) -> Trust:
    """Whose tokens the settings believe."""
    return Trust(
        key=load_token_key(key) if settings.believes_local_tokens else None,
        provider=Provider(settings.jwks_url) if settings.jwks_url else None,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        names=ClaimNames(**settings.claim_names()),
    )


def make_app(
    database_url: str, key: bytes, settings: Settings = DEFAULTS, trust: Trust | None = None
) -> Starlette:
    """The application on a database that is migrated and prepared; whom it trusts is in the settings."""
    offered: list[Services] = []
    trusted = trust or trust_of(settings, key)

    async def make_context(
        connection: HTTPConnection, params: Mapping[str, object] | None, last_event_id: str | None
    ) -> Authenticated:
        token = bearer(connection.headers.get("authorization"), params)
        actor, expires_at = await trusted.verify(token) if token else (ANONYMOUS, None)
        context = Authenticated(offered[0], actor, last_event_id=last_event_id, expires_at=expires_at)
        await begin(context)
        return context

    figures = Figures()
    examples = operations()
    routes = graphql_routes(
        GraphQLEngine(
            schema,
            limits=settings.limits,
            observers=(log_operation, figures.operation),
            introspection=settings.introspection,
            documents=_documents(settings),
            planner=partial(plan, schema),
            directives=DIRECTIVES,
        ),
        make_context,
        examples=[examples[name] for name in FIRST_TABS],
        lifetime=lifetime,
        identify=asker,
        allowed_origins=settings.allow_origin,
        explorer=settings.graphiql,
    )

    scrape = Scrape(figures, routes, lambda: offered[-1] if offered else None)
    health = Health(scrape.running, PROJECTIONS)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        each = settings.execution_seconds * STATEMENT_SHARE
        policy, every = settings.poison_policy, settings.seal_every
        async with (
            services(database_url, key, each, policy, every, settings.reactions) as running,
            scrape.kept(running),
            watching(running.log, settings.witnesses, every or WITNESSED_EVERY),
        ):
            offered.append(running)
            yield
            await routes.close()
            await asyncio.sleep(0)

    open_routes.append(routes)
    healths.append(health)
    tiles = Tiles(lambda: offered[-1].log if offered else None)
    served: list[BaseRoute] = [*routes, *health.routes(), *tiles.routes()]
    if settings.metrics:
        served.append(scrape.route())
    if settings.graphiql:
        served.append(Route("/", _to_explorer))
    application = Application(
        routes=served,
        lifespan=lifespan,
        middleware=_cors(settings.allow_origin),
        exception_handlers={HTTPException: refused},
    )
    if not settings.allow_origin:
        application.direct = routes
    return application


class Application(Starlette):
    """Starlette, whose routes and middleware a request to the endpoint itself need not pass."""

    direct: GraphQLRoutes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection."""
        direct = self.direct
        if (
            direct is not None
            and scope["type"] == "http"
            and scope["path"] == direct.path
            and not scope.get("root_path")
        ):
            await direct.http(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _documents(settings: Settings) -> Documents:
    registered = read_documents(settings.documents) if settings.documents is not None else {}
    return Documents(registered, only=settings.trusted_only)


def _cors(allowed: Sequence[str]) -> list[Middleware]:
    """What tells browsers that pages of other sites may ask; without cookies, since tokens are no cookies."""
    if not allowed:
        return []
    headers = ("content-type", "last-event-id", "x-request-id", "x-chuishao-trace", *PREFLIGHTED)
    told = ("retry-after", "x-request-id")
    methods = ("GET", "POST")
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=methods,
            allow_headers=headers,
            expose_headers=told,
        )
    ]


def lifetime(context: object) -> float | None:
    """For how many seconds a context's token holds."""
    if isinstance(context, Authenticated) and context.expires_at is not None:
        return max(0.0, (context.expires_at - datetime.now(UTC)).total_seconds())
    return None


def asker(connection: HTTPConnection, context: object) -> str:
    """Whose allowance an operation uses: the actor's in the role, or that of the address without a token."""
    if isinstance(context, Context) and context.actor is not ANONYMOUS:
        return f"{context.actor.role.value} {context.actor.id}"
    return address(connection)


async def _to_explorer(_request: Request) -> RedirectResponse:
    return RedirectResponse("/graphql")
