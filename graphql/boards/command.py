"""The board of the command platform, and the numbers of the care ledger."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from chuishao.domain.election.regime import day_of
from chuishao.graphql.arguments import AtLeast, Place, argument
from chuishao.graphql.boards.period import place_of
from chuishao.graphql.boards.rounds_where import narrowed
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import CARE_COUNT, COMMAND_BOARD
from chuishao.graphql.reading import Line, Rows, line, rows
from chuishao.graphql.types.care import CareCount
from chuishao.graphql.types.command import CommandBoard
from chuishao.graphql.types.fields import SOURCE


def _board(context: Context, given: Mapping[str, Any]) -> list[Any]:
    return [place_of(context, given), context.now, day_of(context.now)]


_BOARD = Line(COMMAND_BOARD, _board)
_CARE = Rows(CARE_COUNT, lambda context, given: [narrowed(context, place_of(context, given))])


@strawberry.type
class CommandQueries:
    """What the query type says about the command platform."""

    @strawberry.field(
        description="综合指挥平台 Everything open in a place right now: cases, whistles, orders, "
        "deliberations, invitations, resolutions, campaigns, rounds, vacancies.",
        metadata={SOURCE: _BOARD},
    )
    async def command_board(
        self,
        info: Info,
        place: Annotated[
            str, argument("位置 What lies in places whose code begins so: of a zone, its division.")
        ],
        at_least: AtLeast = None,
    ) -> CommandBoard:
        """The board of a place."""
        return await line(info, _BOARD, {"place": place}, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="重点群体统计 How many of each priority group are in the care ledger, in the part of a "
        "place where the asker sees it; numbers only.",
        metadata={SOURCE: _CARE},
    )
    async def care_counts(self, info: Info, place: Place = None, at_least: AtLeast = None) -> list[CareCount]:
        """The numbers of the ledger."""
        return await rows(info, _CARE, {"place": place}, at_least)  # type: ignore[no-any-return]
