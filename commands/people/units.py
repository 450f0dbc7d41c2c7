"""所属单元 Whether what a post belongs to is there: a zone, a sector, a unit of the street's office."""

from uuid import UUID

from chuishao.commands.work import Work
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import street_of
from chuishao.domain.people.refusals import WrongGround
from chuishao.domain.people.terms import PostKind
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound, leading_to
from chuishao.domain.territory.office import StreetOffice, office_id, office_unit_id
from chuishao.domain.territory.sector import Sector
from chuishao.domain.territory.zone import CommandZone, zone_id


async def require_there(work: Work, kind: PostKind, place: str, unit: UUID | None) -> None:
    """Refuse a post of what is not there, or is there elsewhere: so each of them has one chief at most."""
    if kind is PostKind.ZONE_CHIEF and await work.find(CommandZone, zone_id(place)) is None:
        raise NotFound("placeCode", kind=AGGREGATES[CommandZone], id=place)
    if kind is PostKind.SECTOR_CHIEF and unit is not None:
        await _require_sector(work, place, unit)
    if kind is PostKind.OFFICE_HEAD and unit is not None:
        office = await work.find(StreetOffice, office_id(place))
        names = [charted["name"] for charted in office.units] if office else []
        if unit not in {office_unit_id(place, name) for name in names}:
            raise NotFound("unitId", kind=Phrase("unit of the office", "内设机构"), id=unit)


async def _require_sector(work: Work, street: str, unit: UUID) -> None:
    sector = await work.get(Sector, unit, "unitId")
    if street_of(sector.code) != street:
        reason = Phrase(f"sector {sector.code} lies in another street", f"街片 {sector.code} 不属于该街道")
        raise WrongGround("unitId", post=PostKind.SECTOR_CHIEF, reason=reason)
    with leading_to("unitId"):
        sector.require_active()
