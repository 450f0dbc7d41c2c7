"""What the general tests need of every package of mechanisms, put together: a line for each package."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.command import Command, name_of
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role
from tests.mechanisms import (
    steps_boards,
    steps_election,
    steps_meetings,
    steps_people,
    steps_registers,
    steps_rounds,
    steps_split,
    steps_street,
    steps_territory,
)
from tests.mechanisms.kinds import Board, Live, Prepare
from tests.town import Town

PACKAGES: tuple[Any, ...] = (
    steps_people,
    steps_election,
    steps_registers,
    steps_rounds,
    steps_territory,
    steps_split,
    steps_meetings,
    steps_street,
    steps_boards,
)


def together(name: str) -> dict[Any, Any]:
    """What the packages have under a name, as far as they have it."""
    return {key: value for package in PACKAGES for key, value in getattr(package, name, {}).items()}


STEPS: dict[str, Prepare] = together("STEPS")
"""A moment in which each mutation is accepted. Fields for personal text are given SAID."""
LIVES: list[Live] = [happen for package in PACKAGES for happen in package.LIVES]
BOARDS: dict[str, Board] = together("BOARDS")
"""By the name of the query."""
SINGLES: dict[str, str] = together("SINGLES")
"""By the name of a query with `id`: how to find the identifier of a row of which everything is known."""
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = together("OPERATIONS")
"""By the name of an example operation of a query: its variables, given the identifiers of SINGLES."""
OF_ITS_OWN: dict[tuple[str, Role], Prepare] = together("OF_ITS_OWN")
"""A moment of a mutation that belongs to one role, or to one person of it."""
WITHHELD: frozenset[str] = frozenset().union(*(getattr(package, "WITHHELD", ()) for package in PACKAGES))
"""Queries that show nothing to machines."""
LEADING: frozenset[tuple[str, str]] = frozenset().union(
    *(getattr(package, "LEADING", ()) for package in PACKAGES)
)
"""Fields, by type and name, of what is published that lead to a case: shown to those who see the case."""
ROOTS: dict[str, str] = together("ROOTS")
"""Queries that show what has no query of one thing, with the identifiers of SINGLES to be filled in."""


async def live(town: Town) -> None:
    """Let everything happen once."""
    for command in COMMANDS:
        if name_of(command) in STEPS:
            ready, by = await example_of(command)(town)
            await town.do(ready, by)
    for happen in LIVES:
        await happen(town)


async def identifiers(town: Town) -> dict[str, str]:
    """An identifier for each query of one thing."""
    return {name: str(await town.log.pool.fetchval(query)) for name, query in SINGLES.items()}


def example_of(kind: type[Command]) -> Callable[[Town], Awaitable[tuple[Command, Actor]]]:
    """The command of a mutation's step, and who sends it."""

    async def prepare(town: Town) -> tuple[Command, Actor]:
        by, given = await STEPS[name_of(kind)](town)
        return command_from(kind, given), by or ANONYMOUS

    return prepare


def command_from(kind: Any, given: dict[str, Any]) -> Any:
    """A command, or a part of one, from the input of its mutation."""
    hints = get_type_hints(kind)
    known = {field.name: _camel(field.name) for field in fields(kind)}
    return kind(**{name: _read(hints[name], given[key]) for name, key in known.items() if key in given})


def _read(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        return _read(next(one for one in inner if one is not type(None)), value)
    if origin is list:
        return [_read(inner[0], one) for one in value]
    if kind is date:
        return date.fromisoformat(value)
    if is_dataclass(kind):
        return command_from(kind, value)
    return kind(value) if kind is UUID or issubclass(kind, Term) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
