"""The command `chuishao`."""

from __future__ import annotations

import logging

import typer
from typer.exceptions import TyperException

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Unavailable
from chuishao.eventlog.migrate import MigrationChanged
from chuishao.graphql.endpoint.documents import BadDocuments
from chuishao.projections.parked import NotParked
from chuishao.projections.rebuild import NothingToGoBackTo, Poisoned
from chuishao.service.cli import (
    erasing,
    parked,
    read_models,
    recovering,
    schema,
    seal,
    serving,
    setting_up,
    tokens,
    verifying,
)
from chuishao.service.cli.app import app
from chuishao.service.cli.running import end
from chuishao.service.demo import UnknownDistrict
from chuishao.service.importer import BadFile
from chuishao.service.postgres import PostgresUnavailable
from chuishao.service.settings import WrongSetting

__all__ = [
    "app",
    "erasing",
    "main",
    "parked",
    "read_models",
    "recovering",
    "schema",
    "seal",
    "serving",
    "setting_up",
    "tokens",
    "verifying",
]

EXPECTED = (
    Unavailable,
    PostgresUnavailable,
    MigrationChanged,
    WrongSetting,
    BadFile,
    UnknownDistrict,
    BadDocuments,
    Poisoned,
    NotParked,
    NothingToGoBackTo,
    Refusal,
)
"""What a person can do something about: told in one line, without a traceback."""


def main() -> None:
    """Run the command line; what a person can mend is one line and exit code 2."""
    logging.getLogger("chuishao").addHandler(logging.NullHandler())  # commands say themselves what happened
    try:
        raise SystemExit(app(standalone_mode=False) or 0)
    except* EXPECTED as group:
        end(str(_first(group)))
    except* TyperException as group:
        error = _first(group)
        end(" ".join(getattr(error, "format_message", error.__str__)().split()))
    except* (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None


def _first(error: BaseException) -> BaseException:
    """The first of grouped errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
