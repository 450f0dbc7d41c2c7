"""变量 The variables of a request, read by functions that are made once for each document.

Whatever is not plainly right raises Unplanned: the executor then says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    coerce_input_literal,
    coerce_input_value,
    type_from_ast,
)

from chuishao.graphql.compiled.unplanned import Unplanned

Given: TypeAlias = Mapping[str, Any]
"""Variables by name: as they were sent, or as they were read."""
Coerce: TypeAlias = Callable[[Any], Any]
_INT = range(-(2**31), 2**31)


def variables_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> Callable[[Given], dict[str, Any]]:
    """The function that reads the variables of a request: those that are given or have a default, by name."""
    readers = [
        (definition.variable.name.value, *_variable(schema, definition))
        for definition in operation.variable_definitions or ()
    ]

    def read(given: Given) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, coerce, default, required in readers:
            if (value := given.get(name)) is not None:
                found[name] = coerce(value)
            elif name in given:
                if required:
                    raise Unplanned
                found[name] = None
            elif default is not Undefined:
                found[name] = default
            elif required:
                raise Unplanned
        return found

    return read


def _variable(schema: GraphQLSchema, definition: VariableDefinitionNode) -> tuple[Coerce, Any, bool]:
    kind: Any = type_from_ast(schema, definition.type)
    given = definition.default_value
    default = Undefined if given is None else coerce_input_literal(given, kind)
    return _coerced(kind), default, isinstance(kind, GraphQLNonNull)


def _coerced(kind: GraphQLInputType) -> Coerce:
    """How a value that is not null is read."""
    plain: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(plain, GraphQLScalarType) and plain.name in QUICK:
        return QUICK[plain.name]
    if isinstance(plain, GraphQLEnumType):
        return member(plain)
    return lambda value: _in_full(value, plain)


def _in_full(value: Any, kind: Any) -> Any:
    read = coerce_input_value(value, kind)
    if read is Undefined:
        raise Unplanned
    return read


def _text(value: Any) -> Any:
    if value.__class__ is not str:
        raise Unplanned
    return value


def _identifier(value: Any) -> Any:
    return str(value) if value.__class__ is int else _text(value)


def _number(value: Any) -> Any:
    if value.__class__ is not int or value not in _INT:
        raise Unplanned
    return value


def _truth(value: Any) -> Any:
    if value is not True and value is not False:
        raise Unplanned
    return value


QUICK: dict[str, Coerce] = {"String": _text, "ID": _identifier, "Int": _number, "Boolean": _truth}
"""How values of the scalars of the language are read, where they are not null."""


def member(kind: GraphQLEnumType) -> Coerce:
    """How a member of an enum is read from its name."""
    members = {name: kind.parse_value(name) for name in kind.values}

    def read(value: Any) -> Any:
        if value.__class__ is not str or value not in members:
            raise Unplanned
        return members[value]

    return read
