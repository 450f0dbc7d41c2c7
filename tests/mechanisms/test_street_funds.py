"""财政资金的统筹管理权 A street's fund: to its own communities alone, and never more than there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.refusal import (
    BadTime,
    Forbidden,
    NotFound,
    OutOfRange,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
)
from chuishao.domain.street.funds import (
    MOST_FEN,
    FundAdjusted,
    FundAllocated,
    FundBudgeted,
    FundReturned,
    StreetFund,
    fund_id,
)
from chuishao.domain.street.refusals import BelowAllocated, FundOverspent, ReturnTooLarge
from chuishao.domain.territory.refusals import ForeignCommunity
from chuishao.domain.vocabulary import Role
from tests.given import EVERYBODY, MINUTE, STREET_OFFICER, decided_by, event, given, later, when_made
from tests.town import COMMUNITY, OTHER_COMMUNITY, START, STREET

ELSEWHERE = "120101002001"
OTHER_OFFICER = Actor("street-officer-9", Role.STREET_OFFICER, "120101002")
Decision = Callable[[StreetFund], object]


def budgeted(amount: int = 1000, year: int = 2026, by: Actor = STREET_OFFICER) -> StreetFund:
    return StreetFund.begin(STREET, year, amount, by, START)


def adjust(amount: int, by: Actor = STREET_OFFICER, at: datetime | None = None) -> Decision:
    return lambda fund: fund.adjust(amount, by, at or later(fund))


def allocate(
    amount: int = 400,
    community: str = COMMUNITY,
    use: str = "楼道照明",
    by: Actor = STREET_OFFICER,
    at: datetime | None = None,
) -> Decision:
    return lambda fund: fund.allocate(community, amount, use, by, at or later(fund))


def take_back(
    amount: int = 100,
    number: int = 1,
    reason: str = "结余",
    by: Actor = STREET_OFFICER,
    at: datetime | None = None,
) -> Decision:
    return lambda fund: fund.take_back(number, amount, reason, by, at or later(fund))


def test_a_street_has_one_fund_a_year() -> None:
    fund = when_made(budgeted).then(event(FundBudgeted, street=STREET, year=2026, amount=1000))
    assert fund.id == fund_id(STREET, 2026) != fund_id(STREET, 2027)


def test_a_budget_is_adjusted_but_not_below_what_was_given() -> None:
    given(budgeted(), allocate(400)).when(adjust(400)).then(event(FundAdjusted, amount=400))
    refused = given(budgeted(), allocate(400)).when(adjust(399)).refused(BelowAllocated, allocated=400)
    assert refused.path == ("amount",)


def test_the_same_budget_again_changes_nothing() -> None:
    given(budgeted()).when(adjust(1000)).then()


def test_a_community_of_the_street_is_given_some_of_it() -> None:
    given(budgeted(), allocate(600)).when(allocate(400, OTHER_COMMUNITY)).then(
        event(FundAllocated, number=2, community=OTHER_COMMUNITY, amount=400, use="楼道照明")
    )


def test_a_community_of_another_street_is_given_nothing() -> None:
    refused = given(budgeted()).when(allocate(1, ELSEWHERE)).refused(ForeignCommunity, street=STREET)
    assert refused.path == ("communityCode",)


def test_no_more_is_given_than_is_left() -> None:
    refused = given(budgeted(), allocate(600)).when(allocate(401)).refused(FundOverspent, left=400, asked=401)
    assert refused.path == ("amount",)


def test_what_comes_back_can_be_given_again() -> None:
    given(budgeted(), allocate(1000), take_back(300)).when(allocate(300)).then(event(FundAllocated, number=2))


def test_no_more_comes_back_than_was_kept() -> None:
    given(budgeted(), allocate(400)).when(take_back(400)).then(
        event(FundReturned, number=1, amount=400, reason="结余")
    )
    given(budgeted(), allocate(400), take_back(300)).when(take_back(101)).refused(ReturnTooLarge, kept=100)
    given(budgeted()).when(take_back()).refused(NotFound, kind="allocation")


@pytest.mark.parametrize("amount", [0, -1, MOST_FEN + 1])
def test_amounts_are_whole_fen_within_bounds(amount: int) -> None:
    when_made(lambda: budgeted(amount)).refused(OutOfRange, high=MOST_FEN)
    for decision in (adjust(amount), allocate(amount), take_back(amount)):
        assert given(budgeted(), allocate()).when(decision).refused(OutOfRange).path == ("amount",)


@pytest.mark.parametrize("year", [1999, 2101])
def test_a_year_lies_in_our_century(year: int) -> None:
    assert when_made(lambda: budgeted(year=year)).refused(OutOfRange).path == ("year",)


def test_nothing_happens_before_what_it_follows() -> None:
    before = START - MINUTE
    given(budgeted()).when(adjust(1, at=before)).refused(BadTime)
    given(budgeted()).when(allocate(at=before)).refused(BadTime)
    given(budgeted(), allocate()).when(take_back(at=START)).refused(BadTime)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    given(budgeted()).when(allocate(use=text)).refused(refusal)
    given(budgeted(), allocate()).when(take_back(reason=text)).refused(refusal)


def test_only_the_street_itself_has_a_say() -> None:
    for by in EVERYBODY.values():
        if by is not STREET_OFFICER:
            when_made(lambda by=by: budgeted(by=by)).refused(Forbidden)  # type: ignore[misc]
            for decision in (adjust(900, by), allocate(by=by), take_back(by=by)):
                given(budgeted(), allocate()).when(decision).refused(Forbidden)
    when_made(lambda: budgeted(by=OTHER_OFFICER)).refused(OutOfScope)
    given(budgeted()).when(allocate(by=OTHER_OFFICER)).refused(OutOfScope)


# The rule: whatever is asked for, the communities of the street have what was given them, within the budget


STEPS = st.one_of(
    st.tuples(st.just("adjust"), st.integers(0, 1500)),
    st.tuples(
        st.just("allocate"), st.integers(-1, 700), st.sampled_from([COMMUNITY, OTHER_COMMUNITY, ELSEWHERE])
    ),
    st.tuples(st.just("take back"), st.integers(-1, 500), st.integers(0, 4)),
)

DECIDE: dict[str, Callable[..., Decision]] = {
    "adjust": adjust,
    "allocate": allocate,
    "take back": take_back,
}


@forall(st.integers(1, 1500), st.lists(STEPS, max_size=20))
def test_a_fund_is_never_overspent_and_stays_within_the_street(amount: int, steps: list[Any]) -> None:
    fund = budgeted(amount)
    fund.collect_events()
    budget, kept = amount, dict[int, int]()
    for what, fen, *where in steps:
        try:
            DECIDE[what](fen, *where)(fund)
        except Refusal:
            assert not fund.pending_events
        for happened in decided_by(fund):
            match happened:
                case FundAdjusted():
                    budget = happened.amount
                case FundAllocated():
                    assert happened.number == len(kept) + 1
                    assert happened.community.startswith(STREET)
                    kept[happened.number] = happened.amount
                case FundReturned():
                    kept[happened.number] -= happened.amount
        assert all(left >= 0 for left in kept.values())
        assert sum(kept.values()) <= budget
    assert (fund.budget, fund.allocated) == (budget, sum(kept.values()))
