"""Commands about service grids and their workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.division import Level
from chuishao.domain.grid import ServiceGrid, community_code
from chuishao.domain.identity import grid_id
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import AlreadyExists
from chuishao.domain.worker import GridWorker

GridCode = Annotated[str, Doc("网格代码 the grid: a community code, -G and three digits")]
WorkerId = Annotated[UUID, Doc("网格员 the worker")]


@dataclass(frozen=True, kw_only=True)
class DrawGrid(Command):
    """划定网格 Draw a service grid inside a community."""

    thing = "grid"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_GRIDS]
    grid_code: GridCode
    name: Annotated[str, Doc("名称 its name")]
    households: Annotated[int, Doc("户数 how many households it has")]
    synthetic: Annotated[bool, Doc("模拟数据 whether the household count is made up for a demonstration")] = (
        False
    )

    async def decide(self, work: Work) -> ServiceGrid:
        """Draw once; the same grid again changes nothing."""
        work.require_setup(Setup.KEEP_GRIDS, self.grid_code, "gridCode")
        await work.division(community_code(self.grid_code), Level.COMMUNITY, "gridCode")
        known = await work.find(ServiceGrid, grid_id(self.grid_code))
        if known is not None:
            if (known.name, known.households) != (self.name.strip(), self.households) or known.retired_at:
                kind = Phrase("grid", "网格")
                raise AlreadyExists("gridCode", kind=kind, id=self.grid_code, existing=known.name)
            return known
        drawn = ServiceGrid.draw(
            self.grid_code, self.name, self.households, work.at, synthetic=self.synthetic
        )
        return work.add(drawn)


@dataclass(frozen=True, kw_only=True)
class RedrawGrid(Command):
    """调整网格 Change a grid's name or households; what is left out stays."""

    thing = "grid"
    roles = MAY_SET_UP[Setup.KEEP_GRIDS]
    grid_code: GridCode
    name: Annotated[str | None, Doc("名称 its new name")] = None
    households: Annotated[int | None, Doc("户数 how many households it has now")] = None

    async def decide(self, work: Work) -> ServiceGrid:
        """Redraw."""
        work.require_setup(Setup.KEEP_GRIDS, self.grid_code, "gridCode")
        grid = await work.grid(self.grid_code)
        grid.redraw(self.name, self.households, work.at)
        return grid


@dataclass(frozen=True, kw_only=True)
class RetireGrid(Command):
    """撤销网格 End a grid; its worker must have been relieved."""

    thing = "grid"
    roles = MAY_SET_UP[Setup.KEEP_GRIDS]
    grid_code: GridCode
    reason: Annotated[str, Doc("原因 why")]

    async def decide(self, work: Work) -> ServiceGrid:
        """Retire."""
        work.require_setup(Setup.KEEP_GRIDS, self.grid_code, "gridCode")
        grid = await work.grid(self.grid_code)
        grid.retire(self.reason, work.at)
        return grid


@dataclass(frozen=True, kw_only=True)
class RegisterGridWorker(Command):
    """登记网格员 Enter somebody into a community's roster of grid workers."""

    thing = "worker"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_WORKERS]
    community_code: Annotated[str, Doc("社区 the community of the roster")]
    label: Annotated[str, Doc("编号 role and number, shown to everybody, as in “网格员 001”")]
    name: Annotated[str | None, Doc("姓名 the name; personal text")] = None

    async def decide(self, work: Work) -> GridWorker:
        """Register."""
        work.require_setup(Setup.KEEP_WORKERS, self.community_code, "communityCode")
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        registered = GridWorker.register(work.new_id(), self.community_code, self.label, self.name, work.at)
        return work.add(registered)


@dataclass(frozen=True, kw_only=True)
class AssignGridWorker(Command):
    """配置网格员 Give a vacant grid its one worker, who serves no other grid."""

    thing = "grid"
    roles = MAY_SET_UP[Setup.KEEP_WORKERS]
    grid_code: GridCode
    worker_id: WorkerId

    async def decide(self, work: Work) -> ServiceGrid:
        """Assign; grid and worker both know."""
        work.require_setup(Setup.KEEP_WORKERS, self.grid_code, "gridCode")
        grid = await work.grid(self.grid_code)
        worker = await work.get(GridWorker, self.worker_id, "workerId")
        grid.require_in(worker.community)
        grid.assign(worker.id, work.at)
        worker.take(grid.code, work.at)
        return grid


@dataclass(frozen=True, kw_only=True)
class RelieveGridWorker(Command):
    """免去网格员 Relieve a grid's worker; the grid is vacant from then on."""

    thing = "grid"
    roles = MAY_SET_UP[Setup.KEEP_WORKERS]
    grid_code: GridCode
    reason: Annotated[str, Doc("原因 why")]

    async def decide(self, work: Work) -> ServiceGrid:
        """Relieve; grid and worker both know."""
        work.require_setup(Setup.KEEP_WORKERS, self.grid_code, "gridCode")
        grid = await work.grid(self.grid_code)
        worker = await work.get(GridWorker, grid.relieve(self.reason, work.at), "workerId")
        worker.leave(work.at)
        return grid


@dataclass(frozen=True, kw_only=True)
class TransferGridWorker(Command):
    """调动网格员 Let a worker who serves no grid go over to the roster of another community."""

    thing = "worker"
    roles = MAY_SET_UP[Setup.KEEP_WORKERS]
    worker_id: WorkerId
    community_code: Annotated[str, Doc("社区 the community of the roster from now on")]

    async def decide(self, work: Work) -> GridWorker:
        """Transfer; both communities lie in the actor's scope."""
        worker = await work.get(GridWorker, self.worker_id, "workerId")
        work.require_setup(Setup.KEEP_WORKERS, worker.place, "workerId")
        work.require_setup(Setup.KEEP_WORKERS, self.community_code, "communityCode")
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        worker.transfer(self.community_code, work.at)
        return worker


@dataclass(frozen=True, kw_only=True)
class PublishContact(Command):
    """公示联系方式 Publish how residents reach a grid worker."""

    thing = "worker"
    roles = MAY_SET_UP[Setup.PUBLISH_CONTACT]
    worker_id: WorkerId
    contact: Annotated[str, Doc("联系方式 as residents are to see it")]

    async def decide(self, work: Work) -> GridWorker:
        """Publish."""
        worker = await work.get(GridWorker, self.worker_id, "workerId")
        work.require_setup(Setup.PUBLISH_CONTACT, worker.place, "workerId")
        worker.publish(self.contact, work.at)
        return worker
