"""The queries of the powers of streets, and of their funds."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from chuishao.domain.street.terms import StreetPower
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.rounds_where import Given, equal, identified_by, shown_to_all, within
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import conditions
from chuishao.graphql.inputs import read_moment
from chuishao.graphql.links import EXERCISE, FUND, POWER_ENTRY, POWER_SUMMARY
from chuishao.graphql.reading import Listing, Rows, Single, listed, read_identifier, rows, single
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.fund import StreetFund
from chuishao.graphql.types.power import PowerCount, PowerExercise, PowerLedgerEntry
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window

_NEWEST_ENTRY = Order("POWER_LEDGER", (("number", "bigint"),), descending=True)
_FUNDS_BY_STREET = Order("STREET_FUNDS", (("street", "text"), ("year", "bigint"), ("id", "uuid")))
Since = Annotated[datetime | None, argument("起 From this moment on.")]
Until = Annotated[datetime | None, argument("止 Until before this moment.")]


def _ledger(_context: Context, given: Given, where: Where) -> None:
    within(where, "street", given["place"])
    equal(where, "power", given["power"])
    since, until = read_moment(given["since"], "since"), read_moment(given["until"], "until")
    if since is not None:
        where.also(f"exercised_at >= {where.add(since)}")
    if until is not None:
        where.also(f"exercised_at < {where.add(until)}")
    if given["department_id"] is not None:
        inner = Where(arguments=where.arguments)
        identified_by(inner, "department", given["department_id"], "departmentId")
        where.also(f"exercise IN (SELECT id FROM powers.exercise{inner.sql})")  # noqa: S608 our own names


def _funds(_context: Context, given: Given, where: Where) -> None:
    within(where, "street", given["place"])
    if given["year"] is not None:
        where.also(f"year = {where.add(given['year'])}")


def _summary(context: Context, given: Given) -> list[Any]:
    asked: list[Any] = []

    def build(where: Where) -> None:
        where.within("street", given["place"] or "")
        asked.extend([read_moment(given["since"], "since"), read_moment(given["until"], "until")])

    conditions(context, build)
    return [given["place"] or "", [power.value for power in StreetPower], *asked]


_ONE_EXERCISE = Single(EXERCISE, "id", read_identifier)
_ONE_FUND = Single(FUND, "id", read_identifier)
_LEDGER = Listing(POWER_ENTRY, shown_to_all(_ledger), lambda _given: _NEWEST_ENTRY)
_FUNDS = Listing(FUND, shown_to_all(_funds), lambda _given: _FUNDS_BY_STREET)
_SUMMARY = Rows(POWER_SUMMARY, _summary)


@strawberry.type
class StreetPowerQueries:
    """What the query type says about the powers of streets."""

    @strawberry.field(
        description="权力行使 An appraisal, advice or opinion of a street by its identifier.",
        metadata={SOURCE: _ONE_EXERCISE},
    )
    async def power_exercise(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("权力行使 The exercise.")],
        at_least: AtLeast = None,
    ) -> PowerExercise | None:
        """One exercise."""
        return await single(info, _ONE_EXERCISE, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="权力台账 The ledger of streets' powers (街道赋权): a line for each exercise, the last "
        "recorded first.",
        metadata={SOURCE: _LEDGER},
    )
    async def power_ledger(
        self,
        info: Info,
        place: Place = None,
        power: Annotated[StreetPower | None, argument("权力 Only of this power.")] = None,
        department_id: Annotated[
            strawberry.ID | None, argument("部门 Only what appraises or advises this department.")
        ] = None,
        since: Since = None,
        until: Until = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[PowerLedgerEntry]:
        """A page of the ledger."""
        asked = {"place": place, "power": power, "department_id": department_id}
        given = {**asked, "since": since, "until": until}
        window = Window(first, after, last, before)
        return await listed(info, _LEDGER, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="权力行使统计 How often each of the five powers was exercised in a place.",
        metadata={SOURCE: _SUMMARY},
    )
    async def power_summary(
        self,
        info: Info,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        at_least: AtLeast = None,
    ) -> list[PowerCount]:
        """A line for each power."""
        given = {"place": place, "since": since, "until": until}
        return await rows(info, _SUMMARY, given, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="街道统筹资金 A street's fund of a year by its identifier.", metadata={SOURCE: _ONE_FUND}
    )
    async def street_fund(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("资金 The fund.")],
        at_least: AtLeast = None,
    ) -> StreetFund | None:
        """One fund."""
        return await single(info, _ONE_FUND, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="街道统筹资金列表 The funds of streets, by street and year.", metadata={SOURCE: _FUNDS}
    )
    async def street_funds(
        self,
        info: Info,
        place: Place = None,
        year: Annotated[int | None, argument("年度 Only of this year.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[StreetFund]:
        """A page of funds."""
        given = {"place": place, "year": year}
        window = Window(first, after, last, before)
        return await listed(info, _FUNDS, given, window, at_least)  # type: ignore[no-any-return]
