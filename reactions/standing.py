"""Where do the reactions stand, and which of their commands were refused?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sql import statements

_SQL = statements("chuishao.reactions", "statements.sql")


@dataclass(frozen=True, slots=True)
class ReactionStanding:
    """How far a reaction is, whether it stopped and why, and how many of its commands were refused in all."""

    name: str
    position: int
    status: str
    error: str | None
    head: int
    refused: int

    @property
    def lag(self) -> int:
        """How many events it is behind the log."""
        return max(0, self.head - self.position)


@dataclass(frozen=True, slots=True)
class RefusedCommand:
    """A command of a reaction that was refused: for which event, and why."""

    reaction: str
    position: int
    type: str
    command: str
    code: str
    refused_at: datetime


async def standings(log: EventLog) -> list[ReactionStanding]:
    """Every reaction that has run on a log, by name."""
    async with connected(log.pool) as connection:
        return [ReactionStanding(*row) for row in await connection.fetch(_SQL["standings"], log.id)]


async def refusals(log: EventLog) -> list[RefusedCommand]:
    """The commands of reactions that were refused, the earliest event first."""
    async with connected(log.pool) as connection:
        return [RefusedCommand(*row) for row in await connection.fetch(_SQL["refusals"], log.id)]


async def go_on(log: EventLog, name: str, *, past: bool = False) -> bool:
    """Let a stopped reaction try its event again, or pass it over; False where it has not stopped."""
    async with connected(log.pool) as connection:
        done: str = await connection.execute(_SQL["go_on"], log.id, name, int(past))
    return done.endswith("1")
