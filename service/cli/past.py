"""时点 What was known at earlier positions: made, listed, explained and dropped."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.past import drop as drop_past
from chuishao.projections.past import keep as keep_past
from chuishao.projections.past import kept, position_at
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.cli.moment import SHAPE, moment
from chuishao.service.cli.read_models import POLITE
from chuishao.service.cli.running import console, on_log, run_on_log
from chuishao.service.options import told
from chuishao.service.progress import shown
from chuishao.service.settings import Settings, WrongSetting

past = typer.Typer(
    help="What was known at earlier positions, to be asked for by @asOf.", no_args_is_help=True
)
app.add_typer(past, name="past")
_At = Annotated[str, typer.Argument(metavar=SHAPE, help="A position, or a time with its offset from UTC.")]


@past.command()
@told("database_url", "data_dir")
def keep(settings: Settings, at: _At) -> None:
    """Keep what was known at a position, or at a time: with the last event that was recorded by then."""
    wanted = moment(at)

    async def work(log: EventLog) -> None:
        position = await position_at(log, wanted) if isinstance(wanted, datetime) else wanted
        with shown(console) as progress:
            made = await keep_past(log, PROJECTIONS, position, lambda done: progress("past", done, position))
        console.print(
            f"What was known at position {made.position:,} is kept; its last event was recorded at "
            f"{made.known_at:%Y-%m-%d %H:%M:%S}Z. Ask for it by @asOf(position: {made.position}).",
            highlight=False,
            soft_wrap=True,
        )

    os.nice(POLITE)
    run_on_log(settings, work)


@past.command("list")
@told("database_url", "data_dir")
def list_pasts(settings: Settings) -> None:
    """Show what is kept."""

    async def work(log: EventLog) -> None:
        every = await kept(log, PROJECTIONS)
        for each in every:
            whole = "whole" if each.whole else "made by other code" if not each.usable else "not whole"
            console.print(f"{each.position}  {each.known_at:%Y-%m-%d %H:%M:%S}Z  {whole}", highlight=False)
        if not every:
            console.print("Nothing is kept.")

    run_on_log(settings, work)


@past.command()
@told("database_url", "data_dir")
def explain(
    settings: Settings,
    query: Annotated[Path, typer.Argument(help="A file with a GraphQL query, without @asOf.")],
    since: Annotated[
        str, typer.Option("--from", metavar=SHAPE, help="The earlier moment; it has to be kept.")
    ],
    until: Annotated[
        str | None, typer.Option("--to", metavar=SHAPE, help="The later moment; now if left out.")
    ] = None,
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which of several queries in the file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each step.")] = False,
    every: Annotated[
        bool,
        typer.Option(
            "--every", help="Ask behind every event, also where the answer is the same some events later."
        ),
    ] = False,
) -> None:
    """Tell event by event why a query is answered otherwise at a later moment than at an earlier one."""
    begin, finish, given = moment(since), until and moment(until), _object(variables)
    try:
        document = query.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        end(f"{query} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}")

    async def work(log: EventLog) -> None:
        from chuishao.graphql.endpoint.execution import GraphQLRequest  # noqa: PLC0415 help waits for no schema
        from chuishao.service.asking import NotAnswered  # noqa: PLC0415
        from chuishao.service.explaining import telling  # noqa: PLC0415
        from chuishao.service.explaining.stepping import STRETCH, Explaining, Step  # noqa: PLC0415

        steps: list[Step] = []

        def hear(step: Step) -> None:
            steps.append(step)
            for line in [telling.as_json(step)] if as_json else telling.in_words(step):
                console.print(line, highlight=False, markup=False, soft_wrap=True)

        with shown(console if console.is_terminal else Console(stderr=True), "Explaining") as progress:
            question = GraphQLRequest(document, operation, given)
            explaining = Explaining(
                log, question, hear, lambda *done: progress("events", *done), 1 if every else STRETCH
            )
            try:
                found = await explaining.explain(begin, finish or None)
            except NotAnswered as refused:
                end(str(refused))
        if not as_json:
            by_events = sum(step.event is not None for step in steps)
            console.print(
                f"Of {found.until - found.since:,} events from position {found.since:,} to {found.until:,}, "
                f"{by_events:,} changed the answer, and time alone {len(steps) - by_events:,} times.",
                highlight=False,
                soft_wrap=True,
            )

    os.nice(POLITE)
    on_log(settings, work)


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise WrongSetting(f'--variables has to be a JSON object like {{"place": "120101"}}, not {text!r}')
    return given


@past.command()
@told("database_url", "data_dir")
def drop(settings: Settings, position: Annotated[int, typer.Argument(min=1, help="Its position.")]) -> None:
    """Drop what was kept; it can be made again at any time."""

    async def work(log: EventLog) -> None:
        dropped = await drop_past(log, position)
        console.print(f"Position {position:,} is {'dropped' if dropped else 'not kept'}.", highlight=False)

    run_on_log(settings, work)
