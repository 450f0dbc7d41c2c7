"""Rows of a read model: load what a batch touches, change it in memory, write it back at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

from chuishao.eventlog.connection import Connection

R = TypeVar("R")
MANY = 40
"""From so many rows on they are copied: that costs two round trips more, and a third for each row."""

_TYPES = {
    "UUID": "uuid",
    "str": "text",
    "int": "bigint",
    "bool": "boolean",
    "datetime": "timestamptz",
    "date": "date",
    "bytes": "bytea",
    "float": "double precision",
}


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table whose columns are the fields of a row class, in their order. `key` names its key columns."""

    name: str
    row: type[R]
    key: tuple[str, ...] = ("id",)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns, in the order of the row's fields."""
        return tuple(field.name for field in fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def types(self) -> dict[str, str]:
        """The SQL type of each column, from the annotation of its field."""
        annotations = {field.name: str(field.type) for field in fields(self.row)}  # type: ignore[arg-type]
        return {name: _TYPES[text.removesuffix(" | None")] for name, text in annotations.items()}

    @cached_property
    def _wanted(self) -> str:
        wanted = ", ".join(f"${n}::{self.types[name]}[]" for n, name in enumerate(self.key, start=1))
        if len(self.key) == 1:
            return f"{self.key[0]} = ANY({wanted})"
        return f"({', '.join(self.key)}) IN (SELECT * FROM unnest({wanted}))"  # noqa: S608

    @cached_property
    def _select(self) -> str:
        return f"SELECT {', '.join(self.columns)} FROM {self.name} WHERE {self._wanted}"  # noqa: S608

    @cached_property
    def _delete(self) -> str:
        return f"DELETE FROM {self.name} WHERE {self._wanted}"  # noqa: S608

    @cached_property
    def _upsert(self) -> str:
        arrays = ", ".join(f"${n}::{self.types[name]}[]" for n, name in enumerate(self.columns, start=1))
        changed = [name for name in self.columns if name not in self.key]
        update = ", ".join(f"{name} = excluded.{name}" for name in changed)
        return (
            f"INSERT INTO {self.name} ({', '.join(self.columns)}) SELECT * FROM unnest({arrays})"  # noqa: S608
            f" ON CONFLICT ({', '.join(self.key)}) DO " + (f"UPDATE SET {update}" if update else "NOTHING")
        )

    @cached_property
    def _values(self) -> Callable[[R], tuple[Any, ...]]:
        return attrgetter(*self.columns)

    @cached_property
    def key_of(self) -> Callable[[R], Any]:
        """A row's key: a value, or a tuple where the key has several columns."""
        return attrgetter(*self.key)

    async def load(self, connection: Connection, keys: Collection[Any]) -> dict[Any, R]:
        """The rows of these keys (values, or tuples where the key has several columns), by key."""
        if not keys:
            return {}
        records = await connection.fetch(self._select, *self._columns_of(keys))
        return {self.key_of(row): row for row in [self.row(*record) for record in records]}

    async def save(self, connection: Connection, rows: Collection[R]) -> None:
        """Insert or replace rows by their key."""
        if len(rows) >= MANY:
            await connection.execute(self._delete, *self._columns_of([self.key_of(row) for row in rows]))
            await self.add(connection, rows)
        elif rows:
            columns = zip(*map(self._values, rows), strict=True)
            await connection.execute(self._upsert, *columns)

    async def add(self, connection: Connection, rows: Collection[R]) -> None:
        """Insert rows whose keys are new."""
        if len(rows) < MANY:
            await self.save(connection, rows)
        else:
            records = map(self._values, rows)
            await connection.copy_records_to_table(self.name, records=records, columns=self.columns)

    def _columns_of(self, keys: Collection[Any]) -> list[list[Any]]:
        return [list(keys)] if len(self.key) == 1 else [list(column) for column in zip(*keys, strict=True)]
