"""For every mutation about the split of a community a moment in which it is accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from chuishao.commands.cases import ReportCase
from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.grids import AssignGridWorker, DrawGrid, RegisterGridWorker
from chuishao.commands.people.persons import RegisterPerson
from chuishao.commands.rehoming import RehomeCase
from chuishao.commands.territory.splits import (
    AssignPartStaff,
    DivideCommunity,
    NewCommunityGiven,
    PlannedGridGiven,
    PlanSplit,
    ShareGiven,
)
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from tests.mechanisms.steps_territory import ADMINISTRATOR, a_community
from tests.numbers import community_code
from tests.town import COMMUNITY, STREET, Town

Given = Callable[[Town], Awaitable[dict[str, Any]]]
Prepare = Callable[[Town], Awaitable[tuple[Actor | None, dict[str, Any]]]]
SPLIT = f"{STREET}390"
"""The community that everybody may know to be split."""


def free_codes(town: Town, number: int) -> list[str]:
    """Codes of the street that no community bears yet."""
    return [community_code(town) for _ in range(number)]


async def an_oversize_community(town: Town, code: str | None = None) -> tuple[str, list[UUID]]:
    """A community of two grids with a worker each: its code, and the workers."""
    community = code or await a_community(town)
    if code is not None:
        await town.do(RegisterDivision(code=code, name="超大社区", effective_from=date(2024, 1, 1)))
    workers = []
    for number in (1, 2):
        grid = f"{community}-G{number:03}"
        await town.do(DrawGrid(grid_code=grid, name=f"第 {number} 网格", households=300))
        worker = await town.do(RegisterGridWorker(community_code=community, label=f"网格员 {number:03}"))
        await town.do(AssignGridWorker(grid_code=grid, worker_id=worker.id))
        workers.append(worker.id)
    return community, workers


def halves(community: str, codes: list[str]) -> PlanSplit:
    """A plan that makes a part of each of the two grids."""
    parts = [
        NewCommunityGiven(
            code=code,
            name=f"新社区 {number}",
            grids=[
                PlannedGridGiven(
                    code=f"{code}-G001",
                    name="第 1 网格",
                    shares=[ShareGiven(grid=f"{community}-G{number:03}", households=300)],
                )
            ],
        )
        for number, code in enumerate(codes, start=1)
    ]
    return PlanSplit(community_code=community, heir_code=codes[0], parts=parts, basis="区政府批复 003 号")


async def planned(town: Town, code: str | None = None) -> tuple[str, list[str]]:
    """A community whose split is planned: its code, and those of the parts."""
    community, _ = await an_oversize_community(town, code)
    codes = free_codes(town, 2)
    await town.do(halves(community, codes))
    return community, codes


async def divided(town: Town, code: str | None = None) -> tuple[str, list[str]]:
    """A community that was split: its code, and those of the parts."""
    community, codes = await planned(town, code)
    await town.do(DivideCommunity(community_code=community))
    return community, codes


async def one_of_each(town: Town) -> None:
    """A community that was split by its second plan, one of its parts staffed, and a case that followed."""
    community, codes = await planned(town, SPLIT)
    await town.do(replace(halves(community, codes), heir_code=codes[1]))
    leader = Actor("grid-leader-801", Role.GRID_LEADER, community)
    report = ReportCase(grid_code=f"{community}-G001", category="01001", text="井盖丢失")
    case = (await town.do(report, leader)).id
    await town.do(DivideCommunity(community_code=community))
    await town.do(RehomeCase(case_id=case))
    person = await town.do(RegisterPerson(place_code=COMMUNITY, label="社区工作者 801"))
    await town.do(AssignPartStaff(community_code=community, part_code=codes[0], person_ids=[person.id]))


async def _plan(town: Town) -> dict[str, Any]:
    community, _ = await an_oversize_community(town)
    plan = halves(community, free_codes(town, 2))
    parts = [
        {
            "code": part.code,
            "name": part.name,
            "grids": [
                {
                    "code": grid.code,
                    "name": grid.name,
                    "shares": [{"grid": share.grid, "households": share.households} for share in grid.shares],
                }
                for grid in part.grids
            ],
        }
        for part in plan.parts
    ]
    heir = plan.heir_code
    return {"communityCode": community, "heirCode": heir, "parts": parts, "basis": plan.basis}


async def _give_up(town: Town) -> dict[str, Any]:
    community, _ = await planned(town)
    return {"communityCode": community, "basis": "区政府批复 004 号"}


async def _divide(town: Town) -> dict[str, Any]:
    community, _ = await planned(town)
    return {"communityCode": community}


async def _staff(town: Town) -> dict[str, Any]:
    community, codes = await divided(town)
    person = await town.do(RegisterPerson(place_code=COMMUNITY, label="社区工作者 802"))
    return {"communityCode": community, "partCode": codes[1], "personIds": [str(person.id)]}


async def _transfer(town: Town) -> dict[str, Any]:
    worker = await town.do(RegisterGridWorker(community_code=COMMUNITY, label="网格员 803"))
    return {"workerId": str(worker.id), "communityCode": await a_community(town)}


def _by(given: Given, officer: bool = False) -> Prepare:
    async def prepare(town: Town) -> tuple[Actor | None, dict[str, Any]]:
        return town.street_officer if officer else ADMINISTRATOR, await given(town)

    return prepare


STEPS: dict[str, Prepare] = {
    "transferGridWorker": _by(_transfer, officer=True),
    "planSplit": _by(_plan, officer=True),
    "giveUpSplit": _by(_give_up, officer=True),
    "divideCommunity": _by(_divide),
    "assignPartStaff": _by(_staff, officer=True),
}
LIVES: list[Callable[[Town], Awaitable[object]]] = [one_of_each]
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_community_split": lambda _: {"community": SPLIT},
}
ROOTS: dict[str, str] = {"communitySplit": f'communitySplit(community: "{SPLIT}")'}
