"""The queries of the watch over households (守望)."""

from typing import Annotated

import strawberry

from chuishao.domain.rounds.terms import ConcernCause
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.rounds_where import (
    Given,
    either,
    equal,
    identified_by,
    shown_within,
    within,
)
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import CONCERN, LOOKS_OF_WATCH, WATCH
from chuishao.graphql.reading import Listing, Single, listed, read_identifier, single
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.shared import Connection
from chuishao.graphql.types.watch import Concern, NeighbourWatch, WelfareLook
from chuishao.projections.paging import Order, Where, Window

_ID = ("id", "uuid")
_WATCHES_BY_DUE = Order("WATCHES", (("coalesce(next_due_at, 'infinity')", "timestamptz"), _ID))
_LOOKS_BY_NUMBER = Order("WELFARE_LOOKS", (("version", "bigint"),), descending=True)
_CONCERNS_BY_TIME = Order("CONCERNS", (("raised_at", "timestamptz"), _ID), descending=True)


def _watches(context: Context, given: Given, where: Where) -> None:
    within(where, "grid", given["place"])
    either(where, given["on_list"], "ended_at IS NULL")
    if given["missed"] is not None:
        either(where, given["missed"], f"next_due_at <= {where.add(context.now)}")


def _looks(_context: Context, given: Given, where: Where) -> None:
    identified_by(where, "watch", given["watch_id"], "watchId")


def _concerns(_context: Context, given: Given, where: Where) -> None:
    within(where, "grid", given["place"])
    equal(where, "cause", given["cause"])


_ONE_WATCH = Single(WATCH, "id", read_identifier)
_WATCHES = Listing(WATCH, shown_within("grid", _watches), lambda _given: _WATCHES_BY_DUE)
_LOOKS = Listing(LOOKS_OF_WATCH, shown_within("grid", _looks), lambda _given: _LOOKS_BY_NUMBER)
_CONCERNS = Listing(CONCERN, shown_within("grid", _concerns), lambda _given: _CONCERNS_BY_TIME)


@strawberry.type
class WatchQueries:
    """What the query type says about the watch over households."""

    @strawberry.field(
        description="守望 The watch over a household; null where the asker does not see it.",
        metadata={SOURCE: _ONE_WATCH},
    )
    async def watch(
        self, info: Info, id: Annotated[strawberry.ID, argument("守望 The watch.")], at_least: AtLeast = None
    ) -> NeighbourWatch | None:
        """One watch."""
        return await single(info, _ONE_WATCH, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="守望名单 The households watched over that the asker sees, the first look owed first.",
        metadata={SOURCE: _WATCHES},
    )
    async def watches(
        self,
        info: Info,
        place: Place = None,
        on_list: Annotated[bool | None, argument("在册 Only those on the list, or only others.")] = None,
        missed: Annotated[
            bool | None, argument("漏查 Only with a look that is missed, or only others.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[NeighbourWatch]:
        """A page of the list."""
        given = {"place": place, "on_list": on_list, "missed": missed}
        return await listed(info, _WATCHES, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="查看记录 The looks at a household, the last one first.", metadata={SOURCE: _LOOKS}
    )
    async def welfare_looks(
        self,
        info: Info,
        watch_id: Annotated[strawberry.ID, argument("守望 The watch.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[WelfareLook]:
        """A page of looks."""
        given = {"watch_id": watch_id}
        return await listed(info, _LOOKS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="担忧 The concerns that the asker sees, missed checks among them, the last one first.",
        metadata={SOURCE: _CONCERNS},
    )
    async def concerns(
        self,
        info: Info,
        place: Place = None,
        cause: Annotated[ConcernCause | None, argument("起因 Only for this cause.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Concern]:
        """A page of concerns."""
        given = {"place": place, "cause": cause}
        return await listed(info, _CONCERNS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]
