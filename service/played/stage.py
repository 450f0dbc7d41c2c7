"""Where the mechanisms are played: the district as it was set up, the day, and identifiers made of names.

Everything is made up and labelled so. Identifiers follow from names alone, so that a demonstration that was
cut off goes on where it stopped, and one package may name what another one makes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from chuishao.commands.command import Command
from chuishao.domain.actor import Actor
from chuishao.domain.division import Level, street_of
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.service.working_day import ZONE, Act, Post

MORNING = time(7, 0)


@dataclass(frozen=True)
class Stage:
    """A district: its communities by code and name, its grids with their workers, its departments."""

    district: str
    communities: Sequence[tuple[str, str]]
    posts: Sequence[Post]
    departments: Sequence[UUID]
    day: date
    seed: int
    oversize: tuple[str, str] | None = None
    """A community by code and name that is too large and stays out of the rest: it is split."""

    @property
    def streets(self) -> list[str]:
        """The codes of the streets in which the communities lie."""
        return sorted({street_of(code) for code, _ in self.communities})

    def act(self, minutes: float, actor: Actor, command: Command, *name: object) -> Act:
        """A command so many minutes after seven in the morning; `name` tells it apart from any other."""
        at = datetime.combine(self.day, MORNING, ZONE) + timedelta(minutes=minutes)
        return Act(at, actor, command, command_id(*name))


def command_id(*name: object) -> UUID:
    """The identifier of a command of the demonstration."""
    return uuid5(NAMESPACE_URL, ":".join(("chuishao:demo", *map(str, name))))


def made_by(*name: object) -> UUID:
    """The identifier of what a command of that name makes."""
    return uuid5(command_id(*name), "")


def officer(street: str) -> Actor:
    """The officer of a street."""
    return Actor(f"street-officer-{street}", Role.STREET_OFFICER, street[: Level.STREET.digits])


Plan = Callable[[Stage], list[list[Act]]]
"""Chains of acts: each chain is played in its order, the chains side by side."""


@dataclass(frozen=True)
class Played:
    """A package in the demonstration: its title, its acts, and what came of them.

    Of a district it tells a line for each mechanism that it plays, by the mechanism's number.
    """

    title: str
    acts: Plan
    told: Callable[[Connection, str], Awaitable[Mapping[int, str]]]
