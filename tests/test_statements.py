"""A nested list costs as many statements with fifty rows as with one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chuishao.commands import cases, grids, whistles
from chuishao.commands.execution import Executor
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.graphql.schema import schema
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from tests.conftest import copy_of_template
from tests.town import COMMUNITY, KEY, STREET, Town, make_town

MANY = 50
EVERYBODY = Actor("street-officer-1", Role.STREET_OFFICER, STREET)


class Counting:
    """An API without a server, which counts the statements of each operation."""

    def __init__(self, town: Town) -> None:
        feed = Feed(town.log)
        engine = Engine(feed, PROJECTIONS)
        self.services = Services(town.log, feed, engine, Executor(town.log, KEY))
        self.engine = GraphQLEngine(schema)
        self.statements: list[str] = []

    async def count(self, document: str, actor: Actor = EVERYBODY, **variables: Any) -> tuple[int, Any]:
        """How many statements an operation takes, and its data."""
        request = GraphQLRequest(document, variables=variables)
        operation = self.engine.prepare(request)
        self.statements.clear()
        result: Any = await self.engine.execute(operation, request, Context(self.services, actor))
        assert "errors" not in result, result
        return len(self.statements), result["data"]

    def heard(self, logged: Any) -> None:
        """Note a statement down."""
        self.statements.append(logged.query)


@pytest.fixture(scope="module")
async def api(template: str) -> AsyncIterator[Counting]:
    """A town with fifty of everything, no two alike in moment, reporter, grid or department."""
    setting_up = await open_pool(await copy_of_template(template), size=1)
    town = await make_town(EventLog(setting_up))
    await grow(town)
    counting = Counting(town)
    await counting.services.engine.catch_up()
    async with connected(setting_up) as connection:
        connection.add_query_logger(counting.heard)  # the pool has one connection: it sees everything
    yield counting
    async with connected(setting_up) as connection:
        connection.remove_query_logger(counting.heard)
    await setting_up.close()


async def grow(town: Town) -> None:
    """Fifty grids with workers, fifty whistled cases with parts and duplicates."""
    chance = random.Random(1)
    for number in range(MANY):
        town.clock.advance(minutes=7)
        grid = f"{COMMUNITY}-G{100 + number}"
        await town.do(grids.DrawGrid(grid_code=grid, name=f"第{number}网格", households=200 + number))
        register = grids.RegisterGridWorker(
            community_code=COMMUNITY, label=f"网格员 {number}", name=f"工作人员 {number}"
        )
        worker = (await town.do(register)).id
        await town.do(grids.AssignGridWorker(grid_code=grid, worker_id=worker))
        await town.do(grids.PublishContact(worker_id=worker, contact=f"公示栏 {number}"))
        resident = Actor(f"resident-{number}", Role.RESIDENT, "")
        for copy in range(3):
            report = cases.ReportCase(
                category=("01001", "11003", "15003")[number % 3],
                text=f"井盖 {number}",
                grid_code=grid,
                address="示例路",
                reporter_name=f"居民 {number}",
                reporter_phone="000-0000",
            )
            case = (await town.do(report, resident)).id
            if copy == 0:
                first = case
            if copy == 1:
                await town.do(cases.MarkDuplicate(case_id=case, of_id=first), town.community_staff)
            town.clock.advance(seconds=chance.randint(1, 59))
        await town.do(cases.AcceptCase(case_id=case), town.community_staff)
        parts = [cases.SplitPart(text="一"), cases.SplitPart(text="二")]
        await town.do(cases.SplitCase(case_id=case, parts=parts), town.community_staff)
        await blow(town, first)


async def blow(town: Town, case: Any) -> None:
    """Take a case to its whistle, with a meeting, a signature and an answer."""
    staff, street = town.community_staff, town.street_officer
    await town.do(cases.AcceptCase(case_id=case), staff)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MAJOR), staff)
    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT), staff)
    await town.do(cases.EscalateCase(case_id=case, tier=Tier.MULTI_UNIT, reason="联动"), staff)
    command = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.LAST_MILE,
        grounds="联动",
        department_ids=town.departments,
        lead_id=town.departments[0],
    )
    whistle = (await town.do(command, street)).id
    await town.do(whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["一", "二"]), street)
    named = {"whistle_id": whistle, "department_id": town.departments[0]}
    await town.do(whistles.CheckIn(**named), town.officer(0))
    await town.do(whistles.AnswerSummons(**named, result="已到场"), town.officer(0))
    town.clock.now += timedelta(minutes=1)


CASE = """number status possibleSteps overdue resolver
    category { code zh } text { text } address { text } reporterName { text } reporterPhone { text }
    grid { code worker { label name { text } } tally { open } overdue outlier community { name } }
    division { code parent { name parent { name } } tally { open } }
    worker { label tally { cases } }
    joinedTo { id number } joinedCases { id grid { name } } splitFrom { id } parts { id text { text } }
    whistles { status street { name } lead { name } grounds { text }
        summonses { state department { name division { name } } words { text } }
        items { number text { text } } }
    history { status event { type title data actor { id department { name } } case { number } } }
    holdings { holder seconds }"""
LISTS = {
    "cases": f"query ($n: Int) {{ cases(first: $n, orderBy: OLDEST) {{ totalCount nodes {{ {CASE} }} }} }}",
    "whistles": """query ($n: Int) { whistles(first: $n) { totalCount nodes {
        number case { number grid { name } text { text } } street { name tally { open } }
        lead { name } grounds { text } result { text }
        summonses { state onTime words { text } department { name division { name } } }
        items { number text { text } } } } }""",
    "grids": """query ($n: Int) { grids(first: $n, filter: { place: "120101001001-G1" }) { totalCount nodes {
        code outlier overdue worker { label name { text } contact { text } tally { open } }
        community { name overdue } tally { open averageRating } } } }""",
    "workers": """query ($n: Int) { workers(first: $n) { totalCount nodes {
        label name { text } contact { text } grid { name tally { open } } community { name }
        tally { cases } } } }""",
    "events": """query ($n: Int) { events(first: $n, types: ["CaseReported"]) {
        position title data actor { id department { name } }
        case { number text { text } grid { name } } } }""",
}


KINDS = {"cases": 5}
"""Where rows are of several kinds, one of each: a whistled case, its duplicate, a split one and its parts."""


@pytest.mark.parametrize("what", LISTS)
async def test_a_nested_list_takes_as_many_statements_with_fifty_rows_as_with_one(
    what: str, api: Counting
) -> None:
    size = KINDS.get(what, 1)
    one, few = await api.count(LISTS[what], n=size)
    many, rows = await api.count(LISTS[what], n=MANY)

    assert nodes(few) == size
    assert nodes(rows) == MANY
    assert many == one, "\n".join(sorted(api.statements))


def nodes(data: Any) -> int:
    """How many rows an answer has."""
    (listed,) = data.values()
    return len(listed if isinstance(listed, list) else listed["nodes"])


async def test_the_tree_of_divisions_takes_a_statement_a_level(api: Counting) -> None:
    def below(depth: int) -> str:
        inner = f"children {{ {below(depth - 1)} }}" if depth else "grids { code worker { label } }"
        return f"code names {{ name }} tally {{ open households }} overdue parent {{ code }} {inner}"

    shallow, _ = await api.count(f'{{ division(code: "12") {{ {below(1)} }} }}')
    deep, data = await api.count(f'{{ division(code: "12") {{ {below(3)} }} }}')

    communities = data["division"]["children"][0]["children"][0]["children"]
    assert sum(len(community["grids"]) for community in communities) > MANY
    assert deep <= 3 * shallow


async def test_a_reader_without_rights_costs_no_more_statements(api: Counting) -> None:
    auditor = Actor("auditor-1", Role.AUDITOR, "")

    shown, _ = await api.count(LISTS["cases"], n=MANY)
    masked, _ = await api.count(LISTS["cases"], auditor, n=MANY)

    assert masked <= shown
