"""For every mutation a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from chuishao.commands import cases, divisions, grids, policies, requests, whistles
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import ANONYMOUS, SYSTEM, Actor
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier
from tests.mechanisms.kinds import Prepare, Prepared
from tests.mechanisms.steps import STEPS
from tests.numbers import community_code, grid_code
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, THIRD_GRID, Town

ADMINISTRATOR = Actor("administrator-1", Role.ADMINISTRATOR, "")
_numbers = count(1)


def on_a_case(by: str, at: Tier | None = Tier.ON_SPOT, **fields: Any) -> Prepare:
    """A step of a case that is assigned to a tier, or only reported where `at` is None."""

    async def prepare(town: Town) -> Prepared:
        case = await town.assigned(at) if at else await town.report()
        return actor(town, by), {"caseId": str(case)} | fields

    return prepare


async def before_its_limit(town: Town) -> Prepared:
    """Ask for more time in a case whose limit is not over by the clock of a server."""
    then, town.clock.now = town.clock.now, datetime.now(UTC)
    case = await town.assigned()
    town.clock.now = then
    more = {"amount": 2, "unit": "WORKING_DAYS", "reason": "情况复杂"}
    return town.worker(), {"caseId": str(case)} | more


def after(*steps: Callable[[Town, UUID], Awaitable[object]], by: str, **fields: Any) -> Prepare:
    """A step of a case on which other steps were taken since its report."""

    async def prepare(town: Town) -> Prepared:
        case = await town.report()
        for step in steps:
            await step(town, case)
        return actor(town, by), {"caseId": str(case)} | fields

    return prepare


def on_a_whistle(
    by: str, *steps: Callable[[Town, UUID], Awaitable[object]], linkage: str = "RAPID_SERVICE", **fields: Any
) -> Prepare:
    """A step of a whistle on which other steps were taken since it was blown."""

    async def prepare(town: Town) -> Prepared:
        _, whistle = await town.whistled(LinkageMechanism(linkage), departments=1)
        for step in steps:
            await step(town, whistle)
        given = {
            name: str(town.departments[value]) if name == "departmentId" else value
            for name, value in fields.items()
        }
        return actor(town, by), {"whistleId": str(whistle)} | given

    return prepare


def actor(town: Town, name: str) -> Actor:
    """Somebody of the town by the name of their part."""
    if name == "administrator":
        return ADMINISTRATOR
    found = getattr(town, name)
    return found() if callable(found) else found  # type: ignore[no-any-return]


async def accepted(town: Town, case: UUID) -> None:
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)


async def asked(town: Town, case: UUID) -> None:
    await town.do(requests.RequestSuspension(case_id=case, reason="等待配件"), town.worker())


async def granted(town: Town, case: UUID) -> None:
    await town.do(requests.DecideRequest(case_id=case, granted=True), town.community_staff)


async def assessed(town: Town, case: UUID) -> None:
    command = cases.AssessCase(case_id=case, severity=Severity.MINOR)
    await town.do(command, town.community_staff)


async def assigned(town: Town, case: UUID) -> None:
    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT), town.community_staff)


async def resolved(town: Town, case: UUID) -> None:
    await town.do(cases.ResolveOnSpot(case_id=case, result="已处理"), town.worker())


async def verified(town: Town, case: UUID) -> None:
    await town.do(cases.VerifyCase(case_id=case, passed=True), town.community_staff)


async def merged(town: Town, case: UUID) -> None:
    merge = cases.MergeCase(case_id=case, into_id=await town.report())
    await town.do(merge, town.community_staff)


async def checked_in(town: Town, whistle: UUID) -> None:
    command = whistles.CheckIn(whistle_id=whistle, department_id=town.departments[0])
    await town.do(command, town.officer(0))


async def answered(town: Town, whistle: UUID) -> None:
    await checked_in(town, whistle)
    command = whistles.AnswerSummons(whistle_id=whistle, department_id=town.departments[0], result="已到场")
    await town.do(command, town.officer(0))


async def released(town: Town, whistle: UUID) -> None:
    await answered(town, whistle)
    await town.do(whistles.ResolveWhistle(whistle_id=whistle, result="联动办结"), town.street_officer)


async def met(town: Town, whistle: UUID) -> None:
    meeting = whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["清理路面"])
    await town.do(meeting, town.street_officer)


async def settled(town: Town, whistle: UUID) -> None:
    await town.do(whistles.SettleOnSiteItem(whistle_id=whistle, item=1), town.street_officer)


async def report(_town: Town) -> Prepared:
    return None, {"category": "01001", "text": "井盖丢失", "gridCode": GRID}


async def rate(town: Town) -> Prepared:
    case = await town.report()
    for step in (accepted, assessed, assigned, resolved, verified):
        await step(town, case)
    rating = {"answered": True, "solved": True, "satisfied": 5, "secret": secret_of(KEY, case)}
    return None, {"caseId": str(case)} | rating


async def joining(town: Town, field: str) -> Prepared:
    return town.community_staff, {"caseId": str(await town.report()), field: str(await town.report())}


async def blow(town: Town) -> Prepared:
    case = await town.assigned(Tier.MULTI_UNIT)
    called = {"kind": "ROUTINE", "linkage": "RAPID_SERVICE", "departmentIds": [str(town.departments[0])]}
    return town.street_officer, {"caseId": str(case), "grounds": "需要部门联动"} | called


HANDLING: dict[str, Prepare] = {
    "reportCase": report,
    "acceptCase": on_a_case("community_staff", None),
    "refuseCase": on_a_case("community_staff", None, reason="不属受理范围"),
    "assessCase": after(accepted, by="community_staff", severity="MINOR"),
    "assignCase": after(accepted, assessed, by="community_staff", tier="ON_SPOT"),
    "transferCase": on_a_case(
        "street_officer", communityCode=OTHER_COMMUNITY, gridCode=THIRD_GRID, reason="位置有误"
    ),
    "escalateCase": on_a_case("worker", tier="GRID_LEADER", reason="现场无法解决"),
    "returnCase": on_a_case("grid_leader", reason="须重新交办"),
    "requestSuspension": on_a_case("worker", reason="等待配件"),
    "requestExtension": before_its_limit,
    "requestReturn": on_a_case("worker", reason="不属于本网格"),
    "decideRequest": after(accepted, assessed, assigned, asked, by="grid_leader", granted=True, note="属实"),
    "resumeCase": after(accepted, assessed, assigned, asked, granted, by="worker", note="配件已到"),
    "resolveOnSpot": on_a_case("worker", result="已处理"),
    "resolveCase": on_a_case("grid_leader", Tier.GRID_LEADER, result="已处理"),
    "verifyCase": after(
        accepted, assessed, assigned, resolved, by="community_staff", passed=True, note="现场已恢复"
    ),
    "rateCase": rate,
    "closeCase": after(accepted, assessed, assigned, resolved, verified, by="community_staff", note=None),
    "reopenCase": after(accepted, assessed, assigned, resolved, verified, by="resident", reason="问题复发"),
    "markDuplicate": lambda town: joining(town, "ofId"),
    "mergeCase": lambda town: joining(town, "intoId"),
    "undoMerge": after(merged, by="community_staff", reason="并非同一事项"),
    "splitCase": on_a_case(
        "community_staff", parts=[{"text": "井盖"}, {"text": "路灯", "category": "01003", "gridCode": GRID}]
    ),
    "blowWhistle": blow,
    "summonDepartment": on_a_whistle("street_officer", departmentId=1),
    "signSummons": on_a_whistle("officer", departmentId=0),
    "checkIn": on_a_whistle("officer", departmentId=0),
    "refuseSummons": on_a_whistle("officer", departmentId=0, reason="不属本部门职责"),
    "recordMissedCheckIn": on_a_whistle("street_officer", departmentId=0),
    "answerSummons": on_a_whistle("officer", checked_in, departmentId=0, result="已处置"),
    "rateDepartment": on_a_whistle("street_officer", answered, departmentId=0, score=5),
    "openOnSiteMeeting": on_a_whistle("street_officer", linkage="LAST_MILE", items=["清理路面", "恢复照明"]),
    "settleOnSiteItem": on_a_whistle("street_officer", met, linkage="LAST_MILE", item=1),
    "closeOnSiteMeeting": on_a_whistle("street_officer", met, settled, linkage="LAST_MILE"),
    "resolveWhistle": on_a_whistle("street_officer", answered, result="联动办结"),
    "withdrawWhistle": on_a_whistle("street_officer", reason="社区可自行处置"),
}


# Setting up


def setting_up(by: str, prepare: Callable[[Town], Awaitable[dict[str, Any]]]) -> Prepare:
    """A command about divisions, grids, workers, departments or policies."""

    async def prepared(town: Town) -> Prepared:
        return actor(town, by), await prepare(town)

    return prepared


def fresh_grid_code(town: Town) -> str:
    """A code that no grid of the community bears yet."""
    return grid_code(town, COMMUNITY)


async def drawn(town: Town, *, occupied: bool = False) -> str:
    """The code of a fresh grid."""
    code = fresh_grid_code(town)
    await town.do(grids.DrawGrid(grid_code=code, name="新网格", households=280))
    if occupied:
        await town.do(grids.AssignGridWorker(grid_code=code, worker_id=await registered(town)))
    return code


async def registered(town: Town) -> UUID:
    """A worker of the community's roster who serves no grid."""
    command = grids.RegisterGridWorker(community_code=COMMUNITY, label=f"网格员 {next(_numbers)}")
    return (await town.do(command)).id


async def entered(town: Town) -> str:
    """The code of a fresh community."""
    code = fresh_community_code(town)
    since = date(2024, 1, 1)
    await town.do(divisions.RegisterDivision(code=code, name="新社区", effective_from=since))
    return code


def fresh_community_code(town: Town) -> str:
    """A code that no community of the street bears yet."""
    return community_code(town)


async def established(town: Town) -> str:
    """A fresh department."""
    command = divisions.EstablishDepartment(division_code="120101", name="新部门")
    return str((await town.do(command, SYSTEM)).id)


async def draw(town: Town) -> dict[str, Any]:
    return {"gridCode": fresh_grid_code(town), "name": "新网格", "households": 300}


async def redraw(town: Town) -> dict[str, Any]:
    return {"gridCode": await drawn(town), "name": "调整后网格", "households": 320}


async def retire(town: Town) -> dict[str, Any]:
    return {"gridCode": await drawn(town), "reason": "并入相邻网格"}


async def register_worker(_town: Town) -> dict[str, Any]:
    return {"communityCode": COMMUNITY, "label": f"网格员 {next(_numbers)}", "name": "工作人员 九"}


async def assign_worker(town: Town) -> dict[str, Any]:
    return {"gridCode": await drawn(town), "workerId": str(await registered(town))}


async def relieve_worker(town: Town) -> dict[str, Any]:
    return {"gridCode": await drawn(town, occupied=True), "reason": "岗位调整"}


async def publish(town: Town) -> dict[str, Any]:
    return {"workerId": str(await registered(town)), "contact": "公示栏 009"}


async def register_division(town: Town) -> dict[str, Any]:
    return {"code": fresh_community_code(town), "name": "新社区", "effectiveFrom": "2024-01-01"}


async def rename_division(town: Town) -> dict[str, Any]:
    return {"code": await entered(town), "name": "更名社区", "effectiveFrom": "2025-01-01"}


async def recode_division(town: Town) -> dict[str, Any]:
    code = await entered(town)
    return {"code": code, "newCode": fresh_community_code(town), "effectiveFrom": "2025-01-01"}


async def abolish_division(town: Town) -> dict[str, Any]:
    return {"code": await entered(town), "effectiveFrom": "2025-01-01"}


async def establish(_town: Town) -> dict[str, Any]:
    return {"divisionCode": "120101", "name": "新部门"}


async def rename_department(town: Town) -> dict[str, Any]:
    return {"departmentId": await established(town), "name": "更名部门"}


async def abolish_department(town: Town) -> dict[str, Any]:
    return {"departmentId": await established(town), "reason": "机构改革"}


async def adopt(_town: Town) -> dict[str, Any]:
    return {"document": policies.default_policy() | {"version": f"of test {next(_numbers)}"}}


async def announce(_town: Town) -> dict[str, Any]:
    day = date(2030, 1, 1) + timedelta(days=next(_numbers))
    return {"days": [{"day": day.isoformat(), "works": False}], "divisionCode": "120101"}


async def erasable(town: Town) -> dict[str, Any]:
    report = cases.ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    return {"subjectId": str((await town.do(report, ANONYMOUS)).id), "reason": "OWN_REQUEST"}


SETUP: dict[str, Prepare] = {
    "drawGrid": setting_up("community_staff", draw),
    "redrawGrid": setting_up("community_staff", redraw),
    "retireGrid": setting_up("community_staff", retire),
    "registerGridWorker": setting_up("community_staff", register_worker),
    "assignGridWorker": setting_up("community_staff", assign_worker),
    "relieveGridWorker": setting_up("community_staff", relieve_worker),
    "publishContact": setting_up("community_staff", publish),
    "registerDivision": setting_up("administrator", register_division),
    "renameDivision": setting_up("administrator", rename_division),
    "recodeDivision": setting_up("administrator", recode_division),
    "abolishDivision": setting_up("administrator", abolish_division),
    "establishDepartment": setting_up("administrator", establish),
    "renameDepartment": setting_up("administrator", rename_department),
    "abolishDepartment": setting_up("administrator", abolish_department),
    "adoptPolicy": setting_up("administrator", adopt),
    "announceWorkdays": setting_up("administrator", announce),
    "eraseSubject": setting_up("administrator", erasable),
}
MUTATIONS: dict[str, Prepare] = HANDLING | SETUP | STEPS
"""Every mutation."""
