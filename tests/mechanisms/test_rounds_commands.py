"""走访 The rounds through their commands: who may, where, and what several aggregates say together."""

from __future__ import annotations

from asyncio import gather
from datetime import date, timedelta
from time import process_time
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands import grids, policies, rounds, screening, stewards
from chuishao.commands.command import Command
from chuishao.commands.people.posts import VacatePost
from chuishao.domain.actor import Actor
from chuishao.domain.event import fold
from chuishao.domain.identity import identify
from chuishao.domain.people.post import post_id
from chuishao.domain.people.terms import PostKind
from chuishao.domain.refusal import (
    BadCode,
    Forbidden,
    ForeignGrid,
    NoLimit,
    NoPolicy,
    NotFound,
    NotYetDue,
    OutOfRange,
    OutOfScope,
    Refusal,
    UnknownDivision,
    UnknownGrid,
)
from chuishao.domain.rounds.campaign import screening_id
from chuishao.domain.rounds.refusals import (
    BegunLongAgo,
    CampaignOver,
    CheckNotOwed,
    CheckTooEarly,
    GridOutsideCampaign,
    GridsRequired,
    HouseholdsOutstanding,
    NobodyMet,
    NotASteward,
    NotWatched,
    OthersPatrol,
)
from chuishao.domain.rounds.terms import StewardDuty, VisitOutcome, WelfareCheck
from chuishao.domain.rounds.watch import watch_id
from chuishao.domain.vocabulary import Role
from tests.mechanisms.steps_people import person
from tests.mechanisms.steps_rounds import steward_of
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town

MET = VisitOutcome.MET
NEIGHBOURS = Actor(str(identify("person", 2)), Role.RESIDENT, None)


async def refused(town: Town, command: Command, code: type[Refusal], by: Actor) -> Refusal:
    """Nothing is recorded, and the reason is told in both languages."""
    head = await town.log.head()
    with pytest.raises(code) as caught:
        await town.do(command, by)
    assert type(caught.value) is code
    assert caught.value.sentence("en") and caught.value.sentence("zh")
    assert await town.log.head() == head
    return caught.value


async def aggregate(town: Town, identifier: UUID) -> Any:
    """An aggregate as the log holds it."""
    return fold(await town.log.stream(identifier))


# 巡查走访


async def test_a_patrol_is_walked_by_the_worker_of_the_grid(town: Town) -> None:
    patrol = (await town.do(rounds.StartPatrol(grid_code=GRID), town.worker())).id
    visit = rounds.LogVisit(patrol_id=patrol, household=300, outcome=MET, finding="一切正常")
    await town.do(visit, town.worker())
    await town.do(rounds.FinishPatrol(patrol_id=patrol), town.worker())
    done = await aggregate(town, patrol)
    assert (done.grid, done.by, done.version) == (GRID, town.worker().id, 3)
    assert done.finished_at is not None


async def test_a_patrol_is_refused_where_it_makes_no_sense(town: Town) -> None:
    worker = town.worker()
    await refused(town, rounds.StartPatrol(grid_code=OTHER_GRID), OutOfScope, worker)
    await refused(town, rounds.StartPatrol(grid_code=f"{GRID[:-1]}9"), UnknownGrid, town.community_staff)
    await refused(town, rounds.StartPatrol(grid_code=COMMUNITY), BadCode, town.community_staff)
    await refused(town, rounds.StartPatrol(grid_code=GRID), Forbidden, town.resident)
    await refused(town, rounds.FinishPatrol(patrol_id=uuid4()), NotFound, worker)
    patrol = (await town.do(rounds.StartPatrol(grid_code=GRID), worker)).id
    visit = rounds.LogVisit(patrol_id=patrol, household=301, outcome=MET)
    await refused(town, visit, OutOfRange, worker)
    await refused(town, rounds.FinishPatrol(patrol_id=patrol), OthersPatrol, town.grid_leader)
    await refused(town, rounds.FinishPatrol(patrol_id=patrol), OutOfScope, town.worker(OTHER_GRID))


# 守望


def begin(grid: str = GRID, household: int = 12, **fields: Any) -> rounds.BeginWatch:
    return rounds.BeginWatch(grid_code=grid, household=household, **fields)


def check(of: WelfareCheck = WelfareCheck.CURTAIN, amiss: bool = False) -> rounds.RecordWelfareCheck:
    return rounds.RecordWelfareCheck(grid_code=GRID, household=12, check=of, amiss=amiss)


def missed(day: date, of: WelfareCheck = WelfareCheck.CURTAIN) -> rounds.RecordMissedCheck:
    return rounds.RecordMissedCheck(grid_code=GRID, household=12, check=of, day=day)


async def test_a_household_is_watched_over_by_day_and_its_missed_check_worries(town: Town) -> None:
    neighbour = await person(town)
    await town.do(begin(watcher_id=neighbour, need="独居老人"), town.worker())
    await town.do(check(), Actor(str(neighbour), Role.RESIDENT, None))
    town.clock.advance(hours=12)
    await town.do(missed(date(2026, 3, 2), WelfareCheck.LIGHT), town.community_staff)
    watch = await aggregate(town, watch_id(GRID, 12))
    assert (watch.days, watch.version) == ("3", 3)
    head = await town.log.head()
    await town.do(missed(date(2026, 3, 2)), town.community_staff)
    await town.do(begin(watcher_id=neighbour, need="独居老人"), town.worker())
    assert await town.log.head() == head, "what was looked at is not missed, and the same watch is no other"


async def test_a_local_day_is_a_day_of_tianjin(town: Town) -> None:
    await town.do(begin(), town.worker())
    town.clock.advance(hours=15)  # 00:01 of the next day there, 16:01 of the same day in London
    await town.do(check(), town.worker())
    assert (await aggregate(town, watch_id(GRID, 12))).days == "01"


async def test_a_watch_is_refused_where_it_makes_no_sense(town: Town) -> None:
    staff = town.community_staff
    await refused(town, begin(household=301), OutOfRange, staff)
    await refused(town, begin(household=0), OutOfRange, staff)
    await refused(town, begin(grid=THIRD_GRID), OutOfScope, staff)
    await refused(town, begin(grid=f"{GRID[:-1]}9"), UnknownGrid, staff)
    await refused(town, begin(), Forbidden, town.resident)
    await refused(town, begin(person_id=uuid4()), NotFound, staff)
    await refused(town, begin(watcher_id=uuid4()), NotFound, staff)
    for command in (
        check(),
        missed(date(2026, 3, 2)),
        rounds.EndWatch(grid_code=GRID, household=12, reason="搬走"),
    ):
        await refused(town, command, NotWatched, staff)
    concern = rounds.RaiseConcern(grid_code=GRID, household=12, finding="无应答")
    unwatched = [await refused(town, each, Forbidden, NEIGHBOURS) for each in (concern, check())]
    long_gone = town.clock.now - timedelta(days=8)
    with pytest.raises(BegunLongAgo):
        await town.do(begin(), staff, occurred_at=long_gone)
    await town.do(begin(), staff)
    told = [await refused(town, each, Forbidden, NEIGHBOURS) for each in (concern, check())]
    assert {each.sentence("en") for each in told} == {each.sentence("en") for each in unwatched}, (
        "who is watched over is not told"
    )
    await refused(town, check(), Forbidden, town.resident)
    await refused(town, check(), OutOfScope, town.worker(OTHER_GRID))
    await refused(town, check(WelfareCheck.LIGHT), CheckTooEarly, staff)
    await refused(town, missed(date(2026, 3, 2)), NotYetDue, staff)
    await refused(town, missed(date(2026, 3, 1)), CheckNotOwed, staff)
    await refused(town, missed(date.min), NoPolicy, staff)
    await refused(town, missed(date.max), NotYetDue, staff)


async def test_nothing_is_missed_where_the_policy_states_no_limit(town: Town) -> None:
    await town.do(begin(), town.community_staff)
    silent = {**policies.default_policy(), "version": "silent", "limits": [], "effectiveFrom": "2026-03-01"}
    await town.do(policies.AdoptPolicy(document=silent))
    town.clock.advance(hours=12)
    await refused(town, missed(date(2026, 3, 2)), NoLimit, town.community_staff)
    await town.do(check(WelfareCheck.LIGHT), town.community_staff)


async def test_words_about_a_household_are_erased_with_its_key(town: Town) -> None:
    await town.do(begin(need="独居老人"), town.community_staff)
    (begun,) = await town.log.stream(watch_id(GRID, 12))
    assert "独居" not in str(vars(begun))
    assert vars(begun)["need"].subject == identify("household", GRID, 12)


# 排查


async def opened(town: Town, *codes: str, division: str = COMMUNITY) -> UUID:
    """A campaign of the community's staff."""
    command = screening.OpenCampaign(division_code=division, name="入户排查", grid_codes=list(codes))
    return (await town.do(command, town.community_staff)).id


def knock(
    campaign: UUID, household: int, outcome: VisitOutcome = MET, grid: str = GRID
) -> screening.VisitHousehold:
    return screening.VisitHousehold(
        campaign_id=campaign, grid_code=grid, household=household, outcome=outcome
    )


async def draw(town: Town, number: int, households: int) -> str:
    """A further grid of the community."""
    code = f"{COMMUNITY}-G{number:03d}"
    await town.do(grids.DrawGrid(grid_code=code, name=f"第{number}网格", households=households))
    return code


async def test_a_campaign_is_closed_when_every_household_has_an_outcome(town: Town) -> None:
    small, smaller = await draw(town, 10, 3), await draw(town, 11, 1)
    staff = town.community_staff
    campaign = await opened(town, small)
    close = screening.CloseCampaign(campaign_id=campaign)
    for number, outcome in enumerate((MET, VisitOutcome.REFUSED, VisitOutcome.ABSENT), start=1):
        await town.do(knock(campaign, number, outcome, small), staff)
    await town.do(screening.ExtendCampaign(campaign_id=campaign, grid_codes=[small, smaller]), staff)
    await refused(town, close, HouseholdsOutstanding, staff)
    await town.do(knock(campaign, 3, VisitOutcome.VACANT, small), staff)
    told = await refused(town, close, HouseholdsOutstanding, staff)
    assert (told.facts["count"], told.facts["grids"]) == (1, [smaller])
    await town.do(knock(campaign, 1, grid=smaller), staff)
    person = screening.ScreenPerson(campaign_id=campaign, grid_code=smaller, household=1, finding="独自居住")
    await town.do(person, staff)
    await town.do(close, staff)
    await refused(town, close, CampaignOver, staff)
    await refused(town, knock(campaign, 1, grid=small), CampaignOver, staff)
    assert (await aggregate(town, screening_id(campaign, smaller))).persons == 1


async def test_a_campaign_is_refused_where_it_makes_no_sense(town: Town) -> None:
    def open_(*codes: str, division: str = COMMUNITY) -> screening.OpenCampaign:
        return screening.OpenCampaign(division_code=division, name="入户排查", grid_codes=list(codes))

    staff = town.community_staff
    await refused(town, open_(), GridsRequired, staff)
    told = await refused(town, open_(GRID, THIRD_GRID), ForeignGrid, staff)
    assert told.path == ("gridCodes", "1")
    told = await refused(town, open_(GRID, f"{GRID[:-1]}9"), UnknownGrid, staff)
    assert told.path[:2] == ("gridCodes", "1")
    await refused(town, open_(GRID, division=STREET), OutOfScope, staff)
    await refused(
        town, open_(GRID, division="120101001099"), UnknownDivision, Actor("o", Role.STREET_OFFICER, STREET)
    )
    await refused(town, open_(*[GRID] * 51), OutOfRange, staff)
    await refused(town, open_(GRID), Forbidden, town.worker())
    await refused(town, screening.CloseCampaign(campaign_id=uuid4()), NotFound, staff)
    campaign = await opened(town, GRID)
    await refused(town, knock(campaign, 301), OutOfRange, staff)
    await refused(town, knock(campaign, 1, grid=OTHER_GRID), GridOutsideCampaign, staff)
    await refused(town, knock(campaign, 1), OutOfScope, town.worker(OTHER_GRID))
    await refused(town, knock(campaign, 1, grid="x"), OutOfScope, staff)
    person = screening.ScreenPerson(campaign_id=campaign, grid_code=GRID, household=1, finding="独居")
    await refused(town, person, NobodyMet, staff)
    foreign = Actor("staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
    await refused(town, screening.CloseCampaign(campaign_id=campaign), OutOfScope, foreign)


async def test_a_campaign_over_three_thousand_households_costs_no_more_at_its_end(town: Town) -> None:
    """Each visit reads one grid and the campaign, whatever was visited before."""
    codes = [await draw(town, number, 300) for number in range(20, 30)]
    campaign = await opened(town, *codes)
    staff, spent = town.community_staff, []
    for household in range(1, 301):
        began = process_time()
        await gather(*(town.do(knock(campaign, household, grid=code), staff) for code in codes))
        spent.append(process_time() - began)
    await town.do(screening.CloseCampaign(campaign_id=campaign), staff)
    early, late = sum(sorted(spent[:100])[:50]), sum(sorted(spent[200:])[:50])
    assert late < 2 * early


# 小巷管家


async def test_only_a_registered_steward_logs(town: Town) -> None:
    somebody = await person(town)
    steward = await steward_of(town)

    def log(who: UUID, place: str = COMMUNITY) -> stewards.LogDuty:
        return stewards.LogDuty(place_code=place, person_id=who, duty=StewardDuty.PATROL, note="巡查一圈")

    staff, themselves = town.community_staff, Actor(str(steward), Role.RESIDENT, None)
    entry = (await town.do(log(steward), themselves)).id
    assert (await aggregate(town, entry)).place == COMMUNITY
    await town.do(log(steward), staff)
    await refused(town, log(somebody), NotASteward, staff)
    await refused(town, log(steward, GRID), NotASteward, staff)
    await refused(town, log(uuid4()), NotFound, staff)
    await refused(town, log(steward), Forbidden, town.resident)
    await refused(town, log(steward), OutOfScope, town.worker())
    vacate = VacatePost(post_id=post_id(PostKind.ALLEY_STEWARD, COMMUNITY, None, steward), reason="搬离")
    await town.do(vacate)
    await refused(town, log(steward), NotASteward, themselves)
