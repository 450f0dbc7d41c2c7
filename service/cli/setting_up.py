"""Bringing a database to this version, and divisions into it."""

from __future__ import annotations

import asyncio
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
from chuishao.service.cli.running import console, run_on_log, show_ready
from chuishao.service.database import database, opened
from chuishao.service.demo import progress_bar
from chuishao.service.importer import import_divisions, read_divisions
from chuishao.service.keys import load_key
from chuishao.service.options import told
from chuishao.service.settings import Settings

imports = typer.Typer(help="Import data from files.", no_args_is_help=True)
app.add_typer(imports, name="import")


@app.command()
@told("database_url", "data_dir", "on_poison")
def migrate(settings: Settings) -> None:
    """Bring the database to this version: migrations, default policy, read models."""

    async def inside(url: str) -> None:
        async with opened(url) as log:
            migrations, rebuilt = await show_ready(log, settings)
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

    run_on_log(settings, work)
