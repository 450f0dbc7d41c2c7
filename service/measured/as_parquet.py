"""Parquet, by pyarrow, which only the extra `parquet` installs."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from chuishao.service.measured.line import COLUMNS, MeasuredLine


class NoPyArrow(Exception):
    """没有 pyarrow What writes Parquet is not installed."""


def require() -> None:
    """Raise `NoPyArrow` where Parquet cannot be written."""
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 only here, and only where it is installed
    except ImportError as missing:
        raise NoPyArrow(
            "Parquet needs pyarrow, which is not installed: pip install 'chuishao[parquet]', or write .csv"
        ) from missing


def written(lines: Iterable[MeasuredLine]) -> bytes:
    """The whole file; raises `NoPyArrow`."""
    require()
    import pyarrow as arrow  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    types: dict[str, Any] = {
        "version": arrow.int32(), "since": arrow.date32(), "until": arrow.date32(),
        "numerator": arrow.int64(), "denominator": arrow.int64(),
        "rate": arrow.float64(), "lower": arrow.float64(), "upper": arrow.float64(),
        "rank": arrow.int64(), "minimumSample": arrow.int64(),
    }  # fmt: skip
    schema = arrow.schema([(name, types.get(name, arrow.string())) for name in COLUMNS])
    rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines]
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows, schema=schema), file)
    return file.getvalue()
