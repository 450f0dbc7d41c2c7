"""Subscriptions: what is recorded after a cursor, then what comes, in order, each event once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, cast

import strawberry

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.log import Filter
from chuishao.graphql.context import Info
from chuishao.graphql.inputs import read_id
from chuishao.graphql.log_filter import DivisionPrefix, EventPlace, EventTypes, wanted_events
from chuishao.graphql.trace import begin_result
from chuishao.graphql.types.event import Event

_AFTER = strawberry.argument(
    description="游标 Begin after this event's cursor and miss nothing; left out, begin with what comes now. "
    "An event stream that reconnects with Last-Event-ID goes on from there."
)


async def _follow(info: Info, wanted: Filter, after: str | None) -> AsyncGenerator[Event, None]:
    services = info.context.services
    cursor = info.context.last_event_id or after
    try:
        position = await services.log.resume(cursor) if cursor else await services.log.head()
    except Refusal as refusal:
        raise info.context.error(refusal) from refusal
    async with aclosing(cast("AsyncGenerator[Any, None]", services.feed.follow(wanted, position))) as events:
        async for event in events:
            info.context.forget()
            begin_result(info.context)
            yield event


@strawberry.type(
    description="订阅 Live events: each carries its cursor, so that a break is bridged without loss or "
    "repetition."
)
class Subscription:
    """The subscriptions."""

    @strawberry.subscription(description="案件事件 The events of one case and of its whistles.")
    async def case_events(
        self,
        info: Info,
        case_id: Annotated[strawberry.ID, strawberry.argument(description="案件 The case.")],
        after: Annotated[str | None, _AFTER] = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow a case."""
        try:
            wanted = Filter(correlation=read_id(case_id, "caseId"))
        except Refusal as refusal:
            raise info.context.error(refusal) from refusal
        async for event in _follow(info, wanted, after):
            yield event

    @strawberry.subscription(description="事件 All events, or those of some places and types.")
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
        async for event in _follow(info, wanted, after):
            yield event
