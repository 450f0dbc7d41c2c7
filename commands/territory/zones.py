"""Commands about command zones and the powers that come down to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.refusal import AlreadyExists, NotFound
from chuishao.domain.territory.zone import CommandZone, zone_id

ZoneCode = Annotated[str, Doc("战区 the code of the zone's division")]
Power = Annotated[str, Doc("权力 the power, in words")]


@dataclass(frozen=True, kw_only=True)
class EstablishZone(Command):
    """设立战区 Make a division a zone of command, under another zone or under none."""

    thing = "zone"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    zone_code: ZoneCode
    name: Annotated[str, Doc("名称 its name")]
    above_code: Annotated[str | None, Doc("上级战区 the code of the zone above; left out: none")] = None

    async def decide(self, work: Work) -> CommandZone:
        """Establish once; the same zone again changes nothing."""
        work.require_setup(Setup.KEEP_TERRITORY, self.zone_code, "zoneCode")
        await work.division(self.zone_code, path="zoneCode")
        known = await work.find(CommandZone, zone_id(self.zone_code))
        if known is not None:
            if (known.name, known.above) != (self.name.strip(), self.above_code):
                kind = AGGREGATES[CommandZone]
                raise AlreadyExists("zoneCode", kind=kind, id=self.zone_code, existing=known.name)
            return known
        above = None
        if self.above_code is not None:
            _require_above(work, self.above_code, self.zone_code)
            above = await _zone(work, self.above_code, "aboveCode")
        return work.add(CommandZone.establish(self.zone_code, self.name, above, work.at))


@dataclass(frozen=True, kw_only=True)
class MoveZone(Command):
    """调整战区隶属 Put a zone under another one, or at the top; its powers stay with it."""

    thing = "zone"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    zone_code: ZoneCode
    above_code: Annotated[str | None, Doc("上级战区 the code of the zone above; left out: none")] = None

    async def decide(self, work: Work) -> CommandZone:
        """Move, after a look at everything above the new place."""
        work.require_setup(Setup.KEEP_TERRITORY, self.zone_code, "zoneCode")
        zone = await _zone(work, self.zone_code, "zoneCode")
        lineage: list[CommandZone] = []
        if self.above_code is not None:
            _require_above(work, self.above_code, self.zone_code)
            lineage = await _lineage(work, self.above_code)
        zone.move(lineage, work.at)
        return zone


@dataclass(frozen=True, kw_only=True)
class DevolvePower(Command):
    """权下放 Hand a power of the zone above down to a zone."""

    thing = "zone"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    zone_code: ZoneCode
    power: Power

    async def decide(self, work: Work) -> CommandZone:
        """Devolve; decided by whoever keeps the zone above."""
        work.require_setup(Setup.KEEP_TERRITORY, self.zone_code, "zoneCode")
        zone = await _zone(work, self.zone_code, "zoneCode")
        if zone.above is not None:
            work.require_setup(Setup.KEEP_TERRITORY, zone.above, "zoneCode")
        zone.devolve(self.power, work.at)
        return zone


@dataclass(frozen=True, kw_only=True)
class WithdrawPower(Command):
    """收回权力 Take a devolved power back to the zone that it came from."""

    thing = "zone"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    zone_code: ZoneCode
    power: Power

    async def decide(self, work: Work) -> CommandZone:
        """Withdraw; decided by whoever keeps the zone that gave it."""
        work.require_setup(Setup.KEEP_TERRITORY, self.zone_code, "zoneCode")
        zone = await _zone(work, self.zone_code, "zoneCode")
        work.require_setup(Setup.KEEP_TERRITORY, zone.giver(self.power), "power")
        zone.withdraw(self.power, work.at)
        return zone


def _require_above(work: Work, above: str, below: str) -> None:
    """Refuse a zone above that neither contains the place nor lies within the actor's scope."""
    if not below.startswith(above):
        work.require_setup(Setup.KEEP_TERRITORY, above, "aboveCode")


async def _zone(work: Work, code: str, path: str) -> CommandZone:
    zone = await work.find(CommandZone, zone_id(code))
    if zone is None:
        raise NotFound(path, kind=AGGREGATES[CommandZone], id=code)
    return zone


async def _lineage(work: Work, code: str) -> list[CommandZone]:
    """A zone and everything above it, upwards.

    What is remembered may be of different ages, so it is not trusted to end; the log judges what comes of it.
    """
    lineage: list[CommandZone] = []
    at: str | None = code
    while at is not None and at not in {zone.code for zone in lineage}:
        lineage.append(await _zone(work, at, "aboveCode"))
        at = lineage[-1].above
    return lineage
