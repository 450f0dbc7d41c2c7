"""Commands about the care ledger (重点群体工作台账)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.grids import GridCode
from chuishao.commands.registers.files import (
    Household,
    Line,
    Purpose,
    SamePerson,
    subject_of,
)
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.registers.care import CareEntry
from chuishao.domain.registers.look import Look
from chuishao.domain.registers.terms import CareGroup, ExitReason, Register, ResourceSource
from chuishao.domain.rounds.household import require_household


@dataclass(frozen=True, kw_only=True)
class EnrolCare(Command):
    """纳入台账 Enter a person of a priority group into the care ledger of a grid."""

    thing = "careEntry"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_CARE]
    group: Annotated[CareGroup, Doc("群体 the priority group")]
    grid_code: GridCode
    whom: Annotated[str, Doc("对象 who it is, such as “老人 001”; personal text")]
    words: Annotated[str, Doc("情况 how the person lives; personal text, up to 4,000 characters")]
    household: Household = None
    same_person_as: SamePerson = None

    async def decide(self, work: Work) -> CareEntry:
        """Enrol."""
        work.require_setup(Setup.KEEP_CARE, self.grid_code, "gridCode")
        require_household(self.household, (await work.grid(self.grid_code)).households)
        subject = await subject_of(work, self.same_person_as)
        made = CareEntry.enrol(
            work.new_id(),
            self.group,
            self.grid_code,
            subject,
            self.whom,
            self.household,
            self.words,
            work.at,
        )
        return work.add(made)


@dataclass(frozen=True, kw_only=True)
class CareCommand(Command):
    """A command about one entry of the ledger that exists."""

    thing = "careEntry"
    care_id: Annotated[UUID, Doc("台账记录 the entry of the care ledger")]

    async def entry(self, work: Work, what: Setup) -> CareEntry:
        """Load the entry; refused where the actor may not do this there."""
        entry = await work.get(CareEntry, self.care_id, "careId")
        work.require_setup(what, entry.place, "careId")
        return entry


@dataclass(frozen=True, kw_only=True)
class RecordNeed(CareCommand):
    """记录需求 Write down what somebody in the ledger needs."""

    roles = MAY_SET_UP[Setup.KEEP_CARE]
    words: Annotated[str, Doc("需求 what is needed; personal text")]

    async def decide(self, work: Work) -> CareEntry:
        """Record."""
        entry = await self.entry(work, Setup.KEEP_CARE)
        entry.record_need(self.words, work.at)
        return entry


@dataclass(frozen=True, kw_only=True)
class MatchResource(CareCommand):
    """对接资源 Write down which resource of government, society or community was found for a need."""

    roles = MAY_SET_UP[Setup.MATCH_RESOURCE]
    need: Annotated[int, Doc("需求 the number of the line that records the need")]
    source: Annotated[ResourceSource, Doc("来源 where the resource comes from")]
    words: Annotated[str, Doc("资源 what was found; personal text")]

    async def decide(self, work: Work) -> CareEntry:
        """Match."""
        entry = await self.entry(work, Setup.MATCH_RESOURCE)
        entry.match(self.need, self.source, self.words, work.at)
        return entry


@dataclass(frozen=True, kw_only=True)
class CorrectCare(CareCommand):
    """更正台账 Write what holds in place of a line, which stays; each line is corrected once."""

    roles = MAY_SET_UP[Setup.KEEP_CARE]
    line: Line
    words: Annotated[str, Doc("内容 what holds; personal text")]

    async def decide(self, work: Work) -> CareEntry:
        """Correct."""
        entry = await self.entry(work, Setup.KEEP_CARE)
        entry.correct(self.line, self.words, work.at)
        return entry


@dataclass(frozen=True, kw_only=True)
class ExitCare(CareCommand):
    """退出台账 Let somebody leave the ledger; what was written stays."""

    roles = MAY_SET_UP[Setup.KEEP_CARE]
    reason: Annotated[ExitReason, Doc("事由 why; it stays in plain, so there is no free text")]

    async def decide(self, work: Work) -> CareEntry:
        """Exit."""
        entry = await self.entry(work, Setup.KEEP_CARE)
        entry.exit(self.reason, work.at)
        return entry


@dataclass(frozen=True, kw_only=True)
class ReadCareEntry(CareCommand):
    """查阅台账 Read the words of an entry of the care ledger. The look is recorded first, as of now."""

    thing = "words"
    makes = True
    roles = MAY_SET_UP[Setup.READ_CARE]
    purpose: Purpose

    async def decide(self, work: Work) -> Look:
        """Record the look; whatever the client's clock says, it is taken now."""
        entry = await self.entry(work, Setup.READ_CARE)
        look = Look.take(work.new_id(), Register.CARE, entry.id, entry.place, self.purpose, work.now)
        return work.add(look)
