"""A random walk through the rounds beside that through the cases: seeded, and legal in most steps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from chuishao.commands import grids, rounds, screening
from chuishao.commands.command import Command
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.refusal import Refusal
from chuishao.domain.rounds.terms import VisitOutcome, WelfareCheck
from chuishao.domain.vocabulary import Role
from tests.town import GRID, OTHER_COMMUNITY, STREET, Town

STAFF = Actor("staff-5", Role.COMMUNITY_STAFF, STREET)
SMALL = [f"{OTHER_COMMUNITY}-G80{number}" for number in range(4)]
"""Grids of two households: a campaign comes to its end in them."""
WORDS = (None, "一切正常", "楼道堆物", "无人应门")


@dataclass
class RoundsWalker:
    """Somebody who walks the rounds by chance, with a chance of their own."""

    town: Town
    chance: random.Random
    patrols: list[UUID] = field(default_factory=list)
    campaigns: list[tuple[UUID, str]] = field(default_factory=list)
    """Each with the grid that it was opened over."""
    drawn: int = 0

    async def step(self) -> None:
        """Send a command; what is refused is left at that."""
        if self.drawn < len(SMALL):
            draw = grids.DrawGrid(grid_code=SMALL[self.drawn], name="小网格", households=2)
            self.drawn += 1
            await self._do(draw, SYSTEM)
            return
        make = self.chance.choice((self._patrol, self._patrol, self._watch, self._watch, self._campaign))
        command = make()
        made = await self._do(command, STAFF)
        if made is not None and isinstance(command, rounds.StartPatrol):
            self.patrols.append(made)
        if made is not None and isinstance(command, screening.OpenCampaign):
            self.campaigns.append((made, command.grid_codes[0]))

    async def _do(self, command: Command, by: Actor) -> UUID | None:
        id_ = UUID(int=self.chance.getrandbits(128), version=4)
        try:
            return (await self.town.do(command, by, id=id_)).id
        except Refusal:
            return None

    def _any(self, *makers: Callable[[], Command]) -> Command:
        return self.chance.choice(makers)()

    def _patrol(self) -> Command:
        grid = self.chance.choice([GRID, *SMALL])
        if not self.patrols or self.chance.random() < 0.25:
            return rounds.StartPatrol(grid_code=grid)
        patrol = self.patrols[-1]
        if self.chance.random() < 0.25:
            return rounds.FinishPatrol(patrol_id=patrol)
        return rounds.LogVisit(patrol_id=patrol, household=self.chance.randint(1, 3), **self._found())

    def _found(self) -> dict[str, Any]:
        outcome, finding = self.chance.choice(list(VisitOutcome)), self.chance.choice(WORDS)
        return {"outcome": outcome, "finding": finding}

    def _watch(self) -> Command:
        of: dict[str, Any] = {"grid_code": GRID, "household": self.chance.randint(1, 3)}
        check = self.chance.choice(list(WelfareCheck))
        day = self.town.clock.now.date() - timedelta(days=self.chance.randint(0, 2))
        amiss = self.chance.random() < 0.2
        return self._any(
            lambda: rounds.BeginWatch(**of, need="独居老人", watcher_id=UUID(int=5)),
            lambda: rounds.BeginWatch(**of),
            lambda: rounds.RecordWelfareCheck(**of, check=check, amiss=amiss),
            lambda: rounds.RecordWelfareCheck(**of, check=check, amiss=amiss, finding="灯未亮"),
            lambda: rounds.RecordMissedCheck(**of, check=check, day=day),
            lambda: rounds.RaiseConcern(**of, finding="敲门无应答"),
            lambda: rounds.EndWatch(**of, reason="已搬离"),
        )

    def _campaign(self) -> Command:
        grid = self.chance.choice(SMALL)
        if not self.campaigns or self.chance.random() < 0.1:
            codes = self.chance.sample(SMALL, 1)
            return screening.OpenCampaign(division_code=OTHER_COMMUNITY, name="入户排查", grid_codes=codes)
        campaign, begun = self.campaigns[-1]
        of: dict[str, Any] = {"campaign_id": campaign}
        at = of | {"grid_code": begun, "household": self.chance.randint(1, 2)}
        knock = lambda: screening.VisitHousehold(**at, **self._found())  # noqa: E731
        return self._any(
            knock, knock, knock, knock,
            lambda: screening.ScreenPerson(**at, finding="一人在家"),
            lambda: screening.ScreenPerson(**at, finding="一人在家"),
            lambda: screening.ExtendCampaign(**of, grid_codes=[grid]),
            lambda: screening.CloseCampaign(**of),
        )  # fmt: skip
