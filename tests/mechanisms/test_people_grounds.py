"""任职依据 What a post rests on: its zone, sector or office is there, and its election is of the place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chuishao.commands.people import ground
from chuishao.commands.people.posts import FillPost
from chuishao.domain.election.committee import Committee
from chuishao.domain.identity import identify
from chuishao.domain.people.person import Person
from chuishao.domain.people.refusals import WrongGround
from chuishao.domain.people.terms import ChiefStanding, PostKind
from chuishao.domain.refusal import BadTime, NotFound
from chuishao.domain.territory.office import OfficeUnit, StreetOffice, office_unit_id
from chuishao.domain.territory.refusals import DissolvedSector
from chuishao.domain.territory.sector import Sector, sector_id
from chuishao.domain.territory.zone import CommandZone
from tests.mechanisms.desk import desk, divisions, refused
from tests.mechanisms.elections import PEOPLE, WAY, a_call, an_election
from tests.town import COMMUNITY, OTHER_COMMUNITY, START, STREET

OTHER_STREET, DISTRICT = "120101002", "120101"
SECTOR = f"{STREET}-S001"
SOMEBODY = identify("person", 1)


def there() -> tuple[Any, ...]:
    """Two streets, a sector and an office in the first, and somebody."""
    office = StreetOffice.begin(STREET, [OfficeUnit("综合办公室", None, 4)], START)
    return (
        *divisions("12", DISTRICT, STREET, OTHER_STREET, COMMUNITY),
        Sector.draw(SECTOR, "第一街片", [COMMUNITY], START),
        office,
        Person.register(SOMEBODY, COMMUNITY, "社区工作者 001", None, START),
    )


def fill(kind: PostKind, place: str, unit: UUID | None = None) -> FillPost:
    standing = ChiefStanding.SECTION_CADRE if kind is PostKind.SECTOR_CHIEF else None
    return FillPost(kind=kind, place_code=place, person_id=SOMEBODY, unit_id=unit, standing=standing)


async def test_a_sector_has_its_chief_in_its_own_street_alone() -> None:
    chief = PostKind.SECTOR_CHIEF
    assert (await fill(chief, STREET, sector_id(SECTOR)).decide(desk(*there()))).holder == SOMEBODY
    elsewhere = await refused(fill(chief, OTHER_STREET, sector_id(SECTOR)), WrongGround, desk(*there()))
    assert elsewhere.path == ("unitId",)
    await refused(fill(chief, STREET, identify("sector", "nowhere")), NotFound, desk(*there()))


async def test_a_dissolved_sector_gets_no_chief() -> None:
    known = there()
    next(each for each in known if isinstance(each, Sector)).dissolve("撤并", START)
    told = await refused(
        fill(PostKind.SECTOR_CHIEF, STREET, sector_id(SECTOR)), DissolvedSector, desk(*known)
    )
    assert told.path == ("unitId",)


async def test_a_unit_of_the_office_has_its_head_in_its_own_street_alone() -> None:
    head, unit = PostKind.OFFICE_HEAD, office_unit_id(STREET, "综合办公室")
    assert (await fill(head, STREET, unit).decide(desk(*there()))).holder == SOMEBODY
    for place, other in ((OTHER_STREET, unit), (STREET, office_unit_id(STREET, "没有的机构"))):
        assert (await refused(fill(head, place, other), NotFound, desk(*there()))).path == ("unitId",)


@pytest.mark.parametrize("place", ["12", DISTRICT, STREET, COMMUNITY])
async def test_a_zone_of_any_level_has_a_chief_and_what_is_no_zone_has_none(place: str) -> None:
    chief = fill(PostKind.ZONE_CHIEF, place)
    assert (await refused(chief, NotFound, desk(*there()))).path == ("placeCode",)
    zone = CommandZone.establish(place, "战区", None, START)
    assert (await chief.decide(desk(*there(), zone))).holder == SOMEBODY


DIRECTOR = PostKind.COMMITTEE_DIRECTOR


async def test_an_election_gives_posts_of_its_own_community_alone() -> None:
    """A committee of another community may have the same people; it was not elected by these voters."""
    election, elsewhere = an_election(*WAY), an_election(*WAY, call=a_call(community=OTHER_COMMUNITY))
    own, other = (Committee.begin(each, each.modified_on) for each in (election, elsewhere))
    assert await ground.elected(desk(election, own), election.id, DIRECTOR, COMMUNITY, PEOPLE[0])
    work = desk(election, own, other)
    assert not await ground.elected(work, election.id, DIRECTOR, OTHER_COMMUNITY, PEOPLE[0])


async def test_nobody_holds_a_post_before_the_election_to_it_is_certified() -> None:
    election = an_election(*WAY)
    committee = Committee.begin(election, election.modified_on)
    certified = election.modified_on
    work = desk(election, committee, at=certified)
    assert await ground.elected(work, election.id, DIRECTOR, COMMUNITY, PEOPLE[0])
    before = desk(election, committee, at=certified - timedelta(seconds=1))
    with pytest.raises(BadTime):
        await ground.elected(before, election.id, DIRECTOR, COMMUNITY, PEOPLE[0])
