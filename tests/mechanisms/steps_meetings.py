"""For every mutation about meetings a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from chuishao.commands import policies
from chuishao.commands.meetings.coordination import AnswerCoordination, OrderCoordination
from chuishao.commands.meetings.deliberations import ConveneDeliberation, ReachAgreement, RecordOpinion
from chuishao.commands.meetings.invitations import AcceptInvitation, CarryDayOver, ClearDay, SendInvitation
from chuishao.commands.meetings.work_meetings import AdoptResolution, CarryOutResolution, HoldMeeting
from chuishao.commands.people.persons import RegisterPerson
from chuishao.domain.actor import Actor
from chuishao.domain.meetings.terms import MeetingKind, UnitKind
from chuishao.domain.vocabulary import Role, Tier
from tests.numbers import number
from tests.town import COMMUNITY, SAID, STREET, Town

Prepared = tuple[Actor | None, dict[str, Any]]
Prepare = Callable[[Town], Awaitable[Prepared]]

FAR = "2099-12-31"
"""A last day that does not pass while there are tests."""


def to_company() -> dict[str, Any]:
    """A property company, as an input names it."""
    return {"unitKind": "PROPERTY_COMPANY", "unit": "物业公司 001"}


async def turned_on(town: Town) -> None:
    """From this day on a policy is in force that has the invitation of the day."""
    document = policies.default_policy() | {
        "version": f"daily clearance {number(town, 'daily clearance')}",
        "effectiveFrom": town.clock.now.date().isoformat(),
        "dailyClearance": {"enabled": True},
    }
    await town.do(policies.AdoptPolicy(document=document))


async def held(town: Town) -> UUID:
    """A work meeting of the street."""
    hold = HoldMeeting(division_code=STREET, kind=MeetingKind.REGULAR, topic="楼道堆物")
    return (await town.do(hold, town.street_officer)).id


async def owed(town: Town, kind: UnitKind = UnitKind.DEPARTMENT) -> UUID:
    """A work meeting with one resolution, which the first department or another unit owes."""
    meeting = await held(town)
    adopt = AdoptResolution(
        meeting_id=meeting,
        unit_kind=kind,
        unit=str(town.departments[0]) if kind is UnitKind.DEPARTMENT else "物业公司 001",
        matter="清理楼道",
        due=(town.clock.now + timedelta(days=2)).date(),
    )
    await town.do(adopt, town.street_officer)
    return meeting


async def convened(town: Town, *, heard: bool = False) -> UUID:
    """A deliberation on a case, with an opinion where somebody was heard."""
    case = await town.assigned(Tier.DELIBERATION)
    id_ = (await town.do(ConveneDeliberation(case_id=case, topic="停车"), town.community_staff)).id
    if heard:
        opinion = RecordOpinion(deliberation_id=id_, label="居民代表 001", words="同意")
        await town.do(opinion, town.community_staff)
    return id_


async def ordered(town: Town, kind: UnitKind = UnitKind.PROPERTY_COMPANY, unit: str = "物业公司 001") -> UUID:
    """An order of the community to a unit."""
    order = OrderCoordination(division_code=COMMUNITY, unit_kind=kind, unit=unit, matter="清理楼道")
    return (await town.do(order, town.community_staff)).id


async def sent(
    town: Town,
    kind: UnitKind = UnitKind.PROPERTY_COMPANY,
    unit: str = "物业公司 001",
    *,
    accepted: bool = False,
) -> UUID:
    """An invitation of the community to a unit."""
    await turned_on(town)
    send = SendInvitation(division_code=COMMUNITY, unit_kind=kind, unit=unit, matter="清理占道")
    id_ = (await town.do(send, town.community_staff)).id
    if accepted:
        await town.do(AcceptInvitation(invitation_id=id_), town.community_staff)
    return id_


def at_once(town: Town) -> dict[str, Any]:
    """The moment in which the town lives, for what belongs to its day."""
    return {"occurredAt": town.clock.now.isoformat()}


async def hold_meeting(town: Town) -> Prepared:
    return town.street_officer, {"divisionCode": STREET, "kind": "REGULAR", "topic": SAID}


async def adopt_resolution(town: Town) -> Prepared:
    given = {"meetingId": str(await held(town)), "matter": SAID, "due": FAR}
    return town.street_officer, given | to_company()


async def carry_out_resolution(town: Town) -> Prepared:
    return town.street_officer, {"meetingId": str(await owed(town)), "number": 1, "result": SAID}


async def convene_deliberation(town: Town) -> Prepared:
    case = await town.assigned(Tier.DELIBERATION)
    return town.community_staff, {"caseId": str(case), "topic": SAID}


async def record_opinion(town: Town) -> Prepared:
    person = await town.do(RegisterPerson(place_code=COMMUNITY, label="居民代表 003"))
    given = {"label": "居民代表 003", "words": SAID, "personId": str(person.id)}
    return town.community_staff, {"deliberationId": str(await convened(town))} | given


async def reach_agreement(town: Town) -> Prepared:
    id_ = await convened(town, heard=True)
    return town.community_staff, {"deliberationId": str(id_), "agreement": SAID}


async def fail_agreement(town: Town) -> Prepared:
    return town.community_staff, {"deliberationId": str(await convened(town)), "reason": SAID}


async def order_coordination(town: Town) -> Prepared:
    case = await town.assigned(Tier.MULTI_UNIT)
    return town.community_staff, {"caseId": str(case), "matter": SAID, "due": FAR} | to_company()


async def answer_coordination(town: Town) -> Prepared:
    return town.community_staff, {"orderId": str(await ordered(town)), "result": SAID}


async def send_invitation(town: Town) -> Prepared:
    await turned_on(town)
    return town.community_staff, {"divisionCode": COMMUNITY, "matter": SAID} | to_company()


async def accept_invitation(town: Town) -> Prepared:
    return town.community_staff, {"invitationId": str(await sent(town))} | at_once(town)


async def decline_invitation(town: Town) -> Prepared:
    return town.community_staff, {"invitationId": str(await sent(town)), "reason": SAID}


async def clear_day(town: Town) -> Prepared:
    id_ = await sent(town, accepted=True)
    return town.community_staff, {"invitationId": str(id_), "result": SAID} | at_once(town)


async def carry_day_over(town: Town) -> Prepared:
    return town.community_staff, {"invitationId": str(await sent(town)), "reason": SAID}


STEPS: dict[str, Prepare] = {
    "holdMeeting": hold_meeting,
    "adoptResolution": adopt_resolution,
    "carryOutResolution": carry_out_resolution,
    "conveneDeliberation": convene_deliberation,
    "recordOpinion": record_opinion,
    "reachAgreement": reach_agreement,
    "failAgreement": fail_agreement,
    "orderCoordination": order_coordination,
    "answerCoordination": answer_coordination,
    "sendInvitation": send_invitation,
    "acceptInvitation": accept_invitation,
    "declineInvitation": decline_invitation,
    "clearDay": clear_day,
    "carryDayOver": carry_day_over,
}


# Moments for the officer of a department, who answers for the department alone


async def answered_by_department(town: Town) -> Prepared:
    id_ = await ordered(town, UnitKind.DEPARTMENT, str(town.departments[0]))
    return town.officer(), {"orderId": str(id_), "result": "已到场"}


async def accepted_by_department(town: Town) -> Prepared:
    id_ = await sent(town, UnitKind.DEPARTMENT, str(town.departments[0]))
    return town.officer(), {"invitationId": str(id_)} | at_once(town)


async def declined_by_department(town: Town) -> Prepared:
    id_ = await sent(town, UnitKind.DEPARTMENT, str(town.departments[0]))
    return town.officer(), {"invitationId": str(id_), "reason": "另有任务"}


BY_DEPARTMENT: dict[str, Prepare] = {
    "answerCoordination": answered_by_department,
    "acceptInvitation": accepted_by_department,
    "declineInvitation": declined_by_department,
}


# One of each with everything that can be said of it


async def all_said(town: Town, topic: str = "楼道堆物") -> dict[str, UUID]:
    """A meeting, a deliberation, an order and an invitation from beginning to end, by their queries."""
    staff = town.community_staff
    meeting = await owed(town, UnitKind.PROPERTY_COMPANY)
    await town.do(CarryOutResolution(meeting_id=meeting, number=1, result=topic), town.street_officer)
    convene = ConveneDeliberation(community_code=COMMUNITY, topic=topic)
    deliberation = (await town.do(convene, staff)).id
    opinion = RecordOpinion(deliberation_id=deliberation, label="居民代表 002", words=topic)
    await town.do(opinion, staff)
    await town.do(ReachAgreement(deliberation_id=deliberation, agreement=topic), staff)
    order = await ordered(town)
    await town.do(AnswerCoordination(order_id=order, result=topic), staff)
    invitation = await sent(town, accepted=True)
    await town.do(CarryDayOver(invitation_id=invitation, reason=topic), staff)
    await town.do(ClearDay(invitation_id=invitation, result=topic), staff)
    return {
        "workMeeting": meeting,
        "deliberation": deliberation,
        "coordinationOrder": order,
        "invitation": invitation,
    }


LIVES: list[Callable[[Town], Awaitable[object]]] = [all_said]
"""What no single mutation shows: each from beginning to end."""
SINGLES: dict[str, str] = {
    "workMeeting": "SELECT meeting FROM meetings.resolution"
    " WHERE result IS NOT NULL AND department IS NULL LIMIT 1",
    "deliberation": "SELECT id FROM deliberations.deliberation"
    " WHERE case_id IS NULL AND outcome IS NOT NULL AND opinions > 0 LIMIT 1",
    "coordinationOrder": "SELECT id FROM coordination.coordination_order"
    " WHERE case_id IS NULL AND result IS NOT NULL AND department IS NULL LIMIT 1",
    "invitation": "SELECT id FROM invitations.invitation"
    " WHERE carried > 0 AND words IS NOT NULL AND department IS NULL LIMIT 1",
}
"""By the name of a query with `id`: how to find the identifier of a row of which everything is known.

It is about no case and for no department: those are seen like the case, and by the department."""
LEADING = frozenset({("Deliberation", "case"), ("CoordinationOrder", "case")})
"""Fields of published types that lead to a case."""
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_work_meeting": lambda ids: {"id": ids["workMeeting"]},
    "frontend_deliberation": lambda ids: {"id": ids["deliberation"]},
    "frontend_coordination_order": lambda ids: {"id": ids["coordinationOrder"]},
    "frontend_invitation": lambda ids: {"id": ids["invitation"]},
}
"""By the name of an example operation: its variables."""
OF_ITS_OWN: dict[tuple[str, Role], Prepare] = {
    (name, Role.DEPARTMENT_OFFICER): prepare for name, prepare in BY_DEPARTMENT.items()
}
"""Moments for the officer of a department."""
