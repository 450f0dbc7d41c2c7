"""What the lists of the rounds show: what is asked for, among what the asker sees."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from chuishao.domain.division import Level
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadTime, Refusal
from chuishao.domain.rounds.refusals import PlaceTooWide
from chuishao.domain.sight import SHOWN, Reading, Sight
from chuishao.graphql.arguments import argument
from chuishao.graphql.context import Context
from chuishao.graphql.filters import conditions
from chuishao.graphql.inputs import read_id
from chuishao.graphql.scalars import Unreadable
from chuishao.projections.paging import Where
from chuishao.projections.sight import register_seen

Given = Mapping[str, Any]
NOWHERE = "-"
"""What no code of a place begins with."""
Street = Annotated[str, argument("位置 A street, community or grid; what lies in it.")]
Build = Callable[[Context, Given, Where], None]


def shown_within(column: str, build: Build) -> Callable[[Context, Given], Where]:
    """The conditions of a list of what lies in places whose rounds the asker sees; empty for others."""

    def where_of(context: Context, given: Given) -> Where:
        def built(where: Where) -> None:
            register_seen(where, context.reader, column)
            build(context, given, where)

        return conditions(context, built)

    return where_of


def shown_to_all(build: Build) -> Callable[[Context, Given], Where]:
    """The conditions of a list that everybody may read."""
    return lambda context, given: conditions(context, lambda where: build(context, given, where))


def within(where: Where, column: str, place: str | None) -> None:
    """Require that a code begins so, where a beginning is given."""
    if place is not None:
        where.within(column, place)


def equal(where: Where, name: str, value: Any) -> None:
    """Require a word, where one is given."""
    if value is not None:
        where.also(f"{name} = {where.add(str(value))}")


def identified_by(where: Where, name: str, given: str | None, path: str) -> None:
    """Require an identifier, where one is given; refused where it is none."""
    if given is not None:
        where.also(f"{name} = {where.add(read_id(given, path))}")


def either(where: Where, wanted: bool | None, condition: str) -> None:
    """Require a condition, or that it does not hold; neither where nothing is said."""
    if wanted is not None:
        where.also(condition if wanted else f"({condition}) IS NOT TRUE")


def span(context: Context, given: Given) -> list[Any]:
    """A place that is no wider than a street, and a stretch of time; refused otherwise."""
    try:
        (place, _end) = conditions(context, lambda where: within(where, "place", given["place"])).arguments
        if len(place) < Level.STREET.digits:
            raise PlaceTooWide("place", place=place)
        since, until = _moment(given["since"], "since"), _moment(given["until"], "until")
        if until < since:
            reason = Phrase("it lies before the beginning", "早于起点")
            raise BadTime("until", field="until", at=until.isoformat(), reason=reason)
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    return [place, since, until]


def seen_span(context: Context, given: Given) -> list[Any]:
    """The same, narrowed to where the asker sees the rounds."""
    place, since, until = span(context, given)
    return [narrowed(context, place), since, until]


def narrowed(context: Context, place: str) -> str:
    """The part of a place in which the asker sees registers and rounds."""
    actor, reader = context.actor, context.reader
    if reader.sight is not Sight.SCOPE or actor.role not in SHOWN[Reading.REGISTERS] or actor.scope is None:
        return NOWHERE
    if actor.scope.startswith(place):
        return actor.scope
    return place if place.startswith(actor.scope) else NOWHERE


def _moment(given: Any, path: str) -> Any:
    if isinstance(given, Unreadable):
        raise given.refusal(path)
    return given
