"""Where the read models stand, and making them anew."""

from __future__ import annotations

import gc
import os
from typing import Annotated

import typer
from rich.table import Table

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import standing as seal_standing
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.projection import Projection
from chuishao.projections.rebuild import Manner, go_back, rebuild_all
from chuishao.projections.status import standings
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.options import told
from chuishao.service.progress import shown
from chuishao.service.settings import Settings, WrongSetting

PAUSE = 1.5
"""How long a rebuild waits after each piece of work, by how long that took: most of the time is others'."""
POLITE = 10
"""How much less of the processors it takes where there are not enough, as `nice` counts."""


@app.command()
@told("database_url", "data_dir", "on_poison")
def rebuild(
    settings: Settings,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="Their names, as `status` shows them.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every read model, in one pass over the log.")] = False,
    back: Annotated[
        bool, typer.Option("--back", help="Take the previous one again, brought up to the head of the log.")
    ] = False,
) -> None:
    """Rebuild read models from the log, beside the present ones, and flip to them together."""
    wanted = named(names or [], all_)

    async def work(log: EventLog) -> None:
        make = go_back if back else rebuild_all
        with shown(console) as progress:
            position = await make(log, wanted, Manner(progress, settings.poison_policy, PAUSE))
        said = ", ".join(projection.name for projection in wanted)
        verb = "is" if len(wanted) == 1 else "are"
        done = "the previous one again," if back else "rebuilt"
        console.print(f"{said} {verb} {done} up to position {position:,}.")

    os.nice(POLITE)
    gc.freeze()  # what was loaded so far stays: not to be looked through again and again
    run_on_log(settings, work)


def named(names: list[str], all_: bool = False) -> list[Projection]:
    """The read models of these names, or all."""
    known = {projection.name: projection for projection in PROJECTIONS}
    for name in names:
        if name not in known:
            raise WrongSetting(f"there is no read model {name!r}; there are {', '.join(known)}")
    if all_ == bool(names):
        raise WrongSetting(f"name read models, or give --all; there are {', '.join(known)}")
    return list(PROJECTIONS) if all_ else [known[name] for name in dict.fromkeys(names)]


@app.command()
@told("database_url", "data_dir")
def status(settings: Settings) -> None:
    """Show the head of the log and where each read model stands."""

    async def work(log: EventLog) -> None:
        async with connected(log.pool) as connection:
            rows = await standings(connection, log.id)
            seal = await seal_standing(connection, log.id)
        table = Table(title=f"The log ends at position {await log.head():,}")
        for heading in ("read model", "version", "position", "lag", "state", "parked", "error"):
            table.add_column(
                heading, justify="left" if heading in ("read model", "state", "error") else "right"
            )
        for row in rows:
            cells = (row.name, row.version, f"{row.position:,}", f"{row.lag:,}", row.status, row.parked)
            table.add_row(*map(str, cells), row.error or "")
        console.print(table)
        console.print(f"Sealed up to position {seal.sealed:,}.")
        if seal.refusal:
            console.print(f"The sealer refuses to sign: {seal.refusal}", style="bold red", soft_wrap=True)

    run_on_log(settings, work, even_poisoned=True)
