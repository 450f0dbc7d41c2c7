"""A moment of the log, as an argument or an option: a position, or a time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import typer

from chuishao.projections.past import AsOf
from chuishao.service.settings import WrongSetting

SHAPE = "POSITION|TIME"
AsOfOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar=SHAPE,
        help="As it was known then, if `chuishao past keep` has kept that; as it is known now if left out.",
    ),
]


def moment(text: str) -> AsOf:
    """A position, or a time with its offset from UTC; raises `WrongSetting`."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise WrongSetting(f"{text!r} is neither a position nor a time like 2026-10-01T00:00+08:00")
    return at
