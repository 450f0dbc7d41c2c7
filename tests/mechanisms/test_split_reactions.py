"""随迁 A split redraws grids and rehomes cases; an enclave's open cases follow its jurisdiction."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.commands import cases, rounds, screening
from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.grids import DrawGrid
from chuishao.commands.rehoming import RehomeCase
from chuishao.commands.territory.places import IdentifyEnclave, TransferJurisdiction
from chuishao.commands.territory.splits import DivideCommunity
from chuishao.domain.actor import Actor
from chuishao.domain.case import Case
from chuishao.domain.case_events import CaseRehomed, CaseReported
from chuishao.domain.division import community_of
from chuishao.domain.event import SealedText
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.identity import grid_id
from chuishao.domain.lifecycle import OPEN, Status
from chuishao.domain.refusal import AtHome, UnknownDivision
from chuishao.domain.rounds.campaign_events import CampaignGridDropped
from chuishao.domain.rounds.refusals import HouseholdsOutstanding
from chuishao.domain.territory.split import CommunityDivided
from chuishao.domain.vocabulary import Role, Severity, Tier
from chuishao.domain.worker import GridWorker
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import rebuild
from chuishao.reactions.finding import REACTION as FINDING
from chuishao.reactions.rehoming import REACTION
from tests.conftest import copy_of_template, drop
from tests.mechanisms.steps_split import an_oversize_community, free_codes, halves
from tests.mechanisms.steps_territory import ADMINISTRATOR
from tests.test_reactions import Crashed, begin, reacting, recorded
from tests.town import COMMUNITY, GRID, STREET, Town, make_town

ELSEWHERE = "120101002"


async def caught_up(town: Town) -> None:
    """Let every reaction be over."""
    await begin(town, REACTION)


async def case_of(town: Town, case: UUID) -> Case:
    found = await town.log.aggregates.load(case)
    assert isinstance(found, Case)
    return found


async def grid_of(town: Town, code: str) -> ServiceGrid:
    found = await town.log.aggregates.load(grid_id(code))
    assert isinstance(found, ServiceGrid)
    return found


def leader(community: str) -> Actor:
    return Actor("grid-leader-1", Role.GRID_LEADER, community)


async def report(town: Town, community: str, grid: str | None) -> UUID:
    place = {"grid_code": grid} if grid else {"community_code": community}
    outcome = await town.do(cases.ReportCase(**place, category="01001", text="井盖丢失"), leader(community))  # type: ignore[arg-type]
    return UUID(str(outcome.id))


async def test_grids_and_workers_of_before_give_way_to_those_of_after(town: Town) -> None:
    community, workers = await an_oversize_community(town)
    codes = free_codes(town, 2)
    await town.do(halves(community, codes))
    await town.do(DivideCommunity(community_code=community), ADMINISTRATOR)

    for number, (code, worker) in enumerate(zip(codes, workers, strict=True), start=1):
        old, new = await grid_of(town, f"{community}-G{number:03}"), await grid_of(town, f"{code}-G001")
        assert (old.retired_at is not None, old.worker) == (True, None)
        assert (new.retired_at, new.worker, new.households) == (None, worker, 300)
        goes = await town.log.aggregates.load(worker)
        assert isinstance(goes, GridWorker)
        assert (goes.community, goes.grid) == (code, new.code)
    with pytest.raises(UnknownDivision):
        await report(town, community, None)


async def test_open_cases_follow_and_closed_ones_stay(town: Town) -> None:
    await caught_up(town)
    community, _ = await an_oversize_community(town)
    codes = free_codes(town, 2)
    first, second, nowhere = [
        await report(town, community, grid) for grid in (f"{community}-G001", f"{community}-G002", None)
    ]
    refused = await report(town, community, None)
    await town.do(cases.RefuseCase(case_id=refused, reason="不属受理范围"), leader(community))
    await town.do(halves(community, codes))
    await town.do(DivideCommunity(community_code=community), ADMINISTRATOR)
    await caught_up(town)

    assert [(await case_of(town, case)).place for case in (first, second, nowhere)] == [
        f"{codes[0]}-G001",
        f"{codes[1]}-G001",
        codes[0],
    ]
    assert (await case_of(town, refused)).place == community
    events = await recorded(town.log)
    (split,) = [each for each in events if isinstance(each.event, CommunityDivided)]
    moved = [each for each in events if isinstance(each.event, CaseRehomed)]
    assert {each.meta.causation for each in moved} == {split.event_id}
    assert {each.meta.actor for each in moved} == {"reaction rehome-cases"}

    await town.do(cases.ReopenCase(case_id=refused, reason="应予受理"), leader_of_all())
    await caught_up(town)
    assert (await case_of(town, refused)).place == codes[0]
    for projection in PROJECTIONS:
        await rebuild(town.log, projection)
    await caught_up(town)
    assert len(await recorded(town.log)) == len(events) + 2


async def test_what_is_found_in_a_household_of_before_becomes_a_case_of_the_part(town: Town) -> None:
    await begin(town, FINDING)
    community, _ = await an_oversize_community(town)
    codes = free_codes(town, 2)
    of: dict[str, Any] = {"grid_code": f"{community}-G001", "household": 12}
    await town.do(rounds.BeginWatch(**of), leader_of_all())
    await town.do(halves(community, codes))
    await town.do(DivideCommunity(community_code=community), ADMINISTRATOR)
    await town.do(rounds.RaiseConcern(**of, finding="敲门无应答"), leader_of_all())
    await begin(town, FINDING)

    (reported,) = [each.event for each in await recorded(town.log) if isinstance(each.event, CaseReported)]
    assert (reported.community, reported.grid) == (codes[0], f"{codes[0]}-G001")
    assert isinstance(reported.address, SealedText)
    address = (await town.log.opened([reported.address]))[reported.address]
    assert address == f"原网格 {community}-G001 第 12 户"


async def test_a_campaign_over_grids_of_before_can_be_closed(town: Town) -> None:
    community, _ = await an_oversize_community(town)
    grids, by = [f"{community}-G001", f"{community}-G002"], leader_of_all()
    opening = screening.OpenCampaign(division_code=community, name="入户排查", grid_codes=grids)
    close = screening.CloseCampaign(campaign_id=(await town.do(opening, by)).id)
    with pytest.raises(HouseholdsOutstanding):
        await town.do(close, by)
    await town.do(halves(community, free_codes(town, 2)))
    await town.do(DivideCommunity(community_code=community), ADMINISTRATOR)
    await town.do(close, by)

    dropped = [each.event for each in await recorded(town.log) if isinstance(each.event, CampaignGridDropped)]
    assert [each.grid for each in dropped] == grids


def leader_of_all() -> Actor:
    return Actor("community-staff-1", Role.COMMUNITY_STAFF, STREET)


async def test_a_case_at_home_stays_and_whoever_sends_it_is_told(town: Town) -> None:
    case = await town.report()
    with pytest.raises(AtHome) as refused:
        await town.do(RehomeCase(case_id=case), ADMINISTRATOR)
    assert refused.value.path == ("caseId",)


async def an_enclave_elsewhere(town: Town) -> tuple[str, str]:
    """A community that lies in another street, and what takes it over there."""
    await town.do(RegisterDivision(code=ELSEWHERE, name="示例街道二", effective_from=date(2024, 1, 1)))
    successor = f"{ELSEWHERE}001"
    await town.do(RegisterDivision(code=successor, name="承接社区", effective_from=date(2024, 1, 1)))
    await town.do(
        IdentifyEnclave(place_code=COMMUNITY, name="飞地社区", lies_in_code=ELSEWHERE, adjoining=False)
    )
    return COMMUNITY, successor


async def test_cases_of_an_enclave_follow_into_another_street_and_leave_its_whistle(
    town: Town,
) -> None:
    await caught_up(town)
    place, successor = await an_enclave_elsewhere(town)
    reported = await town.report()
    assigned = await town.assigned(Tier.GRID_LEADER)
    whistled, _ = await town.whistled()
    transfer = TransferJurisdiction(place_code=place, successor_code=successor, basis="市政府批复 005 号")
    await town.do(transfer, ADMINISTRATOR)
    await caught_up(town)

    for case in (reported, assigned, whistled):
        assert (await case_of(town, case)).place == successor
    found = await case_of(town, whistled)
    assert (found.status, found.holder) == (Status.ASSIGNED, ELSEWHERE)
    late = await town.report()  # under the code that it had
    await caught_up(town)
    assert (await case_of(town, late)).place == successor


async def test_cases_of_a_grid_that_is_an_enclave_follow_to_the_grid_that_takes_it_over(town: Town) -> None:
    await caught_up(town)
    other = f"{STREET}399"
    await town.do(RegisterDivision(code=other, name="承接社区", effective_from=date(2024, 1, 1)))
    await town.do(DrawGrid(grid_code=f"{other}-G001", name="承接网格", households=280))
    await town.do(IdentifyEnclave(place_code=GRID, name="插花地", lies_in_code=other, adjoining=False))
    case, beside = await town.report(), await town.report(grid=None, community_code=COMMUNITY)
    transfer = TransferJurisdiction(
        place_code=GRID, successor_code=f"{other}-G001", basis="区政府批复 006 号"
    )
    await town.do(transfer, ADMINISTRATOR)
    await caught_up(town)
    assert (await case_of(town, case)).place == f"{other}-G001"
    assert (await case_of(town, beside)).place == COMMUNITY


CASES = st.lists(st.tuples(st.sampled_from([0, 1, None]), st.integers(0, 6)), min_size=1, max_size=6)
DEATHS = st.lists(st.sampled_from(["", "away", "before", "after"]), max_size=4)


@settings(max_examples=12)
@forall(drawn=CASES, dies=DEATHS)
def test_after_a_split_every_open_case_is_in_exactly_one_part(
    template: str, drawn: list[tuple[int | None, int]], dies: list[str]
) -> None:
    async def run() -> None:
        url = await copy_of_template(template)
        pool = await open_pool(url, size=6)
        await follows(await make_town(EventLog(pool)), drawn, dies)
        pool.terminate()
        await drop(template, url)

    asyncio.run(run())


async def follows(town: Town, drawn: list[tuple[int | None, int]], dies: list[str]) -> None:
    """Split a community with such cases, in processes that die on the way."""
    await caught_up(town)
    community, _ = await an_oversize_community(town)
    codes = free_codes(town, 2)
    made = []
    for number, steps in drawn:
        grid = None if number is None else f"{community}-G00{number + 1}"
        made.append(await report(town, community, grid))
        await wander(town, community, made[-1], steps)
    await town.do(halves(community, codes))
    await town.do(DivideCommunity(community_code=community), ADMINISTRATOR)
    before = {case: (await case_of(town, case)).status for case in made}
    with suppress(Crashed):
        await reacting(town, REACTION, dies=dies).catch_up()
    await caught_up(town)

    for case, status in before.items():
        found = await case_of(town, case)
        assert found.status is status
        assert (community_of(found.place) in codes) == (status in OPEN)
    moved = [each.stream for each in await recorded(town.log) if isinstance(each.event, CaseRehomed)]
    assert sorted(moved) == sorted(case for case, status in before.items() if status in OPEN)


async def wander(town: Town, community: str, case: UUID, steps: int) -> None:
    """Take a case some steps on."""
    by = leader(community)
    staff = Actor("community-staff-1", Role.COMMUNITY_STAFF, community)
    way: list[tuple[Any, Actor]] = [
        (cases.AcceptCase(case_id=case), by),
        (cases.AssessCase(case_id=case, severity=Severity.MINOR), by),
        (cases.AssignCase(case_id=case, tier=Tier.GRID_LEADER), by),
        (cases.ResolveCase(case_id=case, result="已修复"), by),
        (cases.VerifyCase(case_id=case, passed=True), staff),
        (cases.CloseCase(case_id=case), staff),
    ]
    for command, actor in way[:steps]:
        await town.do(command, actor)
