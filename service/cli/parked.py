"""Events that read models could not fold: looked at, tried again, passed over."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections.engine import Engine
from chuishao.projections.parked import Aside, aside, passed_over
from chuishao.projections.parked import retry as retry_parked
from chuishao.projections.parked import skip as skip_parked
from chuishao.projections.projection import Projection
from chuishao.projections.status import standings
from chuishao.service.cli.app import app
from chuishao.service.cli.read_models import named
from chuishao.service.cli.running import announce, console, run_on_log
from chuishao.service.options import told
from chuishao.service.settings import Settings, WrongSetting

parked = typer.Typer(help="Events that read models could not fold.", no_args_is_help=True)
app.add_typer(parked, name="parked")


@parked.command("list")
@told("database_url", "data_dir")
def list_parked(
    settings: Settings,
    skipped: Annotated[bool, typer.Option("--skipped", help="Those passed over by decision.")] = False,
) -> None:
    """Show what is set aside: parked events, those that wait for them, and where a read model has stopped."""

    async def work(log: EventLog) -> None:
        rows = await (passed_over(log) if skipped else aside(log))
        if not rows:
            console.print("Nothing was skipped." if skipped else "Nothing is set aside.")
            return
        for row in rows:
            console.print(_line(row), highlight=False, soft_wrap=True)

    run_on_log(settings, work, even_poisoned=True)


def _line(row: Aside) -> str:
    since = f"{row.since:%Y-%m-%d %H:%M:%S}Z"
    reason = f"  reason: {row.reason}" if row.reason else ""
    what = f"{row.projection}  {row.position}  {row.type}  stream {row.stream}"
    return f"{what}  since {since}  {row.error}{reason}"


@parked.command()
@told("database_url", "data_dir", "on_poison")
def retry(
    settings: Settings,
    projection: Annotated[str, typer.Argument(help="The read model, as `status` shows it.")],
    stream: Annotated[UUID | None, typer.Option(help="Only the events of one stream.")] = None,
) -> None:
    """Fold what is parked, each stream in its order, and let a read model that has stopped go on."""
    (wanted,) = named([projection])

    async def work(log: EventLog) -> None:
        done = await retry_parked(log, wanted, stream)
        console.print(f"{done.released} events folded at last, {done.left} still set aside.")
        await _go_on(log, wanted, settings)

    run_on_log(settings, work, even_poisoned=True)


@parked.command()
@told("database_url", "data_dir", "on_poison")
def skip(
    settings: Settings,
    projection: Annotated[str, typer.Argument(help="The read model, as `status` shows it.")],
    position: Annotated[int, typer.Argument(min=1, help="The poison event's position.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept, so name nobody.")],
) -> None:
    """Do without a poison event in one read model, and let the events that wait for it go on."""
    (wanted,) = named([projection])
    if not reason.strip():
        raise WrongSetting("reason is empty; say why the event is skipped")

    async def work(log: EventLog) -> None:
        released = await skip_parked(log, wanted, position, reason.strip())
        console.print(
            f"{projection} does without the event at position {position}; {released} waiting folded."
        )
        await _go_on(log, wanted, settings)

    run_on_log(settings, work, even_poisoned=True)


async def _go_on(log: EventLog, projection: Projection, settings: Settings) -> None:
    """Fold what has come meanwhile, and say if the read model has stopped again."""
    await Engine(Feed(log), [projection], on_poison=settings.poison_policy).catch_up()
    async with connected(log.pool) as connection:
        found = {standing.name: standing for standing in await standings(connection, log.id)}
    if found[projection.name].status == "stopped":
        announce(found[projection.name])
