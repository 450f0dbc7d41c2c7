"""投票秘密 How far a result is published, so that nobody's vote follows from it.

A count is a range. It is exact where at least `SMALLEST_CELL` of those who took part are for the candidate
and as many are not; else it says no more than that there are fewer of the one or of the other, so that a
unanimous ballot looks like one with a few who dissent. docs/decisions/ballots.md has the reasoning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST_CELL = 5
"""So many must have done the same before their exact number is shown."""
SMALLEST_BALLOT = 4 * SMALLEST_CELL
"""Where fewer took part, nothing is shown but who is elected: ranges and outcome would tell too much."""
SMALLEST_ELECTORATE = 2 * SMALLEST_CELL
"""With fewer electors who is elected would tell by itself how nearly everybody voted."""


@dataclass(frozen=True, slots=True)
class Range:
    """From how many to how many votes."""

    at_least: int
    at_most: int


def published(votes: Sequence[int], present: int, seats: int) -> list[Range]:
    """What is published of the votes for the candidates for one office.

    Whoever is present names at most as many candidates as there are seats, so what is shown of some may
    narrow what the others can be. Then nothing is shown of any.
    """
    shown = [_shown(count, present) for count in votes]
    if present >= SMALLEST_BALLOT and _nothing_follows(shown, present, seats):
        return shown
    return [Range(0, present)] * len(votes)


def _shown(count: int, present: int) -> Range:
    if count < SMALLEST_CELL:
        return Range(0, SMALLEST_CELL - 1)
    if present - count < SMALLEST_CELL:
        return Range(present - SMALLEST_CELL + 1, present)
    return Range(count, count)


def _nothing_follows(shown: Sequence[Range], present: int, seats: int) -> bool:
    """Whether each range may be all that it says, whatever the others are."""
    taken = sum(each.at_least for each in shown)
    return all(present * seats - (taken - each.at_least) >= each.at_most for each in shown)
