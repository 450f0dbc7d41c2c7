"""Subscriptions: what is recorded after a cursor, then what comes, in order, each event once."""

from collections.abc import AsyncGenerator
from typing import Annotated, cast

import strawberry

from chuishao.domain.refusal import Refusal
from chuishao.graphql.context import Context, Info
from chuishao.graphql.following import Followed
from chuishao.graphql.inputs import read_id
from chuishao.graphql.log_filter import DivisionPrefix, EventPlace, EventTypes, wanted_events
from chuishao.graphql.sight import CaseSecret, CaseWatch, Watch, prove, require_seen, watched
from chuishao.graphql.types.event import Event

_AFTER = strawberry.argument(
    description="游标 Begin after this event's cursor and miss nothing; left out, begin with what comes now. "
    "An event stream that reconnects with Last-Event-ID goes on from there."
)


def _shown(followed: Followed) -> AsyncGenerator[Event, None]:
    """As strawberry's types have it: rows are the sources of objects."""
    return cast("AsyncGenerator[Event, None]", followed)


@strawberry.type(
    description="订阅 Live events: each carries its cursor, so that a break is bridged without loss or "
    "repetition."
)
class Subscription:
    """The subscriptions."""

    @strawberry.subscription(
        description="案件事件 The events of one case and of its whistles; ends with an error "
        "where the case leaves what the asker sees."
    )
    def case_events(
        self,
        info: Info,
        case_id: Annotated[strawberry.ID, strawberry.argument(description="案件 The case.")],
        after: Annotated[str | None, _AFTER] = None,
        secret: CaseSecret = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow a case for as long as the asker sees it."""

        async def look(context: Context) -> CaseWatch:
            try:
                case = read_id(case_id, "caseId")
            except Refusal as refusal:
                raise context.error(refusal) from refusal
            prove(context, case_id, secret)
            await require_seen(context, case)
            head, _ = await context.services.feed.last()
            return CaseWatch(context, case, head)

        return _shown(Followed(info.context, look, after))

    @strawberry.subscription(
        description="事件 All events that the asker sees, or those of some places and types."
    )
    def events(
        self,
        info: Info,
        place: EventPlace = None,
        types: EventTypes = None,
        after: Annotated[str | None, _AFTER] = None,
        division_prefix: DivisionPrefix = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow the log."""

        async def look(context: Context) -> Watch:
            return await watched(context, wanted_events(info, place, division_prefix, types))

        return _shown(Followed(info.context, look, after))
