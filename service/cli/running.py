"""What commands share: the console, the errors a person can mend, work on the log of a ready database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from rich.console import Console

from chuishao.eventlog.connection import Unavailable, connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import missing
from chuishao.projections.rebuild import Poisoned
from chuishao.projections.status import Standing, standings
from chuishao.service.database import database, make_ready, opened
from chuishao.service.keys import load_key
from chuishao.service.progress import shown
from chuishao.service.settings import Settings

console = Console(width=None if sys.stdout.isatty() else 110)


def run_on_log(
    settings: Settings, work: Callable[[EventLog], Awaitable[None]], *, even_poisoned: bool = False
) -> None:
    """Run some work on the log of a migrated database; if need be where a read model could not be made."""

    async def inside(url: str) -> None:
        async with opened(url) as log:
            try:
                await show_ready(log, settings)
            except Poisoned as poisoned:
                if not even_poisoned:
                    raise
                console.print(str(poisoned), style="yellow", highlight=False, soft_wrap=True)
            await work(log)

    with database(settings) as url:
        asyncio.run(inside(url))


def on_log(settings: Settings, work: Callable[[EventLog], Awaitable[None]]) -> None:
    """Run some work on the log as it is: nothing is migrated, recorded or rebuilt for it."""

    async def inside(url: str) -> None:
        async with opened(url, size=4) as log:
            async with connected(log.pool) as connection:
                lacking = await missing(connection)
            if lacking:
                raise Unavailable(f"the database lacks {', '.join(lacking)}; run `chuishao migrate` first")
            await work(log)

    with database(settings) as url:
        asyncio.run(inside(url))


async def show_ready(log: EventLog, settings: Settings) -> tuple[list[str], list[str]]:
    """Bring the database to this version, showing where read models are made anew; say which have stopped.

    Gives the migrations applied and the read models rebuilt.
    """
    with shown(console) as progress:
        done = await make_ready(log, load_key(settings.data_dir), progress, settings.poison_policy)
    async with connected(log.pool) as connection:
        for standing in await standings(connection, log.id):
            if standing.status == "stopped":
                announce(standing)
    return done


def announce(standing: Standing) -> None:
    """One line about a read model that has stopped."""
    console.print(
        f"Read model {standing.name} has stopped {standing.error}; it shows what it had folded. Mend the"
        f" cause, then run `chuishao parked retry {standing.name}` or `chuishao rebuild {standing.name}`.",
        style="yellow",
        highlight=False,
        soft_wrap=True,
    )
