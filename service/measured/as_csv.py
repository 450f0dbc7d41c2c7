"""CSV that Excel reads as it is: UTF-8 with a mark, and no text that would be taken for a formula."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import Any

from chuishao.service.measured.line import COLUMNS, MeasuredLine

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With what a text begins that a spreadsheet would compute, or strip until it does."""


def written(lines: Iterable[MeasuredLine]) -> bytes:
    """The whole file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([as_cell(value) for value in line] for line in lines)
    return BOM_UTF8 + text.getvalue().encode()


def as_cell(value: Any) -> Any:
    """A value as a cell; a text that begins like a formula is set behind an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
