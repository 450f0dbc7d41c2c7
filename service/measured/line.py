"""指标行 What a line of the table has, in the order of its columns."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class MeasuredLine(NamedTuple):
    """A measure of a part in a period; `rate` and its bounds are None without a sample."""

    measure: str
    version: int
    part: str
    name: str
    since: date
    until: date
    numerator: int
    denominator: int
    rate: float | None
    lower: float | None
    upper: float | None
    rank: int | None
    minimum_sample: int


COLUMNS = (*MeasuredLine._fields[:-1], "minimumSample")
"""The names of the columns, as the schema has them."""
