"""For every mutation of the rounds a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chuishao.commands import grids, rounds, screening
from chuishao.commands.command import Command
from chuishao.commands.request import Outcome
from chuishao.domain.actor import Actor
from chuishao.domain.event import fold
from chuishao.domain.people.post import Post
from chuishao.domain.people.terms import PostKind
from chuishao.domain.rounds.terms import VisitOutcome, WelfareCheck
from chuishao.domain.vocabulary import Role
from tests.mechanisms.kinds import Board, Live, Prepare, Prepared
from tests.mechanisms.steps_people import filled, person
from tests.numbers import grid_code, number
from tests.town import COMMUNITY, GRID, SAID, STREET, Town


def in_role(role: Role) -> Actor:
    """Somebody of a role for whom the whole town lies in scope, as tests/test_permissions.py knows them."""
    return Actor(f"{role.value.lower()}-9", role, "")


async def patrol_of(town: Town, by: Actor | None = None) -> UUID:
    """A patrol that somebody walks, the grid's worker if nobody is named."""
    return (await town.do(rounds.StartPatrol(grid_code=GRID), by or town.worker())).id


async def watched(town: Town, watcher: UUID | None = None) -> dict[str, Any]:
    """A household that was put on the list, as inputs name it."""
    household = number(town, "household") % 300 + 1
    command = rounds.BeginWatch(grid_code=GRID, household=household, watcher_id=watcher, need=SAID)
    await town.do(command, town.community_staff)
    return {"gridCode": GRID, "household": household}


async def campaign_of(town: Town, grid: str = GRID) -> dict[str, Any]:
    """A campaign over a grid, as inputs name it."""
    command = screening.OpenCampaign(division_code=COMMUNITY, name="入户排查", grid_codes=[grid])
    return {"campaignId": str((await town.do(command, town.community_staff)).id)}


async def finished_campaign(town: Town) -> dict[str, Any]:
    """A campaign in which every household has an outcome."""
    code = grid_code(town, COMMUNITY)
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
    code = grid_code(town, COMMUNITY)
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
    given = {"gridCode": GRID, "household": number(town, "household") % 300 + 1, "need": SAID}
    return town.community_staff, given


async def in_those_days(town: Town, command: Command, by: Actor, at: datetime) -> Outcome:
    """What a command does that was sent at another time."""
    now, town.clock.now = town.clock.now, at
    try:
        return await town.do(command, by)
    finally:
        town.clock.now = now


async def missed(town: Town) -> Prepared:
    """A check of the day before, of a household that had been on the list since the day before that."""
    given = await watched_since(town, timedelta(days=2))
    day = (town.clock.now - timedelta(days=1)).date().isoformat()
    return town.community_staff, given | {"check": "CURTAIN", "day": day}


async def watched_since(town: Town, ago: timedelta) -> dict[str, Any]:
    """A household that has been on the list for some time."""
    household = number(town, "household") % 300 + 1
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
        neighbour = await person(town)
        given = await watched(town, neighbour)
        return Actor(str(neighbour), Role.RESIDENT, ""), given | fields

    return prepare


async def steward_of(town: Town, place: str = COMMUNITY) -> UUID:
    """The person of a registered steward, whose post was filled an hour ago."""
    post: Post = fold(await town.log.stream(await filled(town, PostKind.ALLEY_STEWARD, place)))
    assert post.holder is not None
    return post.holder


async def duty(town: Town) -> Prepared:
    given = {"placeCode": COMMUNITY, "personId": str(await steward_of(town)), "duty": "REPORT", "note": SAID}
    return town.community_staff, given


async def own_duty(town: Town) -> Prepared:
    """A duty that the steward logs."""
    _, given = await duty(town)
    return Actor(given["personId"], Role.RESIDENT, ""), given


_VISIT: dict[str, Any] = {"household": 7, "outcome": "MET", "finding": SAID}
_LOOK: dict[str, Any] = {"check": "CURTAIN", "amiss": True, "finding": SAID}

STEPS: dict[str, Prepare] = {
    "startPatrol": start,
    "logVisit": on_a_patrol(**_VISIT),
    "finishPatrol": on_a_patrol(),
    "beginWatch": begin,
    "endWatch": by_staff(watched, reason=SAID),
    "recordWelfareCheck": by_staff(watched, **_LOOK),
    "raiseConcern": by_staff(watched, finding=SAID),
    "recordMissedCheck": missed,
    "openCampaign": open_,
    "extendCampaign": extend,
    "closeCampaign": by_staff(finished_campaign),
    "visitHousehold": by_staff(campaign_of, gridCode=GRID, household=5, outcome="ABSENT", finding=SAID),
    "screenPerson": by_staff(met, finding=SAID),
    "logDuty": duty,
}

OF_ITS_OWN: dict[tuple[str, Role], Prepare] = {
    (name, role): on_a_patrol(role, **fields)
    for name, fields in (("logVisit", _VISIT), ("finishPatrol", {}))
    for role in (Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF, Role.SECTOR_CHIEF)
} | {
    ("recordWelfareCheck", Role.RESIDENT): by_the_neighbour(**_LOOK),
    ("raiseConcern", Role.RESIDENT): by_the_neighbour(finding=SAID),
    ("logDuty", Role.RESIDENT): own_duty,
}
"""Moments that belong to one role: a patrol is told by whoever walks it, a look by the neighbour named."""


# What the rounds have to show


async def walk(town: Town) -> None:
    """A patrol with words, from its start to its end."""
    patrol = await patrol_of(town)
    visit = rounds.LogVisit(patrol_id=patrol, household=8, outcome=VisitOutcome.MET, finding=SAID)
    await town.do(visit, town.worker())
    await town.do(rounds.FinishPatrol(patrol_id=patrol), town.worker())


async def watch_over(town: Town) -> None:
    """A watch of some days in another year, with looks, concerns and checks that nobody made; twice."""
    of: dict[str, Any] = {"grid_code": GRID, "household": number(town, "household") % 300 + 1}
    begun = datetime(2024, 1, 1, 0, 0, tzinfo=UTC)
    people: dict[str, Any] = {"person_id": await person(town), "watcher_id": await person(town)}
    steps = (
        rounds.BeginWatch(**of, **people, need=SAID),
        rounds.RecordWelfareCheck(**of, check=WelfareCheck.CURTAIN, amiss=True, finding=SAID),
        rounds.RecordMissedCheck(**of, check=WelfareCheck.LIGHT, day=begun.date()),
        rounds.EndWatch(**of, reason=SAID),
        rounds.BeginWatch(**of, **people, need=SAID),
        rounds.RecordWelfareCheck(**of, check=WelfareCheck.CURTAIN, amiss=True, finding=SAID),
        rounds.EndWatch(**of, reason=SAID),
    )
    for days, step in enumerate(steps):
        await in_those_days(town, step, town.community_staff, begun + timedelta(days=days, hours=1))


async def screen(town: Town) -> None:
    """A household of a campaign where somebody was met and screened, and a grid retired before that."""
    given = await met(town)
    found: dict[str, Any] = {
        "campaign_id": UUID(given["campaignId"]),
        "grid_code": GRID,
        "household": 3,
        "finding": SAID,
    }
    await town.do(screening.VisitHousehold(**found, outcome=VisitOutcome.MET), town.community_staff)
    await town.do(screening.ScreenPerson(**found), town.community_staff)
    await _screen_what_is_no_more(town)


async def _screen_what_is_no_more(town: Town) -> None:
    code = await further_grid(town)
    campaign = await campaign_of(town, code)
    await town.do(grids.RetireGrid(grid_code=code, reason="调整网格"))
    close = screening.CloseCampaign(campaign_id=UUID(campaign["campaignId"]))
    await town.do(close, town.community_staff)


LIVES: list[Live] = [walk, watch_over, screen]
BOARDS: dict[str, Board] = {
    "patrols": Board("patrols.patrol", "startPatrol"),
    "watches": Board("watches.watch", "beginWatch"),
    "concerns": Board("watches.concern", "raiseConcern"),
    "campaigns": Board("campaigns.campaign", "openCampaign"),
    "screenings": Board("campaigns.screening", "openCampaign"),
    "stewardDuties": Board("duties.duty", "logDuty"),
}
SINGLES: dict[str, str] = {
    "patrol": "SELECT patrol FROM patrols.visit JOIN patrols.patrol p ON p.id = patrol"
    " WHERE finding IS NOT NULL AND finished_at IS NOT NULL LIMIT 1",
    "watch": "SELECT id FROM watches.watch"
    " WHERE ended_at IS NOT NULL AND person IS NOT NULL AND looks > 1 LIMIT 1",
    "campaign": "SELECT id FROM campaigns.campaign WHERE settled > 0 LIMIT 1",
    "screening": "SELECT screening FROM campaigns.person JOIN campaigns.door d USING (screening)"
    " WHERE d.finding IS NOT NULL LIMIT 1",
    "stewardDuty": "SELECT id FROM duties.duty LIMIT 1",
}
ROOTS: dict[str, str] = {
    "patrolCoverage": f'patrolCoverage(place: "{STREET}", since: "2026-01-01T00:00:00Z",'
    ' until: "2027-01-01T00:00:00Z")',
    "welfareLooks": 'welfareLooks(watchId: "%(watch)s")',
    "screenedDoors": 'screenedDoors(screeningId: "%(screening)s")',
    "screenedPersons": 'screenedPersons(screeningId: "%(screening)s")',
    "stewardActivity": f'stewardActivity(place: "{STREET}", since: "2026-01-01", until: "2026-12-31")',
}
"""Where fields of the other queries begin that need arguments, given the identifiers of SINGLES."""
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_patrol": lambda ids: {"id": ids["patrol"]},
    "frontend_watch": lambda ids: {"id": ids["watch"]},
    "frontend_campaign": lambda ids: {"id": ids["campaign"]},
    "frontend_screening": lambda ids: {"id": ids["screening"]},
    "frontend_steward_duty": lambda ids: {"id": ids["stewardDuty"]},
}
WITHHELD = frozenset(
    {
        "patrol",
        "patrols",
        "watch",
        "watches",
        "welfareLooks",
        "concerns",
        "screenedDoors",
        "screenedPersons",
        "stewardDuty",
        "stewardDuties",
        "stewardActivity",
    }
)
"""Queries that show nothing to machines, whatever is asked."""
