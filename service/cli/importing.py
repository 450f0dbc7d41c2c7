"""Bringing in what others wrote: divisions, and the histories of cases."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from chuishao.commands.execution import Executor
from chuishao.eventlog.connection import alone, connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.reactions.follower import LOCK
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.cli.whole import whole_file
from chuishao.service.demo import progress_bar
from chuishao.service.histories.bringing import Bringing
from chuishao.service.histories.mapping import Meaning, read_mapping
from chuishao.service.histories.reading import read_rows
from chuishao.service.histories.spool import Spool, spooled
from chuishao.service.importer import import_divisions, read_divisions
from chuishao.service.keys import load_key
from chuishao.service.measured.as_csv import as_cell
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


@imports.command("histories")
@told("database_url", "data_dir")
def import_histories(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="CSV with a header, or XES (named .xes): a row a step.")],
    mapping: Annotated[Path, typer.Option(help="JSON that says what its columns and activities stand for.")],
    report: Annotated[
        Path | None, typer.Option(help="Where refused rows are listed; FILE.rejected.csv if left out.")
    ] = None,
) -> None:
    """Import histories of cases from another system; exit code 1 where rows were refused."""
    meaning = read_mapping(mapping)
    rejected = report or file.with_name(f"{file.name}.rejected.csv")

    with TemporaryDirectory() as folder, spooled(Path(folder) / "rows", meaning.source) as spool:
        _read(file, meaning, spool)

        async def work(log: EventLog) -> None:
            async with _unobserved(log):
                bringing = await _bring(Executor(log, load_key(settings.data_dir)), spool, meaning.source)
                refused = _list(spool, meaning, rejected)
                await Engine(Feed(log), PROJECTIONS).catch_up()
            _sum_up(bringing, spool, refused, rejected)
            if refused:
                raise typer.Exit(1)

        run_on_log(settings, work)


@asynccontextmanager
async def _unobserved(log: EventLog) -> AsyncIterator[None]:
    """Let nobody react, until the read models show whole histories: the clock would find halves overdue."""
    async with alone(log.pool, LOCK, log.id) as connection:
        if connection is None:
            end("a server reacts to events; stop it, or start it with --no-reactions, until all is imported")
        yield


def _read(file: Path, meaning: Meaning, spool: Spool) -> None:
    """Read the whole file, before anything of it is taken in."""
    with progress_bar(console) as bar:
        task = bar.add_task("Reading 读取", total=file.stat().st_size if file.exists() else None)
        for line in read_rows(file, meaning, partial(bar.advance, task)):
            spool.add(line, meaning)
        spool.order()


async def _bring(executor: Executor, spool: Spool, source: str) -> Bringing:
    with progress_bar(console) as bar:
        task = bar.add_task("Importing 导入", total=spool.read("steps_count")[0][0])
        bringing = Bringing(executor, spool, source, partial(bar.advance, task))
        await bringing.run()
    return bringing


def _list(spool: Spool, meaning: Meaning, to: Path) -> int:
    """Write down which rows are refused, each with its column and the reason; give how many."""
    refused = 0
    with whole_file(to) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="", write_through=True) as text:
        sheet = csv.writer(text)
        sheet.writerow(["line", "column", "case", "code", "reason", "原因"])
        for line, field, case, *others in spool.faults():
            column = as_cell(meaning.columns[field]) if field in meaning.columns else field
            sheet.writerow([line, column, as_cell(case), *others])
            refused += 1
    return refused


def _sum_up(bringing: Bringing, spool: Spool, refused: int, rejected: Path) -> None:
    for code, count, first in spool.read("codes"):
        console.print(f"{code}: {count:,} rows, the first in line {first:,}", highlight=False)
    sums = f"{bringing.taken:,} rows taken in, {bringing.known:,} were in already, {refused:,} refused"
    where = f"; {rejected} says why" if refused else ""
    console.print(f"{sums}{where}.", highlight=False, soft_wrap=True)
