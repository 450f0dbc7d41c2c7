"""The queries of work meetings, deliberations, coordination orders and invitations of the day."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

import strawberry

from chuishao.domain.meetings.terms import DeliberationState, InvitationState, MeetingKind, UnitKind
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import conditions
from chuishao.graphql.inputs import read_id
from chuishao.graphql.links import DELIBERATION, INVITATION, ORDER, RESOLUTION, WORK_MEETING
from chuishao.graphql.reading import Listing, Single, listed, read_identifier, single
from chuishao.graphql.scalars import Unreadable
from chuishao.graphql.types.coordination import CoordinationOrder
from chuishao.graphql.types.deliberation import Deliberation
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.invitation import DailyClearanceInvitation
from chuishao.graphql.types.meeting import MeetingResolution, WorkMeeting
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window
from chuishao.projections.sight import minutes_seen, order_seen

Given = Mapping[str, Any]

_NUMBER = ("number", "bigint")
_NEWEST_MEETING = Order("MEETINGS", (_NUMBER,), descending=True)
_NEWEST_DELIBERATION = Order("DELIBERATIONS", (_NUMBER,), descending=True)
_DUE_RESOLUTION = Order("RESOLUTIONS", (("due", "date"), ("position", "bigint")))
_DUE_ORDER = Order("ORDERS", (("coalesce(due, '9999-12-31'::date)", "date"), _NUMBER))
_LATEST_DAY = Order("INVITATIONS", (("day", "date"), _NUMBER), descending=True)


def _listing(link: Any, order: Order, build: Callable[[Context, Given, Where], None], place: str) -> Listing:
    """A list in one order, by place and whatever else is asked for."""

    def where_of(context: Context, given: Given) -> Where:
        def built(where: Where) -> None:
            if given["place"] is not None:
                where.within(place, given["place"])
            build(context, given, where)

        return conditions(context, built)

    return Listing(link, where_of, lambda _given: order)


def _is(where: Where, column: str, value: Any) -> None:
    """Require that a column says so, where something is asked for."""
    if value is not None:
        where.also(f"{column} = {where.add(str(value))}")


def _is_id(where: Where, column: str, given: str | None, path: str) -> None:
    if given is not None:
        where.also(f"{column} = {where.add(read_id(given, path))}")


def _either(where: Where, wanted: bool | None, condition: str) -> None:
    """Require a condition, or that it does not hold; neither where nothing is said."""
    if wanted is not None:
        where.also(condition if wanted else f"NOT ({condition})")


def _meetings(_context: Context, given: Given, where: Where) -> None:
    _is(where, "kind", given["kind"])


def _resolutions(_context: Context, given: Given, where: Where) -> None:
    _either(where, given["done"], "done_at IS NOT NULL")
    _is(where, "unit_kind", given["unit_kind"])
    _is_id(where, "department", given["department_id"], "departmentId")


def _deliberations(context: Context, given: Given, where: Where) -> None:
    minutes_seen(where, context.reader, "deliberation")
    _is(where, "state", given["state"])


def _orders(context: Context, given: Given, where: Where) -> None:
    order_seen(where, context.reader, "coordination_order")
    _either(where, given["open"], "answered_at IS NULL")
    _is(where, "unit_kind", given["unit_kind"])
    _is_id(where, "department", given["department_id"], "departmentId")


def _invitations(_context: Context, given: Given, where: Where) -> None:
    day = given["day"]
    if isinstance(day, Unreadable):
        raise day.refusal("day")
    if day is not None:
        where.also(f"day = {where.add(day)}")
    _is(where, "state", given["state"])


_ONE_MEETING = Single(WORK_MEETING, "id", read_identifier)
_ONE_DELIBERATION = Single(DELIBERATION, "id", read_identifier)
_ONE_ORDER = Single(ORDER, "id", read_identifier)
_ONE_INVITATION = Single(INVITATION, "id", read_identifier)
_MEETINGS = _listing(WORK_MEETING, _NEWEST_MEETING, _meetings, "division")
_RESOLUTIONS = _listing(RESOLUTION, _DUE_RESOLUTION, _resolutions, "division")
_DELIBERATIONS = _listing(DELIBERATION, _NEWEST_DELIBERATION, _deliberations, "community")
_ORDERS = _listing(ORDER, _DUE_ORDER, _orders, "division")
_INVITATIONS = _listing(INVITATION, _LATEST_DAY, _invitations, "division")

OfUnitKind = Annotated[UnitKind | None, argument("单位类型 Only those to this kind of unit.")]
OfDepartment = Annotated[strawberry.ID | None, argument("部门 Only those to this department.")]


@strawberry.type
class MeetingQueries:
    """What the query type says about meetings and what is asked of units."""

    @strawberry.field(
        description="工作例会 A work meeting by its identifier.", metadata={SOURCE: _ONE_MEETING}
    )
    async def work_meeting(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("例会 The meeting.")],
        at_least: AtLeast = None,
    ) -> WorkMeeting | None:
        """One meeting."""
        return await single(info, _ONE_MEETING, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="工作例会列表 Work meetings, the last recorded first.", metadata={SOURCE: _MEETINGS}
    )
    async def work_meetings(
        self,
        info: Info,
        place: Place = None,
        kind: Annotated[MeetingKind | None, argument("例会类别 Only of this kind.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[WorkMeeting]:
        """A page of meetings."""
        given = {"place": place, "kind": kind}
        window = Window(first, after, last, before)
        return await listed(info, _MEETINGS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="督办清单 What work meetings resolved: who owes what until when, the earliest day first.",
        metadata={SOURCE: _RESOLUTIONS},
    )
    async def resolutions(
        self,
        info: Info,
        place: Place = None,
        done: Annotated[bool | None, argument("办结 Only what was carried out, or what is owed.")] = None,
        unit_kind: OfUnitKind = None,
        department_id: OfDepartment = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[MeetingResolution]:
        """A page of the action list."""
        given = {"place": place, "done": done, "unit_kind": unit_kind, "department_id": department_id}
        window = Window(first, after, last, before)
        return await listed(info, _RESOLUTIONS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="议事协商 A deliberation by its identifier, with its minutes; null where the asker does "
        "not see its case.",
        metadata={SOURCE: _ONE_DELIBERATION},
    )
    async def deliberation(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("协商 The deliberation.")],
        at_least: AtLeast = None,
    ) -> Deliberation | None:
        """One deliberation."""
        return await single(info, _ONE_DELIBERATION, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="议事协商列表 Deliberations, the last convened first.", metadata={SOURCE: _DELIBERATIONS}
    )
    async def deliberations(
        self,
        info: Info,
        place: Place = None,
        state: Annotated[DeliberationState | None, argument("状态 Only in this state.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Deliberation]:
        """A page of deliberations."""
        given = {"place": place, "state": state}
        window = Window(first, after, last, before)
        return await listed(info, _DELIBERATIONS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="协同 A coordination order by its identifier; null where the asker neither sees its "
        "case nor is to answer it.",
        metadata={SOURCE: _ONE_ORDER},
    )
    async def coordination_order(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("协同 The order.")],
        at_least: AtLeast = None,
    ) -> CoordinationOrder | None:
        """One order."""
        return await single(info, _ONE_ORDER, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="协同看板 Coordination orders, the earliest last day first.", metadata={SOURCE: _ORDERS}
    )
    async def coordination_orders(
        self,
        info: Info,
        place: Place = None,
        open: Annotated[bool | None, argument("待答复 Only open ones, or only answered ones.")] = None,
        unit_kind: OfUnitKind = None,
        department_id: OfDepartment = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[CoordinationOrder]:
        """A page of orders."""
        given = {"place": place, "open": open, "unit_kind": unit_kind, "department_id": department_id}
        window = Window(first, after, last, before)
        return await listed(info, _ORDERS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="“日日清”约请 An invitation of the day by its identifier.",
        metadata={SOURCE: _ONE_INVITATION},
    )
    async def invitation(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("约请 The invitation.")],
        at_least: AtLeast = None,
    ) -> DailyClearanceInvitation | None:
        """One invitation."""
        return await single(info, _ONE_INVITATION, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="日清看板 Invitations of the day, the latest day first.", metadata={SOURCE: _INVITATIONS}
    )
    async def invitations(
        self,
        info: Info,
        place: Place = None,
        day: Annotated[date | None, argument("约定日 Only those due by the end of this day.")] = None,
        state: Annotated[InvitationState | None, argument("状态 Only in this state.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[DailyClearanceInvitation]:
        """A page of the daily board."""
        given = {"place": place, "day": day, "state": state}
        window = Window(first, after, last, before)
        return await listed(info, _INVITATIONS, given, window, at_least)  # type: ignore[no-any-return]
