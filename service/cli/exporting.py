"""Writing to files: the log, whole and verifiable, or as process miners read it; and the measures."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Annotated, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import Policies
from chuishao.domain.term import Term
from chuishao.eventlog.log import EventLog
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.cli.measured import export_measures
from chuishao.service.cli.running import console, on_log
from chuishao.service.cli.seal import export_log
from chuishao.service.cli.whole import Force, require_free, whole, whole_file
from chuishao.service.demo import progress_bar
from chuishao.service.mining import as_json, as_xes
from chuishao.service.mining.selection import Selection, selected
from chuishao.service.mining.store import Store, made
from chuishao.service.options import told
from chuishao.service.settings import Settings

exports = typer.Typer(help="Write data to files.", no_args_is_help=True)
app.add_typer(exports, name="export")
exports.command("log")(export_log)
exports.command("measures")(export_measures)

STANDARD_OUTPUT = Path("-")
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


class Format(Term):
    """导出格式 What process miners read."""

    OCEL_SQLITE = "ocel-sqlite", "对象中心事件日志（SQLite）", "OCEL 2.0 in SQLite"
    OCEL_JSON = "ocel-json", "对象中心事件日志（JSON）", "OCEL 2.0 as JSON"
    XES = "xes", "可扩展事件流", "XES, one trace a case"


_SUFFIXES = {
    ".sqlite": Format.OCEL_SQLITE,
    ".db": Format.OCEL_SQLITE,
    ".json": Format.OCEL_JSON,
    ".jsonocel": Format.OCEL_JSON,
    ".xes": Format.XES,
}


class Writer(NamedTuple):
    """How a format is written: in about how many pieces, and these."""

    length: Callable[[Store], int]
    lines: Callable[[Store], Iterator[str]]


_WRITERS = {
    Format.OCEL_JSON: Writer(as_json.length, as_json.lines),
    Format.XES: Writer(as_xes.length, as_xes.lines),
}


@exports.command("process")
@told("database_url", "data_dir")
def export_process(
    settings: Settings,
    to: Annotated[
        Path, typer.Option(help="The file to write, or - for standard output; compressed if it is named .gz.")
    ],
    format_: Annotated[
        Format | None, typer.Option("--format", help="If left out, what the name of the file ends in.")
    ] = None,
    place: Annotated[str, typer.Option(help="Only there: the beginning of division or grid codes.")] = "",
    since: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Only from then on.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Only before then.")] = None,
    case: Annotated[UUID | None, typer.Option(help="Only the history of this case.")] = None,
    force: Force = False,
) -> None:
    """Write events for process mining, as OCEL 2.0 or XES; personal text is left out."""
    written_as = _format(to, format_)
    if to != STANDARD_OUTPUT:
        require_free(to, force)
    shown = Console(stderr=True) if to == STANDARD_OUTPUT else console

    async def work(log: EventLog) -> None:
        zone = await _zone(log)
        wanted = Selection(place or None, _moment(since, zone), _moment(until, zone), case)
        with progress_bar(shown) as bar:
            if written_as is Format.OCEL_SQLITE:
                with whole(to) as part, made(part) as store:
                    events = await _stored(log, wanted, store, bar)
            else:
                events = await _written(log, wanted, to, _WRITERS[written_as], bar)
        shown.print(f"{events:,} events are in {to}.", soft_wrap=True, highlight=False)

    on_log(settings, work)


def _format(to: Path, asked: Format | None) -> Format:
    """The format asked for, or the one that the file's name tells."""
    packed = to.suffix == ".gz"
    found = asked or _SUFFIXES.get((to.with_suffix("") if packed else to).suffix)
    if found is None:
        end(f"which format {to} is to have is not known; say it with --format")
    if found is Format.OCEL_SQLITE and (packed or to == STANDARD_OUTPUT):
        end("OCEL in SQLite is a file of its own: neither compressed nor written to standard output")
    return found


async def _zone(log: EventLog) -> ZoneInfo:
    """The time in which days are meant: that of the policy's calendar."""
    policies: Policies | None = await log.aggregates.load(POLICY_ID)
    return ZoneInfo(policies.in_force(datetime.now(UTC)).calendar.zone if policies else "UTC")


def _moment(said: datetime | None, zone: ZoneInfo) -> datetime | None:
    return said.replace(tzinfo=zone) if said is not None and said.tzinfo is None else said


async def _stored(log: EventLog, wanted: Selection, store: Store, bar: Progress) -> int:
    """Write the events to a file in SQLite; give how many there are."""
    task, events = bar.add_task("Reading 读取", total=None), 0
    async for done, total, page in selected(log, wanted):
        store.add(page)
        events += len(page)
        bar.update(task, completed=done, total=total)
    return events


async def _written(log: EventLog, wanted: Selection, to: Path, writer: Writer, bar: Progress) -> int:
    """Write the events as text, by way of a file in SQLite that is gone afterwards; give how many."""
    beside = None if to == STANDARD_OUTPUT else to.parent
    with TemporaryDirectory(prefix=".chuishao-", dir=beside) as folder, made(Path(folder) / "ocel") as store:
        events = await _stored(log, wanted, store, bar)
        task = bar.add_task("Writing 写出", total=writer.length(store))
        with _output(to) as file:
            for piece in writer.lines(store):
                file.write(piece.encode())
                bar.advance(task)
    return events


@contextmanager
def _output(to: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if to == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with whole_file(to) as file:
            yield file
