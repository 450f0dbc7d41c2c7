"""街道 Streets for the demonstration: powers, funds, duties, tasks of communities, proposals of deputies.

The divisions are real; whatever is said of them here is made up and labelled so. Deputies are called by role
and number. Departments are appraised over the whistles of the day's cases, once they have answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID, uuid5

from chuishao.commands.command import Command
from chuishao.commands.street.burden import AdmitTask, EndTask, RefuseTask
from chuishao.commands.street.duties import CatalogueDuty, RetireDuty
from chuishao.commands.street.funds import AllocateFund, BudgetFund, ReturnFund
from chuishao.commands.street.powers import AnswerAdvice, AppraiseDepartment, FilePlanOpinion, IssueAdvice
from chuishao.commands.street.proposals import AnswerProposal, AssignProposal, RateProposal, ReceiveProposal
from chuishao.commands.whistles import AnswerSummons, BlowWhistle
from chuishao.domain.actor import Actor
from chuishao.domain.division import Level, community_of, street_of
from chuishao.domain.street.terms import Proposer, StreetDuty, StreetPower, Verdict
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.stage import Played, Stage, command_id, made_by, officer
from chuishao.service.working_day import ZONE, Act

APPRAISALS = 5
"""How many departments are appraised over the whistles of the day."""
BUDGET = 60_000_000
"""Fen of each street's fund: 600,000 yuan."""
LAW = "街道办事处条例（模拟条款）"
DUTIES = (
    (StreetDuty.PUBLIC_SERVICE, "助餐、助医等社区养老服务"),
    (StreetDuty.PUBLIC_ADMINISTRATION, "市容环境综合管理"),
    (StreetDuty.PUBLIC_SAFETY, "矛盾纠纷排查化解"),
    (StreetDuty.PUBLIC_ADMINISTRATION, "代收代缴各类费用"),
)
_SQL = statements("chuishao.service.played", "street.sql")

Done = Iterator[tuple[Actor, Command]]


@dataclass(frozen=True)
class _Street:
    """A street with its communities, the departments around it, and those who act for them."""

    code: str
    communities: Sequence[str]
    departments: Sequence[UUID]
    day: date

    @property
    def district(self) -> str:
        """The district it lies in."""
        return self.code[: Level.DISTRICT.digits]

    @property
    def officer(self) -> Actor:
        """Who acts for the street."""
        return officer(self.code)

    @property
    def above(self) -> Actor:
        """Who acts for the office of the district."""
        return Actor(f"administrator-{self.district}", Role.ADMINISTRATOR, self.district)

    def staff(self, community: str) -> Actor:
        """Who acts for a community."""
        return Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)

    def department(self, number: int) -> tuple[UUID, Actor]:
        """A department, and its officer."""
        id_ = self.departments[number % len(self.departments)]
        return id_, Actor(f"officer-{id_}", Role.DEPARTMENT_OFFICER, self.district, id_)

    def made(self, what: str, number: int) -> UUID:
        """What a command of the street makes, by its number."""
        return made_by(self.code, what, number)


def _played(what: str, done: Callable[[_Street], Done], hour: int) -> Callable[[Stage], list[list[Act]]]:
    """The acts of every street on a day, in order, from an hour on."""

    def acts(stage: Stage) -> list[list[Act]]:
        chains = []
        for code, group in groupby((post.grid for post in stage.posts), street_of):
            communities = list(dict.fromkeys(map(community_of, group)))
            street = _Street(code, communities, stage.departments, stage.day)
            begins = datetime.combine(stage.day, time(hour), ZONE)
            chains.append(
                [
                    Act(begins + timedelta(minutes=4 * number), by, command, command_id(code, what, number))
                    for number, (by, command) in enumerate(done(street))
                ]
            )
        return chains

    return acts


def _powers(street: _Street) -> Done:
    """Advice to a department, which is taken, and to the district, which is not; a plan; money."""
    code, by = street.code, street.officer
    department, answers = street.department(0)
    advice = "建议优先改造老旧管网（模拟）"
    power = StreetPower.MAJOR_MATTER_ADVICE
    yield by, IssueAdvice(street_code=code, power=power, advice=advice, department_id=department)
    first, second = street.made("powers", 0), street.made("powers", 2)
    yield answers, AnswerAdvice(exercise_id=first, adopted=True, answer="已列入年度计划（模拟）")
    advice = "建议推荐网格员 001 参加评优（模拟）"
    power = StreetPower.APPOINTMENT_ADVICE
    yield by, IssueAdvice(street_code=code, power=power, advice=advice, body_code=street.district)
    yield street.above, AnswerAdvice(exercise_id=second, adopted=False, answer="名额已满（模拟）")
    plan, opinion = "片区国土空间规划草案（模拟）", "建议补足社区养老设施用地（模拟）"
    yield by, FilePlanOpinion(street_code=code, plan=plan, opinion=opinion)
    yield from _funds(street)


def _funds(street: _Street) -> Done:
    """A budget, raised once; two communities are given some of it, and one gives a part back."""
    by, year = street.officer, street.day.year
    for amount in (BUDGET // 2, BUDGET):
        yield by, BudgetFund(street_code=street.code, year=year, amount=amount)
    for community in street.communities[:2]:
        yield (
            by,
            AllocateFund(
                street_code=street.code,
                year=year,
                community_code=community,
                amount=BUDGET // 5,
                use="楼道照明改造（模拟）",
            ),
        )
    reason = "项目结余（模拟）"
    amount = BUDGET // 50
    yield by, ReturnFund(street_code=street.code, year=year, number=1, amount=amount, reason=reason)


def _duties(street: _Street) -> Done:
    """A list under the three core duties; the last one is taken off again."""
    by = street.officer
    for core, name in DUTIES:
        yield by, CatalogueDuty(street_code=street.code, core_duty=core, name=f"{name}（模拟）", basis=LAW)
    reason = "不属街道职责（模拟）"
    yield by, RetireDuty(street_code=street.code, number=len(DUTIES), reason=reason)


def _burden(street: _Street) -> Done:
    """Of each of two communities: one task for a department, one for the street; one refused, one ended."""
    for number, community in enumerate(street.communities[:2]):
        department, _ = street.department(number)
        staff = street.staff(community)
        tasks = (("协助入户登记（模拟）", 24), ("临时报表（模拟）", 10))
        for name, hours in tasks:
            admit = AdmitTask(community_code=community, name=name, hours=hours, department_id=department)
            yield street.officer, admit
        own = AdmitTask(
            community_code=community, name="文明楼栋创建（模拟）", hours=16, body_code=street.code
        )
        yield staff, own
        refuse = RefuseTask(
            community_code=community,
            name="代开各类证明（模拟）",
            hours=30,
            department_id=department,
            reason="不属社区工作事项（模拟）",
        )
        yield staff, refuse
        yield staff, EndTask(community_code=community, number=2, reason="报表已取消（模拟）")


def _proposals(street: _Street) -> Done:
    """Three proposals: a department's answer is rated, the district has answered, one is not yet assigned."""
    by, (department, answers) = street.officer, street.department(1)
    said = (
        (Proposer.PEOPLES_CONGRESS_DEPUTY, "人大代表 001（模拟）", "增设过街天桥（模拟）"),
        (Proposer.CPPCC_MEMBER, "政协委员 001（模拟）", "扩大老年助餐覆盖（模拟）"),
        (Proposer.PEOPLES_CONGRESS_DEPUTY, "人大代表 002（模拟）", "整治占道停车（模拟）"),
    )
    for proposer, label, text in said:
        receive = ReceiveProposal(division_code=street.code, proposer=proposer, label=label, proposal=text)
        yield by, receive
    first, second = (street.made("proposals", number) for number in (0, 1))
    yield by, AssignProposal(proposal_id=first, department_id=department)
    yield answers, AnswerProposal(proposal_id=first, answer="已列入建设计划（模拟）")
    yield by, RateProposal(proposal_id=first, verdict=Verdict.SATISFIED, comment="办理及时（模拟）")
    yield by, AssignProposal(proposal_id=second, body_code=street.district)
    yield street.above, AnswerProposal(proposal_id=second, answer="将统筹安排（模拟）")


# 考核评价 over the whistles of the day


def appraised(scripts: Sequence[list[Act]]) -> Iterator[list[Act]]:
    """The scripts of cases; after the first whistles that departments answered with an appraisal of one."""
    known: set[UUID] = set()
    for script in scripts:
        act = _appraisal(script) if len(known) < APPRAISALS else None
        if act is None or act.id in known:
            yield script
        else:
            known.add(act.id)
            yield [*script, act]


def _appraisal(script: Sequence[Act]) -> Act | None:
    """The appraisal of the department that answered first, of its street for the quarter."""
    blown = next((act for act in script if isinstance(act.command, BlowWhistle)), None)
    for answered in script:
        command = answered.command
        if blown is None or not isinstance(command, AnswerSummons):
            continue
        by, at = blown.actor, script[-1].at + timedelta(minutes=1)
        street, department = street_of(by.scope or ""), command.department_id
        period = f"{at.year}-Q{(at.month + 2) // 3}"
        appraise = AppraiseDepartment(
            street_code=street,
            department_id=department,
            period=period,
            score=5,
            whistle_ids=[uuid5(blown.id, "")],
            comment="到场及时（模拟）",
        )
        return Act(at, by, appraise, command_id(street, "appraisal", department, period))
    return None


# What is printed


async def _told(connection: Connection, name: str, district: str) -> dict[str, int]:
    row = await connection.fetchrow(_SQL[name], district)
    assert row is not None
    return dict(row)


async def powers_told(connection: Connection, district: str) -> dict[int, str]:
    """What the ledger of a district says."""
    told = await _told(connection, "powers", district)
    given, budget = told["allocated"] // 100, told["budget"] // 100
    return {
        5: f"{told['exercised']} times exercised, {told['appraised']} departments appraised;"
        f" {told['adopted']} of {told['advised']} pieces of advice taken;"
        f" {given:,} of {budget:,} yuan 元 with communities"
    }


async def duties_told(connection: Connection, district: str) -> dict[int, str]:
    """What the duty lists of a district say."""
    told = await _told(connection, "duties", district)
    duties, streets, retired = told["standing"], told["streets"], told["retired"]
    return {6: f"{duties} duties on the lists of {streets} streets, {retired} taken off"}


async def burden_told(connection: Connection, district: str) -> dict[int, str]:
    """What the loads of a district's communities say."""
    told = await _told(connection, "burden", district)
    return {
        34: f"{told['admitted']} tasks admitted, {told['refused']} refused, {told['ended']} ended;"
        f" the heaviest load is {told['heaviest']} hours a month"
    }


async def proposals_told(connection: Connection, district: str) -> dict[int, str]:
    """What the board of proposals of a district says."""
    told = await _told(connection, "proposals", district)
    answered, satisfied = told["answered"], told["satisfied"]
    return {40: f"{answered} of {told['received']} answered, {satisfied} of {told['rated']} satisfied"}


PLAYED = (
    Played("Powers of streets 街道赋权", _played("powers", _powers, 9), powers_told),
    Played("Duties of streets 街道职责", _played("duties", _duties, 10), duties_told),
    Played("Load of communities 社区减负", _played("burden", _burden, 11), burden_told),
    Played("Proposals of deputies 代表建议", _played("proposals", _proposals, 13), proposals_told),
)
