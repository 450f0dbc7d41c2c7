"""Subscriptions: what is recorded after a cursor, then what comes, in order, each event once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, cast

import strawberry

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.log import Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.context import Info
from chuishao.graphql.endpoint.trace import begin_result
from chuishao.graphql.inputs import read_id
from chuishao.graphql.log_filter import DivisionPrefix, EventPlace, EventTypes, wanted_events
from chuishao.graphql.sight import CaseSecret, prove, require_seen, require_still_seen, watched
from chuishao.graphql.types.event import Event

_AFTER = strawberry.argument(
    description="游标 Begin after this event's cursor and miss nothing; left out, begin with what comes now. "
    "An event stream that reconnects with Last-Event-ID goes on from there."
)


async def _follow(info: Info, wanted: Filter, after: str | None) -> AsyncGenerator[RecordedEvent, None]:
    services = info.context.services
    try:
        if cursor := info.context.last_event_id or after:
            position = await services.log.resume(cursor)
        else:
            position, leaf_hash = await services.log.last()
            cursor = cursor_of(services.log.id, position, leaf_hash)
        followed = services.feed.follow(wanted, position, cursor)
        async with aclosing(cast("AsyncGenerator[Any, None]", followed)) as events:
            async for event in events:
                info.context.renew()
                begin_result(info.context)
                yield event
    except Refusal as refusal:  # the cursor's event is not there, or is there no longer
        raise info.context.error(refusal) from refusal


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
    async def case_events(
        self,
        info: Info,
        case_id: Annotated[strawberry.ID, strawberry.argument(description="案件 The case.")],
        after: Annotated[str | None, _AFTER] = None,
        secret: CaseSecret = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow a case for as long as the asker sees it."""
        try:
            case = read_id(case_id, "caseId")
        except Refusal as refusal:
            raise info.context.error(refusal) from refusal
        prove(info.context, case_id, secret)
        await require_seen(info, case)
        async with aclosing(_follow(info, Filter(correlation=case), after)) as events:
            async for event in events:
                await require_still_seen(info, event)
                yield event  # type: ignore[misc]

    @strawberry.subscription(
        description="事件 All events that the asker sees, or those of some places and types."
    )
    async def events(
        self,
        info: Info,
        place: EventPlace = None,
        types: EventTypes = None,
        after: Annotated[str | None, _AFTER] = None,
        division_prefix: DivisionPrefix = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow the log."""
        wanted = wanted_events(info, place, division_prefix, types)
        head = await info.context.services.log.head()
        watch = await watched(info, wanted, head)
        async with aclosing(_follow(info, watch.wanted, after)) as events:
            async for event in events:
                if await watch.shows(event, head):
                    yield event  # type: ignore[misc]
