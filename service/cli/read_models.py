"""Where the read models stand, and making them anew."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import rebuild as rebuild_projection
from chuishao.projections.status import standings
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.demo import progress_bar
from chuishao.service.options import told
from chuishao.service.settings import Settings, WrongSetting


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

    run_on_log(settings, work)


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

    run_on_log(settings, work)
