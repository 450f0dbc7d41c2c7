"""The days of a report, as options of the commands that write one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import typer

_DAYS = ["%Y-%m-%d"]
Since: TypeAlias = Annotated[
    datetime | None,
    typer.Option(formats=_DAYS, help="First local day; twelve months are looked back on if left out."),
]
Until: TypeAlias = Annotated[
    datetime | None, typer.Option(formats=_DAYS, help="Last local day; that of the last event if left out.")
]
