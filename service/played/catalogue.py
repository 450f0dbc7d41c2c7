"""Every package that the demonstration plays, in the order in which they build on each other."""

from chuishao.service.played import (
    boards,
    cases,
    election,
    meetings,
    people,
    registers,
    rounds,
    split,
    street,
    territory,
)
from chuishao.service.played.stage import Played

PLAYED: tuple[Played, ...] = (
    territory.PLAYED,
    people.PLAYED,
    election.PLAYED,
    registers.PLAYED,
    rounds.PLAYED,
    split.PLAYED,
    meetings.PLAYED,
    cases.PLAYED,
    *street.PLAYED,
    boards.PLAYED,
)
