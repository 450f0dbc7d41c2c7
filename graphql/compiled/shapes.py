"""What is shown of an object, as a column list and a function: from the schema's types to SQL and Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
    is_leaf_type,
)

from chuishao.domain.sight import shown_of_case
from chuishao.graphql.compiled import run, told
from chuishao.graphql.compiled.arguments import arguments_of
from chuishao.graphql.compiled.code import Code
from chuishao.graphql.compiled.leaves import NULL, leaf
from chuishao.graphql.compiled.rows import ObjectRow, Row, SqlRow
from chuishao.graphql.compiled.selection import Selected, Selections
from chuishao.graphql.compiled.statement import Inner, Scope, many
from chuishao.graphql.compiled.told import Called, Piece, Text, Told
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.context import Context
from chuishao.graphql.links import Link
from chuishao.graphql.types.fields import (
    SOURCE,
    Computed,
    Counted,
    Linked,
    Masked,
    Recorded,
    Same,
    Sealed,
    uuid_or_none,
)

_IDENTIFIER = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_KEY = (
    "(SELECT k.key FROM public.subject_key k WHERE k.log = {log}"
    " AND k.subject = encode(substr({value}, 1, 16), 'hex')::uuid)"
)
_CASTS = {uuid_or_none: f"CASE WHEN {{key}} ~ '{_IDENTIFIER}' THEN {{key}}::uuid END", str: "{key}::text"}
"""How SQL makes the key that a link's `read` makes; what has another form than most is not found."""
_NOBODY = f" ELSE '{NULL}'"
_UNLINKED = f" WHEN {{by}} IS NULL OR length({{by}}) < 32 OR {{by}} ~ '{_IDENTIFIER}' THEN '{NULL}'"
"""Where nobody was found: an identifier in an unusual form would have to be looked for again."""


@dataclass
class Shapes:
    """Makes the functions of one root. `by_policy`: runs need the policies; `now`: its placeholder."""

    selections: Selections
    context: Context
    registry: Any
    code: Code
    inner: Inner
    by_policy: bool = False
    now: str | None = None

    def object(self, kind: GraphQLObjectType, selected: Sequence[SelectionSetNode], row: Row) -> str:
        """The name of a function from a row and a run to the text of an object."""
        return self.function(self.pieces(kind, selected, row), row)

    def function(self, pieces: Sequence[Piece], row: Row) -> str:
        """The name of a function from a row and a run to the text of pieces."""

        def column(expression: str) -> str:
            assert isinstance(row, SqlRow)
            return f"{{r[{row.scope.take(expression)}] or {self._name(run.missing)}()}}"

        return self.code.function("r, c", f"return f'{told.written(pieces, column, self._put)}'")

    def pieces(self, kind: GraphQLObjectType, selected: Sequence[SelectionSetNode], row: Row) -> list[Piece]:
        """What the text of an object is made of."""
        found: list[Piece] = [Text("{")]
        for field in self.selections.fields(kind, selected):
            found.append(Text(f'{"," if len(found) > 1 else ""}"{field.key}":', field.key != field.name))
            found += self._field(kind, field, row)
        return [*found, Text("}")]

    def _field(self, kind: GraphQLObjectType, selected: Selected, row: Row) -> list[Piece]:
        """What stands behind a key."""
        if selected.name == "__typename":
            return [Text(f'"{kind.name}"')]
        field = kind.fields[selected.name]
        definition = field.extensions["strawberry-definition"]
        source = definition.metadata.get(SOURCE)
        if source is not None:
            return self._from(source, field, selected, row)
        if definition.base_resolver is not None:
            raise Unplanned
        name = definition.python_name
        plain = told.leaf(field.type, row.raw(name), row.link.type(name)) if isinstance(row, SqlRow) else None
        return plain or [self.value(field.type, row.value(name), selected)]

    def _from(self, source: Any, field: GraphQLField, selected: Selected, row: Row) -> list[Piece]:
        match source:
            case Computed():
                return [self.value(field.type, self._call(source, row), selected)]
            case Same(attribute=attribute):
                return self._same(attribute, field, selected, row)
        if not isinstance(row, SqlRow):
            raise Unplanned
        return self._stored(source, field, selected, row)

    def _stored(self, source: Any, field: GraphQLField, selected: Selected, row: SqlRow) -> list[Piece]:
        """What only a row of a table has."""
        match source:
            case Linked():
                return self._linked(source, field, selected, row)
            case Sealed():
                return [self.value(field.type, self._sealed(source, row), selected)]
            case Masked():
                return self._masked(source, field, row)
            case Counted():
                return self._counted(source, field, row)
            case Recorded():
                names = ("stream", "version", "type", "data", "correlation", "place")
                return [Called(f"{{c.said({', '.join(row.value(name) for name in names)})}}")]
        raise Unplanned

    def value(self, kind: GraphQLOutputType, value: str, selected: Selected) -> Called:
        """A value of any type, given as a Python expression."""
        named = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(named, GraphQLObjectType):
            write = self.object(named, selected.selections, ObjectRow())
            return Called(f"{{{self._name(run.written)}({write}, {value}, c)}}")
        if isinstance(named, GraphQLList) and not _of_leaves(named):
            write = self.object(_item(named), selected.selections, ObjectRow())
            return Called(f"{{{self._name(run.listed)}({write}, {value}, c)}}")
        return Called(self.leaf(kind, value))

    def leaf(self, kind: Any, value: str) -> str:
        """A scalar, an enum, or a list of them; what is called is called once."""
        write = leaf(kind)
        if isinstance(write, dict):
            return f"{{{self._name(write)}[{value}]}}"
        if not isinstance(kind, GraphQLNonNull) and value.startswith("r"):
            plain = self._name(leaf(GraphQLNonNull(kind)))
            return f"{{{plain}({value}) if {value} is not None else {self._name(NULL)}}}"
        return f"{{{self._name(write)}({value})}}"

    def _call(self, source: Computed, row: Row) -> str:
        """A call of a function of columns."""
        self.by_policy = self.by_policy or source.by_policy
        given = {"context": "c.context", "policies": "c.policies"}
        arguments = [given.get(name) or row.value(name) for name in source.needs]
        return f"{self._name(source.function)}({', '.join(arguments)})"

    def _sealed(self, source: Sealed, row: SqlRow) -> str:
        """A sealed column: its text is fetched, with its key, only where it may be shown."""
        column = row.raw(source.name)
        shown: Any = None
        if set(source.shown.needs) <= {"context"}:
            shown = source.shown.function(*(self.context for _ in source.shown.needs))
        if shown is False:
            said = row.scope.take(f"(octet_length({column}) > 0)")
            return f"{self._name(run.masked)}(r[{said}])"
        value, key = row.scope.take(column), row.scope.take(_KEY.replace("{value}", column))
        asked = "" if shown is True else f", {self._call(source.shown, row)}"
        return f"{self._name(run.unsealed)}(r[{value}], r[{key}]{asked})"

    def _masked(self, source: Masked, field: GraphQLField, row: SqlRow) -> list[Piece]:
        """Whom a case's facts are shown is known of every reader of this kind."""
        if shown_of_case(self.context.actor, source.rule):
            pieces = told.leaf(field.type, row.raw(source.name), row.link.type(source.name))
            if pieces is None:
                raise Unplanned
        else:
            pieces = [Text(NULL)]
        if source.of is None:
            return pieces
        return [
            Told(f"CASE WHEN {row.raw(source.of)} IS NOT NULL THEN {told.expression(pieces, self._put)} END")
        ]

    def _counted(self, source: Counted, field: GraphQLField, row: SqlRow) -> list[Piece]:
        if self.now is None:
            self.now = self.inner.put(lambda context, _variables: context.now)
        counted = source.sql.replace("{row}", row.alias).replace("{now}", self.now)
        pieces = told.leaf(field.type, counted, "bigint")
        if pieces is None:
            raise Unplanned
        return pieces

    def _same(self, attribute: str | None, field: GraphQLField, selected: Selected, row: Row) -> list[Piece]:
        kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        if not isinstance(kind, GraphQLObjectType):
            raise Unplanned
        if isinstance(row, SqlRow):
            return self.pieces(kind, selected.selections, row)
        write = self.object(kind, selected.selections, row)
        return [Called(f"{{{write}({'r' if attribute is None else f'r.{attribute}'}, c)}}")]

    def _linked(self, source: Linked, field: GraphQLField, selected: Selected, row: SqlRow) -> list[Piece]:
        cast = "{key}" if source.read is None else _CASTS[source.read]
        key = cast.replace("{key}", row.raw(source.by))
        if source.link.many:
            return [self._many(source, field, selected, row, key)]
        by = source.by if source.read is uuid_or_none else None
        return self.joined(source.link, key, field.type, selected, row, by)

    def joined(
        self, link: Link, key: str, kind: Any, selected: Selected, row: SqlRow, by: str | None = None
    ) -> list[Piece]:
        """The object that a link finds for a key in SQL, or null.

        `by` names the column that the key was read from, where its text may be an identifier in another form.
        """
        alias = row.scope.join(link, key, self.context)
        found = SqlRow(row.scope, link, alias)
        plain = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        pieces = self.pieces(plain, selected.selections, found)
        if link.absent:
            return pieces
        required = isinstance(kind, GraphQLNonNull)
        if told.wholly(pieces):
            nobody = "" if required else _NOBODY if by is None else _UNLINKED.replace("{by}", row.raw(by))
            return [Told(f"CASE WHEN {found.there} THEN {told.expression(pieces, self._put)}{nobody} END")]
        missing = f"{self._name(run.missing)}()" if required else self._name(NULL)
        if by is not None and not required:
            missing = f"{self._name(run.unlinked)}({row.value(by)})"
        there = row.scope.take(f"({found.there})")
        return [Called(f"{{{self.function(pieces, found)}(r, c) if r[{there}] else {missing}}}")]

    def _many(self, source: Linked, field: GraphQLField, selected: Selected, row: SqlRow, key: str) -> Called:
        link, alias, scope = source.link, self.inner.alias(), Scope(self.inner)
        conditions = self._flags(source, field, selected, alias)
        if link.seen is not None:
            conditions.append(self.inner.seen(link, alias, self.context))
        item = _item(field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type)
        if source.through is not None:
            for name in link.table.columns:
                scope.take(link.sql(name, alias))
            write = self.object(item, selected.selections, ObjectRow())
            column = row.scope.take(many(scope, key, link, alias, conditions))
            rows = f"[{self._name(link.table.row)}(*x) for x in r[{column}]]"
            return Called(f"{{{self._name(run.listed)}({write}, {self._name(source.through)}({rows}), c)}}")
        found = SqlRow(scope, link, alias)
        pieces = self.pieces(item, selected.selections, found)
        if told.wholly(pieces):
            text = told.expression(pieces, self._put)
            column = row.scope.take(many(scope, key, link, alias, conditions, text))
            return Called(f"{{{self._name(run.told)}(r[{column}], c)}}")
        write = self.function(pieces, found)
        column = row.scope.take(many(scope, key, link, alias, conditions))
        return Called(f"{{{self._name(run.nested)}({write}, r[{column}], c)}}")

    def _flags(self, source: Linked, field: GraphQLField, selected: Selected, alias: str) -> list[str]:
        """The condition that an argument lifts."""
        if source.flag is None:
            return []
        name, condition = source.flag
        read = arguments_of(field, selected.nodes[0], self.registry)
        lifted = self.inner.put(lambda _context, variables: read(variables)[name])
        return [f"({lifted}::boolean OR {condition.replace('{row}', alias)})"]

    def _put(self, text: str) -> str:
        return self.inner.put(lambda _context, _variables: text)

    def _name(self, value: Any) -> str:
        return self.code.constant(value)


def _of_leaves(kind: GraphQLList[Any]) -> bool:
    inner = kind.of_type
    while isinstance(inner, GraphQLNonNull | GraphQLList):
        inner = inner.of_type
    return is_leaf_type(inner)


def _item(kind: Any) -> GraphQLObjectType:
    """The type of a list's items, which are never null."""
    item = kind.of_type
    if not (isinstance(item, GraphQLNonNull) and isinstance(item.of_type, GraphQLObjectType)):
        raise Unplanned
    return item.of_type
