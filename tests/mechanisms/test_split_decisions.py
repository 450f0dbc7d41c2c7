"""超大社区拆分 The plan of a split and its decisions: households are conserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.division import community_of
from chuishao.domain.grid import MAX_HOUSEHOLDS
from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadCode, BadTime, OutOfRange, TextEmpty, TooFewParts, WrongDivisionLevel
from chuishao.domain.territory import split as facts
from chuishao.domain.territory.refusals import (
    BadSplit,
    ForeignCommunity,
    HouseholdsNotConserved,
    NoSuchPart,
    NothingPlanned,
    NotYetSplit,
    SplitDone,
)
from chuishao.domain.territory.split import CommunitySplit, split_id
from chuishao.domain.territory.split_plan import Part, PlannedGrid, Share, SplitPlan, plan_of
from chuishao.domain.territory.terms import SplitState
from tests.given import decided_by, event, given, later, when_made
from tests.town import COMMUNITY, START, STREET

FIRST, SECOND, THIRD = (f"{STREET}{number}" for number in (401, 402, 403))
OLD = [f"{COMMUNITY}-G{number:03}" for number in range(1, 5)]
HOUSEHOLDS = {OLD[0]: 300, OLD[1]: 280}
BASIS = "区政府批复 003 号"
SOMEBODY, ANOTHER = identify("person", 1), identify("person", 2)


def grid(code: str, *shares: tuple[str, int], name: str = "新网格") -> PlannedGrid:
    return PlannedGrid(code, name, tuple(Share(*share) for share in shares))


def part(code: str, *grids: PlannedGrid, name: str = "新社区") -> Part:
    return Part(code, name, grids)


def a_plan(*parts: Part, heir: str = FIRST, community: str = COMMUNITY) -> SplitPlan:
    usual = (
        part(FIRST, grid(f"{FIRST}-G001", (OLD[0], 300))),
        part(SECOND, grid(f"{SECOND}-G001", (OLD[1], 280))),
    )
    return SplitPlan(community, heir, parts or usual)


def begun(plan: SplitPlan | None = None, households: Mapping[str, int] = HOUSEHOLDS) -> CommunitySplit:
    return CommunitySplit.begin(plan or a_plan(), households, date(2024, 6, 30), BASIS, START)


def replan(plan: SplitPlan) -> Callable[[CommunitySplit], object]:
    return lambda split: split.replan(plan, HOUSEHOLDS, None, BASIS, later(split))


def give_up(split: CommunitySplit) -> None:
    split.give_up(BASIS, later(split))


def divide(split: CommunitySplit) -> None:
    split.divide(HOUSEHOLDS, date(2024, 3, 1), later(split))


def staffed(*persons: Any, code: str = FIRST) -> Callable[[CommunitySplit], object]:
    return lambda split: split.assign_staff(code, persons, later(split))


def divided() -> CommunitySplit:
    split = begun()
    divide(split)
    return split


def test_a_split_is_planned() -> None:
    split = when_made(begun).then(
        event(facts.SplitPlanned, community=COMMUNITY, heir=FIRST, staff_by="2024-06-30", basis=BASIS)
    )
    assert (split.id, split.place, split.state) == (split_id(COMMUNITY), COMMUNITY, SplitState.PLANNED)
    assert split.plan == a_plan()
    assert split.correlation is None and split.home(OLD[0]) is None


def test_a_plan_may_be_made_anew_also_when_it_was_given_up() -> None:
    other = a_plan(heir=SECOND)
    split = given(begun()).when(replan(other)).then(event(facts.SplitReplanned, heir=SECOND, staff_by=None))
    assert split.plan == other
    given(split).when(give_up).then(event(facts.SplitGivenUp, basis=BASIS))
    given(split).when(give_up).refused(NothingPlanned)
    given(split).when(divide).refused(NothingPlanned)
    given(split).when(replan(a_plan())).then(event(facts.SplitReplanned, heir=FIRST))
    assert split.state is SplitState.PLANNED


def test_a_split_is_carried_out_once() -> None:
    split = (
        given(begun())
        .when(divide)
        .then(event(facts.CommunityDivided, community=COMMUNITY, heir=FIRST, effective_from="2024-03-01"))
    )
    assert split.state is SplitState.DIVIDED
    for decision in (divide, give_up, replan(a_plan())):
        given(split).when(decision).refused(SplitDone, community=COMMUNITY)


def test_a_plan_that_does_not_fit_any_more_is_not_carried_out() -> None:
    changed = HOUSEHOLDS | {OLD[1]: 281}
    given(begun()).when(lambda split: split.divide(changed, date(2024, 3, 1), later(split))).refused(
        HouseholdsNotConserved, grid=OLD[1], planned=280, present=281
    )
    more = HOUSEHOLDS | {OLD[2]: 10}
    given(begun()).when(lambda split: split.divide(more, date(2024, 3, 1), later(split))).refused(
        HouseholdsNotConserved, grid=OLD[2], planned=0, present=10
    )


def test_people_are_assigned_to_parts_once_there_are_parts() -> None:
    given(begun()).when(staffed(SOMEBODY)).refused(NotYetSplit)
    split = (
        given(divided())
        .when(staffed(SOMEBODY))
        .then(event(facts.StaffAssigned, community=FIRST, persons=[SOMEBODY]))
    )
    given(split).when(staffed(SOMEBODY, ANOTHER, ANOTHER)).then(
        event(facts.StaffAssigned, community=FIRST, persons=[ANOTHER])
    )
    given(split).when(staffed(SOMEBODY)).then()
    given(split).when(staffed(SOMEBODY, code=THIRD)).refused(NoSuchPart)
    given(split).when(staffed(*[SOMEBODY] * 51)).refused(OutOfRange)


def test_nothing_happens_before_what_it_follows() -> None:
    early = START - timedelta(days=1)
    given(begun()).when(lambda split: split.divide(HOUSEHOLDS, date(2024, 3, 1), early)).refused(BadTime)
    given(divided()).when(lambda split: split.assign_staff(FIRST, [SOMEBODY], early)).refused(BadTime)


WHOLE = part(FIRST, grid(f"{FIRST}-G001", (OLD[0], 300)))


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [
        (a_plan(WHOLE), TooFewParts),
        (a_plan(WHOLE, part(SECOND)), BadSplit),
        (a_plan(WHOLE, part(FIRST, grid(f"{FIRST}-G002", (OLD[1], 280)))), BadSplit),
        (a_plan(WHOLE, part(COMMUNITY, grid(OLD[3], (OLD[1], 280)))), BadSplit),
        (a_plan(WHOLE, part(SECOND, grid(f"{FIRST}-G002", (OLD[1], 280)))), BadSplit),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (f"{FIRST}-G001", 280)))), BadSplit),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (OLD[1], 140), (OLD[1], 140)))), BadSplit),
        (a_plan(WHOLE, part(SECOND, *[grid(f"{SECOND}-G001", (OLD[1], 140))] * 2)), BadSplit),
        (a_plan(WHOLE, part("120101999001", grid("120101999001-G001", (OLD[1], 280)))), ForeignCommunity),
        (a_plan(WHOLE, part(STREET, grid(f"{SECOND}-G001", (OLD[1], 280)))), WrongDivisionLevel),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-X1", (OLD[1], 280)))), BadCode),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (OLD[1], 280)), name=" ")), TextEmpty),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (OLD[1], 280), name=""))), TextEmpty),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001"))), OutOfRange),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (OLD[1], 0)))), OutOfRange),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (OLD[1], MAX_HOUSEHOLDS + 1)))), OutOfRange),
        (a_plan(WHOLE, part(SECOND, grid(f"{SECOND}-G001", (OLD[1], 279)))), HouseholdsNotConserved),
        (a_plan(heir=THIRD), NoSuchPart),
        (
            a_plan(*[part(f"{STREET}{n}", grid(f"{STREET}{n}-G001", (OLD[0], 1))) for n in range(401, 452)]),
            OutOfRange,
        ),
        (a_plan(community=STREET), WrongDivisionLevel),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan: SplitPlan, refusal: type[Exception]) -> None:
    when_made(lambda: begun(plan)).refused(refusal)  # type: ignore[arg-type]


# Rules


@st.composite
def plans(draw: st.DrawFn) -> tuple[SplitPlan, dict[str, int]]:
    """A community of some grids, and a plan that shares all of them out in some way."""
    households = {code: draw(st.integers(1, 900)) for code in OLD[: draw(st.integers(1, len(OLD)))]}
    numbers = count(1)
    planned: dict[str, list[PlannedGrid]] = {FIRST: [], SECOND: [], THIRD: []}
    onto: list[tuple[str, str]] = []
    for code in (FIRST, SECOND, THIRD):
        onto += [(code, f"{code}-G{next(numbers):03}") for _ in range(draw(st.integers(1, 3)))]
    shares: dict[str, Counter[str]] = {new: Counter() for _, new in onto}
    for old, there in households.items():
        left = there
        for _, new in draw(st.permutations(onto)):
            taken = draw(st.integers(0, left))
            shares[new][old] += taken
            left -= taken
        shares[onto[0][1]][old] += left
    for code, new in onto:
        given_by = tuple(Share(old, number) for old, number in sorted(shares[new].items()) if number)
        if given_by:
            planned[code].append(PlannedGrid(new, "新网格", given_by))
    parts = tuple(Part(code, "新社区", tuple(grids)) for code, grids in planned.items() if grids)
    return SplitPlan(COMMUNITY, draw(st.sampled_from(parts)).code, parts), households


@forall(plans())
def test_every_household_is_in_exactly_one_grid_of_one_part(drawn: tuple[SplitPlan, dict[str, int]]) -> None:
    plan, households = drawn
    plan.require_conserves(households)
    assert plan.taken() == Counter(households)
    assert sum(part.households for part in plan.parts) == sum(households.values())
    codes = [grid.code for grid in plan.grids()]
    assert len(codes) == len(set(codes))
    for one in plan.parts:
        assert {community_of(grid.code) for grid in one.grids} == {one.code}
    if len(plan.parts) > 1:
        split = CommunitySplit.begin(plan, households, None, BASIS, START)
        assert split.plan == plan == plan_of(COMMUNITY, plan.heir, plan.stored())


@forall(plans(), st.data())
def test_a_plan_that_loses_or_invents_a_household_is_refused(
    drawn: tuple[SplitPlan, dict[str, int]], data: st.DataObject
) -> None:
    plan, households = drawn
    wrong = data.draw(st.sampled_from(sorted(households)))
    off = data.draw(st.sampled_from([-1, 1]))
    with pytest.raises(HouseholdsNotConserved) as refused:
        plan.require_conserves(households | {wrong: households[wrong] + off})
    assert refused.value.facts["grid"] == wrong


@forall(plans())
def test_what_lay_in_a_grid_has_one_home_where_most_of_it_went(
    drawn: tuple[SplitPlan, dict[str, int]],
) -> None:
    plan, households = drawn
    assert plan.home(None) == (plan.heir, None)
    for old in households:
        community, onto = plan.home(old)
        gets = {
            one.code: sum(
                share.households for grid in one.grids for share in grid.shares if share.grid == old
            )
            for one in plan.parts
        }
        assert gets[community] == max(gets.values()) > 0
        taking = [grid.code for grid in plan.grids() if any(share.grid == old for share in grid.shares)]
        assert (onto is not None) == (len(taking) == 1)
        assert onto is None or (taking == [onto] and community_of(onto) == community)


@forall(plans())
def test_workers_go_along_and_no_grid_gets_two(drawn: tuple[SplitPlan, dict[str, int]]) -> None:
    plan, households = drawn
    goes = [new for old in households if (new := plan.worker_goes(old)) is not None]
    assert len(goes) == len(set(goes))
    givers = {grid.code: [share.grid for share in grid.shares] for grid in plan.grids()}
    for old in households:
        _, onto = plan.home(old)
        if onto is not None and givers[onto] == [old]:
            assert plan.worker_goes(old) == onto


STEPS = [replan(a_plan()), replan(a_plan(heir=SECOND)), give_up, divide, staffed(SOMEBODY), staffed(ANOTHER)]


@forall(st.lists(st.sampled_from(STEPS), max_size=10))
def test_a_split_is_planned_then_carried_out_then_staffed(
    decisions: list[Callable[[CommunitySplit], object]],
) -> None:
    split = begun()
    for decision in decisions:
        before = split.state
        try:
            decision(split)
        except SplitDone:
            assert before is SplitState.DIVIDED
        except (NothingPlanned, NotYetSplit):
            assert before is not SplitState.DIVIDED
        if before is SplitState.DIVIDED:
            assert split.state is SplitState.DIVIDED
    kinds = [type(each) for each in decided_by(split)]
    assert kinds.count(facts.CommunityDivided) <= 1
    if facts.StaffAssigned in kinds:
        assert facts.CommunityDivided in kinds[: kinds.index(facts.StaffAssigned)]
