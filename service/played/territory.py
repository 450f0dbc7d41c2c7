"""地域 Territory for the demonstration: zones, sectors, street offices, gaps and enclaves of a district.

The divisions are real. What is said of them here is made up and labelled so: which communities make a sector,
how an office is made up, where a gap or an enclave lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import NAMESPACE_URL, UUID, uuid5

from chuishao.commands.command import Command
from chuishao.commands.territory import places, sectors, zones
from chuishao.domain.actor import Actor
from chuishao.domain.division import Level, community_of, street_of
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.stage import Played, Stage
from chuishao.service.working_day import ZONE, Act

POWERS = ("考核评价权", "任免、评优评先等的建议权", "国土空间规划的参与权", "财政资金的统筹管理权")
UNITS = ("综合办公室", "党建办公室", "公共服务办公室", "公共管理办公室", "公共安全办公室")
ENOUGH = 3
"""Communities without which a street has no neighbours to show."""
_SQL = statements("chuishao.service.played", "territory.sql")


def acts(stage: Stage) -> list[list[Act]]:
    """What the district and each of its streets do on a day, in order; the district begins."""
    posts, day = stage.posts, stage.day
    chain = list(_dated(stage.district, time(8, 0), day, _of_the_district(stage.district)))
    chains = []
    for street, group in groupby((post.grid for post in posts), street_of):
        grids = list(group)
        chains.append(list(_dated(street, time(8, 20), day, _of_a_street(street, grids))))
        covered = _of_coverage(street, _communities(grids))
        chains.append(list(_dated(f"{street}:coverage", time(9, 0), day, covered)))
    acts = chain + [act for of_street in chains for act in of_street]
    return [sorted(acts, key=lambda act: act.at)]


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards of territory say of a district."""
    row = await connection.fetchrow(_SQL["told"], district)
    assert row is not None
    settled = f"{row['boundaries']} by another boundary, {row['transfers']} by another jurisdiction"
    return {
        1: f"{row['zones']} zones, {row['chiefs']} chiefs, {row['powers']} powers devolved",
        4: f"{row['flatter']} of {row['offices']} street offices flatter",
        29: f"{row['enclaves_open']} of {row['enclaves']} enclaves open, settled {settled}",
        30: f"{row['gaps_open']} of {row['gaps']} coverage gaps open",
        35: f"{row['sectors']} sectors, {row['sector_chiefs']} with a chief",
    }


Done = Iterator[tuple[Actor, Command]]


def _dated(place: str, begins: time, day: date, done: Done) -> Iterator[Act]:
    at = datetime.combine(day, begins, ZONE)
    for number, (by, command) in enumerate(done, start=1):
        yield Act(at, by, command, _identifier(place, number))
        at += timedelta(minutes=2)


def _identifier(place: str, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"chuishao:demo:{place}:territory:{number}")


def _communities(grids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(community_of, grids)))


def _district(code: str) -> Actor:
    return Actor(f"administrator-{code}", Role.ADMINISTRATOR, code)


def _of_the_district(code: str) -> Done:
    yield _district(code), zones.EstablishZone(zone_code=code, name="区战区（模拟）")


def _of_a_street(street: str, grids: Sequence[str]) -> Done:
    district = street[: Level.DISTRICT.digits]
    officer = Actor(f"street-officer-{street}", Role.STREET_OFFICER, street)
    communities = _communities(grids)
    for command in _zones(street, district, communities):
        yield officer, command
    for power in POWERS:
        yield _district(district), zones.DevolvePower(zone_code=street, power=power)
    yield _district(district), zones.WithdrawPower(zone_code=street, power=POWERS[-1])
    for command in _sectors(street, communities):
        yield officer, command
    for command in _office(street):
        yield officer, command
    if len(communities) >= ENOUGH:
        for command in _enclaves(communities, grids):
            yield _district(district), command


def _of_coverage(street: str, communities: Sequence[str]) -> Done:
    """Three gaps: one covered by a committee of its own, one by a neighbour, one still open."""
    officer = Actor(f"street-officer-{street}", Role.STREET_OFFICER, street)
    for number in range(1, 4):
        name = f"新建小区 {number}（模拟）"
        yield officer, places.ReportCoverageGap(street_code=street, name=name, households=140 * number)
    first, second = (uuid5(_identifier(f"{street}:coverage", number), "") for number in (1, 2))
    yield officer, places.FoundCommittee(gap_id=first, community_code=communities[-1])
    yield officer, places.AbsorbByNeighbour(gap_id=second, community_code=communities[0])


def _zones(street: str, district: str, communities: Iterable[str]) -> Iterator[Command]:
    """The street at the top for a moment, then under the district, with its communities under it."""
    yield zones.EstablishZone(zone_code=street, name="街道战区（模拟）")
    yield zones.MoveZone(zone_code=street, above_code=district)
    for community in communities:
        yield zones.EstablishZone(zone_code=community, name="社区战区（模拟）", above_code=street)


def _sectors(street: str, communities: Sequence[str]) -> Iterator[Command]:
    """Sectors of one community, then of two; the first one is dissolved and drawn anew."""
    pairs = [communities[at : at + 2] for at in range(0, len(communities), 2)]
    codes = [f"{street}-S{number:03d}" for number in range(1, len(pairs) + 2)]
    for code, pair in zip(codes, pairs, strict=False):
        yield sectors.DrawSector(sector_code=code, name="街片（模拟）", community_codes=[pair[0]])
        if len(pair) > 1:
            yield sectors.RedrawSector(sector_code=code, community_codes=list(pair))
    yield sectors.DissolveSector(sector_code=codes[0], reason="重新划片（模拟）")
    yield sectors.DrawSector(sector_code=codes[-1], name="街片（模拟）", community_codes=list(pairs[0]))


def _office(street: str) -> Iterator[Command]:
    """A tall office, and the flat one that came of it."""
    tall = [sectors.OfficeUnitGiven(name=UNITS[0], staff=6)]
    tall += [sectors.OfficeUnitGiven(name=name, staff=5, under=UNITS[0]) for name in UNITS[1:]]
    yield sectors.RestructureOffice(street_code=street, units=tall)
    flat = [sectors.OfficeUnitGiven(name=name, staff=5) for name in UNITS]
    yield sectors.RestructureOffice(street_code=street, units=flat)


def _enclaves(communities: Sequence[str], grids: Sequence[str]) -> Iterator[Command]:
    """Three enclaves: one held from now on where it lies, one whose boundary changed, one still open."""
    first, second, third = communities[:3]
    last = {community_of(grid): grid for grid in grids}
    yield _enclave(last[first], third, adjoining=False)
    successor = {"place_code": last[first], "successor_code": f"{third}-G001"}
    yield places.TransferJurisdiction(**successor, basis="区政府批复（模拟）")
    yield _enclave(last[second], first, adjoining=True)
    yield places.ChangeBoundary(place_code=last[second], basis="区政府批复（模拟）")
    yield _enclave(last[third], second, adjoining=False)


def _enclave(place: str, lies_in: str, *, adjoining: bool) -> Command:
    name = "插花地（模拟）"
    return places.IdentifyEnclave(place_code=place, name=name, lies_in_code=lies_in, adjoining=adjoining)


PLAYED = Played("Territory 地域", acts, told)
