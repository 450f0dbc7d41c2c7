"""What a command decides about what is known, without a log: nothing is recorded, nothing else is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from chuishao.commands.command import Command
from chuishao.commands.policies import default_policy
from chuishao.commands.work import Work
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.division import Division
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.identity import identify
from chuishao.domain.policy import Policies
from chuishao.domain.refusal import Refusal
from chuishao.eventlog.log import EventLog
from tests.given import later
from tests.town import KEY, START

POLICIES = Policies.adopt(default_policy(), START - timedelta(days=365))


class Known:
    """Aggregates by their streams, where a log would be; the policy is the default one."""

    def __init__(self, known: tuple[Any, ...]) -> None:
        self.streams = {aggregate.id: aggregate for aggregate in (POLICIES, *known)}
        for aggregate in known:
            aggregate.collect_events()
        self.recall = SimpleNamespace(epoch=0, own=lambda _: None, seen=lambda _: None)
        self.aggregates = self

    async def head(self) -> int:
        """Nothing is recorded beside it."""
        return 0

    async def matching(self, *_asked: object) -> list[Any]:
        """Nothing happened since."""
        return []

    def reading(self) -> Any:
        """There are no read models."""
        raise NotImplementedError

    async def load(self, stream: UUID) -> Any:
        """What is known of a stream."""
        return self.streams.get(stream)


def desk(*known: Any, by: Actor = SYSTEM, at: datetime | None = None) -> Work:
    """A unit of work about what is known; a minute after the last of it happened, unless told otherwise."""
    moment = at or max((later(each) for each in known), default=START)
    return Work(cast("EventLog", Known(known)), by, moment, moment, identify("command"), KEY)


async def refused(command: Command, code: type[Refusal], work: Work) -> Refusal:
    """The refusal of a command."""
    with pytest.raises(code) as told:
        await command.decide(work)
    return told.value


def divisions(*codes: str) -> list[Division]:
    """Divisions by their codes, those that contain others first."""
    made: dict[str, Division] = {}
    for code in codes:
        above = next((made[code[:digits]] for digits in (9, 6, 2) if code[:digits] in made), None)
        made[code] = Division.register(code, f"区划 {code}", above, START.date(), START)
    return list(made.values())


def grids(*codes: str, households: int = 300) -> list[ServiceGrid]:
    """Grids by their codes."""
    return [ServiceGrid.draw(code, f"网格 {code}", households, START) for code in codes]
