"""走访 The rounds for the demonstration: patrols, households watched over, and a campaign, in a few grids.

Every household is called by its number, and everything that is found is made up. One look is missed, and one
finds something amiss; in the evening the watches end, for nobody looks in on the days that follow. One
campaign is under way when the day ends, another one has an outcome for every household of its grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chuishao.commands.command import Command
from chuishao.commands.rounds import (
    BeginWatch,
    EndWatch,
    FinishPatrol,
    LogVisit,
    RaiseConcern,
    RecordMissedCheck,
    RecordWelfareCheck,
    StartPatrol,
)
from chuishao.commands.screening import CloseCampaign, OpenCampaign, ScreenPerson, VisitHousehold
from chuishao.commands.stewards import LogDuty
from chuishao.domain.actor import Actor
from chuishao.domain.division import community_of
from chuishao.domain.people.terms import PostKind
from chuishao.domain.rounds.terms import StewardDuty, VisitOutcome, WelfareCheck
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.people import holder
from chuishao.service.played.stage import Played, Stage
from chuishao.service.working_day import ZONE, Act, Post

GRIDS = 4
DOORS = 24
"""At how many doors of a grid somebody knocks; every grid of the demonstration has more."""
OUTCOMES = (VisitOutcome.MET, VisitOutcome.MET, VisitOutcome.ABSENT, VisitOutcome.MET, VisitOutcome.VACANT)
SETTLED = tuple(outcome for outcome in OUTCOMES if outcome is not VisitOutcome.ABSENT)
TALKED = 4
"""At one door in so many of the campaign over a whole grid somebody is screened, where met."""
STEWARDS = 4
NOTES = {
    StewardDuty.PATROL: "沿巷巡查一遍",
    StewardDuty.VISIT: "走访独居老人",
    StewardDuty.NOTE: "记下破损便道一处",
    StewardDuty.FIX: "清理楼前杂物",
    StewardDuty.REPORT: "井盖松动，已设警示",
}
FOUND = (None, "楼道堆放杂物（模拟）", None, "反映路灯不亮（模拟）", None)
_SQL = statements("chuishao.service.played", "rounds.sql")

Timed = Iterator[tuple[datetime, Actor, Command]]


def acts(stage: Stage) -> list[list[Act]]:
    """What is done on the rounds of the first grids on a day, each list in order."""
    chosen, day = stage.posts[:GRIDS], stage.day
    chains = []
    for post in chosen:
        for name, script in (("patrol", _patrolled), ("watch", _watched)):
            ids = _ids(post.grid, name)
            chains.append([Act(at, by, command, next(ids)) for at, by, command in script(post, day)])
    if chosen:
        of_one = [post for post in chosen if community_of(post.grid) == community_of(chosen[0].grid)]
        for name, screened in (("campaign", _screened(of_one, day)), ("whole", _every_door(chosen[0], day))):
            ids = _ids(chosen[0].grid, name)
            chains.append([Act(at, by, command, next(ids)) for at, by, command in screened])
    for number, (community, _) in enumerate(stage.communities[:STEWARDS]):
        ids = _ids(community, "steward")
        chains.append(
            [Act(at, by, command, next(ids)) for at, by, command in _logged(community, number, day)]
        )
    return chains


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards of the rounds say of a district."""
    row = await connection.fetchrow(_SQL["told"], district)
    assert row is not None
    return {
        23: f"{row['patrols']} patrols, {row['met']} of {row['knocked']} doors answered",
        36: f"{row['stewards']} stewards logged {row['duties']} duties, {row['reports']} of them reports",
        37: f"{row['watched']} households watched over, {row['looks']} looks, {row['concerns']} concerns,"
        f" {row['missed']} of missed checks",
        38: f"{row['closed']} of {row['campaigns']} campaigns closed,"
        f" {row['settled']:,} of {row['households']:,} households have an outcome",
    }


def _ids(grid: str, name: str) -> Iterator[UUID]:
    """The identifiers of the commands of a script, one after the other."""
    return (uuid5(NAMESPACE_URL, f"chuishao:demo:{grid}:{name}:{number}") for number in count(1))


def _made_first(grid: str, name: str) -> UUID:
    """What the first command of a script makes."""
    return uuid5(next(_ids(grid, name)), "")


def _worker(post: Post) -> Actor:
    return Actor(str(post.worker), Role.GRID_WORKER, post.grid)


def _patrolled(post: Post, day: date) -> Timed:
    """每日巡查: a walk from door to door."""
    at, by = datetime.combine(day, time(9, 5), ZONE), _worker(post)
    patrol = _made_first(post.grid, "patrol")
    yield at, by, StartPatrol(grid_code=post.grid)
    for number in range(DOORS):
        at += timedelta(minutes=4)
        outcome, finding = OUTCOMES[number % 5], FOUND[number % 5]
        yield at, by, LogVisit(patrol_id=patrol, household=number + 1, outcome=outcome, finding=finding)
    yield at + timedelta(minutes=5), by, FinishPatrol(patrol_id=patrol)


def _watched(post: Post, day: date) -> Timed:
    """早看窗帘、晚看灯: three households, of which one is well, one has a dark window, and one is missed."""
    by, of = _worker(post), post.grid
    curtain, light = WelfareCheck.CURTAIN, WelfareCheck.LIGHT
    for household in (11, 12, 13):
        begin = BeginWatch(grid_code=of, household=household, need="独居老人（模拟）")
        yield datetime.combine(day, time(7, household), ZONE), by, begin
    for household in (11, 12):
        morning = RecordWelfareCheck(grid_code=of, household=household, check=curtain, amiss=False)
        yield datetime.combine(day, time(8, household), ZONE), by, morning
    missed = RecordMissedCheck(grid_code=of, household=13, check=curtain, day=day)
    yield datetime.combine(day, time(10, 5), ZONE), by, missed
    concern = RaiseConcern(grid_code=of, household=13, finding="敲门后应答，身体不适（模拟）")
    yield datetime.combine(day, time(10, 20), ZONE), by, concern
    for household in (11, 12, 13):
        amiss = household == 12
        evening = RecordWelfareCheck(grid_code=of, household=household, check=light, amiss=amiss)
        yield datetime.combine(day, time(19, household), ZONE), by, evening
    for household in (11, 12, 13):
        end = EndWatch(grid_code=of, household=household, reason="子女已接回同住（模拟）")
        yield datetime.combine(day, time(20, household), ZONE), by, end


def _logged(community: str, number: int, day: date) -> Timed:
    """每日巡、经常访、及时记、随手做、实时报: the five duties; what is reported becomes a case."""
    staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
    steward = holder(community, PostKind.ALLEY_STEWARD)
    at = datetime.combine(day, time(8, 40), ZONE)
    for duty, note in NOTES.items():
        at += timedelta(minutes=25)
        if duty is StewardDuty.REPORT and number:
            return
        yield at, staff, LogDuty(place_code=community, person_id=steward, duty=duty, note=f"{note}（模拟）")


def _every_door(post: Post, day: date) -> Timed:
    """敲门到户: a campaign that is closed, for every household of a grid has an outcome."""
    community = community_of(post.grid)
    staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
    at, campaign = datetime.combine(day, time(9), ZONE), _made_first(post.grid, "whole")
    name = "入户信息核查（模拟）"
    yield at, staff, OpenCampaign(division_code=community, name=name, grid_codes=[post.grid])
    for household in range(1, post.households + 1):
        outcome = SETTLED[household % len(SETTLED)]
        at += timedelta(minutes=1)
        at_door: dict[str, Any] = {"campaign_id": campaign, "grid_code": post.grid, "household": household}
        yield at, _worker(post), VisitHousehold(**at_door, outcome=outcome)
        if household % TALKED == 0 and outcome is VisitOutcome.MET:
            yield at, _worker(post), ScreenPerson(**at_door, finding="信息无变化（模拟）")
    yield at, staff, CloseCampaign(campaign_id=campaign)


def _screened(posts: Sequence[Post], day: date) -> Timed:
    """敲门到户，排查到人: a campaign over grids of one community, under way."""
    community = community_of(posts[0].grid)
    staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
    at, campaign = datetime.combine(day, time(13, 40), ZONE), _made_first(posts[0].grid, "campaign")
    grids = [post.grid for post in posts]
    yield at, staff, OpenCampaign(division_code=community, name="冬季用气安全排查（模拟）", grid_codes=grids)
    for number in range(DOORS):
        for post in posts:
            at += timedelta(minutes=1)
            at_door: dict[str, Any] = {
                "campaign_id": campaign,
                "grid_code": post.grid,
                "household": number + 1,
            }
            outcome = OUTCOMES[number % 5]
            yield at, _worker(post), VisitHousehold(**at_door, outcome=outcome)
            if outcome is VisitOutcome.MET:
                yield at, _worker(post), ScreenPerson(**at_door, finding="燃气软管完好（模拟）")


PLAYED = Played("Rounds 走访", acts, told)
