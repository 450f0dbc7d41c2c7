"""The board of the command platform: everything open in a place."""

import json

import strawberry

from chuishao.domain.lifecycle import Status
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.domain.summons import SummonsState
from chuishao.domain.vocabulary import Tier
from chuishao.graphql.context import Context
from chuishao.graphql.links import DIVISION, GRID, ZONE
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, GridRef, ZoneRef, identified


@strawberry.type(description="在办案件分组 Open cases of one tier in one state.")
class OpenCaseGroup:
    """A group of open cases."""

    id: strawberry.ID = column(ITS_OWN)
    tier: Tier | None = column("层级 The tier; null before assignment.")
    status: Status = column("状态 The state.")
    open: int = column("在办数 How many there are.")
    overdue: int = column("逾期数 How many of them are past their limit now.")


@strawberry.type(description="召集分组 Summonses of open whistles in one state.")
class OpenSummonsGroup:
    """A group of summonses."""

    id: strawberry.ID = column(ITS_OWN)
    state: SummonsState = column("状态 The state.")
    summonses: int = column("召集数 How many there are.")
    whistles: int = column("哨件数 Of how many open whistles.")
    overdue: int = column("逾期数 How many of them are past the limit of their check-in now.")


def _shown(count: int, place: str, context: Context) -> int | None:
    """A count over registers, for those who keep or supervise them in the whole place."""
    return count if shown_of_place(context.actor, Reading.REGISTERS, place) else None


@strawberry.type(
    description="综合指挥平台 Everything open in a place right now, as counts; the lists have the rows. To "
    "follow it live, subscribe to `events` of the place and ask again with an event's position as `atLeast`."
)
class CommandBoard:
    """The row of the board."""

    @computed(ITS_OWN)
    def id(place: str) -> strawberry.ID:
        """The place."""
        return identified("command-board", place)

    place: str = column("位置 The code of the place; empty for everywhere.")

    @computed("在办案件 Open cases by tier and state.")
    def cases(cases: str, place: str) -> list[OpenCaseGroup]:
        """Read what PostgreSQL wrote."""
        return [
            OpenCaseGroup(
                id=identified("open-cases", place, line["tier"], line["status"]),
                tier=Tier(line["tier"]) if line["tier"] else None,
                status=Status(line["status"]),
                open=line["open"],
                overdue=line["overdue"],
            )
            for line in json.loads(cases)
        ]

    whistles: int = column("进行中哨件 Open whistles.")
    whistles_overdue: int = column("逾期哨件 Those that await a check-in past its limit.")

    @computed("召集 The summonses of open whistles by state.")
    def summonses(summonses: str, place: str) -> list[OpenSummonsGroup]:
        """Read what PostgreSQL wrote."""
        return [
            OpenSummonsGroup(
                id=identified("open-summonses", place, line["state"]),
                state=SummonsState(line["state"]),
                summonses=line["summonses"],
                whistles=line["whistles"],
                overdue=line["overdue"],
            )
            for line in json.loads(summonses)
        ]

    orders: int = column("待答复协同 Coordination orders without an answer.")
    orders_overdue: int = column("逾期协同 Those whose last day is over.")
    deliberations: int = column("协商中 Deliberations under way.")
    invitations: int = column("待日清约请 Invitations of the day that are not cleared.")
    invitations_unanswered: int = column("待回应约请 Those that are neither accepted nor declined.")
    invitations_overdue: int = column("逾期约请 Those whose day is over.")
    resolutions: int = column("督办中决议 Resolutions of work meetings that are owed.")
    resolutions_overdue: int = column("逾期决议 Those whose last day is over.")
    campaigns: int = column("排查中 Screening campaigns under way.")
    campaign_households: int = column("排查户数 Households that they are to reach.")
    campaign_settled: int = column("已排查户数 Those that have an outcome.")
    grids: int = column("网格数 Active grids.")
    vacant_grids: int = column("空缺网格 Those without a worker.")
    coverage_gaps: int = column("覆盖空白 Areas without a residents' committee.")
    enclaves: int = column("待治理飞地 Enclaves that are not settled.")
    elections: int = column("进行中选举 Elections under way.")

    @computed("守望户数 Households watched over; null where rounds are not seen.", Reading.REGISTERS)
    def watches(watches: int, place: str, context: Context) -> int | None:
        """For those who see the rounds."""
        return _shown(watches, place, context)

    @computed(
        "逾期查看 Watched households whose next check is past its time; null where rounds are not seen.",
        Reading.REGISTERS,
    )
    def checks_overdue(checks_overdue: int, place: str, context: Context) -> int | None:
        """For those who see the rounds."""
        return _shown(checks_overdue, place, context)

    @computed(
        "关切 Concerns about households that are watched over now; null where rounds are not seen.",
        Reading.REGISTERS,
    )
    def concerns(concerns: int, place: str, context: Context) -> int | None:
        """For those who see the rounds."""
        return _shown(concerns, place, context)

    division: DivisionRef | None = one("区划 The division; null for a grid or everywhere.", DIVISION, "place")
    grid: GridRef | None = one("网格 The grid; null for a division.", GRID, "place")
    zone: ZoneRef | None = one("战区 The zone of command; null where none was established.", ZONE, "place")
