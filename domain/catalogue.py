"""Every aggregate and, through their modules, every event type. Importing this registers all topics."""

from typing import Any

from chuishao.domain.case import Case
from chuishao.domain.department import Department
from chuishao.domain.division import Division, DivisionCode
from chuishao.domain.election.committee import Committee
from chuishao.domain.election.election import Election
from chuishao.domain.erasure import Erasure
from chuishao.domain.event import EVENT_TYPES
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.meetings.coordination import CoordinationOrder
from chuishao.domain.meetings.deliberation import Deliberation
from chuishao.domain.meetings.invitation import DailyClearanceInvitation
from chuishao.domain.meetings.work_meeting import WorkMeeting
from chuishao.domain.people.person import Person
from chuishao.domain.people.post import Post
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy import Policies
from chuishao.domain.registers.care import CareEntry
from chuishao.domain.registers.diary import DiaryEntry
from chuishao.domain.registers.element import Element
from chuishao.domain.registers.look import Look
from chuishao.domain.rounds.campaign import GridScreening, ScreeningCampaign
from chuishao.domain.rounds.patrol import Patrol
from chuishao.domain.rounds.steward import DutyEntry
from chuishao.domain.rounds.watch import NeighbourWatch
from chuishao.domain.street.burden import BurdenList
from chuishao.domain.street.duties import StreetDutyList
from chuishao.domain.street.funds import StreetFund
from chuishao.domain.street.powers import PowerExercise
from chuishao.domain.street.proposal import DeputyProposal
from chuishao.domain.territory.enclave import Enclave
from chuishao.domain.territory.gap import CoverageGap
from chuishao.domain.territory.office import StreetOffice
from chuishao.domain.territory.sector import Sector, SectorMembership
from chuishao.domain.territory.split import CommunitySplit
from chuishao.domain.territory.zone import CommandZone
from chuishao.domain.whistle import Whistle
from chuishao.domain.worker import GridWorker

AGGREGATES: dict[type[Any], Phrase] = {
    Case: Phrase("case", "案件"),
    Whistle: Phrase("whistle", "哨件"),
    Division: Phrase("division", "区划"),
    DivisionCode: Phrase("division code", "区划代码"),
    ServiceGrid: Phrase("grid", "网格"),
    GridWorker: Phrase("grid worker", "网格员"),
    Department: Phrase("department", "部门"),
    Policies: Phrase("policies", "政策"),
    Erasure: Phrase("erasure", "删除记录"),
    Person: Phrase("person", "人员"),
    Post: Phrase("post", "岗位"),
    Election: Phrase("election", "选举"),
    Committee: Phrase("committee", "居民委员会"),
    Element: Phrase("element", "要素"),
    CareEntry: Phrase("care entry", "台账记录"),
    DiaryEntry: Phrase("diary entry", "民情日志"),
    Look: Phrase("look", "查阅"),
    Patrol: Phrase("patrol", "巡查"),
    NeighbourWatch: Phrase("watch", "守望"),
    ScreeningCampaign: Phrase("campaign", "排查"),
    GridScreening: Phrase("screening of a grid", "网格排查"),
    DutyEntry: Phrase("duty", "履职记录"),
    CommandZone: Phrase("zone", "战区"),
    Sector: Phrase("sector", "街片"),
    SectorMembership: Phrase("sector of a community", "街片归属"),
    StreetOffice: Phrase("street office", "街道机构"),
    CoverageGap: Phrase("coverage gap", "覆盖空白"),
    Enclave: Phrase("enclave", "飞地"),
    CommunitySplit: Phrase("community split", "社区拆分"),
    WorkMeeting: Phrase("work meeting", "工作例会"),
    Deliberation: Phrase("deliberation", "议事协商"),
    CoordinationOrder: Phrase("coordination order", "协同"),
    DailyClearanceInvitation: Phrase("invitation", "约请"),
    PowerExercise: Phrase("exercise of a power", "权力行使"),
    StreetFund: Phrase("fund", "资金"),
    StreetDutyList: Phrase("duty list", "职责清单"),
    BurdenList: Phrase("list of tasks", "准入清单"),
    DeputyProposal: Phrase("deputy's proposal", "代表建议"),
}
"""Every aggregate and what a person calls it."""

__all__ = ["AGGREGATES", "EVENT_TYPES"]


def title(type_: str) -> Phrase:
    """What an event is called: the beginning of its documentation, which names it in Chinese first."""
    said = (EVENT_TYPES[type_].__doc__ or type_).split("\n")[0]
    zh, _, en = said.partition(": ")
    return Phrase(en or zh, zh)
