"""演示 What the demonstration says of the boards: a line for each, with the figures of the read models."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from chuishao.commands.cases import ReportCase
from chuishao.domain.vocabulary import Tier
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.played.boards import EVERY, left_overnight, told
from chuishao.service.working_day import Post, plan
from tests.mechanisms.steps_meetings import ordered
from tests.town import COMMUNITY, GRID, Town


async def test_the_lines_say_what_the_boards_say(town: Town) -> None:
    await town.close(await town.assigned())
    await town.assigned(Tier.MULTI_UNIT)
    await ordered(town)
    await town.report(grid=None, community_code=COMMUNITY)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    async with connected(town.log.pool) as connection:
        lines = await told(connection, "120101", town.clock.now + timedelta(hours=20))

    assert lines[9] == "1 of 1 closed MINOR cases 小事, 0 of 0 closed MAJOR cases 大事"
    assert lines[12] == "1 of 3 found, 1 of them unanswered"
    assert lines[8] == "问题排查 3 → 平台受理 2 → 分析研判 2 → 分流交办 2 → 评价反馈 1"
    assert lines[18] == "信息采集 3 → 源头发现 2 → 分层处置 2 → 联动联治 1 → 监督考核 1"
    assert lines[25].startswith("2 cases, 0 whistles, 1 orders, ")
    assert lines[25].endswith(" 0 of 3 grids vacant")


def test_one_case_in_so_many_is_left_until_the_next_day_and_others_are_as_they_were() -> None:
    day = list(plan([Post(GRID, UUID(int=1))], [UUID(int=2)], date(2026, 3, 2), 3 * EVERY, 1))

    left = list(left_overnight(day))

    shortened = [
        number for number, (before, after) in enumerate(zip(day, left, strict=True)) if before != after
    ]
    assert shortened == [EVERY // 2 - 1 + EVERY * times for times in range(3)]
    assert all(isinstance(act.command, ReportCase) for number in shortened for act in left[number])
