"""Commands as GraphQL inputs: each field and its description come from the command itself, once."""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from annotated_doc import Doc
from strawberry.scalars import JSON
from strawberry.tools import create_type

from chuishao.commands.command import Command, name_of
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadCode, BadPolicy, within
from chuishao.eventlog.decoding import HEX, uuid_from_hex
from chuishao.graphql.scalars import Unreadable

_ENVELOPE = {
    "command_id": (UUID, "命令标识 A UUID chosen by you; sending the same command again changes nothing."),
    "expected_version": (int | None, "预期版本 The version you saw; refused if it has changed since."),
    "occurred_at": (
        datetime | None,
        "发生时间 When it happened, if not just now: drafts made offline, imports.",
    ),
}
_ENVELOPE_OF_NEW = {
    "expected_version": (
        int | None,
        "预期版本 Leave it out: the command makes something, which had version 0 before. Any other number is "
        "refused, except that of the same thing made already.",
    ),
}
DEEPEST = 12
"""Levels of a JSON document in an input."""
_PLAIN = {UUID: strawberry.ID, dict: JSON}


_made: dict[type, type] = {}


def input_of(command: type) -> type:
    """The GraphQL input of a command, or of a part of one; the same type whenever it is asked for."""
    if command not in _made:
        _made[command] = _make_input(command)
    return _made[command]


def _make_input(command: type[Any]) -> type:
    is_command = issubclass(command, Command)
    made = []
    if is_command:
        for name, (kind, text) in (_ENVELOPE | (_ENVELOPE_OF_NEW if command.makes else {})).items():
            made.append(_field(name, kind, text, required=name == "command_id"))
    hints = get_type_hints(command, include_extras=True)
    for field in fields(command):
        kind, text = _described(hints[field.name])
        made.append(_field(field.name, _graphql(kind), text, field.default is MISSING, field.default))
    what = f"命令 Input of `{mutation_name(command)}`." if is_command else (command.__doc__ or "")
    return create_type(f"{command.__name__}Input", made, is_input=True, description=what)


def mutation_name(command: type) -> str:
    """The name of a command's mutation."""
    return name_of(command)


def command_of(command: Any, given: Any) -> Any:
    """The command (or part) that an input stands for; refused where a value cannot be read."""
    return command(**{name: read(getattr(given, name), path) for name, read, path in _readers(command)})


Read: TypeAlias = Callable[[Any, str], Any]
"""Gives a command's value from an input's; the path is that of the field, for refusals."""


@cache
def _readers(command: Any) -> tuple[tuple[str, Read, str], ...]:
    """How a command's input is read: name, how its value is read, and path."""
    hints = get_type_hints(command)
    return tuple((field.name, _reader(hints[field.name]), camel(field.name)) for field in fields(command))


def read_moment(given: datetime | Unreadable | None, path: str) -> datetime | None:
    """A time from an input; refused where it cannot be read."""
    if isinstance(given, Unreadable):
        raise given.refusal(path)
    return given


def read_id(given: str, path: str) -> UUID:
    """An identifier from an input; refused where it is none."""
    digits = given.replace("-", "")
    try:
        return uuid_from_hex(digits) if len(digits) == HEX else UUID(given)
    except ValueError:
        reason = Phrase("an identifier is a UUID", "标识须为 UUID")
        raise BadCode(path, code=ascii(given[:80]), reason=reason) from None


def plain_field(name: str, kind: Any, text: str, **options: Any) -> Any:
    """A field made by program: its name, type and description."""
    field = strawberry.field(description=text, **options)
    field.python_name = name
    field.type_annotation = strawberry.annotation.StrawberryAnnotation(kind)
    return field


def _field(name: str, kind: Any, text: str, required: bool, default: Any = None) -> Any:
    return plain_field(name, kind, text, **({} if required else {"default": default}))


def _described(hint: Any) -> tuple[Any, str]:
    """A type and the description that goes with it."""
    if get_origin(hint) is Annotated:
        kind, *extras = get_args(hint)
        return kind, next(extra.documentation for extra in extras if isinstance(extra, Doc))
    raise TypeError(f"{hint} has no description")


def _graphql(kind: Any) -> Any:
    """The type that the schema uses for a command's type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = [_graphql(argument) for argument in arguments if argument is not type(None)]
        return inner[0] | None
    if origin is list:
        return list[_graphql(arguments[0])]  # type: ignore[misc]
    if isinstance(kind, type) and is_dataclass(kind):
        return input_of(kind)
    return _PLAIN.get(origin or kind, kind)


def _reader(kind: Any) -> Read:
    """How a command's value of a type is read."""
    read = _present(kind)

    def read_any(value: Any, path: str) -> Any:
        if value is None:
            return None
        if value.__class__ is Unreadable:
            raise value.refusal(path)
        return value if read is None else read(value, path)

    return read_any


def _present(kind: Any) -> Read | None:
    """How a value is read that is there; None where it is taken as it is."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _present(next(argument for argument in arguments if argument is not type(None)))
    if origin is list:
        return _list_reader(_reader(arguments[0]))
    if kind is UUID:
        return read_id
    if isinstance(kind, type) and is_dataclass(kind):
        return _part_reader(kind)
    return _shallow if (origin or kind) is dict else None


def _list_reader(read: Read) -> Read:
    def read_all(value: Any, path: str) -> Any:
        return [_read_item(read, item, path, number) for number, item in enumerate(value)]

    return read_all


def _read_item(read: Read, item: Any, path: str, number: int) -> Any:
    with within(path):
        return read(item, str(number))


def _part_reader(kind: type) -> Read:
    def read_part(value: Any, path: str) -> Any:
        with within(path):
            return command_of(kind, value)

    return read_part


def _shallow(value: Any, path: str) -> Any:
    _require_shallow(value, path)
    return value


def _require_shallow(value: object, path: str, depth: int = 0) -> None:
    """Refuse a document that is nested deeper than any policy is."""
    if depth > DEEPEST:
        reason = Phrase(f"it is nested more than {DEEPEST} levels deep", f"嵌套超过 {DEEPEST} 层")
        raise BadPolicy(path, reason=reason)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _require_shallow(item, path, depth + 1)


def camel(name: str) -> str:
    """A name of Python as the schema writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
