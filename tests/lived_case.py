"""A case with everything that a dossier tells of: suspended, late, whistled for, reworked, reopened."""

from __future__ import annotations

from uuid import UUID

from chuishao.commands import cases, requests, whistles
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Tier, WhistleKind
from tests.town import GRID, Town

HOSTILE = "<script>alert('井盖')</script> & \"引号\" ]]> </title>"


async def lived_case(town: Town, *, over: bool = True) -> UUID:
    """The case; `over` takes it to its second close."""
    worker, staff, street = town.worker(), town.community_staff, town.street_officer
    report = cases.ReportCase(
        category="01001", text=HOSTILE, grid_code=GRID, address="示例路 1 号", reporter_name="<b>居民</b>"
    )
    case = (await town.do(report, town.resident)).id
    town.clock.advance(minutes=25)
    await town.do(cases.AcceptCase(case_id=case, note="已电话核实"), staff)
    town.clock.advance(minutes=40)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MAJOR), staff)
    town.clock.advance(minutes=10)
    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT, assignee=worker.id), staff)
    await _suspended_and_late(town, case)
    whistle = await _whistled(town, case)
    await town.do(whistles.ResolveWhistle(whistle_id=whistle, result="井盖已换"), street)
    for number, score in enumerate((5, 2)):
        rating = whistles.RateDepartment(
            whistle_id=whistle, department_id=town.departments[number], score=score
        )
        await town.do(rating, street)
    town.clock.advance(hours=2)
    await town.do(cases.VerifyCase(case_id=case, passed=False, note="井盖仍然松动"), staff)
    town.clock.advance(hours=20)
    await town.do(cases.ResolveCase(case_id=case, result="已重新固定"), street)
    await _verified_and_closed(town, case, solved=False, satisfied=2)
    town.clock.advance(days=3)
    await town.do(cases.ReopenCase(case_id=case, reason="又松动了"), town.resident)
    if over:
        await _again(town, case)
    return case


async def _suspended_and_late(town: Town, case: UUID) -> None:
    town.clock.advance(hours=1)
    await town.do(requests.RequestSuspension(case_id=case, reason="等待配件"), town.worker())
    town.clock.advance(minutes=30)
    await town.do(requests.DecideRequest(case_id=case, granted=True), town.community_staff)
    town.clock.advance(hours=26)
    await town.do(requests.ResumeCase(case_id=case), town.worker())
    town.clock.advance(hours=9)
    tier = cases.EscalateCase(case_id=case, tier=Tier.MULTI_UNIT, reason="网格无法解决")
    await town.do(tier, town.worker())


async def _whistled(town: Town, case: UUID) -> UUID:
    """Two departments are summoned: one comes at once, the other lets its limit pass."""
    town.clock.advance(hours=14)
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.EMERGENCY,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门联动",
        department_ids=town.departments[:2],
        lead_id=town.departments[0],
    )
    whistle = (await town.do(blow, town.street_officer)).id
    first, second = ({"whistle_id": whistle, "department_id": one} for one in town.departments[:2])
    town.clock.advance(minutes=6)
    await town.do(whistles.SignSummons(**first), town.officer(0))
    town.clock.advance(minutes=15)
    await town.do(whistles.CheckIn(**first), town.officer(0))
    town.clock.advance(hours=2)
    await town.do(whistles.RecordMissedCheckIn(**second), town.street_officer)
    town.clock.advance(hours=1)
    await town.do(whistles.CheckIn(**second), town.officer(1))
    for number, named in enumerate((first, second)):
        town.clock.advance(hours=1)
        await town.do(whistles.AnswerSummons(**named, result="已到场处置"), town.officer(number))
    return whistle


async def _verified_and_closed(town: Town, case: UUID, *, solved: bool, satisfied: int) -> None:
    town.clock.advance(hours=3)
    await town.do(cases.VerifyCase(case_id=case, passed=True), town.community_staff)
    town.clock.advance(hours=1)
    rating = cases.RateCase(case_id=case, answered=True, solved=solved, satisfied=satisfied)
    await town.do(rating, town.resident)
    await town.do(cases.CloseCase(case_id=case), town.other_street_officer)


async def _again(town: Town, case: UUID) -> None:
    staff = town.community_staff
    town.clock.advance(hours=1)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), staff)
    await town.do(cases.AssignCase(case_id=case, tier=Tier.GRID_LEADER), staff)
    town.clock.advance(hours=2)
    await town.do(cases.ResolveCase(case_id=case, result="已加固"), town.grid_leader)
    await _verified_and_closed(town, case, solved=True, satisfied=5)
