"""吹哨报到 Whistle: the street blows, departments report. State, then decisions.

“街乡吹哨、部门报到”. Only a street or town blows; at least one department; only a summoned department signs,
checks in or refuses; a department is rated only after an answer or a missed limit. 联合执法: the street
leads. 最后一公里: 事不完、人不走, nobody is released while an item is open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.domain import whistle_events as facts
from chuishao.domain.actor import Actor, authorise
from chuishao.domain.event import SHORT_TEXT, PersonalText, about, not_before, not_too_many, written
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import (
    AlreadyRated,
    DepartmentRequired,
    DepartmentsOutstanding,
    Forbidden,
    IllegalTransition,
    ItemsOpen,
    LeadConflict,
    MeetingRequired,
    NobodyAnswered,
    NotFound,
    NotSummoned,
    NotYetDue,
    NotYetRateable,
    OutOfRange,
    TextEmpty,
    WrongLinkage,
)
from chuishao.domain.summons import (
    MeetingState,
    Summons,
    SummonsState,
    SummonsStep,
    WhistleStatus,
    WhistleStep,
)
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import LinkageMechanism, Role, WhistleKind

STREET = frozenset({Role.STREET_OFFICER})
DEPARTMENT = frozenset({Role.DEPARTMENT_OFFICER})
MISS_RECORDERS = STREET | {Role.ADMINISTRATOR}
BLOWN = Phrase("the whistle", "吹哨")
SUMMONED = Phrase("the summons", "召集")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the street calls for: kind, linkage mechanism, grounds, departments and who leads."""

    kind: WhistleKind
    linkage: LinkageMechanism
    grounds: str
    departments: list[UUID]
    lead: UUID | None = None


class Whistle(BaseAggregate[UUID]):
    """One whistle on one case, with a summons for each department."""

    TOPIC = "whistle"

    def __init__(self) -> None:
        self.status = WhistleStatus.OPEN
        self.case = self.id
        self.street = ""
        self.kind = WhistleKind.ROUTINE
        self.linkage = LinkageMechanism.RAPID_SERVICE
        self.lead: UUID | None = None
        self.subject = self.id
        self.summons: dict[UUID, Summons] = {}
        self.items: dict[int, bool] = {}
        self.meeting_open = False
        self.meeting_held = False

    @property
    def place(self) -> str:
        """The street that blew."""
        return self.street

    @property
    def correlation(self) -> UUID:
        """The history of the case."""
        return self.case

    def end(self, status: str) -> None:
        """Fold the end of the whistle."""
        self.status = WhistleStatus(status)

    # Decisions of the street

    @classmethod
    def blow(
        cls, whistle: UUID, case: UUID, street: str, subject: UUID, call: Call, by: Actor, at: datetime
    ) -> Self:
        """吹哨: call the departments."""
        authorise(by, WhistleStep.BLOW, STREET, street)
        if not call.departments:
            raise DepartmentRequired("departmentIds")
        not_too_many("departmentIds", len(call.departments))
        if call.lead is not None and call.linkage is LinkageMechanism.JOINT_ENFORCEMENT:
            reason = Phrase(
                "in joint enforcement the street leads; leave the lead out",
                "综合执法联合查处由街镇牵头；请不填牵头部门",
            )
            raise LeadConflict("leadId", lead=call.lead, reason=reason)
        if call.lead is not None and call.lead not in call.departments:
            reason = Phrase("it is not among the departments summoned", "不在被召集的部门之中")
            raise LeadConflict("leadId", lead=call.lead, reason=reason)
        blown = cls._create(
            facts.WhistleBlown,
            id=whistle,
            timestamp=at,
            case=case,
            street=street,
            kind=call.kind.value,
            linkage=call.linkage.value,
            lead=call.lead,
            subject=subject,
            grounds=PersonalText(subject, written("grounds", call.grounds)),
        )
        for department in dict.fromkeys(call.departments):
            blown.trigger_event(facts.DepartmentSummoned, timestamp=at, department=department)
        return blown

    def summon(self, department: UUID, by: Actor, at: datetime) -> None:
        """召集: summon one more department, or again one that refused."""
        self._require_street(SummonsStep.SUMMON, by, at)
        if department in self.summons:
            self.summons[department].require(SummonsStep.SUMMON)
        self.trigger_event(facts.DepartmentSummoned, timestamp=at, department=department)

    def miss_check_in(self, department: UUID, due: datetime, rule: str, by: Actor, at: datetime) -> None:
        """未按时报到: record that the limit passed, at the moment it passed.

        Where an announced day off has moved the limit since, the later one may be missed in its turn.
        """
        authorise(by, SummonsStep.MISS, MISS_RECORDERS, self.street)
        self._require_open(SummonsStep.MISS)
        self._summons(department).require_missed(due)
        if at < due:
            raise NotYetDue(due=due.isoformat(), at=at.isoformat())
        self.trigger_event(facts.CheckInMissed, timestamp=due, department=department, rule=rule)

    def rate(
        self,
        department: UUID,
        score: int,
        comment: str | None,
        by: Actor,
        at: datetime,
        moved: Collection[UUID] = (),
    ) -> None:
        """评价部门: rate a department 1 to 5, once a summons; also after the whistle has ended.

        `moved` are the departments whose limit was recorded as missed and ends later by now.
        """
        self._require_own_street(SummonsStep.RATE, by)
        summons = self._summons(department)
        not_before(at, summons.at, SUMMONED)
        if summons.rated:
            raise AlreadyRated(what=Phrase(f"department {department}", f"部门 {department} "))
        if not summons.rateable or department in moved:
            raise NotYetRateable(department=department)
        if not 1 <= score <= 5:  # noqa: PLR2004 the scale of the rating
            raise OutOfRange("score", field="score", value=score, low=1, high=5)
        said = about(self.subject, "comment", comment)
        self.trigger_event(
            facts.DepartmentRated, timestamp=at, department=department, score=score, comment=said
        )

    def open_meeting(self, items: list[str], by: Actor, at: datetime) -> None:
        """现场会: open the on-site meeting of a last-mile whistle with the items to settle."""
        self._require_street(WhistleStep.OPEN_MEETING, by, at)
        if self.linkage is not LinkageMechanism.LAST_MILE:
            needed = LinkageMechanism.LAST_MILE
            raise WrongLinkage(asked=WhistleStep.OPEN_MEETING, needed=needed, linkage=self.linkage)
        if self.meeting_open or self.meeting_held:
            state, possible = MeetingState.OPEN, [WhistleStep.SETTLE_ITEM, WhistleStep.CLOSE_MEETING]
            if self.meeting_held:
                state, possible = MeetingState.HELD, [WhistleStep.RESOLVE, WhistleStep.WITHDRAW]
            raise IllegalTransition(state=state, asked=WhistleStep.OPEN_MEETING, possible=possible)
        if not items:
            raise TextEmpty("items", field="items")
        not_too_many("items", len(items))
        said = [
            PersonalText(self.subject, written("items", item, SHORT_TEXT, str(number)))
            for number, item in enumerate(items)
        ]
        self.trigger_event(facts.OnSiteMeetingOpened, timestamp=at, items=said)

    def settle_item(self, item: int, by: Actor, at: datetime) -> None:
        """Settle one item, by its number from 1; an item settled already changes nothing."""
        self._require_street(WhistleStep.SETTLE_ITEM, by, at)
        if item not in self.items:
            raise NotFound("item", kind=Phrase("item", "事项"), id=item)
        if not self.items[item]:
            self.trigger_event(facts.OnSiteItemSettled, timestamp=at, item=item)

    def close_meeting(self, by: Actor, at: datetime) -> None:
        """Close the on-site meeting once every item is settled."""
        self._require_street(WhistleStep.CLOSE_MEETING, by, at)
        if not self.meeting_open:
            raise MeetingRequired()
        self._require_nothing_open()
        self.trigger_event(facts.OnSiteMeetingClosed, timestamp=at)

    def resolve(self, result: str, by: Actor, at: datetime, moved: Collection[UUID] = ()) -> None:
        """哨件办结: find the matter settled and release everybody; whose limit `moved` is waited for."""
        self._require_street(WhistleStep.RESOLVE, by, at)
        last_mile = self.linkage is LinkageMechanism.LAST_MILE
        if last_mile:
            self._require_nothing_open()
            if not self.meeting_held:
                raise MeetingRequired()
        waiting = [
            department
            for department, summons in self.summons.items()
            if summons.outstanding
            or department in moved
            or (last_mile and summons.state is not SummonsState.ANSWERED)
        ]
        if waiting:
            raise DepartmentsOutstanding(departments=waiting)
        if all(summons.state is not SummonsState.ANSWERED for summons in self.summons.values()):
            raise NobodyAnswered()
        said = PersonalText(self.subject, written("result", result))
        self.trigger_event(facts.WhistleResolved, timestamp=at, result=said)

    def withdraw(self, reason: str, by: Actor, at: datetime) -> None:
        """撤哨: take the whistle back; not while an item of the on-site meeting is open."""
        self._require_street(WhistleStep.WITHDRAW, by, at)
        self._require_nothing_open()
        said = PersonalText(self.subject, written("reason", reason))
        self.trigger_event(facts.WhistleWithdrawn, timestamp=at, reason=said)

    # Decisions of a department

    def sign(self, department: UUID, by: Actor, at: datetime) -> None:
        """签收: sign the summons."""
        self._require_department(SummonsStep.SIGN, department, by, at)
        self.trigger_event(facts.SummonsSigned, timestamp=at, department=department)

    def check_in(self, department: UUID, by: Actor, at: datetime) -> None:
        """报到: check in; also after the limit, which stays missed unless this was in time and told late."""
        self._require_department(SummonsStep.CHECK_IN, department, by, at)
        self.trigger_event(facts.DepartmentCheckedIn, timestamp=at, department=department)

    def refuse(self, department: UUID, reason: str, by: Actor, at: datetime) -> None:
        """拒绝: refuse the summons with a reason."""
        self._require_department(SummonsStep.REFUSE, department, by, at)
        said = PersonalText(self.subject, written("reason", reason))
        self.trigger_event(facts.SummonsRefused, timestamp=at, department=department, reason=said)

    def answer(self, department: UUID, result: str, by: Actor, at: datetime) -> None:
        """处理反馈: say what the department did."""
        self._require_department(SummonsStep.ANSWER, department, by, at)
        said = PersonalText(self.subject, written("result", result))
        self.trigger_event(facts.DepartmentAnswered, timestamp=at, department=department, result=said)

    # Checks

    def _require_open(self, step: Term) -> None:
        if self.status is not WhistleStatus.OPEN:
            raise IllegalTransition(state=self.status, asked=step, possible=[SummonsStep.RATE])

    def _require_own_street(self, step: Term, by: Actor) -> None:
        authorise(by, step, STREET, self.street)
        if by.scope != self.street:
            allowed = Phrase(f"the street {self.street}", f"街镇 {self.street}")
            raise Forbidden(role=by.described, action=step, allowed=allowed)

    def _require_street(self, step: Term, by: Actor, at: datetime) -> None:
        self._require_own_street(step, by)
        self._require_open(step)
        not_before(at, self.created_on, BLOWN)

    def _require_department(self, step: SummonsStep, department: UUID, by: Actor, at: datetime) -> None:
        authorise(by, step, DEPARTMENT, self.street)
        if by.department != department:
            allowed = Phrase(f"an officer of department {department}", f"部门 {department} 的工作人员")
            raise Forbidden("departmentId", role=by.described, action=step, allowed=allowed)
        self._require_open(step)
        summons = self._summons(department)
        not_before(at, summons.at, SUMMONED)
        summons.require(step)

    def _summons(self, department: UUID) -> Summons:
        try:
            return self.summons[department]
        except KeyError:
            raise NotSummoned("departmentId", department=department, summoned=list(self.summons)) from None

    def _require_nothing_open(self) -> None:
        still = [number for number, settled in self.items.items() if not settled]
        if still:
            raise ItemsOpen(count=len(still), items=still)
