"""两个全覆盖、飞地 Which division answers for a place: gaps in coverage, and enclaves with one holder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.rehoming import home_of
from chuishao.domain.division import community_of, street_of
from chuishao.domain.grid import MAX_HOUSEHOLDS
from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadCode, BadTime, OutOfRange, Refusal, TextEmpty, WrongDivisionLevel
from chuishao.domain.territory import enclave as enclaves
from chuishao.domain.territory import gap as gaps
from chuishao.domain.territory.enclave import (
    Enclave,
    JurisdictionTransferred,
    enclave_id,
    held_by_code,
)
from chuishao.domain.territory.gap import CoverageGap
from chuishao.domain.territory.refusals import (
    EnclaveSettled,
    ForeignCommunity,
    ForeignSuccessor,
    GapClosed,
    NoEnclave,
    OlderCommunity,
    WrongRemedy,
)
from chuishao.domain.territory.terms import EnclaveRemedy, GapRemedy
from tests.given import decided_by, event, given, later, when_made
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, START, STREET, THIRD_GRID

GAP = identify("gap", 1)
OTHER_STREET, ELSEWHERE = "120101002", "120101002001"
BASIS = "市政府批复 001 号"

# 两个全覆盖 Coverage


def a_gap() -> CoverageGap:
    return CoverageGap.find(GAP, STREET, "新建小区 1", 420, START)


def found_committee(
    community: str = COMMUNITY, registered: datetime = START
) -> Callable[[CoverageGap], object]:
    return lambda gap: gap.found_committee(community, registered, later(gap))


def absorb(community: str = OTHER_COMMUNITY) -> Callable[[CoverageGap], object]:
    return lambda gap: gap.absorb(community, later(gap))


def test_an_area_without_a_committee_is_found() -> None:
    gap = when_made(lambda: CoverageGap.find(GAP, STREET, " 新建小区 1 ", 420, START)).then(
        event(gaps.CoverageGapFound, street=STREET, name="新建小区 1", households=420)
    )
    assert (gap.place, gap.remedy, gap.correlation) == (STREET, None, None)


@pytest.mark.parametrize("households", [-1, 0, MAX_HOUSEHOLDS + 1])
def test_an_area_has_a_sensible_number_of_households(households: int) -> None:
    when_made(lambda: CoverageGap.find(GAP, STREET, "小区", households, START)).refused(OutOfRange)
    when_made(lambda: CoverageGap.find(GAP, STREET, "", 1, START)).refused(TextEmpty, field="name")


def test_a_gap_is_closed_by_a_committee_of_its_own() -> None:
    gap = given(a_gap()).when(found_committee()).then(event(gaps.CommitteeFounded, community=COMMUNITY))
    assert (gap.remedy, gap.community) == (GapRemedy.COMMITTEE_FOUNDED, COMMUNITY)


def test_a_community_of_before_is_not_founded_because_of_a_gap() -> None:
    before = START - timedelta(seconds=1)
    told = (
        given(a_gap()).when(found_committee(registered=before)).refused(OlderCommunity, community=COMMUNITY)
    )
    assert told.path == ("communityCode",)


def test_a_gap_is_closed_by_a_neighbour() -> None:
    gap = given(a_gap()).when(absorb()).then(event(gaps.AbsorbedByNeighbour, community=OTHER_COMMUNITY))
    assert (gap.remedy, gap.community) == (GapRemedy.ABSORBED_BY_NEIGHBOUR, OTHER_COMMUNITY)


@pytest.mark.parametrize("decision", [found_committee(ELSEWHERE), absorb(ELSEWHERE)])
def test_a_gap_is_closed_by_a_community_of_its_street(decision: Callable[[CoverageGap], object]) -> None:
    given(a_gap()).when(decision).refused(ForeignCommunity, community=ELSEWHERE, street=STREET)


@forall(st.lists(st.sampled_from([found_committee(), absorb(), absorb(ELSEWHERE)]), max_size=6))
def test_a_gap_is_closed_once_and_by_one_community(decisions: list[Callable[[CoverageGap], object]]) -> None:
    gap = a_gap()
    for decision in decisions:
        closed = (gap.remedy, gap.community)
        try:
            decision(gap)
        except GapClosed:
            assert closed == (gap.remedy, gap.community) != (None, None)
        except ForeignCommunity:
            assert closed == (gap.remedy, gap.community) == (None, None)
        else:
            assert closed == (None, None) != (gap.remedy, gap.community)
    assert len(decided_by(gap)) == 1 + (gap.remedy is not None)


# 飞地 Enclaves


def an_enclave(
    place: str = GRID, lies_in: str = OTHER_COMMUNITY, adjoining: bool = False, at: datetime = START
) -> Enclave:
    return Enclave.identify(place, "示例小区", lies_in, at, adjoining=adjoining)


def change_boundary(enclave: Enclave) -> None:
    enclave.change_boundary(BASIS, later(enclave))


def transfer(successor: str = THIRD_GRID) -> Callable[[Enclave], object]:
    return lambda enclave: enclave.transfer(successor, BASIS, later(enclave))


def test_a_place_is_held_by_the_division_that_its_code_begins_with() -> None:
    assert (held_by_code(GRID), held_by_code(COMMUNITY)) == (COMMUNITY, STREET)
    for code in ("120101001-S001", "12010100100", "", "grid"):
        with pytest.raises(BadCode):
            held_by_code(code)
    with pytest.raises(WrongDivisionLevel):
        held_by_code(STREET)


def test_a_place_is_found_to_lie_in_another_division() -> None:
    enclave = when_made(an_enclave).then(
        event(
            enclaves.EnclaveIdentified,
            enclave=GRID,
            name="示例小区",
            holder=COMMUNITY,
            lies_in=OTHER_COMMUNITY,
            adjoining=False,
        )
    )
    assert (enclave.id, enclave.place, enclave.correlation) == (enclave_id(GRID), GRID, None)
    whole = when_made(lambda: an_enclave(COMMUNITY, OTHER_STREET)).then(
        event(enclaves.EnclaveIdentified, enclave=COMMUNITY, holder=STREET, lies_in=OTHER_STREET)
    )
    assert whole.place == COMMUNITY


def test_what_lies_where_it_is_held_is_no_enclave() -> None:
    when_made(lambda: an_enclave(GRID, COMMUNITY)).refused(NoEnclave, place=GRID, holder=COMMUNITY)


@pytest.mark.parametrize(
    ("place", "lies_in", "refusal"),
    [
        (GRID, OTHER_STREET, WrongDivisionLevel),
        (COMMUNITY, OTHER_COMMUNITY, WrongDivisionLevel),
        (STREET, "120102", WrongDivisionLevel),
        ("", OTHER_COMMUNITY, BadCode),
        (GRID, "", BadCode),
        (GRID, THIRD_GRID, BadCode),
    ],
)
def test_where_a_place_lies_is_of_the_level_of_its_holder(
    place: str, lies_in: str, refusal: type[Refusal]
) -> None:
    when_made(lambda: an_enclave(place, lies_in)).refused(refusal)


def test_where_they_adjoin_the_boundary_changes_and_the_holder_stays() -> None:
    enclave = (
        given(an_enclave(adjoining=True))
        .when(change_boundary)
        .then(event(enclaves.BoundaryChanged, enclave=GRID, lies_in=COMMUNITY, basis=BASIS))
    )
    assert (enclave.lies_in, enclave.holder) == (COMMUNITY, COMMUNITY)


def test_where_they_do_not_adjoin_jurisdiction_goes_to_where_the_place_lies() -> None:
    enclave = (
        given(an_enclave())
        .when(transfer())
        .then(
            event(
                JurisdictionTransferred,
                enclave=GRID,
                former_holder=COMMUNITY,
                holder=OTHER_COMMUNITY,
                successor=THIRD_GRID,
                basis=BASIS,
            )
        )
    )
    assert (enclave.lies_in, enclave.holder) == (OTHER_COMMUNITY, OTHER_COMMUNITY)


def test_whether_they_adjoin_says_what_is_to_be_done() -> None:
    given(an_enclave(adjoining=True)).when(transfer()).refused(
        WrongRemedy, needed=EnclaveRemedy.BOUNDARY_CHANGE, asked=EnclaveRemedy.JURISDICTION_TRANSFER
    )
    given(an_enclave()).when(change_boundary).refused(
        WrongRemedy, needed=EnclaveRemedy.JURISDICTION_TRANSFER, asked=EnclaveRemedy.BOUNDARY_CHANGE
    )


@pytest.mark.parametrize("successor", [OTHER_GRID, GRID, f"{ELSEWHERE}-G001", OTHER_COMMUNITY])
def test_jurisdiction_goes_to_a_place_of_the_division_in_which_it_lies(successor: str) -> None:
    given(an_enclave()).when(transfer(successor)).refused(
        ForeignSuccessor, successor=successor, lies_in=OTHER_COMMUNITY
    )


def test_an_enclave_is_settled_once() -> None:
    for settled, adjoining in ((change_boundary, True), (transfer(), False)):
        for again in (change_boundary, transfer()):
            given(an_enclave(adjoining=adjoining), settled).when(again).refused(EnclaveSettled, place=GRID)


def test_a_settlement_rests_on_a_decision_and_follows_the_identification() -> None:
    given(an_enclave()).when(lambda each: each.transfer(THIRD_GRID, " ", START)).refused(TextEmpty)
    before = START - timedelta(days=1)
    given(an_enclave()).when(lambda each: each.transfer(THIRD_GRID, BASIS, before)).refused(BadTime)
    given(an_enclave(adjoining=True)).when(lambda each: each.change_boundary(BASIS, before)).refused(BadTime)


# 管辖权 Jurisdiction at a moment


PLACES = {
    GRID: OTHER_COMMUNITY,
    THIRD_GRID: COMMUNITY,
    COMMUNITY: OTHER_STREET,
    OTHER_COMMUNITY: OTHER_STREET,
}
"""Places, and where they are found to lie."""
SUCCESSORS = {GRID: THIRD_GRID, THIRD_GRID: OTHER_GRID, COMMUNITY: ELSEWHERE, OTHER_COMMUNITY: ELSEWHERE}
MOMENTS = st.integers(-3, 12).map(lambda hours: START + timedelta(hours=hours))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(PLACES)),
        st.sampled_from(["identify", "adjoining", "boundary", "transfer"]),
        MOMENTS,
    ),
    max_size=25,
)


def take(known: dict[str, Enclave], place: str, step: str, at: datetime) -> None:
    """Take a step as the commands do: a place is an enclave once, and only an enclave is settled."""
    match step:
        case "identify" | "adjoining":
            if place not in known:
                known[place] = an_enclave(place, PLACES[place], step == "adjoining", at)
        case "boundary":
            if place in known:
                known[place].change_boundary(BASIS, at)
        case "transfer":
            if place in known:
                known[place].transfer(SUCCESSORS[place], BASIS, at)


def holder_of(place: str, moment: datetime, enclave: Enclave | None) -> str:
    """The one division that had jurisdiction over a place at a moment; `enclave` as far as it is one."""
    return held_by_code(place) if enclave is None else enclave.holder_at(moment)


@forall(STEPS, MOMENTS)
def test_whatever_is_done_every_place_has_one_holder_at_every_moment(
    steps: list[tuple[str, str, datetime]], moment: datetime
) -> None:
    known: dict[str, Enclave] = {}
    for place, step, at in steps:
        before = {place: holder_of(place, at - timedelta(hours=1), known.get(place)) for place in PLACES}
        with suppress(Refusal):
            take(known, place, step, at)
        for each in PLACES:
            assert holder_of(each, at - timedelta(hours=1), known.get(each)) == before[each], "the past stays"

    for place in PLACES:
        enclave = known.get(place)
        moves = (
            [event for event in decided_by(enclave) if isinstance(event, JurisdictionTransferred)]
            if enclave
            else []
        )
        holders = {held_by_code(place)} | {move.holder for move in moves}
        holder = holder_of(place, moment, enclave)
        assert holder in holders
        moved = [move for move in moves if move.timestamp <= moment]
        assert holder == (moved[-1].holder if moved else held_by_code(place))
        if enclave is not None and enclave.settled_at is not None:
            assert enclave.lies_in == enclave.holder == holder_of(place, enclave.settled_at, enclave)


# 随迁 Open cases follow


def homes(enclave: Enclave, community: str, grid: str | None) -> tuple[str, str | None]:
    async def find(_kind: type[object], stream: UUID) -> Enclave | None:
        return enclave if stream == enclave.id else None

    return asyncio.run(home_of(find, community, grid))


def test_a_case_of_the_grid_goes_to_the_grid_that_takes_it_over() -> None:
    transferred = an_enclave()
    transfer()(transferred)
    assert homes(transferred, COMMUNITY, GRID) == (OTHER_COMMUNITY, THIRD_GRID)
    assert homes(transferred, COMMUNITY, OTHER_GRID) == (COMMUNITY, OTHER_GRID)
    assert homes(transferred, COMMUNITY, None) == (COMMUNITY, None)


def test_a_case_of_the_community_goes_to_the_community_that_takes_it_over() -> None:
    transferred = an_enclave(COMMUNITY, OTHER_STREET)
    transfer(ELSEWHERE)(transferred)
    for grid in (GRID, OTHER_GRID, None):
        assert homes(transferred, COMMUNITY, grid) == (ELSEWHERE, None)
    assert homes(transferred, OTHER_COMMUNITY, THIRD_GRID) == (OTHER_COMMUNITY, THIRD_GRID)


def test_a_case_stays_where_the_holder_stays() -> None:
    changed = an_enclave(adjoining=True)
    change_boundary(changed)
    assert homes(changed, COMMUNITY, GRID) == (COMMUNITY, GRID)


@forall(st.sampled_from(sorted(PLACES)), st.sampled_from([GRID, OTHER_GRID, THIRD_GRID]), st.booleans())
def test_a_case_follows_to_the_holder_and_to_nowhere_else(place: str, grid: str, known: bool) -> None:
    transferred = an_enclave(place, PLACES[place])
    transfer(SUCCESSORS[place])(transferred)
    lay = (community_of(grid), grid if known else None)
    community, onto = homes(transferred, *lay)
    if (community, onto) != lay:
        assert transferred.holder in (community, street_of(community))
        assert onto is None or onto.startswith(community)
        assert place in lay
