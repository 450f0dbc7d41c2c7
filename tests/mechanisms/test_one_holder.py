"""一地一管 After transfers and splits, in whatever order, each place has one holder, for good."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from chuishao.commands.rehoming import RehomeCase, home_of
from chuishao.commands.street.funds import AllocateFund
from chuishao.commands.territory.places import TransferJurisdiction
from chuishao.commands.territory.splits import DivideCommunity
from chuishao.commands.work import Work
from chuishao.domain.case_events import CaseEvent, CaseResolved, CaseWhistleWithdrawn
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import Status
from chuishao.domain.refusal import RetiredGrid
from chuishao.domain.street.funds import StreetFund
from chuishao.domain.territory.enclave import Enclave
from chuishao.domain.territory.refusals import HeldElsewhere, HouseholdsNotConserved
from chuishao.domain.vocabulary import Tier
from chuishao.domain.worker import GridWorker
from chuishao.reactions.reaction import Around
from chuishao.reactions.rehoming import REACTION
from tests.given import (
    STREET_OFFICER,
    CaseDecision,
    a_case,
    given,
    later,
    path_to,
    resolve_by_whistle,
    withdraw_whistle,
)
from tests.mechanisms.desk import Known, desk, divisions, grids, refused
from tests.mechanisms.steps_split import halves
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, START, STREET, THIRD_GRID

OTHER_STREET = "120101002"
ELSEWHERE = f"{OTHER_STREET}001"
GIVEN_AWAY = f"{COMMUNITY}-G003"
PARTS = [f"{STREET}801", f"{STREET}802"]
BASIS = "市政府批复 001 号"


def places() -> list[Any]:
    """Two communities of a street with their grids, and one of another street."""
    codes = ("12", "120101", STREET, OTHER_STREET, COMMUNITY, OTHER_COMMUNITY, ELSEWHERE)
    return [*divisions(*codes), *grids(GRID, OTHER_GRID, GIVEN_AWAY, THIRD_GRID)]


def an_enclave(place: str, lies_in: str, successor: str | None = None) -> Enclave:
    enclave = Enclave.identify(place, "飞地", lies_in, START, adjoining=False)
    if successor is not None:
        enclave.transfer(successor, BASIS, later(enclave))
    return enclave


async def divided(known: list[Any]) -> Work:
    """Plan the split of the community and carry it out; the unit of work knows what came of it."""
    work = desk(*known)
    await halves(COMMUNITY, PARTS).decide(work)
    await DivideCommunity(community_code=COMMUNITY).decide(work)
    return work


# 飞地、拆分 A grid that was given away before its community is split


async def test_a_split_leaves_out_what_was_given_away_and_retires_it() -> None:
    known = [*places(), an_enclave(GIVEN_AWAY, OTHER_COMMUNITY, THIRD_GRID)]
    worker = GridWorker.register(identify("worker"), COMMUNITY, "网格员 001", None, START)
    gone = next(each for each in known if each.place == GIVEN_AWAY)
    gone.assign(worker.id, START)
    worker.take(GIVEN_AWAY, START)
    work = await divided([*known, worker])
    assert gone.retired_at is not None
    assert (worker.community, worker.grid) == (PARTS[0], None)
    assert await home_of(work.find, COMMUNITY, GIVEN_AWAY) == (OTHER_COMMUNITY, THIRD_GRID)
    assert await home_of(work.find, COMMUNITY, OTHER_GRID) == (PARTS[1], f"{PARTS[1]}-G001")


async def test_a_split_takes_in_what_was_not_given_away_yet() -> None:
    work = desk(*places(), an_enclave(GIVEN_AWAY, OTHER_COMMUNITY))
    told = await refused(halves(COMMUNITY, PARTS), HouseholdsNotConserved, work)
    assert told.facts["grid"] == GIVEN_AWAY


async def test_a_grid_that_a_split_took_in_is_not_given_away_under_its_old_code() -> None:
    known = [each for each in places() if each.place != GIVEN_AWAY]
    enclave = an_enclave(GRID, OTHER_COMMUNITY)
    work = await divided([*known, enclave])
    transfer = TransferJurisdiction(place_code=GRID, successor_code=THIRD_GRID, basis=BASIS)
    await refused(transfer, RetiredGrid, work)


async def test_a_community_that_was_given_away_is_not_split_by_those_who_held_it() -> None:
    known = [each for each in places() if each.place != GIVEN_AWAY]
    work = desk(*known, an_enclave(COMMUNITY, OTHER_STREET, ELSEWHERE))
    told = await refused(halves(COMMUNITY, PARTS), HeldElsewhere, work)
    assert (told.path, told.facts["now"]) == (("communityCode",), ELSEWHERE)


async def test_a_planned_split_is_not_carried_out_once_the_community_was_given_away() -> None:
    known = [each for each in places() if each.place != GIVEN_AWAY]
    enclave = an_enclave(COMMUNITY, OTHER_STREET)
    work = desk(*known, enclave)
    await halves(COMMUNITY, PARTS).decide(work)
    enclave.transfer(ELSEWHERE, BASIS, later(enclave))
    await refused(DivideCommunity(community_code=COMMUNITY), HeldElsewhere, work)


# 飞地 No ring


@pytest.mark.parametrize(
    ("there", "back", "lies_in", "home"),
    [
        (GRID, THIRD_GRID, (OTHER_COMMUNITY, COMMUNITY), (OTHER_COMMUNITY, THIRD_GRID)),
        (COMMUNITY, ELSEWHERE, (OTHER_STREET, STREET), (ELSEWHERE, None)),
    ],
)
async def test_what_was_given_away_takes_nothing_over(
    there: str, back: str, lies_in: tuple[str, str], home: tuple[str, str | None]
) -> None:
    known = [*places(), an_enclave(there, lies_in[0], back), an_enclave(back, lies_in[1])]
    transfer = TransferJurisdiction(place_code=back, successor_code=there, basis=BASIS)
    told = await refused(transfer, HeldElsewhere, desk(*known))
    assert (told.path, told.facts) == (("successorCode",), {"place": there, "now": back})
    lay = (there, None) if there == COMMUNITY else (COMMUNITY, there)
    assert await home_of(desk(*known).find, *lay) == home


async def test_what_was_given_away_comes_back_as_a_place_of_its_own() -> None:
    known = [*places(), an_enclave(GRID, OTHER_COMMUNITY, THIRD_GRID), an_enclave(THIRD_GRID, COMMUNITY)]
    work = desk(*known)
    back = TransferJurisdiction(place_code=THIRD_GRID, successor_code=OTHER_GRID, basis=BASIS)
    await back.decide(work)
    for community, grid in ((COMMUNITY, GRID), (OTHER_COMMUNITY, THIRD_GRID), (COMMUNITY, OTHER_GRID)):
        assert await home_of(work.find, community, grid) == (COMMUNITY, OTHER_GRID)


# 资金 Money goes where jurisdiction is


async def test_a_street_funds_no_community_that_another_one_holds() -> None:
    fund = StreetFund.begin(STREET, 2026, 1000, STREET_OFFICER, START)
    enclave = an_enclave(COMMUNITY, OTHER_STREET, ELSEWHERE)
    allocate = AllocateFund(street_code=STREET, year=2026, community_code=COMMUNITY, amount=1, use="绿化")
    told = await refused(allocate, HeldElsewhere, desk(*places(), fund, enclave, by=STREET_OFFICER))
    assert told.path == ("communityCode",)
    kept = an_enclave(COMMUNITY, OTHER_STREET)
    await allocate.decide(desk(*places(), fund, kept, by=STREET_OFFICER))
    assert fund.allocated == 1


# 随迁 A case that its whistle kept back follows once the whistle is over


@pytest.mark.parametrize(
    ("ends", "kind"), [(withdraw_whistle, CaseWhistleWithdrawn), (resolve_by_whistle, CaseResolved)]
)
async def test_a_case_follows_into_another_street_once_its_whistle_is_over(
    ends: Callable[[], CaseDecision], kind: type[CaseEvent]
) -> None:
    past = path_to(Status.WHISTLED, Tier.MULTI_UNIT)
    (happened,) = given(a_case(), *past).when(ends()).events
    assert isinstance(happened, kind)
    case = given(a_case(), *past, ends()).aggregate
    log: Any = Known((case, an_enclave(COMMUNITY, OTHER_STREET, ELSEWHERE)))
    event: Any = SimpleNamespace(event=happened, stream=case.id, position=9)
    assert isinstance(event.event, REACTION.to)
    sent = await REACTION.decide(event, Around(log, log.reading))
    assert [one.command for one in sent] == [RehomeCase(case_id=case.id)]
