"""Queries: every read model, singly and in pages."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import strawberry

from chuishao.domain.policy import Policy as PolicyInForce
from chuishao.graphql.context import Info
from chuishao.graphql.filters import (
    CaseFilter,
    DivisionFilter,
    GridFilter,
    WhistleFilter,
    case_conditions,
    conditions,
    division_conditions,
    grid_conditions,
    whistle_conditions,
)
from chuishao.graphql.inputs import read_id
from chuishao.graphql.log_filter import DivisionPrefix, EventPlace, EventTypes, wanted_events
from chuishao.graphql.orders import (
    CASE_ORDERS,
    DEPARTMENT_ORDERS,
    DIVISIONS_BY_CODE,
    GRID_ORDERS,
    WHISTLE_ORDERS,
    WORKER_ORDERS,
    CaseOrder,
    DepartmentOrder,
    GridOrder,
    WhistleOrder,
    WorkerOrder,
)
from chuishao.graphql.reading import answered, by_code, by_id, derived, fetched, listed
from chuishao.graphql.scalars import Position
from chuishao.graphql.seal import SealQueries
from chuishao.graphql.sight import CaseSecret, narrowed, prove
from chuishao.graphql.types.case import Case
from chuishao.graphql.types.department import Department
from chuishao.graphql.types.division import Division
from chuishao.graphql.types.event import Event
from chuishao.graphql.types.grid import Grid
from chuishao.graphql.types.log import LogStatus, Viewer
from chuishao.graphql.types.policy import Category, Policy
from chuishao.graphql.types.shared import Connection, Node, Tally
from chuishao.graphql.types.term import TermList, term_lists
from chuishao.graphql.types.whistle import DepartmentStanding, Whistle
from chuishao.graphql.types.worker import GridWorker
from chuishao.projections.cases import CASES
from chuishao.projections.departments import DEPARTMENTS
from chuishao.projections.divisions import DIVISIONS
from chuishao.projections.grids import GRIDS
from chuishao.projections.paging import LARGEST_PAGE, Window
from chuishao.projections.policies import all_policies
from chuishao.projections.status import Standing, standings
from chuishao.projections.whistles import WHISTLES, league
from chuishao.projections.workers import WORKERS


def _argument(description: str) -> Any:
    return strawberry.argument(description=description)


AtLeast: TypeAlias = Annotated[
    Position | None,
    _argument("读己所写 Wait until the answer includes this position of a mutation."),
]
First: TypeAlias = Annotated[
    int | None, _argument(f"前 n 项 The first n after `after`; 20 if left out, at most {LARGEST_PAGE}.")
]
After: TypeAlias = Annotated[str | None, _argument("向后 Read on after this cursor.")]
Last: TypeAlias = Annotated[
    int | None, _argument(f"后 n 项 The last n before `before`; at most {LARGEST_PAGE}.")
]
Before: TypeAlias = Annotated[str | None, _argument("向前 Read back before this cursor.")]
Place: TypeAlias = Annotated[
    str | None, _argument("位置 Only what lies in places whose code begins so: a division or grid code.")
]

_NODES = {
    "case": "case",
    "whistle": "whistle",
    "grid": "grid_by_id",
    "worker": "worker",
    "department": "department",
    "division": "division_by_id",
}


@strawberry.type(
    description="查询 Everything that can be read. Answers are as of now; give `atLeast` to read your own "
    "writes."
)
class Query(SealQueries):
    """The queries."""

    @strawberry.field(description="工单 A case by its identifier; null where the asker does not see it.")
    async def case(
        self,
        info: Info,
        id: Annotated[strawberry.ID, _argument("案件 The case.")],
        secret: CaseSecret = None,
        at_least: AtLeast = None,
    ) -> Case | None:
        """One case."""
        prove(info.context, id, secret)
        return await by_id(info, "case", id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="工单列表 Cases by place, state, tier, category, limit, assignee or words.")
    async def cases(
        self,
        info: Info,
        filter: Annotated[CaseFilter | None, _argument("筛选 Which ones.")] = None,
        order_by: Annotated[CaseOrder, _argument("排序 In which order.")] = CaseOrder.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Case]:
        """A page of cases."""
        where = conditions(info, lambda where: case_conditions(info, filter or CaseFilter(), where))
        window = Window(first, after, last, before)
        return await listed(info, "cases.case_row", CASES, where, CASE_ORDERS[order_by], window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格 A grid by its code, with its board.")
    async def grid(
        self,
        info: Info,
        code: Annotated[str, _argument("网格代码 The grid's code.")],
        at_least: AtLeast = None,
    ) -> Grid | None:
        """One grid."""
        return await by_code(info, "grid", code, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格看板 Grids with their boards.")
    async def grids(
        self,
        info: Info,
        filter: Annotated[GridFilter | None, _argument("筛选 Which ones.")] = None,
        order_by: Annotated[GridOrder, _argument("排序 In which order.")] = GridOrder.CODE,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Grid]:
        """A page of grids."""
        where = conditions(info, lambda where: grid_conditions(filter or GridFilter(), where))
        window = Window(first, after, last, before)
        return await listed(info, "grids.grid", GRIDS, where, GRID_ORDERS[order_by], window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格员 A grid worker by the identifier, with their board.")
    async def worker(
        self,
        info: Info,
        id: Annotated[strawberry.ID, _argument("网格员 The worker.")],
        at_least: AtLeast = None,
    ) -> GridWorker | None:
        """One worker."""
        return await by_id(info, "worker", id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格员看板 Grid workers with their boards.")
    async def workers(
        self,
        info: Info,
        place: Place = None,
        order_by: Annotated[WorkerOrder, _argument("排序 In which order.")] = WorkerOrder.COMMUNITY,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[GridWorker]:
        """A page of workers."""
        where = conditions(info, lambda where: where.within("community", place) if place else None)
        window = Window(first, after, last, before)
        return await listed(info, "workers.worker", WORKERS, where, WORKER_ORDERS[order_by], window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="哨件 A whistle by its identifier.")
    async def whistle(
        self,
        info: Info,
        id: Annotated[strawberry.ID, _argument("哨件 The whistle.")],
        at_least: AtLeast = None,
    ) -> Whistle | None:
        """One whistle."""
        return await by_id(info, "whistle", id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="哨件看板 Whistles by place, state, kind, mechanism, limit or department.")
    async def whistles(
        self,
        info: Info,
        filter: Annotated[WhistleFilter | None, _argument("筛选 Which ones.")] = None,
        order_by: Annotated[WhistleOrder, _argument("排序 In which order.")] = WhistleOrder.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Whistle]:
        """A page of whistles."""
        where = conditions(info, lambda where: whistle_conditions(info, filter or WhistleFilter(), where))
        window = Window(first, after, last, before)
        order = WHISTLE_ORDERS[order_by]
        return await listed(info, "whistles.whistle", WHISTLES, where, order, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="报到排行榜 How the departments report, each figure with its sample.")
    async def check_in_league(
        self, info: Info, place: Place = None, at_least: AtLeast = None
    ) -> list[DepartmentStanding]:
        """The league table."""
        code = place or ""
        conditions(info, lambda where: where.within("street", code))
        read = derived(info, lambda connection: league(connection, code, info.context.now), at_least)
        return await read  # type: ignore[no-any-return]

    @strawberry.field(description="行政区划 A division by the code it bears now.")
    async def division(
        self, info: Info, code: Annotated[str, _argument("区划代码 The code.")], at_least: AtLeast = None
    ) -> Division | None:
        """One division."""
        return await by_code(info, "division", code, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="行政区划列表 Divisions by code; walk the tree by `children`.")
    async def divisions(
        self,
        info: Info,
        filter: Annotated[DivisionFilter | None, _argument("筛选 Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Division]:
        """A page of divisions."""
        where = conditions(info, lambda where: division_conditions(filter or DivisionFilter(), where))
        window = Window(first, after, last, before)
        return await listed(info, "divisions.division", DIVISIONS, where, DIVISIONS_BY_CODE, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="部门 A department by its identifier.")
    async def department(
        self,
        info: Info,
        id: Annotated[strawberry.ID, _argument("部门 The department.")],
        at_least: AtLeast = None,
    ) -> Department | None:
        """One department."""
        return await by_id(info, "department", id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="部门列表 Departments.")
    async def departments(
        self,
        info: Info,
        place: Place = None,
        order_by: Annotated[DepartmentOrder, _argument("排序 In which order.")] = DepartmentOrder.DIVISION,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Department]:
        """A page of departments."""
        where = conditions(info, lambda where: where.within("division", place) if place else None)
        window = Window(first, after, last, before)
        order = DEPARTMENT_ORDERS[order_by]
        return await listed(info, "departments.department", DEPARTMENTS, where, order, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="统计 The counts of any place, by its code; of everything for an empty code's parts."
    )
    async def tally(
        self,
        info: Info,
        place: Annotated[str, _argument("位置 A division or grid code.")],
        at_least: AtLeast = None,
    ) -> Tally:
        """One tally."""
        return await by_code(info, "tally", place, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="词表 What a person sees for the values of the schema's enums.")
    def terms(
        self,
        info: Info,
        names: Annotated[
            list[str] | None, _argument("名称 Only the lists of these names, such as CaseStatus.")
        ] = None,
    ) -> list[TermList]:
        """Labels."""
        return term_lists(info, names)

    @strawberry.field(description="类别目录 The catalogue of categories in force now.")
    async def categories(self, info: Info, at_least: AtLeast = None) -> list[Category]:
        """The catalogue."""

        async def read() -> Any:
            policy: PolicyInForce = await info.context.loaders.policy.load(info.context.now)
            return [policy.categories[code] for code in sorted(policy.categories)]

        return await answered(info, read, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="政策 Every policy ever adopted, the last first.")
    async def policies(self, info: Info, at_least: AtLeast = None) -> list[Policy]:
        """The policies."""
        return await derived(info, all_policies, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="事件日志 The log itself after a cursor, in order: the audit's raw material. "
        "Events of cases are shown to those who see them; those of divisions, grids and so on to everybody."
    )
    async def events(
        self,
        info: Info,
        place: EventPlace = None,
        types: EventTypes = None,
        first: First = None,
        after: Annotated[str | None, _argument("游标 Read on after this event's cursor.")] = None,
        division_prefix: DivisionPrefix = None,
    ) -> list[Event]:
        """A page of the log."""
        wanted = wanted_events(info, place, division_prefix, types)

        async def read() -> Any:
            size = Window(first).size
            services = info.context.services
            position = await services.log.resume(after) if after else 0
            head = await services.log.head()
            seen = await narrowed(info.context, wanted, head)
            return await services.log.matching(seen, position, head, size)

        return await answered(info, read, None)  # type: ignore[no-any-return]

    @strawberry.field(description="节点 Anything by its identifier.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, _argument("标识 The identifier.")],
    ) -> Node | None:
        """By the kind of its stream; Relay refetches by a `node` that takes nothing but the identifier."""

        async def read() -> Any:
            identifier = read_id(id, "id")
            loader = _NODES.get(await info.context.services.log.category(identifier) or "")
            return await getattr(info.context.loaders, loader).load(identifier) if loader else None

        return await answered(info, read, None)  # type: ignore[no-any-return]

    @strawberry.field(description="日志状态 Where the log and its read models stand.")
    async def log(self, info: Info) -> LogStatus:
        """The status."""

        async def read(connection: Any) -> list[Standing]:
            return await standings(connection, info.context.services.log.id)

        async def status() -> LogStatus:
            log = info.context.services.log
            return LogStatus(
                history=strawberry.ID(str(await log.history())),
                head=Position(await log.head()),
                cursor=await log.cursor_at_head(),
                checkpoint=await info.context.loaders.checkpoint.load(None),  # type: ignore[arg-type]
                projections=await fetched(info, read, None),
            )

        return await answered(info, status, None)  # type: ignore[no-any-return]

    @strawberry.field(description="当前用户 Who asks, as the server understands it.")
    def viewer(self, info: Info) -> Viewer:
        """From the token."""
        actor = info.context.actor
        department = strawberry.ID(str(actor.department)) if actor.department else None
        return Viewer(
            id=strawberry.ID(actor.id), role=actor.role, scope=actor.scope, department_id=department
        )
