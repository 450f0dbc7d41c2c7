"""Writing the measures as a table for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chuishao.domain.measure import MeasureSubject, MeasureTrend
from chuishao.eventlog.log import EventLog
from chuishao.service.cli import end
from chuishao.service.cli.days import Since, Until
from chuishao.service.cli.moment import AsOfOption, moment
from chuishao.service.cli.running import console, on_log
from chuishao.service.cli.whole import Force, require_free, whole_file
from chuishao.service.measured import as_csv, as_parquet
from chuishao.service.options import told
from chuishao.service.settings import Settings

_WRITERS = {".csv": as_csv.written, ".parquet": as_parquet.written}
"""How a file is written, by what its name ends in."""


@told("database_url", "data_dir")
def export_measures(
    settings: Settings,
    to: Annotated[Path, typer.Option(help="The file to write, named .csv or .parquet.")],
    place: Annotated[str, typer.Option(help="Code of a division or grid; everywhere if left out.")] = "",
    by: Annotated[
        MeasureSubject | None,
        typer.Option(help="A line for each of these; of the place if left out.", case_sensitive=False),
    ] = None,
    since: Since = None,
    until: Until = None,
    trend: Annotated[
        MeasureTrend | None,
        typer.Option(help="A line for each week or month, counted whole.", case_sensitive=False),
    ] = None,
    as_of: AsOfOption = None,
    force: Force = False,
) -> None:
    """Write the measures of a place as CSV or Parquet: a line for each measure, part and period."""
    written = _WRITERS.get(to.suffix)
    if written is None:
        end(f"which format {to} is to have is not known; name it .csv or .parquet")
    require_free(to, force)
    at = None if as_of is None else moment(as_of)
    if written is as_parquet.written:
        try:
            as_parquet.require()
        except as_parquet.NoPyArrow as missing:
            end(str(missing))

    async def work(log: EventLog) -> None:
        from chuishao.service.asking import NotAnswered  # noqa: PLC0415 help waits for no schema
        from chuishao.service.measured.table import NoSuchPlace, Wanted, measured  # noqa: PLC0415

        wanted = Wanted(place, by, since and since.date(), until and until.date(), trend, at)
        try:
            found = await measured(log, wanted)
        except (NoSuchPlace, NotAnswered) as refused:
            end(str(refused))
        with whole_file(to) as file:
            file.write(written(found.lines))
        console.print(
            f"{len(found.lines):,} lines, {found.since} to {found.until}, as of position "
            f"{found.moment.position:,}, are in {to}.",
            soft_wrap=True,
            highlight=False,
        )

    on_log(settings, work)
