"""Leaves: how a value of each scalar and enum is written as JSON text, exactly as the executor would.

A value that the executor would refuse, or turn into an error, raises here; the executor then answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from json import JSONEncoder
from json.encoder import encode_basestring
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

NULL = "null"
_LARGEST, _SMALLEST = 2**31 - 1, -(2**31)
_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_UTC = "+00:00"


def text(value: Any) -> str:
    """A text."""
    return encode_basestring(value)


def number(value: Any) -> str:
    """A whole number of 32 bits."""
    if value.__class__ is not int or not _SMALLEST <= value <= _LARGEST:
        raise Unplanned
    return str(value)


def position(value: Any) -> str:
    """A whole number."""
    return str(int(value))


def fraction(value: Any) -> str:
    """A number."""
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise Unplanned
    return repr(float(value))


def truth(value: Any) -> str:
    """True or false."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise Unplanned


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


_SCALARS: dict[str, Leaf] = {
    "String": text,
    "ID": text,
    "Int": number,
    "Float": fraction,
    "Boolean": truth,
    "Position": position,
    "DateTime": moment,
    "Date": day,
    "JSON": json,
}


def leaf(kind: GraphQLOutputType) -> Leaf:
    """How values of a type are written, null and lists of them too; raises Unplanned for unknown scalars."""
    if isinstance(kind, GraphQLNonNull):
        return _plain(kind.of_type)
    write = _plain(kind)
    return lambda value: NULL if value is None else write(value)


def _plain(kind: Any) -> Leaf:
    """How a value that is not null is written."""
    if isinstance(kind, GraphQLList):
        item = leaf(kind.of_type)
        return lambda values: f"[{','.join([item(value) for value in values])}]"
    if isinstance(kind, GraphQLEnumType):
        return _names(kind).__getitem__
    if isinstance(kind, GraphQLScalarType) and kind.name in _SCALARS:
        return _SCALARS[kind.name]
    raise Unplanned


def _names(kind: GraphQLEnumType) -> dict[Any, str]:
    """The written name of each value; a member of a Term is equal to what is stored of it."""
    return {str(entry.value): f'"{name}"' for name, entry in kind.values.items()}
