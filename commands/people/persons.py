"""Commands about persons: roster, career ladder, training, appraisal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.people.person import Person
from chuishao.domain.people.terms import Rung, TrainingTier

Period = Annotated[str, Doc("考核期 a year or a quarter, as in 2026 or 2026-Q1")]


@dataclass(frozen=True, kw_only=True)
class RegisterPerson(Command):
    """登记人员 Enter somebody into the roster of a street, a community or another division."""

    thing = "person"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_PEOPLE]
    place_code: Annotated[str, Doc("所在区划 the division of the roster")]
    label: Annotated[str, Doc("编号 role and number, shown to everybody, as in “社区工作者 001”")]
    name: Annotated[str | None, Doc("姓名 the name; personal text")] = None

    async def decide(self, work: Work) -> Person:
        """Register."""
        work.require_setup(Setup.KEEP_PEOPLE, self.place_code, "placeCode")
        await work.division(self.place_code, path="placeCode")
        return work.add(Person.register(work.new_id(), self.place_code, self.label, self.name, work.at))


@dataclass(frozen=True, kw_only=True)
class PersonCommand(Command):
    """A command about one person who is on a roster."""

    thing = "person"
    person_id: Annotated[UUID, Doc("人员 the person")]

    async def person(self, work: Work, right: Setup) -> Person:
        """Load the person; refused where the actor has no such right at their roster."""
        person = await work.get(Person, self.person_id, "personId")
        work.require_setup(right, person.place, "personId")
        return person


@dataclass(frozen=True, kw_only=True)
class RecordLevel(PersonCommand):
    """取得职业等级 Record that somebody attained the next rung of the career ladder."""

    roles = MAY_SET_UP[Setup.KEEP_PEOPLE]
    rung: Annotated[Rung, Doc("职业梯次 the rung; the next one above the one held")]

    async def decide(self, work: Work) -> Person:
        """Attain."""
        person = await self.person(work, Setup.KEEP_PEOPLE)
        person.attain(self.rung, work.at)
        return person


@dataclass(frozen=True, kw_only=True)
class RecordTraining(PersonCommand):
    """完成培训 Record that somebody completed a training."""

    roles = MAY_SET_UP[Setup.KEEP_PEOPLE]
    tier: Annotated[TrainingTier, Doc("培训层级 who gave it: city, district or street")]
    course: Annotated[str, Doc("课程 what it was about")]
    hours: Annotated[int, Doc("学时 how many hours it took")]

    async def decide(self, work: Work) -> Person:
        """Train."""
        person = await self.person(work, Setup.KEEP_PEOPLE)
        person.train(self.tier, self.course, self.hours, work.at)
        return person


@dataclass(frozen=True, kw_only=True)
class RecordAppraisal(PersonCommand):
    """综合考核 Appraise somebody for a period, once."""

    roles = MAY_SET_UP[Setup.APPRAISE]
    period: Period
    points: Annotated[int, Doc("得分 1 to 100")]
    comment: Annotated[str | None, Doc("评语 a remark; personal text")] = None

    async def decide(self, work: Work) -> Person:
        """Appraise."""
        person = await self.person(work, Setup.APPRAISE)
        person.appraise(self.period, self.points, self.comment, work.at)
        return person


@dataclass(frozen=True, kw_only=True)
class GrantIncentive(PersonCommand):
    """激励 Grant somebody an incentive, after the appraisal of the period."""

    roles = MAY_SET_UP[Setup.APPRAISE]
    period: Period
    incentive: Annotated[str, Doc("激励 what is granted; personal text")]

    async def decide(self, work: Work) -> Person:
        """Grant."""
        person = await self.person(work, Setup.APPRAISE)
        person.grant(self.period, self.incentive, work.at)
        return person
