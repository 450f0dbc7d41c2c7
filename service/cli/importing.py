"""Bringing in what others wrote: divisions, and the histories of cases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chuishao.commands.execution import Executor
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.demo import progress_bar
from chuishao.service.importer import import_divisions, read_divisions
from chuishao.service.keys import load_key
from chuishao.service.options import told
from chuishao.service.settings import Settings

imports = typer.Typer(help="Import data from files.", no_args_is_help=True)
app.add_typer(imports, name="import")


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

    run_on_log(settings, work)
