"""What is shown of an object, as a column list and a function: from the schema's types to SQL and Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
    is_leaf_type,
)

from chuishao.graphql.compiled import run
from chuishao.graphql.compiled.arguments import arguments_of
from chuishao.graphql.compiled.code import Code
from chuishao.graphql.compiled.leaves import NULL, leaf
from chuishao.graphql.compiled.selection import Selected, Selections
from chuishao.graphql.compiled.statement import Inner, Scope, many
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.context import Context
from chuishao.graphql.links import Link
from chuishao.graphql.types.fields import (
    SOURCE,
    Computed,
    Counted,
    Linked,
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
        text = self.link.sql(name, self.alias)
        plain = name not in self.link.expressions
        identifier = plain and self.link.table.types.get(name) == "uuid"
        return f"r[{self.scope.take(f'{text}::text' if identifier else text)}]"

    def raw(self, name: str) -> str:
        """The column in SQL."""
        return self.link.sql(name, self.alias)


@dataclass(frozen=True)
class ObjectRow:
    """An object of Python."""

    def value(self, name: str) -> str:
        """The attribute."""
        return f"r.{name}"


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
        parts = [
            f'"{field.key}":{self._field(kind, field, row)}'
            for field in self.selections.fields(kind, selected)
        ]
        return self.code.function("r, c", f"return f'{{{{{','.join(parts)}}}}}'")

    def _field(self, kind: GraphQLObjectType, selected: Selected, row: Row) -> str:
        """What stands behind a key: text of a Python f-string."""
        if selected.name == "__typename":
            return f'"{kind.name}"'
        field = kind.fields[selected.name]
        definition = field.extensions["strawberry-definition"]
        source = definition.metadata.get(SOURCE)
        if source is None:
            if definition.base_resolver is not None:
                raise Unplanned
            return self.value(field.type, row.value(definition.python_name), selected)
        return self._from(source, field, selected, row)

    def _from(self, source: Any, field: GraphQLField, selected: Selected, row: Row) -> str:
        match source:
            case Computed():
                return self.value(field.type, self._call(source, row), selected)
            case Linked():
                return self._linked(source, field, selected, row)
            case Sealed():
                return self.value(field.type, self._sealed(source, row), selected)
            case Counted():
                return self.value(field.type, self._counted(source, row), selected)
            case Same(attribute=attribute):
                return self._same(attribute, field, selected, row)
            case Recorded() if isinstance(row, SqlRow):
                names = ("stream", "version", "type", "data", "correlation", "place")
                return f"{{c.said({', '.join(row.value(name) for name in names)})}}"
        raise Unplanned

    def value(self, kind: GraphQLOutputType, value: str, selected: Selected) -> str:
        """A value of any type, given as an expression."""
        named = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(named, GraphQLObjectType):
            write = self.object(named, selected.selections, ObjectRow())
            return f"{{{self._name(run.written)}({write}, {value}, c)}}"
        if isinstance(named, GraphQLList) and not _of_leaves(named):
            write = self.object(_item(named), selected.selections, ObjectRow())
            return f"{{{self._name(run.listed)}({write}, {value}, c)}}"
        return self.leaf(kind, value)

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

    def _sealed(self, source: Sealed, row: Row) -> str:
        """A sealed column: its text is fetched, with its key, only where it may be shown."""
        if not isinstance(row, SqlRow):
            raise Unplanned
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

    def _counted(self, source: Counted, row: Row) -> str:
        if not isinstance(row, SqlRow):
            raise Unplanned
        if self.now is None:
            self.now = self.inner.put(lambda context, _variables: context.now)
        counted = source.sql.replace("{row}", row.alias).replace("{now}", self.now)
        return f"r[{row.scope.take(counted)}]"

    def _same(self, attribute: str | None, field: GraphQLField, selected: Selected, row: Row) -> str:
        kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        if not isinstance(kind, GraphQLObjectType):
            raise Unplanned
        write = self.object(kind, selected.selections, row)
        inner = "r" if attribute is None or isinstance(row, SqlRow) else f"r.{attribute}"
        return f"{{{write}({inner}, c)}}"

    def _linked(self, source: Linked, field: GraphQLField, selected: Selected, row: Row) -> str:
        if not isinstance(row, SqlRow):
            raise Unplanned
        cast = "{key}" if source.read is None else _CASTS[source.read]
        key = cast.replace("{key}", row.raw(source.by))
        if source.link.many:
            return self._many(source, field, selected, row, key)
        return self.joined(source.link, key, field.type, selected, row.scope, self._nobody(source, row))

    def _nobody(self, source: Linked, row: SqlRow) -> str:
        """What is written where a link finds nothing."""
        if source.read is uuid_or_none:
            return f"{self._name(run.unlinked)}({row.value(source.by)})"
        return self._name(NULL)

    def joined(
        self, link: Link, key: str, kind: Any, selected: Selected, scope: Scope, nobody: str | None = None
    ) -> str:
        """The object that a link finds for a key in SQL; `nobody` is written where there is none."""
        alias = scope.join(link, key, self.context)
        plain = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        write = self.object(plain, selected.selections, SqlRow(scope, link, alias))
        if link.absent:
            return f"{{{write}(r, c)}}"
        if isinstance(kind, GraphQLNonNull):
            nobody = f"{self._name(run.missing)}()"
        there = scope.take(f"({alias}.{link.column} IS NOT NULL)")
        return f"{{{write}(r, c) if r[{there}] else {nobody or self._name(NULL)}}}"

    def _many(self, source: Linked, field: GraphQLField, selected: Selected, row: SqlRow, key: str) -> str:
        link, alias, scope = source.link, self.inner.alias(), Scope(self.inner)
        conditions = self._flags(source, field, selected, alias)
        if link.seen is not None:
            conditions.append(self.inner.seen(link, alias, self.context))
        item = _item(field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type)
        if source.through is None:
            write = self.object(item, selected.selections, SqlRow(scope, link, alias))
            made, call = "{rows}", run.nested
        else:
            for name in link.table.columns:
                scope.take(link.sql(name, alias))
            write = self.object(item, selected.selections, ObjectRow())
            rows = f"[{self._name(link.table.row)}(*x) for x in {{rows}}]"
            made, call = f"{self._name(source.through)}({rows})", run.listed
        column = row.scope.take(many(scope, key, link, alias, conditions))
        return f"{{{self._name(call)}({write}, {made.replace('{rows}', f'r[{column}]')}, c)}}"

    def _flags(self, source: Linked, field: GraphQLField, selected: Selected, alias: str) -> list[str]:
        """The condition that an argument lifts."""
        if source.flag is None:
            return []
        name, condition = source.flag
        read = arguments_of(field, selected.nodes[0], self.registry)
        lifted = self.inner.put(lambda _context, variables: read(variables)[name])
        return [f"({lifted}::boolean OR {condition.replace('{row}', alias)})"]

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
