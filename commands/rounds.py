"""Commands of the rounds: patrols, and the watch over households."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.grids import GridCode
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.event import written_or_none
from chuishao.domain.grid import community_code
from chuishao.domain.people.person import Person
from chuishao.domain.refusal import NoLimit
from chuishao.domain.rounds.checks import LIMITS, OwedCheck, check_of
from chuishao.domain.rounds.household import require_household
from chuishao.domain.rounds.patrol import Patrol
from chuishao.domain.rounds.refusals import NotWatched
from chuishao.domain.rounds.terms import VisitOutcome, WelfareCheck
from chuishao.domain.rounds.watch import NeighbourWatch, require_looker, require_recent, watch_id
from chuishao.domain.vocabulary import Role

Household = Annotated[int, Doc("户号 the number of the household in its grid, from 1")]
Outcome = Annotated[VisitOutcome, Doc("走访结果 what came of the knock")]
Finding = Annotated[str | None, Doc("情况 what was found; personal text")]


@dataclass(frozen=True, kw_only=True)
class StartPatrol(Command):
    """开始巡查 Set out on a patrol through a grid."""

    thing = "patrol"
    makes = True
    roles = MAY_SET_UP[Setup.PATROL]
    grid_code: GridCode

    async def decide(self, work: Work) -> Patrol:
        """Start."""
        work.require_setup(Setup.PATROL, self.grid_code, "gridCode")
        grid = await work.grid(self.grid_code)
        return work.add(Patrol.start(work.new_id(), grid.code, grid.households, work.actor, work.at))


@dataclass(frozen=True, kw_only=True)
class PatrolCommand(Command):
    """A command about one patrol that is under way."""

    thing = "patrol"
    roles = MAY_SET_UP[Setup.PATROL]
    patrol_id: Annotated[UUID, Doc("巡查 the patrol")]

    async def patrol(self, work: Work) -> Patrol:
        """Load the patrol, for somebody who may walk there."""
        patrol = await work.get(Patrol, self.patrol_id, "patrolId")
        work.require_setup(Setup.PATROL, patrol.place, "patrolId")
        return patrol


@dataclass(frozen=True, kw_only=True)
class LogVisit(PatrolCommand):
    """登记走访 Log a knock at a household's door, on a patrol of one's own."""

    household: Household
    outcome: Outcome
    finding: Finding = None

    async def decide(self, work: Work) -> Patrol:
        """Visit."""
        patrol = await self.patrol(work)
        patrol.visit(self.household, self.outcome, self.finding, work.actor, work.at)
        return patrol


@dataclass(frozen=True, kw_only=True)
class FinishPatrol(PatrolCommand):
    """结束巡查 Finish a patrol of one's own."""

    async def decide(self, work: Work) -> Patrol:
        """Finish."""
        patrol = await self.patrol(work)
        patrol.finish(work.actor, work.at)
        return patrol


@dataclass(frozen=True, kw_only=True)
class WatchCommand(Command):
    """A command about the watch over one household."""

    thing = "watch"
    grid_code: GridCode
    household: Household

    async def watch(self, work: Work) -> NeighbourWatch:
        """Load the watch; refused where the household was never on the list."""
        community_code(self.grid_code)
        watch = await work.find(NeighbourWatch, watch_id(self.grid_code, self.household))
        if watch is None:
            raise NotWatched("household", grid=self.grid_code, household=self.household)
        return watch

    async def looked_in_on(self, work: Work) -> NeighbourWatch:
        """Load the watch, for somebody who may look in here; which resident may, the watch says."""
        if work.actor.role is not Role.RESIDENT:
            work.require_setup(Setup.LOOK_IN, self.grid_code, "gridCode")
            return await self.watch(work)
        community_code(self.grid_code)
        watch = await work.find(NeighbourWatch, watch_id(self.grid_code, self.household))
        require_looker(work.actor, watch.watcher if watch else None)
        return await self.watch(work)


@dataclass(frozen=True, kw_only=True)
class BeginWatch(WatchCommand):
    """列入守望名单 Put a household on the watch list: a look at its curtain and its light each day."""

    roles = MAY_SET_UP[Setup.KEEP_WATCH]
    person_id: Annotated[UUID | None, Doc("人员 the person watched over, where the register has them")] = None
    watcher_id: Annotated[UUID | None, Doc("守望邻居 the person of the neighbour asked to look in")] = None
    need: Annotated[str | None, Doc("需求 why; personal text")] = None

    async def decide(self, work: Work) -> NeighbourWatch:
        """Begin, or resume what has ended."""
        work.require_setup(Setup.KEEP_WATCH, self.grid_code, "gridCode")
        require_recent(work.at, work.now)
        grid = await work.grid(self.grid_code)
        require_household(self.household, grid.households)
        written_or_none("need", self.need)  # also where the household is watched over already
        for person, path in ((self.person_id, "personId"), (self.watcher_id, "watcherId")):
            if person is not None:
                await work.get(Person, person, path)
        day = (await work.policy()).day(work.at)
        watch = await work.find(NeighbourWatch, watch_id(grid.code, self.household))
        if watch is None:
            begun = NeighbourWatch.begin(
                grid.code, self.household, day, self.person_id, self.watcher_id, self.need, work.at
            )
            return work.add(begun)
        watch.resume(day, self.person_id, self.watcher_id, self.need, work.at)
        return watch


@dataclass(frozen=True, kw_only=True)
class EndWatch(WatchCommand):
    """移出守望名单 Take a household off the watch list."""

    roles = MAY_SET_UP[Setup.KEEP_WATCH]
    reason: Annotated[str, Doc("原因 why; personal text")]

    async def decide(self, work: Work) -> NeighbourWatch:
        """End."""
        work.require_setup(Setup.KEEP_WATCH, self.grid_code, "gridCode")
        watch = await self.watch(work)
        watch.end(self.reason, work.at)
        return watch


@dataclass(frozen=True, kw_only=True)
class RecordWelfareCheck(WatchCommand):
    """早看窗帘、晚看灯 Record a look at a household's curtain or light; what is amiss raises a concern."""

    roles = MAY_SET_UP[Setup.LOOK_IN]
    check: Annotated[WelfareCheck, Doc("查看 the morning's curtain or the evening's light")]
    amiss: Annotated[bool, Doc("异常 whether something is amiss")]
    finding: Finding = None

    async def decide(self, work: Work) -> NeighbourWatch:
        """Look in, on the local day of the look."""
        watch = await self.looked_in_on(work)
        policy = await work.policy()
        day = policy.day(work.at)
        morning = check_of(policy, WelfareCheck.CURTAIN, day, self.grid_code)
        opens = morning.ends if morning else None
        owed = check_of(policy, self.check, day, self.grid_code)
        watch.look(self.check, day, self.amiss, self.finding, opens, owed, work.actor, work.at)
        return watch


@dataclass(frozen=True, kw_only=True)
class RaiseConcern(WatchCommand):
    """提出担忧 Say what worries about a household on the watch list, at any hour."""

    roles = MAY_SET_UP[Setup.LOOK_IN]
    finding: Annotated[str, Doc("情况 what worries; personal text")]

    async def decide(self, work: Work) -> NeighbourWatch:
        """Raise."""
        watch = await self.looked_in_on(work)
        watch.raise_concern(self.finding, work.actor, work.at)
        return watch


@dataclass(frozen=True, kw_only=True)
class RecordMissedCheck(WatchCommand):
    """登记漏查 Raise the concern of a check that nobody made in its time; once."""

    roles = MAY_SET_UP[Setup.RECORD_MISSED_CHECK]
    check: Annotated[WelfareCheck, Doc("查看 the morning's curtain or the evening's light")]
    day: Annotated[date, Doc("日期 the local day, as year-month-day")]

    async def decide(self, work: Work) -> NeighbourWatch:
        """Raise, dated when the time was over."""
        work.require_setup(Setup.RECORD_MISSED_CHECK, self.grid_code, "gridCode")
        watch = await self.watch(work)
        watch.miss(await self._check(work), work.at)
        return watch

    async def _check(self, work: Work) -> OwedCheck:
        """The check of that day, and when its time was over, by the policy in force then."""
        zone = ZoneInfo((await work.policy()).calendar.zone)
        policy = await work.policy(datetime.combine(self.day, time(), zone))
        found = check_of(policy, self.check, self.day, self.grid_code)
        if found is None:
            raise NoLimit("check", what=LIMITS[self.check])
        return found
