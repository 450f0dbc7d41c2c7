"""What the object types share: columns, nodes, connections, personal text, names of each other."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry

from chuishao.domain.identity import identify
from chuishao.domain.sight import Reading, shown_of_case
from chuishao.eventlog.keyring import from_bytes
from chuishao.graphql.context import Info
from chuishao.graphql.types.fields import Computed, Sealed, column, computed, counted, masked, with_source
from chuishao.projections.paging import EXACT_COUNT, Count, Page

if TYPE_CHECKING:
    from chuishao.graphql.types.burden import BurdenList
    from chuishao.graphql.types.campaign import GridScreening, ScreeningCampaign
    from chuishao.graphql.types.care import CareEntry
    from chuishao.graphql.types.case import Case
    from chuishao.graphql.types.committee import ResidentsCommittee
    from chuishao.graphql.types.coordination import CoordinationOrder
    from chuishao.graphql.types.deliberation import Deliberation
    from chuishao.graphql.types.department import Department
    from chuishao.graphql.types.diary import DiaryEntry
    from chuishao.graphql.types.division import Division
    from chuishao.graphql.types.duty import StewardDutyEntry
    from chuishao.graphql.types.duty_list import StreetDutyList
    from chuishao.graphql.types.election import Election
    from chuishao.graphql.types.element import Element
    from chuishao.graphql.types.enclave import Enclave
    from chuishao.graphql.types.fund import StreetFund
    from chuishao.graphql.types.gap import CoverageGap
    from chuishao.graphql.types.grid import Grid
    from chuishao.graphql.types.invitation import DailyClearanceInvitation
    from chuishao.graphql.types.meeting import WorkMeeting
    from chuishao.graphql.types.office import StreetOffice
    from chuishao.graphql.types.patrol import Patrol
    from chuishao.graphql.types.person import Person
    from chuishao.graphql.types.post import Post
    from chuishao.graphql.types.power import PowerExercise
    from chuishao.graphql.types.proposal import DeputyProposal
    from chuishao.graphql.types.sector import Sector
    from chuishao.graphql.types.split import CommunitySplit
    from chuishao.graphql.types.watch import NeighbourWatch
    from chuishao.graphql.types.whistle import Whistle
    from chuishao.graphql.types.words import WordsShown
    from chuishao.graphql.types.worker import GridWorker
    from chuishao.graphql.types.zone import CommandZone

_HERE = "chuishao.graphql.types"
CaseRef: TypeAlias = Annotated["Case", strawberry.lazy(f"{_HERE}.case")]
WhistleRef: TypeAlias = Annotated["Whistle", strawberry.lazy(f"{_HERE}.whistle")]
GridRef: TypeAlias = Annotated["Grid", strawberry.lazy(f"{_HERE}.grid")]
WorkerRef: TypeAlias = Annotated["GridWorker", strawberry.lazy(f"{_HERE}.worker")]
DepartmentRef: TypeAlias = Annotated["Department", strawberry.lazy(f"{_HERE}.department")]
DivisionRef: TypeAlias = Annotated["Division", strawberry.lazy(f"{_HERE}.division")]
PersonRef: TypeAlias = Annotated["Person", strawberry.lazy(f"{_HERE}.person")]
PostRef: TypeAlias = Annotated["Post", strawberry.lazy(f"{_HERE}.post")]
ElectionRef: TypeAlias = Annotated["Election", strawberry.lazy(f"{_HERE}.election")]
CommitteeRef: TypeAlias = Annotated["ResidentsCommittee", strawberry.lazy(f"{_HERE}.committee")]
ElementRef: TypeAlias = Annotated["Element", strawberry.lazy(f"{_HERE}.element")]
CareEntryRef: TypeAlias = Annotated["CareEntry", strawberry.lazy(f"{_HERE}.care")]
DiaryEntryRef: TypeAlias = Annotated["DiaryEntry", strawberry.lazy(f"{_HERE}.diary")]
WordsShownRef: TypeAlias = Annotated["WordsShown", strawberry.lazy(f"{_HERE}.words")]
PatrolRef: TypeAlias = Annotated["Patrol", strawberry.lazy(f"{_HERE}.patrol")]
WatchRef: TypeAlias = Annotated["NeighbourWatch", strawberry.lazy(f"{_HERE}.watch")]
CampaignRef: TypeAlias = Annotated["ScreeningCampaign", strawberry.lazy(f"{_HERE}.campaign")]
DutyRef: TypeAlias = Annotated["StewardDutyEntry", strawberry.lazy(f"{_HERE}.duty")]
ScreeningRef: TypeAlias = Annotated["GridScreening", strawberry.lazy(f"{_HERE}.campaign")]
ZoneRef: TypeAlias = Annotated["CommandZone", strawberry.lazy(f"{_HERE}.zone")]
SectorRef: TypeAlias = Annotated["Sector", strawberry.lazy(f"{_HERE}.sector")]
SplitRef: TypeAlias = Annotated["CommunitySplit", strawberry.lazy(f"{_HERE}.split")]
OfficeRef: TypeAlias = Annotated["StreetOffice", strawberry.lazy(f"{_HERE}.office")]
GapRef: TypeAlias = Annotated["CoverageGap", strawberry.lazy(f"{_HERE}.gap")]
EnclaveRef: TypeAlias = Annotated["Enclave", strawberry.lazy(f"{_HERE}.enclave")]
WorkMeetingRef: TypeAlias = Annotated["WorkMeeting", strawberry.lazy(f"{_HERE}.meeting")]
DeliberationRef: TypeAlias = Annotated["Deliberation", strawberry.lazy(f"{_HERE}.deliberation")]
CoordinationOrderRef: TypeAlias = Annotated["CoordinationOrder", strawberry.lazy(f"{_HERE}.coordination")]
InvitationRef: TypeAlias = Annotated["DailyClearanceInvitation", strawberry.lazy(f"{_HERE}.invitation")]
PowerExerciseRef: TypeAlias = Annotated["PowerExercise", strawberry.lazy(f"{_HERE}.power")]
StreetFundRef: TypeAlias = Annotated["StreetFund", strawberry.lazy(f"{_HERE}.fund")]
DutyListRef: TypeAlias = Annotated["StreetDutyList", strawberry.lazy(f"{_HERE}.duty_list")]
BurdenListRef: TypeAlias = Annotated["BurdenList", strawberry.lazy(f"{_HERE}.burden")]
ProposalRef: TypeAlias = Annotated["DeputyProposal", strawberry.lazy(f"{_HERE}.proposal")]

T = TypeVar("T")


ITS_OWN = "标识 Its stable identifier, unique over all types, for a client's cache."


def identified(kind: str, *parts: object) -> strawberry.ID:
    """A stable identifier for what has no stream of its own, made of what singles it out."""
    return strawberry.ID(str(identify(kind, *parts)))


@strawberry.interface(
    description="节点 Anything with an identifier of its own that can be fetched again by it."
)
class Node:
    """Relay's node; identifiers are UUIDs, unique over all types."""

    id: strawberry.ID = column("标识 Its identifier, unique over all types.")


class TextState(StrEnum):
    """Whether personal text is shown."""

    SHOWN = "SHOWN"
    MASKED = "MASKED"
    ERASED = "ERASED"


strawberry.enum(TextState, description="个人信息状态 Whether a personal text is shown.")
_STATES = {
    "SHOWN": "显示 The text is shown.",
    "MASKED": "隐去 The asker's role and scope do not need it.",
    "ERASED": "已删除 The person's key was erased; the text is gone everywhere.",
}
for _value in TextState.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = _STATES[_value.name]


@strawberry.type(
    description="个人信息 Text about a person: masked unless the asker needs it, erasable by right."
)
class PersonalText:
    """Text about a person, or the reason why it is not shown."""

    text: str | None = column("内容 The text, where it is shown.")
    state: TextState = column("状态 Whether it is shown, masked or erased.")


def sealed(name: str, description: str, rule: Reading = Reading.WORDS) -> Any:
    """Personal text in the column `name` of a row that belongs to a case; whoever sees it sees the case."""
    return sealed_where(name, lambda context: shown_of_case(context.actor, rule), description, rule)


def sealed_where(name: str, shown: Callable[..., bool], description: str, rule: Reading | None = None) -> Any:
    """Personal text in the column `name`, shown where a function of columns and context says so."""
    source = Sealed(name, Computed(shown))

    async def resolve(root: Any, info: Info) -> PersonalText | None:
        return await personal(info, getattr(root, name), shown=source.shown.at_once(root, info))

    return with_source(source, resolve, description, rule)


def actor_named(name: str, description: str) -> Any:
    """The identifier of an actor in the column `name` of a row that belongs to a case."""
    return masked(description, name, Reading.ACTORS)


async def personal(info: Info, column: bytes | None, *, shown: bool) -> PersonalText | None:
    """A sealed column as the asker may see it; None where nothing was said."""
    text = from_bytes(column)
    if text is None:
        return None
    if not shown:
        return PersonalText(text=None, state=TextState.MASKED)
    plain = await info.context.loaders.text.load(text)
    return PersonalText(text=plain, state=TextState.ERASED if plain is None else TextState.SHOWN)


def late(description: str) -> Any:
    """How many open cases in the place of the row's code are past their limit now."""
    return counted(
        description,
        "overdue",
        "code",
        "(SELECT count(*) FROM cases.case_row late WHERE late.open AND late.due_at < {now}"
        " AND late.place >= {row}.code AND late.place < {row}.code || '~')",
    )


@strawberry.type(description="分页信息 Where a page lies in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = column("有下页 Whether more follows.")
    has_previous_page: bool = column("有上页 Whether more lies before.")
    start_cursor: str | None = column("首游标 The cursor of the first row; null on an empty page.")
    end_cursor: str | None = column("末游标 The cursor of the last row; null on an empty page.")


@strawberry.type(description="分页项 A row and its cursor.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = column("游标 Its cursor, to read on from here.")
    node: T = column("内容 The row.")


@dataclass(slots=True)
class Listed:
    """A page of rows and a way to count the whole list."""

    page: Page[Any]
    count: Callable[[], Awaitable[Count]]
    _counting: asyncio.Future[Count] | None = None

    async def counted(self) -> Count:
        """How many rows the whole list has, counted once however many fields ask."""
        if self._counting is None:
            self._counting = asyncio.ensure_future(self.count())
        return await self._counting


@strawberry.type(
    description="分页列表 A page of a list, by keyset: rows that come in meanwhile move nothing."
)
class Connection(Generic[T]):
    """Relay's connection."""

    @strawberry.field(description="分页项 The rows with their cursors.")
    def edges(root: strawberry.Parent[Listed]) -> list[Edge[T]]:
        """Pair rows and cursors."""
        pairs = zip(root.page.cursors, root.page.rows, strict=True)
        return [Edge(cursor=cursor, node=row) for cursor, row in pairs]

    @strawberry.field(description="内容 The rows alone.")
    def nodes(root: strawberry.Parent[Listed]) -> list[T]:
        """The rows."""
        return root.page.rows

    @strawberry.field(description="分页信息 Where the page lies.")
    def page_info(root: strawberry.Parent[Listed]) -> PageInfo:
        """Whether there is more."""
        cursors = root.page.cursors
        return PageInfo(
            has_next_page=root.page.has_next,
            has_previous_page=root.page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )

    @strawberry.field(
        description=f"总数 How many rows the whole list has: exact up to {EXACT_COUNT}, estimated beyond."
    )
    async def total_count(root: strawberry.Parent[Listed]) -> int:
        """Count."""
        return (await root.counted()).rows

    @strawberry.field(
        description="总数为估计 Whether `totalCount` is an estimate: the list is too long to be counted."
    )
    async def total_count_estimated(root: strawberry.Parent[Listed]) -> bool:
        """By the same count."""
        return (await root.counted()).estimated


@strawberry.type(
    description="统计 Counts over everything in a place, or over a worker's cases. Closed, solved and "
    "satisfied are three different facts and stay three figures."
)
class Tally:
    """Sums kept by a projection."""

    cases: int = column("案件数 Cases reported.")
    open: int = column("在办 Cases in which somebody still owes the next step.")
    open_unassigned: int = column("未交办 Open cases not assigned to a tier.")
    open_on_spot: int = column("当场解决在办 Open cases with the grid worker.")
    open_grid_leader: int = column("网格长在办 Open cases with the grid leader.")
    open_deliberation: int = column("议事协商在办 Open cases under deliberation.")
    open_multi_unit: int = column("联动在办 Open cases with the street and other units.")
    resolved: int = column("已处置 Cases resolved, verified or not.")
    resolved_on_spot: int = column("当场解决 Cases resolved on the spot.")
    closed: int = column("已结案 Cases closed.")
    refused: int = column("不予受理 Cases refused.")
    joined: int = column("归并 Cases that are duplicates, merged or split.")
    reopenings: int = column("重开次数 How often cases were reopened.")
    reworks: int = column("返工次数 How often verification failed.")
    whistles: int = column("吹哨次数 How often the whistle was blown.")
    rated: int = column("评价数 Cases rated: the sample of the three figures below.")
    answered: int = column("响应 Rated cases that were answered.")
    solved: int = column("解决 Rated cases that were solved.")
    grids: int = column("网格数 Active grids.")
    vacant_grids: int = column("空缺 Active grids without a worker.")
    households: int = column("户数 Households in active grids.")

    @computed("满意度均值 Mean satisfaction from 1 to 5 over the rated cases; null without any.")
    def average_rating(satisfaction_sum: int, rated: int) -> float | None:
        """Sum over sample."""
        return round(satisfaction_sum / rated, 4) if rated else None
