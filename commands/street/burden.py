"""Commands about the tasks that communities are asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.street.fields import BodyCode, DepartmentId, Reason, unit_around
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Level
from chuishao.domain.refusal import NotFound
from chuishao.domain.street.burden import Asked, BurdenList, burden_id

CommunityCode = Annotated[str, Doc("社区 the code of the community")]


@dataclass(frozen=True, kw_only=True)
class TaskCommand(Command):
    """A decision about a task that a department or a body asks a community to do."""

    thing = "burdenList"
    roles = MAY_SET_UP[Setup.KEEP_BURDEN]
    community_code: CommunityCode
    name: Annotated[str, Doc("事项 what the community is asked to do")]
    hours: Annotated[int, Doc("每月小时数 how many hours a month it takes")]
    department_id: DepartmentId = None
    body_code: BodyCode = None

    async def asked(self, work: Work) -> tuple[BurdenList, Asked]:
        """The community's list, opened where there is none, and what is asked for."""
        work.require_setup(Setup.KEEP_BURDEN, self.community_code, "communityCode")
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        unit = await unit_around(work, self.department_id, self.body_code, self.community_code)
        burden = await work.find(BurdenList, burden_id(self.community_code))
        if burden is None:
            burden = work.add(BurdenList.begin(self.community_code, work.at))
        return burden, Asked(unit, self.name, self.hours)


@dataclass(frozen=True, kw_only=True)
class AdmitTask(TaskCommand):
    """事项准入 Let a community do what a department or a body asks for; not by whoever asks."""

    async def decide(self, work: Work) -> BurdenList:
        """Admit."""
        burden, asked = await self.asked(work)
        burden.admit(asked, work.actor, work.at)
        return burden


@dataclass(frozen=True, kw_only=True)
class RefuseTask(TaskCommand):
    """不予准入 Refuse what a department or a body asks a community to do, with a reason."""

    reason: Reason

    async def decide(self, work: Work) -> BurdenList:
        """Refuse."""
        burden, asked = await self.asked(work)
        burden.refuse(asked, self.reason, work.actor, work.at)
        return burden


@dataclass(frozen=True, kw_only=True)
class EndTask(Command):
    """终止事项 Let a community do a task no more."""

    thing = "burdenList"
    roles = MAY_SET_UP[Setup.KEEP_BURDEN]
    community_code: CommunityCode
    number: Annotated[int, Doc("序号 the task's number, from 1")]
    reason: Reason

    async def decide(self, work: Work) -> BurdenList:
        """End."""
        work.require_setup(Setup.KEEP_BURDEN, self.community_code, "communityCode")
        burden = await work.find(BurdenList, burden_id(self.community_code))
        if burden is None:
            raise NotFound("communityCode", kind=AGGREGATES[BurdenList], id=self.community_code)
        burden.end(self.number, self.reason, work.actor, work.at)
        return burden
