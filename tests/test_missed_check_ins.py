"""未按时报到 Check-ins that are not made in time are recorded by themselves: once, as of the limit's end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands.policies import AnnounceWorkdays, Workday
from chuishao.commands.whistles import (
    AnswerSummons,
    CheckIn,
    RateDepartment,
    RecordMissedCheckIn,
    RefuseSummons,
    ResolveWhistle,
    SignSummons,
    WithdrawWhistle,
)
from chuishao.commands.work import Work
from chuishao.domain.refusal import DepartmentsOutstanding, NoLimit, NotYetRateable
from chuishao.domain.whistle_events import CheckInMissed
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.reactions import missed_check_in
from chuishao.reactions.missed_check_in import NAME, TIMED
from tests.served import address, run_chuishao
from tests.test_reactions import caught_up as react
from tests.test_reactions import recorded
from tests.town import Town

WEEK = timedelta(days=7)
TIANJIN, FRIDAY, LAST_SHIFT = ZoneInfo("Asia/Shanghai"), 5, time(17, 30)
WORKING_DAYS = 3
"""The limit of a routine whistle."""


caught_up = partial(react, timed=(TIMED,))
"""Let everything that is due be recorded; a process may die on the way."""


async def missed(town: Town) -> list[tuple[UUID, UUID, datetime, str]]:
    """Whistle, department, when, and by whom."""
    events = await recorded(town.log)
    return [
        (event.stream, event.event.department, event.occurred_at, event.meta.actor)
        for event in events
        if isinstance(event.event, CheckInMissed)
    ]


def limit_of(at: datetime) -> datetime:
    """When a routine summons of that moment is to be answered by a check-in, where nothing is announced."""
    day, left = at.astimezone(TIANJIN).date(), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= FRIDAY
    return datetime.combine(day, LAST_SHIFT, TIANJIN)


@pytest.mark.parametrize("dies", [(), ("before",), ("after",), ("", "after"), ("away",)])
async def test_after_a_week_away_each_missed_check_in_is_recorded_once_as_of_its_limit(
    town: Town, dies: Sequence[str]
) -> None:
    await caught_up(town)
    first, second = town.departments[:2]
    blown = [(await town.whistled())[1] for _ in range(3)]
    due = limit_of(town.clock.now)
    await town.do(SignSummons(whistle_id=blown[1], department_id=first), town.officer(0))
    await town.do(CheckIn(whistle_id=blown[1], department_id=second), town.officer(1))
    withdraw = WithdrawWhistle(whistle_id=blown[2], reason="另行处理")
    await town.do(withdraw, town.street_officer)
    await caught_up(town)
    assert await missed(town) == []

    town.clock.now += WEEK
    await caught_up(town, dies=dies)
    await caught_up(town)

    late = [(blown[0], first), (blown[0], second), (blown[1], first)]
    assert sorted(await missed(town)) == sorted((*each, due, f"reaction {NAME}") for each in late)
    await town.do(CheckIn(whistle_id=blown[0], department_id=first), town.officer(0))  # late, and welcome


async def test_a_day_off_that_is_announced_in_time_moves_the_limit(town: Town) -> None:
    _, whistle = await town.whistled(departments=1)
    begun = town.clock.now
    off = Workday(day=(begun + timedelta(days=1)).date(), works=False)
    await town.do(AnnounceWorkdays(days=[off], division_code="120101"))
    town.clock.now = limit_of(begun)
    await caught_up(town)
    assert await missed(town) == []
    town.clock.now += timedelta(days=1)
    await caught_up(town)
    assert await missed(town) == [(whistle, town.departments[0], town.clock.now, f"reaction {NAME}")]


async def test_a_check_in_in_time_that_is_told_late_was_not_missed(town: Town, database: str) -> None:
    _, whistle = await town.whistled(departments=1)
    (department, *_), in_time = town.departments, town.clock.now + timedelta(hours=5)
    town.clock.now += WEEK
    await caught_up(town)
    assert len(await missed(town)) == 1
    assert (await standing(town, whistle))["missed_at"] is not None
    told = CheckIn(whistle_id=whistle, department_id=department)
    await town.do(told, town.officer(0), occurred_at=in_time)
    await caught_up(town)

    row = await standing(town, whistle)
    assert (row["missed_at"], row["checked_in_at"]) == (None, in_time)
    assert len(await missed(town)) == 1
    town_whistle = await town.log.aggregates.load(whistle)
    assert not town_whistle.summons[department].missed


async def test_a_day_off_that_is_announced_late_takes_the_miss_back_until_the_later_limit(town: Town) -> None:
    _, whistle = await town.whistled(departments=1)
    begun = town.clock.now
    town.clock.now = limit_of(begun)
    await caught_up(town)
    assert [at for _, _, at, _ in await missed(town)] == [limit_of(begun)]

    off = Workday(day=(begun + timedelta(days=1)).date(), works=False)
    await town.do(AnnounceWorkdays(days=[off], division_code="120101"))
    await caught_up(town)
    assert (await standing(town, whistle))["missed_at"] is None
    town.clock.now += timedelta(days=1)
    for _ in range(2):
        await caught_up(town)
        assert [at for _, _, at, _ in await missed(town)] == [limit_of(begun), town.clock.now]


async def test_who_is_not_late_any_more_is_waited_for_and_not_rated_until_the_later_limit(town: Town) -> None:
    _, whistle = await town.whistled(departments=2)
    begun, (late, other, *_) = town.clock.now, town.departments
    for step in (CheckIn(whistle_id=whistle, department_id=other),
                 AnswerSummons(whistle_id=whistle, department_id=other, result="已处理")):  # fmt: skip
        await town.do(step, town.officer(1))
    town.clock.now = limit_of(begun)
    await caught_up(town)
    for works, refusals in ((False, (NotYetRateable, DepartmentsOutstanding)), (True, ())):
        day = Workday(day=(begun + timedelta(days=1)).date(), works=works)
        await town.do(AnnounceWorkdays(days=[day], division_code="120101"))
        await caught_up(town)
        assert ((await standings(town, whistle))[late]["missed_at"] is None) is not works
        for refusal, command in zip(refusals, [
            RateDepartment(whistle_id=whistle, department_id=late, score=1),
            ResolveWhistle(whistle_id=whistle, result="已解决"),
        ], strict=False):  # fmt: skip
            with pytest.raises(refusal):
                await town.do(command, town.street_officer)
    await town.do(RateDepartment(whistle_id=whistle, department_id=late, score=1), town.street_officer)
    await town.do(ResolveWhistle(whistle_id=whistle, result="已解决"), town.street_officer)


async def test_what_was_missed_in_a_whistle_that_is_over_stays_missed(town: Town) -> None:
    _, whistle = await town.whistled(departments=1)
    begun = town.clock.now
    town.clock.now = limit_of(begun)
    await caught_up(town)
    await town.do(WithdrawWhistle(whistle_id=whistle, reason="已处理"), town.street_officer)
    off = Workday(day=(begun + timedelta(days=1)).date(), works=False)
    await town.do(AnnounceWorkdays(days=[off], division_code="120101"))
    await caught_up(town)
    assert (await standing(town, whistle))["missed_at"] == limit_of(begun)


async def test_what_is_refused_keeps_nothing_else_from_being_recorded(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed_check_in, "MOST", 2)
    await caught_up(town)
    blown = [(await town.whistled())[1] for _ in range(3)]
    refused = set(blown[:2])

    async def decide(self: RecordMissedCheckIn, work: Work) -> Any:
        if self.whistle_id in refused:
            raise NoLimit(what="it")
        return await decided(self, work)

    decided = RecordMissedCheckIn.decide
    monkeypatch.setattr(RecordMissedCheckIn, "decide", decide)
    town.clock.now += WEEK
    await caught_up(town)
    assert {whistle for whistle, *_ in await missed(town)} == {blown[2]}


async def standing(town: Town, whistle: UUID) -> Any:
    """The summons to a whistle as the read model has it."""
    (row,) = (await standings(town, whistle)).values()
    return row


async def standings(town: Town, whistle: UUID) -> dict[UUID, Any]:
    """Every summons to a whistle, by department."""
    query = "SELECT department, missed_at, checked_in_at FROM whistles.summons WHERE whistle = $1"
    async with town.log.borrow() as connection:
        return {row["department"]: row for row in await connection.fetch(query, whistle)}


async def test_the_command_line_says_how_much_is_due(town: Town, database: str) -> None:
    await caught_up(town)
    await town.whistled(departments=2)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    listed = await asyncio.to_thread(run_chuishao, "reactions", "list", "--database-url", address(database))
    assert listed.returncode == 0, listed
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith(NAME)]
    assert line.startswith(f"{NAME}  by the clock  2 due  未按时报到")  # the town lives in the past
    await caught_up(town)


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
async def test_whatever_departments_do_what_is_missed_is_recorded_once_and_nothing_else(
    town: Town, seed: int
) -> None:
    chance = random.Random(seed)
    blown = [(await town.whistled())[1] for _ in range(3)]
    waiting = {(whistle, number) for whistle in blown for number in (0, 1)}
    limits = dict.fromkeys(waiting, limit_of(town.clock.now))
    expected = set()
    for _ in range(8):
        town.clock.now += timedelta(hours=chance.choice([1, 20, 30]))
        expected |= {each for each in waiting if limits[each] <= town.clock.now}
        await caught_up(town)
        if not waiting - expected:
            break
        whistle, number = chance.choice(sorted(waiting - expected))
        of = {"whistle_id": whistle, "department_id": town.departments[number]}
        match chance.choice(["check in", "refuse", "nothing"]):
            case "check in":
                await town.do(CheckIn(**of), town.officer(number))
                waiting.discard((whistle, number))
            case "refuse":
                await town.do(RefuseSummons(**of, reason="不属于职责范围"), town.officer(number))
                waiting.discard((whistle, number))
    found = [each for each in await missed(town) if each[0] in blown]
    assert {(whistle, at) for whistle, _, at, _ in found} == {(each[0], limits[each]) for each in expected}
    assert len(found) == len({(whistle, department) for whistle, department, _, _ in found}) == len(expected)
