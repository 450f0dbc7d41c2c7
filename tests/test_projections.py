"""Read models: what each event does to the rows, and that a rebuild gives what living along gave."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands import cases as case_commands
from chuishao.commands import grids, policies, whistles
from chuishao.domain.actor import Actor
from chuishao.domain.case import Case, Report
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.department import Department
from chuishao.domain.division import Division
from chuishao.domain.event import Event
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.policy import parse
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.domain.worker import GridWorker
from chuishao.eventlog import feed as feed_module
from chuishao.eventlog.connection import Connection, Pool, connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import Meta, RecordedEvent
from chuishao.projections import cases, departments, divisions, history, rebuild, table, tallies, workers
from chuishao.projections import grids as grid_rows
from chuishao.projections import whistles as whistle_rows
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.policybook import PolicyBook
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, START, STREET, Town
from tests.wandering import Wanderer

STAFF = Actor("staff", Role.COMMUNITY_STAFF, COMMUNITY)
LEADER = Actor("leader", Role.GRID_LEADER, COMMUNITY)
OFFICER = Actor("officer", Role.STREET_OFFICER, STREET)
RESIDENT = Actor("resident", Role.RESIDENT, "")
DEPARTMENT = uuid4()
THEM = Actor("them", Role.DEPARTMENT_OFFICER, "120101", department=DEPARTMENT)


def at(hour: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hour)


def given(*aggregates: Any) -> list[RecordedEvent]:
    """What the aggregates decided, as the log would hold it, in the order of the times."""
    decided: list[Event] = [event for aggregate in aggregates for event in aggregate.collect_events()]
    decided.sort(key=lambda event: event.timestamp)
    return [_recorded(position, event) for position, event in enumerate(decided, start=1)]


def _recorded(position: int, event: Event) -> RecordedEvent:
    stored = RecordedEvent(
        log=1,
        position=position,
        stream=event.originator_id,
        version=event.originator_version,
        event_id=uuid4(),
        type=event.TOPIC,
        schema_version=1,
        data=b"",
        stored_meta=b"",
        occurred_at=event.timestamp,
        recorded_at=event.timestamp + timedelta(minutes=3),
        leaf_hash=b"",
    )
    case = getattr(event, "case", event.originator_id)
    vars(stored)["event"] = event
    vars(stored)["meta"] = Meta("a", "ADMINISTRATOR", "", "", "", uuid4(), case, uuid4())
    return stored


def folded(evolve: Any, events: Iterable[RecordedEvent]) -> dict[UUID, Any]:
    """The rows that events leave."""
    rows: dict[UUID, Any] = {}
    for recorded in events:
        evolve(rows, recorded)
    return rows


def of_cases(rows: dict[UUID, Any], recorded: RecordedEvent) -> None:
    """Fold an event of a case in which nothing is asked for."""
    cases.evolve(rows, recorded, {})


def a_case(grid: str | None = GRID) -> Case:
    report = Report(community=COMMUNITY, grid=grid, category="01001", severity=Severity.MINOR, text="井盖")
    return Case.report(uuid4(), report, RESIDENT, at(0))


def an_assigned_case(tier: Tier = Tier.ON_SPOT) -> Case:
    case = a_case()
    case.accept(None, STAFF, at(1))
    case.assess("01001", Severity.MINOR, None, None, STAFF, at(2))
    case.assign(tier, None, "worker-1", STAFF, at(3))
    return case


def a_whistle() -> Whistle:
    call = Call(
        kind=WhistleKind.ROUTINE, linkage=LinkageMechanism.LAST_MILE, grounds="联动", departments=[DEPARTMENT]
    )
    return Whistle.blow(uuid4(), uuid4(), STREET, uuid4(), call, OFFICER, at(0))


# Given events, then rows: cases


def test_a_reported_case_is_open_and_with_its_grid() -> None:
    case = a_case()

    row = folded(of_cases, given(case))[case.id]

    assert (row.status, row.open, row.tier, row.assignee) == ("REPORTED", True, None, None)
    assert (row.community, row.grid, row.place, row.holder) == (COMMUNITY, GRID, GRID, GRID)
    assert (row.number, row.version, row.reported_at, row.since) == (1, 1, at(0), at(0))
    assert (row.recorded_at, row.anonymous) == (at(0) + timedelta(minutes=3), True)


def test_a_case_without_a_grid_lies_in_its_community() -> None:
    case = a_case(grid=None)

    row = folded(of_cases, given(case))[case.id]

    assert (row.grid, row.place, row.holder) == (None, COMMUNITY, COMMUNITY)


def test_a_case_is_with_whom_it_was_escalated_to_since_then() -> None:
    case = an_assigned_case()
    case.escalate(Tier.MULTI_UNIT, "officer", "超出社区", LEADER, at(5))

    row = folded(of_cases, given(case))[case.id]

    assert (row.status, row.tier, row.holder, row.assignee) == ("ASSIGNED", "MULTI_UNIT", STREET, "officer")
    assert (row.since, row.version, row.position) == (at(5), 5, 5)


def test_a_returned_case_is_with_nobody_until_it_is_assigned_again() -> None:
    case = an_assigned_case()
    case.return_("退回", LEADER, at(5))

    row = folded(of_cases, given(case))[case.id]

    assert (row.status, row.tier, row.assignee, row.holder) == ("ASSESSED", None, None, GRID)


def test_a_failed_verification_takes_the_resolution_back_and_counts() -> None:
    case = an_assigned_case()
    case.resolve_on_spot("已处理", LEADER, at(5))
    case.fail_verification("未解决", STAFF, at(6))

    row = folded(of_cases, given(case))[case.id]

    assert (row.status, row.reworks, row.resolver, row.resolved_at) == ("ASSIGNED", 1, None, None)
    assert (row.tier, row.assignee) == ("ON_SPOT", "worker-1")


def test_closing_rating_and_solving_are_three_different_facts() -> None:
    case = an_assigned_case()
    case.resolve_on_spot("已处理", LEADER, at(5))
    case.verify(None, STAFF, at(6))
    case.close(None, STAFF, at(7))
    case.rate(True, False, 2, None, RESIDENT, at(8))

    row = folded(of_cases, given(case))[case.id]

    assert (row.status, row.open, row.since, row.closed_at) == ("CLOSED", False, at(7), at(7))
    assert (row.resolved_at, row.verified_at, row.on_spot) == (at(5), at(6), True)
    assert (row.answered, row.solved, row.satisfied, row.rated_at) == (True, False, 2, at(8))


def test_a_reopened_case_forgets_its_resolution_and_rating_but_not_that_it_was_reopened() -> None:
    case = an_assigned_case()
    case.resolve_on_spot("已处理", LEADER, at(5))
    case.verify(None, STAFF, at(6))
    case.rate(True, False, 2, None, RESIDENT, at(7))
    case.reopen("仍未解决", RESIDENT, at(8))

    row = folded(of_cases, given(case))[case.id]

    assert (row.status, row.open, row.reopenings, row.on_spot) == ("ACCEPTED", True, 1, False)
    assert (row.resolver, row.resolved_at, row.verified_at, row.closed_at) == (None, None, None, None)
    assert (row.satisfied, row.rated_at, row.tier, row.assignee) == (None, None, None, None)


def test_a_merge_that_is_undone_leaves_the_case_where_it_stood_since_when_it_stood_there() -> None:
    case, other = an_assigned_case(), a_case()
    case.merge_into(other, STAFF, at(5))
    events = given(case, other)
    merged = folded(of_cases, events)[case.id]
    assert (merged.status, merged.open, merged.joined) == ("MERGED", False, other.id)

    case.undo_merge(other, "误并", STAFF, at(6))
    row = folded(of_cases, [*events, *given(case, other)])[case.id]

    assert (row.status, row.open, row.joined, row.since) == ("ASSIGNED", True, None, at(3))
    assert (row.status_before, row.since_before) == (None, None)


def test_the_next_step_is_due_by_the_policy_known_by_then() -> None:
    case = a_case()
    row = folded(of_cases, given(case))[case.id]
    strict = policies.default_policy() | {"version": "2"}
    strict["limits"] = [{"id": "accept", "about": "ACCEPT", "amount": 30, "unit": "MINUTES"}]
    book = PolicyBook(((1, parse(policies.default_policy())), (7, parse(strict))))

    cases.date(row, book, known_by=6)
    assert (row.due_at, row.due_rule) == (at(2), "accept")
    cases.date(row, book, known_by=7)
    assert (row.due_at, row.due_rule) == (at(0.5), "accept")
    cases.date(row, PolicyBook(()), known_by=7)
    assert (row.due_at, row.due_rule) == (None, None)


# Given events, then rows: everything else


def test_every_summons_of_a_department_stays_with_what_became_of_it() -> None:
    whistle = a_whistle()
    whistle.sign(DEPARTMENT, THEM, at(1))
    whistle.refuse(DEPARTMENT, "非本部门", THEM, at(2))
    whistle.summon(DEPARTMENT, OFFICER, at(3))
    rows = whistle_rows.Rows({}, {}, {})

    for recorded in given(whistle):
        whistle_rows.evolve(rows, recorded)

    ((refused, again),) = rows.summons.values()
    assert (refused.number, refused.state, refused.summoned_at, refused.refused_at) == (
        1, "REFUSED", at(0), at(2)
    )  # fmt: skip
    assert (again.number, again.state, again.summoned_at) == (2, "SUMMONED", at(3))
    assert (again.signed_at, again.refused_at) == (None, None)


def test_an_on_site_meeting_has_its_items_and_when_each_was_settled() -> None:
    whistle = a_whistle()
    whistle.open_meeting(["清运", "复查"], OFFICER, at(1))
    whistle.settle_item(2, OFFICER, at(2))
    rows = whistle_rows.Rows({}, {}, {})

    for recorded in given(whistle):
        whistle_rows.evolve(rows, recorded)

    assert [(item.number, item.settled_at) for item in rows.items.values()] == [(1, None), (2, at(2))]
    assert not any("清运".encode() in item.text for item in rows.items.values()), "sealed"
    assert rows.whistles[whistle.id].meeting == "OPEN"


def test_a_grid_is_vacant_since_its_worker_left() -> None:
    grid, worker = ServiceGrid.draw(GRID, "第1网格", 300, at(0)), uuid4()
    grid.assign(worker, at(1))
    events = given(grid)
    row = folded(grid_rows.evolve, events)[grid.id]
    assert (row.worker, row.vacant_since, row.community) == (worker, None, COMMUNITY)

    grid.relieve("轮岗", at(2))
    row = folded(grid_rows.evolve, [*events, *given(grid)])[grid.id]
    assert (row.worker, row.vacant_since) == (None, at(2))


def test_a_worker_who_left_a_grid_serves_none() -> None:
    worker = GridWorker.register(uuid4(), COMMUNITY, "网格员 001", None, at(0))
    worker.take(GRID, at(1))
    worker.leave(at(2))
    row = folded(workers.evolve, given(worker))[worker.id]
    assert (row.grid, row.serving_since, row.label) == (None, None, "网格员 001")


def test_a_division_bears_the_code_and_name_it_was_given_last() -> None:
    division = Division.register("12", "天津", None, START.date(), at(0))
    division.rename("天津市", START.date(), at(1))
    division.recode("13", (START + timedelta(days=1)).date(), at(2))
    row = folded(divisions.evolve, given(division))[division.id]
    assert (row.code, row.name, row.level) == ("13", "天津市", division.level.value)


def test_an_abolished_department_keeps_when() -> None:
    department = Department.establish(uuid4(), "120101", "城管", at(0))
    department.rename("城市管理", at(1))
    department.abolish("撤并", at(2))
    row = folded(departments.evolve, given(department))[department.id]
    assert (row.name, row.abolished_at) == ("城市管理", at(2))


def test_a_tally_counts_a_case_once_whatever_happened_to_it() -> None:
    case = an_assigned_case()
    case.resolve_on_spot("已处理", LEADER, at(5))
    case.fail_verification("未解决", STAFF, at(6))
    case.escalate(Tier.DELIBERATION, None, "需协商", LEADER, at(7))

    counts = tallies.of_case(folded(tallies.evolve_case, given(case))[case.id])

    counted = {name: int(amount) for name, amount in counts.items() if amount}
    assert counted == {"cases": 1, "open": 1, "open_deliberation": 1, "reworks": 1}


def test_a_place_counts_for_itself_and_for_every_place_around_it() -> None:
    assert tallies.prefixes(GRID) == ["12", "120101", STREET, COMMUNITY, GRID]
    assert tallies.prefixes(STREET) == ["12", "120101", STREET]


def test_the_history_says_who_held_the_case_from_when_to_when_without_a_gap() -> None:
    case = an_assigned_case()
    case.escalate(Tier.GRID_LEADER, "leader", "升级", LEADER, at(5))
    case.resolve("已处理", LEADER, at(6))
    case.verify(None, STAFF, at(7))
    case.close(None, STAFF, at(8))
    entries: list[history.EntryRow] = []
    for recorded in given(case):
        before = entries[-1] if entries else None
        entries.append(history.follow(before, case.id, recorded))

    held = [(h.holder, h.assignee, h.tier, h.since, h.until) for h in history.holdings(entries)]

    assert held == [
        (GRID, None, None, at(0), at(3)),
        (GRID, "worker-1", "ON_SPOT", at(3), at(5)),
        (GRID, "leader", "GRID_LEADER", at(5), at(8)),
    ]


# Rebuilding


async def dump(connection: Connection, schema: str) -> dict[str, list[str]]:
    """Every row of every table of a schema."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1"
    tables = [row[0] for row in await connection.fetch(query, schema)]
    return {table: await _rows(connection, schema, table) for table in tables}


async def _rows(connection: Connection, schema: str, table: str) -> list[str]:
    query = f'SELECT to_jsonb(t)::text FROM "{schema}"."{table}" t ORDER BY 1'
    return [row[0] for row in await connection.fetch(query)]


async def dump_all(pool: Pool) -> dict[str, dict[str, list[str]]]:
    async with connected(pool) as connection:
        return {projection.name: await dump(connection, projection.name) for projection in PROJECTIONS}


@pytest.mark.parametrize("seed", range(6))
async def test_a_rebuild_from_zero_gives_what_living_along_gave(
    town: Town, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    wanderer = Wanderer(town, chance)
    engine = Engine(Feed(town.log), PROJECTIONS)
    for _ in range(chance.randint(3, 12)):
        await wanderer.walk(chance.randint(1, 40))
        monkeypatch.setattr(feed_module, "PAGE", chance.choice([1, 2, 3, 7, 50, 2000]))
        await engine.catch_up()
    lived = await dump_all(town.log.pool)
    assert lived["cases"]["case_row"] and lived["tallies"]["tally"] and lived["history"]["entry"]

    monkeypatch.setattr(rebuild, "PAGE", chance.choice([1, 5, 23, 2000]))
    monkeypatch.setattr(table, "MANY", chance.choice([1, 3, 40]))
    for projection in PROJECTIONS:
        assert await rebuild.rebuild(town.log, projection) == await town.log.head()

    rebuilt = await dump_all(town.log.pool)
    for name, tables in lived.items():
        assert rebuilt[name] == tables, name


async def test_the_random_walk_goes_everywhere(town: Town) -> None:
    """Otherwise the test above would say less than it seems to."""
    wanderer = Wanderer(town, random.Random(9))
    every = {name for name, kind in EVENT_TYPES.items() if kind.__module__.startswith("chuishao.domain")}
    missing = every - {"DivisionAbolished", "DepartmentAbolished"}
    for _ in range(6):
        await wanderer.walk(500)
        missing -= {event.type for event in await town.log.after(0, 100_000)}
        if not missing:
            break
    assert not missing


# Tallies

RECOUNT = """
SELECT count(*) AS cases, count(*) FILTER (WHERE open) AS open,
       count(*) FILTER (WHERE open AND tier IS NULL) AS open_unassigned,
       count(*) FILTER (WHERE open AND tier = 'ON_SPOT') AS open_on_spot,
       count(*) FILTER (WHERE open AND tier = 'GRID_LEADER') AS open_grid_leader,
       count(*) FILTER (WHERE open AND tier = 'DELIBERATION') AS open_deliberation,
       count(*) FILTER (WHERE open AND tier = 'MULTI_UNIT') AS open_multi_unit,
       count(resolved_at) AS resolved,
       count(*) FILTER (WHERE on_spot AND resolved_at IS NOT NULL) AS resolved_on_spot,
       count(*) FILTER (WHERE status = 'CLOSED') AS closed,
       count(*) FILTER (WHERE status = 'REFUSED') AS refused,
       count(*) FILTER (WHERE status IN ('DUPLICATE', 'MERGED', 'SPLIT')) AS joined,
       coalesce(sum(reopenings), 0)::bigint AS reopenings, coalesce(sum(reworks), 0)::bigint AS reworks,
       coalesce(sum((SELECT count(*) FROM whistles.whistle w WHERE w.case_id = c.id)), 0)::bigint AS whistles,
       count(satisfied) AS rated, count(*) FILTER (WHERE answered) AS answered,
       count(*) FILTER (WHERE solved) AS solved, coalesce(sum(satisfied), 0)::bigint AS satisfaction_sum
FROM cases.case_row c WHERE {condition}
"""
GRIDS = """
SELECT count(*) AS grids, count(*) FILTER (WHERE worker IS NULL) AS vacant_grids,
       coalesce(sum(households), 0)::bigint AS households
FROM grids.grid WHERE starts_with(code, $1) AND retired_at IS NULL
"""


@pytest.mark.parametrize("seed", [101, 103])
async def test_tallies_equal_a_recount_of_cases_and_grids(town: Town, seed: int) -> None:
    wanderer = Wanderer(town, random.Random(seed))
    engine = Engine(Feed(town.log), PROJECTIONS)
    for _ in range(4):
        await wanderer.walk(80)
        await engine.catch_up()
    places = ["12", "120101", STREET, COMMUNITY, OTHER_COMMUNITY, *wanderer.grids]
    people = [*(str(worker) for worker in town.workers.values()), "staff-7", "staff-8"]

    async with connected(town.log.pool) as connection:
        by_place = await tallies.of_places(connection, places)
        by_worker = await tallies.of_workers(connection, people)
        for place in places:
            counted = await connection.fetchrow(RECOUNT.format(condition="starts_with(place, $1)"), place)
            drawn = await connection.fetchrow(GRIDS, place)
            assert by_place[place] == tallies.Tally(**dict(counted), **dict(drawn)), place  # type: ignore[arg-type]
        for person in people:
            counted = await connection.fetchrow(RECOUNT.format(condition="assignee = $1"), person)
            assert by_worker[person] == tallies.Tally(**dict(counted)), person  # type: ignore[arg-type]
        assert (await tallies.of_places(connection, ["99"]))["99"] == tallies.Tally()
    assert by_place[STREET].cases == len(wanderer.cases) > 20


# The league

COUNTED = {
    "DepartmentSummoned": "summoned",
    "SummonsSigned": "signed",
    "DepartmentCheckedIn": "checked_in",
    "CheckInMissed": "missed",
    "SummonsRefused": "refused",
    "DepartmentAnswered": "answered",
    "DepartmentRated": "rated",
}


def counted_from(events: Iterable[RecordedEvent]) -> dict[UUID, Counter[str]]:
    """What the log itself says of each department, whatever the read model keeps."""
    league: dict[UUID, Counter[str]] = defaultdict(Counter)
    for recorded in events:
        name = COUNTED.get(recorded.type)
        departments = getattr(recorded.event, "departments", None) or [
            getattr(recorded.event, "department", None)
        ]
        for department in departments:
            if name and department:
                league[department][name] += 1
                league[department]["score_sum"] += getattr(recorded.event, "score", 0)
    return league


async def league_of(town: Town) -> dict[UUID, whistle_rows.Standing]:
    async with connected(town.log.pool) as connection:
        standings = [
            whistle_rows.Standing(*row)
            for row in await connection.fetch(whistle_rows.LEAGUE, STREET, town.clock.now)
        ]
    return {standing.department: standing for standing in standings}


@pytest.mark.parametrize("seed", [3, 12])
async def test_the_league_equals_a_recount_of_the_events(town: Town, seed: int) -> None:
    await Wanderer(town, random.Random(seed)).walk(600)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    expected = counted_from(await town.log.after(0, 100_000))

    league = await league_of(town)
    names = (*COUNTED.values(), "score_sum")
    assert {id_: {name: getattr(row, name) for name in names} for id_, row in league.items()} == {
        id_: {name: counts[name] for name in names} for id_, counts in expected.items()
    }
    assert sum(counts["refused"] for counts in expected.values()) > 0


async def test_a_department_that_refused_was_rated_and_is_summoned_again_keeps_its_first_rating(
    town: Town,
) -> None:
    _, whistle = await town.whistled(departments=1)
    (department, *_) = town.departments
    named: dict[str, Any] = {"whistle_id": whistle, "department_id": department}
    await town.do(whistles.RefuseSummons(**named, reason="非本部门职责"), town.officer())
    town.clock.advance(days=30)
    await town.do(whistles.RateDepartment(**named, score=1), town.street_officer)
    await town.do(whistles.SummonDepartment(**named), town.street_officer)
    await town.do(whistles.CheckIn(**named), town.officer())
    await town.do(whistles.AnswerSummons(**named, result="已派员处理"), town.officer())
    await town.do(whistles.RateDepartment(**named, score=5), town.street_officer)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    standing = (await league_of(town))[department]

    assert (standing.summoned, standing.refused, standing.checked_in) == (2, 1, 1)
    assert (standing.rated, standing.score_sum, standing.on_time, standing.due) == (2, 6, 1, 1)


async def test_a_whistle_waits_until_the_earliest_check_in_that_is_due(town: Town) -> None:
    engine = Engine(Feed(town.log), PROJECTIONS)
    _, whistle = await town.whistled()

    async def due() -> datetime | None:
        await engine.catch_up()
        query = "SELECT check_in_due_at FROM whistles.whistle WHERE id = $1"
        async with connected(town.log.pool) as connection:
            found: datetime | None = await connection.fetchval(query, whistle)
        return found

    first = await due()
    assert first is not None
    await town.do(policies.AdoptPolicy(document=stricter()))
    assert await due() == START + timedelta(minutes=31) < first
    for number, department in enumerate(town.departments):
        await town.do(whistles.CheckIn(whistle_id=whistle, department_id=department), town.officer(number))
        assert (await due() is None) is (number == 1)


async def test_a_place_where_nothing_is_any_more_has_no_tally(town: Town) -> None:
    engine = Engine(Feed(town.log), PROJECTIONS)
    await town.do(grids.DrawGrid(grid_code=f"{COMMUNITY}-G009", name="第9网格", households=10))
    await engine.catch_up()
    await town.do(grids.RetireGrid(grid_code=f"{COMMUNITY}-G009", reason="调整"))
    await engine.catch_up()

    async with connected(town.log.pool) as connection:
        query = "SELECT count(*) FROM tallies.tally WHERE place LIKE '%G009'"
        assert await connection.fetchval(query) == 0


# Policies


def stricter() -> dict[str, Any]:
    document = policies.default_policy() | {"version": "strict"}
    document["limits"] = [
        {"id": "accept-fast", "about": "ACCEPT", "amount": 10, "unit": "MINUTES"},
        {"id": "sign-fast", "about": "SIGN", "amount": 20, "unit": "MINUTES"},
        {"id": "check-in-fast", "about": "CHECK_IN", "amount": 30, "unit": "MINUTES"},
    ]
    return document


@pytest.mark.parametrize("page", [1, 2000])
async def test_a_new_policy_dates_open_cases_and_waiting_summonses_anew(
    town: Town, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", page)
    engine = Engine(Feed(town.log), PROJECTIONS)
    case, whistle = await town.whistled()
    reported, refused = await town.report(), await town.report()
    await town.do(case_commands.RefuseCase(case_id=refused, reason="不属于"), town.street_officer)
    signed = whistles.SignSummons(whistle_id=whistle, department_id=town.departments[0])
    await town.do(signed, town.officer(0))
    arrived = whistles.CheckIn(whistle_id=whistle, department_id=town.departments[1])
    await town.do(arrived, town.officer(1))
    if page == 1:
        await engine.catch_up()
        before = await summonses(town.log.pool, whistle)

    since = town.clock.now
    await town.do(policies.AdoptPolicy(document=stricter()))
    await engine.catch_up()

    async with connected(town.log.pool) as connection:
        rows = {
            row["id"]: (row["due_at"], row["due_rule"])
            for row in await connection.fetch("SELECT id, due_at, due_rule FROM cases.case_row")
        }
    assert rows[reported] == (since + timedelta(minutes=10), "accept-fast")
    assert rows[refused] == (None, None)
    assert rows[case] == (None, None)  # the new policy says nothing about handling
    after = await summonses(town.log.pool, whistle)
    waiting, there = town.departments
    assert after[waiting] == (since + timedelta(minutes=20), since + timedelta(minutes=30))
    assert after[there][1] != since + timedelta(minutes=30)
    if page == 1:
        assert after[there] == before[there]


async def summonses(pool: Pool, whistle: UUID) -> dict[UUID, Sequence[datetime | None]]:
    query = "SELECT department, sign_due_at, check_in_due_at FROM whistles.summons WHERE whistle = $1"
    async with connected(pool) as connection:
        return {row[0]: (row[1], row[2]) for row in await connection.fetch(query, whistle)}


# Several engines


async def test_two_engines_on_one_database_fold_every_event_exactly_once(
    town: Town, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 5)
    other_pool = await open_pool(database, size=14)
    try:
        feeds = [Feed(EventLog(pool)) for pool in (town.log.pool, other_pool)]
        engines = [Engine(feed, PROJECTIONS) for feed in feeds]
        wanderer = Wanderer(town, random.Random(7))
        for _ in range(4):
            await wanderer.walk(40)
            await asyncio.gather(*(engine.catch_up() for engine in engines))
        for engine in engines:
            await engine.catch_up()
    finally:
        await other_pool.close()
    lived = await dump_all(town.log.pool)
    for projection in PROJECTIONS:
        await rebuild.rebuild(town.log, projection)
    assert await dump_all(town.log.pool) == lived


async def test_two_rebuilds_at_once_give_what_one_gives(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await Wanderer(town, random.Random(8)).walk(60)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    lived = await dump_all(town.log.pool)
    monkeypatch.setattr(rebuild, "PAGE", 3)

    await asyncio.gather(
        rebuild.rebuild(town.log, tallies.PROJECTION), rebuild.rebuild(town.log, tallies.PROJECTION)
    )

    assert (await dump_all(town.log.pool))["tallies"] == lived["tallies"]
