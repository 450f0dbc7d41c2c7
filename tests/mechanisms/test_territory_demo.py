"""What the demonstration plays of territory: each mechanism once at least, the same for the same day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.execution import Envelope
from chuishao.commands.grids import DrawGrid
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.played.stage import Stage
from chuishao.service.played.territory import acts, told
from chuishao.service.working_day import Post
from tests.town import GRID, OTHER_GRID, START, STREET, THIRD_GRID, Town

THIRD_COMMUNITY = f"{STREET}003"
FOURTH_GRID = f"{THIRD_COMMUNITY}-G001"
POSTS = [
    Post(grid, UUID(int=number)) for number, grid in enumerate((GRID, OTHER_GRID, THIRD_GRID, FOURTH_GRID))
]
SPLIT = {name for name, kind in EVENT_TYPES.items() if kind.__module__.endswith(".territory.split")}
"""What the demonstration plays of splits has a test of its own."""
STAGE = Stage("120101", [], POSTS, [], START.date(), 1)


def test_the_same_day_is_planned_the_same_and_in_order() -> None:
    once, again = acts(STAGE), acts(STAGE)
    assert once == again
    ids = [act.id for script in once for act in script]
    assert len(set(ids)) == len(ids) == 28
    for script in once:
        assert [act.at for act in script] == sorted(act.at for act in script)


async def test_every_event_of_territory_is_played_and_the_boards_tell_it(town: Town) -> None:
    since = date(2023, 9, 1)
    await town.do(RegisterDivision(code=THIRD_COMMUNITY, name="第三社区", effective_from=since))
    await town.do(DrawGrid(grid_code=FOURTH_GRID, name="第4网格", households=300))
    town.clock.advance(days=1)
    for script in acts(STAGE):
        for act in script:
            await town.executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    played = {event.type for event in await town.log.after(0, 10_000)}
    modules = {name: kind.__module__ for name, kind in EVENT_TYPES.items()}
    territory = {name for name, module in modules.items() if ".territory." in module} - SPLIT
    assert territory <= played, territory - played
    async with connected(town.log.pool) as connection:
        lines = await told(connection, "120101")
    assert lines == {
        1: "5 zones, 0 chiefs, 3 powers devolved",
        4: "1 of 1 street offices flatter",
        29: "1 of 3 enclaves open, settled 1 by another boundary, 1 by another jurisdiction",
        30: "1 of 3 coverage gaps open",
        35: "2 sectors, 0 with a chief",
    }
