"""演进 How the schema may change without breaking a frontend that was written against an older one.

A deprecation says what to use instead and until when the old way stays; after that day it may go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graphql import (
    REMOVE,
    BreakingChangeType,
    DangerousChangeType,
    DocumentNode,
    GraphQLDeprecatedDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    Visitor,
    build_ast_schema,
    get_directive_values,
    parse,
    visit,
)
from graphql.utilities import SafeChangeType, SchemaChange, find_schema_changes

_REASON = re.compile(
    r"Use `(?P<instead>[^`]+)`\. 弃用：请改用 `(?P=instead)`。 Removed after (?P<until>\d{4}-\d\d-\d\d)\."
)


class NoRemovalDate(ValueError):
    """A deprecation that does not say, in the form that `deprecated` gives, until when it stays."""


def deprecated(instead: str, until: date) -> str:
    """弃用 The reason of a deprecation: what to use instead, and the last day on which the old way works."""
    return f"Use `{instead}`. 弃用：请改用 `{instead}`。 Removed after {until.isoformat()}."


def last_day(reason: str) -> date:
    """The last day on which something deprecated for this reason works."""
    found = _REASON.fullmatch(reason)
    if found is None:
        raise NoRemovalDate(f"{reason!r}: write deprecation reasons by `deprecated(instead, until)`")
    return date.fromisoformat(found["until"])


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different between two schemas, each change as a sentence."""

    breaking: list[str] = field(default_factory=list)
    """What a client of the older one may rely on and no longer finds."""
    dangerous: list[str] = field(default_factory=list)
    """What a client may not be prepared for, such as a further value of an enum."""
    added: list[str] = field(default_factory=list)
    deprecated: list[str] = field(default_factory=list)
    """What is deprecated only in the newer one, by coordinate, each with its reason."""


def changes(older: str, newer: str, today: date) -> Changes:
    """What has changed between two SDLs; what was deprecated until before today may be gone."""
    before, now = parse(older), parse(newer)
    found = Changes()
    for change in find_schema_changes(_without_expired(before, today), build_ast_schema(now)):
        if change.type is not SafeChangeType.DESCRIPTION_CHANGED:
            _kind(found, change).append(_sentence(change))
    known = dict(deprecations(before))
    found.deprecated.extend(f"{what}: {why}" for what, why in deprecations(now).items() if what not in known)
    return found


def _kind(found: Changes, change: SchemaChange) -> list[str]:
    if isinstance(change.type, BreakingChangeType):
        return found.breaking
    return found.dangerous if isinstance(change.type, DangerousChangeType) else found.added


def _sentence(change: SchemaChange) -> str:
    return " ".join(change.description.split())


def deprecations(document: DocumentNode) -> dict[str, str]:
    """Everything that a schema deprecates, by its coordinate, with the reason."""
    return {".".join(path): reason for path, reason in _deprecated(document, ())}


def _deprecated(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for kind in ("definitions", "fields", "arguments", "values"):
        for inner in getattr(node, kind, None) or ():
            name = getattr(inner, "name", None)
            if name is None:
                continue
            here = (*path, name.value)
            if (reason := _reason(inner)) is not None:
                yield here, reason
            yield from _deprecated(inner, here)


def _reason(node: Any) -> str | None:
    """Why a definition is deprecated; None where it is not."""
    given = get_directive_values(GraphQLDeprecatedDirective, node)
    return None if given is None else str(given["reason"])


def _without_expired(document: DocumentNode, today: date) -> GraphQLSchema:
    """The schema without what was deprecated until before today, and without types that only this used."""
    kept = build_ast_schema(visit(document, _Expired(today)), assume_valid=True)
    arguments = kept.to_kwargs()
    arguments["types"] = tuple(kind for kind in kept.type_map.values() if _implements(kind))
    return GraphQLSchema(**arguments)


def _implements(kind: object) -> bool:
    return isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and bool(kind.interfaces)


class _Expired(Visitor):
    """Takes out of a document what was deprecated until before a day."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today

    def enter(self, node: Node, *_: Any) -> Any:
        """Remove a node whose day has passed."""
        reason = _reason(node) if hasattr(node, "directives") else None
        return REMOVE if reason is not None and last_day(reason) < self._today else None
