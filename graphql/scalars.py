"""Scalars: positions, and dates whose mistakes are told as typed errors instead of breaking the operation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError, ValueNode, print_ast
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadTime

LARGEST_POSITION = 2**53 - 1
"""The largest position that a JSON number holds everywhere."""

Position = NewType("Position", int)


class Unreadable:
    """What was given where a date or time was expected."""

    def __init__(self, given: object, expected: Phrase) -> None:
        self.given = given
        self.expected = expected

    def refusal(self, path: str) -> BadTime:
        """The refusal that names the field."""
        return BadTime(path, field=path, at=ascii(self.given)[:80], reason=self.expected)


def parse_datetime(value: object) -> datetime | Unreadable:
    """A time with its offset, in UTC."""
    expected = Phrase(
        "write a time with its offset, as in 2026-03-02T09:00:00+08:00",
        "请填写带时差的时间，如 2026-03-02T09:00:00+08:00",
    )
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else Unreadable(value, expected)
    except (ValueError, OverflowError):
        return Unreadable(value, expected)


def parse_date(value: object) -> date | Unreadable:
    """A calendar date."""
    expected = Phrase("write a date, as in 2026-03-02", "请填写日期，如 2026-03-02")
    try:
        return date.fromisoformat(value) if isinstance(value, str) else Unreadable(value, expected)
    except ValueError:
        return Unreadable(value, expected)


def write_datetime(value: datetime) -> str:
    """A time in UTC with microseconds, always in the same form."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_position(value: object) -> Position:
    """A position in the log."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_POSITION:
        raise GraphQLError(f"Position cannot represent {ascii(value)[:80]}: give a whole number from 0.")
    return Position(value)


def _position_literal(node: ValueNode, _variables: Any = None) -> Position:
    text = print_ast(node)
    return parse_position(int(text) if text.isdigit() else text)


SCALARS: dict[object, Any] = {
    UUID: strawberry.scalar(
        name="UUID",
        description="唯一标识 A universally unique identifier, as in 6f1e6c1c-0d3e-4f5a-8f43-0d9b8a2c7e11.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
        serialize=str,
        parse_value=str,  # read where it is used, so that a mistake is a typed error
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="时刻 A moment, ISO 8601 with an offset; answered in UTC with microseconds.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=write_datetime,
        parse_value=parse_datetime,
    ),
    date: strawberry.scalar(
        name="Date",
        description="日期 A calendar date, ISO 8601.",
        serialize=date.isoformat,
        parse_value=parse_date,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="JSON 数据 Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
    Position: strawberry.scalar(
        name="Position",
        description="位置 A place in the log: 1 is the first event, 0 before it. A whole number below 2^53.",
        serialize=int,
        parse_value=parse_position,
        parse_literal=_position_literal,
    ),
}

CONFIG = StrawberryConfig(scalar_map=SCALARS)
