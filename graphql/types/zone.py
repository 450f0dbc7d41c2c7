"""Command zones and the powers that came down to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.graphql.links import DIVISION, POWERS_OF_ZONE, TALLY, ZONE, ZONES_BELOW
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, Node, Tally, ZoneRef, identified, late
from chuishao.projections.zones import ZoneRow


@strawberry.type(
    description="下放权力 A power that came down to a zone (权下放); the last time, of one that came again."
)
class DevolvedPower:
    """A row of the powers read model."""

    @computed(ITS_OWN)
    def id(zone: UUID | str, power: str) -> strawberry.ID:
        """By its words."""
        return identified("devolved-power", zone, power)

    power: str = column("权力 The power, in words.")
    devolved_at: datetime = column("下放时间 When it came down.")
    withdrawn_at: datetime | None = column("收回时间 When it was taken back; null while the zone has it.")

    giver: ZoneRef | None = one("下放战区 The zone that it came from.", ZONE, "above")


@strawberry.type(
    description="战区 A division as a zone of command (战区制、主官上、权下放), under one other at most."
)
class CommandZone(Node):
    """A row of the zones read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, ZoneRow)

    code: str = column("代码 The code of its division.")
    name: str = column("名称 Its name.")
    established_at: datetime = column("设立时间 When it was established.")
    moved_at: datetime | None = column("调整时间 When it was last put under another zone; null if never.")

    division: DivisionRef | None = one("区划 Its division.", DIVISION, "code")
    above: ZoneRef | None = one("上级战区 The zone above it; null at the top.", ZONE, "above")
    below: list[ZoneRef] = many("下级战区 The zones right below it, by code.", ZONES_BELOW, "code")
    powers: list[DevolvedPower] = many(
        "下放权力 The powers that came down to it, those taken back too.", POWERS_OF_ZONE, "id"
    )
    tally: Tally = one("统计 Counts over everything in it.", TALLY, "code")
    overdue: int = late("逾期数 Open cases in it that are past their limit now.")
