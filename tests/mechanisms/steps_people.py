"""任职与成长 For every mutation of the people package a moment in which it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chuishao.commands.people import persons, posts
from chuishao.commands.territory.zones import EstablishZone
from chuishao.domain.event import fold
from chuishao.domain.people.post import post_id
from chuishao.domain.people.terms import ChiefStanding, PostKind, Rung, TrainingTier
from chuishao.domain.territory.sector import sector_id
from tests.mechanisms.kinds import Board, Live, Prepare, Prepared
from tests.mechanisms.steps_territory import a_sector
from tests.numbers import number
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, SAID, STREET, Town

NOBODY = UUID(int=0)


async def person(town: Town, place: str = COMMUNITY) -> UUID:
    """Somebody on a roster."""
    label = f"社区工作者 {number(town, 'person'):03d}"
    return (await town.do(persons.RegisterPerson(place_code=place, label=label, name=SAID))).id


async def filled(town: Town, kind: PostKind, place: str, **given: Any) -> UUID:
    """A post that somebody holds who entered the roster for it."""
    holder = await person(town, place[:12])
    fill = posts.FillPost(kind=kind, place_code=place, person_id=holder, **given)
    return (await town.do(fill)).id


async def register(town: Town) -> Prepared:
    label = f"社区工作者 {number(town, 'person'):03d}"
    return town.community_staff, {"placeCode": COMMUNITY, "label": label, "name": SAID}


async def level(town: Town) -> Prepared:
    somebody = await person(town)
    await town.do(persons.RecordLevel(person_id=somebody, rung=Rung.CITY_SOCIAL_WORKER))
    return town.community_staff, {"personId": str(somebody), "rung": "ASSISTANT_SOCIAL_WORKER"}


async def training(town: Town) -> Prepared:
    given = {"tier": "STREET", "course": "民情日志填写", "hours": 8}
    return town.community_staff, {"personId": str(await person(town))} | given


async def appraisal(town: Town) -> Prepared:
    given = {"period": "2025", "points": 92, "comment": SAID}
    return town.street_officer, {"personId": str(await person(town))} | given


async def incentive(town: Town) -> Prepared:
    somebody = await person(town)
    await town.do(persons.RecordAppraisal(person_id=somebody, period="2025", points=92, comment=SAID))
    given = {"period": "2025", "incentive": SAID}
    return town.street_officer, {"personId": str(somebody)} | given


async def fill(town: Town) -> Prepared:
    given = {"kind": "BUILDING_HEAD", "placeCode": GRID, "personId": str(await person(town))}
    return town.community_staff, given


async def vacate(town: Town) -> Prepared:
    post = await filled(town, PostKind.VOLUNTEER, GRID)
    return town.community_staff, {"postId": str(post), "reason": SAID}


STEPS: dict[str, Prepare] = {
    "registerPerson": register,
    "recordLevel": level,
    "recordTraining": training,
    "recordAppraisal": appraisal,
    "grantIncentive": incentive,
    "fillPost": fill,
    "vacatePost": vacate,
}


async def lead(town: Town) -> None:
    """Let chiefs, secretaries and leaders take turns."""
    await town.do(EstablishZone(zone_code=STREET, name="第一战区"))
    for kind, place in (
        (PostKind.ZONE_CHIEF, STREET),
        (PostKind.PARTY_SECRETARY, COMMUNITY),
        (PostKind.PARTY_SECRETARY, OTHER_COMMUNITY),
        (PostKind.GRID_LEADER, COMMUNITY),
    ):
        post = fold(await town.log.stream(post_id(kind, place, None, NOBODY)))
        if post is not None and post.holder is not None:
            await town.do(posts.VacatePost(post_id=post.id, reason=SAID))
        await filled(town, kind, place)
    sector = sector_id(await a_sector(town))
    chief = ChiefStanding.SECTION_CADRE
    await filled(town, PostKind.SECTOR_CHIEF, STREET, unit_id=sector, standing=chief)
    await filled(town, PostKind.ALLEY_STEWARD, COMMUNITY)
    await filled(town, PostKind.PARTY_COMMITTEE_MEMBER, COMMUNITY)


async def grow(town: Town) -> None:
    """Let one person have all that can be said of anybody."""
    somebody = await person(town)
    given: dict[str, Any] = {"person_id": somebody}
    for command in (
        persons.RecordLevel(**given, rung=Rung.CITY_SOCIAL_WORKER),
        persons.RecordTraining(**given, tier=TrainingTier.CITY, course="议事协商", hours=16),
        persons.RecordAppraisal(**given, period="2025", points=88, comment=SAID),
        persons.GrantIncentive(**given, period="2025", incentive=SAID),
    ):
        await town.do(command)
    post = (await town.do(posts.FillPost(**given, kind=PostKind.VOLUNTEER, place_code=GRID))).id
    await town.do(posts.VacatePost(post_id=post, reason=SAID))


LIVES: list[Live] = [lead, grow]

BOARDS: dict[str, Board] = {
    "persons": Board("people.person", "registerPerson", ("PLACE", "LABEL")),
    "posts": Board("posts.post", "fillPost"),
    "tenures": Board("posts.tenure WHERE until IS NULL", "fillPost"),
    "appraisals": Board("people.appraisal", "recordAppraisal"),
}
SINGLES: dict[str, str] = {
    "person": "SELECT person FROM people.training JOIN posts.tenure USING (person) LIMIT 1",
    "post": "SELECT post FROM posts.tenure WHERE reason IS NOT NULL LIMIT 1",
}
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_person": lambda ids: {"id": ids["person"]},
    "frontend_post": lambda ids: {"id": ids["post"]},
}
