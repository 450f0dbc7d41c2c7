"""演示 The split of the demonstration: an oversize community, its open cases, the people of its parts."""

from __future__ import annotations

from datetime import date, timedelta

from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.execution import Envelope
from chuishao.domain.case_events import CaseRehomed
from chuishao.domain.grid import GridDrawn
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.reactions import rehoming
from chuishao.reactions.follower import Reactions
from chuishao.service.played.split import CASES, GRIDS, PARTS, acts, part_codes, told
from chuishao.service.played.stage import Stage
from tests.town import COMMUNITY, START, STREET, Town

OVERSIZE = f"{STREET}080"
STAGE = Stage("120101", [(COMMUNITY, "社区")], [], [], START.date(), 1, (OVERSIZE, "超大社区"))


async def test_nine_thousand_households_become_three_staffed_parts_and_open_cases_follow(town: Town) -> None:
    await town.do(RegisterDivision(code=OVERSIZE, name="超大社区", effective_from=date(2023, 9, 1)))
    engine = Engine(Feed(town.log), PROJECTIONS)
    reactions = Reactions(engine.feed, engine, town.executor, (rehoming.REACTION,))
    await reactions.begin()
    town.clock.now += timedelta(days=1)
    for act in acts(STAGE)[0]:
        await town.executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))
    await reactions.catch_up()

    async with connected(town.log.pool) as connection:
        lines = await told(connection, "120101")
    assert lines[31] == (
        "1 of 1 communities split, 9,000 households in 3 parts, 3 of them staffed; 6 open cases followed"
    )
    events = [event.event for event in await town.log.after(0, 10_000)]
    drawn = [event for event in events if isinstance(event, GridDrawn) and event.code[:12] != COMMUNITY]
    made_up = [event for event in drawn if event.synthetic]
    assert len(made_up) == 2 * GRIDS, "the grids of the parts are as synthetic as those that they take over"
    assert sum(isinstance(event, CaseRehomed) for event in events) == CASES


def test_the_same_day_is_planned_the_same_and_in_order() -> None:
    (once,), (again,) = acts(STAGE), acts(STAGE)
    assert once == again
    assert len({act.id for act in once}) == len(once)
    assert [act.at for act in once] == sorted(act.at for act in once)
    assert len({*part_codes(STAGE, OVERSIZE), COMMUNITY, OVERSIZE}) == PARTS + 2


def test_without_an_oversize_community_nothing_is_split() -> None:
    assert acts(Stage("120101", [], [], [], START.date(), 1)) == []
