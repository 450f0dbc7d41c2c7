"""Queries about persons and posts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import strawberry

from chuishao.domain.division import Level
from chuishao.domain.people.terms import PostKind, Rung, TrainingTier
from chuishao.domain.refusal import OutOfRange
from chuishao.domain.term import Term
from chuishao.graphql.arguments import (
    After,
    AtLeast,
    Before,
    First,
    Last,
    Place,
    argument,
    by_order,
    in_place,
)
from chuishao.graphql.context import Context, Info
from chuishao.graphql.enums import register
from chuishao.graphql.filters import conditions
from chuishao.graphql.inputs import read_moment
from chuishao.graphql.links import (
    APPRAISAL,
    COVERAGE,
    CROSS_APPOINTMENTS,
    LADDER,
    LEADERSHIP,
    PERSON,
    POST,
    TENURE,
    TRAINING_HOURS,
)
from chuishao.graphql.reading import Listing, Rows, Single, listed, read_identifier, rows, single
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.person import Appraisal, LadderRung, Person, TierTraining
from chuishao.graphql.types.post import ConcurrencyCoverage, CrossAppointment, Leadership, Post, Tenure
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window
from chuishao.projections.posts import PARTY, RESIDENTS

ZONE = ZoneInfo("Asia/Shanghai")
MOST_MONTHS = 120
_BY_PLACE = (("place", "text"), ("id", "uuid"))


class PersonOrder(Term):
    """人员排序 How persons are ordered."""

    PLACE = "PLACE", "所在", "By the place of the roster."
    LABEL = "LABEL", "编号", "By label, character by character."


register(PersonOrder, "PersonOrder", PersonOrder.__doc__ or "")
PERSON_ORDERS = {
    PersonOrder.PLACE: Order("PERSONS", _BY_PLACE),
    PersonOrder.LABEL: Order("PERSON_LABEL", (("label", "text"), ("id", "uuid"))),
}


# What lists show


def _of_kinds(where: Where, given: Mapping[str, Any]) -> None:
    """Posts in the place and of the kinds that are asked for."""
    if given["place"]:
        where.within("place", given["place"])
    if given["kinds"] is not None:
        where.also(f"kind = ANY({where.add([str(kind) for kind in given['kinds']])}::text[])")


def _posts(context: Context, given: Mapping[str, Any]) -> Where:
    def build(where: Where) -> None:
        _of_kinds(where, given)
        if given["vacant"] is not None:
            where.also("holder IS NULL" if given["vacant"] else "holder IS NOT NULL")

    return conditions(context, build)


def _tenures(context: Context, given: Mapping[str, Any]) -> Where:
    """Those that run at the moment that is asked for."""

    def build(where: Where) -> None:
        _of_kinds(where, given)
        at = where.add(read_moment(given["at"], "at") or context.now)
        where.also(f"since <= {at} AND (until IS NULL OR until > {at})")

    return conditions(context, build)


def _leaderships(context: Context, given: Mapping[str, Any]) -> Where:
    def build(where: Where) -> None:
        if given["place"]:
            where.within("place", given["place"])
        if given["concurrent"] is not None:
            where.also("concurrent" if given["concurrent"] else "NOT concurrent")

    return conditions(context, build)


def _appraisals(context: Context, given: Mapping[str, Any]) -> Where:
    def build(where: Where) -> None:
        if given["place"]:
            where.within("place", given["place"])
        if given["period"] is not None:
            where.also(f"period = {where.add(given['period'])}")

    return conditions(context, build)


# What statements are given


def _code(context: Context, given: Mapping[str, Any]) -> str:
    """The place that is asked for; refused where it cannot be looked up."""
    place: str = given["place"] or ""
    conditions(context, lambda where: where.within("place", place))
    return place


def _moment(context: Context, given: Mapping[str, Any], name: str) -> datetime | None:
    found: list[datetime | None] = []
    conditions(context, lambda _where: found.append(read_moment(given[name], name)))
    return found[0]


def _coverage(context: Context, given: Mapping[str, Any]) -> list[Any]:
    place = _code(context, given)
    below = [level.digits for level in Level if level.digits > len(place)] or [Level.COMMUNITY.digits]
    at = _moment(context, given, "at")
    return [place, below[0], at, context.now, (at or context.now).astimezone(ZONE).date()]


def _cross(context: Context, given: Mapping[str, Any]) -> list[Any]:
    place, months = _code(context, given), given["months"]
    if not 1 <= months <= MOST_MONTHS:
        raise context.error(OutOfRange("months", field="months", value=months, low=1, high=MOST_MONTHS))
    names, ends = [], []
    now = context.now.astimezone(ZONE)
    for back in range(months):
        year, month = divmod(now.year * 12 + now.month - 1 - back, 12)
        following = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=ZONE)  # noqa: PLR2004
        names.append(f"{year}-{month + 1:02d}")
        ends.append(min(following, now))
    return [place, names, ends, PARTY, RESIDENTS]


def _ladder(context: Context, given: Mapping[str, Any]) -> list[Any]:
    return [_code(context, given), [rung.value for rung in Rung]]


def _hours(context: Context, given: Mapping[str, Any]) -> list[Any]:
    tiers = [tier.value for tier in TrainingTier]
    return [_code(context, given), tiers, _moment(context, given, "since"), _moment(context, given, "until")]


ONE_PERSON = Single(PERSON, "id", read_identifier)
ONE_POST = Single(POST, "id", read_identifier)
PERSONS = Listing(PERSON, in_place("place"), by_order(PERSON_ORDERS))
POSTS = Listing(POST, _posts, lambda _given: Order("POSTS", _BY_PLACE))
TENURES = Listing(TENURE, _tenures, lambda _given: Order("TENURES", _BY_PLACE))
LEADERSHIPS = Listing(LEADERSHIP, _leaderships, lambda _given: Order("LEADERSHIPS", _BY_PLACE))
APPRAISALS = Listing(
    APPRAISAL,
    _appraisals,
    lambda _given: Order("APPRAISALS", (("place", "text"), ("period", "text"), ("id", "uuid"))),
)
CONCURRENCY = Rows(COVERAGE, _coverage)
CROSS = Rows(CROSS_APPOINTMENTS, _cross)
CAREERS = Rows(LADDER, _ladder)
HOURS = Rows(TRAINING_HOURS, _hours)


@strawberry.type
class PeopleQueries:
    """What the query type says about persons and posts."""

    @strawberry.field(description="人员 A person by the identifier.", metadata={SOURCE: ONE_PERSON})
    async def person(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("人员 The person.")],
        at_least: AtLeast = None,
    ) -> Person | None:
        """One person."""
        return await single(info, ONE_PERSON, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="人员名册 The rosters of a place.", metadata={SOURCE: PERSONS})
    async def persons(
        self,
        info: Info,
        place: Place = None,
        order_by: Annotated[PersonOrder, argument("排序 In which order.")] = PersonOrder.PLACE,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Person]:
        """A page of persons."""
        given, window = {"place": place, "order_by": order_by}, Window(first, after, last, before)
        return await listed(info, PERSONS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="岗位 A post by its identifier.", metadata={SOURCE: ONE_POST})
    async def post(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("岗位 The post.")],
        at_least: AtLeast = None,
    ) -> Post | None:
        """One post."""
        return await single(info, ONE_POST, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="岗位看板 The posts of a place and who holds them: from the chief to the volunteers.",
        metadata={SOURCE: POSTS},
    )
    async def posts(
        self,
        info: Info,
        place: Place = None,
        kinds: Annotated[list[PostKind] | None, argument("岗位 Of one of these kinds.")] = None,
        vacant: Annotated[bool | None, argument("空缺 Held by nobody now, or by somebody.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Post]:
        """A page of posts."""
        given = {"place": place, "kinds": kinds, "vacant": vacant}
        window = Window(first, after, last, before)
        return await listed(info, POSTS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="在任人员 Who holds which post, now or as of an earlier moment.",
        metadata={SOURCE: TENURES},
    )
    async def tenures(
        self,
        info: Info,
        place: Place = None,
        kinds: Annotated[list[PostKind] | None, argument("岗位 Of one of these kinds.")] = None,
        at: Annotated[datetime | None, argument("时点 As of this moment; now if left out.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Tenure]:
        """A page of tenures."""
        given = {"place": place, "kinds": kinds, "at": at}
        window = Window(first, after, last, before)
        return await listed(info, TENURES, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="一肩挑台账 Who leads the communities that ever had a secretary or director.",
        metadata={SOURCE: LEADERSHIPS},
    )
    async def leaderships(
        self,
        info: Info,
        place: Place = None,
        concurrent: Annotated[bool | None, argument("一肩挑 Where one person is both, or not.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Leadership]:
        """A page of leaderships."""
        given, window = {"place": place, "concurrent": concurrent}, Window(first, after, last, before)
        return await listed(info, LEADERSHIPS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="一肩挑覆盖率 The share of communities that one person leads: in a place, and in each "
        "division one level below it.",
        metadata={SOURCE: CONCURRENCY},
    )
    async def concurrency_coverage(
        self,
        info: Info,
        place: Place = None,
        at: Annotated[datetime | None, argument("时点 As of this moment; now if left out.")] = None,
        at_least: AtLeast = None,
    ) -> list[ConcurrencyCoverage]:
        """The coverage board."""
        return await rows(info, CONCURRENCY, {"place": place, "at": at}, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="交叉任职比例 The ratio of cross-appointment in the two committees over the last months.",
        metadata={SOURCE: CROSS},
    )
    async def cross_appointments(
        self,
        info: Info,
        place: Place = None,
        months: Annotated[int, argument(f"月数 How many months back, at most {MOST_MONTHS}.")] = 12,
        at_least: AtLeast = None,
    ) -> list[CrossAppointment]:
        """The ratio over time."""
        return await rows(info, CROSS, {"place": place, "months": months}, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="梯次分布 How many stand on each rung of the career ladder.", metadata={SOURCE: CAREERS}
    )
    async def career_ladder(
        self, info: Info, place: Place = None, at_least: AtLeast = None
    ) -> list[LadderRung]:
        """The distribution."""
        return await rows(info, CAREERS, {"place": place}, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="三级培训学时 Trainings and hours by the three tiers.", metadata={SOURCE: HOURS}
    )
    async def training_hours(
        self,
        info: Info,
        place: Place = None,
        since: Annotated[datetime | None, argument("起 Completed from this moment on.")] = None,
        until: Annotated[datetime | None, argument("止 Completed before this moment.")] = None,
        at_least: AtLeast = None,
    ) -> list[TierTraining]:
        """The hours by tier."""
        given = {"place": place, "since": since, "until": until}
        return await rows(info, HOURS, given, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="综合考核 Appraisals of those on the rosters of a place.", metadata={SOURCE: APPRAISALS}
    )
    async def appraisals(
        self,
        info: Info,
        place: Place = None,
        period: Annotated[str | None, argument("考核期 Only of this year or quarter.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Appraisal]:
        """A page of appraisals."""
        given, window = {"place": place, "period": period}, Window(first, after, last, before)
        return await listed(info, APPRAISALS, given, window, at_least)  # type: ignore[no-any-return]
