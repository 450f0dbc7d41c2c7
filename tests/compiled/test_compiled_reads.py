"""Whatever is asked, by whomever: what is answered without the executor is what the executor would answer.

`CHUISHAO_COMPILED_SEED` chooses other questions; `python -m tests.compiled` asks as many as are wanted.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chuishao.graphql import context
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest, Operation
from tests.compiled.agreement import agree, exact, parsed
from tests.compiled.examination import FEW, Reply, Side, Tally, compiled, examine, ordinary
from tests.compiled.question import Differs
from tests.compiled.world import World, lived_in
from tests.conftest import copy_of_template

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
"""The executor cancels fields that have not begun, where another one made what they belong to null."""
SEED = int(os.environ.get("CHUISHAO_COMPILED_SEED", "20260302"))
ROUNDS, DOCUMENTS = 3, 120
STEPS = 60
"""Steps that are walked between two rounds."""
PLANTED = 1200
"""Documents within which a planted difference is found."""


@pytest.fixture(scope="module")
def world(template: str) -> Iterator[World]:
    """The town in which everything has happened."""
    with lived_in(asyncio.run(copy_of_template(template)), SEED) as made:
        yield made


def test_what_is_answered_without_the_executor_is_what_it_would_answer(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    for number in range(ROUNDS):
        world.go_on(STEPS)
        examine(world, compiled, DOCUMENTS, start=SEED + number, tally=tally)

    with capsys.disabled():
        print(f"\n{tally}")  # noqa: T201 a report that people read
    assert tally.refused.total() < tally.tried / 4
    assert tally.failed < tally.answered / 3
    assert tally.compiled > tally.answered / 4


def test_rows_are_counted_without_the_executor_as_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "MOST_ROWS", 5)

    tally = examine(world, compiled, DOCUMENTS, start=SEED + ROUNDS)

    assert tally.failed > tally.answered / 10


EVERYTHING = {
    "SELECT DISTINCT status FROM cases.case_row": 12,
    "SELECT DISTINCT status FROM whistles.whistle": 3,
    "SELECT DISTINCT state FROM whistles.summons": 4,
    "SELECT DISTINCT tier FROM cases.case_row": 5,
    "SELECT DISTINCT worker IS NULL, retired_at IS NULL FROM grids.grid": 3,
    "SELECT DISTINCT grid IS NULL, contact IS NULL FROM workers.worker": 3,
    "SELECT DISTINCT abolished_at IS NULL FROM departments.department": 2,
    "SELECT DISTINCT abolished_from IS NULL FROM divisions.division": 2,
    "SELECT DISTINCT anonymous, subject IS NULL FROM cases.case_row": 2,
    "SELECT DISTINCT version FROM policies.policy": 4,
    "SELECT true FROM cases.case_row WHERE reopenings > 0": 1,
    "SELECT true FROM cases.case_row WHERE joined IS NOT NULL": 2,
    "SELECT true FROM cases.case_row WHERE split_from IS NOT NULL": 2,
    "SELECT true FROM whistles.item": 2,
    "SELECT true FROM meetings.meeting WHERE adopted > owed": 1,
    "SELECT DISTINCT done_at IS NULL FROM meetings.resolution": 2,
    "SELECT DISTINCT state FROM deliberations.deliberation": 3,
    "SELECT DISTINCT case_id IS NULL FROM deliberations.deliberation": 2,
    "SELECT DISTINCT unit_kind, case_id IS NULL FROM coordination.coordination_order": 4,
    "SELECT DISTINCT state FROM coordination.coordination_order": 2,
    "SELECT DISTINCT state FROM invitations.invitation": 4,
    "SELECT true FROM invitations.carry": 1,
    "SELECT id FROM stream WHERE category = 'erasure'": 1,
    "SELECT size FROM checkpoint": 2,
    "SELECT DISTINCT kind, retired_at IS NULL FROM elements.element": 7,
    "SELECT DISTINCT kinds FROM elements.coverage": 2,
    "SELECT DISTINCT exited_at IS NULL, household IS NULL FROM care.entry": 4,
    "SELECT DISTINCT kind FROM care.line": 4,
    "SELECT DISTINCT topic FROM diary.entry": 4,
    "SELECT true FROM diary.line WHERE corrected_by IS NOT NULL": 2,
    "SELECT DISTINCT register FROM looks.look": 2,
    "SELECT DISTINCT power FROM powers.entry": 4,
    "SELECT DISTINCT answered_at IS NULL, body IS NULL FROM powers.exercise": 3,
    "SELECT true FROM funds.given_back": 1,
    "SELECT DISTINCT retired_at IS NULL FROM duty_lists.item": 2,
    "SELECT DISTINCT state FROM burdens.task": 3,
    "SELECT DISTINCT status FROM proposals.proposal": 4,
}
"""Queries, and how many rows they give at least."""


def test_the_town_has_everything_in_every_state(world: World) -> None:
    pool = world.services.log.pool

    found = {query: len(world.wait(pool.fetch(query))) for query in EVERYTHING}

    assert {query: rows for query, rows in found.items() if rows < EVERYTHING[query]} == {}


# Differences planted on purpose


def everywhere(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with every object and list in it changed."""
    match value:
        case dict():
            return change({key: everywhere(inner, change) for key, inner in value.items()})
        case list():
            return change([everywhere(inner, change) for inner in value])
    return change(value)


def in_data(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change of everything in the data."""
    return lambda result: {
        key: everywhere(value, change) if key == "data" else value for key, value in result.items()
    }


def in_objects(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """A change of every object."""
    return in_data(lambda value: change(value) if isinstance(value, dict) else value)


def null_above(result: Any) -> Any:
    """Null propagated one level too far, or not far enough."""
    if "errors" not in result or "data" not in result:
        return result
    return result | {"data": None if result["data"] else {result["errors"][0]["path"][0]: None}}


DIFFERENCES: dict[str, Callable[[Any], Any]] = {
    "two fields swapped": in_objects(
        lambda value: (
            value | {"name": value["code"], "code": value["name"]}
            if {"name", "code"} <= value.keys()
            else value
        )
    ),
    "a mask left out": in_objects(
        lambda value: value | {"state": "SHOWN"} if value.get("state") == "MASKED" else value
    ),
    "a figure a little off": in_data(lambda value: value + 0.0001 if isinstance(value, float) else value),
    "keys in another order": in_objects(lambda value: dict(reversed(value.items()))),
    "rows in another order": in_data(lambda value: value[::-1] if isinstance(value, list) else value),
    "a row too few": in_data(lambda value: value[:2] if isinstance(value, list) else value),
    "null for an empty list": in_data(lambda value: None if value == [] else value),
    "whole numbers as fractions": in_data(lambda value: 1.0 if value is not True and value == 1 else value),
    "false for null": in_data(lambda value: False if value is None else value),
    "times without microseconds": in_data(
        lambda value: value.replace(".000000Z", "Z") if isinstance(value, str) else value
    ),
    "errors left out": lambda result: {key: value for key, value in result.items() if key != "errors"},
    "null in the wrong place": null_above,
}


def planted(change: Callable[[Any], Any]) -> Side:
    """A side that answers as the executor does, but for one thing."""

    async def side(engine: Engine, operation: Operation, request: GraphQLRequest, asked: Context) -> Reply:
        reply = await ordinary(engine, operation, request, asked)
        return Reply(exact(change(parsed(reply.body))).encode(), compiled=True)

    return side


def test_every_difference_is_found(world: World) -> None:
    """What the executor answers few questions with says which planted differences these may show."""
    hidden, answers = dict(DIFFERENCES), list[Any]()

    async def heard(engine: Engine, operation: Operation, request: GraphQLRequest, asked: Context) -> Reply:
        reply = await ordinary(engine, operation, request, asked)
        answers.append(parsed(reply.body))
        return reply

    for start in range(SEED, SEED + PLANTED // FEW):
        answers.clear()
        examine(world, heard, FEW, start=start)
        for name, change in list(hidden.items()):
            if any(exact(change(answer)) != exact(answer) for answer in answers):
                with finding("the answers differ") as found:
                    examine(world, planted(change), FEW, start=start, reduced=False)
                if found:
                    del hidden[name]
        if not hidden:
            break
    assert not hidden


@contextmanager
def finding(said: str) -> Iterator[list[Differs]]:
    """What tells the sides apart, which is to say so."""
    found: list[Differs] = []
    try:
        yield found
    except Differs as differs:
        assert said in str(differs)
        found.append(differs)


def test_what_is_told_of_a_difference_is_small(world: World) -> None:
    side = planted(DIFFERENCES["null for an empty list"])

    with pytest.raises(Differs) as told:
        examine(world, side, PLANTED, start=SEED)

    document = told.value.question.document
    assert len(document.text) < 120
    assert len(told.value.question.askings) == 1


ERROR = {"message": "no", "path": ["a", 0, "b"], "extensions": {"code": "NO"}}
OTHER = {"message": "no", "path": ["a", 1, "b"], "extensions": {"code": "NO"}}
ROOT = {"message": "no", "path": ["c"], "extensions": {"code": "NO"}}
DEEP = {"a": [{"b": None}, {"b": None}]}
SAME: list[tuple[Any, Any, list[Any]]] = [
    ({"errors": [ERROR, OTHER], "data": DEEP}, {"errors": [OTHER, ERROR], "data": DEEP}, []),
    ({"errors": [ERROR], "data": None}, {"errors": [ROOT], "data": None}, [ERROR, ROOT]),
    ({"errors": [ERROR, ROOT], "data": None}, {"errors": [ROOT], "data": None}, [ERROR, ROOT]),
]
DIFFERENT: list[tuple[Any, Any, list[Any]]] = [
    ({"data": {"a": 1, "b": 2}}, {"data": {"b": 2, "a": 1}}, []),
    ({"data": {"a": 1}}, {"data": {"a": 1.0}}, []),
    ({"data": {"a": 1}}, {"data": {"a": True}}, []),
    ({"errors": [ERROR], "data": DEEP}, {"errors": [OTHER], "data": DEEP}, [ERROR, OTHER]),
    ({"errors": [ERROR], "data": None}, {"errors": [ROOT], "data": None}, [ERROR]),
    ({"errors": [ERROR], "data": None}, {"errors": [], "data": None}, [ERROR]),
    ({"errors": [ERROR], "data": None}, {"errors": [ERROR], "data": {"a": None}}, [ERROR]),
    ({"errors": [ERROR], "data": {"a": None}}, {"errors": [ERROR], "data": DEEP}, [ERROR]),
    ({"errors": [ERROR], "data": DEEP}, {"errors": [ERROR], "data": {"a": [1]}}, [ERROR]),
    ({"errors": [ERROR]}, {"errors": [ERROR], "data": None}, [ERROR]),
    ({"data": {}, "errors": [ERROR]}, {"errors": [ERROR], "data": {}}, [ERROR]),
]


@pytest.mark.parametrize(("one", "other", "possible"), SAME)
def test_answers_may_differ_in_what_graphql_leaves_open(one: Any, other: Any, possible: list[Any]) -> None:
    assert agree(exact(one).encode(), exact(other).encode(), Counter(map(exact, possible)))


@pytest.mark.parametrize(("one", "other", "possible"), DIFFERENT)
def test_answers_differ_in_anything_else(one: Any, other: Any, possible: list[Any]) -> None:
    assert not agree(exact(one).encode(), exact(other).encode(), Counter(map(exact, possible)))


@pytest.mark.parametrize("body", [b'{"data":{"a":1,"a":1}}', b'{"data":{"a":1}', b'{"data":{"a":"\xff"}}'])
def test_an_answer_that_is_no_json_or_names_a_key_twice_is_no_answer(body: bytes) -> None:
    assert not agree(b'{"data":{"a":1}}', body)


def test_a_short_run_from_the_command_line_says_what_it_tried() -> None:
    command = [sys.executable, "-m", "tests.compiled", "--documents", "20", "--seed", "3"]
    root = Path(__file__).parent.parent.parent

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "tried 2" in done.stdout
    assert "fields covered" in done.stdout
