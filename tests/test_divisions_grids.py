"""建制 Divisions and their codes, grids and their one worker, departments and policies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands import cases, divisions, grids, policies
from chuishao.commands.execution import Executor
from chuishao.domain import department as departments
from chuishao.domain import division as divided
from chuishao.domain import grid as gridded
from chuishao.domain import worker as working
from chuishao.domain.actor import Actor
from chuishao.domain.department import Department
from chuishao.domain.division import (
    Division,
    DivisionCode,
    Level,
    community_of,
    level_of,
    parent_code,
    street_of,
)
from chuishao.domain.event import SHORT_TEXT, PersonalText, fold
from chuishao.domain.grid import MAX_HOUSEHOLDS, ServiceGrid, community_code
from chuishao.domain.identity import POLICY_ID, division_id, grid_id, identify
from chuishao.domain.refusal import (
    AlreadyExists,
    BadCode,
    BadPolicy,
    BadText,
    BadTime,
    Forbidden,
    ForeignGrid,
    GridOccupied,
    GridVacant,
    NoPolicy,
    NotFound,
    OutOfRange,
    OutOfScope,
    Refusal,
    RetiredGrid,
    TextEmpty,
    TextTooLong,
    UnknownDivision,
    UnknownGrid,
    WorkerOccupied,
    WrongDivisionLevel,
)
from chuishao.domain.vocabulary import Role
from chuishao.domain.worker import GridWorker
from chuishao.eventlog.log import EventLog
from tests.given import event, given, later, when_made
from tests.town import (
    COMMUNITY,
    GRID,
    KEY,
    OTHER_COMMUNITY,
    OTHER_GRID,
    START,
    STREET,
    THIRD_GRID,
    Clock,
    Town,
)

SINCE, NEXT = date(2023, 9, 1), date(2026, 3, 1)
WORKER, OTHER_WORKER = identify("worker", 1), identify("worker", 2)
NEW_GRID = f"{COMMUNITY}-G009"

# 区划 Divisions


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("12", Level.MUNICIPALITY, None),
        ("120101", Level.DISTRICT, "12"),
        (STREET, Level.STREET, "120101"),
        (COMMUNITY, Level.COMMUNITY, STREET),
    ],
)
def test_the_form_of_a_code_gives_level_and_parent(code: str, level: Level, parent: str | None) -> None:
    assert (level_of(code), parent_code(code), level.digits) == (level, parent, len(code))


@pytest.mark.parametrize(
    "code", ["", "1", "120", "12010100", "12010100100G", "１２", "12\n", " 12", "-1", "12" * 7]
)
def test_what_has_no_such_form_is_no_code(code: str) -> None:
    with pytest.raises(BadCode):
        level_of(code)


@forall(st.text(max_size=13))
def test_a_code_is_read_or_refused_and_nothing_else(code: str) -> None:
    try:
        assert len(code) == level_of(code).digits
    except BadCode as refused:
        assert refused.sentence("zh")


def test_street_and_community_are_prefixes_of_a_grid() -> None:
    assert (street_of(GRID), community_of(GRID)) == (STREET, COMMUNITY)


def a_district(code: str = "120101") -> Division:
    city = Division.register("12", "天津市", None, SINCE, START)
    return given(Division.register(code, "和平区", city, SINCE, START)).aggregate


def a_street() -> Division:
    return given(Division.register(STREET, "第一街道", a_district(), SINCE, START)).aggregate


def test_a_division_is_registered_below_its_parent() -> None:
    district = a_district()
    street = when_made(lambda: Division.register(STREET, " 第一街道 ", district, SINCE, START)).then(
        event(
            divided.DivisionRegistered,
            code=STREET,
            name="第一街道",
            level="STREET",
            parent=district.id,
            effective_from="2023-09-01",
        )
    )
    assert (street.id, street.place) == (division_id(STREET), STREET)


def test_a_division_is_not_registered_below_another() -> None:
    parent = a_district("120102")
    orphan = when_made(lambda: Division.register(STREET, "街道", None, SINCE, START))
    orphan.refused(WrongDivisionLevel, code=STREET, needed="parent with code 120101")
    foundling = when_made(lambda: Division.register(STREET, "街道", parent, SINCE, START))
    foundling.refused(WrongDivisionLevel, code=STREET, needed="parent with code 120101")


def test_a_division_is_renamed_and_the_same_name_changes_nothing() -> None:
    given(a_street()).when(lambda street: street.rename("新街道", NEXT, START)).then(
        event(divided.DivisionRenamed, name="新街道", effective_from="2026-03-01")
    )
    given(a_street()).when(lambda street: street.rename(" 第一街道", NEXT, START)).then()
    given(a_street()).when(lambda street: street.rename(" ", NEXT, START)).refused(TextEmpty, field="name")


def test_a_division_bears_another_code_from_a_date_on() -> None:
    street = (
        given(a_street())
        .when(lambda street: street.recode("120101009", NEXT, START))
        .then(event(divided.DivisionRecoded, code="120101009", effective_from="2026-03-01"))
    )
    assert street.codes == [("2023-09-01", STREET), ("2026-03-01", "120101009")]
    assert (street.id, street.place) == (division_id(STREET), "120101009")


def test_a_new_code_is_of_the_same_level_and_of_a_later_date() -> None:
    given(a_street()).when(lambda street: street.recode(STREET, NEXT, START)).then()
    given(a_street()).when(lambda street: street.recode("120102", NEXT, START)).refused(
        WrongDivisionLevel, code="120102", level="DISTRICT", needed="STREET"
    )
    given(a_street()).when(lambda street: street.recode("120101009", SINCE, START)).refused(
        BadTime, field="effectiveFrom"
    )
    given(a_street()).when(lambda street: street.recode("nine", NEXT, START)).refused(BadCode, code="nine")


def test_a_division_is_abolished_once() -> None:
    given(a_street()).when(lambda street: street.abolish(NEXT, START)).then(
        event(divided.DivisionAbolished, effective_from="2026-03-01")
    )
    given(a_street(), lambda street: street.abolish(NEXT, START)).when(
        lambda street: street.abolish(NEXT, START)
    ).refused(AlreadyExists, existing="2026-03-01")


def test_a_claimed_code_leads_to_its_division() -> None:
    street = a_street()
    claim = when_made(lambda: DivisionCode.claim("120101009", street, START)).then(
        event(divided.DivisionCodeClaimed, code="120101009", division=street.id)
    )
    assert claim.id == division_id("120101009")


# 网格 Grids


def a_grid(code: str = GRID) -> ServiceGrid:
    return ServiceGrid.draw(code, "第1网格", 300, START)


def seat(grid: ServiceGrid) -> None:
    grid.assign(WORKER, later(grid))


def relieve(grid: ServiceGrid) -> object:
    return grid.relieve("轮岗", later(grid))


def retire(grid: ServiceGrid) -> None:
    grid.retire("并入相邻网格", later(grid))


def test_a_grid_is_drawn() -> None:
    when_made(lambda: ServiceGrid.draw(GRID, " 第1网格", 300, START, synthetic=True)).then(
        event(gridded.GridDrawn, code=GRID, name="第1网格", households=300, synthetic=True)
    )


@pytest.mark.parametrize(
    "code", ["", COMMUNITY, f"{COMMUNITY}-G1", f"{COMMUNITY}-G0001", f"{STREET}-G001", GRID + "\n"]
)
def test_what_is_no_grid_code_is_refused(code: str) -> None:
    when_made(lambda: a_grid(code)).refused(BadCode, code=code)


def test_a_grid_code_names_its_community() -> None:
    assert community_code(GRID) == COMMUNITY


@pytest.mark.parametrize("households", [0, -1, MAX_HOUSEHOLDS + 1])
def test_a_grid_has_a_sensible_number_of_households(households: int) -> None:
    when_made(lambda: ServiceGrid.draw(GRID, "网格", households, START)).refused(OutOfRange, value=households)
    given(a_grid()).when(lambda grid: grid.redraw(None, households, START)).refused(OutOfRange)


def test_a_grid_is_redrawn_and_what_is_the_same_changes_nothing() -> None:
    given(a_grid()).when(lambda grid: grid.redraw(None, 310, START)).then(
        event(gridded.GridRedrawn, name="第1网格", households=310)
    )
    given(a_grid()).when(lambda grid: grid.redraw("北片", None, START)).then(
        event(gridded.GridRedrawn, name="北片", households=300)
    )
    given(a_grid()).when(lambda grid: grid.redraw(None, None, START)).then()
    given(a_grid()).when(lambda grid: grid.redraw(" 第1网格 ", 300, START)).then()


def test_a_grid_has_exactly_one_worker() -> None:
    grid = given(a_grid()).when(seat).then(event(gridded.GridWorkerAssigned, worker=WORKER))
    assert grid.worker == WORKER
    given(a_grid(), seat).when(lambda grid: grid.assign(OTHER_WORKER, START)).refused(
        GridOccupied, code=GRID, worker=WORKER
    )


def test_a_relieved_worker_leaves_the_grid_vacant() -> None:
    done = given(a_grid(), seat).when(relieve)
    grid = done.then(event(gridded.GridWorkerRelieved, worker=WORKER, reason="轮岗"))
    assert (grid.worker, done.answer) == (None, WORKER)
    given(a_grid()).when(relieve).refused(GridVacant, code=GRID)
    given(a_grid(), seat, relieve).when(seat).then(event(gridded.GridWorkerAssigned))


def test_a_grid_is_retired_after_its_worker_was_relieved() -> None:
    given(a_grid(), seat).when(retire).refused(GridOccupied, code=GRID)
    given(a_grid(), seat, relieve).when(retire).then(event(gridded.GridRetired, reason="并入相邻网格"))


@pytest.mark.parametrize("decision", [seat, retire, lambda grid: grid.redraw("北片", None, START)])
def test_nothing_follows_the_retirement_of_a_grid(decision: Any) -> None:
    given(a_grid(), retire).when(decision).refused(RetiredGrid, code=GRID, at="2026-03-02")


def a_worker() -> GridWorker:
    return GridWorker.register(WORKER, COMMUNITY, "网格员 001", None, START)


def test_a_worker_enters_the_roster_with_a_label_and_a_sealed_name() -> None:
    worker = when_made(
        lambda: GridWorker.register(WORKER, COMMUNITY, "网格员 001", "工作人员 1", START)
    ).then(event(working.GridWorkerRegistered, community=COMMUNITY, label="网格员 001", name="工作人员 1"))
    assert worker.place == COMMUNITY
    when_made(lambda: GridWorker.register(WORKER, COMMUNITY, "", None, START)).refused(
        TextEmpty, field="label"
    )


def test_a_worker_serves_one_grid_at_a_time() -> None:
    worker = (
        given(a_worker())
        .when(lambda worker: worker.take(GRID, START))
        .then(event(working.GridPostTaken, grid=GRID))
    )
    assert worker.place == GRID
    given(a_worker(), lambda worker: worker.take(GRID, START)).when(
        lambda worker: worker.take(OTHER_GRID, START)
    ).refused(WorkerOccupied, worker="网格员 001", grid=GRID)


def test_a_worker_who_serves_no_grid_leaves_none() -> None:
    given(a_worker(), lambda worker: worker.take(GRID, START)).when(lambda worker: worker.leave(START)).then(
        event(working.GridPostLeft, grid=GRID)
    )
    given(a_worker()).when(lambda worker: worker.leave(START)).then()


def test_a_workers_contact_is_published_and_can_be_erased() -> None:
    done = given(a_worker()).when(lambda worker: worker.publish("社区服务站一楼", START))
    done.then(event(working.ContactPublished, contact="社区服务站一楼"))
    (published,) = done.events
    assert vars(published)["contact"] == PersonalText(WORKER, "社区服务站一楼")


# 部门 Departments


def a_department() -> Department:
    return Department.establish(identify("department", 1), "120101", "城市管理部门", START)


def test_a_department_is_established_renamed_and_abolished() -> None:
    when_made(a_department).then(
        event(departments.DepartmentEstablished, division="120101", name="城市管理部门")
    )
    given(a_department()).when(lambda one: one.rename("城管部门", START)).then(
        event(departments.DepartmentRenamed, name="城管部门")
    )
    given(a_department()).when(lambda one: one.rename("城市管理部门", START)).then()
    given(a_department()).when(lambda one: one.abolish("机构改革", START)).then(
        event(departments.DepartmentAbolished, reason="机构改革")
    )


def test_an_abolished_department_is_neither_renamed_nor_abolished_again() -> None:
    ended = [lambda one: one.abolish("机构改革", START)]
    given(a_department(), *ended).when(lambda one: one.rename("城管", START)).refused(NotFound)
    given(a_department(), *ended).when(lambda one: one.abolish("再次", START)).refused(AlreadyExists)


@pytest.mark.parametrize(
    ("name", "code"), [(" ", TextEmpty), ("长" * (SHORT_TEXT + 1), TextTooLong), ("a\0", BadText)]
)
def test_a_name_says_something_and_fits(name: str, code: type[Refusal]) -> None:
    made: list[Any] = [
        lambda: Division.register("12", name, None, SINCE, START),
        lambda: ServiceGrid.draw(GRID, name, 300, START),
        lambda: GridWorker.register(WORKER, COMMUNITY, name, None, START),
        lambda: Department.establish(WORKER, "12", name, START),
    ]
    for make in made:
        when_made(make).refused(code)


# Through the commands: the rules between aggregates


async def aggregate(town: Town, identifier: Any) -> Any:
    """An aggregate as the log holds it."""
    return fold(await town.log.stream(identifier))


async def refused(town: Town, command: Any, code: type[Refusal], by: Actor | None = None) -> Refusal:
    """Nothing is recorded, and the reason is told in both languages."""
    head = await town.log.head()
    with pytest.raises(code) as caught:
        await (town.do(command, by) if by else town.do(command))
    assert type(caught.value) is code
    assert caught.value.sentence("en")
    assert caught.value.sentence("zh")
    assert await town.log.head() == head
    return caught.value


def register(code: str = "120102", name: str = "河东区") -> divisions.RegisterDivision:
    return divisions.RegisterDivision(code=code, name=name, effective_from=SINCE)


async def test_a_division_needs_its_parent(town: Town) -> None:
    await refused(town, register("120103001", "某街道"), UnknownDivision)
    await refused(town, register("abcdef"), BadCode)
    await refused(town, register("120"), BadCode)


async def test_a_code_stands_for_one_division(town: Town) -> None:
    head = await town.log.head()
    again = await town.do(register("120101", " 和平区 "))
    assert (again.id, await town.log.head()) == (division_id("120101"), head)
    await refused(town, register("120101", "另一区"), AlreadyExists)


async def test_a_recoded_division_is_found_under_its_present_code_only(town: Town) -> None:
    recode = divisions.RecodeDivision(code=COMMUNITY, new_code="120101001077", effective_from=NEXT)
    assert (await town.do(recode)).id == division_id(COMMUNITY)
    rename = divisions.RenameDivision(code="120101001077", name="改名社区", effective_from=NEXT)
    assert (await town.do(rename)).id == division_id(COMMUNITY)
    await refused(
        town, divisions.RenameDivision(code=COMMUNITY, name="旧", effective_from=NEXT), UnknownDivision
    )
    division = await aggregate(town, division_id(COMMUNITY))
    assert division.codes == [("2023-09-01", COMMUNITY), ("2026-03-01", "120101001077")]


async def test_a_code_is_claimed_once_and_for_good(town: Town) -> None:
    def recode(code: str, new: str, since: date = NEXT) -> divisions.RecodeDivision:
        return divisions.RecodeDivision(code=code, new_code=new, effective_from=since)

    await refused(town, recode(COMMUNITY, OTHER_COMMUNITY), AlreadyExists)
    await town.do(recode(COMMUNITY, "120101001077"))
    await refused(town, recode(OTHER_COMMUNITY, "120101001077"), AlreadyExists)
    await refused(town, recode(OTHER_COMMUNITY, COMMUNITY), AlreadyExists)
    await refused(town, recode("120101001077", COMMUNITY, date(2026, 4, 1)), AlreadyExists)
    await refused(town, register("120101001077", "新社区"), AlreadyExists)


async def test_an_abolished_division_is_no_place_any_more(town: Town) -> None:
    await town.do(divisions.AbolishDivision(code=OTHER_COMMUNITY, effective_from=NEXT))
    await refused(town, divisions.AbolishDivision(code=OTHER_COMMUNITY, effective_from=NEXT), UnknownDivision)
    report = cases.ReportCase(category="01001", text="路灯不亮", community_code=OTHER_COMMUNITY)
    await refused(town, report, UnknownDivision, town.resident)
    await refused(town, register(OTHER_COMMUNITY, "第二社区"), AlreadyExists)


DRAW = grids.DrawGrid(grid_code=NEW_GRID, name="第9网格", households=280)


async def test_a_grid_is_drawn_in_a_registered_community_only(town: Town) -> None:
    assert (await town.do(DRAW, town.community_staff)).id == grid_id(NEW_GRID)
    elsewhere = grids.DrawGrid(grid_code="120101001099-G001", name="网格", households=300)
    await refused(town, elsewhere, UnknownDivision)


async def test_the_same_grid_again_changes_nothing_and_another_is_refused(town: Town) -> None:
    first = await town.do(DRAW)
    assert (await town.do(DRAW)).version == first.version
    other = grids.DrawGrid(grid_code=NEW_GRID, name="第9网格", households=281)
    await refused(town, other, AlreadyExists)


async def test_an_unknown_grid_has_no_worker_and_no_case(town: Town) -> None:
    worker = town.workers[GRID]
    await refused(town, grids.AssignGridWorker(grid_code=NEW_GRID, worker_id=worker), UnknownGrid)
    report = cases.ReportCase(category="01001", text="井盖", grid_code=NEW_GRID)
    await refused(town, report, UnknownGrid, town.resident)


async def test_a_worker_holds_one_grid_and_a_grid_one_worker(town: Town) -> None:
    await town.do(DRAW)
    held = grids.AssignGridWorker(grid_code=NEW_GRID, worker_id=town.workers[GRID])
    assert (await refused(town, held, WorkerOccupied)).facts["grid"] == GRID
    new = (await town.do(grids.RegisterGridWorker(community_code=COMMUNITY, label="网格员 004"))).id
    await refused(town, grids.AssignGridWorker(grid_code=GRID, worker_id=new), GridOccupied)
    await town.do(grids.AssignGridWorker(grid_code=NEW_GRID, worker_id=new))
    grid, worker = await aggregate(town, grid_id(NEW_GRID)), await aggregate(town, new)
    assert (grid.worker, worker.grid) == (new, NEW_GRID)


async def test_a_worker_of_another_community_is_not_assigned(town: Town) -> None:
    await town.do(DRAW)
    new = (await town.do(grids.RegisterGridWorker(community_code=OTHER_COMMUNITY, label="网格员 005"))).id
    await refused(town, grids.AssignGridWorker(grid_code=NEW_GRID, worker_id=new), ForeignGrid)
    await refused(town, grids.AssignGridWorker(grid_code=NEW_GRID, worker_id=uuid4()), NotFound)


async def test_grid_and_worker_both_know_of_a_relief_and_the_grid_may_then_be_retired(town: Town) -> None:
    retire = grids.RetireGrid(grid_code=GRID, reason="并入")
    await refused(town, retire, GridOccupied)
    await town.do(grids.RelieveGridWorker(grid_code=GRID, reason="轮岗"))
    grid, worker = await aggregate(town, grid_id(GRID)), await aggregate(town, town.workers[GRID])
    assert (grid.worker, worker.grid, worker.place) == (None, None, COMMUNITY)
    await refused(town, grids.RelieveGridWorker(grid_code=GRID, reason="轮岗"), GridVacant)
    await town.do(retire)
    await refused(town, retire, RetiredGrid)
    await refused(town, grids.DrawGrid(grid_code=GRID, name="第1网格", households=300), AlreadyExists)
    again = grids.AssignGridWorker(grid_code=OTHER_GRID, worker_id=town.workers[GRID])
    await refused(town, again, GridOccupied)


async def test_each_keeper_sets_up_the_own_places_only(town: Town) -> None:
    await refused(town, DRAW, Forbidden, town.grid_leader)
    away = Actor("community-staff-2", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
    await refused(town, DRAW, OutOfScope, away)
    await refused(town, register(), Forbidden, town.street_officer)
    establish = divisions.EstablishDepartment(division_code="120101", name="消防部门")
    await refused(town, establish, Forbidden, town.street_officer)
    await refused(town, policies.AdoptPolicy(document={}), Forbidden, town.street_officer)
    district = Actor("administrator-2", Role.ADMINISTRATOR, "120101")
    await refused(town, register(), OutOfScope, district)
    await refused(town, policies.AdoptPolicy(document=policies.default_policy()), OutOfScope, district)


async def test_a_worker_publishes_the_own_contact_and_nobody_elses(town: Town) -> None:
    own = grids.PublishContact(worker_id=town.workers[GRID], contact="社区服务站一楼")
    other = grids.PublishContact(worker_id=town.workers[OTHER_GRID], contact="社区服务站二楼")
    await town.do(own, town.worker(GRID))
    await refused(town, other, OutOfScope, town.worker(GRID))
    await refused(town, own, Forbidden, town.resident)


async def test_a_department_belongs_to_a_registered_division(town: Town) -> None:
    await refused(town, divisions.EstablishDepartment(division_code="120199", name="部门"), UnknownDivision)
    await refused(town, divisions.RenameDepartment(department_id=uuid4(), name="部门"), NotFound)
    abolish = divisions.AbolishDepartment(department_id=town.departments[0], reason="机构改革")
    await town.do(abolish)
    await refused(town, abolish, AlreadyExists)


async def test_a_policy_is_adopted_beside_its_predecessor(town: Town) -> None:
    document = policies.default_policy() | {"version": "2", "effectiveFrom": "2026-03-01"}
    assert (await town.do(policies.AdoptPolicy(document=document))).id == POLICY_ID
    known = await aggregate(town, POLICY_ID)
    assert [str(one["version"]) for one in known.documents] == ["1", "2"]
    other = policies.AdoptPolicy(document=document | {"effectiveFrom": "2026-04-01"})
    await refused(town, other, AlreadyExists)
    await refused(town, policies.AdoptPolicy(document={"version": "3"}), BadPolicy)


async def test_what_happened_before_a_policy_took_effect_follows_its_predecessor(town: Town) -> None:
    entry = {**policies.default_policy()["categories"][0], "code": "90001"}
    document = policies.default_policy() | {"version": "2", "effectiveFrom": "2026-03-02"}
    document |= {"categories": [entry], "findings": {}}
    await town.do(policies.AdoptPolicy(document=document))
    report = cases.ReportCase(category="90001", text="井盖", grid_code=GRID)
    await town.do(report, town.resident)
    earlier = datetime.fromisoformat("2026-03-01T12:00+08:00")
    old = cases.ReportCase(category="01001", text="井盖", grid_code=GRID)
    await town.do(old, town.resident, occurred_at=earlier)
    with pytest.raises(Refusal):
        await town.do(report, town.resident, occurred_at=earlier)


async def test_without_a_policy_nothing_is_reported(log: EventLog) -> None:
    clock = Clock()
    bare = Town(log, Executor(log, KEY, clock), clock)
    for code in ("12", "120101", STREET, COMMUNITY):
        await bare.do(register(code, "某地"))
    report = cases.ReportCase(category="01001", text="井盖", community_code=COMMUNITY)
    await refused(bare, report, NoPolicy, bare.resident)


async def test_a_worker_of_one_grid_is_of_no_use_to_another(town: Town) -> None:
    case = await town.report(THIRD_GRID)
    await refused(town, cases.AcceptCase(case_id=case), OutOfScope, town.worker(GRID))
    await town.do(cases.AcceptCase(case_id=case), town.worker(THIRD_GRID))
