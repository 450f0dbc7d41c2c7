"""时点查询 `@asOf`: a whole query is answered as it would have been at an earlier position or time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.directive import DirectiveLocation

from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden, Refusal
from chuishao.domain.vocabulary import Role
from chuishao.graphql.arguments import argument
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.inputs import read_moment
from chuishao.graphql.scalars import Position
from chuishao.projections.past import AsOf, position_of, required

READERS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Who may ask of the past: others might see there what was taken out of their sight since."""
ASKING = Phrase("asking @asOf", "时点查询（`@asOf`）")


@strawberry.directive(
    name="asOf",
    locations=[DirectiveLocation.QUERY],
    description="时点查询 Answer the whole query as it would have been answered at an earlier position or "
    "time: what was recorded later is not known, no event, no policy and no day off. Texts that were erased "
    "since stay erased. For auditors and administrators. What was known then has to be kept: "
    "`chuishao past keep`.",
)
def as_of(
    position: Annotated[
        Position | None, argument("位置 With the event at this position as the last one known.")
    ] = strawberry.UNSET,
    time: Annotated[
        datetime | None, argument("时间 With the last event that was recorded by this time.")
    ] = strawberry.UNSET,
) -> None:
    """What it does is `turn_back`, once for the whole operation."""


async def turn_back(context: Context, given: Mapping[str, Any]) -> None:
    """Let an operation read what was known then."""
    position, time = given.get("position"), given.get("time")
    if (position is None) is (time is None):
        said = Phrase("@asOf takes either a position or a time.", "@asOf 须指定位置或时间之一。")
        raise ApiError(said, "BAD_USER_INPUT")
    services = context.services
    try:
        if context.actor.role not in READERS:
            raise Forbidden(role=context.actor.described, action=ASKING, allowed=sorted(READERS))
        at: AsOf = read_moment(time, "time") or position or 0
        wanted = await position_of(services.log, at)
        context.past = await required(services.log, services.engine.projections, wanted)
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    context.now = context.past.asked_at(at, context.now)


DIRECTIVES = {"asOf": turn_back}
"""What the directives of an operation do, by name."""
