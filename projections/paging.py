"""Keyset pages: read on from the last row seen, whatever was inserted meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from chuishao.domain.event import storable
from chuishao.domain.refusal import OneEndOnly, OutOfRange
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.cursor import BadCursor
from chuishao.projections.table import Table

R = TypeVar("R")
LARGEST_PAGE = 100
DEFAULT_PAGE = 20
EXACT_COUNT = 10_000
"""Up to how many rows a list is counted; beyond that the planner's estimate is told."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order by expressions (SQL, type), all ascending or all descending; the last makes it total."""

    name: str
    keys: tuple[tuple[str, str], ...]
    descending: bool = False


@dataclass(slots=True)
class Where:
    """Conditions and their arguments. Conditions refer to an argument by the text that `add` gives."""

    conditions: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)

    def add(self, value: object) -> str:
        """Take an argument in; give its placeholder."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def also(self, condition: str) -> None:
        """Require a condition."""
        self.conditions.append(condition)

    def within(self, column: str, place: str) -> None:
        """Require that a code begins with a prefix; by range, so that an index serves it."""
        self.also(f"{column} >= {self.add(place)} AND {column} < {self.add(place + '~')}")

    @property
    def all(self) -> str:
        """Every condition as one."""
        return " AND ".join(f"({condition})" for condition in self.conditions) or "TRUE"

    @property
    def sql(self) -> str:
        """The WHERE clause."""
        return f" WHERE {self.all}" if self.conditions else ""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an order is wanted: the first n after a cursor, or the last n before one."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backward(self) -> bool:
        """Whether the last are wanted."""
        return self.last is not None

    @property
    def size(self) -> int:
        """How many rows are wanted; refused outside 0 to 100, or where both ends are asked for."""
        if self.first is not None and self.last is not None:
            raise OneEndOnly("last")
        name, size = ("last", self.last) if self.last is not None else ("first", self.first)
        size = DEFAULT_PAGE if size is None else size
        if not 0 <= size <= LARGEST_PAGE:
            raise OutOfRange(name, field=name, value=size, low=0, high=LARGEST_PAGE)
        return size


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows of one page with their cursors."""

    rows: list[R]
    cursors: list[str]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """A page as SQL: the conditions of the list and of its cursors, the order's direction, and its size."""

    where: Where
    order: Order
    window: Window
    size: int

    @classmethod
    def of(cls, where: Where, order: Order, window: Window) -> Cut:
        """The part of a list that a window shows; refused for a cursor of another order."""
        clause = Where(list(where.conditions), list(where.arguments))
        for cursor, after in ((window.after, True), (window.before, False)):
            if cursor is not None:
                sign = ">" if after is not order.descending else "<"
                values = _decode(order, cursor, "after" if after else "before")
                placeholders = ", ".join(
                    f"{clause.add(value)}::{kind}"
                    for value, (_, kind) in zip(values, order.keys, strict=True)
                )
                keys = ", ".join(expression for expression, _ in order.keys)
                clause.also(f"({keys}) {sign} ({placeholders})")
        return cls(clause, order, window, window.size)

    @property
    def direction(self) -> str:
        """ASC or DESC."""
        return "DESC" if self.order.descending is not self.window.backward else "ASC"

    def sql(self, source: str, columns: str) -> str:
        """The statement, for one row more than the page shows."""
        ordering = ", ".join(f"{expression} {self.direction}" for expression, _ in self.order.keys)
        return f"SELECT {columns} FROM {source}{self.where.sql} ORDER BY {ordering} LIMIT {self.size + 1}"  # noqa: S608

    def page(self, records: list[Any]) -> tuple[list[Any], bool, bool]:
        """The records of the page in their order, whether more follows, whether more lies before."""
        more, window = len(records) > self.size, self.window
        records = records[: self.size]
        begun = (window.before if window.backward else window.after) is not None  # what was read before
        if window.backward:
            records.reverse()
            return records, begun, more
        return records, more, begun


async def read_page(
    connection: Connection, source: str, table: Table[R], where: Where, order: Order, window: Window
) -> Page[R]:
    """Read a page of `source` (a qualified table whose rows `table` describes)."""
    cut = Cut.of(where, order, window)
    keys = f"ARRAY[{', '.join(f'({expression})::text' for expression, _ in order.keys)}]"
    query = cut.sql(source, f"{', '.join(table.columns)}, {keys}")
    records, has_next, has_previous = cut.page(await connection.fetch(query, *cut.where.arguments))
    rows = [table.row(*record[:-1]) for record in records]
    cursors = [cursor_of(order, record[-1]) for record in records]
    return Page(rows, cursors, has_next, has_previous)


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a list has in all; estimated where counting would take long."""

    rows: int
    estimated: bool


async def count(connection: Connection, source: str, where: Where, bound: int | None = None) -> Count:
    """How many rows there are in all: exact up to a bound, beyond it what the planner expects."""
    bound = EXACT_COUNT if bound is None else bound
    query = f"FROM {source}{where.sql}"
    counting = f"SELECT count(*) FROM (SELECT {query} LIMIT {bound + 1}) AS counted"  # noqa: S608
    found: int = await connection.fetchval(counting, *where.arguments)
    if found <= bound:
        return Count(found, estimated=False)
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) SELECT {query}", *where.arguments)
    expected = json.loads(plan)[0]["Plan"]["Plan Rows"]
    return Count(max(found, int(expected)), estimated=True)


def cursor_of(order: Order, values: Sequence[str]) -> str:
    """The cursor of a row, of the texts of its keys."""
    packed = json.dumps([order.name, *values], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _decode(order: Order, cursor: str, path: str) -> list[Any]:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        name, *texts = json.loads(packed)
        if name == order.name:
            return [_read(text, kind) for text, (_, kind) in zip(texts, order.keys, strict=True)]
    except (binascii.Error, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
        pass
    raise BadCursor(path, cursor=ascii(cursor[:80]))


def _read(text: str, kind: str) -> Any:
    """A key value from its text in PostgreSQL's form."""
    if not storable(text):
        raise ValueError(text)
    match kind:
        case "bigint":
            value = int(text)
            if not -(2**63) <= value < 2**63:
                raise ValueError(text)
            return value
        case "uuid":
            return UUID(text)
        case "timestamptz":
            return datetime.max if text == "infinity" else datetime.fromisoformat(text).astimezone(UTC)
        case "date":
            return date.fromisoformat(text)
    return text
