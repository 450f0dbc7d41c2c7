"""The three questions, as each contender is asked them, and what makes two answers the same.

Answers are the same where they say the same under whatever names and layers: numbers may be texts, lists may
be connections, moments may be written in any zone, and what an event says may stand in it or beside it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chuishao.eventlog.connection import Pool
from chuishao.eventlog.sql import statements

_SQL = statements("benchmarks", "questions.sql")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
KINDS = ("list", "trace", "dashboard")
PARAMETERS = {"list": "grid", "trace": "id", "dashboard": "place"}
MANY = 400

_WORKER = "worker { %(id)s label servingSince }"
_CASE = (
    "%(id)s number status tier severity reportedAt dueAt holder assignee"
    f" grid {{ code name households {_WORKER} }} division {{ code name level }}"
)
_EVENT = "position type version occurredAt recordedAt place"
_ENTRY = f"status tier holder event {{ {_EVENT} actor {{ id role unit scope }} }}"
_GRID = (
    "code name households worker { label } tally { cases open resolved resolvedOnSpot closed rated answered"
    " solved averageRating }"
)
_PLAIN, _ROW = {"id": "id"}, {"id": "id: rowId"}
OURS = {
    "list": "query List($grid: String!)"
    " { cases(filter: { gridCode: $grid, open: true }, orderBy: NEWEST, first: 20)"
    f" {{ nodes {{ {_CASE % _PLAIN} }} }} }}",
    "trace": "query Trace($id: ID!) { case(id: $id)"
    f" {{ id number status tier reportedAt history {{ {_ENTRY} }} }} }}",
    "dashboard": "query Dashboard($place: String!)"
    " { grids(filter: { place: $place }, orderBy: CODE, first: 100)"
    f" {{ nodes {{ {_GRID} }} }} }}",
}
POSTGRAPHILE = {
    "list": "query List($grid: String!)"
    " { cases: allCases(condition: { place: $grid, open: true }, orderBy: [NUMBER_DESC], first: 20)"
    f" {{ nodes {{ {_CASE % _ROW} }} }} }}",
    "trace": "query Trace($id: UUID!)"
    " { case: caseByRowId(rowId: $id) { id: rowId number status tier reportedAt"
    f" history {{ nodes {{ status tier holder {_EVENT} actorId role unit scope }} }} }} }}",
    "dashboard": "query Dashboard($place: String!)"
    " { grids: allGrids(condition: { within: $place }, first: 100)"
    f" {{ nodes {{ {_GRID} }} }} }}",
}
RESOLVERS = {
    "list": "query List($grid: String!)"
    f" {{ cases: openCases(grid: $grid, first: 20) {{ {_CASE % _PLAIN} }} }}",
    "trace": OURS["trace"],
    "dashboard": f"query Dashboard($place: String!) {{ grids(place: $place, first: 100) {{ {_GRID} }} }}",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, by question: values to ask with, chosen from a seed."""

    everywhere: dict[str, list[str]]
    within: dict[str, list[str]]
    scope: str
    """A district; what is asked for `within` lies in it."""


async def asked(pool: Pool, seed: int) -> Asked:
    """Busy grids, cases of all kinds, and streets with at least a hundred grids."""
    chance = random.Random(seed)
    found = {kind: [row[0] for row in await pool.fetch(_SQL[kind])] for kind in KINDS}
    scope = _busiest(found["dashboard"])
    within = {kind: [row[0] for row in await pool.fetch(_SQL[f"{kind}_within"], scope)] for kind in KINDS}
    everywhere, inside = ({k: _some(v, chance) for k, v in sets.items()} for sets in (found, within))
    return Asked(everywhere, inside, scope)


def _busiest(codes: Sequence[str]) -> str:
    districts = [code[:6] for code in codes]
    return max(sorted(set(districts)), key=districts.count)


def _some(values: list[str], chance: random.Random) -> list[str]:
    assert values, "nothing to ask for"
    return [str(value) for value in chance.sample(values, min(MANY, len(values)))]


def post(document: str, variables: dict[str, str], headers: dict[str, str]) -> str:
    """A GraphQL request over HTTP, whole."""
    body = json.dumps({"query": document, "variables": variables}, separators=(",", ":"))
    lines = ["POST /graphql HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in ({"accept": "application/json"} | headers).items()]
    return "\r\n".join((*lines, f"content-length: {len(body)}", "", body))


def get(path: str, parameter: str, value: str) -> str:
    """A plain request over HTTP, whole."""
    return f"GET {path}?{parameter}={value} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n\r\n"


def renamed(document: str, mark: str) -> str:
    """A document that nobody has seen: with another alias wherever the mark stands for a number."""
    name = re.compile(r"\b(cases|status|holder)\b(?=[ (:])")
    fresh = name.sub(lambda found: f"{found[0]}{mark}: {found[0]}", document)
    return fresh.replace(f"cases{mark}: cases: ", f"cases{mark}: ")


def said(value: Any) -> Any:
    """What an answer says, whatever it is called and however it is written."""
    match value:
        case {"nodes": nodes}:
            return said(nodes)
        case {"event": {"actor": actor, **event}, **entry}:
            whose = {"actorId" if name == "id" else name: of for name, of in actor.items()}
            return said(entry | event | whose)
        case dict():
            return {name: said(inner) for name, inner in value.items()}
        case list():
            return [said(inner) for inner in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str) and _MOMENT.match(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    number = isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value))
    return value if isinstance(value, bool) or not number else float(value)
