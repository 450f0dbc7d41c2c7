"""The commands of the command line, each in a module beside this one that is imported once it is asked for.

`chuishao verify` thereby waits neither for the schema nor for the database's driver.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

MODULES = {
    "erase": "erasing",
    "scrub": "erasing",
    "rebuild": "read_models",
    "status": "read_models",
    "past": "past",
    "postgres": "recovering",
    "erase-again": "recovering",
    "documents": "schema",
    "schema": "schema",
    "seal": "seal",
    "checkpoint": "seal",
    "serve": "serving",
    "demo": "serving",
    "migrate": "setting_up",
    "calendar": "calendar",
    "token": "tokens",
    "verify": "verifying",
    "parked": "parked",
    "reactions": "reacting",
    "export": "exporting",
    "import": "importing",
    "dossier": "dossier",
    "board": "board",
}
"""Where each command stands, in the order in which help lists them."""

app = typer.Typer()
"""What the modules add their commands to as they are imported."""


class Offered(MutableMapping[str, Any]):
    """The commands by name; to look one up imports its module."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            import_module(f"chuishao.service.cli.{MODULES[name]}")
            self._made |= get_group(app).commands
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


program = TyperGroup(
    name="chuishao", help="Chuishao 吹哨: the open core of grassroots governance.", no_args_is_help=True
)
"""The command line itself."""
program.commands = Offered()
