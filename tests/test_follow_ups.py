"""回访抽样 Which residents are called back: a share by policy, drawn by the log, so that nobody chooses."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chuishao.commands import cases
from chuishao.commands.policies import AdoptPolicy, default_policy
from chuishao.domain.policy import parse
from chuishao.domain.refusal import BadPolicy
from chuishao.domain.vocabulary import Tier
from chuishao.projections import cases as case_rows
from chuishao.projections.policybook import PolicyBook
from tests.served import served
from tests.test_projections import LEADER, STAFF, an_assigned_case, at, folded, of_cases
from tests.test_projections import given as told
from tests.town import Town

SHARES: list[dict[str, Any]] = [
    {"percent": 10},
    {"percent": 100, "when": {"severity": "MAJOR"}},
    {"percent": 0, "when": {"category": "16"}},
]


def policy_with(*shares: dict[str, Any]) -> dict[str, Any]:
    """The default policy with shares of cases that are called back."""
    return default_policy() | {"version": "called back", "followUps": list(shares)}


def test_nobody_is_called_back_where_the_policy_says_nothing() -> None:
    assert parse(default_policy()).follow_up_percent(severity="MAJOR") == 0


def test_the_rule_that_fits_most_closely_says_how_many() -> None:
    policy = parse(policy_with(*SHARES))
    assert policy.follow_up_percent(severity="MINOR", category="01001") == 10
    assert policy.follow_up_percent(severity="MAJOR", category="01001") == 100
    assert policy.follow_up_percent(severity="MINOR", category="16001") == 0


@pytest.mark.parametrize(
    ("share", "path"),
    [
        ({"percent": 101}, ("followUps", "0", "percent")),
        ({"percent": "10"}, ("followUps", "0", "percent")),
        ({}, ("followUps", "0", "percent")),
        ({"percent": 1, "when": {"weather": "rain"}}, ("followUps", "0", "when", "weather")),
    ],
)
def test_a_share_that_is_none_is_refused(share: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(BadPolicy) as refused:
        parse(policy_with(share))
    assert refused.value.path == ("document", *path)


def drawn(hashes: list[bytes], percent: int) -> list[bool]:
    """Whether verified cases are called back whose verification has these hashes."""
    book = PolicyBook(((0, parse(policy_with({"percent": percent}))),))
    case = an_assigned_case()
    case.escalate(Tier.GRID_LEADER, "leader", "升级", LEADER, at(5))
    case.resolve("已处理", LEADER, at(6))
    case.verify(None, STAFF, at(7))
    row = folded(of_cases, told(case))[case.id]
    found = []
    for leaf in hashes:
        row.draw = case_rows.drawn(leaf)
        case_rows.date(row, book, 1000)
        found.append(row.follow_up_due)
    return found


HASHES = [sha256(str(number).encode()).digest() for number in range(4000)]


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_larger_share_calls_back_whom_a_smaller_one_does_and_more(one: int, other: int) -> None:
    some = HASHES[:100]
    smaller, larger = (drawn(some, percent) for percent in sorted((one, other)))
    assert all(more or not less for less, more in zip(smaller, larger, strict=True))


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 99, 100])
def test_so_many_are_called_back_as_the_policy_says(percent: int) -> None:
    share = sum(drawn(HASHES, percent)) / len(HASHES)
    assert abs(share - percent / 100) <= 4 * (percent / 100 * (1 - percent / 100) / len(HASHES)) ** 0.5


async def test_who_was_drawn_is_to_be_called_until_somebody_has_answered(town: Town, database: str) -> None:
    await town.do(AdoptPolicy(document=policy_with({"percent": 100})))
    case = await town.assigned()
    await town.do(cases.ResolveOnSpot(case_id=case, result="已处理"), town.worker())
    query = """
    query ($id: ID!, $at: Position) {
      case(id: $id, atLeast: $at) { followUpDue }
      due: cases(filter: { followUpDue: true }) { nodes { id } }
      others: cases(filter: { followUpDue: false }) { nodes { id } }
    }
    """
    answers = []
    async with served(database) as running:
        for step in (
            cases.VerifyCase(case_id=case, passed=True),
            cases.CloseCase(case_id=case),
            cases.RateCase(case_id=case, answered=True, solved=True, satisfied=5),
        ):
            done = await town.do(step, town.community_staff)
            found = await running.client(town.street_officer).read(query, id=str(case), at=done.position)
            here = [str(case) in {each["id"] for each in found[name]["nodes"]} for name in ("due", "others")]
            answers.append((found["case"]["followUpDue"], *here))
    assert answers == [(True, True, False), (True, True, False), (False, False, True)]
