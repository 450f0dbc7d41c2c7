"""The queries of the alley stewards (小巷管家)."""

from datetime import date
from typing import Annotated

import strawberry

from chuishao.domain.rounds.terms import StewardDuty
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.rounds_where import (
    Given,
    Street,
    equal,
    identified_by,
    seen_span,
    shown_within,
    within,
)
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import DUTY, STEWARD_ACTIVITY
from chuishao.graphql.reading import Listing, Rows, Single, derived, listed, read_identifier, single
from chuishao.graphql.types.duty import StewardActivity, StewardDutyEntry
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.shared import Connection
from chuishao.projections import duties
from chuishao.projections.paging import Order, Where, Window

_DUTIES_BY_TIME = Order("DUTIES", (("logged_at", "timestamptz"), ("id", "uuid")), descending=True)


def _duties(_context: Context, given: Given, where: Where) -> None:
    within(where, "place", given["place"])
    equal(where, "duty", given["duty"])
    identified_by(where, "steward", given["steward_id"], "stewardId")


_ONE_DUTY = Single(DUTY, "id", read_identifier)
_DUTIES = Listing(DUTY, shown_within("place", _duties), lambda _given: _DUTIES_BY_TIME)
_ACTIVITY = Rows(STEWARD_ACTIVITY, seen_span)


@strawberry.type
class StewardQueries:
    """What the query type says about the alley stewards."""

    @strawberry.field(
        description="履职记录 An entry in the log of a steward; null where the asker does not see it.",
        metadata={SOURCE: _ONE_DUTY},
    )
    async def steward_duty(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("履职记录 The entry.")],
        at_least: AtLeast = None,
    ) -> StewardDutyEntry | None:
        """One entry."""
        return await single(info, _ONE_DUTY, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="履职列表 What alley stewards (小巷管家) logged, the last entry first.",
        metadata={SOURCE: _DUTIES},
    )
    async def steward_duties(
        self,
        info: Info,
        place: Place = None,
        duty: Annotated[StewardDuty | None, argument("职责 Only this duty.")] = None,
        steward_id: Annotated[strawberry.ID | None, argument("管家 Only of this steward.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[StewardDutyEntry]:
        """A page of entries."""
        given = {"place": place, "duty": duty, "steward_id": steward_id}
        return await listed(info, _DUTIES, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="履职看板 What each steward did in a stretch of local days, both included, by steward.",
        metadata={SOURCE: _ACTIVITY},
    )
    async def steward_activity(
        self,
        info: Info,
        place: Street,
        since: Annotated[date, argument("起 The first day.")],
        until: Annotated[date, argument("止 The last day.")],
        at_least: AtLeast = None,
    ) -> list[StewardActivity]:
        """A line for each steward."""
        lines = seen_span(info.context, {"place": place, "since": since, "until": until})
        return await derived(info, lambda connection: duties.activity(connection, *lines), at_least)  # type: ignore[no-any-return]
