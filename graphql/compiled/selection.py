"""选择集 What a document selects: fields by response key, fragments and conditions applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from chuishao.graphql.compiled.unplanned import Unplanned


@dataclass(frozen=True)
class Selected:
    """A response key of an object, and the field nodes that are merged under it."""

    key: str
    nodes: tuple[FieldNode, ...]

    @property
    def name(self) -> str:
        """The field's name."""
        return self.nodes[0].name.value

    @property
    def selections(self) -> list[SelectionSetNode]:
        """The selections of all its nodes."""
        return [node.selection_set for node in self.nodes if node.selection_set is not None]


@dataclass(frozen=True)
class Selections:
    """Reads the selections of one operation, with the variables of its `@skip` and `@include` as given."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, bool | None]

    def fields(self, kind: GraphQLObjectType, selections: Iterable[SelectionSetNode]) -> list[Selected]:
        """What is selected of an object of a type."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selection_set in selections:
            self._collect(kind, selection_set, found, spread)
        return [Selected(key, tuple(nodes)) for key, nodes in found.items()]

    def _collect(
        self,
        kind: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        spread: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._applies(condition.name.value, kind):
                    self._collect(kind, node.selection_set, found, spread)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, kind):
                    self._collect(kind, fragment.selection_set, found, spread)

    def _applies(self, name: str, kind: GraphQLObjectType) -> bool:
        condition = self.schema.get_type(name)
        return condition is kind or (
            condition is not None and is_abstract_type(condition) and self.schema.is_sub_type(condition, kind)
        )

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            wanted = {"skip": False, "include": True}.get(directive.name.value)
            if wanted is None:
                raise Unplanned
            if self._condition(directive) is not wanted:
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> bool:
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, VariableNode):
            value = self.conditions[argument.value.name.value]
            if not isinstance(value, bool):
                raise Unplanned  # null was given where the default would have been right
            return value
        return isinstance(argument.value, BooleanValueNode) and argument.value.value


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }


def condition_variables(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The variables that `@skip` and `@include` ask, in an order."""
    found: dict[str, None] = {}
    for definition in (operation, *fragments.values()):
        _each(definition.selection_set, lambda name: found.setdefault(name, None))
    return tuple(found)


def _each(selection_set: SelectionSetNode, note: Callable[[str], object]) -> None:
    remaining = [selection_set]
    while remaining:
        for node in remaining.pop().selections:
            for directive in node.directives or ():
                for argument in directive.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        note(argument.value.name.value)
            inner = getattr(node, "selection_set", None)
            if inner is not None:
                remaining.append(inner)
