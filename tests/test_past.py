"""时点 What was known at an earlier position is what was answered then, whatever was recorded since."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from chuishao.commands.erasure import EraseSubject
from chuishao.commands.execution import Executor
from chuishao.commands.policies import AnnounceWorkdays, Workday
from chuishao.domain.actor import Actor
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.measure import MeasureSubject
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.sealer import seal
from chuishao.graphql.as_of import DIRECTIVES
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.graphql.schema import operations, schema
from chuishao.projections import past
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.parked import skip
from chuishao.projections.past import NothingBefore, PastNotKept, drop, keep, kept, position_at, required
from chuishao.projections.poison import CannotFold
from chuishao.projections.reach import BeyondTheLog
from chuishao.service.board.reading import gathered
from chuishao.service.explaining.stepping import Explaining, Step
from chuishao.service.keys import seal_key
from chuishao.service.measured.table import Wanted, measured
from tests.appends import an_append
from tests.mechanisms.steps import live
from tests.served import AUDITOR, address, run_chuishao
from tests.test_projections import dump, dump_all
from tests.test_schema import MUTATIONS, QUERIES, SUBSCRIPTIONS, identifiers
from tests.town import KEY, STREET, Town
from tests.wandering import Wanderer

OPERATIONS = {
    name: text
    for name, text in operations().items()
    if name not in set(MUTATIONS) | SUBSCRIPTIONS and not re.search(r"\blog \{", text)
}
"""The queries that may be asked of the past: all but those about the state of the log."""


@dataclass
class Api:
    """The schema on a town, without a server."""

    town: Town

    def __post_init__(self) -> None:
        feed = Feed(self.town.log)
        self.read_models = Engine(feed, PROJECTIONS)
        self.services = Services(self.town.log, feed, self.read_models, Executor(self.town.log, KEY))
        self.engine = GraphQLEngine(schema, directives=DIRECTIVES)

    async def ask(
        self,
        text: str,
        now: datetime | None = None,
        by: Actor = AUDITOR,
        then: past.Past | None = None,
        **variables: Any,
    ) -> Any:
        """The result of a query that is asked at a moment, or of the past."""
        await self.read_models.catch_up()
        request = GraphQLRequest(text, variables=variables)
        context = Context(self.services, by, past=then)
        if now is not None:
            context.now = now
        return await self.engine.execute(self.engine.prepare(request), request, context)

    async def keep(self) -> past.Past:
        """Keep what is known now."""
        return await keep(self.town.log, PROJECTIONS, await self.town.log.head(), lambda _: None)


def turned_back(text: str, position: int) -> str:
    """A query of the same, as of a position."""
    (operation, *_) = (each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode))
    begins = operation.selection_set.loc
    assert begins is not None
    return f"{text[: begins.start]} @asOf(position: {position}) {text[begins.start :]}"


@pytest.fixture
async def api(town: Town) -> Api:
    """The schema on a town."""
    return Api(town)


@pytest.mark.parametrize("seed", range(3))
async def test_a_past_is_what_the_read_models_were_then(
    town: Town, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    wanderer, engine = Wanderer(town, chance), Engine(Feed(town.log), PROJECTIONS)
    await wanderer.walk(chance.randint(20, 120))
    await engine.catch_up()
    then, position = await dump_all(town.log.pool), await town.log.head()
    await wanderer.walk(80)
    await engine.catch_up()
    monkeypatch.setattr(past, "PAGE", chance.choice([3, 50, 5000]))

    await keep(town.log, PROJECTIONS, position, lambda _: None)

    async with connected(town.log.pool) as connection:
        for projection in PROJECTIONS:
            found = await dump(connection, f"{projection.name}_at_{position}")
            words = then[projection.name].pop("case_text", [])
            assert set(found.pop("case_text", [])) <= set(words), "what was erased since is gone"
            assert found == then[projection.name], projection.name


async def test_whatever_is_asked_as_of_then_is_answered_as_it_was_then(town: Town, api: Api) -> None:
    await town.whistled()
    await town.close(await town.assigned())
    await live(town)
    await seal(town.log, seal_key(KEY))
    await api.read_models.catch_up()
    position, ids = await town.log.head(), await identifiers(town)
    async with connected(town.log.pool) as connection:
        now = await connection.fetchval("SELECT recorded_at FROM event WHERE position = $1", position)
    asked = {name: QUERIES[name](ids) if name in QUERIES else {} for name in OPERATIONS}
    then = {name: await api.ask(OPERATIONS[name], now, **asked[name]) for name in OPERATIONS}

    await town.assigned()
    await Wanderer(town, random.Random(1)).walk(60)
    off = Workday(day=(town.clock.now + timedelta(days=1)).date(), works=False)
    await town.do(AnnounceWorkdays(days=[off], division_code="120101"))
    await keep(town.log, PROJECTIONS, position, lambda _: None)

    for name, text in OPERATIONS.items():
        assert await api.ask(turned_back(text, position), now, **asked[name]) == then[name], name
    assert {name for name, answer in then.items() if "errors" in answer} == set()


async def test_a_day_off_that_was_announced_later_is_not_known_before(town: Town, api: Api) -> None:
    case = await town.assigned()
    query = "query ($id: ID!) { case(id: $id) { dueAt } }"
    then = await api.ask(query, id=str(case))
    made = await api.keep()
    off = [Workday(day=(town.clock.now + timedelta(days=day)).date(), works=False) for day in range(3)]
    await town.do(AnnounceWorkdays(days=off, division_code="120101"))

    assert await api.ask(query, id=str(case)) != then
    assert await api.ask(turned_back(query, made.position), id=str(case)) == then
    by_time = "query ($id: ID!, $time: DateTime!) @asOf(time: $time) { case(id: $id) { dueAt } }"
    assert await api.ask(by_time, id=str(case), time=made.known_at.isoformat()) == then


async def test_a_time_is_that_of_the_last_event_recorded_by_then(town: Town) -> None:
    head = await town.log.head()
    async with connected(town.log.pool) as connection:
        rows = await connection.fetch("SELECT position, recorded_at FROM event ORDER BY position")
    for row in rows:
        later = [each["position"] for each in rows if each["recorded_at"] <= row["recorded_at"]]
        assert await position_at(town.log, row["recorded_at"]) == max(later)
    assert await position_at(town.log, rows[-1]["recorded_at"] + timedelta(days=1)) == head
    with pytest.raises(NothingBefore):
        await position_at(town.log, rows[0]["recorded_at"] - timedelta(microseconds=1))


async def test_a_past_that_was_dropped_meanwhile_is_read_no_more(town: Town, api: Api) -> None:
    made = await api.keep()
    context = Context(api.services, AUDITOR, past=made)
    await drop(town.log, made.position)
    with pytest.raises(ApiError) as refused:
        async with context.reading():
            pass
    assert refused.value.code == "PAST_NOT_KEPT"


async def test_what_was_erased_since_is_erased_in_the_past_too(town: Town, api: Api) -> None:
    case = await town.report()
    query = "query ($id: ID!) { case(id: $id) { text { text state } } cases { nodes { id } } }"
    made = await api.keep()
    subject = (await town.log.aggregates.load(case)).subject
    await town.do(EraseSubject(subject_id=subject, reason=next(iter(ErasureGround))))

    answer = (await api.ask(query, by=town.street_officer, then=made, id=str(case)))["data"]
    assert answer["case"]["text"] == {"text": None, "state": "ERASED"}
    async with connected(town.log.pool) as connection:
        assert (await dump(connection, f"cases_at_{made.position}"))["case_text"] == []


async def test_a_board_and_a_table_are_written_as_of_then(town: Town, api: Api) -> None:
    await town.close(await town.assigned())
    made, days = await api.keep(), (town.clock.now.date() - timedelta(days=9), town.clock.now.date())
    wanted = Wanted(STREET, MeasureSubject.GRID, *days, None)
    board, table = await gathered(town.log, STREET, *days), await measured(town.log, wanted)
    await town.close(await town.assigned())

    for at in (made.position, made.known_at):
        then = await gathered(town.log, STREET, *days, at)
        assert replace(then, moment=board.moment) == board
        assert (then.moment.position, then.moment.head) == (made.position, await town.log.head())
        assert then.moment.asked_at == made.known_at
        assert (await measured(town.log, replace(wanted, at=at))).lines == table.lines
    assert (await gathered(town.log, STREET, *days)).stages != board.stages
    with pytest.raises(PastNotKept):
        await gathered(town.log, STREET, *days, made.position - 1)


async def test_what_is_not_kept_is_refused_with_what_is(town: Town, api: Api) -> None:
    made, head = await api.keep(), await town.log.head()
    for asked, code in (
        (f"position: {head - 1}", "PAST_NOT_KEPT"),
        ("position: 0", "PAST_NOT_KEPT"),
        ('time: "1999-01-01T00:00:00Z"', "NOTHING_BEFORE"),
        ('time: "yesterday"', "BAD_TIME"),
        (f'position: {head}, time: "2026-01-01T00:00:00Z"', "BAD_USER_INPUT"),
    ):
        (error,) = (await api.ask(f"query @asOf({asked}) {{ cases {{ nodes {{ id }} }} }}"))["errors"]
        assert error["extensions"]["code"] == code
    (error,) = (await api.ask(f"query @asOf(position: {head}) {{ log {{ head }} }}"))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    (error,) = (await api.ask(turned_back("query { cases { nodes { id } } }", head), by=town.street_officer))[
        "errors"
    ]
    assert error["extensions"]["code"] == "FORBIDDEN"
    with pytest.raises(PastNotKept) as refused:
        await required(town.log, PROJECTIONS, head + 1)
    assert str(made.position) in str(refused.value)
    with pytest.raises(BeyondTheLog):
        await keep(town.log, PROJECTIONS, head + 1, lambda _: None)
    with pytest.raises(NothingBefore):
        await position_at(town.log, datetime(1999, 1, 1, tzinfo=UTC))


async def test_what_operators_passed_over_is_passed_over_in_a_past_too(town: Town, api: Api) -> None:
    before = await town.log.head()
    position = (await town.log.writer.append(an_append())).last_position
    assert position is not None
    case = await town.report()
    head = await town.log.head()
    with pytest.raises(CannotFold, match="parked skip"):
        await keep(town.log, PROJECTIONS, head, lambda _: None)
    await api.read_models.catch_up()
    for projection in PROJECTIONS:
        if projection.name in {"grids", "tallies"}:
            await skip(town.log, projection, position, "there is no such grid")
    await keep(town.log, PROJECTIONS, head, lambda _: None)
    await keep(town.log, PROJECTIONS, before, lambda _: None)

    query = "query ($id: ID!) { case(id: $id) { status } divisions { nodes { tally { cases } } } }"
    assert await api.ask(turned_back(query, head), id=str(case)) == await api.ask(query, id=str(case))
    steps: list[Step] = []
    await Explaining(town.log, GraphQLRequest(query, None, {"id": str(case)}), steps.append).explain(before)
    assert [step.event.position for step in steps if step.event] == [head]


class Cut(Exception):
    """The process is no more."""


async def test_a_past_that_was_cut_off_goes_on_and_is_not_read_before(
    town: Town, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await town.log.head()
    monkeypatch.setattr(past, "PAGE", 7)

    def cut(done: int) -> None:
        if done > head / 2:
            raise Cut

    with pytest.raises(Cut):
        await keep(town.log, PROJECTIONS, head, cut)
    with pytest.raises(PastNotKept):
        await required(town.log, PROJECTIONS, head)
    heard: list[int] = []
    await keep(town.log, PROJECTIONS, head, heard.append)
    assert heard[0] > head / 2 and heard[-1] == head
    assert [each.position for each in await kept(town.log, PROJECTIONS)] == [head]
    assert await drop(town.log, head) and not await drop(town.log, head)
    async with connected(town.log.pool) as connection:
        left = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname LIKE $1", f"%{head}")
    assert left == []


async def test_the_command_line_keeps_lists_and_drops(town: Town, database: str) -> None:
    head = await town.log.head()

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(run_chuishao, "past", *arguments, "--database-url", address(database))

    bad = await run("keep", "yesterday")
    assert bad.returncode != 0 and "neither a position nor a time" in bad.stderr
    made = await run("keep", str(head))
    assert made.returncode == 0 and f"@asOf(position: {head})" in made.stdout, made
    again = await run("keep", "2999-01-01T00:00:00+08:00")
    assert again.returncode == 0 and f"@asOf(position: {head})" in again.stdout, again
    assert (await run("list")).stdout.startswith(f"{head}  20")
    assert "is dropped" in (await run("drop", str(head))).stdout
    assert "Nothing is kept" in (await run("list")).stdout
