"""办理轮次 How each run of a case went: given events, then rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chuishao.commands.policies import default_policy
from chuishao.domain.actor import SYSTEM
from chuishao.domain.case import Case
from chuishao.domain.policy import LimitKind, parse
from chuishao.domain.vocabulary import Tier
from chuishao.projections import runs
from chuishao.projections.policybook import PolicyBook
from chuishao.projections.runs import RunRow
from tests.test_projections import LEADER, OFFICER, RESIDENT, STAFF, a_case, an_assigned_case, at
from tests.test_projections import given as decided
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, THIRD_GRID

POLICY = parse(default_policy())
BOOK = PolicyBook(((0, POLICY),))


def runs_of(case: Case) -> list[RunRow]:
    """The rows that the events of a case leave."""
    rows: runs.Runs = {}
    for recorded in decided(case):
        runs.evolve(rows, recorded, BOOK)
    return rows[case.id]


def run_of(case: Case) -> RunRow:
    """The only row that they leave."""
    (row,) = runs_of(case)
    return row


def limit(hour: float, tier: Tier) -> Any:
    """When a limit ends that begins at an hour."""
    facts: Any = {"category": "01001", "severity": "MINOR", "division": GRID, "tier": tier}
    return POLICY.due(LimitKind.HANDLE, at(hour), **facts)


def resolved(case: Case, hour: float = 4) -> Case:
    case.resolve_on_spot("已处理", LEADER, at(hour))
    return case


def closed() -> Case:
    case = resolved(an_assigned_case())
    case.verify(None, STAFF, at(5))
    case.close(None, STAFF, at(6))
    return case


def test_a_case_that_is_closed_is_one_run_with_all_its_times() -> None:
    row = run_of(closed())

    assert (row.number, row.ended, row.opened_at, row.ended_at) == (1, "CLOSED", at(0), at(6))
    assert (row.accepted_at, row.assigned_at, row.resolved_at, row.verified_at) == (
        at(1),
        at(3),
        at(4),
        at(5),
    )
    assert (row.place, row.holder, row.assignee, row.tier) == (GRID, GRID, "worker-1", "ON_SPOT")
    assert (row.settled, row.contained, row.receiver, row.taken_up_at) == ("GRID", True, "a", at(1))


def test_a_case_that_is_reopened_begins_another_run_and_leaves_the_first_as_it_was() -> None:
    case = closed()
    case.rate(True, False, 2, None, RESIDENT, at(7))
    (before,) = runs_of(closed())
    case.reopen("问题仍在", RESIDENT, at(8))
    case.assess("11003", case.severity, None, None, STAFF, at(9))
    case.assign(Tier.DELIBERATION, None, None, STAFF, at(10))

    first, second = runs_of(case)

    for name in ("place", "category", "due_at", "resolved_at", "settled", "contained", "ended", "ended_at"):
        assert getattr(first, name) == getattr(before, name), name
    assert (first.answered, first.solved, first.satisfied, first.follow_up) == (True, False, 2, False)
    assert (second.number, second.opened_at, second.ended, second.rated_at) == (2, at(8), None, None)
    assert (second.category, second.assigned_at, second.night_at) == ("11003", at(10), None)
    assert second.receiver == first.receiver


def test_a_run_that_is_reopened_before_a_close_ends_with_that() -> None:
    case = resolved(an_assigned_case())
    case.verify(None, STAFF, at(5))
    case.reopen("问题仍在", STAFF, at(6))

    first, second = runs_of(case)

    assert (first.ended, first.ended_at, first.resolved_at) == ("REOPENED", at(6), at(4))
    assert (second.number, second.ended) == (2, None)


def refuse(case: Case) -> None:
    case.refuse("不属于本辖区", LEADER, at(1))


def mark(case: Case) -> None:
    case.mark_duplicate(a_case(), LEADER, at(1))


def merge(case: Case) -> None:
    case.merge_into(a_case(), LEADER, at(1))


@pytest.mark.parametrize(("leave", "how"), [(refuse, "REFUSED"), (mark, "DUPLICATE"), (merge, "MERGED")])
def test_a_run_that_goes_elsewhere_says_where(leave: Callable[[Case], None], how: str) -> None:
    case = a_case()
    leave(case)

    row = run_of(case)

    assert (row.ended, row.ended_at, row.due_at) == (how, at(1), None)


def test_a_merge_that_is_undone_never_happened() -> None:
    case, other = an_assigned_case(), a_case()
    case.merge_into(other, OFFICER, at(4))
    case.undo_merge(other, "误并", OFFICER, at(5))

    row, plain = run_of(case), run_of(an_assigned_case())

    assert (row.ended, row.ended_at, row.status) == (None, None, "ASSIGNED")
    assert row.due_at == plain.due_at == limit(3, Tier.ON_SPOT)


# The limit


def test_a_limit_that_has_not_passed_moves_with_the_case_and_is_kept_by_what_is_resolved() -> None:
    case = an_assigned_case()
    case.escalate(Tier.DELIBERATION, None, "本级无法解决", STAFF, at(4))
    case.resolve("已协商", STAFF, at(5))
    case.verify(None, OFFICER, at(400))

    assert run_of(case).due_at == limit(4, Tier.DELIBERATION)


def test_a_return_takes_the_limit_away_until_the_next_assignment() -> None:
    case = an_assigned_case()
    case.return_("重新交办", STAFF, at(4))
    assert run_of(an_assigned_case()).due_at is not None

    case.assign(Tier.GRID_LEADER, None, None, STAFF, at(6))
    row = run_of(case)

    assert (row.due_at, row.sent_on, row.assigned_at) == (limit(6, Tier.GRID_LEADER), 1, at(3))


def returned(case: Case) -> None:
    case.return_("重新交办", STAFF, at(200))


def transferred(case: Case) -> None:
    case.transfer(OTHER_COMMUNITY, THIRD_GRID, None, "应由他处办理", OFFICER, at(200))


def escalated(case: Case) -> None:
    case.escalate(Tier.MULTI_UNIT, None, "本级无法解决", STAFF, at(200))


@pytest.mark.parametrize("move", [returned, transferred, escalated])
def test_a_limit_that_has_passed_stays_whatever_becomes_of_the_case(move: Callable[[Case], None]) -> None:
    case = an_assigned_case()
    move(case)

    row = run_of(case)

    assert row.due_at == limit(3, Tier.ON_SPOT) < at(200)
    assert row.due_rule == "handle-on-spot"


def test_what_is_sent_back_by_verification_is_resolved_no_more_and_counts_a_rework() -> None:
    case = resolved(an_assigned_case())
    case.fail_verification("未解决", STAFF, at(5))

    row = run_of(case)

    assert (row.reworks, row.resolved_at, row.settled, row.contained) == (1, None, None, None)
    assert row.due_at == limit(5, Tier.ON_SPOT)


def test_a_rehomed_case_was_sent_on_by_nobody() -> None:
    case = an_assigned_case()
    case.rehome(OTHER_COMMUNITY, THIRD_GRID, None, SYSTEM, at(4))

    row = run_of(case)

    assert (row.place, row.holder, row.sent_on) == (THIRD_GRID, THIRD_GRID, 0)
    assert row.place.startswith(OTHER_COMMUNITY) and not row.place.startswith(COMMUNITY)
