"""演示 The elections of the demonstration: each mechanism at least once, the same for the same day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.election import CountBallots
from chuishao.commands.people.persons import RegisterPerson
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.people.terms import PostKind
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.played.election import COMMUNITIES, STAND, elections, told
from chuishao.service.played.stage import command_id
from tests.town import STREET, Town

PLACES = [f"{STREET}0{number}" for number in range(31, 31 + COMMUNITIES)]
POSTED = {1: ("person", PostKind.PARTY_SECRETARY), 6: ("person", PostKind.PARTY_COMMITTEE_MEMBER)}
"""Who of those who stand is on the roster because of a post of the party."""
DAY = date(2026, 8, 3)
OURS = {
    topic
    for topic, kind in EVENT_TYPES.items()
    if kind.__module__.startswith("chuishao.domain.election.") and topic != "CommitteeRenewed"
}


async def played(town: Town, day: date = DAY) -> list[str]:
    """Play everything; give the types of our events in the log."""
    town.clock.now += timedelta(days=365)
    for place in PLACES:
        since = date(2024, 1, 1)
        await town.do(RegisterDivision(code=place, name=f"社区 {place}", effective_from=since))
        for number in range(1, STAND + 1):
            entered = RegisterPerson(place_code=place, label=f"居民 {number:03d}")
            name = POSTED.get(number, ("stands", number))
            await town.do(entered, id=command_id(place, *name))
    for several in elections(PLACES, day):
        for act in several:
            await town.do(act.command, act.actor, id=act.id, occurred_at=act.at)
    return [event.type for event in await town.log.after(0, 10_000) if event.type in OURS]


@pytest.mark.parametrize("day", [DAY, date(2026, 3, 2), date(2025, 7, 1), date(2025, 12, 31)])
async def test_every_kind_of_event_happens_whatever_the_day(day: date, town: Town) -> None:
    assert set(await played(town, day)) == OURS


async def test_a_second_run_changes_nothing(town: Town) -> None:
    first = await played(town)
    assert await played(town) == first


async def test_the_line_that_is_printed(town: Town) -> None:
    await played(town)
    engine = Engine(Feed(town.log), PROJECTIONS)
    await engine.catch_up()
    async with town.log.pool.acquire() as connection:
        line = (await told(connection, STREET))[32]
    assert line == (
        "4 certified, 1 open, 1 void; turnout 71%; 20 of 21 seats held, 0 elected posts with them"
    )


def test_the_plan_is_the_same_for_the_same_day_and_light() -> None:
    plan = [list(several) for several in elections(PLACES, DAY)]
    assert plan == [list(several) for several in elections(PLACES, DAY)]
    assert len({act.id for several in plan for act in several}) == sum(map(len, plan)) <= 40
    assert sum(isinstance(act.command, CountBallots) for several in plan for act in several) == 4
