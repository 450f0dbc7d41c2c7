"""The queries of screening campaigns (排查)."""

from typing import Annotated

import strawberry

from chuishao.domain.rounds.terms import VisitOutcome
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.rounds_where import (
    Given,
    either,
    equal,
    identified_by,
    shown_to_all,
    shown_within,
    within,
)
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import CAMPAIGN, DOORS_OF_SCREENING, PERSONS_OF_SCREENING, SCREENING
from chuishao.graphql.reading import Listing, Single, listed, read_identifier, single
from chuishao.graphql.types.campaign import GridScreening, ScreenedDoor, ScreenedPerson, ScreeningCampaign
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window

_ID = ("id", "uuid")
_CAMPAIGNS_BY_OPENING = Order("CAMPAIGNS", (("opened_at", "timestamptz"), _ID), descending=True)
_SCREENINGS_BY_GRID = Order("SCREENINGS", (("grid", "text"), _ID))
_DOORS_BY_HOUSEHOLD = Order("DOORS", (("household", "bigint"),))
_PERSONS_BY_NUMBER = Order("SCREENED_PERSONS", (("version", "bigint"),))


def _campaigns(_context: Context, given: Given, where: Where) -> None:
    within(where, "place", given["place"])
    either(where, given["open"], "closed_at IS NULL")


def _screenings(_context: Context, given: Given, where: Where) -> None:
    within(where, "grid", given["place"])
    either(where, given["finished"], "finished_at IS NOT NULL")
    if given["campaign_id"] is not None:
        identified_by(where, "campaign", given["campaign_id"], "campaignId")


def _doors(_context: Context, given: Given, where: Where) -> None:
    identified_by(where, "screening", given["screening_id"], "screeningId")
    equal(where, "outcome", given["outcome"])


def _persons(_context: Context, given: Given, where: Where) -> None:
    identified_by(where, "screening", given["screening_id"], "screeningId")


_ONE_CAMPAIGN = Single(CAMPAIGN, "id", read_identifier)
_ONE_SCREENING = Single(SCREENING, "id", read_identifier)
_CAMPAIGNS = Listing(CAMPAIGN, shown_to_all(_campaigns), lambda _given: _CAMPAIGNS_BY_OPENING)
_SCREENINGS = Listing(SCREENING, shown_to_all(_screenings), lambda _given: _SCREENINGS_BY_GRID)
_DOORS = Listing(DOORS_OF_SCREENING, shown_within("grid", _doors), lambda _given: _DOORS_BY_HOUSEHOLD)
_PERSONS = Listing(PERSONS_OF_SCREENING, shown_within("grid", _persons), lambda _given: _PERSONS_BY_NUMBER)


@strawberry.type
class ScreeningQueries:
    """What the query type says about campaigns."""

    @strawberry.field(
        description="排查 A campaign by its identifier, with its grids.", metadata={SOURCE: _ONE_CAMPAIGN}
    )
    async def campaign(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("排查 The campaign.")],
        at_least: AtLeast = None,
    ) -> ScreeningCampaign | None:
        """One campaign."""
        return await single(info, _ONE_CAMPAIGN, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="排查列表 Campaigns, the last opened first.", metadata={SOURCE: _CAMPAIGNS})
    async def campaigns(
        self,
        info: Info,
        place: Place = None,
        open: Annotated[bool | None, argument("进行中 Only open ones, or only closed ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[ScreeningCampaign]:
        """A page of campaigns."""
        given = {"place": place, "open": open}
        return await listed(info, _CAMPAIGNS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="网格排查 A campaign in a grid by its identifier.", metadata={SOURCE: _ONE_SCREENING}
    )
    async def screening(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("网格排查 The campaign in the grid.")],
        at_least: AtLeast = None,
    ) -> GridScreening | None:
        """One grid of one campaign."""
        return await single(info, _ONE_SCREENING, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="排查覆盖看板 How far campaigns have come in each grid.", metadata={SOURCE: _SCREENINGS}
    )
    async def screenings(
        self,
        info: Info,
        place: Place = None,
        campaign_id: Annotated[strawberry.ID | None, argument("排查 Only of this campaign.")] = None,
        finished: Annotated[bool | None, argument("已完成 Only finished ones, or only others.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[GridScreening]:
        """A page of grids."""
        given = {"place": place, "campaign_id": campaign_id, "finished": finished}
        return await listed(info, _SCREENINGS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="已敲门户 The doors knocked at for a campaign in a grid, by household.",
        metadata={SOURCE: _DOORS},
    )
    async def screened_doors(
        self,
        info: Info,
        screening_id: Annotated[strawberry.ID, argument("网格排查 The campaign in the grid.")],
        outcome: Annotated[VisitOutcome | None, argument("走访结果 Only with this outcome.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[ScreenedDoor]:
        """A page of doors."""
        given = {"screening_id": screening_id, "outcome": outcome}
        return await listed(info, _DOORS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="受排查人 The people screened for a campaign in a grid.", metadata={SOURCE: _PERSONS}
    )
    async def screened_persons(
        self,
        info: Info,
        screening_id: Annotated[strawberry.ID, argument("网格排查 The campaign in the grid.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[ScreenedPerson]:
        """A page of people."""
        given = {"screening_id": screening_id}
        return await listed(info, _PERSONS, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]
