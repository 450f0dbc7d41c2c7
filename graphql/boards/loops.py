"""The boards over what became of cases: containment, the loops, and what stayed overnight."""

from collections.abc import Mapping
from typing import Any

import strawberry

from chuishao.domain.division import Level
from chuishao.graphql.arguments import AtLeast, Place
from chuishao.graphql.boards.period import Since, Until, period_of
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import CONTAINMENT, GRID_FUNNEL, ISSUE_FUNNEL, OVERNIGHT
from chuishao.graphql.reading import Rows, rows
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.loop import ContainmentShare, GridLoopStage, IssueLoopStage, OvernightCount
from chuishao.projections.loops import GRID_STAGES, LEVELS, SEVERITIES, STAGES

Given = Mapping[str, Any]
WHOLE_CODE = 64
"""More characters than any code has."""


def below(place: str) -> int:
    """How long the codes of the places right below a place are; those of grids have any length."""
    return next((level.digits for level in Level if level.digits > len(place)), WHOLE_CODE)


def _nights(context: Context, given: Given) -> list[Any]:
    """The period, how long the codes of the places right below are, and the moment of the question."""
    period = period_of(context, given)
    return [*period, below(period[0]), context.now]


_CONTAINMENT = Rows(CONTAINMENT, lambda context, given: [*period_of(context, given), SEVERITIES, LEVELS])
_ISSUE_LOOP = Rows(ISSUE_FUNNEL, lambda context, given: [*period_of(context, given), STAGES])
_GRID_LOOP = Rows(GRID_FUNNEL, lambda context, given: [*period_of(context, given), GRID_STAGES])
_OVERNIGHT = Rows(OVERNIGHT, _nights)


@strawberry.type
class LoopQueries:
    """What the query type says about the loops of cases."""

    @strawberry.field(
        description="小事不出社区、大事不出街道 At which level the cases of each severity were settled "
        "that were closed, or resolved, in a period: a line for each severity and level.",
        metadata={SOURCE: _CONTAINMENT},
    )
    async def containment(
        self,
        info: Info,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        at_least: AtLeast = None,
    ) -> list[ContainmentShare]:
        """The containment board."""
        given = {"place": place, "since": since, "until": until}
        return await rows(info, _CONTAINMENT, given, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="闭环漏斗 How many of the cases found in a period reached each stage of the issue "
        "loop, and stand in it now: a line for each stage, in order.",
        metadata={SOURCE: _ISSUE_LOOP},
    )
    async def issue_loop(
        self,
        info: Info,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        at_least: AtLeast = None,
    ) -> list[IssueLoopStage]:
        """The funnel of the issue loop."""
        given = {"place": place, "since": since, "until": until}
        return await rows(info, _ISSUE_LOOP, given, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="网格闭环漏斗 How many of the cases found in a period reached each stage of the grid "
        "loop, and stand in it now: a line for each stage, in order.",
        metadata={SOURCE: _GRID_LOOP},
    )
    async def grid_loop(
        self,
        info: Info,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        at_least: AtLeast = None,
    ) -> list[GridLoopStage]:
        """The funnel of the grid loop."""
        given = {"place": place, "since": since, "until": until}
        return await rows(info, _GRID_LOOP, given, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="问题不过夜 How many of the matters found in a period stayed overnight: in a place, "
        "and in each place one level below it. `cases` with `overnight` lists them.",
        metadata={SOURCE: _OVERNIGHT},
    )
    async def overnight(
        self,
        info: Info,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        at_least: AtLeast = None,
    ) -> list[OvernightCount]:
        """What stayed overnight, by place."""
        given = {"place": place, "since": since, "until": until}
        return await rows(info, _OVERNIGHT, given, at_least)  # type: ignore[no-any-return]
