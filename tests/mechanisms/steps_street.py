"""For every mutation of the street a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chuishao.commands.divisions import EstablishDepartment
from chuishao.commands.street.burden import AdmitTask, EndTask, RefuseTask
from chuishao.commands.street.duties import CatalogueDuty, RetireDuty
from chuishao.commands.street.funds import AllocateFund, BudgetFund, ReturnFund
from chuishao.commands.street.powers import AnswerAdvice, AppraiseDepartment, FilePlanOpinion, IssueAdvice
from chuishao.commands.street.proposals import AnswerProposal, AssignProposal, RateProposal, ReceiveProposal
from chuishao.commands.whistles import BlowWhistle
from chuishao.domain.actor import Actor
from chuishao.domain.event import fold
from chuishao.domain.street.burden import burden_id
from chuishao.domain.street.duties import duty_list_id
from chuishao.domain.street.terms import Proposer, StreetDuty, StreetPower, Verdict
from chuishao.domain.vocabulary import LinkageMechanism, Role, Tier, WhistleKind
from tests.mechanisms.kinds import Board, Live, Prepare, Prepared
from tests.numbers import number
from tests.town import COMMUNITY, SAID, STREET, Town

DISTRICT = "120101"
DISTRICT_OFFICE = Actor("administrator-7", Role.ADMINISTRATOR, DISTRICT)
BUDGET = 1_000_000_000
BASIS = "街道办事处条例第三条"


PERIOD = "2026"
"""The year in which the whistles of these tests are blown."""


def year(town: Town) -> int:
    """A year of a fund, one after the other, over and over."""
    return 2000 + number(town, "of the street") % 101


def named(town: Town, what: str) -> str:
    """A name that nothing else has."""
    return f"{what} {number(town, 'of the street')}"


# What comes before


async def summoned(town: Town) -> tuple[UUID, UUID]:
    """A department that was never appraised, and a whistle to which it was summoned."""
    establish = EstablishDepartment(division_code=DISTRICT, name=named(town, "联动部门"))
    department = (await town.do(establish)).id
    blow = BlowWhistle(
        case_id=await town.assigned(Tier.MULTI_UNIT),
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门联动",
        department_ids=[department, *town.departments],
    )
    return department, (await town.do(blow, town.street_officer)).id


async def appraised(town: Town, comment: str | None = None, department: UUID | None = None) -> UUID:
    """An appraisal over a whistle of the year; by itself of one for which no officer of these tests acts."""
    fresh, whistle = await summoned(town)
    appraise = AppraiseDepartment(
        street_code=STREET,
        department_id=department or fresh,
        period=PERIOD,
        score=4,
        whistle_ids=[whistle],
        comment=comment,
    )
    return (await town.do(appraise, town.street_officer)).id


async def advised(town: Town, *, above: bool = False, advice: str = "缓建停车楼") -> UUID:
    """Advice to the first department, or to the district."""
    unit: dict[str, Any] = {"body_code": DISTRICT} if above else {"department_id": town.departments[0]}
    issue = IssueAdvice(street_code=STREET, power=StreetPower.MAJOR_MATTER_ADVICE, advice=advice, **unit)
    return (await town.do(issue, town.street_officer)).id


async def budgeted(town: Town) -> int:
    """A year in which there is money enough."""
    found = year(town)
    budget = BudgetFund(street_code=STREET, year=found, amount=BUDGET + number(town, "of the street"))
    await town.do(budget, town.street_officer)
    return found


async def allocated(town: Town, amount: int = 500) -> tuple[int, int]:
    """An allocation to the community: the year, and its number."""
    found = await budgeted(town)
    give = AllocateFund(
        street_code=STREET, year=found, community_code=COMMUNITY, amount=amount, use="楼道照明"
    )
    fund = (await town.do(give, town.street_officer)).id
    return found, len(fold(await town.log.stream(fund)).allocations)


async def catalogued(town: Town) -> int:
    """A duty of the street; its number."""
    core = StreetDuty.PUBLIC_SERVICE
    catalogue = CatalogueDuty(street_code=STREET, core_duty=core, name=named(town, "物业协调"), basis=BASIS)
    await town.do(catalogue, town.street_officer)
    return len(fold(await town.log.stream(duty_list_id(STREET))).items)


async def admitted(town: Town, hours: int = 20) -> int:
    """A task of the community, which the first department asked for; its number."""
    admit = AdmitTask(
        community_code=COMMUNITY, department_id=town.departments[0], name=named(town, "入户填表"), hours=hours
    )
    await town.do(admit, town.community_staff)
    return len(fold(await town.log.stream(burden_id(COMMUNITY))).tasks)


async def received(town: Town, proposal: str = "增设过街天桥") -> UUID:
    """A proposal to the street."""
    label = f"人大代表 {number(town, 'of the street'):03d}"
    receive = ReceiveProposal(
        division_code=STREET, proposer=Proposer.PEOPLES_CONGRESS_DEPUTY, label=label, proposal=proposal
    )
    return (await town.do(receive, town.street_officer)).id


async def assigned(town: Town, body: str | None = None, proposal: str = "增设过街天桥") -> UUID:
    """A proposal that the first department is to answer, or the office of a division."""
    id_ = await received(town, proposal)
    department = town.departments[0] if body is None else None
    assign = AssignProposal(proposal_id=id_, department_id=department, body_code=body)
    await town.do(assign, town.street_officer)
    return id_


async def answered(town: Town, proposal: str = "增设过街天桥", answer: str = "已列入计划") -> UUID:
    """A proposal that the street itself answered."""
    id_ = await assigned(town, STREET, proposal)
    await town.do(AnswerProposal(proposal_id=id_, answer=answer), town.street_officer)
    return id_


# The mutations


async def appraise_department(town: Town) -> Prepared:
    department, whistle = await summoned(town)
    given = {"departmentId": str(department), "period": PERIOD, "score": 4, "comment": SAID}
    return town.street_officer, {"streetCode": STREET, "whistleIds": [str(whistle)]} | given


async def issue_advice(town: Town) -> Prepared:
    given = {"power": "APPOINTMENT_ADVICE", "advice": SAID, "departmentId": str(town.departments[0])}
    return town.street_officer, {"streetCode": STREET} | given


async def answer_advice(town: Town) -> Prepared:
    return town.officer(), {"exerciseId": str(await advised(town)), "adopted": True, "answer": SAID}


async def file_plan_opinion(town: Town) -> Prepared:
    return town.street_officer, {"streetCode": STREET, "plan": "某片区控规（草案）", "opinion": SAID}


async def budget_fund(town: Town) -> Prepared:
    given = {"streetCode": STREET, "year": year(town), "amount": BUDGET + number(town, "of the street")}
    return town.street_officer, given


async def allocate_fund(town: Town) -> Prepared:
    given = {"year": await budgeted(town), "communityCode": COMMUNITY, "amount": 500, "use": "楼道照明"}
    return town.street_officer, {"streetCode": STREET} | given


async def return_fund(town: Town) -> Prepared:
    found, number = await allocated(town)
    given = {"year": found, "number": number, "amount": 200, "reason": SAID}
    return town.street_officer, {"streetCode": STREET} | given


async def catalogue_duty(town: Town) -> Prepared:
    given = {"coreDuty": "PUBLIC_SAFETY", "name": named(town, "消防巡查"), "basis": BASIS}
    return town.street_officer, {"streetCode": STREET} | given


async def retire_duty(town: Town) -> Prepared:
    return town.street_officer, {"streetCode": STREET, "number": await catalogued(town), "reason": SAID}


async def _asked(town: Town) -> dict[str, Any]:
    given = {"name": named(town, "台账"), "hours": 12, "departmentId": str(town.departments[0])}
    return {"communityCode": COMMUNITY} | given


async def admit_task(town: Town) -> Prepared:
    return town.community_staff, await _asked(town)


async def refuse_task(town: Town) -> Prepared:
    return town.community_staff, await _asked(town) | {"reason": SAID}


async def end_task(town: Town) -> Prepared:
    number = await admitted(town)
    return town.community_staff, {"communityCode": COMMUNITY, "number": number, "reason": SAID}


async def receive_proposal(town: Town) -> Prepared:
    given = {"proposer": "CPPCC_MEMBER", "label": "政协委员 003", "proposal": SAID}
    return town.street_officer, {"divisionCode": STREET} | given


async def assign_proposal(town: Town) -> Prepared:
    given = {"proposalId": str(await received(town)), "departmentId": str(town.departments[0])}
    return town.street_officer, given


async def answer_proposal(town: Town) -> Prepared:
    return town.officer(), {"proposalId": str(await assigned(town)), "answer": SAID}


async def rate_proposal(town: Town) -> Prepared:
    given = {"proposalId": str(await answered(town)), "verdict": "MOSTLY_SATISFIED", "comment": SAID}
    return town.street_officer, given


STEPS: dict[str, Prepare] = {
    "appraiseDepartment": appraise_department,
    "issueAdvice": issue_advice,
    "answerAdvice": answer_advice,
    "filePlanOpinion": file_plan_opinion,
    "budgetFund": budget_fund,
    "allocateFund": allocate_fund,
    "returnFund": return_fund,
    "catalogueDuty": catalogue_duty,
    "retireDuty": retire_duty,
    "admitTask": admit_task,
    "refuseTask": refuse_task,
    "endTask": end_task,
    "receiveProposal": receive_proposal,
    "assignProposal": assign_proposal,
    "answerProposal": answer_proposal,
    "rateProposal": rate_proposal,
}


# Moments for those who answer for the office of a division


async def advice_answered_above(town: Town) -> Prepared:
    given = {"exerciseId": str(await advised(town, above=True)), "adopted": False, "answer": SAID}
    return DISTRICT_OFFICE, given


async def proposal_answered_above(town: Town) -> Prepared:
    return DISTRICT_OFFICE, {"proposalId": str(await assigned(town, DISTRICT)), "answer": SAID}


async def proposal_answered_by_street(town: Town) -> Prepared:
    return town.street_officer, {"proposalId": str(await assigned(town, STREET)), "answer": SAID}


# One of each with everything that can be said of it


async def all_said(town: Town, said: str = "缓建停车楼") -> None:
    """Powers, money, a duty, tasks and a proposal from beginning to end."""
    staff, officer = town.community_staff, town.street_officer
    nth = number(town, "of the street")
    await appraised(town, said)
    advice = await advised(town, advice=said)
    await town.do(AnswerAdvice(exercise_id=advice, adopted=True, answer=said), town.officer())
    await town.do(FilePlanOpinion(street_code=STREET, plan="某片区控规（草案）", opinion=said), officer)
    found, allocation = await allocated(town)
    of_fund: dict[str, Any] = {"street_code": STREET, "year": found}
    await town.do(BudgetFund(**of_fund, amount=BUDGET + 700_000_000 + nth), officer)
    await town.do(ReturnFund(**of_fund, number=allocation, amount=100, reason=said), officer)
    await town.do(RetireDuty(street_code=STREET, number=await catalogued(town), reason=said), officer)
    await town.do(EndTask(community_code=COMMUNITY, number=await admitted(town), reason=said), staff)
    asked: dict[str, Any] = {"community_code": COMMUNITY, "body_code": STREET, "hours": 8}
    await town.do(RefuseTask(**asked, name=named(town, "盖章"), reason=said), staff)
    proposal = await answered(town, said, said)
    rate = RateProposal(proposal_id=proposal, verdict=Verdict.SATISFIED, comment=said)
    await town.do(rate, officer)


LIVES: list[Live] = [all_said]
"""What no single mutation shows: each from beginning to end."""
BOARDS: dict[str, Board] = {
    "powerLedger": Board("powers.entry", "filePlanOpinion"),
    "streetFunds": Board("funds.fund", "budgetFund"),
    "streetDuties": Board("duty_lists.item", "catalogueDuty"),
    "communityTasks": Board("burdens.task", "admitTask"),
    "deputyProposals": Board("proposals.proposal", "receiveProposal"),
}
"""By the name of the query."""
SINGLES: dict[str, str] = {
    "powerExercise": "SELECT e.id FROM powers.exercise e JOIN departments.department d ON d.id = e.department"
    " WHERE e.evidence > 0 AND d.name LIKE '联动部门%' LIMIT 1",
    "streetFund": "SELECT fund FROM funds.allocation WHERE returned > 0 LIMIT 1",
    "deputyProposal": "SELECT id FROM proposals.proposal WHERE comment IS NOT NULL LIMIT 1",
}
"""By the name of a query with `id`: how to find the identifier of a row of which everything is known."""
ROOTS: dict[str, str] = {
    "dutyList": f'dutyList(street: "{STREET}")',
    "burdenList": f'burdenList(community: "{COMMUNITY}")',
}
"""Queries by code."""
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_power_exercise": lambda ids: {"id": ids["powerExercise"]},
    "frontend_street_fund": lambda ids: {"id": ids["streetFund"]},
    "frontend_deputy_proposal": lambda ids: {"id": ids["deputyProposal"]},
    "frontend_duty_list": lambda _ids: {"street": STREET},
    "frontend_burden_list": lambda _ids: {"community": COMMUNITY},
}
"""By the name of an example operation: its variables."""
LEADING = frozenset({("AppraisalEvidence", "whistle")})
"""Fields that lead to a case."""
OF_ITS_OWN: dict[tuple[str, Role], Prepare] = {
    ("answerAdvice", Role.ADMINISTRATOR): advice_answered_above,
    ("answerProposal", Role.ADMINISTRATOR): proposal_answered_above,
    ("answerProposal", Role.STREET_OFFICER): proposal_answered_by_street,
}
"""Moments for those who answer for the office of a division."""
