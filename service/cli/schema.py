"""The GraphQL schema and its documents."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import GraphQLError

from chuishao.graphql.evolution import changes
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.options import told
from chuishao.service.settings import Settings


def checking_engine(settings: Settings) -> Any:
    """The engine that documents are checked by."""
    from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine  # noqa: PLC0415 only some commands need it
    from chuishao.graphql.schema import schema as served  # noqa: PLC0415 the schema takes a moment to build

    return GraphQLEngine(served, limits=settings.limits)


@app.command()
@told("cost")
def documents(
    settings: Settings,
    path: Annotated[Path, typer.Argument(help="Folder of .graphql files, or a manifest.")],
) -> None:
    """Check documents against the schema and the limits; print the identifier of each, to be registered."""
    from chuishao.service.registry import checked, listed  # noqa: PLC0415 the schema takes a moment to build

    engine = checking_engine(settings)
    for shown in listed(checked(path, engine), engine):
        sys.stdout.write("  ".join(map(str, shown)) + "\n")


@app.command()
def schema(
    against: Annotated[
        Path | None,
        typer.Option(
            help="An older SDL: say what has changed since, and fail where its clients would break."
        ),
    ] = None,
) -> None:
    """Print the GraphQL schema in its definition language, or what has changed since an older one."""
    from chuishao.graphql.schema import sdl  # noqa: PLC0415 the schema takes a moment to build

    if against is None:
        sys.stdout.write(sdl())
        return
    try:
        older = against.read_text(encoding="utf-8")
        found = changes(older, sdl(), datetime.now(UTC).date())
    except (OSError, ValueError, GraphQLError) as error:
        end(f"{against} cannot be compared with: {error}")
    for kind in ("breaking", "dangerous", "deprecated", "added"):
        for sentence in getattr(found, kind):
            sys.stdout.write(f"{kind:<10}  {sentence}\n")
    if found.breaking:
        raise typer.Exit(1)
