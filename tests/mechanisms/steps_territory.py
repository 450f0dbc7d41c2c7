"""For every mutation of territory a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.grids import DrawGrid
from chuishao.commands.territory.places import IdentifyEnclave, ReportCoverageGap
from chuishao.commands.territory.sectors import DrawSector, OfficeUnitGiven, RestructureOffice
from chuishao.commands.territory.zones import DevolvePower, EstablishZone
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from tests.numbers import community_code, grid_code, number
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, STREET, Town

ADMINISTRATOR = Actor("administrator-1", Role.ADMINISTRATOR, "")
SECTOR = f"{STREET}-S001"

Given = Callable[[Town], Awaitable[dict[str, Any]]]
Prepare = Callable[[Town], Awaitable[tuple[Actor | None, dict[str, Any]]]]


async def a_community(town: Town) -> str:
    """The code of a fresh community of the street."""
    code = community_code(town)
    await town.do(RegisterDivision(code=code, name="新社区", effective_from=date(2024, 1, 1)))
    return code


async def a_grid(town: Town, community: str = COMMUNITY) -> str:
    """The code of a fresh grid."""
    code = grid_code(town, community)
    await town.do(DrawGrid(grid_code=code, name="新网格", households=280))
    return code


async def a_zone(town: Town, above: str | None = STREET) -> str:
    """The zone of a fresh community, under the street's."""
    await town.do(EstablishZone(zone_code=STREET, name="第一战区"))
    code = await a_community(town)
    await town.do(EstablishZone(zone_code=code, name="社区战区", above_code=above))
    return code


async def a_sector(town: Town) -> str:
    """A sector of a fresh community."""
    code = f"{STREET}-S{number(town, 'sector code', 100)}"
    communities = [await a_community(town)]
    await town.do(DrawSector(sector_code=code, name="新街片", community_codes=communities))
    return code


async def a_gap(town: Town) -> str:
    """An open gap of the street."""
    report = ReportCoverageGap(street_code=STREET, name="新建小区", households=420)
    return str((await town.do(report)).id)


async def an_enclave(town: Town, *, adjoining: bool = False) -> str:
    """A fresh grid of one community that lies in the other."""
    code = await a_grid(town)
    identify = IdentifyEnclave(
        place_code=code, name="插花地", lies_in_code=OTHER_COMMUNITY, adjoining=adjoining
    )
    await town.do(identify)
    return code


async def one_of_each(town: Town) -> UUID:
    """A zone with a power, the sector `SECTOR`, the street's office, an open gap, and `GRID` as an enclave.

    Gives the gap.
    """
    await town.do(EstablishZone(zone_code=STREET, name="第一战区"))
    await town.do(EstablishZone(zone_code=COMMUNITY, name="社区战区", above_code=STREET))
    await town.do(DevolvePower(zone_code=COMMUNITY, power="考核评价权"))
    await town.do(DrawSector(sector_code=SECTOR, name="第一街片", community_codes=[COMMUNITY]))
    chart = [OfficeUnitGiven(name="综合办公室", staff=4)]
    await town.do(RestructureOffice(street_code=STREET, units=chart))
    await town.do(
        IdentifyEnclave(place_code=GRID, name="插花地", lies_in_code=OTHER_COMMUNITY, adjoining=False)
    )
    return UUID(await a_gap(town))


async def _establish(town: Town) -> dict[str, Any]:
    await a_zone(town)
    return {"zoneCode": await a_community(town), "name": "社区战区", "aboveCode": STREET}


async def _move(town: Town) -> dict[str, Any]:
    return {"zoneCode": await a_zone(town), "aboveCode": await a_zone(town)}


async def _devolve(town: Town) -> dict[str, Any]:
    return {"zoneCode": await a_zone(town), "power": "考核评价权"}


async def _withdraw(town: Town) -> dict[str, Any]:
    code = await a_zone(town)
    await town.do(DevolvePower(zone_code=code, power="考核评价权"))
    return {"zoneCode": code, "power": "考核评价权"}


async def _draw(town: Town) -> dict[str, Any]:
    communities = [await a_community(town), await a_community(town)]
    return {
        "sectorCode": f"{STREET}-S{number(town, 'sector code', 100)}",
        "name": "新街片",
        "communityCodes": communities,
    }


async def _redraw(town: Town) -> dict[str, Any]:
    return {"sectorCode": await a_sector(town), "communityCodes": [await a_community(town)]}


async def _dissolve(town: Town) -> dict[str, Any]:
    return {"sectorCode": await a_sector(town), "reason": "并入相邻街片"}


async def _restructure(town: Town) -> dict[str, Any]:
    head = f"综合办公室 {number(town, 'office')}"
    units = [{"name": head, "staff": 4}, {"name": "便民服务窗口", "under": head, "staff": 6}]
    # the street has one office, which is charted by the town's clock too
    return {"streetCode": STREET, "units": units, "occurredAt": town.clock.now.isoformat()}


async def _report(_town: Town) -> dict[str, Any]:
    return {"streetCode": STREET, "name": "新建小区", "households": 420}


async def _close(town: Town) -> dict[str, Any]:
    return {"gapId": await a_gap(town), "communityCode": await a_community(town)}


async def _identify(town: Town) -> dict[str, Any]:
    land = {"liesInCode": OTHER_COMMUNITY, "adjoining": False}
    return {"placeCode": await a_grid(town), "name": "插花地"} | land


async def _change(town: Town) -> dict[str, Any]:
    return {"placeCode": await an_enclave(town, adjoining=True), "basis": "区政府批复 001 号"}


async def _transfer(town: Town) -> dict[str, Any]:
    successor = await a_grid(town, OTHER_COMMUNITY)
    return {"placeCode": await an_enclave(town), "successorCode": successor, "basis": "区政府批复 002 号"}


def _by_the_street(given: Given) -> Prepare:
    async def prepare(town: Town) -> tuple[Actor | None, dict[str, Any]]:
        return town.street_officer, await given(town)

    return prepare


def _by_an_administrator(given: Given) -> Prepare:
    async def prepare(town: Town) -> tuple[Actor | None, dict[str, Any]]:
        return ADMINISTRATOR, await given(town)

    return prepare


STEPS: dict[str, Prepare] = {
    "establishZone": _by_the_street(_establish),
    "moveZone": _by_the_street(_move),
    "devolvePower": _by_the_street(_devolve),
    "withdrawPower": _by_the_street(_withdraw),
    "drawSector": _by_the_street(_draw),
    "redrawSector": _by_the_street(_redraw),
    "dissolveSector": _by_the_street(_dissolve),
    "restructureOffice": _by_the_street(_restructure),
    "reportCoverageGap": _by_the_street(_report),
    "foundCommittee": _by_the_street(_close),
    "absorbByNeighbour": _by_the_street(_close),
    "identifyEnclave": _by_the_street(_identify),
    "changeBoundary": _by_an_administrator(_change),
    "transferJurisdiction": _by_an_administrator(_transfer),
}
LIVES: list[Callable[[Town], Awaitable[object]]] = [one_of_each]
"""What no single mutation shows: everything of the town's own street."""
SINGLES: dict[str, str] = {"coverageGap": "SELECT id FROM coverage.gap LIMIT 1"}
"""By the name of a query with `id`: how to find the identifier of a row of which everything is known."""
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_zone_tree": lambda _: {"code": STREET},
    "frontend_sector": lambda _: {"code": SECTOR},
    "frontend_street_office": lambda _: {"street": STREET},
    "frontend_coverage_gap": lambda ids: {"id": ids["coverageGap"]},
    "frontend_enclave": lambda _: {"place": GRID},
    "auditor_jurisdiction": lambda _: {"places": [GRID, COMMUNITY]},
}
"""By the name of an example operation: its variables."""
ROOTS: dict[str, str] = {
    "zone": f'zone(code: "{COMMUNITY}")',
    "sector": f'sector(code: "{SECTOR}")',
    "streetOffice": f'streetOffice(street: "{STREET}")',
    "enclave": f'enclave(place: "{GRID}")',
    "jurisdiction": f'jurisdiction(places: ["{GRID}"])',
}
"""Queries by code."""
