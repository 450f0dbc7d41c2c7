"""输入 The input of a mutation, read by functions that are made once for each document.

As with variables, whatever is not plainly right raises Unplanned: the executor then says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)

from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.compiled.variables import QUICK, Coerce, Given, member
from chuishao.graphql.inputs import camel

_ABSENT = object()
"""What stands for a variable that was not given."""
Plain = Callable[[Given], Any]


def input_reader(kind: Any, node: ValueNode) -> Callable[[Given], Any]:
    """How the argument `input` of a mutation is made from the variables that were sent."""
    plain, read = _plain(node), _value(kind)

    def given(variables: Given) -> Any:
        return read(plain(variables))

    return given


def _plain(node: ValueNode) -> Plain:
    """A literal or a variable as the JSON that stands for it; what was not given is absent."""
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: variables.get(name, _ABSENT)
    if isinstance(node, ObjectValueNode):
        fields = [(field.name.value, _plain(field.value)) for field in node.fields]
        return lambda variables: {
            name: value for name, plain in fields if (value := plain(variables)) is not _ABSENT
        }
    if isinstance(node, ListValueNode):
        items = [_plain(item) for item in node.values]
        return lambda variables: [item(variables) for item in items]
    constant = _constant(node)
    return lambda _variables: constant


def _constant(node: ValueNode) -> Any:
    if isinstance(node, StringValueNode | BooleanValueNode | EnumValueNode):
        return node.value
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, NullValueNode):
        return None
    raise Unplanned


def _value(kind: Any) -> Coerce:
    """How a value of a type is read, null too."""
    if isinstance(kind, GraphQLNonNull):
        read = _present(kind.of_type)

        def required(value: Any) -> Any:
            if value is None or value is _ABSENT:
                raise Unplanned
            return read(value)

        return required
    read = _present(kind)
    return lambda value: None if value is None else read(value)


def _present(kind: Any) -> Coerce:
    if isinstance(kind, GraphQLInputObjectType):
        return _object(kind)
    if isinstance(kind, GraphQLList):
        return _list(kind)
    if isinstance(kind, GraphQLEnumType):
        return member(kind)
    return QUICK[kind.name] if kind.name in QUICK else _scalar(kind)


def _list(kind: GraphQLList[Any]) -> Coerce:
    item = _value(kind.of_type)

    def read(value: Any) -> Any:
        if value.__class__ is not list:
            raise Unplanned
        return [item(each) for each in value]

    return read


def _scalar(kind: Any) -> Coerce:
    def read(value: Any) -> Any:
        if value is _ABSENT:
            raise Unplanned
        try:
            return kind.parse_value(value)
        except Exception:
            raise Unplanned from None

    return read


def _object(kind: GraphQLInputObjectType) -> Coerce:
    """The input class that stands for an object, made of the fields that are given."""
    definition = kind.extensions["strawberry-definition"]
    made = definition.origin
    names = {field.graphql_name or camel(field.python_name): field.python_name for field in definition.fields}
    fields = {
        name: (names[name], _value(field.type), isinstance(field.type, GraphQLNonNull))
        for name, field in kind.fields.items()
    }
    needed = {name for name, (_, _, required) in fields.items() if required and _has_none(kind, name)}

    def read(value: Any) -> Any:
        if value.__class__ is not dict or not needed <= value.keys():
            raise Unplanned
        found = {}
        for name, given in value.items():
            if name not in fields:
                raise Unplanned
            python, coerce, _ = fields[name]
            found[python] = coerce(given)
        return made(**found)

    return read


def _has_none(kind: GraphQLInputObjectType, name: str) -> bool:
    """Whether a field has no default."""
    field = kind.fields[name]
    return field.default_value is Undefined and field.default is None
