"""地域 Commands about territory: what is looked up, who may, and what several at once cannot break."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands import divisions
from chuishao.commands.command import Command
from chuishao.commands.execution import Executor
from chuishao.commands.grids import RelieveGridWorker, RetireGrid
from chuishao.commands.territory import places, sectors, zones
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.refusal import (
    AlreadyExists,
    Forbidden,
    NotFound,
    OutOfRange,
    OutOfScope,
    Refusal,
    RetiredGrid,
    UnknownDivision,
    UnknownGrid,
    WrongDivisionLevel,
)
from chuishao.domain.territory.enclave import Enclave, enclave_id
from chuishao.domain.territory.refusals import (
    CommunityInSector,
    DissolvedSector,
    ForeignCommunity,
    NoZoneAbove,
    PowerNotHeld,
    ZoneCycle,
)
from chuishao.domain.territory.sector import SectorMembership, membership_id, sector_id
from chuishao.domain.territory.zone import CommandZone, zone_id
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.log import EventLog
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, START, STREET, THIRD_GRID, Clock, Town

DISTRICT, THIRD_COMMUNITY = "120101", "120101001003"
SECTOR, OTHER_SECTOR = f"{STREET}-S001", f"{STREET}-S002"
DISTRICT_ADMINISTRATOR = Actor("administrator-2", Role.ADMINISTRATOR, DISTRICT)


def establish(code: str, above: str | None = None) -> Command:
    return zones.EstablishZone(zone_code=code, name="战区", above_code=above)


def draw(code: str = SECTOR, *communities: str) -> Command:
    given = list(communities or (COMMUNITY,))
    return sectors.DrawSector(sector_code=code, name="街片", community_codes=given)


def identify(place: str = GRID, lies_in: str = OTHER_COMMUNITY, adjoining: bool = False) -> Command:
    return places.IdentifyEnclave(
        place_code=place, name="示例小区", lies_in_code=lies_in, adjoining=adjoining
    )


async def refused(town: Town, command: Command, kind: type[Refusal], by: Actor = SYSTEM) -> Refusal:
    """Send a command that must be refused and record nothing."""
    head = await town.log.head()
    with pytest.raises(kind) as found:
        await town.do(command, by)
    assert await town.log.head() == head
    return found.value


async def do(town: Town, *commands: Command) -> None:
    for command in commands:
        await town.do(command)


async def loaded(town: Town, stream: UUID) -> Any:
    return await town.log.aggregates.load(stream)


# 战区 Zones


async def test_a_tree_of_zones_is_established_from_above(town: Town) -> None:
    await do(town, establish(DISTRICT), establish(STREET, DISTRICT), establish(COMMUNITY, STREET))
    zone = await loaded(town, zone_id(COMMUNITY))
    assert isinstance(zone, CommandZone) and zone.above == STREET
    await refused(town, establish(OTHER_COMMUNITY, "120102"), NotFound)
    await refused(town, establish("120199"), UnknownDivision)


async def test_a_division_is_one_zone_and_the_same_again_changes_nothing(town: Town) -> None:
    await do(town, establish(DISTRICT), establish(STREET, DISTRICT))
    head = await town.log.head()
    await do(town, establish(STREET, DISTRICT))
    assert await town.log.head() == head
    await refused(town, establish(STREET), AlreadyExists)


async def test_a_street_puts_its_zones_under_the_district_and_takes_no_other_zone_under_itself(
    town: Town,
) -> None:
    officer = town.street_officer
    await do(town, establish(DISTRICT), establish("12"))
    await town.do(establish(STREET, DISTRICT), officer)
    await refused(town, zones.MoveZone(zone_code=DISTRICT, above_code=STREET), OutOfScope, officer)
    await town.do(zones.MoveZone(zone_code=STREET, above_code="12"), officer)
    await refused(town, establish(COMMUNITY, STREET), Forbidden, town.community_staff)
    await refused(
        town, zones.MoveZone(zone_code=STREET, above_code="12"), OutOfScope,
        Actor("street-officer-3", Role.STREET_OFFICER, "120102"),
    )  # fmt: skip


async def test_a_zone_is_put_under_one_outside_of_the_scope_only_by_whoever_keeps_both(town: Town) -> None:
    await do(town, *(establish(code) for code in (COMMUNITY, OTHER_COMMUNITY)))
    keeper = Actor("street-officer-3", Role.STREET_OFFICER, COMMUNITY)
    move = zones.MoveZone(zone_code=COMMUNITY, above_code=OTHER_COMMUNITY)
    assert (await refused(town, move, OutOfScope, keeper)).path == ("aboveCode",)
    await town.do(move, town.street_officer)


async def test_no_ring_is_made_by_one_command(town: Town) -> None:
    await do(town, establish(STREET), establish(COMMUNITY, STREET), establish(OTHER_COMMUNITY, COMMUNITY))
    await refused(town, zones.MoveZone(zone_code=COMMUNITY, above_code=OTHER_COMMUNITY), ZoneCycle)
    await refused(town, zones.MoveZone(zone_code=COMMUNITY, above_code=COMMUNITY), ZoneCycle)
    await refused(town, zones.MoveZone(zone_code=COMMUNITY, above_code=THIRD_COMMUNITY), NotFound)


async def test_no_ring_is_made_by_two_commands_at_once(town: Town, log: EventLog) -> None:
    """Each is sent to a process of its own, which remembers the zones as they were."""
    codes = (COMMUNITY, OTHER_COMMUNITY)
    others = Town(log, Executor(EventLog(log.pool), KEY, Clock(town.clock.now)), town.clock)
    await do(town, *map(establish, codes))
    answers = await asyncio.gather(
        town.do(zones.MoveZone(zone_code=codes[0], above_code=codes[1])),
        others.do(zones.MoveZone(zone_code=codes[1], above_code=codes[0])),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [ZoneCycle]
    above = [(await loaded(town, zone_id(code))).above for code in codes]
    assert sorted(above, key=str) in ([COMMUNITY, None], [OTHER_COMMUNITY, None])


async def test_power_comes_down_from_whoever_keeps_the_zone_above(town: Town) -> None:
    await do(town, establish(DISTRICT), establish(STREET, DISTRICT), establish(COMMUNITY, STREET))
    power = {"zone_code": STREET, "power": "考核评价权"}
    await refused(town, zones.DevolvePower(**power), OutOfScope, town.street_officer)
    await town.do(zones.DevolvePower(**power), DISTRICT_ADMINISTRATOR)
    await refused(town, zones.WithdrawPower(**power), OutOfScope, town.street_officer)
    await town.do(zones.DevolvePower(zone_code=COMMUNITY, power="资金统筹"), town.street_officer)
    await town.do(zones.WithdrawPower(**power), DISTRICT_ADMINISTRATOR)
    await refused(town, zones.WithdrawPower(**power), PowerNotHeld, DISTRICT_ADMINISTRATOR)
    await refused(town, zones.DevolvePower(zone_code=DISTRICT, power="考核评价权"), NoZoneAbove)
    await refused(town, zones.DevolvePower(zone_code="120102", power="考核评价权"), NotFound)


# 街片 Sectors


async def test_a_community_belongs_to_one_sector_at_a_time(town: Town) -> None:
    await do(town, draw(SECTOR, COMMUNITY))
    assert (await refused(town, draw(OTHER_SECTOR, COMMUNITY), CommunityInSector)).facts == {
        "community": COMMUNITY,
        "sector": SECTOR,
    }
    await do(town, sectors.RedrawSector(sector_code=SECTOR, community_codes=[OTHER_COMMUNITY]))
    await do(town, draw(OTHER_SECTOR, COMMUNITY))
    await do(town, sectors.DissolveSector(sector_code=SECTOR, reason="撤并"))
    await do(
        town,
        sectors.RedrawSector(sector_code=OTHER_SECTOR, community_codes=[COMMUNITY, OTHER_COMMUNITY]),
    )
    for community in (COMMUNITY, OTHER_COMMUNITY):
        membership = await loaded(town, membership_id(community))
        assert isinstance(membership, SectorMembership) and membership.sector == OTHER_SECTOR
    assert (await loaded(town, sector_id(OTHER_SECTOR))).communities == [COMMUNITY, OTHER_COMMUNITY]


async def test_two_sectors_drawn_at_once_do_not_share_a_community(town: Town) -> None:
    answers = await asyncio.gather(
        *(town.do(draw(code, COMMUNITY)) for code in (SECTOR, OTHER_SECTOR)), return_exceptions=True
    )
    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [CommunityInSector]


async def test_a_sector_is_drawn_once_and_the_same_again_changes_nothing(town: Town) -> None:
    await do(town, draw())
    head = await town.log.head()
    await do(town, draw())
    assert await town.log.head() == head
    await refused(town, draw(SECTOR, OTHER_COMMUNITY), AlreadyExists)
    dissolve = sectors.DissolveSector(sector_code=SECTOR, reason="撤并")
    await do(town, dissolve)
    await refused(town, draw(), AlreadyExists)
    await refused(town, dissolve, DissolvedSector)


async def test_a_sector_is_of_registered_communities_of_a_registered_street(town: Town) -> None:
    await refused(town, draw(SECTOR, THIRD_COMMUNITY), UnknownDivision)
    await refused(town, draw(SECTOR, "120101002001"), ForeignCommunity)
    await refused(town, draw("120101002-S001"), UnknownDivision)
    await refused(town, draw(SECTOR, COMMUNITY, OTHER_COMMUNITY, THIRD_COMMUNITY), OutOfRange)
    await refused(town, draw(), OutOfScope, Actor("street-officer-3", Role.STREET_OFFICER, "120102"))
    await refused(town, sectors.RedrawSector(sector_code=OTHER_SECTOR), NotFound)


async def test_the_office_of_a_street_is_charted_and_restructured(town: Town) -> None:
    head, desk = {"name": "综合办公室", "staff": 4}, {"name": "便民服务窗口", "staff": 6}

    def chart(*units: dict[str, Any], street: str = STREET) -> Command:
        given = [sectors.OfficeUnitGiven(**unit) for unit in units]
        return sectors.RestructureOffice(street_code=street, units=given)

    tall = await town.do(chart(head, desk | {"under": "综合办公室"}), town.street_officer)
    flat = await town.do(chart(head, desk), town.street_officer)
    assert (tall.id, tall.version, flat.version) == (flat.id, 1, 2)
    assert (await town.do(chart(head, desk), town.street_officer)).version == 2
    await refused(town, chart(head, street=COMMUNITY), WrongDivisionLevel)
    await refused(town, chart(head, street="120101002"), UnknownDivision)


# 两个全覆盖 Coverage


async def test_a_gap_is_closed_by_a_registered_community_of_its_street(town: Town) -> None:
    report = places.ReportCoverageGap(street_code=STREET, name="新建小区 1", households=420)
    gap = (await town.do(report, town.street_officer)).id
    founded = places.FoundCommittee(gap_id=gap, community_code=THIRD_COMMUNITY)
    await refused(town, founded, UnknownDivision)
    register = divisions.RegisterDivision(
        code=THIRD_COMMUNITY, name="第三社区", effective_from=date(2026, 3, 1)
    )
    await do(town, register)
    await refused(town, founded, OutOfScope, Actor("street-officer-3", Role.STREET_OFFICER, "120102"))
    await town.do(founded, town.street_officer)
    other = (await town.do(report, town.street_officer)).id
    await town.do(places.AbsorbByNeighbour(gap_id=other, community_code=COMMUNITY), town.street_officer)
    await refused(town, places.AbsorbByNeighbour(gap_id=uuid4(), community_code=COMMUNITY), NotFound)
    await refused(
        town, places.ReportCoverageGap(street_code=COMMUNITY, name="小区", households=1), WrongDivisionLevel
    )


# 飞地 Enclaves


async def test_an_enclave_is_identified_once_from_either_side(town: Town) -> None:
    await town.do(identify(), Actor("street-officer-3", Role.STREET_OFFICER, OTHER_COMMUNITY))
    head = await town.log.head()
    await town.do(identify(), Actor("street-officer-4", Role.STREET_OFFICER, COMMUNITY))
    assert await town.log.head() == head
    await refused(town, identify(adjoining=True), AlreadyExists)
    await refused(town, identify(), OutOfScope, Actor("street-officer-5", Role.STREET_OFFICER, "120102"))


async def test_an_enclave_is_a_grid_or_community_of_the_present(town: Town) -> None:
    assert (await refused(town, identify(f"{COMMUNITY}-G009"), UnknownGrid)).path == ("placeCode",)
    await refused(town, identify(THIRD_COMMUNITY, STREET), UnknownDivision)
    assert (await refused(town, identify(GRID, THIRD_COMMUNITY), UnknownDivision)).path == ("liesInCode",)
    await do(
        town, RelieveGridWorker(grid_code=GRID, reason="撤并"), RetireGrid(grid_code=GRID, reason="撤并")
    )
    assert (await refused(town, identify(), RetiredGrid)).path == ("placeCode",)


async def test_an_enclave_is_settled_by_whoever_keeps_both_sides(town: Town) -> None:
    await do(town, identify(), identify(THIRD_GRID, COMMUNITY, adjoining=True))
    transfer = places.TransferJurisdiction(place_code=GRID, successor_code=THIRD_GRID, basis="批复 001 号")
    change = places.ChangeBoundary(place_code=THIRD_GRID, basis="批复 002 号")
    for side in (COMMUNITY, OTHER_COMMUNITY):
        one_sided = Actor("administrator-3", Role.ADMINISTRATOR, side)
        await refused(town, transfer, OutOfScope, one_sided)
        await refused(town, change, OutOfScope, one_sided)
    await refused(town, transfer, Forbidden, town.street_officer)
    await town.do(transfer, DISTRICT_ADMINISTRATOR)
    await town.do(change, DISTRICT_ADMINISTRATOR)
    enclave = await loaded(town, enclave_id(GRID))
    assert isinstance(enclave, Enclave) and enclave.holder == OTHER_COMMUNITY
    assert enclave.holder_at(START) == COMMUNITY


async def test_what_is_no_enclave_is_not_settled(town: Town) -> None:
    await refused(town, places.ChangeBoundary(place_code=GRID, basis="批复 001 号"), NotFound)
    await do(town, identify())
    unknown = places.TransferJurisdiction(
        place_code=GRID, successor_code=f"{OTHER_COMMUNITY}-G009", basis="批复 001 号"
    )
    assert (await refused(town, unknown, UnknownGrid)).path == ("successorCode",)
