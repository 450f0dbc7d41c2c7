"""When two answers are the same: the same data in the same order, and the same errors.

GraphQL leaves two things open, so that answers may differ in them and are equal all the same. Errors have no
order; and where several errors make one position null, some of them may be missing, for the others are
cancelled. Which of the operation's nested rows are too many depends on the order in which they are counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    DocumentNode,
    NameNode,
    OperationDefinitionNode,
)
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from chuishao.graphql.endpoint.execution import Operation

Path: TypeAlias = tuple[str | int, ...]
Errors: TypeAlias = Counter[str]
NONE: Errors = Counter()


def parsed(body: bytes) -> Any:
    """The value of a JSON text; raises ValueError for one that names a key twice."""
    return json.loads(body, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError(f"a key stands twice in one object: {[name for name, _ in pairs]}")
    return made


def exact(value: object) -> str:
    """A value as text that tells apart what equality does not: the order of keys, 1 and 1.0, true and 1."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Result:
    """A result taken apart: its data, the errors that stand by themselves, those that made something null."""

    keys: list[str]
    data: str
    alone: Errors
    spread: Errors
    torn: frozenset[Path]
    """The positions that became null for an error below them."""

    @classmethod
    def of(cls, result: Any) -> Result:
        """Take a result apart."""
        alone, spread, torn = Counter[str](), Counter[str](), set()
        for error in result.get("errors", ()):
            position = _torn(result.get("data"), error.get("path", ()))
            (alone if position is None else spread)[exact(error)] += 1
            torn |= set() if position is None else {position}
        data = exact(result["data"]) if "data" in result else ""
        return cls(list(result), data, alone, spread, frozenset(torn))


def agree(ordinary: bytes, other: bytes, possible: Errors = NONE) -> bool:
    """Whether two answers to the same question are the same.

    `possible` are the errors that the operation can meet, had none of them cancelled another.
    """
    if ordinary == other:
        return True
    try:
        left, right = parsed(ordinary), parsed(other)
    except ValueError:
        return False
    if exact(left) == exact(right):
        return True
    if _too_many(left) and _too_many(right):
        return True
    one, two = Result.of(left), Result.of(right)
    if (one.keys, one.data, one.alone, one.torn) != (two.keys, two.data, two.alone, two.torn):
        return False
    return one.spread == two.spread or two.spread <= possible


def without_propagation(operation: Operation) -> Operation:
    """The operation with a directive that lets every error make null nothing but its own field."""
    name = NameNode(value=GraphQLDisableErrorPropagationDirective.name)
    was, document = operation.definition, operation.document
    parts: dict[str, Any] = {key: getattr(was, key) for key in was.keys}
    parts["directives"] = (*(was.directives or ()), DirectiveNode(name=name, arguments=()))
    definition = OperationDefinitionNode(**parts)
    others = tuple(definition if node is was else node for node in document.definitions)
    document = DocumentNode(definitions=others)
    return replace(operation, definition=definition, document=document, plan=None)


def codes(result: Any) -> Iterator[str]:
    """The codes of a result's errors; nothing for an error of GraphQL itself."""
    for error in result.get("errors", ()):
        yield error.get("extensions", {}).get("code", "")


def _too_many(result: Any) -> bool:
    return "LIMIT_EXCEEDED" in codes(result)


def _torn(data: Any, path: Sequence[str | int]) -> Path | None:
    """The position above an error's own that is null; None where its own field is, or is not there at all."""
    for depth, step in enumerate(path):
        match data, step:
            case None, _:
                return tuple(path[:depth])
            case (dict(), str()) if step in data:
                data = data[step]
            case (list(), int()) if step < len(data):
                data = data[step]
            case _:
                return None
    return None
