"""参数 The arguments of a field, as its resolver would be given them, read by functions made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    coerce_input_literal,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryOptional

from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.compiled.variables import Given
from chuishao.graphql.scalars import CONFIG

Read: TypeAlias = Callable[[Given], Any]
"""From the variables of a request to a value."""


def arguments_of(
    field: GraphQLField, node: FieldNode, registry: Mapping[object, Any]
) -> Callable[[Given], dict[str, Any]]:
    """The function that gives a resolver's arguments, by the names that Python has for them.

    An argument that is left out has the default of the schema, and None where there is none. `registry` is
    strawberry's of scalars.
    """
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    definition = field.extensions["strawberry-definition"]
    described = {CONFIG.name_converter.from_argument(argument): argument for argument in definition.arguments}
    readers = [
        (
            described[name].python_name,
            _Reader.of(argument.type, described[name].type, registry).read(argument, given.get(name)),
        )
        for name, argument in field.args.items()
    ]
    known, varying = _told_apart(readers)
    known = {name: None if value is Undefined else value for name, value in known.items()}

    def read(variables: Given) -> dict[str, Any]:
        given = known.copy()
        for name, one in varying:
            value = one(variables)
            given[name] = None if value is Undefined else value
        return given

    return read


@dataclass(frozen=True, slots=True)
class _Constant:
    """Reads the same value whatever the variables are."""

    value: Any

    def __call__(self, _variables: Given) -> Any:
        return self.value


def _told_apart(readers: list[tuple[str, Read]]) -> tuple[dict[str, Any], list[tuple[str, Read]]]:
    """The values that are known already, and the readers of the others."""
    known = {name: read.value for name, read in readers if isinstance(read, _Constant)}
    return known, [(name, read) for name, read in readers if name not in known]


@dataclass(frozen=True)
class _Reader:
    """Makes readers of values of one type, as GraphQL and as strawberry know it."""

    kind: GraphQLInputType
    described: Any
    registry: Mapping[object, Any]

    @classmethod
    def of(cls, kind: GraphQLInputType, described: Any, registry: Mapping[object, Any]) -> _Reader:
        """Of a type without what may be null."""
        plain = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        while isinstance(described, StrawberryOptional):
            described = described.of_type
        return cls(plain, described, registry)

    def read(self, field: GraphQLArgument | GraphQLInputField, node: ValueNode | None) -> Read:
        """The reader of an argument, or of a field of an input; Undefined where it is left out."""
        default = coerce_default_value(field)
        missing = Undefined if default is Undefined else self._converted(default)
        if node is None:
            return _Constant(missing)
        required = isinstance(field.type, GraphQLNonNull)
        if isinstance(node, VariableNode):
            return self._variable(node.name.value, required, missing)
        return self._value(node)

    def _value(self, node: ValueNode) -> Read:
        """The reader of a value that is written out, though variables may stand in it."""
        if not _has_variable(node):
            return _Constant(self._constant(node))
        kind = self.kind
        if isinstance(kind, GraphQLList):
            items = [self._item(kind, item) for item in _items(node)]
            return lambda variables: [read(variables) for read in items]
        if isinstance(kind, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            return self._object(node, kind)
        raise Unplanned

    def _variable(self, name: str, required: bool, missing: Any) -> Read:
        plain = isinstance(self.kind, GraphQLScalarType)

        def read(variables: Given) -> Any:
            value = variables.get(name)
            if value is not None:
                return value if plain else self._converted(value)
            value = None if name in variables else missing
            if required and (value is None or value is Undefined):
                raise Unplanned
            return value

        return read

    def _item(self, kind: GraphQLList[Any], node: ValueNode) -> Read:
        inner = _Reader.of(kind.of_type, getattr(self.described, "of_type", None), self.registry)
        if isinstance(node, VariableNode):
            return inner._variable(node.name.value, isinstance(kind.of_type, GraphQLNonNull), None)
        return inner._value(node)

    def _object(self, node: ObjectValueNode, kind: GraphQLInputObjectType) -> Read:
        """The reader of an input that is written out and names variables."""
        given = {field.name.value: field.value for field in node.fields}
        definition = kind.extensions["strawberry-definition"]
        known = {CONFIG.name_converter.from_field(field): field for field in definition.fields}
        make, readers = definition.origin, []
        for name, field in kind.fields.items():
            described = known[name].resolve_type(type_definition=definition)
            inner = _Reader.of(field.type, described, self.registry)
            readers.append((known[name].python_name, inner.read(field, given.get(name))))

        known, varying = _told_apart(readers)
        known = {name: value for name, value in known.items() if value is not Undefined}
        pattern = vars(_pattern(make, known))

        def read(variables: Given) -> Any:
            values = pattern.copy()
            for name, inner in varying:
                if (value := inner(variables)) is not Undefined:
                    values[name] = value
            made = make.__new__(make)
            made.__dict__ = values  # an input is its fields; a call with two dozen takes twice as long
            return made

        return read

    def _constant(self, node: ValueNode) -> Any:
        value = coerce_input_literal(node, self.kind)
        if value is Undefined:
            raise Unplanned
        return self._converted(value)

    def _converted(self, value: Any) -> Any:
        return convert_argument(value, self.described, self.registry, CONFIG)


def _pattern(make: type[Any], known: dict[str, Any]) -> Any:
    """An input with what is known of it, the defaults of what may be left out, and None for the rest."""
    required = [field.name for field in fields(make) if field.default is field.default_factory is MISSING]
    return make(**dict.fromkeys(required) | known)


def _items(node: ValueNode) -> Iterable[ValueNode]:
    """The items of a list, which may be written as one value."""
    return node.values if isinstance(node, ListValueNode) else (node,)


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(field.value) for field in node.fields)
    if isinstance(node, ListValueNode):
        return any(_has_variable(value) for value in node.values)
    return isinstance(node, VariableNode)
