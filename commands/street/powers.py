"""Commands by which a street exercises its powers, and by which its advice is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.street.fields import Answer, BodyCode, DepartmentId, StreetCode, unit_around
from chuishao.commands.whistles import summonable
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.division import Level
from chuishao.domain.event import not_too_many
from chuishao.domain.street.powers import PowerExercise, appraisal_id, require_own_street
from chuishao.domain.street.refusals import DepartmentAppraisedAlready
from chuishao.domain.street.terms import StreetPower
from chuishao.domain.whistle import Whistle


async def _own_street(work: Work, code: str) -> None:
    """Refuse whoever does not act for that street, and a code that is no street's."""
    require_own_street(work.actor, code)
    await work.division(code, Level.STREET, "streetCode")


@dataclass(frozen=True, kw_only=True)
class AppraiseDepartment(Command):
    """考核评价部门 Appraise a department over whistles to which the street summoned it, once a period."""

    thing = "powerExercise"
    makes = True
    roles = MAY_SET_UP[Setup.EXERCISE_POWERS]
    street_code: StreetCode
    department_id: Annotated[UUID, Doc("部门 the department")]
    period: Annotated[str, Doc("考核期 a year or a quarter, as in 2026 or 2026-Q1")]
    score: Annotated[int, Doc("评分 from 1 to 5")]
    whistle_ids: Annotated[list[UUID], Doc("依据 the whistles on which it rests, at least one")]
    comment: Annotated[str | None, Doc("意见 what is said beside the score; personal text")] = None

    async def decide(self, work: Work) -> PowerExercise:
        """Appraise, after a look at each of the whistles."""
        await _own_street(work, self.street_code)
        department = await summonable(work, self.department_id, self.street_code, "departmentId")
        not_too_many("whistleIds", len(self.whistle_ids))
        whistles = [
            await work.get(Whistle, id_, "whistleIds", str(number))
            for number, id_ in enumerate(self.whistle_ids)
        ]
        appraised = PowerExercise.appraise(
            self.street_code, department, self.period, self.score, self.comment, whistles,
            work.actor, work.at,
        )  # fmt: skip
        period = self.period.strip()
        if await work.find(PowerExercise, appraisal_id(self.street_code, department, period)):
            raise DepartmentAppraisedAlready(
                "period", street=self.street_code, department=department, period=period
            )
        return work.add(appraised)


@dataclass(frozen=True, kw_only=True)
class IssueAdvice(Command):
    """提出建议 Advise a department, or a body above the street, on an appointment or a major matter."""

    thing = "powerExercise"
    makes = True
    roles = MAY_SET_UP[Setup.EXERCISE_POWERS]
    street_code: StreetCode
    power: Annotated[StreetPower, Doc("权力 APPOINTMENT_ADVICE or MAJOR_MATTER_ADVICE")]
    advice: Annotated[str, Doc("建议 what is advised; personal text")]
    department_id: DepartmentId = None
    body_code: BodyCode = None

    async def decide(self, work: Work) -> PowerExercise:
        """Advise."""
        await _own_street(work, self.street_code)
        addressee = await unit_around(work, self.department_id, self.body_code, self.street_code)
        return work.add(
            PowerExercise.advise(
                work.new_id(), self.street_code, self.power, addressee, self.advice, work.actor, work.at
            )
        )


@dataclass(frozen=True, kw_only=True)
class AnswerAdvice(Command):
    """答复建议 Say for whoever was advised what comes of a street's advice."""

    thing = "powerExercise"
    roles = MAY_SET_UP[Setup.ANSWER_ADVICE]
    exercise_id: Annotated[UUID, Doc("建议 the advice")]
    adopted: Annotated[bool, Doc("采纳 whether it is taken")]
    answer: Answer

    async def decide(self, work: Work) -> PowerExercise:
        """Answer."""
        advice = await work.get(PowerExercise, self.exercise_id, "exerciseId")
        advice.answer(self.answer, work.actor, work.at, adopted=self.adopted)
        return advice


@dataclass(frozen=True, kw_only=True)
class FilePlanOpinion(Command):
    """提出规划意见 Give the street's opinion on a plan of land and space."""

    thing = "powerExercise"
    makes = True
    roles = MAY_SET_UP[Setup.EXERCISE_POWERS]
    street_code: StreetCode
    plan: Annotated[str, Doc("规划 what the plan is called")]
    opinion: Annotated[str, Doc("意见 what the street thinks of it; personal text")]

    async def decide(self, work: Work) -> PowerExercise:
        """File."""
        await _own_street(work, self.street_code)
        return work.add(
            PowerExercise.opine(work.new_id(), self.street_code, self.plan, self.opinion, work.actor, work.at)
        )
