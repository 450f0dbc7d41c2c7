"""街道机构 Street office: which units it has, and how many tiers lie between its head and the last of them.

“扁平化管理”. The source states no figure, so the number of tiers is shown and never refused. The heads of the
units are appointments to posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, not_before, not_too_many, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange, within
from chuishao.domain.territory.refusals import BadChart

MOST_STAFF = 10_000
"""People in one unit."""
CHARTED = Phrase("the last chart of the office", "上一次机构设置")


def office_id(street: str) -> UUID:
    """The stream of a street's office: a street has one."""
    return identify("street-office", street)


def office_unit_id(street: str, name: str) -> UUID:
    """What a unit of a street's office is called: by its name, which no other unit of the office bears."""
    return identify("office-unit", street, name)


@dataclass(frozen=True, slots=True)
class OfficeUnit:
    """机构 A unit of the office: its name, the unit it answers to (none: the head of the street), staff."""

    name: str
    under: str | None
    staff: int


class OfficeCharted(Event, AggregateCreated):
    """机构设置: how the office of a street is made up was recorded for the first time."""

    TOPIC = "OfficeCharted"
    street: str
    units: list[dict[str, Any]]

    def apply(self, office: StreetOffice) -> None:
        """Be as charted."""
        office.street = self.street
        office.units = self.units


class OfficeRestructured(Event):
    """机构改革: the office has another chart."""

    TOPIC = "OfficeRestructured"
    units: list[dict[str, Any]]

    def apply(self, office: StreetOffice) -> None:
        """Be as charted anew."""
        office.units = self.units


class StreetOffice(BaseAggregate[UUID]):
    """The office of one street or town."""

    TOPIC = "street-office"

    def __init__(self) -> None:
        self.street = ""
        self.units: list[dict[str, Any]] = []

    @property
    def place(self) -> str:
        """The street."""
        return self.street

    @property
    def correlation(self) -> None:
        """Offices belong to no case."""

    @classmethod
    def begin(cls, street: str, chart: Sequence[OfficeUnit], at: datetime) -> Self:
        """Record the first chart."""
        units = _stored(checked(chart))
        return cls._create(OfficeCharted, id=office_id(street), timestamp=at, street=street, units=units)

    def restructure(self, chart: Sequence[OfficeUnit], at: datetime) -> None:
        """Give it another chart; the same again changes nothing."""
        units = _stored(checked(chart))
        if units != self.units:
            not_before(at, self.modified_on, CHARTED)
            self.trigger_event(OfficeRestructured, timestamp=at, units=units)


def _stored(chart: Sequence[OfficeUnit]) -> list[dict[str, Any]]:
    return [{"name": unit.name, "under": unit.under, "staff": unit.staff} for unit in chart]


def checked(chart: Sequence[OfficeUnit]) -> list[OfficeUnit]:
    """The chart as it is kept; refused without a unit, with a name twice, or where no head is reached."""
    not_too_many("units", len(chart))
    if not chart:
        raise BadChart("units", reason=Phrase("it has no unit", "没有任何机构"))
    units = [_written(number, unit) for number, unit in enumerate(chart)]
    names = [unit.name for unit in units]
    for number, unit in enumerate(units):
        if unit.name in names[:number]:
            reason = Phrase(f"{unit.name} stands there twice", f"{unit.name} 重复")
            raise BadChart("units", str(number), "name", reason=reason)
        if unit.under is not None and unit.under not in names:
            reason = Phrase(f"it has no unit {unit.under}", f"没有名为 {unit.under} 的机构")
            raise BadChart("units", str(number), "under", reason=reason)
    tiers(units)
    return units


def _written(number: int, unit: OfficeUnit) -> OfficeUnit:
    with within("units", str(number)):
        if not 0 <= unit.staff <= MOST_STAFF:
            raise OutOfRange("staff", field="staff", value=unit.staff, low=0, high=MOST_STAFF)
        under = None if unit.under is None else written("under", unit.under, SHORT_TEXT)
        return OfficeUnit(written("name", unit.name, SHORT_TEXT), under, unit.staff)


def tiers(chart: Sequence[OfficeUnit]) -> int:
    """How many tiers of units lie below the head of the street; refused where units answer in a ring."""
    above = {unit.name: unit.under for unit in chart}
    return max(tier(name, above) for name in above)


def tier(name: str, above: Mapping[str, str | None]) -> int:
    """At which tier below the head of the street a unit lies, from 1; `above` says whom each answers to."""
    depth = 0
    at: str | None = name
    while at is not None:
        depth, at = depth + 1, above[at]
        if depth > len(above):
            reason = Phrase(f"{name} answers to itself in the end", f"{name} 最终隶属于自身")
            raise BadChart("units", reason=reason)
    return depth
