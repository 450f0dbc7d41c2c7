"""What the command line imports: what a command needs, and nothing that others need."""

from __future__ import annotations

import subprocess
import sys

from typer.main import get_group

from chuishao.service.cli.app import MODULES, app, program

HEAVY = {"asyncpg", "strawberry", "graphql", "uvicorn"}
"""What takes long to import."""


def imported(code: str) -> set[str]:
    """What of the heavy a program imports."""
    ended = f"{code}; import sys; print(*{HEAVY!r} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", ended], capture_output=True, text=True, check=True)
    return set(said.stdout.split("\n")[-2].split())


def test_every_command_stands_in_the_module_that_is_said_to_hold_it() -> None:
    assert [program.commands[name].name for name in MODULES] == list(MODULES)
    assert set(get_group(app).commands) == set(MODULES)


def test_an_export_is_verified_without_what_serves_and_what_reads_databases() -> None:
    assert imported("from chuishao.service.cli import program; program.commands['verify']") == set()


def test_help_waits_for_no_schema_and_no_server() -> None:
    asked = "from chuishao.service.cli import program; program(['--help'], standalone_mode=False)"
    assert imported(asked) <= {"asyncpg", "graphql"}
