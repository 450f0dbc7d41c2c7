"""Serving the API, with or without a day that is played first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import typer

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.log import EventLog
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log, show_ready
from chuishao.service.cli.schema import checking_engine
from chuishao.service.database import database, opened
from chuishao.service.demo import Wish, play
from chuishao.service.keys import load_key, load_token_key
from chuishao.service.options import told
from chuishao.service.settings import Settings
from chuishao.service.tokens import mint


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

        checked(settings.documents, checking_engine(settings))

    async def inside(url: str) -> None:
        async with opened(url) as log:
            await show_ready(log, settings)
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
        run_on_log(settings, show)
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
