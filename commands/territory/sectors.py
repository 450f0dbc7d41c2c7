"""Commands about sectors and the offices of streets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Level
from chuishao.domain.refusal import AlreadyExists, NotFound
from chuishao.domain.territory.office import OfficeUnit, StreetOffice, office_id
from chuishao.domain.territory.sector import Sector, SectorMembership, membership_id, sector_id, sector_street

SectorCode = Annotated[str, Doc("街片代码 the sector: a street code, -S and three digits")]


@dataclass(frozen=True, kw_only=True)
class DrawSector(Command):
    """划定街片 Draw a sector of one or two communities of one street."""

    thing = "sector"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    sector_code: SectorCode
    name: Annotated[str, Doc("名称 its name")]
    community_codes: Annotated[list[str], Doc("社区 the codes of its one or two communities")]

    async def decide(self, work: Work) -> Sector:
        """Draw once; the same sector again changes nothing."""
        work.require_setup(Setup.KEEP_TERRITORY, self.sector_code, "sectorCode")
        await work.division(sector_street(self.sector_code), Level.STREET, "sectorCode")
        known = await work.find(Sector, sector_id(self.sector_code))
        if known is not None:
            asked = (self.name.strip(), sorted(set(self.community_codes)))
            if (known.name, known.communities) != asked or known.dissolved_at is not None:
                kind = AGGREGATES[Sector]
                raise AlreadyExists("sectorCode", kind=kind, id=self.sector_code, existing=known.name)
            return known
        drawn = work.add(Sector.draw(self.sector_code, self.name, self.community_codes, work.at))
        await _join(work, drawn.communities, drawn.code)
        return drawn


@dataclass(frozen=True, kw_only=True)
class RedrawSector(Command):
    """调整街片 Change a sector's name or communities; what is left out stays."""

    thing = "sector"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    sector_code: SectorCode
    name: Annotated[str | None, Doc("名称 its new name")] = None
    community_codes: Annotated[list[str] | None, Doc("社区 the codes of its communities from now on")] = None

    async def decide(self, work: Work) -> Sector:
        """Redraw; communities come and go."""
        work.require_setup(Setup.KEEP_TERRITORY, self.sector_code, "sectorCode")
        sector = await _sector(work, self.sector_code)
        before = set(sector.communities)
        sector.redraw(self.name, self.community_codes, work.at)
        await _join(work, sorted(set(sector.communities) - before), sector.code)
        await _leave(work, sorted(before - set(sector.communities)))
        return sector


@dataclass(frozen=True, kw_only=True)
class DissolveSector(Command):
    """撤销街片 End a sector; its communities belong to none from then on."""

    thing = "sector"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    sector_code: SectorCode
    reason: Annotated[str, Doc("原因 why")]

    async def decide(self, work: Work) -> Sector:
        """Dissolve."""
        work.require_setup(Setup.KEEP_TERRITORY, self.sector_code, "sectorCode")
        sector = await _sector(work, self.sector_code)
        sector.dissolve(self.reason, work.at)
        await _leave(work, sector.communities)
        return sector


async def _sector(work: Work, code: str) -> Sector:
    sector = await work.find(Sector, sector_id(code))
    if sector is None:
        raise NotFound("sectorCode", kind=AGGREGATES[Sector], id=code)
    return sector


async def _join(work: Work, communities: Iterable[str], sector: str) -> None:
    for community in communities:
        await work.division(community, Level.COMMUNITY, "communityCodes")
        membership = await work.find(SectorMembership, membership_id(community))
        if membership is None:
            work.add(SectorMembership.begin(community, sector, work.at))
        else:
            membership.join(sector, work.at)


async def _leave(work: Work, communities: Iterable[str]) -> None:
    for community in communities:
        membership = await work.get(SectorMembership, membership_id(community))
        membership.leave(work.at)


@dataclass(frozen=True, kw_only=True)
class OfficeUnitGiven:
    """机构 A unit of a street's office."""

    name: Annotated[str, Doc("名称 its name, which no other unit of the office bears")]
    staff: Annotated[int, Doc("人数 how many people work in it")]
    under: Annotated[str | None, Doc("上级机构 the unit it answers to; left out: the head of the street")] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class RestructureOffice(Command):
    """街道机构改革 Say how the office of a street is made up from now on."""

    thing = "office"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    street_code: Annotated[str, Doc("街道 the code of the street or town")]
    units: Annotated[list[OfficeUnitGiven], Doc("机构 all its units")]

    async def decide(self, work: Work) -> StreetOffice:
        """Record the chart; the first one begins the office's history."""
        work.require_setup(Setup.KEEP_TERRITORY, self.street_code, "streetCode")
        await work.division(self.street_code, Level.STREET, "streetCode")
        chart = [OfficeUnit(unit.name, unit.under, unit.staff) for unit in self.units]
        office = await work.find(StreetOffice, office_id(self.street_code))
        if office is None:
            return work.add(StreetOffice.begin(self.street_code, chart, work.at))
        office.restructure(chart, work.at)
        return office
