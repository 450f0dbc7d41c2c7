"""Every package that the demonstration plays, in the order in which they build on each other."""

from chuishao.service.played import boards, meetings, people, registers, rounds, street, territory
from chuishao.service.played.stage import Played

PLAYED: tuple[Played, ...] = (
    people.PLAYED,
    registers.PLAYED,
    rounds.PLAYED,
    territory.PLAYED,
    meetings.PLAYED,
    *street.PLAYED,
    boards.PLAYED,
)
