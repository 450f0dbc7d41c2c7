"""Numbers that are new in a town: the same ones, in the same order, in every town with the same past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from tests.town import Town

_given: dict[str, Counter[str]] = {}
"""By the database in which a town lives, whichever process asks."""
_STREET = "120101001"
_FIRST_CODE = 100
_TAKEN = frozenset({390, 399, 401, 402, 403})
"""Numbers of communities that some tests name themselves."""


def number(town: Town, what: str, first: int = 1) -> int:
    """The next number for something."""
    given = _given.setdefault(str(getattr(town.log.pool, "_connect_args")), Counter())  # noqa: B009
    given[what] += 1
    return first + given[what] - 1


def community_code(town: Town) -> str:
    """A code that no community of the street bears yet."""
    while (code := number(town, "community", _FIRST_CODE)) in _TAKEN:
        continue
    return f"{_STREET}{code}"


def grid_code(town: Town, community: str) -> str:
    """A code that no grid of a community bears yet."""
    return f"{community}-G{number(town, f'grid of {community}', _FIRST_CODE)}"


def seeded_ids(seed: int) -> Callable[[], UUID]:
    """Identifiers of commands that are the same ones for the same seed."""
    chance = Random(seed)
    return lambda: UUID(int=chance.getrandbits(128), version=4)
