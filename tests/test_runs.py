"""办理轮次 How each run of a case went: given events, then rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chuishao.commands.policies import default_policy
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import Case
from chuishao.domain.case_events import CaseEvent
from chuishao.domain.policy import LimitKind, parse
from chuishao.domain.vocabulary import LinkageMechanism, Role, Tier, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.domain.whistle_events import WhistleBlown
from chuishao.domain.workdays import Announcement
from chuishao.projections import runs
from chuishao.projections.policybook import PolicyBook
from chuishao.projections.runs import RunRow
from tests.test_projections import DEPARTMENT, LEADER, OFFICER, RESIDENT, STAFF, a_case, an_assigned_case, at
from tests.test_projections import given as decided
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, START, STREET, THIRD_GRID

POLICY = parse(default_policy())
OTHER = Actor("other-officer", Role.STREET_OFFICER, STREET)
BOOK = PolicyBook(((0, POLICY),))


def runs_of(case: Case, *others: Any) -> list[RunRow]:
    """The rows that the events of a case leave, and those of its whistles that say who leads."""
    rows: runs.Runs = {}
    for recorded in decided(case, *others):
        if isinstance(recorded.event, CaseEvent | WhistleBlown):
            runs.evolve(rows, recorded, BOOK)
    return rows[case.id]


def run_of(case: Case, *others: Any) -> RunRow:
    """The only row that they leave."""
    (row,) = runs_of(case, *others)
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


def test_an_escalation_at_the_very_end_of_a_limit_leaves_it_as_it_was() -> None:
    case = an_assigned_case()
    end = limit(3, Tier.ON_SPOT)
    case.let_pass(end, "handle-on-spot", SYSTEM, end, escalates=True)

    row = run_of(case)

    assert (row.tier, row.due_at) == ("GRID_LEADER", end)


# The clock


def granted(case: Case, hour: float) -> Case:
    case.decide_request(None, POLICY, OFFICER, at(hour), granted=True)
    return case


def extended() -> Case:
    case = an_assigned_case()
    case.ask_extension(30, TimeUnit.MINUTES, "情况复杂", POLICY, LEADER, at(4))
    return granted(case, 5)


def suspended(hour: float = 3.5) -> Case:
    case = an_assigned_case()
    case.ask_suspension(None, "等待配件", LEADER, at(hour))
    return granted(case, hour)


def test_an_extension_moves_the_limit_and_is_kept_with_the_run() -> None:
    plain, raised = limit(3, Tier.ON_SPOT), extended()
    raised.escalate(Tier.DELIBERATION, None, "本级无法解决", STAFF, at(6))

    row, after = run_of(extended()), run_of(raised)

    assert row.due_at is not None and row.due_at > plain
    assert (row.extended_at, after.extended_at) == (at(5), at(5))
    assert after.due_at == limit(6, Tier.DELIBERATION)


def test_nothing_is_due_while_the_clock_stands_still_and_what_passed_before_stays() -> None:
    resumed = suspended()
    resumed.resume(None, LEADER, at(300))
    again = run_of(resumed).due_at

    assert run_of(suspended()).due_at is None
    assert run_of(suspended(200)).due_at == limit(3, Tier.ON_SPOT)
    assert again is not None and again > at(300)


def test_what_is_resolved_while_its_clock_stands_still_has_the_limit_of_a_clock_that_goes_on() -> None:
    case, resumed = suspended(), suspended()
    resumed.resume(None, LEADER, at(300))

    row = run_of(resolved(case, 300))

    assert row.due_at == run_of(resumed).due_at
    assert row.due_at is not None and row.resolved_at == at(300) <= row.due_at


def test_a_merge_that_is_undone_gives_the_clock_back() -> None:
    case, other = extended(), a_case()
    case.merge_into(other, OFFICER, at(6))
    case.undo_merge(other, "误并", OFFICER, at(7))

    assert run_of(case).due_at == run_of(extended()).due_at


@pytest.mark.parametrize("hour", [3.2, 200])
def test_a_return_that_was_asked_for_takes_a_limit_away_unless_that_had_passed(hour: float) -> None:
    case = an_assigned_case()
    case.ask_return("不属于本级", LEADER, at(hour))

    row = run_of(granted(case, hour))

    assert (row.status, row.sent_on) == ("ASSESSED", 1)
    assert row.due_at == (limit(3, Tier.ON_SPOT) if hour > 100 else None)


def test_a_limit_follows_days_that_are_announced_late_as_that_of_the_case_does() -> None:
    off = Announcement("", tuple(((START + timedelta(days=number)).date(), False) for number in range(3)))
    case = an_assigned_case()
    recorded = decided(case)
    rows: runs.Runs = {}
    for one in recorded:
        runs.evolve(rows, one, BOOK)

    runs.date(rows[case.id][0], PolicyBook(BOOK.adopted, ((0, off),)), recorded[-1].position)

    facts: Any = {"category": "01001", "severity": "MINOR", "division": GRID, "tier": Tier.ON_SPOT}
    later = POLICY.announcing((off,)).due(LimitKind.HANDLE, at(3), **facts)
    assert rows[case.id][0].due_at == later != limit(3, Tier.ON_SPOT)


# Who did it


def test_a_rework_is_that_of_whoever_resolved_first_and_a_reopening_that_of_whoever_resolved_last() -> None:
    again = resolved(an_assigned_case())
    again.fail_verification("未解决", STAFF, at(5))
    again.escalate(Tier.DELIBERATION, None, "本级无法解决", STAFF, at(6))
    again.resolve("已协商", STAFF, at(7))
    reopened = closed()
    reopened.reopen("问题仍在", RESIDENT, at(8))

    assert run_of(again).resolver == LEADER.id
    first, second = runs_of(reopened)
    assert (first.resolver, first.reopened_at, first.ended_at) == (LEADER.id, at(8), at(6))
    assert (second.resolver, second.reopened_at) == (None, None)


def test_what_is_sent_back_by_verification_is_resolved_no_more_and_counts_a_rework() -> None:
    case = resolved(an_assigned_case())
    case.fail_verification("未解决", STAFF, at(5))

    row = run_of(case)

    assert (row.reworks, row.resolved_at, row.settled, row.contained) == (1, None, None, None)
    assert row.due_at == limit(5, Tier.ON_SPOT)


def test_what_is_transferred_was_sent_on_and_what_is_escalated_was_not() -> None:
    moved, raised = an_assigned_case(), an_assigned_case()
    moved.transfer(OTHER_COMMUNITY, THIRD_GRID, None, "应由他处办理", OFFICER, at(4))
    raised.escalate(Tier.MULTI_UNIT, None, "本级无法解决", STAFF, at(4))

    there, here = run_of(moved), run_of(raised)
    assert (there.sent_on, there.place) == (1, THIRD_GRID)
    assert (here.sent_on, here.place) == (0, GRID)


def led(hour: float) -> tuple[Case, Whistle]:
    """A case on which the whistle was blown at an hour, which a department leads."""
    case, kind, linkage = an_assigned_case(Tier.MULTI_UNIT), WhistleKind.ROUTINE, LinkageMechanism.LAST_MILE
    call = Call(kind=kind, linkage=linkage, grounds="联动", departments=[DEPARTMENT], lead=DEPARTMENT)
    whistle = Whistle.blow(uuid4(), case.id, STREET, uuid4(), call, OFFICER, at(hour))
    case.blow(whistle.id, kind, linkage, OFFICER, at(hour))
    return case, whistle


def test_a_whistle_begins_the_limit_anew_and_its_lead_is_kept_with_the_resolution() -> None:
    case, whistle = led(30)
    case.resolve_by_whistle("已处理", OFFICER, at(31))

    row = run_of(case, whistle)

    assert (row.whistles, row.lead, row.settled) == (1, DEPARTMENT, "BEYOND")
    assert row.due_at == limit(30, Tier.MULTI_UNIT) != limit(3, Tier.MULTI_UNIT)


def test_nobody_led_to_what_was_resolved_without_a_whistle_in_the_end() -> None:
    case, whistle = led(4)
    case.resolve_by_whistle("已处理", OFFICER, at(5))
    case.fail_verification("未解决", OTHER, at(6))
    case.return_("重新交办", OFFICER, at(7))
    case.assign(Tier.ON_SPOT, None, None, STAFF, at(8))
    case.resolve_on_spot("已处理", LEADER, at(9))

    row = run_of(case, whistle)

    assert (row.whistles, row.lead, row.settled) == (1, None, "GRID")


def test_a_rehomed_case_was_sent_on_by_nobody() -> None:
    case = an_assigned_case()
    case.rehome(OTHER_COMMUNITY, THIRD_GRID, None, SYSTEM, at(4))

    row = run_of(case)

    assert (row.place, row.holder, row.sent_on) == (THIRD_GRID, THIRD_GRID, 0)
    assert row.place.startswith(OTHER_COMMUNITY) and not row.place.startswith(COMMUNITY)
