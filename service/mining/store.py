"""OCEL 2.0 in SQLite: the file that is handed out, and what the other formats are written from.

Nothing is kept in memory but the names of types and attributes, so a log may be of any length.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from chuishao.eventlog.sql import statements
from chuishao.service.mining.told import Thing, Told, Value

EPOCH = "1970-01-01 00:00:00.000000"
"""The moment from which on what an object began with is said to hold."""
CHANGING: dict[str, tuple[str, ...]] = {
    "case": ("status", "community", "grid", "category", "severity", "linkage", "tier", "holder", "assignee"),
    "whistle": ("street", "kind", "linkage"),
    "worker": ("community", "label", "grid"),
    "department": ("division", "name"),
}
"""Attributes of objects, also where the selection lacks their first event. Other objects have what their
first event says of them; a later event that says it anew changes it."""
_TYPES: dict[type, str] = {bool: "BOOLEAN", int: "INTEGER", datetime: "TIMESTAMP"}
REMEMBERED = 50_000
"""Objects and links of which it is remembered that they were written."""
_FIXED = {
    "event": ["ocel_id TEXT PRIMARY KEY REFERENCES event (ocel_id)", "ocel_time TIMESTAMP"],
    "object": [
        "ocel_id TEXT NOT NULL REFERENCES object (ocel_id)",
        "ocel_time TIMESTAMP",
        "ocel_changed_field TEXT",
    ],
}
_SQL = statements("chuishao.service.mining", "store.sql")
TIME, CHANGED = 1, 2
"""Where in a row its time stands, and of an object which attribute changed."""


@dataclass
class Store:
    """A file being written, or read once it is."""

    database: sqlite3.Connection
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    """The tables of types, each with its attributes and their types in SQL."""
    _rows: dict[str, list[Sequence[Any]]] = field(default_factory=lambda: defaultdict(list))
    _written: set[Any] = field(default_factory=set)
    """Objects and links that were written lately."""

    def add(self, page: Iterable[Told]) -> None:
        """Write what events tell."""
        for told in page:
            self._add_event(told)
            self._add_objects(told)
        for statement, rows in self._rows.items():
            self.database.executemany(statement, rows)
        self._rows.clear()
        if len(self._written) > REMEMBERED:
            self._written.clear()

    def _add_event(self, told: Told) -> None:
        table = self._table("event", told.type, told.attributes)
        for name, value in told.attributes.items():
            self._column(table, name, value)
        self._rows[_SQL["event"]].append((told.id, told.type))
        names = ("ocel_id", "ocel_time", *told.attributes)
        values = (told.id, written(told.at), *map(_stored, told.attributes.values()))
        self._rows[_insert(table, names)].append(values)

    def _add_objects(self, told: Told) -> None:
        for thing, part in told.things.items():
            self._object(thing)
            self._rows[_SQL["event_object"]].append((told.id, thing.id, part))
        for link in told.links:
            if link not in self._written:
                source, target, part = link
                self._written.add(link)
                self._object(source)
                self._object(target)
                self._rows[_SQL["object_object"]].append((source.id, target.id, part))
        if told.about is not None:
            self._states(told, told.about)

    def _object(self, thing: Thing) -> str:
        table = self._table("object", thing.type, dict.fromkeys(CHANGING.get(thing.type, ()), ""))
        if thing not in self._written:
            self._written.add(thing)
            self._rows[_SQL["object"]].append((thing.id, thing.type))
            self._rows[_begin(table, ())].append((thing.id, EPOCH))
        return table

    def _states(self, told: Told, thing: Thing) -> None:
        """What an object begins with holds from the epoch on, and what changes of it from then on."""
        table = self._object(thing)
        wanted = CHANGING.get(thing.type)
        for name, value in told.states.items():
            if told.first and value is not None and (wanted is None or name in wanted):
                self._column(table, name, value)
        said = {name: _stored(value) for name, value in told.states.items() if name in self.columns[table]}
        if told.first:
            self._rows[_begin(table, tuple(said))].append((thing.id, EPOCH, *said.values()))
            return
        for name, value in said.items():
            names = ("ocel_id", "ocel_time", "ocel_changed_field", name)
            self._rows[_insert(table, names)].append((thing.id, written(told.at), name, value))

    def _table(self, kind: str, type_: str, begun: Mapping[str, Value]) -> str:
        """The table of a type, made where it is not there yet, with the attributes that are known by then."""
        table = f"{kind}_{mapped(type_)}"
        if table not in self.columns:
            self.columns[table] = columns = {name: _type(value) for name, value in begun.items()}
            more = [f'"{name}" {sql}' for name, sql in columns.items()]
            self.database.execute(f'CREATE TABLE "{table}" ({", ".join([*_FIXED[kind], *more])})')
            self.database.execute(_SQL[f"{kind}_type"], (type_, mapped(type_)))
            if kind == "object":
                self.database.execute(f'CREATE INDEX "{table}_object" ON "{table}" (ocel_id)')
                self.database.execute(
                    f'CREATE UNIQUE INDEX "{table}_first" ON "{table}" (ocel_id)'
                    " WHERE ocel_changed_field IS NULL"
                )
        return table

    def _column(self, table: str, name: str, value: Value) -> None:
        if name not in self.columns[table]:
            self.columns[table][name] = _type(value)
            self.database.execute(f'ALTER TABLE "{table}" ADD COLUMN "{name}" {_type(value)}')

    # Reading

    def read(self, name: str, *asked: str) -> Iterator[Any]:
        """The rows of a named statement."""
        return iter(self.database.execute(_SQL[name], asked))

    def prepare_cases(self) -> None:
        """Let the events of a case be found."""
        self.database.execute(_SQL["by_object"])

    def types(self, kind: str) -> list[str]:
        """The types of events or of objects."""
        return [type_ for (type_,) in self.database.execute(_SQL[f"{kind}_types"])]

    def attributes(self, kind: str, type_: str) -> dict[str, str]:
        """The attributes of a type, each with its type in SQL."""
        return self.columns[f"{kind}_{mapped(type_)}"]

    def rows(self, kind: str, type_: str, identifier: str) -> list[Any]:
        """Everything that is said of an event or an object, in order."""
        table = f"{kind}_{mapped(type_)}"
        return list(
            self.database.execute(
                f'SELECT * FROM "{table}" WHERE ocel_id = ? ORDER BY rowid',  # noqa: S608 a name of ours
                (identifier,),
            )
        )


@contextmanager
def made(path: Path) -> Iterator[Store]:
    """A new file, complete at the end of the block."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_SQL["tables"])
        yield Store(database)
        database.commit()


def written(at: datetime) -> str:
    """A moment as SQLite sorts and reads it, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _type(value: Value) -> str:
    return _TYPES.get(type(value), "TEXT")


@cache
def mapped(type_: str) -> str:
    """The part of a table's name that stands for a type."""
    return re.sub(r"[^A-Za-z0-9]", "_", type_)


def _stored(value: Value | None) -> Value | None:
    return written(value) if isinstance(value, datetime) else value


@lru_cache(maxsize=1024)
def _insert(table: str, names: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join("?" * len(names))
    return f'INSERT INTO "{table}" ({quoted}) VALUES ({values})'  # noqa: S608 names of ours


@lru_cache(maxsize=1024)
def _begin(table: str, names: tuple[str, ...]) -> str:
    """The statement that says what an object begins with, of which others may have told before."""
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    return (
        f"{_insert(table, ('ocel_id', 'ocel_time', *names))} ON CONFLICT (ocel_id)"
        f" WHERE ocel_changed_field IS NULL DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"
    )
