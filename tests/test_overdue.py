"""逾期 Limits that pass are recorded by themselves: once, as of then, also after a week without a server."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import cases, policies, requests
from chuishao.commands.policies import AnnounceWorkdays, Workday
from chuishao.domain.actor import SYSTEM
from chuishao.domain.case_events import CaseEscalated, CaseOverdue
from chuishao.domain.lifecycle import Status
from chuishao.domain.refusal import BadPolicy, Refusal
from chuishao.domain.vocabulary import Tier
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.reactions.overdue import NAME, TIMED
from chuishao.reactions.reaction import Around
from tests.given import STAFF, a_case_in, event, later
from tests.test_reactions import caught_up as react
from tests.test_reactions import recorded
from tests.town import Town

WEEK, DAY = timedelta(days=7), timedelta(days=1)


caught_up = partial(react, timed=(TIMED,))
"""Let everything that is due be recorded; a process may die on the way."""


async def passed(town: Town) -> list[tuple[UUID, datetime, str]]:
    """Of which case, when, and by whom."""
    events = await recorded(town.log)
    return [
        (each.stream, each.occurred_at, each.meta.actor)
        for each in events
        if isinstance(each.event, CaseOverdue)
    ]


async def row(town: Town, case: UUID) -> Any:
    """The case as the read model has it."""
    await caught_up(town)
    query = "SELECT due_at, overdue_at, tier, status FROM cases.case_row WHERE id = $1"
    async with town.log.borrow() as connection:
        return await connection.fetchrow(query, case)


@pytest.mark.parametrize("dies", [(), ("before",), ("after",), ("", "after"), ("away",)])
async def test_after_a_week_away_each_limit_that_passed_is_recorded_once_as_of_then(
    town: Town, dies: Sequence[str]
) -> None:
    reported, assigned, resolved = await town.report(), await town.assigned(), await town.assigned()
    await town.do(cases.ResolveOnSpot(case_id=resolved, result="已处理"), town.worker())
    due = {case: (await row(town, case))["due_at"] for case in (reported, assigned, resolved)}
    assert await passed(town) == []

    town.clock.now += WEEK
    await caught_up(town, dies=dies)
    await caught_up(town)

    assert sorted(await passed(town)) == sorted((case, at, f"reaction {NAME}") for case, at in due.items())
    assert {(await row(town, case))["overdue_at"] for case in due} == set(due.values())


async def test_a_step_that_is_taken_begins_a_limit_of_its_own(town: Town) -> None:
    case = await town.report()
    town.clock.now += WEEK
    await caught_up(town)
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    assert (await row(town, case))["overdue_at"] is None
    town.clock.now += WEEK
    await caught_up(town)
    assert len(await passed(town)) == 2


async def test_what_is_suspended_is_not_overdue(town: Town) -> None:
    case = await town.assigned()
    await town.do(requests.RequestSuspension(case_id=case, reason="等待配件"), town.worker())
    await town.do(requests.DecideRequest(case_id=case, granted=True), town.grid_leader)
    town.clock.now += WEEK
    await caught_up(town)
    assert await passed(town) == []


async def test_a_day_off_that_is_announced_late_takes_it_back_until_the_later_limit(town: Town) -> None:
    case = await town.assigned(Tier.GRID_LEADER)
    due = (await row(town, case))["due_at"]
    begun = town.clock.now
    town.clock.now = due
    await caught_up(town)
    off = [Workday(day=(begun + number * DAY).date(), works=False) for number in (0, 1)]
    await town.do(AnnounceWorkdays(days=off, division_code="120101"))
    moved = await row(town, case)
    assert moved["due_at"] > due
    assert moved["overdue_at"] is None
    town.clock.now = moved["due_at"]
    for _ in range(2):
        await caught_up(town)
        assert [at for _, at, _ in await passed(town)] == [due, moved["due_at"]]


async def test_a_limit_that_moves_on_and_back_passed_when_it_did_and_is_not_recorded_anew(town: Town) -> None:
    case = await town.assigned(Tier.GRID_LEADER)
    due = (await row(town, case))["due_at"]
    begun = town.clock.now
    town.clock.now = due
    await caught_up(town)
    for works, overdue_at in ((False, None), (True, due)):
        days = [Workday(day=(begun + number * DAY).date(), works=works) for number in (0, 1)]
        await town.do(AnnounceWorkdays(days=days, division_code="120101"))
        assert (await row(town, case))["overdue_at"] == overdue_at
    assert await around(town) == []
    assert [at for _, at, _ in await passed(town)] == [due]


async def around(town: Town) -> Sequence[Any]:
    """What the clock would send now."""
    reading = Engine(Feed(town.log), PROJECTIONS).known.reading
    return await TIMED.due(Around(town.log, reading), town.clock.now, 0)


async def test_where_the_policy_says_so_what_is_overdue_goes_up_a_tier_each_time(town: Town) -> None:
    document = policies.default_policy() | {"version": "escalating", "escalation": {"enabled": True}}
    await town.do(policies.AdoptPolicy(document=document))
    reported, case = await town.report(), await town.assigned()
    for tier in ("GRID_LEADER", "DELIBERATION", "MULTI_UNIT", "MULTI_UNIT"):
        town.clock.now += timedelta(days=30)
        now = town.clock.now
        await caught_up(town)
        assert (await row(town, case))["tier"] == tier
    events = [each for each in await recorded(town.log) if isinstance(each.event, CaseEscalated)]
    assert len(events) == 3
    assert all(each.occurred_at <= now for each in events)
    assert [each.stream for each in events] == [case] * 3
    assert (await row(town, reported))["status"] == "REPORTED"  # that nobody took up: no tier holds it
    assert len([at for id_, at, _ in await passed(town) if id_ == case]) == 4


async def test_nothing_goes_up_where_no_policy_says_so(town: Town) -> None:
    case = await town.assigned()
    town.clock.now += WEEK
    assert (await row(town, case))["tier"] == "ON_SPOT"
    assert len(await passed(town)) == 1


async def test_escalation_is_on_or_off(town: Town) -> None:
    document = policies.default_policy() | {"version": "wrong", "escalation": {"enabled": "yes"}}
    with pytest.raises(BadPolicy) as refused:
        await town.do(policies.AdoptPolicy(document=document))
    assert refused.value.path == ("document", "escalation", "enabled")


def test_a_limit_is_recorded_where_it_ended_and_the_case_goes_up_when_that_is_known() -> None:
    case = a_case_in(Status.ASSIGNED).aggregate
    due, now = later(case), case.since + WEEK
    a_case_in(Status.ASSIGNED).when(
        lambda one: one.let_pass(due, "handle", SYSTEM, now, escalates=True)
    ).then(
        event(CaseOverdue, rule="handle", timestamp=due),
        event(CaseEscalated, tier="GRID_LEADER", timestamp=now),
    )


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32))
async def test_whatever_is_done_each_limit_that_passed_is_recorded_once_and_no_other(
    town: Town, seed: int
) -> None:
    chance = random.Random(seed)
    told: set[tuple[UUID, datetime]] = set()
    made = [await town.assigned() for _ in range(3)]
    for _ in range(6):
        limits = {case: await row(town, case) for case in made}
        town.clock.now += timedelta(hours=chance.choice([1, 10, 40]))
        told |= {
            (case, known["due_at"])
            for case, known in limits.items()
            if known["due_at"] is not None and known["due_at"] <= town.clock.now
        }
        await caught_up(town)
        case = chance.choice(made)
        with suppress(Refusal):
            await town.do(
                chance.choice(
                    [
                        cases.ResolveOnSpot(case_id=case, result="已处理"),
                        cases.VerifyCase(case_id=case, passed=chance.random() < 0.5, note="看过"),
                        requests.RequestSuspension(case_id=case, reason="等待配件"),
                        requests.DecideRequest(case_id=case, granted=True),
                        requests.ResumeCase(case_id=case),
                    ]
                ),
                chance.choice([town.worker(), town.community_staff, STAFF]),
            )
    found = [(case, at) for case, at, _ in await passed(town) if case in made]
    assert set(found) == told
    assert len(found) == len(told)
