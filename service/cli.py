"""The command `chuishao`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from graphql import GraphQLError
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

from chuishao.commands.execution import Executor
from chuishao.domain.actor import Actor
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Unavailable, connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import MigrationChanged
from chuishao.graphql.endpoint.documents import BadDocuments
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.evolution import changes
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.rebuild import rebuild as rebuild_projection
from chuishao.projections.status import standings
from chuishao.service.claims import ClaimNames, actor_of, claims_of
from chuishao.service.database import database, make_ready, opened
from chuishao.service.demo import UnknownDistrict, Wish, play, progress_bar
from chuishao.service.importer import BadFile, import_divisions, read_divisions
from chuishao.service.keys import load_key, load_token_key
from chuishao.service.options import told
from chuishao.service.postgres import PostgresUnavailable
from chuishao.service.settings import Settings, WrongSetting
from chuishao.service.tokens import mint

console = Console(width=None if sys.stdout.isatty() else 110)
app = typer.Typer(
    help="Chuishao 吹哨: the open core of grassroots governance.", no_args_is_help=True, add_completion=False
)
imports = typer.Typer(help="Import data from files.", no_args_is_help=True)
app.add_typer(imports, name="import")

EXPECTED = (
    Unavailable,
    PostgresUnavailable,
    MigrationChanged,
    WrongSetting,
    BadFile,
    UnknownDistrict,
    BadDocuments,
    Refusal,
)
"""What a person can do something about: told in one line, without a traceback."""


def main() -> None:
    """Run the command line; what a person can mend is one line and exit code 2."""
    try:
        raise SystemExit(app(standalone_mode=False) or 0)
    except* EXPECTED as group:
        _end(str(_first(group)))
    except* TyperException as group:
        error = _first(group)
        _end(" ".join(getattr(error, "format_message", error.__str__)().split()))
    except* (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None


def _first(error: BaseException) -> BaseException:
    """The first of grouped errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _end(message: str) -> None:
    if message:  # help that was printed says it all
        print(f"chuishao: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(2) from None


def _run(settings: Settings, work: Callable[[EventLog], Awaitable[None]]) -> None:
    """Run some work on the log of a migrated database."""

    async def inside(url: str) -> None:
        async with opened(url) as log:
            await _make_ready(log, settings)
            await work(log)

    with database(settings) as url:
        asyncio.run(inside(url))


async def _make_ready(log: EventLog, settings: Settings) -> None:
    bar = progress_bar(console)
    tasks: dict[str, Any] = {}

    def show(name: str, position: int, head: int) -> None:
        bar.start()
        if name not in tasks:
            tasks[name] = bar.add_task(f"Rebuilding {name}", total=head)
        bar.update(tasks[name], completed=position, total=head)

    try:
        await make_ready(log, load_key(settings.data_dir), show)
    finally:
        if tasks:
            bar.stop()


@app.command()
@told()
def serve(settings: Settings) -> None:
    """Serve the API, with GraphiQL, on http://HOST:PORT/graphql."""
    _serve(settings)


def _serve(settings: Settings, prepare: Callable[[EventLog], Awaitable[None]] | None = None) -> None:
    from chuishao.service.server import require_free, run  # noqa: PLC0415 the schema takes a moment to build

    require_free(settings)
    if settings.documents is not None:
        from chuishao.service.registry import checked  # noqa: PLC0415 as above

        checked(settings.documents, _engine(settings))

    async def inside(url: str) -> None:
        async with opened(url) as log:
            await _make_ready(log, settings)
            if prepare is not None:
                await prepare(log)

    with database(settings) as url:
        asyncio.run(inside(url))
        run(settings.at(url))


@app.command()
@told()
def demo(
    settings: Settings,
    serve: Annotated[bool, typer.Option(help="Serve afterwards, or end with exit code 0.")] = True,
    cases: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many cases the working day has.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed plays the same day.")] = 1,
    district: Annotated[str, typer.Option(help="Code of the district to draw grids in.")] = "120101",
) -> None:
    """Import the real divisions of Tianjin, play a working day of cases, show the sums, and serve."""
    wish = Wish(district, cases, seed)

    async def show(log: EventLog) -> None:
        await play(log, load_key(settings.data_dir), wish, console)

    if not serve:
        _run(settings, show)
        return

    async def show_and_tell(log: EventLog) -> None:
        await show(log)
        _print_tokens(settings, wish.district)

    _serve(settings, show_and_tell)


def _print_tokens(settings: Settings, district: str) -> None:
    if not settings.believes_local_tokens:
        console.print(f"Tokens come from the identity provider {settings.jwt_issuer}.")
        return
    key = load_token_key(load_key(settings.data_dir))
    street = f"{district}001"
    shown = (
        Actor(f"street-officer-{street}", Role.STREET_OFFICER, street),
        Actor("auditor-1", Role.AUDITOR, ""),
        Actor("integrator-1", Role.INTEGRATOR, ""),
        Actor("administrator-1", Role.ADMINISTRATOR, ""),
    )
    console.print(
        "GraphiQL, signed in for a day. What stands behind #token= is the token for the header"
        " Authorization: Bearer … (make more with `chuishao token`):"
    )
    page = f"http://{settings.host}:{settings.port}/graphql"
    for actor in shown:
        console.print(f"  {actor.role.value} of {actor.scope or 'everywhere'}:", style="bold")
        made = mint(key, actor, timedelta(days=1), settings.jwt_audience)
        console.print(f"  {page}#token={made}", soft_wrap=True, highlight=False)


@app.command()
@told("database_url", "data_dir")
def migrate(settings: Settings) -> None:
    """Bring the database to this version: migrations, default policy, read models."""

    async def inside(url: str) -> None:
        async with opened(url) as log:
            migrations, rebuilt = await make_ready(log, load_key(settings.data_dir))
            console.print(f"Migrations applied: {', '.join(migrations) or 'none were missing'}.")
            console.print(f"Read models rebuilt: {', '.join(rebuilt) or 'none were out of date'}.")

    with database(settings) as url:
        asyncio.run(inside(url))


@imports.command("divisions")
@told("database_url", "data_dir")
def import_divisions_file(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="CSV with the columns code,name,level,parent_code.")],
    effective_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="From which day the names and codes hold; today."),
    ] = None,
) -> None:
    """Import divisions; a file with any fault is refused whole."""
    since = (effective_from or datetime.now(UTC)).date()

    async def work(log: EventLog) -> None:
        engine = Engine(Feed(log), PROJECTIONS)
        await engine.catch_up()  # an import that was cut off left it behind
        async with connected(log.pool) as connection:
            known = [row["code"] for row in await connection.fetch("SELECT code FROM divisions.division")]
        rows = read_divisions(file, known)
        with progress_bar(console) as bar:
            task = bar.add_task("Divisions 行政区划", total=len(rows))
            executor = Executor(log, load_key(settings.data_dir))
            changed = await import_divisions(executor, rows, since, lambda done: bar.advance(task, done))
        await engine.catch_up()
        console.print(f"{len(rows):,} rows read, {changed:,} divisions registered or renamed.")

    _run(settings, work)


def _engine(settings: Settings) -> Any:
    """The engine that documents are checked by."""
    from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine  # noqa: PLC0415 only some commands need it
    from chuishao.graphql.schema import schema as served  # noqa: PLC0415 the schema takes a moment to build

    return GraphQLEngine(served, limits=settings.limits)


@app.command()
@told("cost")
def documents(
    settings: Settings,
    path: Annotated[Path, typer.Argument(help="Folder of .graphql files, or a manifest.")],
) -> None:
    """Check documents against the schema and the limits; print the identifier of each, to be registered."""
    from chuishao.service.registry import checked, listed  # noqa: PLC0415 the schema takes a moment to build

    engine = _engine(settings)
    for shown in listed(checked(path, engine), engine):
        sys.stdout.write("  ".join(map(str, shown)) + "\n")


@app.command()
def schema(
    against: Annotated[
        Path | None,
        typer.Option(
            help="An older SDL: say what has changed since, and fail where its clients would break."
        ),
    ] = None,
) -> None:
    """Print the GraphQL schema in its definition language, or what has changed since an older one."""
    from chuishao.graphql.schema import sdl  # noqa: PLC0415 the schema takes a moment to build

    if against is None:
        sys.stdout.write(sdl())
        return
    try:
        older = against.read_text(encoding="utf-8")
        found = changes(older, sdl(), datetime.now(UTC).date())
    except (OSError, ValueError, GraphQLError) as error:
        _end(f"{against} cannot be compared with: {error}")
    for kind in ("breaking", "dangerous", "deprecated", "added"):
        for sentence in getattr(found, kind):
            sys.stdout.write(f"{kind:<10}  {sentence}\n")
    if found.breaking:
        raise typer.Exit(1)


@app.command()
@told("database_url", "data_dir")
def rebuild(
    settings: Settings,
    projection: Annotated[str, typer.Argument(help="Its name, as `status` shows it.")],
) -> None:
    """Rebuild a read model from the log, beside the present one, and flip to it."""
    known = {entry.name: entry for entry in PROJECTIONS}
    if projection not in known:
        raise WrongSetting(f"there is no read model {projection!r}; there are {', '.join(known)}")

    async def work(log: EventLog) -> None:
        with progress_bar(console) as bar:
            task = bar.add_task(f"Rebuilding {projection}", total=await log.head())

            def show(_name: str, position: int, head: int) -> None:
                bar.update(task, completed=position, total=head)

            position = await rebuild_projection(log, known[projection], show)
        console.print(f"{projection} is rebuilt up to position {position:,}.")

    _run(settings, work)


@app.command()
@told("database_url", "data_dir")
def status(settings: Settings) -> None:
    """Show the head of the log and where each read model stands."""

    async def work(log: EventLog) -> None:
        async with connected(log.pool) as connection:
            rows = await standings(connection, log.id)
        table = Table(title=f"The log ends at position {await log.head():,}")
        for heading in ("read model", "version", "position", "lag", "state", "parked", "error"):
            table.add_column(
                heading, justify="left" if heading in ("read model", "state", "error") else "right"
            )
        for row in rows:
            cells = (row.name, row.version, f"{row.position:,}", f"{row.lag:,}", row.status, row.parked)
            table.add_row(*map(str, cells), row.error or "")
        console.print(table)

    _run(settings, work)


@app.command()
@told("database_url", "data_dir", "jwks_url", "jwt_issuer", "jwt_audience", "local_tokens")
def token(
    settings: Settings,
    role: Annotated[Role, typer.Option(help="The role to act in.", case_sensitive=False)],
    scope: Annotated[str, typer.Option(help="Division- or grid-code prefix; empty is everywhere.")] = "",
    actor: Annotated[str | None, typer.Option(help="Identifier of the actor; the role if left out.")] = None,
    department: Annotated[
        UUID | None, typer.Option(help="The department a department officer acts for.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 31, help="How long it holds.")] = 24,
) -> None:
    """Mint a token for development; only beside the embedded database."""
    if not settings.believes_local_tokens:
        raise WrongSetting("tokens are made by the identity provider; with --local-tokens, here too")
    if settings.database_url is not None:
        raise WrongSetting("tokens are minted only beside the embedded database; leave --database-url out")
    if not (settings.data_dir / "postgres").exists():
        raise WrongSetting(
            f"there is no embedded database in {settings.data_dir}; run `chuishao serve` or `demo` first"
        )
    name = actor or role.value.lower().replace("_", "-") + "-1"
    made = Actor(name, role, scope, department)
    try:
        actor_of(claims_of(made), ClaimNames())
    except ApiError as error:
        raise WrongSetting(error.message) from error
    key = load_token_key(load_key(settings.data_dir))
    sys.stdout.write(mint(key, made, timedelta(hours=hours), settings.jwt_audience) + "\n")
