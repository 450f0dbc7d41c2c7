"""行 Where the values of an object come from: a row of the statement, or an object of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chuishao.graphql.compiled.statement import Scope
from chuishao.graphql.links import Link


class Row(Protocol):
    """Where the values of an object come from."""

    def value(self, name: str) -> str:
        """A Python expression over `r` for what is known under a name."""


@dataclass(frozen=True)
class SqlRow:
    """A row of the statement."""

    scope: Scope
    link: Link
    alias: str

    def value(self, name: str) -> str:
        """The column's place; identifiers come as text."""
        text = self.raw(name)
        plain = name not in self.link.expressions
        identifier = plain and self.link.table.types.get(name) == "uuid"
        return f"r[{self.scope.take(f'{text}::text' if identifier else text)}]"

    def raw(self, name: str) -> str:
        """The column in SQL."""
        return self.link.sql(name, self.alias)

    @property
    def there(self) -> str:
        """The condition that a joined row was found."""
        return f"{self.alias}.{self.link.column} IS NOT NULL"


@dataclass(frozen=True)
class ObjectRow:
    """An object of Python."""

    def value(self, name: str) -> str:
        """The attribute."""
        return f"r.{name}"
