"""由数据库写成 What PostgreSQL itself writes as JSON: plain columns, and all that is made of nothing else.

What a row says is first a list of pieces: text that is known beforehand, expressions that PostgreSQL
evaluates to JSON text, and calls of Python for what only Python knows. Neighbours that PostgreSQL can write
become one column, so that a row of plain columns comes as one text, not to be taken apart and put together.

SQL's null stands for what the executor would refuse: it swallows the text around it, and whoever meets it
leaves the answer to the executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLEnumType, GraphQLNonNull, GraphQLScalarType

from chuishao.graphql.compiled.leaves import NULL


@dataclass(frozen=True, slots=True)
class Text:
    """JSON text that is known beforehand; `fresh` where the client has chosen a word of it."""

    text: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An SQL expression that gives JSON text, or null where the executor is to answer."""

    sql: str


@dataclass(frozen=True, slots=True)
class Called:
    """What Python writes: text of an f-string over `r`, the row, and `c`, the run."""

    code: str


Piece: TypeAlias = Text | Told | Called
Put: TypeAlias = Callable[[str], str]
"""Puts a text into a statement when it runs; gives its placeholder."""

_PLAIN: dict[tuple[str, str], tuple[str, bool]] = {
    ("String", "text"): ("to_json({x})::text", False),
    ("ID", "text"): ("to_json({x})::text", False),
    ("String", "uuid"): ("{x}::text", True),
    ("ID", "uuid"): ("{x}::text", True),
    ("Int", "bigint"): ("{x}::integer::text", False),
    ("Int", "integer"): ("{x}::text", False),
    ("Position", "bigint"): ("{x}::text", False),
    ("Boolean", "boolean"): ("{x}::text", False),
    ("DateTime", "timestamptz"): ('to_char({x}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')', True),
    ("Date", "date"): ("to_char({x}, 'YYYY-MM-DD')", True),
}
"""By scalar and type of the column: how SQL writes a value, and whether it stands between quotes."""


def leaf(kind: Any, expression: str, of: str | None) -> list[Piece] | None:
    """A scalar or an enum in a column of a type; None where only Python writes it as the executor would."""
    plain = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    way = _way(plain, of)
    if way is None:
        return None
    written, quoted = way
    sql = written.replace("{x}", expression)
    if plain is kind:
        known = f"""'"' || {sql} || '"'""" if quoted else sql
        return [Told(f"coalesce({known}, '{NULL}')")]
    return [Text('"'), Told(sql), Text('"')] if quoted else [Told(sql)]


def _way(kind: Any, of: str | None) -> tuple[str, bool] | None:
    if isinstance(kind, GraphQLScalarType):
        return _PLAIN.get((kind.name, of or ""))
    if isinstance(kind, GraphQLEnumType) and of == "text":
        named = all(name == str(entry.value) for name, entry in kind.values.items())
        return ("{x}", True) if named else None
    return None


def wholly(pieces: Iterable[Piece]) -> bool:
    """Whether PostgreSQL can write all of it."""
    return not any(isinstance(piece, Called) for piece in pieces)


def expression(pieces: Sequence[Piece], put: Put) -> str:
    """One SQL expression for pieces without calls.

    What clients choose is put in when the statement runs: the same question under other names is the same
    statement.
    """
    return f"({' || '.join([_part(piece, put) for piece in joined(pieces)])})"


def _part(piece: Piece, put: Put) -> str:
    assert not isinstance(piece, Called)
    if isinstance(piece, Told):
        return piece.sql
    return f"{put(piece.text)}::text" if piece.fresh else "'" + piece.text.replace("'", "''") + "'"


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The same with neighbouring texts made one."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, Text) and isinstance(last, Text):
            found[-1] = Text(last.text + piece.text, last.fresh or piece.fresh)
        else:
            found.append(piece)
    return found


def written(pieces: Sequence[Piece], column: Callable[[str], str], put: Put) -> str:
    """Text of an f-string for pieces of any kind; `column` gives the text for what a column says."""
    text, told = "", list[Piece]()
    for piece in (*joined(pieces), Called("")):
        if isinstance(piece, Called) or (isinstance(piece, Text) and not told):
            text += _column(told, column, put)
            told = []
            text += piece.code if isinstance(piece, Called) else _escaped(piece.text)
        else:
            told.append(piece)
    return text


def _column(told: list[Piece], column: Callable[[str], str], put: Put) -> str:
    """What lies between two calls: a text behind the last expression needs no column."""
    behind = told.pop() if told and isinstance(told[-1], Text) else None
    text = column(expression(told, put)) if told else ""
    return text + (_escaped(behind.text) if isinstance(behind, Text) else "")


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
