"""The queries of patrols (巡查走访)."""

from datetime import datetime
from typing import Annotated

import strawberry

from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.rounds_where import (
    Given,
    Street,
    either,
    equal,
    shown_within,
    span,
    within,
)
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import PATROL, PATROL_COVERAGE
from chuishao.graphql.reading import Listing, Rows, Single, derived, listed, read_identifier, single
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.patrol import Patrol, PatrolCoverage
from chuishao.graphql.types.shared import Connection
from chuishao.projections import patrols
from chuishao.projections.paging import Order, Where, Window

_ID = ("id", "uuid")
_PATROLS_BY_START = Order("PATROLS", (("started_at", "timestamptz"), _ID), descending=True)


def _patrols(_context: Context, given: Given, where: Where) -> None:
    within(where, "grid", given["place"])
    equal(where, "walker", given["walker_id"])
    either(where, given["under_way"], "finished_at IS NULL")


_ONE_PATROL = Single(PATROL, "id", read_identifier)
_PATROLS = Listing(PATROL, shown_within("grid", _patrols), lambda _given: _PATROLS_BY_START)
_COVERAGE = Rows(PATROL_COVERAGE, span)


@strawberry.type
class PatrolQueries:
    """What the query type says about patrols."""

    @strawberry.field(
        description="巡查 A patrol by its identifier; null where the asker does not see it.",
        metadata={SOURCE: _ONE_PATROL},
    )
    async def patrol(
        self, info: Info, id: Annotated[strawberry.ID, argument("巡查 The patrol.")], at_least: AtLeast = None
    ) -> Patrol | None:
        """One patrol."""
        return await single(info, _ONE_PATROL, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="巡查列表 The patrols that the asker sees, the last one first.",
        metadata={SOURCE: _PATROLS},
    )
    async def patrols(
        self,
        info: Info,
        place: Place = None,
        under_way: Annotated[bool | None, argument("进行中 Only those under way, or only others.")] = None,
        walker_id: Annotated[
            strawberry.ID | None, argument("巡查人 Only those that this actor walks, as a grid worker.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Patrol]:
        """A page of patrols."""
        given = {"place": place, "under_way": under_way, "walker_id": walker_id}
        return await listed(info, _PATROLS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="走访覆盖看板 How far patrols covered the active grids in a stretch of time, by grid.",
        metadata={SOURCE: _COVERAGE},
    )
    async def patrol_coverage(
        self,
        info: Info,
        place: Street,
        since: Annotated[datetime, argument("起 From this moment on, itself included.")],
        until: Annotated[datetime, argument("止 Until before this moment.")],
        at_least: AtLeast = None,
    ) -> list[PatrolCoverage]:
        """A line for each grid."""
        lines = span(info.context, {"place": place, "since": since, "until": until})
        return await derived(info, lambda connection: patrols.coverage(connection, *lines), at_least)  # type: ignore[no-any-return]
