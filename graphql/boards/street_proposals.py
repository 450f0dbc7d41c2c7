"""The queries of deputies' proposals."""

from typing import Annotated, Any

import strawberry

from chuishao.domain.street.terms import ProposalStatus, Proposer
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.rounds_where import Given, equal, identified_by, shown_to_all, within
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import conditions
from chuishao.graphql.links import PROPOSAL, PROPOSAL_SUMMARY
from chuishao.graphql.reading import Listing, Rows, Single, listed, read_identifier, rows, single
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.proposal import DeputyProposal, ProposalCount
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window

_NEWEST = Order("PROPOSALS", (("number", "bigint"),), descending=True)


def _proposals(_context: Context, given: Given, where: Where) -> None:
    within(where, "division", given["place"])
    for name in ("status", "proposer"):
        equal(where, name, given[name])
    identified_by(where, "department", given["department_id"], "departmentId")


def _summary(context: Context, given: Given) -> list[Any]:
    place = given["place"] or ""
    conditions(context, lambda where: where.within("division", place))
    return [place, [status.value for status in ProposalStatus]]


_ONE = Single(PROPOSAL, "id", read_identifier)
_PROPOSALS = Listing(PROPOSAL, shown_to_all(_proposals), lambda _given: _NEWEST)
_SUMMARY = Rows(PROPOSAL_SUMMARY, _summary)


@strawberry.type
class StreetProposalQueries:
    """What the query type says about proposals."""

    @strawberry.field(description="代表建议 A proposal by its identifier.", metadata={SOURCE: _ONE})
    async def deputy_proposal(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("建议 The proposal.")],
        at_least: AtLeast = None,
    ) -> DeputyProposal | None:
        """One proposal."""
        return await single(info, _ONE, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="代表建议列表 Proposals of deputies and members, the last received first.",
        metadata={SOURCE: _PROPOSALS},
    )
    async def deputy_proposals(
        self,
        info: Info,
        place: Place = None,
        status: Annotated[ProposalStatus | None, argument("状态 Only with this status.")] = None,
        proposer: Annotated[Proposer | None, argument("代表类别 Only of these proposers.")] = None,
        department_id: Annotated[
            strawberry.ID | None, argument("部门 Only what this department is to answer.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[DeputyProposal]:
        """A page of proposals."""
        given = {"place": place, "status": status, "proposer": proposer, "department_id": department_id}
        window = Window(first, after, last, before)
        return await listed(info, _PROPOSALS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="建议办理看板 How many proposals stand where, in a place.", metadata={SOURCE: _SUMMARY}
    )
    async def proposal_summary(
        self, info: Info, place: Place = None, at_least: AtLeast = None
    ) -> list[ProposalCount]:
        """A line for each status."""
        return await rows(info, _SUMMARY, {"place": place}, at_least)  # type: ignore[no-any-return]
