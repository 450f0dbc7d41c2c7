"""Queries: every read model, singly and in pages."""

from typing import Annotated, Any

import strawberry

from chuishao.domain.phrase import Phrase
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
from chuishao.graphql.boards.command import CommandQueries
from chuishao.graphql.boards.election import ElectionQueries
from chuishao.graphql.boards.loops import LoopQueries
from chuishao.graphql.boards.measures import MeasureQueries
from chuishao.graphql.boards.meetings import MeetingQueries
from chuishao.graphql.boards.people import PeopleQueries
from chuishao.graphql.boards.registers import RegisterQueries
from chuishao.graphql.boards.rounds import RoundsQueries
from chuishao.graphql.boards.street import StreetQueries
from chuishao.graphql.boards.territory import TerritoryQueries
from chuishao.graphql.boards.workdays import WorkdayQueries
from chuishao.graphql.context import Context, Info
from chuishao.graphql.endpoint.errors import ApiError
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
from chuishao.graphql.links import (
    BURDEN_BY_ID,
    CAMPAIGN,
    CARE_ENTRY,
    CASE,
    COMMITTEE_BY_ID,
    DELIBERATION,
    DEPARTMENT,
    DIARY_ENTRY,
    DIVISION,
    DIVISION_BY_ID,
    DUTY,
    DUTY_LIST_BY_ID,
    ELECTION,
    ELEMENT,
    ENCLAVE_BY_ID,
    EXERCISE,
    FUND,
    GAP,
    GRID,
    GRID_BY_ID,
    INVITATION,
    LOOK,
    OFFICE_BY_ID,
    ORDER,
    PATROL,
    PERSON,
    POST,
    PROPOSAL,
    SCREENING,
    SECTOR_BY_ID,
    SPLIT_BY_ID,
    STANDING,
    TALLY,
    WATCH,
    WHISTLE,
    WORK_MEETING,
    WORKER,
    ZONE_BY_ID,
)
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
from chuishao.graphql.policies import Policies
from chuishao.graphql.reading import (
    Listing,
    Made,
    Refetched,
    Rows,
    Single,
    answered,
    derived,
    fetched,
    listed,
    read_code,
    read_identifier,
    rows,
    single,
)
from chuishao.graphql.scalars import Position
from chuishao.graphql.seal import SealQueries
from chuishao.graphql.sight import CaseSecret, narrowed, prove
from chuishao.graphql.types.case import Case
from chuishao.graphql.types.department import Department
from chuishao.graphql.types.division import Division
from chuishao.graphql.types.event import Event
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.grid import Grid
from chuishao.graphql.types.log import LogStatus, Viewer
from chuishao.graphql.types.policy import Category, Policy
from chuishao.graphql.types.shared import Connection, Node, Tally
from chuishao.graphql.types.term import TermList, term_lists
from chuishao.graphql.types.whistle import DepartmentStanding, Whistle
from chuishao.graphql.types.worker import GridWorker
from chuishao.projections.paging import Window
from chuishao.projections.policies import all_policies
from chuishao.projections.status import Standing, standings

NODES = Refetched(
    {
        "case": ("Case", CASE),
        "whistle": ("Whistle", WHISTLE),
        "grid": ("Grid", GRID_BY_ID),
        "worker": ("GridWorker", WORKER),
        "department": ("Department", DEPARTMENT),
        "division": ("Division", DIVISION_BY_ID),
        "person": ("Person", PERSON),
        "post": ("Post", POST),
        "election": ("Election", ELECTION),
        "committee": ("ResidentsCommittee", COMMITTEE_BY_ID),
        "element": ("Element", ELEMENT),
        "care": ("CareEntry", CARE_ENTRY),
        "diary": ("DiaryEntry", DIARY_ENTRY),
        "look": ("Look", LOOK),
        "patrol": ("Patrol", PATROL),
        "watch": ("NeighbourWatch", WATCH),
        "campaign": ("ScreeningCampaign", CAMPAIGN),
        "screening": ("GridScreening", SCREENING),
        "duty": ("StewardDutyEntry", DUTY),
        "zone": ("CommandZone", ZONE_BY_ID),
        "sector": ("Sector", SECTOR_BY_ID),
        "community-split": ("CommunitySplit", SPLIT_BY_ID),
        "street-office": ("StreetOffice", OFFICE_BY_ID),
        "coverage-gap": ("CoverageGap", GAP),
        "enclave": ("Enclave", ENCLAVE_BY_ID),
        "meeting": ("WorkMeeting", WORK_MEETING),
        "deliberation": ("Deliberation", DELIBERATION),
        "order": ("CoordinationOrder", ORDER),
        "invitation": ("DailyClearanceInvitation", INVITATION),
        "street-power": ("PowerExercise", EXERCISE),
        "street-fund": ("StreetFund", FUND),
        "street-duties": ("StreetDutyList", DUTY_LIST_BY_ID),
        "burden": ("BurdenList", BURDEN_BY_ID),
        "proposal": ("DeputyProposal", PROPOSAL),
    }
)

_ONE_CASE = Single(
    CASE, "id", read_identifier, lambda context, given: prove(context, given["id"], given["secret"])
)
_ONE_GRID = Single(GRID, "code", read_code)
_ONE_WORKER = Single(WORKER, "id", read_identifier)
_ONE_WHISTLE = Single(WHISTLE, "id", read_identifier)
_ONE_DIVISION = Single(DIVISION, "code", read_code)
_ONE_DEPARTMENT = Single(DEPARTMENT, "id", read_identifier)
_ONE_TALLY = Single(TALLY, "place", read_code)


_CASES = Listing(
    CASE,
    lambda context, given: conditions(
        context, lambda where: case_conditions(context, given["filter"] or CaseFilter(), where)
    ),
    by_order(CASE_ORDERS),
)
_GRIDS = Listing(
    GRID,
    lambda context, given: conditions(
        context, lambda where: grid_conditions(given["filter"] or GridFilter(), where)
    ),
    by_order(GRID_ORDERS),
)
_WORKERS = Listing(WORKER, in_place("community"), by_order(WORKER_ORDERS))
_WHISTLES = Listing(
    WHISTLE,
    lambda context, given: conditions(
        context, lambda where: whistle_conditions(context, given["filter"] or WhistleFilter(), where)
    ),
    by_order(WHISTLE_ORDERS),
)
_DIVISIONS = Listing(
    DIVISION,
    lambda context, given: conditions(
        context, lambda where: division_conditions(given["filter"] or DivisionFilter(), where)
    ),
    lambda _given: DIVISIONS_BY_CODE,
)
_DEPARTMENTS = Listing(DEPARTMENT, in_place("division"), by_order(DEPARTMENT_ORDERS))
_LEAGUE = Rows(STANDING, lambda context, given: [_league_place(context, given["place"]), context.now])


def _league_place(context: Context, place: str | None) -> str:
    code = place or ""
    conditions(context, lambda where: where.within("street", code))
    return code


def _viewer(context: Context, _policies: Policies | None) -> Viewer:
    actor = context.actor
    department = strawberry.ID(str(actor.department)) if actor.department else None
    return Viewer(id=strawberry.ID(actor.id), role=actor.role, scope=actor.scope, department_id=department)


def _categories(context: Context, policies: Policies | None) -> Any:
    assert policies is not None
    known = policies.at(context.now).categories
    return [known[code] for code in sorted(known)]


@strawberry.type(
    description="查询 Everything that can be read. Answers are as of now; give `atLeast` to read your own "
    "writes."
)
class Query(
    SealQueries,
    PeopleQueries,
    ElectionQueries,
    RegisterQueries,
    RoundsQueries,
    TerritoryQueries,
    MeetingQueries,
    StreetQueries,
    LoopQueries,
    MeasureQueries,
    CommandQueries,
    WorkdayQueries,
):
    """The queries."""

    @strawberry.field(
        description="工单 A case by its identifier; null where the asker does not see it.",
        metadata={SOURCE: _ONE_CASE},
    )
    async def case(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("案件 The case.")],
        secret: CaseSecret = None,
        at_least: AtLeast = None,
    ) -> Case | None:
        """One case."""
        prove(info.context, id, secret)
        return await single(info, _ONE_CASE, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="工单列表 Cases by place, state, tier, category, limit, assignee or words.",
        metadata={SOURCE: _CASES},
    )
    async def cases(
        self,
        info: Info,
        filter: Annotated[CaseFilter | None, argument("筛选 Which ones.")] = None,
        order_by: Annotated[CaseOrder, argument("排序 In which order.")] = CaseOrder.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Case]:
        """A page of cases."""
        given = {"filter": filter, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _CASES, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格 A grid by its code, with its board.", metadata={SOURCE: _ONE_GRID})
    async def grid(
        self,
        info: Info,
        code: Annotated[str, argument("网格代码 The grid's code.")],
        at_least: AtLeast = None,
    ) -> Grid | None:
        """One grid."""
        return await single(info, _ONE_GRID, code, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格看板 Grids with their boards.", metadata={SOURCE: _GRIDS})
    async def grids(
        self,
        info: Info,
        filter: Annotated[GridFilter | None, argument("筛选 Which ones.")] = None,
        order_by: Annotated[GridOrder, argument("排序 In which order.")] = GridOrder.CODE,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Grid]:
        """A page of grids."""
        given = {"filter": filter, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _GRIDS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="网格员 A grid worker by the identifier, with their board.",
        metadata={SOURCE: _ONE_WORKER},
    )
    async def worker(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("网格员 The worker.")],
        at_least: AtLeast = None,
    ) -> GridWorker | None:
        """One worker."""
        return await single(info, _ONE_WORKER, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="网格员看板 Grid workers with their boards.", metadata={SOURCE: _WORKERS})
    async def workers(
        self,
        info: Info,
        place: Place = None,
        order_by: Annotated[WorkerOrder, argument("排序 In which order.")] = WorkerOrder.COMMUNITY,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[GridWorker]:
        """A page of workers."""
        given = {"place": place, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _WORKERS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="哨件 A whistle by its identifier.", metadata={SOURCE: _ONE_WHISTLE})
    async def whistle(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("哨件 The whistle.")],
        at_least: AtLeast = None,
    ) -> Whistle | None:
        """One whistle."""
        return await single(info, _ONE_WHISTLE, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="哨件看板 Whistles by place, state, kind, mechanism, limit or department.",
        metadata={SOURCE: _WHISTLES},
    )
    async def whistles(
        self,
        info: Info,
        filter: Annotated[WhistleFilter | None, argument("筛选 Which ones.")] = None,
        order_by: Annotated[WhistleOrder, argument("排序 In which order.")] = WhistleOrder.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Whistle]:
        """A page of whistles."""
        given = {"filter": filter, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _WHISTLES, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="报到排行榜 How the departments report, each figure with its sample.",
        metadata={SOURCE: _LEAGUE},
    )
    async def check_in_league(
        self, info: Info, place: Place = None, at_least: AtLeast = None
    ) -> list[DepartmentStanding]:
        """The league table."""
        return await rows(info, _LEAGUE, {"place": place}, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="行政区划 A division by the code it bears now.", metadata={SOURCE: _ONE_DIVISION}
    )
    async def division(
        self, info: Info, code: Annotated[str, argument("区划代码 The code.")], at_least: AtLeast = None
    ) -> Division | None:
        """One division."""
        return await single(info, _ONE_DIVISION, code, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="行政区划列表 Divisions by code; walk the tree by `children`.",
        metadata={SOURCE: _DIVISIONS},
    )
    async def divisions(
        self,
        info: Info,
        filter: Annotated[DivisionFilter | None, argument("筛选 Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Division]:
        """A page of divisions."""
        given = {"filter": filter}
        window = Window(first, after, last, before)
        return await listed(info, _DIVISIONS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="部门 A department by its identifier.", metadata={SOURCE: _ONE_DEPARTMENT})
    async def department(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("部门 The department.")],
        at_least: AtLeast = None,
    ) -> Department | None:
        """One department."""
        return await single(info, _ONE_DEPARTMENT, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="部门列表 Departments.", metadata={SOURCE: _DEPARTMENTS})
    async def departments(
        self,
        info: Info,
        place: Place = None,
        order_by: Annotated[DepartmentOrder, argument("排序 In which order.")] = DepartmentOrder.DIVISION,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Department]:
        """A page of departments."""
        given = {"place": place, "order_by": order_by}
        window = Window(first, after, last, before)
        return await listed(info, _DEPARTMENTS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="统计 The counts of any place, by its code; of everything for an empty code's parts.",
        metadata={SOURCE: _ONE_TALLY},
    )
    async def tally(
        self,
        info: Info,
        place: Annotated[str, argument("位置 A division or grid code.")],
        at_least: AtLeast = None,
    ) -> Tally:
        """One tally."""
        return await single(info, _ONE_TALLY, place, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="词表 What a person sees for the values of the schema's enums.")
    def terms(
        self,
        info: Info,
        names: Annotated[
            list[str] | None, argument("名称 Only the lists of these names, such as CaseStatus.")
        ] = None,
    ) -> list[TermList]:
        """Labels."""
        return term_lists(info, names)

    @strawberry.field(
        description="类别目录 The catalogue of categories in force now.",
        metadata={SOURCE: Made(_categories, by_policy=True)},
    )
    async def categories(self, info: Info, at_least: AtLeast = None) -> list[Category]:
        """The catalogue."""

        async def read() -> Any:
            return _categories(info.context, await info.context.loaders.policies.load(None))

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
        after: Annotated[str | None, argument("游标 Read on after this event's cursor.")] = None,
        division_prefix: DivisionPrefix = None,
    ) -> list[Event]:
        """A page of the log."""
        wanted = wanted_events(info, place, division_prefix, types)

        async def read() -> Any:
            size = Window(first).size
            services = info.context.services
            position = await services.log.resume(after) if after else 0
            head = await info.context.head()
            seen = await narrowed(info.context, wanted, head)
            return await services.log.matching(seen, position, head, size)

        return await answered(info, read, None)  # type: ignore[no-any-return]

    @strawberry.field(description="节点 Anything by its identifier.", metadata={SOURCE: NODES})
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("标识 The identifier.")],
    ) -> Node | None:
        """By the kind of its stream; Relay refetches by a `node` that takes nothing but the identifier."""

        async def read() -> Any:
            identifier = read_id(id, "id")
            category = await info.context.services.log.category(identifier)
            if category is None or category not in NODES.kinds:
                return None
            return await info.context.loaders.of(NODES.kinds[category][1]).load(identifier)

        return await answered(info, read, None)  # type: ignore[no-any-return]

    @strawberry.field(description="日志状态 Where the log and its read models stand.")
    async def log(self, info: Info) -> LogStatus:
        """The status."""

        async def read(connection: Any) -> list[Standing]:
            return await standings(connection, info.context.services.log.id)

        async def status() -> LogStatus:
            log = info.context.services.log
            if info.context.past is not None:
                said = Phrase(
                    "The status of the log is of now: ask without @asOf.",
                    "日志状态只有当前值：请勿使用 @asOf。",
                )
                raise ApiError(said, "BAD_USER_INPUT")
            return LogStatus(
                history=strawberry.ID(str(await log.history())),
                head=Position(await log.head()),
                cursor=await log.cursor_at_head(),
                checkpoint=await info.context.loaders.checkpoint.load(None),  # type: ignore[arg-type]
                projections=await fetched(info, read, None),
            )

        return await answered(info, status, None)  # type: ignore[no-any-return]

    @strawberry.field(
        description="当前用户 Who asks, as the server understands it.", metadata={SOURCE: Made(_viewer)}
    )
    def viewer(self, info: Info) -> Viewer:
        """From the token."""
        return _viewer(info.context, None)
