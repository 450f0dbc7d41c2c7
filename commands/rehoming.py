"""随迁 Where open cases follow jurisdiction: to a part of a split community, or to whom an enclave went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chuishao.commands.cases import CaseCommand, seated_worker
from chuishao.commands.work import Work
from chuishao.domain.case import Case
from chuishao.domain.division import community_of
from chuishao.domain.lifecycle import TRANSITIONS, Step
from chuishao.domain.refusal import AtHome
from chuishao.domain.territory.enclave import Enclave, enclave_id
from chuishao.domain.territory.refusals import HeldElsewhere
from chuishao.domain.territory.split import CommunitySplit, split_id
from chuishao.domain.vocabulary import Tier

Find = Callable[[type[Any], UUID], Awaitable[Any]]
"""Loads an aggregate of a kind; None where there is none."""
Home = tuple[str, str | None]
"""A community and, where it is known, a grid of it."""


async def home_of(find: Find, community: str, grid: str | None) -> Home:
    """Where what lay there lies now, after all splits and transfers of jurisdiction."""
    place: Home = (community, grid)
    been = {place}
    while (onward := await _onward(find, *place)) is not None and onward not in been:
        been.add(onward)
        place = onward
    return place


async def require_held(work: Work, place: str, path: str) -> None:
    """Refuse a grid or community over which jurisdiction was given away, by itself or with its community."""
    own = (community_of(place), place) if "-" in place else (place, None)
    home = await home_of(work.find, *own)
    if home != own:
        raise HeldElsewhere(path, place=place, now=home[1] or home[0])


async def _onward(find: Find, community: str, grid: str | None) -> Home | None:
    """One step on. A grid that went away went before its community was split, which has left it out."""
    if grid is not None and (home := await _transferred(find, grid)) is not None:
        return home
    split = await find(CommunitySplit, split_id(community))
    if split is not None and (home := split.home(grid)) is not None:
        return home  # type: ignore[no-any-return]
    return await _transferred(find, community)


async def _transferred(find: Find, place: str) -> Home | None:
    enclave = await find(Enclave, enclave_id(place))
    successor = None if enclave is None else enclave.successor
    if successor is None:
        return None
    return (community_of(successor), successor) if "-" in successor else (successor, None)


@dataclass(frozen=True, kw_only=True)
class RehomeCase(CaseCommand):
    """随迁 Let an open case follow jurisdiction: to a part of its community, or to whom its enclave went.

    Reactions send it for each open case of a split community or a transferred enclave; it is no mutation.
    """

    roles = TRANSITIONS[Step.REHOME].roles

    async def decide(self, work: Work) -> Case:
        """Find out where to, and go there."""
        case = await self.case(work)
        home = await home_of(work.find, case.community, case.grid)
        if home == (case.community, case.grid):
            raise AtHome("caseId", case=case.id, place=case.place)
        on_spot = case.tier is Tier.ON_SPOT
        assignee = await seated_worker(work, Tier.ON_SPOT, home[1]) if on_spot else case.assignee
        case.rehome(*home, assignee, work.actor, work.at)
        return case
