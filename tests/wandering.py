"""A random walk through the town: seeded, so that a walk can be walked again, and legal in most steps."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from typing import Any
from uuid import UUID

from chuishao.commands import cases, divisions, erasure, grids, policies, requests, whistles
from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.command import Command, name_of
from chuishao.commands.overdue import RecordOverdue
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import Case
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.event import fold
from chuishao.domain.lifecycle import Standing, Step, possible
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Tier, WhistleKind
from chuishao.domain.whistle import Whistle
from tests.mechanisms.steps import LIVES, STEPS, example_of
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town

CATEGORIES = ("01001", "11003", "15003", "16001")
RARE = frozenset({Step.REFUSE, Step.MARK_DUPLICATE, Step.MERGE, Step.SPLIT, Step.REOPEN, Step.RETURN})
WEIGHTS = dict.fromkeys(RARE, 0.05) | {Step.REQUEST: 0.5, Step.DECIDE_REQUEST: 6, Step.RESUME: 3}
"""Steps that lead off the main road; as often as others, they would let no case get far."""
EVERY = 8
"""Steps between two of a mechanism."""
WORDS = ("井盖丢失", "楼道堆物", "夜间噪音", "邻里纠纷", "路灯不亮")


@dataclass
class Wanderer:
    """Somebody who does whatever may be done next, by chance."""

    town: Town
    chance: random.Random
    cases: list[UUID] = field(default_factory=list)
    whistles: list[UUID] = field(default_factory=list)
    grids: list[str] = field(default_factory=lambda: [GRID, OTHER_GRID, THIRD_GRID])
    done: dict[str, int] = field(default_factory=dict)
    wing: str = f"{STREET}003"
    mechanisms: bool = True
    """Whether whatever happens around the cases happens, too: some of it lets much happen at once."""
    rounds: Iterator[Callable[[], Awaitable[object]]] = field(init=False)
    """The steps of the mechanisms, one after the other."""

    def __post_init__(self) -> None:
        """Begin the round."""
        lives = (partial(happen, self.town) for happen in LIVES)
        self.rounds = cycle([*map(self._step, STEPS), *lives, self._let_pass])

    async def walk(self, steps: int) -> None:
        """Send commands; what is refused is left at that."""
        for number in range(steps):
            if self.mechanisms and number % EVERY == 0:
                await self._go_on()
            self.town.clock.advance(minutes=self.chance.randint(1, 600))
            kind = self.chance.random()
            if kind < 0.07 or not self.cases:
                await self._report()
            elif kind < 0.14:
                await self._keep_house()
            elif kind < 0.45 and self.whistles:
                await self._attend()
            else:
                await self._take_step()

    async def _go_on(self) -> None:
        """Take the next step of a mechanism; chance has no part in it, so that the walk stays what it was."""
        with suppress(Refusal):
            await next(self.rounds)()

    async def _let_pass(self) -> None:
        """Let the limits of the last cases pass, as far as they did."""
        for case in self.cases[-8:]:
            await self._do(RecordOverdue(case_id=case))

    def _step(self, name: str) -> Callable[[], Awaitable[object]]:
        kind = next(command for command in COMMANDS if name_of(command) == name)

        async def take() -> None:
            command, by = await example_of(kind)(self.town)
            await self._do(command, by)

        return take

    async def _do(self, command: Command, by: Actor = SYSTEM) -> UUID | None:
        try:
            outcome = await self.town.do(command, by, id=self._id())
        except Refusal:
            return None
        name = type(command).__name__
        self.done[name] = self.done.get(name, 0) + 1
        return outcome.id

    def _id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def _one_of(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    async def _report(self) -> None:
        place: dict[str, Any] = {"grid_code": self.chance.choice(self.grids)}
        if self.chance.random() < 0.3:
            place = {"community_code": self._one_of(COMMUNITY, OTHER_COMMUNITY)}
        report = cases.ReportCase(
            category=self.chance.choice(CATEGORIES),
            text=self.chance.choice(WORDS),
            severity=self.chance.choice(list(Severity)),
            reporter_name=self._one_of(None, "张三"),
            address=self._one_of(None, "南京路 1 号"),
            **place,
        )
        if case := await self._do(report, self.town.resident):
            self.cases.append(case)

    async def _take_step(self) -> None:
        id_ = self.chance.choice(self.cases[-4:]) if self.chance.random() < 0.9 else self._any_case()
        case: Case = fold(await self.town.log.stream(id_))
        standing = Standing(case.asked is not None, case.clock.stands_still(self.town.clock.now))
        steps = possible(case.status, standing=standing) or [Step.REOPEN]
        (step,) = self.chance.choices(steps, [WEIGHTS.get(step, 1) for step in steps])
        if case.tier is Tier.MULTI_UNIT and step in (Step.ESCALATE, Step.RESOLVE_ON_SPOT):
            step = Step.WHISTLE
        if step is Step.WHISTLE and case.tier is not Tier.MULTI_UNIT:
            step = Step.ESCALATE
        if step in (Step.RESOLVE, Step.RESOLVE_ON_SPOT):
            step = Step.RESOLVE_ON_SPOT if case.tier is Tier.ON_SPOT else Step.RESOLVE
        by = self.town.street_officer if self.chance.random() < 0.7 else self.town.other_street_officer
        if step is Step.RESOLVE_ON_SPOT or (step is Step.RESOLVE and case.tier is Tier.GRID_LEADER):
            by = Actor("grid-leader", self.town.grid_leader.role, STREET)
        if step is Step.RESOLVE and case.tier is Tier.DELIBERATION:
            by = Actor("staff", self.town.community_staff.role, STREET)
        if (command := self._command(step, case)) is None:
            return
        made = await self._do(command, by)
        if made is not None and isinstance(command, whistles.BlowWhistle):
            self.whistles.append(made)
        if made is not None and isinstance(command, cases.SplitCase):
            self.cases += (fold(await self.town.log.stream(id_))).parts

    def _any_case(self) -> UUID:
        return self.chance.choice(self.cases)

    def _command(self, step: Step, case: Case) -> Command | None:  # noqa: PLR0911 one return a step
        about: dict[str, Any] = {"case_id": case.id}
        tier = self.chance.choice(list(Tier))
        place = self._one_of(
            {"community_code": COMMUNITY, "grid_code": OTHER_GRID},
            {"community_code": COMMUNITY, "grid_code": None},
            {"community_code": OTHER_COMMUNITY, "grid_code": THIRD_GRID},
        )
        match step:
            case Step.ACCEPT:
                return cases.AcceptCase(**about, note=self._one_of(None, "已核实"))
            case Step.REFUSE:
                return cases.RefuseCase(**about, reason="不属于本辖区")
            case Step.ASSESS:
                linkage = self._one_of(None, None, *LinkageMechanism)
                severity = self.chance.choice(list(Severity))
                category = self._one_of(None, *CATEGORIES)
                return cases.AssessCase(**about, severity=severity, category=category, linkage=linkage)
            case Step.ASSIGN:
                grid = case.grid or self._one_of(None, GRID, THIRD_GRID)
                assignee = self._one_of(None, "staff-7")
                return cases.AssignCase(**about, tier=tier, grid_code=grid, assignee=assignee)
            case Step.TRANSFER:
                return cases.TransferCase(**about, **place, reason="应由他处办理")
            case Step.ESCALATE:
                return cases.EscalateCase(**about, tier=tier, reason="本级无法解决", assignee="staff-8")
            case Step.RETURN:
                return cases.ReturnCase(**about, reason="重新交办")
            case Step.RESOLVE_ON_SPOT:
                return cases.ResolveOnSpot(**about, result="已处理")
            case Step.RESOLVE:
                return cases.ResolveCase(**about, result="已协调解决")
            case Step.WHISTLE:
                return self._whistle(case)
            case Step.VERIFY | Step.FAIL_VERIFICATION:
                return cases.VerifyCase(**about, passed=step is Step.VERIFY, note="现场查看")
            case Step.RATE:
                solved, answered = self._one_of(True, False), self._one_of(True, False)
                satisfied = self.chance.randint(1, 5)
                return cases.RateCase(**about, answered=answered, solved=solved, satisfied=satisfied)
            case Step.CLOSE:
                return cases.CloseCase(**about)
            case Step.REOPEN:
                return cases.ReopenCase(**about, reason="问题仍在")
            case Step.MARK_DUPLICATE:
                return cases.MarkDuplicate(**about, of_id=self._any_case())
            case Step.MERGE:
                return cases.MergeCase(**about, into_id=self._any_case())
            case Step.UNDO_MERGE:
                return cases.UndoMerge(**about, reason="误并")
            case Step.REQUEST:
                return self._request(about)
            case Step.DECIDE_REQUEST:
                granted = self._one_of(True, True, False)
                return requests.DecideRequest(**about, granted=granted, note="按规定审批")
            case Step.RESUME:
                return requests.ResumeCase(**about)
            case Step.SPLIT:
                part = cases.SplitPart(text="其一", grid_code=case.grid)
                return cases.SplitCase(**about, parts=[part, cases.SplitPart(text="其二", category="11003")])
        return None

    def _request(self, about: dict[str, Any]) -> Command:
        """One of the three that may be asked for."""
        until = self.town.clock.now + timedelta(days=2)
        days = self.chance.randint(1, 5)
        wanted: Command = self._one_of(
            requests.RequestSuspension(**about, until=self._one_of(None, until), reason="等待配件"),
            requests.RequestExtension(**about, amount=days, unit=TimeUnit.WORKING_DAYS, reason="情况复杂"),
            requests.RequestReturn(**about, reason="不属于本级"),
        )
        return wanted

    def _whistle(self, case: Case) -> Command:
        linkage = self.chance.choice(list(LinkageMechanism))
        if case.must_whistle:
            linkage = LinkageMechanism.DISPUTE_RESOLUTION
        return whistles.BlowWhistle(
            case_id=case.id,
            kind=self.chance.choice(list(WhistleKind)),
            linkage=linkage,
            grounds="需要部门联动",
            department_ids=self.town.departments[: self.chance.randint(1, 2)],
        )

    async def _attend(self) -> None:
        id_ = self.chance.choice(self.whistles[-2:])
        whistle: Whistle = fold(await self.town.log.stream(id_))
        about: dict[str, Any] = {"whistle_id": id_}
        number = self.chance.randrange(2)
        theirs = about | {"department_id": self.town.departments[number]}
        officer, street = self.town.officer(number), self.town.street_officer
        open_items = [item for item, settled in whistle.items.items() if not settled]
        options: list[tuple[Command, Actor]] = [
            (whistles.SignSummons(**theirs), officer),
            (whistles.CheckIn(**theirs), officer),
            (whistles.CheckIn(**theirs), officer),
            (whistles.RefuseSummons(**theirs, reason="非本部门职责"), officer),
            (whistles.AnswerSummons(**theirs, result="已派员处理"), officer),
            (whistles.AnswerSummons(**theirs, result="已派员处理"), officer),
            (whistles.SummonDepartment(**theirs), street),
            (whistles.RecordMissedCheckIn(**theirs), street),
            (whistles.RateDepartment(**theirs, score=self.chance.randint(1, 5)), street),
            (whistles.OpenOnSiteMeeting(**about, items=["清运", "复查"]), street),
            (whistles.SettleOnSiteItem(**about, item=open_items[0] if open_items else 1), street),
            (whistles.CloseOnSiteMeeting(**about), street),
            (whistles.ResolveWhistle(**about, result="联动处置完成"), street),
            (whistles.WithdrawWhistle(**about, reason="无需联动"), street),
        ]
        weights = [0.1 if isinstance(command, whistles.WithdrawWhistle) else 1 for command, _ in options]
        await self._do(*self.chance.choices(options, weights)[0])

    async def _keep_house(self) -> None:
        number = self.chance.randint(1, 999)
        grid, worker = (
            self.chance.choice(self.grids[:3]),
            self.chance.choice(list(self.town.workers.values())),
        )
        today = self.town.clock.now.date()
        new_grid, other_wing = f"{COMMUNITY}-G{number:03d}", f"{STREET}{number:03d}"
        command: Command = self._one_of(
            grids.RedrawGrid(grid_code=grid, households=number),
            grids.RelieveGridWorker(grid_code=grid, reason="轮岗"),
            grids.AssignGridWorker(grid_code=grid, worker_id=worker),
            grids.RegisterGridWorker(community_code=COMMUNITY, label=f"网格员 {number}", name="李四"),
            grids.PublishContact(worker_id=worker, contact=f"022-0000{number}"),
            grids.DrawGrid(grid_code=new_grid, name=f"第{number}网格", households=number),
            grids.RetireGrid(grid_code=self.grids[-1], reason="调整"),
            divisions.RegisterDivision(code=self.wing, name="第三社区", effective_from=date(2023, 9, 1)),
            divisions.RenameDivision(code=OTHER_COMMUNITY, name=f"社区 {number}", effective_from=today),
            divisions.RecodeDivision(code=self.wing, new_code=other_wing, effective_from=today),
            divisions.EstablishDepartment(division_code="120101", name=f"部门 {number}"),
            divisions.RenameDepartment(department_id=self.town.departments[0], name=f"部门 {number}"),
            policies.AdoptPolicy(document=self._policy(number, today)),
            policies.AnnounceWorkdays(
                days=[policies.Workday(day=today + timedelta(days=number % 7), works=number % 3 == 0)],
                division_code=(None, "120101", STREET, COMMUNITY)[number % 4],
            ),
            erasure.EraseSubject(
                subject_id=self.chance.choice([*self.cases, worker]), reason=ErasureGround.OWN_REQUEST
            ),
        )
        made = await self._do(command)
        if made is not None and isinstance(command, grids.DrawGrid):
            self.grids.append(new_grid)
        if made is not None and isinstance(command, divisions.RecodeDivision):
            self.wing = other_wing

    def _policy(self, number: int, today: date) -> dict[str, Any]:
        document = deepcopy(policies.default_policy())
        document["version"] = f"2026-{number}"
        document["effectiveFrom"] = self._one_of("2021-01-01", today.isoformat())
        for limit in document["limits"]:
            of_rounds = limit["about"].endswith("_CHECK")  # they take no chance away from the walk
            limit["amount"] = number % 23 + 1 if of_rounds else self.chance.randint(1, 40)
        return document
