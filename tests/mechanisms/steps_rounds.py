"""For every mutation of the rounds a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from chuishao.commands import grids, rounds, screening
from chuishao.domain.actor import Actor
from chuishao.domain.rounds.campaign import screening_id
from chuishao.domain.rounds.terms import VisitOutcome, WelfareCheck
from chuishao.domain.rounds.watch import watch_id
from chuishao.domain.vocabulary import Role
from tests.town import COMMUNITY, GRID, STREET, Town

Prepared = tuple[Actor | None, dict[str, Any]]
Prepare = Callable[[Town], Awaitable[Prepared]]
_households = count(1)
_grids = count(700)


def in_role(role: Role) -> Actor:
    """Somebody of a role for whom the whole town lies in scope, as tests/test_permissions.py knows them."""
    return Actor(f"{role.value.lower()}-9", role, "")


async def patrol_of(town: Town, by: Actor | None = None) -> UUID:
    """A patrol that somebody walks, the grid's worker if nobody is named."""
    return (await town.do(rounds.StartPatrol(grid_code=GRID), by or town.worker())).id


async def watched(town: Town, watcher: UUID | None = None) -> dict[str, Any]:
    """A household that was put on the list, as inputs name it."""
    household = next(_households) % 300 + 1
    command = rounds.BeginWatch(grid_code=GRID, household=household, watcher_id=watcher, need="独居老人")
    await town.do(command, town.community_staff)
    return {"gridCode": GRID, "household": household}


async def campaign_of(town: Town, grid: str = GRID) -> dict[str, Any]:
    """A campaign over a grid, as inputs name it."""
    command = screening.OpenCampaign(division_code=COMMUNITY, name="入户排查", grid_codes=[grid])
    return {"campaignId": str((await town.do(command, town.community_staff)).id)}


async def finished_campaign(town: Town) -> dict[str, Any]:
    """A campaign in which every household has an outcome."""
    code = f"{COMMUNITY}-G{next(_grids)}"
    await town.do(grids.DrawGrid(grid_code=code, name="小网格", households=1))
    campaign = await campaign_of(town, code)
    knock = screening.VisitHousehold(
        campaign_id=UUID(campaign["campaignId"]), grid_code=code, household=1, outcome=VisitOutcome.VACANT
    )
    await town.do(knock, town.community_staff)
    return campaign


async def met(town: Town) -> dict[str, Any]:
    """A household of a campaign where somebody was met."""
    campaign = await campaign_of(town)
    knock = screening.VisitHousehold(
        campaign_id=UUID(campaign["campaignId"]), grid_code=GRID, household=3, outcome=VisitOutcome.MET
    )
    await town.do(knock, town.community_staff)
    return campaign | {"gridCode": GRID, "household": 3}


async def further_grid(town: Town) -> str:
    """A grid that no campaign covers yet."""
    code = f"{COMMUNITY}-G{next(_grids)}"
    await town.do(grids.DrawGrid(grid_code=code, name="新网格", households=20))
    return code


def by_staff(given: Callable[[Town], Awaitable[dict[str, Any]]], **fields: Any) -> Prepare:
    """A command of the community's staff about something that is there."""

    async def prepare(town: Town) -> Prepared:
        return town.community_staff, await given(town) | fields

    return prepare


def on_a_patrol(role: Role | None = None, **fields: Any) -> Prepare:
    """A step of a patrol that its walker takes."""

    async def prepare(town: Town) -> Prepared:
        by = in_role(role) if role else town.worker()
        return by, {"patrolId": str(await patrol_of(town, by))} | fields

    return prepare


async def start(town: Town) -> Prepared:
    return town.community_staff, {"gridCode": GRID}


async def begin(town: Town) -> Prepared:
    given = {"gridCode": GRID, "household": next(_households) % 300 + 1, "need": "独居老人"}
    return town.community_staff, given


async def missed(town: Town) -> Prepared:
    """A check of the day before, of a household that had been on the list since the day before that."""
    given = await watched_since(town, timedelta(days=2))
    day = (town.clock.now - timedelta(days=1)).date().isoformat()
    return town.community_staff, given | {"check": "CURTAIN", "day": day}


async def watched_since(town: Town, ago: timedelta) -> dict[str, Any]:
    """A household that has been on the list for some time."""
    household = next(_households) % 300 + 1
    command = rounds.BeginWatch(grid_code=GRID, household=household)
    await town.do(command, town.community_staff, occurred_at=town.clock.now - ago)
    return {"gridCode": GRID, "household": household}


async def open_(town: Town) -> Prepared:
    return town.community_staff, {"divisionCode": COMMUNITY, "name": "入户排查", "gridCodes": [GRID]}


async def extend(town: Town) -> Prepared:
    return town.community_staff, await campaign_of(town) | {"gridCodes": [await further_grid(town)]}


def by_the_neighbour(**fields: Any) -> Prepare:
    """A look of the neighbour who was asked to look in."""

    async def prepare(town: Town) -> Prepared:
        neighbour = UUID(int=next(_households))
        given = await watched(town, neighbour)
        return Actor(str(neighbour), Role.RESIDENT, ""), given | fields

    return prepare


_VISIT: dict[str, Any] = {"household": 7, "outcome": "MET", "finding": "楼道整洁"}
_LOOK: dict[str, Any] = {"check": "CURTAIN", "amiss": True, "finding": "窗帘未拉开"}

MUTATIONS: dict[str, Prepare] = {
    "startPatrol": start,
    "logVisit": on_a_patrol(**_VISIT),
    "finishPatrol": on_a_patrol(),
    "beginWatch": begin,
    "endWatch": by_staff(watched, reason="已搬离"),
    "recordWelfareCheck": by_staff(watched, **_LOOK),
    "raiseConcern": by_staff(watched, finding="敲门无应答"),
    "recordMissedCheck": missed,
    "openCampaign": open_,
    "extendCampaign": extend,
    "closeCampaign": by_staff(finished_campaign),
    "visitHousehold": by_staff(campaign_of, gridCode=GRID, household=5, outcome="ABSENT", finding="无人应门"),
    "screenPerson": by_staff(met, finding="一人在家"),
}

OF_ITS_OWN: dict[tuple[str, Role], Prepare] = {
    (name, role): on_a_patrol(role, **fields)
    for name, fields in (("logVisit", _VISIT), ("finishPatrol", {}))
    for role in (Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF, Role.SECTOR_CHIEF)
} | {
    ("recordWelfareCheck", Role.RESIDENT): by_the_neighbour(**_LOOK),
    ("raiseConcern", Role.RESIDENT): by_the_neighbour(finding="敲门无应答"),
}
"""Moments that belong to one role: a patrol is told by whoever walks it, a look by the neighbour named."""


@dataclass(frozen=True)
class Rounds:
    """What the rounds have to show: everything that can be said was said at least once."""

    patrol: UUID
    watch: UUID
    campaign: UUID
    screening: UUID

    @property
    def roots(self) -> dict[str, str]:
        """Where fields of the queries begin that need arguments."""
        span = f'place: "{STREET}", since: "2026-01-01T00:00:00Z", until: "2027-01-01T00:00:00Z"'
        return {
            "patrol": f'patrol(id: "{self.patrol}")',
            "patrolCoverage": f"patrolCoverage({span})",
            "watch": f'watch(id: "{self.watch}")',
            "welfareLooks": f'welfareLooks(watchId: "{self.watch}")',
            "campaign": f'campaign(id: "{self.campaign}")',
            "screening": f'screening(id: "{self.screening}")',
            "screenedDoors": f'screenedDoors(screeningId: "{self.screening}")',
            "screenedPersons": f'screenedPersons(screeningId: "{self.screening}")',
        }


async def all_rounds(town: Town) -> Rounds:
    """A patrol, a watch that missed checks, and a campaign, each with words."""
    worker, staff = town.worker(), town.community_staff
    patrol = await patrol_of(town)
    found = {"household": 8, "outcome": VisitOutcome.MET, "finding": "楼道整洁"}
    await town.do(rounds.LogVisit(patrol_id=patrol, **found), worker)
    await town.do(rounds.FinishPatrol(patrol_id=patrol), worker)
    watch = await _long_ago(town)
    campaign = UUID((await campaign_of(town))["campaignId"])
    at = {"campaign_id": campaign, "grid_code": GRID}
    await town.do(screening.VisitHousehold(**at, **found), staff)
    await town.do(screening.ScreenPerson(**at, household=8, finding="一人在家"), staff)
    return Rounds(patrol, watch, campaign, screening_id(campaign, GRID))


async def _long_ago(town: Town) -> UUID:
    """A watch of some days in another year, with a look, a concern and checks that nobody made."""
    of = {"grid_code": GRID, "household": 299}
    begun = datetime(2024, 1, 1, 0, 0, tzinfo=UTC)
    person, watcher = UUID(int=1), UUID(int=2)
    begin_ = rounds.BeginWatch(**of, person_id=person, watcher_id=watcher, need="独居老人")
    look = rounds.RecordWelfareCheck(**of, check=WelfareCheck.CURTAIN, amiss=True, finding="窗帘未拉开")
    steps = [begin_, look, rounds.RecordMissedCheck(**of, check=WelfareCheck.LIGHT, day=begun.date())]
    for days, step in enumerate([*steps, rounds.EndWatch(**of, reason="已搬离")]):
        await town.do(step, town.community_staff, occurred_at=begun + timedelta(days=days, hours=1))
    return watch_id(GRID, 299)
