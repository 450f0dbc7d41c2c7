"""会商 What commands about meetings ask of the register, of cases and of the policy in force."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands import divisions, policies
from chuishao.commands.cases import EscalateCase
from chuishao.commands.command import Command
from chuishao.commands.meetings.coordination import AnswerCoordination, OrderCoordination
from chuishao.commands.meetings.deliberations import (
    ConveneDeliberation,
    FailAgreement,
    ReachAgreement,
    RecordOpinion,
)
from chuishao.commands.meetings.invitations import AcceptInvitation, CarryDayOver, ClearDay, SendInvitation
from chuishao.commands.meetings.work_meetings import AdoptResolution, CarryOutResolution, HoldMeeting
from chuishao.domain.actor import Actor
from chuishao.domain.identity import identify
from chuishao.domain.meetings.deliberation import deliberation_of_case
from chuishao.domain.meetings.refusals import (
    CaseOrPlace,
    ClearanceOff,
    DayOver,
    DeliberationUnderway,
)
from chuishao.domain.meetings.terms import MeetingKind, UnitKind
from chuishao.domain.refusal import (
    BadCode,
    BadTime,
    NotFound,
    OutOfScope,
    Refusal,
    UnknownDivision,
    WrongDivisionLevel,
    WrongTier,
)
from chuishao.domain.vocabulary import Tier
from tests.town import COMMUNITY, OTHER_COMMUNITY, STREET, Town

TODAY = date(2026, 3, 2)
PROPERTY: dict[str, Any] = {"unit_kind": UnitKind.PROPERTY_COMPANY, "unit": "物业公司 001"}


async def refused(town: Town, command: Command, refusal: type[Refusal], by: Actor | None = None) -> Refusal:
    """The refusal, and nothing recorded."""
    head = await town.log.head()
    with pytest.raises(refusal) as raised:
        await town.do(command, by or town.street_officer)
    assert await town.log.head() == head
    return raised.value


def of_department(town: Town, number: int = 0) -> dict[str, Any]:
    return {"unit_kind": UnitKind.DEPARTMENT, "unit": str(town.departments[number])}


async def held(town: Town) -> UUID:
    hold = HoldMeeting(division_code=STREET, kind=MeetingKind.REGULAR, topic="楼道堆物")
    return (await town.do(hold, town.street_officer)).id


async def turned_on(town: Town) -> None:
    """The invitation of the day is in force from this day."""
    document = policies.default_policy() | {"version": "2", "effectiveFrom": "2026-03-02"}
    await town.do(policies.AdoptPolicy(document=document | {"dailyClearance": {"enabled": True}}))


async def test_a_meeting_is_held_where_there_is_a_division(town: Town) -> None:
    hold = HoldMeeting(division_code="120101001009", kind=MeetingKind.AD_HOC, topic="楼道堆物")
    assert (await refused(town, hold, UnknownDivision)).path == ("divisionCode",)
    assert await held(town)


async def test_a_resolution_is_carried_out_by_the_department_that_owes_it(town: Town) -> None:
    meeting = await held(town)
    adopt = AdoptResolution(meeting_id=meeting, **of_department(town), matter="清理楼道", due=TODAY)
    assert (await town.do(adopt, town.street_officer)).version == 2
    done = CarryOutResolution(meeting_id=meeting, number=1, result="已清理")
    assert (await town.do(done, town.officer(0))).version == 3


async def test_what_is_owed_is_due_on_a_local_day(town: Town) -> None:
    meeting = await held(town)
    town.clock.advance(hours=15)  # 16:01 in London, past midnight in Tianjin
    adopt = AdoptResolution(meeting_id=meeting, **PROPERTY, matter="清理楼道", due=TODAY)
    assert (await refused(town, adopt, BadTime)).path == ("due",)


@pytest.mark.parametrize(
    ("kind", "unit", "refusal"),
    [
        (UnitKind.STREET, "120101009", UnknownDivision),
        (UnitKind.STREET, COMMUNITY, WrongDivisionLevel),
        (UnitKind.DEPARTMENT, str(identify("nobody")), NotFound),
        (UnitKind.DEPARTMENT, "公安部门", BadCode),
    ],
)
async def test_only_units_that_there_are_owe_something(
    town: Town, kind: UnitKind, unit: str, refusal: type[Refusal]
) -> None:
    meeting = await held(town)
    adopt = AdoptResolution(meeting_id=meeting, unit_kind=kind, unit=unit, matter="清理", due=TODAY)
    assert (await refused(town, adopt, refusal)).path == ("unit",)
    order = OrderCoordination(division_code=COMMUNITY, unit_kind=kind, unit=unit, matter="清理")
    assert (await refused(town, order, refusal)).path == ("unit",)


async def test_a_department_of_another_place_owes_nothing_here(town: Town) -> None:
    await town.do(divisions.RegisterDivision(code="120102", name="另一区", effective_from=date(2023, 9, 1)))
    elsewhere = (await town.do(divisions.EstablishDepartment(division_code="120102", name="外区部门"))).id
    unit: dict[str, Any] = {"unit_kind": UnitKind.DEPARTMENT, "unit": str(elsewhere)}
    order = OrderCoordination(division_code=COMMUNITY, **unit, matter="清理")
    assert (await refused(town, order, OutOfScope)).path == ("unit",)


# 议事协商


async def test_a_case_is_deliberated_on_in_rounds_and_once_at_a_time(town: Town) -> None:
    case = await town.assigned(Tier.DELIBERATION)
    convene = ConveneDeliberation(case_id=case, topic="停车")
    first = (await town.do(convene, town.community_staff)).id
    assert first == deliberation_of_case(case, 1)

    again = await refused(town, convene, DeliberationUnderway, town.grid_leader)
    assert again.facts["deliberation"] == first

    await town.do(FailAgreement(deliberation_id=first, reason="未达成一致"), town.community_staff)
    second = (await town.do(convene, town.community_staff)).id
    assert second == deliberation_of_case(case, 2)
    opinion = RecordOpinion(deliberation_id=second, label="居民代表 001", words="同意")
    await town.do(opinion, town.community_staff)
    await town.do(ReachAgreement(deliberation_id=second, agreement="错峰停车"), town.community_staff)
    assert (await town.do(convene, town.community_staff)).id == deliberation_of_case(case, 3)


async def test_a_case_that_moved_on_is_not_deliberated_on_again(town: Town) -> None:
    case = await town.assigned(Tier.DELIBERATION)
    convene = ConveneDeliberation(case_id=case, topic="停车")
    first = (await town.do(convene, town.community_staff)).id
    await town.do(
        EscalateCase(case_id=case, tier=Tier.MULTI_UNIT, reason="须多部门联动"), town.community_staff
    )
    end = FailAgreement(deliberation_id=first, reason="未达成一致")
    assert (await town.do(end, town.community_staff)).version == 2
    await refused(town, convene, WrongTier, town.community_staff)


@pytest.mark.parametrize("both", [True, False])
async def test_it_is_about_a_case_or_about_a_place(town: Town, both: bool) -> None:
    case = await town.assigned(Tier.DELIBERATION) if both else None
    code = COMMUNITY if both else None
    convene = ConveneDeliberation(case_id=case, community_code=code, topic="停车")
    assert "`communityCode`" in (await refused(town, convene, CaseOrPlace)).sentence("zh")
    order = OrderCoordination(case_id=case, division_code=code, **PROPERTY, matter="清理")
    assert "`divisionCode`" in (await refused(town, order, CaseOrPlace)).sentence("en")


async def test_a_matter_is_a_communitys(town: Town) -> None:
    convene = ConveneDeliberation(community_code=STREET, topic="停车")
    await refused(town, convene, WrongDivisionLevel)
    await refused(town, ConveneDeliberation(case_id=uuid4(), topic="停车"), NotFound)


# 协同


async def test_a_case_that_several_units_settle_has_orders_to_each(town: Town) -> None:
    case = await town.assigned(Tier.MULTI_UNIT)
    for unit in (PROPERTY, of_department(town), {"unit_kind": UnitKind.STREET, "unit": STREET}):
        order = OrderCoordination(case_id=case, **unit, matter="到场查看", due=TODAY)
        id_ = (await town.do(order, town.community_staff)).id
        by = town.officer(0) if unit["unit_kind"] is UnitKind.DEPARTMENT else town.street_officer
        await town.do(AnswerCoordination(order_id=id_, result="已到场"), by)


# “日日清”约请


async def test_nobody_is_invited_until_a_policy_turns_it_on(town: Town) -> None:
    send = SendInvitation(division_code=COMMUNITY, **of_department(town), matter="清理占道")
    off = await refused(town, send, ClearanceOff, town.community_staff)
    assert off.facts["version"] == "1"
    await turned_on(town)
    assert (await town.do(send, town.community_staff)).version == 1


async def test_an_invitation_is_cleared_on_its_day_or_carried_over(town: Town) -> None:
    await turned_on(town)
    send = SendInvitation(division_code=COMMUNITY, **of_department(town), matter="清理占道")
    invitation = (await town.do(send, town.community_staff)).id
    await town.do(AcceptInvitation(invitation_id=invitation), town.officer(0))
    town.clock.advance(hours=15)
    clear = ClearDay(invitation_id=invitation, result="已清理")
    await refused(town, clear, DayOver, town.community_staff)
    await town.do(CarryDayOver(invitation_id=invitation, reason="材料未到"), town.community_staff)
    await town.do(clear, town.community_staff)


async def test_what_was_sent_is_finished_although_a_later_policy_turns_it_off(town: Town) -> None:
    await turned_on(town)
    send = SendInvitation(division_code=COMMUNITY, **PROPERTY, matter="清理占道")
    invitation = (await town.do(send, town.community_staff)).id
    document = policies.default_policy() | {"version": "3", "effectiveFrom": "2026-03-02"}
    await town.do(policies.AdoptPolicy(document=document))
    await refused(town, send, ClearanceOff, town.community_staff)
    await town.do(AcceptInvitation(invitation_id=invitation), town.community_staff)
    await town.do(ClearDay(invitation_id=invitation, result="已清理"), town.community_staff)


async def test_an_invitation_goes_out_where_the_division_is_known(town: Town) -> None:
    await turned_on(town)
    send = SendInvitation(division_code=OTHER_COMMUNITY, **PROPERTY, matter="清理")
    await refused(town, send, OutOfScope, town.community_staff)
    send = SendInvitation(division_code="120101001009", **PROPERTY, matter="清理")
    await refused(town, send, UnknownDivision)
