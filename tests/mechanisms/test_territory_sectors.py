"""街片 Sectors of one or two communities, and the offices of streets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.event import MANY
from chuishao.domain.refusal import BadCode, OutOfRange, Refusal, TextEmpty
from chuishao.domain.territory import office as offices
from chuishao.domain.territory import sector as sectors
from chuishao.domain.territory.office import MOST_STAFF, OfficeUnit, StreetOffice, office_id, tiers
from chuishao.domain.territory.refusals import (
    BadChart,
    CommunityInSector,
    DissolvedSector,
    ForeignCommunity,
)
from chuishao.domain.territory.sector import (
    Sector,
    SectorMembership,
    membership_id,
    sector_id,
    sector_street,
)
from tests.given import event, given, later, when_made
from tests.town import COMMUNITY, OTHER_COMMUNITY, START, STREET

SECTOR, OTHER_SECTOR = f"{STREET}-S001", f"{STREET}-S002"
THIRD_COMMUNITY, ELSEWHERE = "120101001003", "120101002001"
SectorDecision = Callable[[Sector], object]


def a_sector(*communities: str) -> Sector:
    return Sector.draw(SECTOR, "第一街片", communities or (COMMUNITY,), START)


def redraw(name: str | None = None, *communities: str) -> SectorDecision:
    return lambda sector: sector.redraw(name, communities or None, later(sector))


def dissolve(sector: Sector) -> None:
    sector.dissolve("并入相邻街片", later(sector))


def test_a_sector_has_one_or_two_communities_in_the_order_of_their_codes() -> None:
    sector = when_made(lambda: Sector.draw(SECTOR, " 第一街片 ", [OTHER_COMMUNITY, COMMUNITY], START)).then(
        event(sectors.SectorDrawn, code=SECTOR, name="第一街片", communities=[COMMUNITY, OTHER_COMMUNITY])
    )
    assert (sector.id, sector.place, sector.correlation) == (sector_id(SECTOR), SECTOR, None)
    when_made(lambda: a_sector(COMMUNITY, COMMUNITY)).then(
        event(sectors.SectorDrawn, communities=[COMMUNITY])
    )


@pytest.mark.parametrize(
    ("communities", "count"), [([], 0), ([COMMUNITY, OTHER_COMMUNITY, THIRD_COMMUNITY], 3)]
)
def test_a_sector_has_neither_none_nor_three(communities: list[str], count: int) -> None:
    when_made(lambda: Sector.draw(SECTOR, "街片", communities, START)).refused(OutOfRange, value=count)


def test_the_communities_of_a_sector_lie_in_its_street() -> None:
    when_made(lambda: a_sector(ELSEWHERE)).refused(ForeignCommunity, community=ELSEWHERE, street=STREET)
    given(a_sector()).when(redraw(None, COMMUNITY, ELSEWHERE)).refused(ForeignCommunity)


@pytest.mark.parametrize("code", ["", STREET, f"{STREET}-S1", f"{COMMUNITY}-S001", f"{STREET}-G001"])
def test_what_is_no_sector_code_is_refused(code: str) -> None:
    when_made(lambda: Sector.draw(code, "街片", [COMMUNITY], START)).refused(BadCode, code=code)


def test_a_sector_code_names_its_street() -> None:
    assert sector_street(SECTOR) == STREET


def test_a_sector_is_redrawn_and_what_is_the_same_changes_nothing() -> None:
    given(a_sector()).when(redraw(None, COMMUNITY, OTHER_COMMUNITY)).then(
        event(sectors.SectorRedrawn, name="第一街片", communities=[COMMUNITY, OTHER_COMMUNITY])
    )
    given(a_sector()).when(redraw("北片")).then(
        event(sectors.SectorRedrawn, name="北片", communities=[COMMUNITY])
    )
    given(a_sector()).when(redraw(" 第一街片 ", COMMUNITY)).then()
    given(a_sector()).when(redraw(" ")).refused(TextEmpty, field="name")


def test_a_sector_is_dissolved_and_nothing_follows() -> None:
    given(a_sector()).when(dissolve).then(event(sectors.SectorDissolved, reason="并入相邻街片"))
    for decision in (dissolve, redraw("北片")):
        given(a_sector(), dissolve).when(decision).refused(DissolvedSector, sector=SECTOR, at="2026-03-02")


def test_a_community_belongs_to_one_sector() -> None:
    def a_membership() -> SectorMembership:
        return SectorMembership.begin(COMMUNITY, SECTOR, START)

    def leave(membership: SectorMembership) -> None:
        membership.leave(later(membership))

    membership = when_made(a_membership).then(event(sectors.SectorJoined, community=COMMUNITY, sector=SECTOR))
    assert (membership.id, membership.place) == (membership_id(COMMUNITY), COMMUNITY)
    assert membership.correlation is None
    given(a_membership()).when(lambda each: each.join(OTHER_SECTOR, START)).refused(
        CommunityInSector, community=COMMUNITY, sector=SECTOR
    )
    given(a_membership()).when(lambda each: each.join(SECTOR, START)).then()
    given(a_membership()).when(leave).then(event(sectors.SectorChanged, sector=None))
    given(a_membership(), leave).when(leave).then()
    given(a_membership(), leave).when(lambda each: each.join(OTHER_SECTOR, later(each))).then(
        event(sectors.SectorChanged, sector=OTHER_SECTOR)
    )


COMMUNITIES = st.sampled_from(
    [f"{street}{number:03d}" for street in (STREET, "120101002") for number in (1, 2, 3)]
)


@forall(st.lists(st.lists(COMMUNITIES, max_size=4), min_size=1, max_size=8))
def test_however_it_is_drawn_a_sector_has_one_or_two_communities_of_its_street(
    drawings: list[list[str]],
) -> None:
    sector: Sector | None = None
    for communities in drawings:
        fits = 1 <= len(set(communities)) <= 2 and all(each.startswith(STREET) for each in communities)
        try:
            if sector is None:
                sector = Sector.draw(SECTOR, "街片", communities, START)
            else:
                sector.redraw(None, communities, START)
        except Refusal:
            assert not fits
        else:
            assert fits
            assert sector.communities == sorted(set(communities))


# 街道机构 The office of a street


HEAD, DESK = OfficeUnit("综合办公室", None, 4), OfficeUnit("便民服务窗口", "综合办公室", 6)


def an_office(*chart: OfficeUnit) -> StreetOffice:
    return StreetOffice.begin(STREET, chart or (HEAD, DESK), START)


def restructure(*chart: OfficeUnit) -> Callable[[StreetOffice], object]:
    return lambda office: office.restructure(chart, later(office))


def stored(*chart: OfficeUnit) -> list[dict[str, Any]]:
    return [{"name": unit.name, "under": unit.under, "staff": unit.staff} for unit in chart]


def test_the_first_chart_of_an_office_is_recorded() -> None:
    office = when_made(an_office).then(event(offices.OfficeCharted, street=STREET, units=stored(HEAD, DESK)))
    assert (office.id, office.place, office.correlation) == (office_id(STREET), STREET, None)


def test_an_office_is_restructured_and_the_same_chart_changes_nothing() -> None:
    flat = OfficeUnit("便民服务窗口", None, 6)
    given(an_office()).when(restructure(HEAD, flat)).then(
        event(offices.OfficeRestructured, units=stored(HEAD, flat))
    )
    given(an_office()).when(restructure(OfficeUnit(" 综合办公室 ", None, 4), DESK)).then()


@pytest.mark.parametrize(
    ("chart", "refusal"),
    [
        ([], BadChart),
        ([HEAD, HEAD], BadChart),
        ([DESK], BadChart),
        ([OfficeUnit("甲", "乙", 1), OfficeUnit("乙", "甲", 1)], BadChart),
        ([OfficeUnit("甲", "甲", 1)], BadChart),
        ([OfficeUnit(" ", None, 1)], TextEmpty),
        ([OfficeUnit("甲", None, -1)], OutOfRange),
        ([OfficeUnit("甲", None, MOST_STAFF + 1)], OutOfRange),
        ([OfficeUnit(f"机构 {number}", None, 1) for number in range(MANY + 1)], OutOfRange),
    ],
)
def test_a_chart_that_contradicts_itself_is_refused(
    chart: Sequence[OfficeUnit], refusal: type[Refusal]
) -> None:
    assert when_made(lambda: StreetOffice.begin(STREET, chart, START)).refused(refusal).path[0] == "units"
    given(an_office()).when(restructure(*chart)).refused(refusal)


def test_tiers_are_counted_below_the_head_of_the_street() -> None:
    assert tiers([HEAD]) == 1
    assert tiers([DESK, HEAD]) == 2


NAMES = ["甲", "乙", "丙", "丁"]
CHARTS = st.lists(
    st.builds(OfficeUnit, st.sampled_from(NAMES), st.sampled_from([None, *NAMES]), st.integers(0, 9)),
    min_size=1,
    max_size=5,
)


@forall(CHARTS)
def test_in_a_chart_every_unit_answers_to_the_head_in_the_end(chart: list[OfficeUnit]) -> None:
    above = {unit.name: unit.under for unit in chart}

    def reaches_the_head(name: str | None) -> bool:
        for _ in range(len(chart) + 1):
            if name is None:
                return True
            name = above.get(name, "nobody")
        return False

    sound = len(above) == len(chart) and all(map(reaches_the_head, above))
    try:
        office = an_office(*chart)
    except BadChart:
        assert not sound
    else:
        assert sound
        assert office.units == stored(*chart)
        assert 1 <= tiers(chart) <= len(chart)
