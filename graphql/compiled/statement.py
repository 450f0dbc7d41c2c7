"""语句 One SQL statement as it grows: its columns, its joins, and what is put in when it runs.

A column is a value, or the JSON text of several; what belongs to a row many times comes as an array of
records or of texts in one column. Response keys do not stand in it, so that the same fields under other names
are the same statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from chuishao.graphql.context import Context
from chuishao.graphql.links import Link
from chuishao.projections.paging import Where

Put: TypeAlias = Callable[[Context, dict[str, Any]], list[Any]]
"""The values that an operation's context and variables put in."""
_PLACEHOLDER = re.compile(r"\$(\d+)")
_INNER = re.compile(r"\$\$(\d+)")

# ruff: noqa: S608 every name in these statements is a column of our own tables


@dataclass
class Inner:
    """What is put in after the arguments of the root: `$$1`, `$$2` … are numbered behind those."""

    puts: list[Put] = field(default_factory=list)
    size: int = 0
    aliases: Any = field(default_factory=lambda: count(1))

    def put(self, value: Callable[[Context, dict[str, Any]], Any]) -> str:
        """Put one value in; gives its placeholder."""
        self.puts.append(lambda context, variables: [value(context, variables)])
        self.size += 1
        return f"$${self.size}"

    def seen(self, link: Link, row: str, context: Context) -> str:
        """The condition that the reader sees a row; whoever reads like this one has the same condition."""
        assert link.seen is not None
        shown, seen = Where(), link.seen
        seen(shown, context.reader, row)

        def put(context: Context, _variables: dict[str, Any]) -> list[Any]:
            where = Where()
            seen(where, context.reader, row)
            return where.arguments

        before, self.size = self.size, self.size + len(shown.arguments)
        if shown.arguments:
            self.puts.append(put)
        return _PLACEHOLDER.sub(lambda found: f"$${int(found[1]) + before}", shown.all)

    def values(self, context: Context, variables: dict[str, Any]) -> list[Any]:
        """Everything that is put in, in order."""
        return [value for put in self.puts for value in put(context, variables)]

    def alias(self) -> str:
        """A name for a further row."""
        return f"t{next(self.aliases)}"


@dataclass
class Scope:
    """The rows of one FROM: the statement's own, or those of an array in it."""

    inner: Inner
    columns: dict[str, int] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    joined: dict[tuple[Link, str], str] = field(default_factory=dict)

    def take(self, expression: str) -> int:
        """Have a column; gives its number, the same one for the same expression."""
        return self.columns.setdefault(expression, len(self.columns))

    def join(self, link: Link, key: str, context: Context) -> str:
        """Join the row that a link finds for a key, or nulls; gives its alias."""
        known = self.joined.get((link, key))
        if known is not None:
            return known
        alias = self.joined[link, key] = self.inner.alias()
        condition = f"{alias}.{link.column} = {key}"
        if link.seen is not None:
            condition += f" AND {self.inner.seen(link, alias, context)}"
        self.joins.append(f"LEFT JOIN {link.source} {alias} ON {condition}")
        return alias

    @property
    def taken(self) -> str:
        """The columns, at least one."""
        return ", ".join(self.columns) or "NULL"


def many(
    scope: Scope, outer: str, link: Link, row: str, conditions: list[str], told: str | None = None
) -> str:
    """An array with a record for each row that a link finds for a key of the outer row, or a text."""
    order = ", ".join(f"{row}.{name}" for name in link.order)
    where = " AND ".join([f"{row}.{link.column} = {outer}", *conditions])
    joins = " ".join(["", *scope.joins])
    item = told or f"ROW({scope.taken})"
    return f"ARRAY(SELECT {item} FROM {link.source} {row}{joins} WHERE {where} ORDER BY {order})"


def numbered(text: str, before: int, log: int) -> str:
    """A statement whose inner placeholders are numbered behind the arguments of the root."""
    return _INNER.sub(lambda found: f"${int(found[1]) + before}", text).replace("{log}", str(log))
