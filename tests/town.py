"""A small town to try things in, set up through the same commands that the API uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chuishao.commands import cases, divisions, grids, policies, whistles
from chuishao.commands.command import Command
from chuishao.commands.execution import Envelope, Executor, Outcome
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.log import EventLog

SAID = "xyzzy 某人的话"
"""What examples of commands have in every field for personal text, and nothing else has."""
KEY = b"a key for tests, 32 bytes long.."
STREET = "120101001"
COMMUNITY, OTHER_COMMUNITY = "120101001001", "120101001002"
GRID, OTHER_GRID, THIRD_GRID = f"{COMMUNITY}-G001", f"{COMMUNITY}-G002", f"{OTHER_COMMUNITY}-G001"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in Tianjin


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        """The present moment."""
        return self.now

    def advance(self, **amount: float) -> None:
        """Let time pass."""
        self.now += timedelta(**amount)


@dataclass
class Town:
    """The town, its people, and a way to send commands."""

    log: EventLog
    executor: Executor
    clock: Clock
    workers: dict[str, UUID] = field(default_factory=dict)
    departments: list[UUID] = field(default_factory=list)
    ids: Callable[[], UUID] = uuid4
    """Where the ids of commands come from that are given none."""

    street_officer = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
    other_street_officer = Actor("street-officer-2", Role.STREET_OFFICER, STREET)
    community_staff = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
    grid_leader = Actor("grid-leader-1", Role.GRID_LEADER, COMMUNITY)
    resident = Actor("resident-1", Role.RESIDENT, "")

    def worker(self, grid: str = GRID) -> Actor:
        """The worker of a grid."""
        return Actor(str(self.workers[grid]), Role.GRID_WORKER, grid)

    def officer(self, number: int = 0) -> Actor:
        """An officer of a department."""
        id_ = self.departments[number]
        return Actor(f"officer-{number}", Role.DEPARTMENT_OFFICER, "120101", department=id_)

    async def do(self, command: Command, by: Actor = SYSTEM, **envelope: Any) -> Outcome:
        """Send a command under a fresh id, or the id given."""
        envelope.setdefault("id", self.ids())
        return await self.executor.execute(command, Envelope(actor=by, **envelope))

    async def report(self, grid: str | None = GRID, **fields: Any) -> UUID:
        """Report a case and give its identifier."""
        fields = {"category": "01001", "text": "井盖丢失", "grid_code": grid} | fields
        return (await self.do(cases.ReportCase(**fields), self.resident)).id

    async def assigned(
        self,
        tier: Tier = Tier.ON_SPOT,
        severity: Severity = Severity.MINOR,
        linkage: LinkageMechanism | None = None,
    ) -> UUID:
        """A case that was accepted, assessed and assigned to a tier."""
        case = await self.report()
        await self.do(cases.AcceptCase(case_id=case), self.community_staff)
        await self.do(
            cases.AssessCase(case_id=case, severity=severity, linkage=linkage), self.community_staff
        )
        await self.do(cases.AssignCase(case_id=case, tier=tier), self.community_staff)
        return case

    async def whistled(
        self, linkage: LinkageMechanism = LinkageMechanism.RAPID_SERVICE, departments: int = 2
    ) -> tuple[UUID, UUID]:
        """A case at the street with a routine whistle on it: (case, whistle)."""
        case = await self.assigned(Tier.MULTI_UNIT)
        blow = whistles.BlowWhistle(
            case_id=case,
            kind=WhistleKind.ROUTINE,
            linkage=linkage,
            grounds="需要部门联动",
            department_ids=self.departments[:departments],
        )
        return case, (await self.do(blow, self.street_officer)).id

    async def close(self, case: UUID) -> None:
        """Take a case at the lowest tier to its close."""
        await self.do(cases.ResolveOnSpot(case_id=case, result="已处理"), self.worker())
        await self.do(cases.VerifyCase(case_id=case, passed=True), self.community_staff)
        rating = cases.RateCase(case_id=case, answered=True, solved=True, satisfied=5)
        await self.do(rating, self.resident)
        await self.do(cases.CloseCase(case_id=case), self.community_staff)


async def make_town(log: EventLog, ids: Callable[[], UUID] = uuid4) -> Town:
    """Set the town up."""
    clock = Clock()
    town = Town(log, Executor(log, KEY, clock), clock, ids=ids)
    since = date(2023, 9, 1)
    await town.do(policies.AdoptPolicy(document=policies.default_policy()))
    places = {
        "12": "天津市",
        "120101": "和平区",
        STREET: "第一街道",
        COMMUNITY: "第一社区",
        OTHER_COMMUNITY: "第二社区",
    }
    for code, name in places.items():
        await town.do(divisions.RegisterDivision(code=code, name=name, effective_from=since))
    for number, code in enumerate((GRID, OTHER_GRID, THIRD_GRID), start=1):
        await town.do(grids.DrawGrid(grid_code=code, name=f"第{number}网格", households=300))
        label = f"网格员 {number:03d}"
        register = grids.RegisterGridWorker(community_code=code[:12], label=label, name=f"工作人员 {number}")
        worker = (await town.do(register)).id
        await town.do(grids.AssignGridWorker(grid_code=code, worker_id=worker))
        town.workers[code] = worker
    for name in ("城市管理部门", "公安部门"):
        establish = divisions.EstablishDepartment(division_code="120101", name=name)
        town.departments.append((await town.do(establish)).id)
    clock.advance(minutes=1)
    return town


def living_in(town: Town, log: EventLog) -> Town:
    """The same town in another log, which is a copy of its own from when it was made."""
    clock = Clock(town.clock.now)
    return Town(log, Executor(log, KEY, clock), clock, dict(town.workers), list(town.departments))
