"""变量与参数 What was given for an operation, read by functions that are made once for each document.

Whatever is not plainly right raises Unplanned: the executor then says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    coerce_input_value,
    type_from_ast,
    value_from_ast,
)
from strawberry.types.arguments import StrawberryArgument, convert_argument

from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.scalars import CONFIG

Given: TypeAlias = Mapping[str, Any]
Read: TypeAlias = Callable[[Given], Any]
"""From the variables to the value of one argument."""
Convert: TypeAlias = Callable[[Any], Any]
"""From a value in GraphQL's terms to what a resolver is given."""
_INT = range(-(2**31), 2**31)


def variables_of(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Read:
    """The function that reads the variables of a request: those that are given or have a default, by name."""
    readers = [
        (definition.variable.name.value, *_variable(schema, definition))
        for definition in operation.variable_definitions or ()
    ]

    def read(given: Given) -> dict[str, Any]:
        found = {}
        for name, coerce, default, required in readers:
            if name in given:
                value = given[name]
                if value is not None:
                    found[name] = coerce(value)
                    continue
                if required:
                    raise Unplanned
                found[name] = None
            elif default is not Undefined:
                found[name] = default
            elif required:
                raise Unplanned
        return found

    return read


def _variable(schema: GraphQLSchema, definition: Any) -> tuple[Callable[[Any], Any], Any, bool]:
    kind: Any = type_from_ast(schema, definition.type)
    given = definition.default_value
    default = Undefined if given is None else value_from_ast(given, kind)
    return _coerced(kind), default, isinstance(kind, GraphQLNonNull)


def _coerced(kind: GraphQLInputType) -> Callable[[Any], Any]:
    """How a value that is not null is read."""
    plain: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(plain, GraphQLScalarType) and plain.name in _QUICK:
        return _QUICK[plain.name]
    if isinstance(plain, GraphQLEnumType):
        return _member(plain)
    return lambda value: _in_full(value, plain)


def _in_full(value: Any, kind: Any) -> Any:
    try:
        return coerce_input_value(value, kind)
    except GraphQLError as error:
        raise Unplanned from error


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise Unplanned
    return value  # type: ignore[no-any-return]


def _identifier(value: Any) -> str:
    if value.__class__ is int:
        return str(value)
    return _text(value)


def _number(value: Any) -> int:
    if value.__class__ is not int or value not in _INT:
        raise Unplanned
    return value  # type: ignore[no-any-return]


def _truth(value: Any) -> bool:
    if value is not True and value is not False:
        raise Unplanned
    return value  # type: ignore[no-any-return]


_QUICK: dict[str, Callable[[Any], Any]] = {
    "String": _text,
    "ID": _identifier,
    "Int": _number,
    "Boolean": _truth,
}


def _member(kind: GraphQLEnumType) -> Callable[[Any], Any]:
    members = {name: kind.parse_value(name) for name in kind.values}

    def read(value: Any) -> Any:
        if value.__class__ is not str or value not in members:
            raise Unplanned
        return members[value]

    return read


def arguments_of(field: GraphQLField, node: FieldNode, registry: Any) -> Callable[[Given], dict[str, Any]]:
    """The function that gives a resolver's arguments, by the names that Python has for them.

    An argument that is left out has the default of the schema, and None where there is none. `registry` is
    strawberry's of scalars.
    """
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    definition = field.extensions["strawberry-definition"]
    named = {CONFIG.name_converter.from_argument(argument): argument for argument in definition.arguments}

    def convert(described: StrawberryArgument) -> Convert:
        return lambda value: convert_argument(value, described.type, registry, CONFIG)

    readers = [
        (named[name].python_name, _argument(argument, given.get(name), convert(named[name])))
        for name, argument in field.args.items()
    ]
    return lambda variables: {name: read(variables) for name, read in readers}


def _argument(argument: GraphQLArgument, node: ValueNode | None, convert: Convert) -> Read:
    default = argument.default_value
    missing = None if default is Undefined else convert(default)
    if node is None:
        return lambda _variables: missing
    if isinstance(node, VariableNode):
        return _of_variable(node.name.value, argument, missing, convert)
    if not _has_variable(node):
        value = convert(_literal(node, argument, {}))
        return lambda _variables: value
    return lambda variables: convert(_literal(node, argument, variables))


def _of_variable(name: str, argument: GraphQLArgument, missing: Any, convert: Convert) -> Read:
    required = isinstance(argument.type, GraphQLNonNull)
    plain = _is_plain(argument.type)

    def read(variables: Given) -> Any:
        if name not in variables:
            return missing
        value = variables[name]
        if value is None:
            if required:
                raise Unplanned
            return None
        return value if plain else convert(value)

    return read


def _is_plain(kind: Any) -> bool:
    """Whether its values need no conversion."""
    plain = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(plain, GraphQLScalarType)


def _literal(node: ValueNode, argument: GraphQLArgument, variables: Given) -> Any:
    value = value_from_ast(node, argument.type, dict(variables))
    if value is Undefined:
        raise Unplanned
    return value


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(field.value) for field in node.fields)
    values = getattr(node, "values", ())
    return isinstance(node, VariableNode) or any(_has_variable(value) for value in values)
