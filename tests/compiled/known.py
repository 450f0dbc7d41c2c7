"""What a document may name to meet something: identifiers, codes, cursors, words; and what is odd."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type, is_required_argument

from chuishao.commands.secret import secret_of
from chuishao.domain.actor import SYSTEM
from chuishao.domain.event import EVENT_TYPES
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.schema import schema
from chuishao.projections.paging import LARGEST_PAGE
from tests.town import KEY, START
from tests.wandering import CATEGORIES, WORDS

TYPES = schema._schema
ODD: Sequence[str] = (
    "",
    " ",
    "null",
    "0",
    "\0",
    '"',
    "\\",
    "'; --",
    "%",
    "_",
    "é\u2028\u2029",
    "😀𠮷",
    "\x01\x1f\x7f",
    "00000000-0000-0000-0000-000000000000",
    "{6F1D2F0E6F0C5D2B9D9A3B8A4C5E7F10}",
    "urn:uuid:6f1d2f0e-6f0c-5d2b-9d9a-3b8a4c5e7f1",
    "12~",
    "x" * 5_000,
)
MOMENTS: Sequence[str] = (
    *((START + timedelta(days=days, hours=8)).isoformat() for days in (0, 3, 10, 30, 90)),
    "2026-03-02T09:00:00+08:00",
    "1900-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999+14:00",
)
NO_MOMENTS: Sequence[str] = ("2026-03-02", "yesterday", "", "0001-01-01T00:00:00+14:00")
BEYOND: Sequence[int] = (2**53 - 1, 10**9)
"""Positions that no log of a test reaches."""


@dataclass(frozen=True)
class Known:
    """What there is at the moment."""

    ids: Mapping[str, Sequence[str]]
    """By the category of their stream."""
    codes: Sequence[str]
    cursors: Mapping[tuple[str, str], Sequence[str]]
    """By a field of the query, and the order that was asked for."""
    actors: Sequence[str]
    words: Sequence[str]
    head: int
    sizes: Sequence[int]
    """Of checkpoints."""

    @property
    def every_id(self) -> Sequence[str]:
        """Identifiers of everything."""
        return [identifier for found in self.ids.values() for identifier in found]

    def ids_of(self, kind: str) -> Sequence[str]:
        """Identifiers of a type of the schema, which is named after the streams' category."""
        name = kind.lower().removesuffix("entry")
        found = [ids for category, ids in self.ids.items() if name.endswith(category)]
        return found[0] if found else self.every_id

    def fitting(self, name: str, kind: str) -> Sequence[str]:
        """Texts that an argument or input field of this name may mean, where a `kind` is asked for."""
        if name in ("id", "ids"):
            return self.ids_of(kind)
        return self._meant.get(name) or [*self.codes, *self.every_id, *self.words]

    @cached_property
    def _meant(self) -> dict[str, Sequence[str]]:
        places = [*self.codes, "", "1", "12", "1201", "120101001-"]
        categories = [*CATEGORIES, "01", "1", "99999"]
        return {
            "departmentId": self.ids_of("Department"),
            "entryId": [*self.ids_of("CareEntry"), *self.ids_of("DiaryEntry")],
            "actor": ["aside", *self.actors],
            "code": self.codes,
            "codes": self.codes,
            "gridCode": self.codes,
            "place": places,
            "divisionPrefix": places,
            "category": categories,
            "categories": categories,
            "assignee": self.actors,
            "text": self.words,
            "name": self.words,
            "names": _ENUMS,
            "types": sorted(EVENT_TYPES),
        }

    @property
    def positions(self) -> Sequence[int]:
        """Positions in the log."""
        return [0, 1, *self.sizes, self.head // 3, self.head - 5, self.head]


def secrets_of(case: object) -> Sequence[str]:
    """The secret of a case, in every form in which it is taken, and others that are none."""
    try:
        right = secret_of(KEY, UUID(str(case)))
    except ValueError:
        return ["ABCDEFGHIJKLMNOPQRSTUVWX"]
    return [right, right, f" {right.lower()}\n", right[:-1], "", "😀"]


async def look_around(services: Services) -> Known:
    """See what there is."""
    log = services.log
    streams = await log.pool.fetch("SELECT category, id FROM stream ORDER BY category, first_position")
    ids: dict[str, list[str]] = {}
    for row in streams:
        ids.setdefault(row["category"], []).append(str(row["id"]))
    codes = await log.pool.fetch("SELECT code FROM divisions.division UNION SELECT code FROM grids.grid")
    actors = await log.pool.fetch("SELECT DISTINCT assignee FROM cases.case_row WHERE assignee IS NOT NULL")
    sizes = await log.pool.fetch("SELECT size FROM checkpoint ORDER BY size")
    return Known(
        ids,
        sorted(row["code"] for row in codes),
        await _cursors(services),
        sorted(row["assignee"] for row in actors),
        [*WORDS, "井盖", "社区", "%", "第"],
        await log.head(),
        [row["size"] for row in sizes],
    )


async def _cursors(services: Services) -> dict[tuple[str, str], Sequence[str]]:
    """Cursors of every list, in every order; and those of events."""
    found: dict[tuple[str, str], Sequence[str]] = {}
    query = TYPES.query_type
    assert query is not None
    for name, field in query.fields.items():
        kind = get_named_type(field.type)
        if not {"first", "after"} <= field.args.keys() or not isinstance(kind, GraphQLObjectType):
            continue
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        pages = {"edges": "edges { cursor }", "cursor": "cursor"}
        shown = next((text for part, text in pages.items() if part in kind.fields), None)
        for order in _orders(field.args.get("orderBy")) if shown else ():
            given = f", orderBy: {order}" if order else ""
            text = f"{{ {name}(first: {LARGEST_PAGE}{given}) {{ {shown} }} }}"
            rows = await _asked(services, text, name)
            found[name, order] = [row["cursor"] for row in rows]
    return found


def _orders(argument: Any) -> Sequence[str]:
    kind = get_named_type(argument.type) if argument else None
    return list(kind.values) if isinstance(kind, GraphQLEnumType) else [""]


async def _asked(services: Services, text: str, name: str) -> Any:
    engine, request = Engine(schema), GraphQLRequest(text)
    result: Any = await engine.execute(engine.prepare(request), request, Context(services, SYSTEM))
    assert "errors" not in result, json.dumps(result)
    page = result["data"][name]
    return page if isinstance(page, list) else page["edges"]


_ENUMS = sorted(
    name for name, kind in TYPES.type_map.items() if isinstance(kind, GraphQLEnumType) and name[0] != "_"
)
