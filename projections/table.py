"""Rows of a read model: load what a batch touches, change it in memory, write it back in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from typing import Any, Generic, TypeVar

from chuishao.eventlog.connection import Connection

R = TypeVar("R")

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
    def _select(self) -> str:
        names = ", ".join(self.key)
        wanted = ", ".join(f"${n}::{self.types[name]}[]" for n, name in enumerate(self.key, start=1))
        columns = ", ".join(self.columns)
        if len(self.key) == 1:
            return f"SELECT {columns} FROM {self.name} WHERE {names} = ANY({wanted})"  # noqa: S608
        return f"SELECT {columns} FROM {self.name} WHERE ({names}) IN (SELECT * FROM unnest({wanted}))"  # noqa: S608

    @cached_property
    def _upsert(self) -> str:
        arrays = ", ".join(f"${n}::{self.types[name]}[]" for n, name in enumerate(self.columns, start=1))
        changed = [name for name in self.columns if name not in self.key]
        update = ", ".join(f"{name} = excluded.{name}" for name in changed)
        return (
            f"INSERT INTO {self.name} ({', '.join(self.columns)}) SELECT * FROM unnest({arrays})"  # noqa: S608
            f" ON CONFLICT ({', '.join(self.key)}) DO " + (f"UPDATE SET {update}" if update else "NOTHING")
        )

    async def load(self, connection: Connection, keys: Collection[Any]) -> dict[Any, R]:
        """The rows of these keys (values, or tuples where the key has several columns), by key."""
        if not keys:
            return {}
        single = len(self.key) == 1
        arguments = [list(keys)] if single else [list(column) for column in zip(*keys, strict=True)]
        rows = [self.row(*record) for record in await connection.fetch(self._select, *arguments)]
        return {self.key_of(row): row for row in rows}

    async def save(self, connection: Connection, rows: Iterable[R]) -> None:
        """Insert or replace rows by their key."""
        values = [astuple(row) for row in rows]  # type: ignore[call-overload]
        if values:
            await connection.execute(self._upsert, *(list(column) for column in zip(*values, strict=True)))

    def key_of(self, row: R) -> Any:
        """A row's key: a value, or a tuple where the key has several columns."""
        key = tuple(getattr(row, name) for name in self.key)
        return key[0] if len(key) == 1 else key
