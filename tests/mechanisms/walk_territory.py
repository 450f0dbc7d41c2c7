"""Territory beside the random walk: one step after the other, so that a short walk has met everything."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.grids import DrawGrid
from chuishao.commands.territory import places, sectors, zones
from chuishao.domain.actor import SYSTEM, Actor
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET

Do = Callable[[Command, Actor], Awaitable[UUID | None]]
SUCCESSOR = f"{OTHER_COMMUNITY}-G900"
HEAD, DESK = "综合办公室", "便民服务窗口"


async def step(do: Do, chance: random.Random, made: dict[str, list[UUID]]) -> None:
    """Take the next step of the round; what is refused is left at that."""
    taken = made.setdefault("territory", [])
    gaps = made.setdefault("gap", [])
    commands = _round(len(taken), chance, gaps)
    command = commands[len(taken) % len(commands)]
    done = await do(command, SYSTEM)
    taken.append(done or UUID(int=0))
    if done is not None and isinstance(command, places.ReportCoverageGap):
        gaps.append(done)


def _round(taken: int, chance: random.Random, gaps: list[UUID]) -> list[Command]:
    number = taken // 22
    founded = f"{STREET}{700 + number % 200}"
    power = {"zone_code": COMMUNITY, "power": f"权力 {number % 3}"}
    sector = {"sector_code": f"{STREET}-S{number + 1:03d}"}
    above = STREET if number % 2 else OTHER_COMMUNITY
    first, second = (gaps[-2], gaps[-1]) if len(gaps) > 1 else (UUID(int=1), UUID(int=2))
    return [
        zones.EstablishZone(zone_code=STREET, name="街道战区"),
        zones.EstablishZone(zone_code=COMMUNITY, name="社区战区", above_code=STREET),
        zones.EstablishZone(zone_code=OTHER_COMMUNITY, name="社区战区", above_code=STREET),
        zones.MoveZone(zone_code=COMMUNITY, above_code=above),
        zones.DevolvePower(**power),
        zones.WithdrawPower(**power),
        zones.DevolvePower(**power),
        sectors.DrawSector(**sector, name="街片", community_codes=[COMMUNITY]),
        sectors.RedrawSector(**sector, community_codes=[COMMUNITY, OTHER_COMMUNITY]),
        sectors.DissolveSector(**sector, reason="重新划片"),
        _restructured(HEAD, chance.randint(1, 9)),
        _restructured(None, chance.randint(1, 9)),
        _gap(chance),
        _gap(chance),
        RegisterDivision(code=founded, name="新社区", effective_from=date(2024, 1, 1)),
        places.FoundCommittee(gap_id=first, community_code=founded),
        places.AbsorbByNeighbour(gap_id=second, community_code=OTHER_COMMUNITY),
        DrawGrid(grid_code=SUCCESSOR, name="承接网格", households=300),
        _enclave(GRID, adjoining=False),
        places.TransferJurisdiction(place_code=GRID, successor_code=SUCCESSOR, basis="批复 001 号"),
        _enclave(OTHER_GRID, adjoining=True),
        places.ChangeBoundary(place_code=OTHER_GRID, basis="批复 002 号"),
    ]


def _restructured(under: str | None, staff: int) -> Command:
    head = sectors.OfficeUnitGiven(name=HEAD, staff=staff)
    desk = sectors.OfficeUnitGiven(name=DESK, staff=2 * staff, under=under)
    return sectors.RestructureOffice(street_code=STREET, units=[head, desk])


def _gap(chance: random.Random) -> Command:
    households = chance.randint(0, 500)
    return places.ReportCoverageGap(street_code=STREET, name="新建小区", households=households)


def _enclave(place: str, *, adjoining: bool) -> Command:
    return places.IdentifyEnclave(
        place_code=place, name="插花地", lies_in_code=OTHER_COMMUNITY, adjoining=adjoining
    )
