"""Who sees which cases: rows, whistles, events and live events agree with the rule in the domain."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import cases, grids, whistles
from chuishao.commands.cases import resident_subject
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import Actor
from chuishao.domain.sight import SIGHT, Reader, Sight
from chuishao.domain.vocabulary import LinkageMechanism, Role, Tier, WhistleKind
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.paging import Where
from chuishao.projections.sight import case_seen, cases_seen, seen
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Client, Served, served
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town, make_town
from tests.wandering import Wanderer

SCOPES = ("", "12", "120101", STREET, f"{STREET}0", COMMUNITY, OTHER_COMMUNITY, GRID, OTHER_GRID, "31", None)


@dataclass(frozen=True)
class Facts:
    """What decides who sees a case."""

    place: str
    subject: UUID
    summoned: frozenset[UUID]


@dataclass(frozen=True)
class Past:
    """A town in which much has happened, and the facts of its cases."""

    town: Town
    cases: dict[UUID, Facts]


@pytest.fixture(scope="module")
async def past(template: str) -> AsyncIterator[Past]:
    """Four hundred steps, by many people."""
    pool = await open_pool(await copy_of_template(template), size=4)
    town = await make_town(EventLog(pool))
    await Wanderer(town, random.Random(29)).walk(400)
    await town.report(reporter_name=None)
    await town.do(
        cases.ReportCase(category="01001", text="路灯不亮", grid_code=GRID), Actor("r-2", Role.RESIDENT, "")
    )
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    rows = await pool.fetch("SELECT id, place, subject FROM cases.case_row")
    called = await pool.fetch(
        "SELECT case_id, department FROM whistles.whistle w JOIN whistles.summons s ON s.whistle = w.id"
    )
    known = {
        row["id"]: Facts(
            row["place"],
            row["subject"],
            frozenset(call["department"] for call in called if call["case_id"] == row["id"]),
        )
        for row in rows
    }
    yield Past(town, known)
    await pool.close()


def sees(reader: Reader, case: UUID, facts: Facts) -> bool:
    """The rule in words: by scope, by summons, or by being one's own."""
    match SIGHT[reader.actor.role]:
        case Sight.SCOPE:
            return reader.actor.reaches(facts.place)
        case Sight.SUMMONED:
            return reader.actor.reaches(facts.place) and reader.actor.department in facts.summoned
        case Sight.OWN:
            return case in reader.proven or facts.subject == reader.subject


@settings(max_examples=200)
@given(data=st.data())
async def test_rows_are_loaded_for_those_alone_who_see_the_case(past: Past, data: st.DataObject) -> None:
    role = data.draw(st.sampled_from(Role))
    department = data.draw(st.sampled_from([*past.town.departments, uuid4()]))
    actor = Actor("a", role, data.draw(st.sampled_from(SCOPES)), department)
    names = st.sampled_from(["resident-1", "r-2", "nobody"])
    subject = data.draw(st.none() | names.map(lambda name: resident_subject(KEY, name)))
    proven = data.draw(st.frozensets(st.sampled_from(sorted(past.cases)), max_size=3))
    reader = Reader(actor, subject, proven)
    expected = {case for case, facts in past.cases.items() if sees(reader, case, facts)}

    where = Where()
    case_seen(where, reader, "whistle.case_id")
    async with connected(past.town.log.pool) as connection:
        assert await cases_seen(connection, reader) == expected
        found = await connection.fetch(f"SELECT case_id FROM whistles.whistle{where.sql}", *where.arguments)
        blown = await connection.fetch("SELECT case_id FROM whistles.whistle")
    whistled = sorted(row["case_id"] for row in blown)
    assert sorted(row["case_id"] for row in found) == [case for case in whistled if case in expected]


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.DEPARTMENT_OFFICER])
async def test_few_cases_are_found_without_a_look_at_all_of_them(past: Past, role: Role) -> None:
    reader = Reader(Actor("a", role, "", uuid4()), uuid4())
    where = Where()
    seen(where, reader)
    async with connected(past.town.log.pool) as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(f"EXPLAIN SELECT id FROM cases.case_row{where.sql}", *where.arguments)
    assert not [line for (line,) in plan if "Seq Scan" in line], plan


async def test_what_belongs_to_no_case_is_found_without_a_look_at_all_the_rest(past: Past) -> None:
    published = "SELECT position FROM event WHERE log = 1 AND position > 0 AND correlation IS NULL"
    plan = await past.town.log.pool.fetch(f"EXPLAIN {published} ORDER BY position LIMIT 20")
    assert any("published" in line or "log_position_idx" in line for (line,) in plan), plan


# The log


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


EVENTS = "subscription ($after: String) { events(after: $after) { position type case { id } } }"
OF_CASE = """subscription ($id: ID!, $after: String, $secret: String) {
    caseEvents(caseId: $id, after: $after, secret: $secret) { position type } }"""
PAGE = "query ($after: String) { events(first: 100, after: $after) { position type cursor correlationId } }"


async def read_all(client: Client) -> list[Any]:
    """Every event that somebody reads page by page."""
    found: list[Any] = []
    cursor = None
    while page := (await client.read(PAGE, after=cursor))["events"]:
        found += page
        cursor = page[-1]["cursor"]
    return found


async def blown(town: Town, departments: list[UUID]) -> UUID:
    """A case on which the whistle was blown."""
    case = await town.assigned(Tier.MULTI_UNIT)
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门联动",
        department_ids=departments,
    )
    return (await town.do(blow, town.street_officer)).id


async def test_the_log_shows_what_is_published_to_all_and_cases_to_those_who_see_them(
    town: Town, serving: Served
) -> None:
    begun = await town.log.head()
    here, there = await town.report(GRID), await town.report(THIRD_GRID)
    await blown(town, town.departments[:1])
    own = (
        await town.do(
            cases.ReportCase(category="01001", text="路灯不亮", grid_code=GRID),
            Actor("r-2", Role.RESIDENT, ""),
        )
    ).id
    everything = await read_all(serving.client(AUDITOR))
    published = [event["position"] for event in everything if event["position"] <= begun]
    cases_of = {event["position"]: event["correlationId"] for event in everything[len(published) :]}
    assert set(map(str, (here, there, own))) <= set(cases_of.values())

    async def read(actor: Actor | None) -> set[str]:
        positions = [event["position"] for event in await read_all(serving.client(actor))]
        assert positions[: len(published)] == published
        assert positions == sorted(positions)
        return {cases_of[position] for position in positions[len(published) :]}

    assert await read(None) == await read(Actor("r-9", Role.RESIDENT, "")) == set()
    assert await read(Actor("r-2", Role.RESIDENT, "")) == {str(own)}
    assert await read(Actor("c", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)) == {str(there)}
    assert str(there) not in await read(Actor("c", Role.GRID_WORKER, GRID))
    assert len(await read(town.officer(0))) == 1
    assert await read(town.officer(1)) == await read(Actor("i", Role.INTEGRATOR, None)) == set()


async def test_a_department_hears_of_a_case_from_its_summons_on(town: Town, serving: Served) -> None:
    after = await town.log.cursor_at_head()
    heard: dict[int, list[str]] = {0: [], 1: []}

    async def follow(number: int) -> None:
        async with serving.client(town.officer(number)).socket() as socket:
            await socket.subscribe(EVENTS, after=after)
            while heard[number][-1:] != ["GridDrawn"]:
                event = (await socket.next())["events"]
                heard[number].append(event["type"])

    followers = [asyncio.create_task(follow(number)) for number in heard]
    whistle = await blown(town, town.departments[:1])
    await town.do(whistles.CheckIn(whistle_id=whistle, department_id=town.departments[0]), town.officer(0))
    await draw_a_grid(town)
    await asyncio.gather(*followers)

    assert heard[0][-2:] == ["DepartmentCheckedIn", "GridDrawn"]
    assert "DepartmentSummoned" in heard[0]
    assert heard[1] == ["GridDrawn"]


async def draw_a_grid(town: Town) -> None:
    """Something that everybody hears of."""
    await town.do(grids.DrawGrid(grid_code=f"{COMMUNITY}-G077", name="新网格", households=300))


async def test_a_case_that_leaves_the_scope_ends_its_subscription_with_a_word(
    town: Town, serving: Served
) -> None:
    case = await town.assigned()
    worker = serving.client(town.worker())
    async with worker.socket() as socket:
        await socket.subscribe(OF_CASE, id=str(case), after=town.log.start_cursor)
        types = [(await socket.next())["caseEvents"]["type"] for _ in range(4)]
        transfer = cases.TransferCase(
            case_id=case, community_code=OTHER_COMMUNITY, grid_code=THIRD_GRID, reason="位置有误"
        )
        await town.do(transfer, town.street_officer)
        last = await socket.hear()

    assert types[0] == "CaseReported"
    errors = last["payload"]["errors"] if last["type"] == "next" else last["payload"]
    assert [error["extensions"]["code"] for error in errors] == ["OUT_OF_SCOPE"]


async def left_behind(town: Town) -> tuple[UUID, Actor]:
    """A case that a department was summoned to, and its officer within one community only."""
    case, whistle = await town.whistled(departments=1)
    officer = Actor("d", Role.DEPARTMENT_OFFICER, COMMUNITY, town.departments[0])
    await town.do(whistles.WithdrawWhistle(whistle_id=whistle, reason="已自行处理"), town.street_officer)
    return case, officer


async def hand_over(town: Town, case: UUID) -> None:
    """The case goes to another community, and on from there."""
    grid = cases.TransferCase(
        case_id=case, community_code=OTHER_COMMUNITY, grid_code=THIRD_GRID, reason="位置有误"
    )
    await town.do(grid, town.street_officer)
    await town.do(cases.ResolveCase(case_id=case, result="已处理"), town.street_officer)


async def test_a_department_hears_no_more_of_a_case_that_has_left_its_scope(
    town: Town, serving: Served
) -> None:
    case, officer = await left_behind(town)
    client, heard = serving.client(officer), []
    async with client.socket() as all_of_it, client.socket() as one:
        after = await town.log.cursor_at_head()
        await all_of_it.subscribe(EVENTS, after=after)
        await one.subscribe(OF_CASE, id=str(case), after=town.log.start_cursor)
        of_case = [(await one.next())["caseEvents"]["type"]]  # so it has begun while the case was seen
        await draw_a_grid(town)
        heard.append((await all_of_it.next())["events"]["type"])
        await hand_over(town, case)
        await town.do(grids.RetireGrid(grid_code=f"{COMMUNITY}-G077", reason="合并"))
        heard.append((await all_of_it.next())["events"]["type"])
        while "data" in (last := await one.hear())["payload"] and last["payload"]["data"]:
            of_case.append(last["payload"]["data"]["caseEvents"]["type"])

    assert heard == ["GridDrawn", "GridRetired"]
    assert of_case[0] == "CaseReported"
    assert not {"CaseTransferred", "CaseResolved"} & set(of_case)
    errors = last["payload"]["errors"] if last["type"] == "next" else last["payload"]
    assert [error["extensions"]["code"] for error in errors] == ["OUT_OF_SCOPE"]


async def test_a_department_hears_again_of_a_case_that_comes_back_into_its_scope(
    town: Town, serving: Served
) -> None:
    case, officer = await left_behind(town)
    away = cases.TransferCase(
        case_id=case, community_code=OTHER_COMMUNITY, grid_code=THIRD_GRID, reason="位置有误"
    )
    back = cases.TransferCase(case_id=case, community_code=COMMUNITY, grid_code=GRID, reason="退回")
    async with serving.client(officer).socket() as socket:
        await socket.subscribe(EVENTS, after=await town.log.cursor_at_head())
        await town.do(away, town.street_officer)
        await draw_a_grid(town)
        assert (await socket.next())["events"]["type"] == "GridDrawn"
        await town.do(back, town.street_officer)
        again = (await socket.next())["events"]

    assert again == {"position": await town.log.head(), "type": "CaseTransferred", "case": {"id": str(case)}}


async def test_a_case_is_followed_though_a_read_model_has_stopped(town: Town, serving: Served) -> None:
    case = await town.report()
    client = serving.client(town.community_staff)
    at = await town.log.head()
    await client.read(
        "query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) { id } }", id=str(case), at=at
    )
    await town.log.pool.execute("UPDATE projection SET status = 'stopped' WHERE name = 'cases'")
    async with client.socket() as socket:
        await socket.subscribe(OF_CASE, id=str(case), after=town.log.start_cursor)
        assert (await socket.next())["caseEvents"]["type"] == "CaseReported"
        await town.do(cases.AcceptCase(case_id=case), town.community_staff)
        assert (await socket.next())["caseEvents"]["type"] == "CaseAccepted"


@pytest.mark.parametrize("who", ["another street", "another department", "another resident", "nobody"])
async def test_a_case_that_one_does_not_see_is_not_followed(who: str, town: Town, serving: Served) -> None:
    strangers = {
        "another street": Actor("o", Role.STREET_OFFICER, "120101002"),
        "another department": town.officer(1),
        "another resident": Actor("r-9", Role.RESIDENT, ""),
        "nobody": None,
    }
    client = serving.client(strangers[who])
    codes = []
    for case in (await town.report(), uuid4()):
        async with client.socket() as socket:
            await socket.subscribe(OF_CASE, id=str(case))
            answer = await socket.hear()
        codes += [error["extensions"]["code"] for error in answer["payload"]]

    assert codes == ["NOT_FOUND"] * 2


async def test_the_secret_follows_the_case_without_an_account(town: Town, serving: Served) -> None:
    reported = await serving.client().do(
        "reportCase", "case { id text { text } } secret", category="01001", text="井盖丢失", gridCode=GRID
    )
    case, secret = reported["case"]["id"], reported["secret"]
    assert reported["case"]["text"] == {"text": "井盖丢失"}
    assert secret == secret_of(KEY, UUID(case))
    async with serving.client().socket() as socket:
        await socket.subscribe(OF_CASE, id=case, after=town.log.start_cursor, secret=secret)
        first = (await socket.next())["caseEvents"]["type"]
        await serving.client(town.community_staff).do("acceptCase", caseId=case)
        second = (await socket.next())["caseEvents"]["type"]
        await socket.subscribe(OF_CASE, "2", id=case, secret="A" * 24)
        wrong = await socket.hear()

    assert (first, second) == ("CaseReported", "CaseAccepted")
    assert [error["extensions"]["code"] for error in wrong["payload"]] == ["BAD_SECRET"]


async def test_nobody_lists_cases_without_being_known(town: Town, serving: Served) -> None:
    await town.report()
    for asked in ("cases { totalCount }", "whistles { totalCount }"):
        assert (await serving.client().fails(f"{{ {asked} }}"))["code"] == "TOKEN_REQUIRED"
    resident = serving.client(Actor("r-9", Role.RESIDENT, ""))
    assert await resident.read("{ cases { totalCount nodes { id } } }") == {
        "cases": {"totalCount": 0, "nodes": []}
    }


async def test_a_case_reached_from_another_is_shown_only_where_it_is_seen_itself(
    town: Town, serving: Served
) -> None:
    near, far = await town.report(GRID), await town.report(THIRD_GRID)
    await town.do(cases.MarkDuplicate(case_id=far, of_id=near), town.street_officer)
    position = await town.log.head()
    asked = """query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) {
        joinedCases { id } history { event { case { id } } } } }"""

    street = (await serving.client(town.street_officer).read(asked, id=str(near), at=position))["case"]
    staff = (await serving.client(town.community_staff).read(asked, id=str(near), at=position))["case"]

    assert street["joinedCases"] == [{"id": str(far)}]
    assert staff["joinedCases"] == []
    assert staff["history"] == [{"event": {"case": {"id": str(near)}}}]
