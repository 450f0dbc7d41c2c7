"""时点 What was known at earlier positions: made, listed, explained and dropped."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.past import drop as drop_past
from chuishao.projections.past import keep as keep_past
from chuishao.projections.past import kept, position_of
from chuishao.service.cli.app import app
from chuishao.service.cli.explaining import explain
from chuishao.service.cli.moment import SHAPE, moment
from chuishao.service.cli.read_models import POLITE
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.options import told
from chuishao.service.progress import shown
from chuishao.service.settings import Settings

past = typer.Typer(
    help="What was known at earlier positions, to be asked for by @asOf.", no_args_is_help=True
)
app.add_typer(past, name="past")
_At = Annotated[str, typer.Argument(metavar=SHAPE, help="A position, or a time with its offset from UTC.")]


@past.command()
@told("database_url", "data_dir")
def keep(settings: Settings, at: _At) -> None:
    """Keep what was known at a position, or at a time: with the last event that was recorded by then."""
    wanted = moment(at)

    async def work(log: EventLog) -> None:
        position = await position_of(log, wanted)
        with shown(console) as progress:
            made = await keep_past(log, PROJECTIONS, position, lambda done: progress("past", done, position))
        console.print(
            f"What was known at position {made.position:,} is kept; its last event was recorded at "
            f"{made.known_at:%Y-%m-%d %H:%M:%S}Z. Ask for it by @asOf(position: {made.position}).",
            highlight=False,
            soft_wrap=True,
        )

    os.nice(POLITE)
    run_on_log(settings, work)


@past.command("list")
@told("database_url", "data_dir")
def list_pasts(settings: Settings) -> None:
    """Show what is kept."""

    async def work(log: EventLog) -> None:
        every = await kept(log, PROJECTIONS)
        for each in every:
            whole = "whole" if each.whole else "made by other code" if not each.usable else "not whole"
            console.print(f"{each.position}  {each.known_at:%Y-%m-%d %H:%M:%S}Z  {whole}", highlight=False)
        if not every:
            console.print("Nothing is kept.")

    run_on_log(settings, work)


past.command()(explain)


@past.command()
@told("database_url", "data_dir")
def drop(settings: Settings, position: Annotated[int, typer.Argument(min=1, help="Its position.")]) -> None:
    """Drop what was kept; it can be made again at any time."""

    async def work(log: EventLog) -> None:
        dropped = await drop_past(log, position)
        console.print(f"Position {position:,} is {'dropped' if dropped else 'not kept'}.", highlight=False)

    run_on_log(settings, work)
