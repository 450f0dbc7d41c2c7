"""The command `chuishao`."""

from __future__ import annotations

import logging
import sys
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from chuishao.service.cli.app import program
from chuishao.service.garbage import expect_imports

__all__ = ["end", "main", "program"]


def main() -> None:
    """Run the command line; what a person can mend is one line and exit code 2."""
    expect_imports()
    logging.getLogger("chuishao").addHandler(logging.NullHandler())  # commands say themselves what happened
    try:
        code = program(standalone_mode=False)
    except* TyperException as group:
        error = _first(group)
        end(" ".join(getattr(error, "format_message", error.__str__)().split()))
    except* (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except* _expected() as group:
        end(str(_first(group)))
    else:
        raise SystemExit(code or 0)


def end(message: str) -> NoReturn:
    """End the program with one line about what went wrong, and exit code 2."""
    if message:  # help that was printed says it all
        print(f"chuishao: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(2) from None


def _expected() -> tuple[type[Exception], ...]:
    """What a person can do something about: told in one line, without a traceback."""
    from chuishao.service.cli.expected import EXPECTED  # noqa: PLC0415 only needed where something went wrong

    return EXPECTED


def _first(error: BaseException) -> BaseException:
    """The first of grouped errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
