"""参数 The arguments that many queries take, and what listings make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

import strawberry

from chuishao.graphql.context import Context
from chuishao.graphql.filters import conditions
from chuishao.graphql.scalars import Position
from chuishao.projections.paging import LARGEST_PAGE, Order, Where


def argument(description: str) -> Any:
    """An argument with its description."""
    return strawberry.argument(description=description)


AtLeast: TypeAlias = Annotated[
    Position | None,
    argument("读己所写 Wait until the answer includes this position of a mutation."),
]
First: TypeAlias = Annotated[
    int | None, argument(f"前 n 项 The first n after `after`; 20 if left out, at most {LARGEST_PAGE}.")
]
After: TypeAlias = Annotated[str | None, argument("向后 Read on after this cursor.")]
Last: TypeAlias = Annotated[
    int | None, argument(f"后 n 项 The last n before `before`; at most {LARGEST_PAGE}.")
]
Before: TypeAlias = Annotated[str | None, argument("向前 Read back before this cursor.")]
Place: TypeAlias = Annotated[
    str | None, argument("位置 Only what lies in places whose code begins so: a division or grid code.")
]


def by_order(orders: Mapping[Any, Order]) -> Callable[[Mapping[str, Any]], Order]:
    """The order that is asked for."""
    return lambda given: orders[given["order_by"]]


def in_place(column: str) -> Callable[[Context, Mapping[str, Any]], Where]:
    """The condition that a code lies in the place that is asked for."""

    def conditions_of(context: Context, given: Mapping[str, Any]) -> Where:
        place = given["place"]
        return conditions(context, lambda where: where.within(column, place) if place else None)

    return conditions_of
