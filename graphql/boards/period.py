"""What the boards over a place and a period of local days are asked with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, TypeAlias

from chuishao.domain.election.regime import BEIJING, day_of
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadTime, OutOfRange, Refusal
from chuishao.graphql.arguments import argument
from chuishao.graphql.context import Context
from chuishao.graphql.filters import conditions
from chuishao.graphql.scalars import Unreadable

MOST_DAYS = 366
DEFAULT_DAYS = 30
EARLIEST, LATEST = date(1900, 1, 1), date(9998, 12, 31)
"""The days that may be asked for: a margin within what a moment can be."""

Since: TypeAlias = Annotated[
    date | None,
    argument(f"起 The first local day; {DEFAULT_DAYS} days up to `until` if left out."),
]
Until: TypeAlias = Annotated[
    date | None,
    argument(f"止 The last local day, at most {MOST_DAYS} days in all; today if left out."),
]


def place_of(context: Context, given: Mapping[str, Any]) -> str:
    """The place that is asked for; refused where it cannot be looked up."""
    place: str = given["place"] or ""
    conditions(context, lambda where: where.within("place", place))
    return place


def period_of(context: Context, given: Mapping[str, Any]) -> list[Any]:
    """The place, from when to before when, the first and the last day; refused where they are none."""
    place = place_of(context, given)
    try:
        since, until = _days(context, given)
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    return [place, *moments_of(since, until), since, until]


def moments_of(since: date, until: date) -> tuple[datetime, datetime]:
    """From when to before when days last."""
    return _midnight(since), _midnight(until + timedelta(days=1))


def _days(context: Context, given: Mapping[str, Any]) -> tuple[date, date]:
    until = _day(given, "until") or day_of(context.now)
    since = _day(given, "since") or until - timedelta(days=DEFAULT_DAYS - 1)
    if until < since:
        reason = Phrase("it lies before the beginning", "早于起点")
        raise BadTime("until", field="until", at=until.isoformat(), reason=reason)
    days = (until - since).days + 1
    if days > MOST_DAYS:
        raise OutOfRange("until", field=Phrase("days", "天数"), value=days, low=1, high=MOST_DAYS)
    return since, until


def _day(given: Mapping[str, Any], path: str) -> date | None:
    day = given[path]
    if isinstance(day, Unreadable):
        raise day.refusal(path)
    if day is not None and not EARLIEST + timedelta(days=DEFAULT_DAYS) <= day <= LATEST:
        reason = Phrase("no such day is known", "日期超出范围")
        raise BadTime(path, field=path, at=day.isoformat(), reason=reason)
    return day  # type: ignore[no-any-return]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)
