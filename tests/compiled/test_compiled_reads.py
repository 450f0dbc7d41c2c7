"""Whatever is asked, by whomever: what is answered without the executor is what the executor would answer.

`CHUISHAO_COMPILED_SEED` chooses other questions; `python -m tests.compiled` asks as many as are wanted.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase

from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest, Operation
from chuishao.graphql.schema import schema
from tests.compiled.agreement import agree, exact, parsed
from tests.compiled.examination import Differs, Reply, Side, Tally, compiled, examine, ordinary
from tests.compiled.world import World, lived_in
from tests.conftest import copy_of_template

SEED = int(os.environ.get("CHUISHAO_COMPILED_SEED", "20260302"))
ROUNDS, DOCUMENTS = 3, 100
STEPS = 60
"""Steps that are walked between two rounds."""
PLANTED = 400
"""Documents within which a planted difference is found."""


@pytest.fixture(scope="module")
def url(template: str) -> str:
    """A database of its own."""
    return asyncio.run(copy_of_template(template))


@pytest.fixture(scope="module")
def world(url: str) -> Iterator[World]:
    """The town in which everything has happened."""
    with lived_in(url, SEED) as made:
        yield made


@pytest.fixture(scope="module")
def engine() -> Engine:
    """What answers, either way."""
    return Engine(schema)


def test_compiled_answers_are_those_of_the_executor(
    world: World, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    for number in range(ROUNDS):
        world.go_on(STEPS)
        examine(world, compiled, DOCUMENTS, engine=engine, start=SEED + number, tally=tally)

    with capsys.disabled():
        print(f"\n{tally}")
    assert tally.refused.total() < tally.tried / 4
    assert tally.failed < tally.tried / 2


def test_the_town_has_cases_and_whistles_in_every_state(world: World, engine: Engine) -> None:
    ...
