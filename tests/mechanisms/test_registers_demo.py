"""What the demonstration plays of the registers: each mechanism once at least, the same for the same day."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from chuishao.commands.execution import Envelope
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.registers.terms import CareGroup, DiaryTopic, ElementKind
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.played.registers import acts, told
from chuishao.service.played.stage import Stage
from chuishao.service.working_day import Post
from tests.town import GRID, OTHER_GRID, START, THIRD_GRID, Town

DAY = date(2026, 3, 2)
POSTS = [Post(grid, uuid5(UUID(int=7), grid)) for grid in (GRID, OTHER_GRID, THIRD_GRID)]


def on_stage(posts: list[Post], day: date = DAY) -> Stage:
    """The district with these grids alone."""
    return Stage("120101", [], posts, [], day, 1)


def test_the_same_day_is_planned_the_same() -> None:
    once, again = acts(on_stage(POSTS)), acts(on_stage(POSTS))
    assert once == again
    ids = [act.id for script in once for act in script]
    assert len(set(ids)) == len(ids) > 60


def test_six_grids_have_all_groups_all_topics_and_all_kinds() -> None:
    posts = [Post(f"120101001001-G{number:03d}", UUID(int=number)) for number in range(1, 9)]
    commands = [act.command for script in acts(on_stage(posts)) for act in script]
    assert {getattr(command, "group", None) for command in commands} >= set(CareGroup)
    assert {getattr(command, "topic", None) for command in commands} >= set(DiaryTopic)
    assert {getattr(command, "kind", None) for command in commands} >= set(ElementKind)


async def test_every_event_of_the_registers_is_played_and_the_boards_tell_it(town: Town) -> None:
    town.clock.advance(days=1)
    for script in acts(on_stage(POSTS, START.date())):
        for act in script:
            await town.executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    played = {event.type for event in await town.log.after(0, 10_000)}
    registers = {name for name, kind in EVENT_TYPES.items() if ".registers." in kind.__module__}
    assert registers <= played
    async with connected(town.log.pool) as connection:
        lines = await told(connection, "120101")
    assert lines == {
        13: "12 elements, 1 of 3 grids with all five kinds",
        22: "12 entries in the diary",
        24: "4 in the care ledger, 1 needs unmet; 9 looks 查阅",
    }
