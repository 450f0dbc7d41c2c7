"""Commands about the diary (民情日志)."""

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
from chuishao.domain.registers.diary import DiaryEntry
from chuishao.domain.registers.look import Look
from chuishao.domain.registers.terms import DiaryTopic, Register
from chuishao.domain.rounds.household import require_household


@dataclass(frozen=True, kw_only=True)
class WriteDiaryEntry(Command):
    """记录民情日志 Write down what was met in a grid: a household, unrest, surroundings, a key person."""

    thing = "diaryEntry"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_DIARY]
    topic: Annotated[DiaryTopic, Doc("主题 what it is about")]
    grid_code: GridCode
    words: Annotated[str, Doc("内容 what was met; personal text, up to 4,000 characters")]
    household: Household = None
    same_person_as: SamePerson = None

    async def decide(self, work: Work) -> DiaryEntry:
        """Write."""
        work.require_setup(Setup.KEEP_DIARY, self.grid_code, "gridCode")
        require_household(self.household, (await work.grid(self.grid_code)).households)
        subject = await subject_of(work, self.same_person_as)
        made = DiaryEntry.write(
            work.new_id(), self.topic, self.grid_code, subject, self.household, self.words, work.at
        )
        return work.add(made)


@dataclass(frozen=True, kw_only=True)
class DiaryCommand(Command):
    """A command about one entry of the diary that exists."""

    thing = "diaryEntry"
    diary_id: Annotated[UUID, Doc("日志记录 the entry of the diary")]

    async def entry(self, work: Work, what: Setup) -> DiaryEntry:
        """Load the entry; refused where the actor may not do this there."""
        entry = await work.get(DiaryEntry, self.diary_id, "diaryId")
        work.require_setup(what, entry.place, "diaryId")
        return entry


@dataclass(frozen=True, kw_only=True)
class CorrectDiaryEntry(DiaryCommand):
    """更正民情日志 Write what holds in place of a line, which stays; each line is corrected once."""

    roles = MAY_SET_UP[Setup.KEEP_DIARY]
    line: Line
    words: Annotated[str, Doc("内容 what holds; personal text")]

    async def decide(self, work: Work) -> DiaryEntry:
        """Correct."""
        entry = await self.entry(work, Setup.KEEP_DIARY)
        entry.correct(self.line, self.words, work.at)
        return entry


@dataclass(frozen=True, kw_only=True)
class ReadDiaryEntry(DiaryCommand):
    """查阅民情日志 Read the words of an entry of the diary. The look is recorded first, as of now."""

    thing = "words"
    makes = True
    roles = MAY_SET_UP[Setup.READ_DIARY]
    purpose: Purpose

    async def decide(self, work: Work) -> Look:
        """Record the look; whatever the client's clock says, it is taken now."""
        entry = await self.entry(work, Setup.READ_DIARY)
        look = Look.take(work.new_id(), Register.DIARY, entry.id, entry.place, self.purpose, work.now)
        return work.add(look)
