"""Leaves: how a value of each scalar and enum is written as JSON text, exactly as the executor would.

A value that the executor would refuse, or turn into an error, raises here; the executor then answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from json import JSONEncoder
from json.encoder import encode_basestring
from operator import index
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
)

from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.scalars import write_datetime

Leaf: TypeAlias = Callable[[Any], str]
Written: TypeAlias = dict[Any, str]

NULL = "null"
_LARGEST, _SMALLEST = 2**31 - 1, -(2**31)
_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_UTC = "+00:00"


text: Leaf = encode_basestring
"""A text."""
position: Callable[[Any], int] = index
"""A whole number."""


def number(value: Any) -> str:
    """A whole number of 32 bits."""
    if value.__class__ is not int or not _SMALLEST <= value <= _LARGEST:
        raise Unplanned
    return str(value)


def fraction(value: Any) -> str:
    """A number."""
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise Unplanned
    return repr(float(value))


def moment(value: datetime) -> str:
    """A time, in UTC with microseconds."""
    written = value.isoformat("T", "microseconds")
    if written[-6:] == _UTC:
        return f'"{written[:-6]}Z"'
    return f'"{write_datetime(value)}"'


def day(value: date) -> str:
    """A calendar date."""
    return f'"{date.isoformat(value)}"'


def json(value: Any) -> str:
    """Any JSON value."""
    return _encode(value)


_SCALARS: dict[str, Callable[[Any], object]] = {
    "String": text,
    "ID": text,
    "Int": number,
    "Float": fraction,
    "Position": position,
    "DateTime": moment,
    "Date": day,
    "JSON": json,
}
_TRUTH: Written = {True: "true", False: "false"}


def leaf(kind: GraphQLOutputType) -> Leaf | Written:
    """How values of a type are written: by a function, or what stands for each.

    Null and lists are written, too; raises Unplanned for scalars that nobody knows.
    """
    if isinstance(kind, GraphQLNonNull):
        plain: Leaf | Written = _plain(kind.of_type)
        return plain
    write = _plain(kind)
    if isinstance(write, dict):
        return {**write, None: NULL}
    return lambda value: NULL if value is None else write(value)


def _plain(kind: Any) -> Any:
    """How a value that is not null is written."""
    if isinstance(kind, GraphQLList):
        written = leaf(kind.of_type)
        item: Any = written.__getitem__ if isinstance(written, dict) else written
        return lambda values: f"[{','.join([item(value) for value in values])}]"
    if isinstance(kind, GraphQLEnumType):
        return {str(entry.value): f'"{name}"' for name, entry in kind.values.items()}
    if isinstance(kind, GraphQLScalarType):
        if kind.name == "Boolean":
            return _TRUTH
        if kind.name in _SCALARS:
            return _SCALARS[kind.name]
    raise Unplanned
