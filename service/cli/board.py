"""Writing the board of a division: one page that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chuishao.eventlog.log import EventLog
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.cli.days import Since, Until
from chuishao.service.cli.language import Shown, chosen
from chuishao.service.cli.moment import AsOfOption, moment
from chuishao.service.cli.running import console, on_log
from chuishao.service.cli.whole import Force, require_free, whole_file
from chuishao.service.options import told
from chuishao.service.settings import Settings


@app.command()
@told("database_url", "data_dir")
def board(
    settings: Settings,
    division: Annotated[str, typer.Argument(help="Code of the division.")],
    to: Annotated[Path, typer.Option(help="The file to write, as HTML.")],
    since: Since = None,
    until: Until = None,
    language: Annotated[
        Shown | None, typer.Option(help="Show only this language; both, with a switch, if left out.")
    ] = None,
    as_of: AsOfOption = None,
    force: Force = False,
) -> None:
    """Write the board of a division: funnel, tiers, league table and trend of the measures."""
    require_free(to, force)
    at = None if as_of is None else moment(as_of)

    async def work(log: EventLog) -> None:
        from chuishao.service.asking import NotAnswered  # noqa: PLC0415 help waits for no schema
        from chuishao.service.board.page import page  # noqa: PLC0415
        from chuishao.service.board.reading import NoSuchDivision, gathered  # noqa: PLC0415

        try:
            found = await gathered(log, division, since and since.date(), until and until.date(), at)
        except (NoSuchDivision, NotAnswered) as refused:
            end(str(refused))
        with whole_file(to) as file:
            file.write(page(found, chosen(language)).encode())
        console.print(
            f"The board of {found.name} ({found.place}), {found.since} to {found.until}, as of position "
            f"{found.moment.position:,}, is in {to}.",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )

    on_log(settings, work)
