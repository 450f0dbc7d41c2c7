"""The domain's closed lists as GraphQL enums, each value described in Chinese and English."""

from __future__ import annotations

from typing import Any

import strawberry

from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.execution import Contended
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case_requests import RequestKind, RequestState
from chuishao.domain.division import Level
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    ElectionStep,
    LegalRegime,
    MembershipEnd,
    Office,
    Proposers,
    SizeFit,
    VacancyGround,
    VoidGround,
    VotingMode,
)
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.lifecycle import Status, Step
from chuishao.domain.loop import GridStage, SettledLevel
from chuishao.domain.measure import Measure, MeasurePart, MeasureSubject, MeasureTrend
from chuishao.domain.meetings.terms import (
    DeliberationState,
    InvitationState,
    MeetingKind,
    OrderState,
    UnitKind,
)
from chuishao.domain.people.terms import ChiefStanding, PostKind, Rung, TrainingTier
from chuishao.domain.policy import LimitKind
from chuishao.domain.refusal import Refusal
from chuishao.domain.registers.terms import (
    CareGroup,
    DiaryTopic,
    ElementKind,
    ExitReason,
    GroupList,
    LineKind,
    LookPurpose,
    Register,
    ResourceSource,
)
from chuishao.domain.rounds.terms import ConcernCause, StewardDuty, VisitOutcome, WelfareCheck
from chuishao.domain.street.terms import (
    ProposalStatus,
    Proposer,
    StreetDuty,
    StreetPower,
    TaskState,
    Verdict,
)
from chuishao.domain.summons import SummonsState, WhistleStatus
from chuishao.domain.term import Term
from chuishao.domain.territory.terms import EnclaveRemedy, GapRemedy, SplitState
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Stage, Tier, WhistleKind
from chuishao.eventlog.cursor import BadCursor
from chuishao.graphql.filter_tree import FilterTooLarge
from chuishao.projections.past import PastNotKept
from chuishao.projections.reach import NotYet

NAMES: dict[type[Term], str] = {
    Role: "Role",
    Severity: "Severity",
    Tier: "Tier",
    WhistleKind: "WhistleKind",
    LinkageMechanism: "LinkageMechanism",
    Stage: "Stage",
    Status: "CaseStatus",
    Step: "CaseStep",
    RequestKind: "CaseRequestKind",
    RequestState: "CaseRequestState",
    SummonsState: "SummonsState",
    WhistleStatus: "WhistleStatus",
    Level: "DivisionLevel",
    TimeUnit: "TimeUnit",
    LimitKind: "LimitKind",
    ErasureGround: "ErasureGround",
    PostKind: "PostKind",
    ChiefStanding: "ChiefStanding",
    Rung: "CareerRung",
    TrainingTier: "TrainingTier",
    LegalRegime: "LegalRegime",
    VotingMode: "VotingMode",
    Office: "CommitteeOffice",
    CallGround: "ElectionGround",
    Proposers: "MeetingProposers",
    ElectionStatus: "ElectionStatus",
    ElectionStep: "ElectionStep",
    VoidGround: "ElectionVoidGround",
    VacancyGround: "SeatVacancyGround",
    SizeFit: "CommunitySizeFit",
    MembershipEnd: "MembershipEnd",
    ElementKind: "ElementKind",
    CareGroup: "CareGroup",
    GroupList: "CareGroupList",
    ExitReason: "CareExitReason",
    ResourceSource: "ResourceSource",
    DiaryTopic: "DiaryTopic",
    Register: "Register",
    LookPurpose: "LookPurpose",
    LineKind: "RegisterLineKind",
    VisitOutcome: "VisitOutcome",
    WelfareCheck: "WelfareCheck",
    ConcernCause: "ConcernCause",
    StewardDuty: "StewardDuty",
    GapRemedy: "GapRemedy",
    EnclaveRemedy: "EnclaveRemedy",
    SplitState: "SplitState",
    MeetingKind: "MeetingKind",
    DeliberationState: "DeliberationState",
    UnitKind: "UnitKind",
    OrderState: "CoordinationState",
    InvitationState: "InvitationState",
    StreetPower: "StreetPower",
    StreetDuty: "StreetDuty",
    TaskState: "CommunityTaskState",
    Proposer: "Proposer",
    ProposalStatus: "ProposalStatus",
    Verdict: "ProposalVerdict",
    GridStage: "GridStage",
    SettledLevel: "SettledLevel",
    Measure: "Measure",
    MeasureSubject: "MeasureSubject",
    MeasurePart: "MeasurePart",
    MeasureTrend: "MeasureTrend",
}


def register(term: type[Term], name: str, description: str) -> None:
    """Make a term a GraphQL enum; its members keep their own descriptions."""
    registered: Any = strawberry.enum(term, name=name, description=description)
    for value in registered.__strawberry_definition__.values:
        value.description = term[value.name].description


for _term, _name in NAMES.items():
    register(_term, _name, (_term.__doc__ or "").split("\n")[0])


def refusals() -> list[type[Refusal]]:
    """Every kind of refusal, by code."""
    found: dict[str, type[Refusal]] = {}
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting += kind.__subclasses__()
    return [found[code] for code in sorted(found)]


# Importing the modules that define refusals makes them known, in whatever order the others are loaded.
assert COMMANDS and {BadCursor, Contended, FilterTooLarge, NotYet, PastNotKept} <= set(refusals())
_CODES: Any = {kind.code: (kind.code, "", " ".join((kind.__doc__ or "").split())) for kind in refusals()}
ErrorCode: Any = Term("ErrorCode", _CODES)
register(ErrorCode, "ErrorCode", "错误代码 Why a command was refused; codes are stable.")
