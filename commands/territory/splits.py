"""Commands about the split of an oversize community."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.rehoming import require_held
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Division, Level, level_of, street_of
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.identity import division_id, grid_id
from chuishao.domain.people.person import Person
from chuishao.domain.refusal import AlreadyExists, NotFound, within
from chuishao.domain.territory.enclave import Enclave, enclave_id
from chuishao.domain.territory.split import CommunitySplit, split_id
from chuishao.domain.territory.split_plan import Part, PlannedGrid, Share, SplitPlan
from chuishao.domain.worker import GridWorker

NUMBERS = 1000
"""Codes that the grids of one community can have."""
GOES_ALONG = "社区拆分，随网格调整"
"""Why workers are relieved and grids retired by a split."""

CommunityCode = Annotated[str, Doc("社区 the code of the community that is split")]


@dataclass(frozen=True, kw_only=True)
class ShareGiven:
    """户数划转 How many households of a grid of today go to the new grid."""

    grid: Annotated[str, Doc("原网格 the code of the grid of today")]
    households: Annotated[int, Doc("户数 how many of its households")]


@dataclass(frozen=True, kw_only=True)
class PlannedGridGiven:
    """新网格 A grid of a new community."""

    code: Annotated[str, Doc("网格代码 its code, which begins with that of the new community")]
    name: Annotated[str, Doc("名称 its name")]
    shares: Annotated[list[ShareGiven], Doc("来源 where its households come from")]

    def planned(self) -> PlannedGrid:
        """As the domain has it."""
        return PlannedGrid(
            self.code, self.name, tuple(Share(one.grid, one.households) for one in self.shares)
        )


@dataclass(frozen=True, kw_only=True)
class NewCommunityGiven:
    """新社区 A community that the split makes."""

    code: Annotated[str, Doc("社区代码 its code, of the same street and not borne yet")]
    name: Annotated[str, Doc("名称 its name")]
    grids: Annotated[list[PlannedGridGiven], Doc("网格 its grids")]

    def part(self) -> Part:
        """As the domain has it."""
        return Part(self.code, self.name, tuple(grid.planned() for grid in self.grids))


@dataclass(frozen=True, kw_only=True)
class PlanSplit(Command):
    """拟定社区拆分方案 Plan how an oversize community is split; a later plan replaces an earlier one."""

    thing = "split"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    community_code: CommunityCode
    heir_code: Annotated[
        str, Doc("承接社区 the new community that takes over what names no grid, such as cases without one")
    ]
    parts: Annotated[list[NewCommunityGiven], Doc("新社区 the communities that it makes, two at least")]
    staff_by: Annotated[date | None, Doc("人员到位期限 the day by which each has staff")] = None
    basis: Annotated[str, Doc("依据 the official decision it rests on, such as its number")]

    async def decide(self, work: Work) -> CommunitySplit:
        """Plan, or plan anew."""
        work.require_setup(Setup.KEEP_TERRITORY, self.community_code, "communityCode")
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        await require_held(work, self.community_code, "communityCode")
        plan = SplitPlan(self.community_code, self.heir_code, tuple(part.part() for part in self.parts))
        grids, _ = await _grids(work, self.community_code)
        households = _households(grids)
        split = await work.find(CommunitySplit, split_id(self.community_code))
        if split is None:
            return work.add(CommunitySplit.begin(plan, households, self.staff_by, self.basis, work.at))
        split.replan(plan, households, self.staff_by, self.basis, work.at)
        return split


@dataclass(frozen=True, kw_only=True)
class GiveUpSplit(Command):
    """放弃社区拆分 Let the community stay whole; its split may be planned anew."""

    thing = "split"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    community_code: CommunityCode
    basis: Annotated[str, Doc("依据 the official decision it rests on")]

    async def decide(self, work: Work) -> CommunitySplit:
        """Give up."""
        work.require_setup(Setup.KEEP_TERRITORY, self.community_code, "communityCode")
        split = await _split(work, self.community_code)
        split.give_up(self.basis, work.at)
        return split


@dataclass(frozen=True, kw_only=True)
class DivideCommunity(Command):
    """实施社区拆分 Carry the plan out: new communities and grids take the place of the old ones, all at once.

    Workers go along with the grid that is mostly theirs. Open cases follow, each by an event of its own.
    """

    thing = "split"
    roles = MAY_SET_UP[Setup.KEEP_DIVISIONS]
    community_code: CommunityCode

    async def decide(self, work: Work) -> CommunitySplit:
        """Divide; the divisions, grids and workers of before and after all know."""
        work.require_setup(Setup.KEEP_DIVISIONS, self.community_code, "communityCode")
        split = await _split(work, self.community_code)
        old = await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        await require_held(work, self.community_code, "communityCode")
        grids, given_away = await _grids(work, self.community_code)
        since = (await work.policy()).day(work.at)
        plan = split.divide(_households(grids), since, work.at)
        await _register(work, plan, since)
        await _redraw(work, plan, grids)
        await _retire(work, plan, given_away)
        old.abolish(since, work.at)
        return split


@dataclass(frozen=True, kw_only=True)
class AssignPartStaff(Command):
    """配备新社区人员 Let people of the register work for one of the communities that a split made."""

    thing = "split"
    roles = MAY_SET_UP[Setup.FILL_POSTS]
    community_code: CommunityCode
    part_code: Annotated[str, Doc("新社区 the code of the new community")]
    person_ids: Annotated[list[UUID], Doc("人员 the persons")]

    async def decide(self, work: Work) -> CommunitySplit:
        """Assign; who works there already is not assigned again."""
        work.require_setup(Setup.FILL_POSTS, self.community_code, "communityCode")
        split = await _split(work, self.community_code)
        split.assign_staff(self.part_code, self.person_ids, work.at)
        for number, person in enumerate(self.person_ids):
            with within("personIds", str(number)):
                await work.get(Person, person)
        return split


async def _split(work: Work, community: str) -> CommunitySplit:
    level_of(community, "communityCode")
    split = await work.find(CommunitySplit, split_id(community))
    if split is None:
        raise NotFound("communityCode", kind=AGGREGATES[CommunitySplit], id=community)
    return split


async def _grids(work: Work, community: str) -> tuple[list[ServiceGrid], list[ServiceGrid]]:
    """The active grids of a community: those it holds, and those over which jurisdiction was given away.

    That there is no other one is what the decision rests on, too.
    """
    codes = [f"{community}-G{number:03}" for number in range(NUMBERS)]
    found = await asyncio.gather(*(work.find(ServiceGrid, grid_id(code)) for code in codes))
    active = [grid for grid in found if grid is not None and grid.retired_at is None]
    enclaves = await asyncio.gather(*(work.find(Enclave, enclave_id(grid.code)) for grid in active))
    held: list[ServiceGrid] = []
    given_away: list[ServiceGrid] = []
    for grid, enclave in zip(active, enclaves, strict=True):
        (held if enclave is None or enclave.successor is None else given_away).append(grid)
    return held, given_away


def _households(grids: list[ServiceGrid]) -> Mapping[str, int]:
    return {grid.code: grid.households for grid in grids}


async def _register(work: Work, plan: SplitPlan, since: date) -> None:
    street = await work.division(street_of(plan.community), Level.STREET)
    for part in plan.parts:
        known = await work.find(Division, division_id(part.code))
        if known is not None:
            raise AlreadyExists("communityCode", kind=AGGREGATES[Division], id=part.code, existing=known.name)
        work.add(Division.register(part.code, part.name, street, since, work.at))


async def _redraw(work: Work, plan: SplitPlan, grids: list[ServiceGrid]) -> None:
    """Draw the new grids, retire the old ones, and let their workers go along."""
    made_up = {grid.code for grid in grids if grid.synthetic}
    drawn = {grid.code: work.add(_drawn(grid, made_up, work.at)) for grid in plan.grids()}
    for worker, grid in await _retire(work, plan, grids):
        goes = plan.worker_goes(grid.code)
        if goes is not None:
            drawn[goes].assign(worker.id, work.at)
            worker.take(goes, work.at)


async def _retire(
    work: Work, plan: SplitPlan, grids: list[ServiceGrid]
) -> list[tuple[GridWorker, ServiceGrid]]:
    """Retire grids; give their workers, each on the roster of a part now, and the grid that each had.

    Who had a grid that was given away before goes to the part that takes over what the plan does not name.
    """
    relieved = []
    for grid in grids:
        if grid.worker is not None:
            worker = await work.get(GridWorker, grid.relieve(GOES_ALONG, work.at))
            worker.leave(work.at)
            community, _ = plan.home(grid.code)
            worker.transfer(community, work.at)
            relieved.append((worker, grid))
        grid.retire(GOES_ALONG, work.at)
    return relieved


def _drawn(grid: PlannedGrid, made_up: set[str], at: datetime) -> ServiceGrid:
    """A grid of a part; its households are made up where any that it takes over are."""
    synthetic = any(share.grid in made_up for share in grid.shares)
    return ServiceGrid.draw(grid.code, grid.name, grid.households, at, synthetic=synthetic)
