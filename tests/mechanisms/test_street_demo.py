"""演示 What the demonstration plays of streets: everything once at least, the same for the same day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.execution import Envelope
from chuishao.commands.street.powers import AppraiseDepartment
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.played.stage import Stage
from chuishao.service.played.street import APPRAISALS, PLAYED, appraised
from chuishao.service.working_day import CLOSES, OPENS, ZONE, Post, plan
from tests.town import GRID, OTHER_GRID, THIRD_GRID, Town

DAY = date(2026, 3, 2)
POSTS = [Post(f"120101001{number:03d}-G001", UUID(int=number)) for number in range(1, 9)]
DEPARTMENTS = [UUID(int=number) for number in range(101, 106)]


async def test_every_event_of_streets_is_played_and_the_boards_tell_it(town: Town) -> None:
    posts = [Post(grid, town.workers[grid]) for grid in (GRID, OTHER_GRID, THIRD_GRID)]
    town.clock.now = datetime(2026, 3, 3, tzinfo=ZONE)
    stage = Stage("120101", [], posts, town.departments, DAY, 1)
    scripts = [script for played in PLAYED for script in played.acts(stage)]
    scripts += appraised(list(plan(posts, town.departments, DAY, 60, 1)))
    for act in sorted((act for script in scripts for act in script), key=lambda act: act.at):
        await town.executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    happened = {event.type for event in await town.log.after(0, 10_000)}
    ours = {name for name, kind in EVENT_TYPES.items() if ".street." in kind.__module__}
    assert ours <= happened, ours - happened
    async with connected(town.log.pool) as connection:
        lines: dict[int, str] = {}
        for played in PLAYED:
            lines |= await played.told(connection, "120101")
    assert lines == {
        5: "7 times exercised, 2 departments appraised; 1 of 2 pieces of advice taken; "
        "228,000 of 600,000 yuan 元 with communities",
        6: "3 duties on the lists of 1 streets, 1 taken off",
        34: "6 tasks admitted, 2 refused, 2 ended; the heaviest load is 40 hours a month",
        40: "2 of 3 answered, 1 of 1 satisfied",
    }


@forall(st.integers(0, 10_000), st.integers(1, 120))
def test_appraisals_follow_the_case_and_change_none_of_its_steps(seed: int, number: int) -> None:
    before = list(plan(POSTS, DEPARTMENTS, DAY, number, seed))
    after = list(appraised(before))

    added = [act for script in after for act in script if isinstance(act.command, AppraiseDepartment)]
    assert len(added) <= APPRAISALS
    assert len({act.id for act in added}) == len(added)
    for script, plain in zip(after, before, strict=True):
        assert script[: len(plain)] == plain
        assert len(script) <= len(plain) + 1
        assert [act.at for act in script] == sorted(act.at for act in script)


def test_the_same_day_is_planned_alike_and_every_act_has_an_identifier_of_its_own() -> None:
    stage = Stage("120101", [], POSTS, DEPARTMENTS, DAY, 1)
    once, again = ([script for played in PLAYED for script in played.acts(stage)] for _ in range(2))
    every = [act for script in once for act in script]

    assert once == again
    assert len({act.id for act in every}) == len(every)
    assert all(OPENS <= act.at.time() <= CLOSES for act in every)
