"""查询成本 What an operation may cost: about one point for each object that its answer may show.

- An object is one point; its plain values are free.
- A page counts its node as often as `first` or `last` says, 20 times if neither is given; the most is 100.
- A list without pages counts its objects ten times. Lists within lists multiply.
- `totalCount` is 20 points, for it counts the whole list; looking into the schema is 100 points.
- A mutation is ten points beside its answer; a subscription costs what one of its events costs.

What `@skip` leaves out counts nevertheless. A fragment is counted once, as a sum that is linear in the rows
of the page it is spread on, and reused wherever it is spread: the work is linear in the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from chuishao.graphql.endpoint.measure import spread_order, spreads_of
from chuishao.projections.paging import DEFAULT_PAGE, LARGEST_PAGE

LIST_ROWS = 10
"""Rows that a list without pages is taken to have."""
MUTATION = 10
INTROSPECTION = 100
DEAR = {"totalCount": 20}
"""Plain values that cost something all the same."""
_PAGE = frozenset(("first", "last"))
_REMEMBERED = 64  # costs of one operation, by the page sizes in its variables

Sizes: TypeAlias = Callable[[str], int]
"""The page size that a variable gives."""


@dataclass(frozen=True, slots=True)
class _Cost:
    """Points of a selection: once, and once more for each row of the page it stands on."""

    once: int = 0
    each_row: int = 0

    def on(self, rows: int) -> int:
        return self.once + rows * self.each_row


class Tariff:
    """What the operations of one valid document cost."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._order = list(spread_order({name: spreads_of(node) for name, node in self._fragments.items()}))
        self._known: dict[tuple[str | None, tuple[int, ...]], int] = {}

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> int:
        """The points of one operation of the document with these variables; at least one."""
        sizes = {
            definition.variable.name.value: _size(
                variables.get(definition.variable.name.value, _literal(definition.default_value))
            )
            for definition in operation.variable_definitions or ()
        }
        key = operation.name.value if operation.name else None, tuple(sizes.values())
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._counted(operation, sizes)
        return self._known[key]

    def _counted(self, operation: OperationDefinitionNode, sizes: Mapping[str, int]) -> int:
        counter = _Counter(self._schema, sizes)
        for name in self._order:
            fragment = self._fragments[name]
            kind = self._schema.get_type(fragment.type_condition.name.value)
            counter.fragments[name] = counter.selection(fragment.selection_set, kind)
        root = self._schema.get_root_type(operation.operation)
        return max(1, counter.selection(operation.selection_set, root).on(LIST_ROWS))


class _Counter:
    def __init__(self, schema: GraphQLSchema, sizes: Mapping[str, int]) -> None:
        self._schema = schema
        self._sizes = sizes
        self.fragments: dict[str, _Cost] = {}

    def selection(self, selection_set: SelectionSetNode, kind: GraphQLNamedType | None) -> _Cost:
        once = each_row = 0
        for node, parent in self._fields(selection_set, kind):
            cost = self._field(node, parent) if isinstance(node, FieldNode) else self._spread(node)
            once, each_row = once + cost.once, each_row + cost.each_row
        return _Cost(once, each_row)

    def _fields(
        self, selection_set: SelectionSetNode, kind: GraphQLNamedType | None
    ) -> Iterator[tuple[FieldNode | FragmentSpreadNode, GraphQLNamedType | None]]:
        """The fields and spreads of a selection, those in inline fragments too."""
        remaining = [(selection_set, kind)]
        while remaining:
            selected, parent = remaining.pop()
            for node in selected.selections:
                if isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = self._schema.get_type(condition.name.value) if condition else parent
                    remaining.append((node.selection_set, inner))
                elif isinstance(node, FieldNode | FragmentSpreadNode):
                    yield node, parent

    def _spread(self, node: FragmentSpreadNode) -> _Cost:
        return self.fragments[node.name.value]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> _Cost:
        name = node.name.value
        if name.startswith("__"):
            return _Cost(0 if name == "__typename" else INTROSPECTION)
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        field = parent.fields[name]
        own = MUTATION if parent is self._schema.mutation_type else 0
        shown = get_named_type(field.type)
        if node.selection_set is None or not is_composite_type(shown):
            return _Cost(own + DEAR.get(name, 0))
        inner = self.selection(node.selection_set, shown)
        rows = LIST_ROWS if _PAGE.isdisjoint(field.args) else self._rows(node)
        if not is_list_type(get_nullable_type(field.type)):
            return _Cost(own + 1 + inner.on(rows))
        row = 1 + inner.on(LIST_ROWS)
        return _Cost(own, row) if _PAGE.isdisjoint(field.args) else _Cost(own + rows * row)

    def _rows(self, node: FieldNode) -> int:
        """How many rows a page is asked for at most; `null` leaves the choice to the default."""
        given = [argument.value for argument in node.arguments or () if argument.name.value in _PAGE]
        asked = [
            self._sizes[value.name.value] if isinstance(value, VariableNode) else _size(_literal(value))
            for value in given
        ]
        return max((size for size in asked if size >= 0), default=DEFAULT_PAGE)


def _literal(node: object) -> int | None:
    return int(node.value) if isinstance(node, IntValueNode) else None


def _size(value: object) -> int:
    """A page size within what is ever answered; -1 where none is given. Worse ones are refused later."""
    if isinstance(value, float) and value.is_integer():  # 100.0 is an Int of a variable, too
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return -1
    return min(max(value, 0), LARGEST_PAGE)
