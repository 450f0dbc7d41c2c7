"""先后 Nothing is dated before what it follows: a decision on what is there comes after its last change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadTime
from chuishao.domain.registers.care import CareEntry
from chuishao.domain.registers.terms import CareGroup, ExitReason
from chuishao.domain.territory.gap import CoverageGap
from chuishao.domain.territory.office import OfficeUnit, StreetOffice
from chuishao.domain.territory.sector import Sector, SectorMembership
from chuishao.domain.territory.zone import CommandZone
from tests.given import given
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, START, STREET

MINUTE = timedelta(minutes=1)
SECTOR = f"{STREET}-S001"
DISTRICT = CommandZone.establish("120101", "区战区", None, START)


def a_gap() -> CoverageGap:
    return CoverageGap.find(identify("gap"), STREET, "新建小区", 420, START)


def a_zone(*powers: str) -> CommandZone:
    zone = CommandZone.establish(STREET, "战区", DISTRICT, START - MINUTE)
    for power in powers or ("资金统筹",):
        zone.devolve(power, START)
    return zone


def a_sector() -> Sector:
    sector = Sector.draw(SECTOR, "街片", [COMMUNITY], START - MINUTE)
    sector.redraw("北片", None, START)
    return sector


def a_membership(*, left: bool = False) -> SectorMembership:
    membership = SectorMembership.begin(COMMUNITY, SECTOR, START - MINUTE if left else START)
    if left:
        membership.leave(START)
    return membership


def an_office() -> StreetOffice:
    return StreetOffice.begin(STREET, [OfficeUnit("综合办公室", None, 4)], START)


def an_entry() -> CareEntry:
    entry = CareEntry.enrol(
        identify("care"), CareGroup.HARDSHIP, GRID, None, "某人", None, "独居", START - MINUTE
    )
    entry.record_need("助餐", START)
    return entry


Decision = Callable[[Any, datetime], object]
FOLLOWING: dict[str, tuple[Callable[[], Any], Decision]] = {
    "a gap is closed by a committee": (a_gap, lambda gap, at: gap.found_committee(COMMUNITY, START, at)),
    "a gap is closed by a neighbour": (a_gap, lambda gap, at: gap.absorb(COMMUNITY, at)),
    "a zone is moved": (a_zone, lambda zone, at: zone.move([], at)),
    "a power comes down": (a_zone, lambda zone, at: zone.devolve("考核评价权", at)),
    "a power goes back": (a_zone, lambda zone, at: zone.withdraw("资金统筹", at)),
    "a sector is redrawn": (a_sector, lambda sector, at: sector.redraw(None, [OTHER_COMMUNITY], at)),
    "a sector is dissolved": (a_sector, lambda sector, at: sector.dissolve("撤并", at)),
    "a community joins": (
        lambda: a_membership(left=True),
        lambda membership, at: membership.join(SECTOR, at),
    ),
    "a community leaves": (a_membership, lambda membership, at: membership.leave(at)),
    "an office is restructured": (
        an_office,
        lambda office, at: office.restructure([OfficeUnit("党建办公室", None, 4)], at),
    ),
    "somebody leaves the ledger": (an_entry, lambda entry, at: entry.exit(ExitReason.MOVED, at)),
}


@pytest.mark.parametrize(("made", "decide"), FOLLOWING.values(), ids=FOLLOWING)
def test_what_follows_is_not_dated_before_it(made: Callable[[], Any], decide: Decision) -> None:
    given(made()).when(lambda it: decide(it, START - timedelta(seconds=1))).refused(BadTime)
    assert len(given(made()).when(lambda it: decide(it, START)).events) == 1, "at the same moment it may be"


def test_what_changes_nothing_may_be_said_of_any_moment() -> None:
    before = START - MINUTE
    given(a_zone()).when(lambda zone: zone.devolve("资金统筹", before)).then()
    given(a_sector()).when(lambda sector: sector.redraw("北片", None, before)).then()
    given(a_membership()).when(lambda membership: membership.join(SECTOR, before)).then()
