"""Where compiled reads end and the executor begins: both say the same, and which one answers is said here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chuishao.commands.secret import secret_of
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.lanes import Lanes
from chuishao.graphql.compiled.plan import plan
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.execution import DataText, Engine, GraphQLRequest, encode_result
from chuishao.graphql.endpoint.observation import Observation
from chuishao.graphql.schema import schema
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine as Folding
from tests.town import KEY, Town

EXECUTED, PLANNED = Engine(schema), Engine(schema, planner=partial(plan, schema))
NOW = datetime(2026, 3, 3, tzinfo=UTC)


@dataclass
class Asked:
    """A town that may be asked in both ways."""

    town: Town
    services: Services

    async def both(self, text: str, actor: Actor, **variables: Any) -> tuple[str, bool]:
        """The answer, the same in both ways, and whether it was compiled."""
        request = GraphQLRequest(text, variables=variables)
        answers = []
        for engine in (EXECUTED, PLANNED):
            (operation,) = engine.operations(text)
            context = Context(self.services, actor, now=NOW)
            answers.append(await engine.execute(operation, request, context))
        executed, planned = map(encode_result, answers)
        assert executed == planned
        return planned, isinstance(answers[1].get("data"), DataText)


@pytest.fixture
async def asked(town: Town) -> AsyncIterator[Asked]:
    """The town, folded."""
    feed = Feed(town.log)
    folding = Folding(feed, PROJECTIONS)
    await folding.catch_up()
    await folding.known.look()
    yield Asked(town, Services(town.log, feed, folding, town.executor))


@pytest.mark.parametrize("directive", ["skip", "include"])
async def test_null_for_a_condition_with_a_default_is_the_executors(asked: Asked, directive: str) -> None:
    text = f"query ($v: Boolean = true) {{ viewer @{directive}(if: $v) {{ id }} __typename }}"
    assert await asked.both(text, ANONYMOUS) == await asked.both(text, ANONYMOUS, v=True)
    answer, compiled = await asked.both(text, ANONYMOUS, v=None)
    assert "errors" in answer and not compiled


async def test_a_secret_beside_other_fields_is_the_executors(asked: Asked) -> None:
    case = await asked.town.report()
    await asked.services.engine.catch_up()
    text = """query ($id: ID!, $secret: String) {
        a: case(id: $id) { number }  b: case(id: $id, secret: $secret) { number } }"""
    _, compiled = await asked.both(text, ANONYMOUS, id=str(case), secret=secret_of(KEY, case))
    assert not compiled
    alone = "query ($id: ID!, $secret: String) { case(id: $id, secret: $secret) { number } }"
    answer, compiled = await asked.both(alone, ANONYMOUS, id=str(case), secret=secret_of(KEY, case))
    assert compiled and "null" not in answer


@pytest.mark.parametrize("given", ["no identifier", "00000000-0000-4000-8000-00000000000g"])
async def test_a_refusal_is_the_executors_and_keeps_the_lane(asked: Asked, given: str) -> None:
    services = asked.services
    asked.services = Services(
        services.log, services.feed, services.engine, services.executor, Lanes(services.log.pool, most=1)
    )
    for _ in range(3):
        answer, compiled = await asked.both("query ($id: ID!) { case(id: $id) { id } }", ANONYMOUS, id=given)
        assert "errors" in answer and not compiled
    assert await asked.both("{ grids { nodes { code } } }", ANONYMOUS)
    lanes = asked.services.lanes
    assert lanes is not None
    async with lanes.one() as connection:
        pass
    await lanes.give_up(connection)


async def test_whoever_could_not_wait_for_a_position_does_not_wait_twice(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    reach = Folding.reach

    async def counted(self: Folding, position: int, within: float = 5.0, needed: Any = None) -> None:
        waits.append(position)
        await reach(self, position, within, needed)

    monkeypatch.setattr(Folding, "reach", counted)
    beyond = await asked.town.log.head() + 1
    answer, compiled = await asked.both(
        'query ($at: Position) { tally(place: "12", atLeast: $at) { cases } }', ANONYMOUS, at=beyond
    )
    assert "BEYOND_THE_LOG" in answer and not compiled
    assert waits == [beyond, beyond]  # one for each engine


async def test_a_look_into_the_schema_is_the_executors_and_no_failure(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    _, compiled = await asked.both("{ viewer { role } __schema { queryType { name } } }", ANONYMOUS)
    assert not compiled
    assert caplog.messages == []


def test_an_observation_says_which_way_an_answer_went() -> None:
    assert Observation("id").compiled is False
