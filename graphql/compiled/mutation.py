"""操作 Mutations without the executor: the command is read, carried out, and its payload written as text.

What can be planned is `position`, `errors`, `secret`, `unread` and `__typename`, and of the thing that a
command made or changed the columns of its row. Whatever else is asked for, and an input that is not plainly
right, is left to the executor before anything is done. Where something goes wrong after a command was carried
out, the executor tells it: it finds what came of each command in the context, and does nothing again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    is_leaf_type,
)
from strawberry import Schema

from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.command import Command
from chuishao.graphql.compiled.inputs import input_reader
from chuishao.graphql.compiled.leaves import NULL, leaf
from chuishao.graphql.compiled.selection import Selected, Selections, condition_variables, fragments_of
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.compiled.variables import Given
from chuishao.graphql.context import Context
from chuishao.graphql.inputs import mutation_name
from chuishao.graphql.mutations import THINGS, Result, carry_out, read_thing

Write: TypeAlias = Callable[[Any], Any]
"""Gives what stands for a value in JSON when it is formatted: its text, or a whole number."""
WritePayload: TypeAlias = Callable[[Result, Any], Awaitable[str]]
_COMMANDS = {mutation_name(command): command for command in COMMANDS}


@dataclass(frozen=True)
class Sent:
    """One field of the operation: a command, how its input is read and how its payload is written."""

    key: str
    command: type[Command]
    given: Callable[[Given], Any]
    write: WritePayload


@dataclass(frozen=True)
class MutationPlan:
    """A mutation, ready to be answered; what stands in `parts` as text is the same for everybody."""

    parts: tuple[Sent | str, ...]

    async def answer(self, given: Mapping[str, Any] | None, context: Context) -> str | None:
        """The answer's data as JSON; None where the executor is to answer."""
        variables = given or {}
        try:
            inputs = [None if isinstance(part, str) else part.given(variables) for part in self.parts]
        except Unplanned:
            return None
        written = []
        for part, given_input in zip(self.parts, inputs, strict=True):
            if isinstance(part, str):
                written.append(part)
                continue
            payload = await _payload(part, given_input, context)
            if payload is None:
                return None
            written.append(f'"{part.key}":{payload}')
        return f"{{{','.join(written)}}}"


async def _payload(part: Sent, given: Any, context: Context) -> str | None:
    """What came of one command; None where the executor is to say what went wrong."""
    done = context.done[part.key] = asyncio.get_running_loop().create_future()
    try:
        result = await carry_out(context, part.command, given)
    except Exception as error:
        done.set_exception(error)
        done.exception()  # it may be that nobody asks for it
        return None
    done.set_result(result)
    try:
        return await part.write(result, SimpleNamespace(context=context))
    except Exception:
        return None


def plan_mutation(
    schema: Schema, document: DocumentNode, operation: OperationDefinitionNode
) -> MutationPlan | None:
    """A plan for a mutation; None for other operations, and where the executor is needed."""
    fragments = fragments_of(document)
    if operation.operation is not OperationType.MUTATION or condition_variables(operation, fragments):
        return None
    if any(definition.default_value is not None for definition in operation.variable_definitions or ()):
        return None
    kind = schema._schema.mutation_type
    assert kind is not None
    selections = Selections(schema._schema, fragments, {})
    try:
        selected = selections.fields(kind, [operation.selection_set])
        return MutationPlan(tuple(_part(kind, field, selections) for field in selected))
    except (Unplanned, KeyError, GraphQLError):
        return None


def _part(kind: GraphQLObjectType, selected: Selected, selections: Selections) -> Sent | str:
    if selected.name == "__typename":
        return f'"{selected.key}":"{kind.name}"'
    command, field = _COMMANDS[selected.name], kind.fields[selected.name]
    (argument,) = selected.nodes[0].arguments or ()
    given = input_reader(field.args["input"].type, argument.value)
    return Sent(selected.key, command, given, _payload_writer(command, field.type, selected, selections))


def _payload_writer(
    command: type[Command], kind: Any, selected: Selected, selections: Selections
) -> WritePayload:
    payload = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    thing = THINGS[command.thing]
    writers: list[tuple[str, Write]] = []
    shown = False
    for field in selections.fields(payload, selected.selections):
        write = _payload_field(command, payload, field, selections)
        shown = shown or field.name in (command.thing, "unread")
        writers.append((f'"{field.key}":', write))

    async def written(result: Result, info: Any) -> str:
        read = await read_thing(result, info, thing) if shown else (None, None)
        source = SimpleNamespace(result=result, thing=read[0], unread=read[1])
        return f"{{{','.join([f'{key}{write(source)}' for key, write in writers])}}}"

    return written


def _payload_field(
    command: type[Command], payload: GraphQLObjectType, field: Selected, selections: Selections
) -> Write:
    """How a field of a payload is written from the result, the thing and why that is not read."""
    if field.name == "__typename":
        return _typename(payload)
    kind: Any = payload.fields[field.name].type
    if field.name == command.thing:
        return _of("thing", _object(kind, field, selections))
    if field.name == "unread":
        return _of("unread", _object(kind, field, selections))
    if field.name == "errors":
        error = _object(kind.of_type.of_type.of_type, field, selections)
        return lambda source: f"[{','.join([error(each) for each in source.result.errors])}]"
    return _of(f"result.{field.name}", _leaf(kind))


def _of(path: str, write: Write) -> Write:
    get = attrgetter(path)
    return lambda source: write(get(source))


def _typename(kind: GraphQLObjectType) -> Write:
    text = f'"{kind.name}"'
    return lambda _source: text


def _leaf(kind: Any) -> Write:
    written = leaf(kind)
    return written.__getitem__ if isinstance(written, dict) else written


def _object(kind: Any, selected: Selected, selections: Selections) -> Write:
    """How an object or null is written of which nothing but columns and its type's name is asked for."""
    if not isinstance(kind, GraphQLObjectType):
        raise Unplanned
    writers = []
    for field in selections.fields(kind, selected.selections):
        write = _typename(kind) if field.name == "__typename" else _column(kind, field)
        writers.append((f'"{field.key}":', write))

    def written(source: Any) -> str:
        if source is None:
            return NULL
        return f"{{{','.join([f'{key}{write(source)}' for key, write in writers])}}}"

    return written


def _column(kind: GraphQLObjectType, selected: Selected) -> Write:
    field = kind.fields[selected.name]
    definition = field.extensions["strawberry-definition"]
    inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    plain = is_leaf_type(inner) or selected.name == "path"
    if definition.base_resolver is not None or definition.metadata or not plain:
        raise Unplanned
    get, write = attrgetter(definition.python_name), _leaf(field.type)
    if getattr(inner, "name", None) in ("ID", "UUID"):
        return lambda row: write(_as_text(get(row)))
    return lambda row: write(get(row))


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)
