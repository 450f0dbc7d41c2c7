"""Cases whose limits move in every way that there is: what a recount of limits has to get right."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from chuishao.commands import cases, policies, requests
from chuishao.commands.command import Command
from chuishao.commands.overdue import RecordOverdue
from chuishao.commands.rehoming import RehomeCase
from chuishao.commands.territory.splits import DivideCommunity
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import Role, Severity, Tier
from tests.mechanisms.steps_split import planned
from tests.test_measures import resolved
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town
from tests.wandering import CATEGORIES

HANDLED = ("handle-on-spot", "handle-leader", "handle-deliberation", "handle-units")
Move = Callable[[], Awaitable[None]]


async def clocked(town: Town, chance: random.Random) -> None:
    """A case on which time is asked for and taken back, until it is resolved, left, or goes elsewhere."""
    it = Clocked(town, chance, await town.report(OTHER_GRID))
    await it.begin()
    for _ in range(chance.randint(1, 5)):
        town.clock.advance(hours=chance.choice([0, 1, 5, 20, 60]))
        await chance.choice(it.moves)()
    town.clock.advance(hours=chance.choice([0, 20, 200]))
    await it.end()
    await it.announce()


async def divided(town: Town, chance: random.Random) -> None:
    """Cases of a community that is split while they are handled, or resolved already; they follow it."""
    community, _ = await planned(town)
    ones = [Clocked(town, chance, await town.report(OTHER_GRID)) for _ in range(6)]
    for it in ones:
        await it.begin(f"{community}-G001")
        await chance.choice([it.suspend, it.extend, it.announce])()
    for it in ones[::3]:
        await it.resolve()
    town.clock.advance(hours=20)
    await town.do(DivideCommunity(community_code=community))
    for it in ones:
        await town.do(RehomeCase(**it.about))
        await it.end()
    await ones[0].announce()


class Clocked:
    """One case, and what may be done with it; what is refused is left at that."""

    def __init__(self, town: Town, chance: random.Random, other: UUID) -> None:
        self.town, self.chance, self.other = town, chance, other
        self.tier = chance.choice([*Tier, Tier.MULTI_UNIT])
        self.about: dict[str, Any] = {}
        self.moves: list[Move] = [
            self.suspend, self.suspend, self.extend, self.extend, self.resume, self.announce, self.announce,
            self.merge_and_undo, self.send_back, self.send_on, self.adopt,
        ]  # fmt: skip

    async def attempt(self, command: Command, by: Actor | None = None) -> None:
        """Do it, if it may be done."""
        with suppress(Refusal):
            await self.town.do(command, by or self.town.street_officer)

    async def begin(self, grid: str | None = None) -> None:
        """Report and assign, the report sometimes answered late."""
        grid = grid or self.chance.choice([GRID, OTHER_GRID, THIRD_GRID])
        case = await self.town.report(grid, category=self.chance.choice(CATEGORIES))
        self.about = {"case_id": case}
        self.town.clock.advance(hours=self.chance.choice([0, 50]))
        await self.attempt(RecordOverdue(**self.about), SYSTEM)
        await self.attempt(cases.AcceptCase(**self.about))
        await self.attempt(cases.AssessCase(**self.about, severity=self.chance.choice(list(Severity))))
        await self.assign()

    async def assign(self) -> None:
        worker = self.chance.choice([None, *map(str, self.town.workers.values())])
        await self.attempt(cases.AssignCase(**self.about, tier=self.tier, assignee=worker))

    async def suspend(self) -> None:
        until = self.town.clock.now + timedelta(hours=self.chance.randint(20, 90))
        until_then = self.chance.choice([None, until])
        await self.ask(requests.RequestSuspension(**self.about, until=until_then, reason="等待配件"))

    async def extend(self) -> None:
        amount, unit = self.chance.randint(1, 9), self.chance.choice(list(TimeUnit))
        ask = requests.RequestExtension(**self.about, amount=amount, unit=unit, reason="情况复杂")
        await self.ask(ask)

    async def ask(self, command: Command) -> None:
        await self.attempt(command)
        self.town.clock.advance(minutes=self.chance.choice([0, 40]))
        decide = requests.DecideRequest(**self.about, granted=self.chance.random() < 0.9, note="按规定审批")
        await self.attempt(decide, self.town.other_street_officer)

    async def resume(self) -> None:
        await self.attempt(requests.ResumeCase(**self.about))

    async def announce(self) -> None:
        """Announce days around today, here or in a wider place, one way or the other."""
        today = self.town.clock.now.date()
        days = {today + timedelta(days=self.chance.randint(-9, 9)) for _ in range(4)}
        said = [policies.Workday(day=day, works=self.chance.random() < 0.4) for day in sorted(days)]
        where = self.chance.choice([None, "120101", STREET, COMMUNITY, OTHER_COMMUNITY])
        await self.attempt(policies.AnnounceWorkdays(days=said, division_code=where), SYSTEM)

    async def merge_and_undo(self) -> None:
        await self.attempt(cases.MergeCase(**self.about, into_id=self.other))
        self.town.clock.advance(hours=self.chance.choice([1, 30]))
        await self.announce()
        await self.attempt(cases.UndoMerge(**self.about, reason="误并"))

    async def send_back(self) -> None:
        await self.attempt(cases.ReturnCase(**self.about, reason="重新交办"))
        if self.chance.random() < 0.8:
            self.tier = self.chance.choice(list(Tier))
            await self.assign()

    async def send_on(self) -> None:
        where: dict[str, Any] = {"community_code": OTHER_COMMUNITY, "grid_code": THIRD_GRID}
        await self.attempt(cases.TransferCase(**self.about, **where, reason="应由他处办理"))

    async def adopt(self) -> None:
        """Adopt a policy of other limits, some of one place only, and some of which are said twice."""
        document = deepcopy(policies.default_policy()) | {"version": str(uuid4())}
        today = self.town.clock.now.date().isoformat()
        document["effectiveFrom"] = self.chance.choice(["2021-01-01", today])
        for rule in [rule for rule in document["limits"] if rule["id"] in HANDLED]:
            rule["amount"] = self.chance.randint(1, 9)
            again = rule | {"id": f"{rule['id']}-again", "amount": 12}
            here = rule | {
                "id": f"{rule['id']}-here",
                "amount": 6,
                "unit": self.chance.choice(list(TimeUnit)),
            }
            here["when"] = rule["when"] | {"division": self.chance.choice([STREET, COMMUNITY])}
            document["limits"] += [again, here]
        await self.attempt(policies.AdoptPolicy(document=document), SYSTEM)

    async def end(self) -> None:
        """Resolve it, perhaps again after verification failed; or let it be, or go elsewhere."""
        elsewhere = [
            partial(self.attempt, cases.MarkDuplicate(**self.about, of_id=self.other)),
            partial(self.attempt, cases.MergeCase(**self.about, into_id=self.other)),
            partial(self.attempt, cases.ReturnCase(**self.about, reason="重新交办")),
        ]
        kind = self.chance.random()
        if kind < 0.2:
            return
        if kind < 0.5:
            await self.chance.choice(elsewhere)()
            return
        for _ in range(self.chance.choice([1, 2, 2, 3])):
            await self.resolve()
            passed = self.chance.random() < 0.5
            verify = cases.VerifyCase(**self.about, passed=passed, note="现场查看")
            await self.attempt(verify, Actor("staff-9", Role.COMMUNITY_STAFF, STREET))
        if self.chance.random() < 0.7:
            await self.attempt(cases.CloseCase(**self.about))

    async def resolve(self) -> None:
        """At the street by a whistle that a department leads, or without one."""
        if self.tier is Tier.MULTI_UNIT and self.chance.random() < 0.5:
            await self.attempt(cases.ResolveCase(**self.about, result="已处理"))
            return
        with suppress(Refusal):
            await resolved(self.town, self.chance, self.about["case_id"], self.tier)
