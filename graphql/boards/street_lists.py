"""The queries of the duty lists of streets, and of what communities were asked to do."""

from typing import Annotated

import strawberry

from chuishao.domain.street.terms import StreetDuty, TaskState
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
from chuishao.graphql.boards.rounds_where import Given, either, equal, identified_by, shown_to_all, within
from chuishao.graphql.context import Context, Info
from chuishao.graphql.enums import register
from chuishao.graphql.links import BURDEN, DUTY_ITEM, DUTY_LIST, TASK
from chuishao.graphql.reading import Listing, Single, listed, read_code, single
from chuishao.graphql.types.burden import BurdenList, CommunityTask
from chuishao.graphql.types.duty_list import StreetDutyItem, StreetDutyList
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window


class LoadOrder(Term):
    """负担排序 How the lists of communities are ordered."""

    HEAVIEST = "HEAVIEST", "负担最重", "The heaviest load first."
    COMMUNITY = "COMMUNITY", "社区", "By community."


register(LoadOrder, "LoadOrder", LoadOrder.__doc__ or "")
LOAD_ORDERS = {
    LoadOrder.HEAVIEST: Order("HEAVIEST", (("load", "bigint"), ("community", "text")), descending=True),
    LoadOrder.COMMUNITY: Order("LOADS", (("community", "text"),)),
}
_DUTIES_BY_STREET = Order("STREET_DUTIES", (("street", "text"), ("number", "bigint")))
_NEWEST_TASK = Order("COMMUNITY_TASKS", (("position", "bigint"),), descending=True)


def _duties(_context: Context, given: Given, where: Where) -> None:
    within(where, "street", given["place"])
    equal(where, "core_duty", given["core_duty"])
    either(where, given["standing"], "retired_at IS NULL")


def _tasks(_context: Context, given: Given, where: Where) -> None:
    within(where, "community", given["place"])
    equal(where, "state", given["state"])
    identified_by(where, "department", given["department_id"], "departmentId")


_ONE_DUTY_LIST = Single(DUTY_LIST, "street", read_code)
_ONE_BURDEN = Single(BURDEN, "community", read_code)
_DUTIES = Listing(DUTY_ITEM, shown_to_all(_duties), lambda _given: _DUTIES_BY_STREET)
_BURDENS = Listing(BURDEN, in_place("community"), by_order(LOAD_ORDERS))
_TASKS = Listing(TASK, shown_to_all(_tasks), lambda _given: _NEWEST_TASK)


@strawberry.type
class StreetListQueries:
    """What the query type says about duties and tasks."""

    @strawberry.field(
        description="街道职责清单 The duty list of a street.", metadata={SOURCE: _ONE_DUTY_LIST}
    )
    async def duty_list(
        self, info: Info, street: Annotated[str, argument("街道代码 The code.")], at_least: AtLeast = None
    ) -> StreetDutyList | None:
        """One list."""
        return await single(info, _ONE_DUTY_LIST, street, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="街道职责 The duties of streets, by street and number.", metadata={SOURCE: _DUTIES}
    )
    async def street_duties(
        self,
        info: Info,
        place: Place = None,
        core_duty: Annotated[StreetDuty | None, argument("职责类别 Only under this core duty.")] = None,
        standing: Annotated[
            bool | None, argument("现行 Only those on the list, or only those taken off; all if left out.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[StreetDutyItem]:
        """A page of duties."""
        given = {"place": place, "core_duty": core_duty, "standing": standing}
        window = Window(first, after, last, before)
        return await listed(info, _DUTIES, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="社区准入清单 What a community was asked to do, and its load.",
        metadata={SOURCE: _ONE_BURDEN},
    )
    async def burden_list(
        self, info: Info, community: Annotated[str, argument("社区代码 The code.")], at_least: AtLeast = None
    ) -> BurdenList | None:
        """One list."""
        return await single(info, _ONE_BURDEN, community, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="社区负担 The load of communities (社区减负增效).", metadata={SOURCE: _BURDENS}
    )
    async def burden_lists(
        self,
        info: Info,
        place: Place = None,
        order_by: Annotated[LoadOrder, argument("排序 In which order.")] = LoadOrder.HEAVIEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[BurdenList]:
        """A page of loads."""
        given = {"place": place, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _BURDENS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="社区事项 What communities were asked to do, the last recorded first.",
        metadata={SOURCE: _TASKS},
    )
    async def community_tasks(
        self,
        info: Info,
        place: Place = None,
        state: Annotated[TaskState | None, argument("状态 Only in this state.")] = None,
        department_id: Annotated[
            strawberry.ID | None, argument("部门 Only what this department asked for.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[CommunityTask]:
        """A page of tasks."""
        given = {"place": place, "state": state, "department_id": department_id}
        window = Window(first, after, last, before)
        return await listed(info, _TASKS, given, window, at_least)  # type: ignore[no-any-return]
