"""Queries about elections and residents' committees: turnout, seats, terms."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from chuishao.domain.election.terms import ElectionStatus
from chuishao.domain.term import Term
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument, by_order
from chuishao.graphql.context import Context, Info
from chuishao.graphql.enums import register
from chuishao.graphql.filters import conditions
from chuishao.graphql.links import COMMITTEE_BY_ID, ELECTION, TURNOUT_BY_YEAR
from chuishao.graphql.reading import Listing, Rows, Single, derived, listed, read_identifier, single
from chuishao.graphql.types.committee import ResidentsCommittee
from chuishao.graphql.types.election import Election, ElectionTurnout
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.shared import Connection
from chuishao.projections.elections import turnout
from chuishao.projections.paging import Order, Where, Window

_ID = ("id", "uuid")


class ElectionOrder(Term):
    """选举排序 How elections are ordered."""

    LATEST = "LATEST", "最近", "The latest ballot first."
    EARLIEST = "EARLIEST", "最早", "The earliest ballot first."


class CommitteeOrder(Term):
    """居委会排序 How residents' committees are ordered."""

    COMMUNITY = "COMMUNITY", "社区", "By community."
    TERM = "TERM", "届满", "Whose term is over first comes first."


for _term in (ElectionOrder, CommitteeOrder):
    register(_term, _term.__name__, _term.__doc__ or "")
ELECTION_ORDERS = {
    ElectionOrder.LATEST: Order("ELECTIONS", (("ballot_on", "date"), _ID), descending=True),
    ElectionOrder.EARLIEST: Order("EARLIEST_ELECTIONS", (("ballot_on", "date"), _ID)),
}
COMMITTEE_ORDERS = {
    CommitteeOrder.COMMUNITY: Order("COMMITTEES", (("community", "text"),)),
    CommitteeOrder.TERM: Order("COMMITTEE_TERM", (("term_until", "date"), _ID)),
}


def _elections(context: Context, given: Mapping[str, Any]) -> Where:
    def build(where: Where) -> None:
        if given["place"]:
            where.within("community", given["place"])
        if given["status"] is not None:
            where.also(f"status = ANY({where.add([str(status) for status in given['status']])}::text[])")

    return conditions(context, build)


def _committees(context: Context, given: Mapping[str, Any]) -> Where:
    def build(where: Where) -> None:
        if given["place"]:
            where.within("community", given["place"])
        if given["vacant"] is not None:
            where.also("vacant > 0" if given["vacant"] else "vacant = 0")

    return conditions(context, build)


def _code(context: Context, given: Mapping[str, Any]) -> str:
    """The place that is asked for; refused where it cannot be looked up."""
    place: str = given["place"] or ""
    conditions(context, lambda where: where.within("community", place))
    return place


_ONE_ELECTION = Single(ELECTION, "id", read_identifier)
_ONE_COMMITTEE = Single(COMMITTEE_BY_ID, "id", read_identifier)
_ELECTIONS = Listing(ELECTION, _elections, by_order(ELECTION_ORDERS))
_COMMITTEES = Listing(COMMITTEE_BY_ID, _committees, by_order(COMMITTEE_ORDERS))
_TURNOUT = Rows(TURNOUT_BY_YEAR, lambda context, given: [_code(context, given)])


@strawberry.type
class ElectionQueries:
    """What the query type says about elections and committees."""

    @strawberry.field(
        description="换届选举 An election of a residents' committee by its identifier.",
        metadata={SOURCE: _ONE_ELECTION},
    )
    async def election(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("选举 The election.")],
        at_least: AtLeast = None,
    ) -> Election | None:
        """One election."""
        return await single(info, _ONE_ELECTION, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="换届看板 Elections of residents' committees, with turnout and results.",
        metadata={SOURCE: _ELECTIONS},
    )
    async def elections(
        self,
        info: Info,
        place: Place = None,
        status: Annotated[list[ElectionStatus] | None, argument("状态 In one of these states.")] = None,
        order_by: Annotated[ElectionOrder, argument("排序 In which order.")] = ElectionOrder.LATEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Election]:
        """A page of elections."""
        given = {"place": place, "status": status, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _ELECTIONS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="参选率 How many took part in the elections of a place, by the year of the ballot: "
        "the first year first.",
        metadata={SOURCE: _TURNOUT},
    )
    async def election_turnout(
        self, info: Info, place: Place = None, at_least: AtLeast = None
    ) -> list[ElectionTurnout]:
        """By year."""
        code = _code(info.context, {"place": place})
        read = derived(info, lambda connection: turnout(connection, code), at_least)
        return await read  # type: ignore[no-any-return]

    @strawberry.field(
        description="居民委员会 A residents' committee by its identifier.", metadata={SOURCE: _ONE_COMMITTEE}
    )
    async def committee(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("居委会 The committee.")],
        at_least: AtLeast = None,
    ) -> ResidentsCommittee | None:
        """One committee."""
        return await single(info, _ONE_COMMITTEE, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="居委会看板 Residents' committees: seats, vacancies, and when their terms are over.",
        metadata={SOURCE: _COMMITTEES},
    )
    async def committees(
        self,
        info: Info,
        place: Place = None,
        vacant: Annotated[bool | None, argument("缺额 With a vacant seat, or without.")] = None,
        order_by: Annotated[CommitteeOrder, argument("排序 In which order.")] = CommitteeOrder.COMMUNITY,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[ResidentsCommittee]:
        """A page of committees."""
        given = {"place": place, "vacant": vacant, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _COMMITTEES, given, window, at_least)  # type: ignore[no-any-return]
