"""事件筛选 Which events of the log a reader asks for, in the query and in the subscription alike."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeAlias

import strawberry

from chuishao.domain.event import storable
from chuishao.domain.refusal import BadText, GivenTwice
from chuishao.eventlog.log import Filter
from chuishao.graphql.context import Info
from chuishao.graphql.evolution import deprecated

EventPlace: TypeAlias = Annotated[
    str | None, strawberry.argument(description="位置 Only of places whose code begins so.")
]
DivisionPrefix: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="位置 The former name of `place`.",
        deprecation_reason=deprecated("place", date(2027, 6, 30)),
    ),
]
EventTypes: TypeAlias = Annotated[
    list[str] | None, strawberry.argument(description="类型 Only of these types.")
]


def wanted_events(info: Info, place: str | None, former: str | None, types: list[str] | None) -> Filter:
    """The filter that was asked for; `former` is the place under the argument's former name."""
    if place is not None and former is not None:
        raise info.context.error(GivenTwice("divisionPrefix", former="divisionPrefix", name="place"))
    code = former if place is None else place
    for field, texts in (("place", [code or ""]), ("types", types or [])):
        if not all(storable(text) for text in texts):
            raise info.context.error(BadText(field, field=field))
    return Filter(code, None if types is None else frozenset(types))
