"""Announcing the public holidays of a year."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer

from chuishao.commands.execution import Envelope, Executor
from chuishao.commands.policies import AnnounceWorkdays
from chuishao.domain.actor import SYSTEM
from chuishao.domain.identity import POLICY_ID
from chuishao.eventlog.log import EventLog
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.holidays import public_days
from chuishao.service.keys import load_key
from chuishao.service.options import told
from chuishao.service.settings import Settings

calendars = typer.Typer(help="The working calendar.", no_args_is_help=True)
app.add_typer(calendars, name="calendar")


@calendars.command("announce")
@told("database_url", "data_dir")
def announce(
    settings: Settings,
    years: Annotated[list[int], typer.Argument(help="Years whose holidays are published.")],
    division: Annotated[
        str | None, typer.Option(help="Code of the division for which they hold; everywhere if not said.")
    ] = None,
) -> None:
    """Announce public holidays and make-up days (节假日与调休); limits that run are dated anew."""
    days = public_days(years)

    async def work(log: EventLog) -> None:
        before = await log.version(POLICY_ID)
        command = AnnounceWorkdays(days=days, division_code=division)
        outcome = await Executor(log, load_key(settings.data_dir)).execute(command, Envelope(uuid4(), SYSTEM))
        if await log.version(POLICY_ID) == before:
            console.print(f"All {len(days)} days were announced already; nothing is recorded.")
            return
        off = sum(not one.works for one in days)
        console.print(
            f"Announced: {off} days off and {len(days) - off} make-up days, at position {outcome.position:,}."
        )

    run_on_log(settings, work)
