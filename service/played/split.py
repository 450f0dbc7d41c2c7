"""超大社区拆分 The split of an oversize community for the demonstration: 9,000 households in three parts.

The community is a real one; its grids, their households, the workers and cases are made up and labelled so.
It is kept out of whatever else is played, for its grids are gone when the day is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from chuishao.commands import cases
from chuishao.commands.command import Command
from chuishao.commands.grids import AssignGridWorker, DrawGrid, PublishContact, RegisterGridWorker
from chuishao.commands.people.persons import RegisterPerson
from chuishao.commands.territory.splits import (
    AssignPartStaff,
    DivideCommunity,
    NewCommunityGiven,
    PlannedGridGiven,
    PlanSplit,
    ShareGiven,
)
from chuishao.domain.actor import Actor
from chuishao.domain.division import Level, street_of
from chuishao.domain.vocabulary import Role, Severity, Tier
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.stage import Played, Stage, made_by, officer
from chuishao.service.working_day import Act

GRIDS, HOUSEHOLDS = 30, 300
PARTS = 3
"""Each of ten grids, which makes about 3,000 households."""
CASES = 6
"""Open cases that follow; one more is refused before, and stays where it was."""
BASIS = "区政府批复 001 号（模拟）"
_SQL = statements("chuishao.service.played", "split.sql")

Done = Iterator[tuple[Actor, Command, tuple[object, ...]]]


def acts(stage: Stage) -> list[list[Act]]:
    """One chain: the community as it was, its cases, the plan, the split, the people of its parts."""
    if stage.oversize is None:
        return []
    code, _ = stage.oversize
    minutes = count()
    done = (*_drawn(code), *_reported(code), *_split(stage, code))
    return [[stage.act(next(minutes), by, command, code, *name) for by, command, name in done]]


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the board of splits and the cases that followed say of a district."""
    row = await connection.fetchrow(_SQL["told"], district)
    assert row is not None
    return {
        31: f"{row['divided']} of {row['splits']} communities split, {row['households']:,} households in"
        f" {row['parts']} parts, {row['staffed']} of them staffed; {row['followed']} open cases followed"
    }


def grid_of(community: str, number: int) -> str:
    """The code of a grid of a community."""
    return f"{community}-G{number:03d}"


def part_codes(stage: Stage, community: str) -> list[str]:
    """Codes at the end of those that committees of a street have, which no real community bears."""
    street = street_of(community)
    borne = {code for code, _ in stage.communities} | {community}
    return [code for code in (f"{street}{number}" for number in range(191, 200)) if code not in borne][:PARTS]


def _drawn(code: str) -> Done:
    """Thirty grids with a worker each; every third is a little larger, every next a little smaller."""
    by = officer(street_of(code))
    for number in range(1, GRIDS + 1):
        grid = grid_of(code, number)
        households = _households(number)
        name = f"第 {number} 网格（模拟）"
        yield (
            by,
            DrawGrid(grid_code=grid, name=name, households=households, synthetic=True),
            (number, "draw"),
        )
        label = f"网格员 {number:03d}（模拟）"
        yield by, RegisterGridWorker(community_code=code, label=label), (number, "register")
        worker = made_by(code, number, "register")
        yield by, AssignGridWorker(grid_code=grid, worker_id=worker), (number, "assign")
        contact = f"社区公示栏 网格员 {number:03d}（模拟联系方式）"
        yield by, PublishContact(worker_id=worker, contact=contact), (number, "publish")


def _households(number: int) -> int:
    return HOUSEHOLDS + (20, -20, 0)[number % 3]


def _reported(code: str) -> Done:
    """Cases in grids of what become different parts, some of them under way; one is refused."""
    staff = Actor(f"community-staff-{code}", Role.COMMUNITY_STAFF, code)
    for number in range(CASES + 1):
        grid = grid_of(code, 1 + number * (GRIDS // (CASES + 1)))
        report = cases.ReportCase(category="11003", text="楼道堆放杂物（模拟数据）", grid_code=grid)
        case = made_by(code, number, "report")
        yield Actor(f"resident-{code}-{number}", Role.RESIDENT, ""), report, (number, "report")
        if number == CASES:
            refuse = cases.RefuseCase(case_id=case, reason="不属受理范围（模拟）")
            yield staff, refuse, (number, "refuse")
            continue
        if number % 3:
            yield staff, cases.AcceptCase(case_id=case), (number, "accept")
        if number % 3 == 2:
            yield staff, cases.AssessCase(case_id=case, severity=Severity.MINOR), (number, "assess")
            yield staff, cases.AssignCase(case_id=case, tier=Tier.GRID_LEADER), (number, "assign case")


def _split(stage: Stage, code: str) -> Done:
    """Plan, divide, and give each part two people."""
    district = code[: Level.DISTRICT.digits]
    above = Actor(f"administrator-{district}", Role.ADMINISTRATOR, district)
    by, parts = officer(street_of(code)), part_codes(stage, code)
    staff_by = stage.day + timedelta(days=30)
    plan = PlanSplit(
        community_code=code,
        heir_code=parts[0],
        parts=[_part(code, number, part) for number, part in enumerate(parts)],
        staff_by=staff_by,
        basis=BASIS,
    )
    yield by, plan, ("plan",)
    yield above, DivideCommunity(community_code=code), ("divide",)
    for part in parts:
        persons = [made_by(code, part, number) for number in (1, 2)]
        for number in (1, 2):
            label = f"社区工作者 {number:03d}（模拟）"
            yield by, RegisterPerson(place_code=part, label=label), (part, number)
        assign = AssignPartStaff(community_code=code, part_code=part, person_ids=persons)
        yield by, assign, (part, "staff")


def _part(code: str, number: int, part: str) -> NewCommunityGiven:
    """A part with the next ten grids, each as it was."""
    each = GRIDS // PARTS
    grids = [
        PlannedGridGiven(
            code=grid_of(part, at),
            name=f"第 {at} 网格（模拟）",
            shares=[
                ShareGiven(grid=grid_of(code, number * each + at), households=_households(number * each + at))
            ],
        )
        for at in range(1, each + 1)
    ]
    return NewCommunityGiven(code=part, name=f"拆分新社区 {number + 1}（模拟）", grids=grids)


PLAYED = Played("Split of a community 社区拆分", acts, told)
