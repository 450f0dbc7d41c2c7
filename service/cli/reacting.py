"""Reactions: where they stand, what was refused, and what to do about one that has stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.reactions.catalogue import REACTIONS, TIMED
from chuishao.reactions.reaction import Around
from chuishao.reactions.standing import ReactionStanding, go_on, refusals, standings
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.options import told
from chuishao.service.settings import Settings, WrongSetting

reactions = typer.Typer(help="What is done because something happened.", no_args_is_help=True)
app.add_typer(reactions, name="reactions")
_TITLES = {reaction.name: reaction.title for reaction in REACTIONS}


@reactions.command("list")
@told("database_url", "data_dir")
def list_reactions(
    settings: Settings,
    refused: Annotated[bool, typer.Option("--refused", help="Their commands that were refused.")] = False,
) -> None:
    """Show where each reaction stands, or which of their commands were refused."""

    async def work(log: EventLog) -> None:
        if refused:
            for row in await refusals(log):
                what = f"{row.reaction}  {row.position}  {row.type}  {row.command}  {row.code}"
                console.print(f"{what}  {row.refused_at:%Y-%m-%d %H:%M:%S}Z", highlight=False, soft_wrap=True)
            return
        for standing in await standings(log):
            console.print(_line(standing), highlight=False, soft_wrap=True)
        around = Around(log, partial(connected, log.pool))
        for timed in TIMED:
            due = len(await timed.due(around, datetime.now(UTC), 0))
            console.print(
                f"{timed.name}  by the clock  {due} due  {timed.title}", highlight=False, soft_wrap=True
            )

    run_on_log(settings, work, even_poisoned=True)


@reactions.command()
@told("database_url", "data_dir")
def retry(settings: Settings, name: Annotated[str, typer.Argument(help="The reaction.")]) -> None:
    """Let a reaction that stopped try its event again."""
    _go_on(settings, name, past=False)


@reactions.command()
@told("database_url", "data_dir")
def skip(settings: Settings, name: Annotated[str, typer.Argument(help="The reaction.")]) -> None:
    """Let a reaction that stopped pass its event over."""
    _go_on(settings, name, past=True)


def _go_on(settings: Settings, name: str, *, past: bool) -> None:
    async def work(log: EventLog) -> None:
        if not await go_on(log, name, past=past):
            raise WrongSetting(f"reaction {name!r} has not stopped; `chuishao reactions list` shows them all")
        console.print(f"Reaction {name} goes on, as soon as a server runs.")

    run_on_log(settings, work, even_poisoned=True)


def _line(standing: ReactionStanding) -> str:
    stopped = f"  stopped at {standing.error}" if standing.status == "stopped" else ""
    where = f"{standing.name}  position {standing.position}  behind by {standing.lag}"
    return f"{where}  refused {standing.refused}{stopped}  {_TITLES.get(standing.name, '')}"
