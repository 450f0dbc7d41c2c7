"""Requests that no well-meaning client sends, one after another from a seed: their documents and variables."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from chuishao.graphql.schema import operations, sdl

_RAW = re.compile('"<([^>]*)>"')
"""What is to stand in the JSON as it is, not as a string."""
_TOKENS = re.compile(r'"[^"]*"|#.*|\w+|\S')
_ANYTHING: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**53 + 1, 10**40, "", "x", "\0", "\ufeff", "\ufffe", "e\u0301" * 50,
    "12" * 50_000, [], [[]], [None], {}, {"": {}}, {"__proto__": 1}, "<1e400>", "<-1e400>", "<1e-400>",
    "<NaN>", "<-Infinity>", f"<{'9' * 4_000}>", f"<{'9' * 5_000}>", "<01>", "<+1>", "<.5>",
    f"<{'[' * 500}{']' * 500}>",
)  # fmt: skip
_WRONG: dict[str, tuple[Any, ...]] = {
    "Int": ("1", 1.5, 2**31, -(2**31) - 1, [1, 2], {}, True, "<1e400>", f"<{'9' * 4_200}>"),
    "Float": ("1", {}, [1, 2], True, "<1e400>", "<-1e999>", f"<{'9' * 4_200}>"),
    "String": (1, 1.5, True, {}, ["a", "b"], "\0"),
    "Boolean": (0, 1, "true", {}, [True, False]),
    "ID": (1.5, True, {}, ["a", "b"], "no identifier", "\0", -1, 10**30),
    "UUID": (1.5, True, {}, ["a"], "no identifier", "\0", -1),
    "DateTime": (1, True, {}, [], "", "2026-02-30T00:00:00Z", "2026-01-01", "0001-01-01T00:00:00+14:00", "\0",
                 "9999-12-31T23:59:59-14:00", "1e400", "2026-01-01T00:00:00+99:99", "9" * 5_000),
    "Date": (1, True, {}, [], "", "2026-02-30", "0000-00-00", "99999-01-01", "\0", "２０２６-01-01"),
    "Position": (-1, 1.5, "1", 2**53, True, {}, [], f"<{'9' * 4_200}>", "<1e400>"),
    "JSON": ("\0", 1, [], "<1e400>", {"a": "<1e400>"}, f"<{'[' * 400}{']' * 400}>", f"<{'9' * 4_200}>"),
}  # fmt: skip


def as_json(value: object) -> str:
    """JSON, in which `"<…>"` stands as it is."""
    return _RAW.sub(lambda found: found[1], json.dumps(value))


@cache
def _schema() -> GraphQLSchema:
    return build_schema(sdl())


@cache
def _documents() -> list[str]:
    return list(operations().values())


@cache
def _fields() -> list[tuple[str, str, Any]]:
    """Every root field: its operation, name and definition."""
    schema = _schema()
    roots = (("query", schema.query_type), ("mutation", schema.mutation_type))
    subscriptions = ("subscription", schema.subscription_type)
    return [(kind, *field) for kind, root in (*roots, subscriptions) if root for field in root.fields.items()]


def _fitting(kind: Any) -> Any:
    """A value that fits a type, as far as its form goes."""
    if isinstance(kind, GraphQLNonNull):
        return _fitting(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [_fitting(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {name: _fitting(field.type) for name, field in kind.fields.items() if _required(field)}
    values = {"Int": 1, "Float": 1.0, "Boolean": True, "DateTime": "2026-03-02T09:00:00+08:00"}
    values |= {"Date": "2026-03-02", "Position": 1, "JSON": {}}
    return values.get(kind.name, "6f1e6c1c-0d3e-4f5a-8f43-0d9b8a2c7e11")


def _required(field: GraphQLInputField | GraphQLArgument) -> bool:
    return isinstance(field.type, GraphQLNonNull)


def _wrong(dice: random.Random, kind: Any) -> Any:
    """A value that does not fit a type, or a part of it that does not."""
    if isinstance(kind, GraphQLNonNull):
        return None if dice.random() < 0.1 else _wrong(dice, kind.of_type)
    if isinstance(kind, GraphQLList):
        return [_wrong(dice, kind.of_type)] * dice.choice((1, 2, 500))
    if isinstance(kind, GraphQLEnumType):
        return dice.choice(("NO_SUCH_VALUE", "", 1, True, {}, "__proto__", "\0"))
    if not isinstance(kind, GraphQLInputObjectType):
        return dice.choice(_WRONG[kind.name])
    value = _fitting(kind)
    name, field = dice.choice(list(kind.fields.items()))
    if dice.random() < 0.3:
        return dice.choice((1, "x", True, [1, 2], value | {dice.choice(("unheardOf", "", name.upper())): 1}))
    return value | {name: _wrong(dice, field.type)}


def misfit(dice: random.Random) -> dict[str, Any]:
    """A field of the schema with an argument that does not fit."""
    operation, name, field = dice.choice(_fields())
    arguments = {key: given for key, given in field.args.items() if _required(given)}
    variables = {key: _fitting(given.type) for key, given in arguments.items()}
    if field.args:
        key = dice.choice(list(field.args))
        arguments[key] = field.args[key]
        variables[key] = _wrong(dice, arguments[key].type)
    inner = get_named_type(field.type)
    selected = "" if is_leaf_type(inner) else "{ __typename }"
    if isinstance(inner, GraphQLObjectType) and "errors" in inner.fields:
        selected = "{ errors { code message path } }"
    declared = ", ".join(f"${key}: {given.type}" for key, given in arguments.items())
    passed = ", ".join(f"{key}: ${key}" for key in arguments)
    head, tail = (f"({declared})", f"({passed})") if arguments else ("", "")
    return {"query": f"{operation}{head} {{ {name}{tail} {selected} }}", "variables": variables}


def mutated(dice: random.Random) -> dict[str, Any]:
    """An example operation with tokens shuffled, doubled, taken away or put in; its variables fit nothing."""
    tokens = _TOKENS.findall(dice.choice(_documents()))
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(tokens))
        match dice.randrange(5):
            case 0:
                del tokens[place : place + dice.randint(1, 4)]
            case 1:
                tokens[place:place] = dice.choice(_documents()).split()[:3]
            case 2:
                tokens[place : place + 5] = dice.sample(
                    tokens[place : place + 5], len(tokens[place : place + 5])
                )
            case 3:
                tokens.insert(
                    place, dice.choice(("{", "}", "(", "...", "$", "@skip(if: 1)", "\0", "吹", '"', '"""'))
                )
            case _:
                tokens[place] = dice.choice(tokens)
        tokens = tokens or ["{"]
    text = "\n".join(tokens) if dice.random() < 0.5 else " ".join(tokens)
    return {"query": text, "variables": {"input": dice.choice(_ANYTHING), "id": dice.choice(_ANYTHING)}}


def misshapen(dice: random.Random) -> Any:
    """A request whose own members are of odd types."""
    request: dict[str, Any] = {"query": "{ viewer { id } }"}
    for _ in range(dice.randint(1, 3)):
        name = dice.choice(("query", "variables", "operationName", "extensions", "documentId", "id", "x"))
        request[name] = dice.choice(_ANYTHING)
    match dice.randrange(5):
        case 0:
            return [request] * dice.choice((0, 1, 3, 200))
        case 1:
            return dice.choice(_ANYTHING)
        case _:
            return request


def persisted(dice: random.Random) -> dict[str, Any]:
    """A persisted query of the wrong shape."""
    odd = {
        "version": dice.choice((1, 2, *_ANYTHING)),
        "sha256Hash": dice.choice(("0" * 64, "z" * 64, *_ANYTHING)),
    }
    request: dict[str, Any] = {"extensions": {"persistedQuery": dice.choice((odd, odd, odd, *_ANYTHING))}}
    if dice.random() < 0.5:
        request["query"] = dice.choice(("{ viewer { id } }", "", 1, None))
    if dice.random() < 0.3:
        request["documentId"] = dice.choice(_ANYTHING)
    return request


_HUGE: tuple[Callable[[int], str], ...] = (
    lambda size: "{ " + " ".join(f"a{n}: __typename" for n in range(size)) + " }",
    lambda size: "{ " + "__typename " * size + "}",
    lambda size: "{ log " * size + "{ head }" + " }" * size,
    lambda size: "{ cases(filter: " + "{and: [" * size + "]}" * size + ") { nodes { id } } }",
    lambda size: "{ node(id: " + "[" * size + "]" * size + ") { id } }",
    lambda size: "query(" + "$a: " + "[" * size + "Int" + "]" * size + ") { __typename }",
    lambda size: "{ node(id: " + "{a: " * size + "1" + "}" * size + ") { id } }",
    lambda size: "{ __typename " + "@skip(if: false) " * size + "}",
    lambda size: "{ __typename " + "@unknown " * size + "}",
    lambda size: "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(size)),
    lambda size: "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }" + " #" * size,
    lambda size: "{ ...A } " + "fragment A on Query { ...A } " * size,
    lambda size: (
        "{ ...A ...B } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }" + "," * size
    ),
    lambda size: "query A { __typename } " * size,
    lambda size: " ".join(f"query A{n} {{ __typename }}" for n in range(size)),
    lambda size: "query(" + " ".join(f"$v{n}: Int" for n in range(size)) + ") { __typename }",
    lambda size: '{ node(id: """' + "\\u0000 \n" * size + '""") { id } }',
    lambda size: '{ node(id: "' + "\\uD800" * size + '") { id } }',
    lambda size: "{ " + "a" * size * 10 + " }",
    lambda size: "#" * size * 10,
    lambda size: "{ ... { " * size + "__typename" + " } }" * size,
    lambda size: "{ ... on Query { " * size + "__typename" + " } }" * size,
    lambda size: "{ cases(first: " + "9" * size + ") { nodes { id } } }",
    lambda size: "{ log(atLeast: " + "9" * size + ") { head } }",
    lambda size: "{ cases(first: 1e" + "9" * size + ") { nodes { id } } }",
    lambda size: "type Query { a: Int } " * size,
    lambda size: "extend schema @a " * size + "{ __typename }",
    lambda size: "{ __schema { types { " + "fields { type { " * size + "name" + " } }" * size + "} } }",
    lambda size: "subscription { events { position } caseEvents(caseId: 1) { position } }" + " " * size,
    lambda size: "{ __type(name: " + '"\\"' * size + ") { name } }",
    lambda size: "\ufeff" * size + "{ __typename }",
)


def huge(dice: random.Random) -> dict[str, Any]:
    """A document that repeats or nests something out of all measure."""
    return {"query": dice.choice(_HUGE)(dice.choice((1, 10, 51, 120, 400, 990, 1_500, 3_900)))}


REQUESTS = {
    "misfit": misfit,
    "mutated": mutated,
    "misshapen": misshapen,
    "persisted": persisted,
    "huge": huge,
}
"""Requests by kind."""


def request(dice: random.Random, kind: str) -> str:
    """The JSON text of a request of a kind; no real client's, and perhaps not even JSON."""
    return as_json(REQUESTS[kind](dice))
