"""差异说明 Telling why an answer is another one at a later moment."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from chuishao.eventlog.log import EventLog
from chuishao.service.cli import end
from chuishao.service.cli.moment import SHAPE, moment
from chuishao.service.cli.read_models import POLITE
from chuishao.service.cli.running import console, on_log
from chuishao.service.options import told
from chuishao.service.progress import shown
from chuishao.service.settings import Settings, WrongSetting

if TYPE_CHECKING:
    from chuishao.service.explaining.stepping import Step


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
    begin, finish = moment(since), None if until is None else moment(until)
    given, document = _object(variables), _text(query)

    async def work(log: EventLog) -> None:
        from chuishao.graphql.endpoint.execution import GraphQLRequest  # noqa: PLC0415 help waits for no schema
        from chuishao.service.asking import NotAnswered  # noqa: PLC0415
        from chuishao.service.explaining import telling  # noqa: PLC0415
        from chuishao.service.explaining.stepping import STRETCH, Explaining  # noqa: PLC0415

        heard = Counter[bool]()

        def hear(step: Step) -> None:
            heard[step.event is None] += 1
            _print([telling.as_json(step)] if as_json else telling.in_words(step))

        with shown(console if console.is_terminal else Console(stderr=True), "Explaining") as progress:
            far: Callable[[int, int], object] = lambda *done: progress("events", *done)  # noqa: E731
            question = GraphQLRequest(document, operation, given)
            explaining = Explaining(log, question, hear, far, 1 if every else STRETCH)
            try:
                found = await explaining.explain(begin, finish)
            except NotAnswered as refused:
                end(str(refused))
        if not as_json:
            _print([telling.in_all(found, heard[False], heard[True], every=every)])

    os.nice(POLITE)
    on_log(settings, work)


def _print(lines: Iterable[str]) -> None:
    """Print as it is, with nothing replaced; what is wrong with the output is no fault of the database."""
    try:
        for line in lines:
            console.out(line, highlight=False)
    except OSError as error:
        end(f"it cannot be written: {error.strerror}")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        end(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}")


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise WrongSetting(f'--variables has to be a JSON object like {{"place": "120101"}}, not {text!r}')
    return given
