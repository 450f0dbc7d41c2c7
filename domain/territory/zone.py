"""战区 CommandZone: a division as a zone of command, under at most one other. “战区制、主官上、权下放”.

“以街道、社区为基本作战区域”. The zone's one chief (主官) is an appointment to a post at its place. The zones
are a forest: what lies above a zone never lies below it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.division import level_of
from chuishao.domain.event import SHORT_TEXT, Event, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import WrongDivisionLevel
from chuishao.domain.territory.refusals import NoZoneAbove, PowerNotHeld, ZoneCycle

CHANGED = Phrase("the last change of the zone", "战区的上一次变动")


def zone_id(code: str) -> UUID:
    """The stream of the zone of a division: a division is one zone at most."""
    return identify("zone", code)


class ZoneEstablished(Event, AggregateCreated):
    """设立战区: a division became a zone of command."""

    TOPIC = "ZoneEstablished"
    code: str
    name: str
    above: str | None

    def apply(self, zone: CommandZone) -> None:
        """Begin."""
        zone.code = self.code
        zone.name = self.name
        zone.above = self.above


class ZoneMoved(Event):
    """调整隶属: the zone lies under another one, or under none."""

    TOPIC = "ZoneMoved"
    above: str | None

    def apply(self, zone: CommandZone) -> None:
        """Lie there."""
        zone.above = self.above


class PowerDevolved(Event):
    """权下放: a power came down from the zone above."""

    TOPIC = "PowerDevolved"
    power: str
    above: str

    def apply(self, zone: CommandZone) -> None:
        """Have the power, and know whose it was."""
        zone.powers[self.power] = self.above


class PowerWithdrawn(Event):
    """权力收回: a power went back to the zone that gave it."""

    TOPIC = "PowerWithdrawn"
    power: str
    above: str

    def apply(self, zone: CommandZone) -> None:
        """Have it no more."""
        del zone.powers[self.power]


class CommandZone(BaseAggregate[UUID]):
    """One zone, what lies above it, and which powers came down to it, each with its giver."""

    TOPIC = "zone"

    def __init__(self) -> None:
        self.code = ""
        self.name = ""
        self.above: str | None = None
        self.powers: dict[str, str] = {}

    @property
    def place(self) -> str:
        """The code of its division."""
        return self.code

    @property
    def correlation(self) -> None:
        """Zones belong to no case."""

    @classmethod
    def establish(cls, code: str, name: str, above: CommandZone | None, at: datetime) -> Self:
        """Make a division a zone, under another one or under none."""
        _require_not_lower(code, above)
        return cls._create(
            ZoneEstablished,
            id=zone_id(code),
            timestamp=at,
            code=code,
            name=written("name", name, SHORT_TEXT),
            above=above.code if above else None,
        )

    def move(self, lineage: Sequence[CommandZone], at: datetime) -> None:
        """Put it under the first of `lineage`, which goes on with whatever lies above that; none: at the top.

        The powers it has stay with it until their givers take them back.
        """
        above = lineage[0] if lineage else None
        _require_not_lower(self.code, above)
        if above is not None and self.code in {zone.code for zone in lineage}:
            raise ZoneCycle("aboveCode", zone=self.code, above=above.code)
        if (above.code if above else None) != self.above:
            not_before(at, self.modified_on, CHANGED)
            self.trigger_event(ZoneMoved, timestamp=at, above=above.code if above else None)

    def devolve(self, power: str, at: datetime) -> None:
        """Take a power over from the zone above; the same power again changes nothing."""
        said = written("power", power, SHORT_TEXT)
        if self.above is None:
            raise NoZoneAbove("zoneCode", zone=self.code)
        if said not in self.powers:
            not_before(at, self.modified_on, CHANGED)
            self.trigger_event(PowerDevolved, timestamp=at, power=said, above=self.above)

    def withdraw(self, power: str, at: datetime) -> None:
        """Give a power back to the zone that it came from."""
        giver = self.giver(power)
        not_before(at, self.modified_on, CHANGED)
        self.trigger_event(PowerWithdrawn, timestamp=at, power=power.strip(), above=giver)

    def giver(self, power: str) -> str:
        """The zone that a power came from; refused where it never came down."""
        said = written("power", power, SHORT_TEXT)
        if said not in self.powers:
            raise PowerNotHeld("power", zone=self.code, power=said, held=list(self.powers))
        return self.powers[said]


def _require_not_lower(code: str, above: CommandZone | None) -> None:
    """Refuse to put a zone under one of a lower level: no community commands a street."""
    if above is not None and level_of(above.code).digits > level_of(code).digits:
        needed = Phrase(f"zone of the level of {code} or a higher one", f"与 {code} 同级或更高级别的战区")
        raise WrongDivisionLevel("aboveCode", code=above.code, level=level_of(above.code), needed=needed)
