"""What the commands about both withheld registers share: their fields, and whose words they write."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.work import Work
from chuishao.domain.authority import Setup
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound
from chuishao.domain.registers.care import CareEntry
from chuishao.domain.registers.diary import DiaryEntry
from chuishao.domain.registers.terms import LookPurpose

Household = Annotated[int | None, Doc("户号 the number of the household in its grid, from 1; kept sealed")]
SamePerson = Annotated[
    UUID | None,
    Doc("同一人 an entry of the care ledger or the diary about the same person: one erasure takes both"),
]
Line = Annotated[int, Doc("条目 the number of the line whose words are wrong")]
Purpose = Annotated[LookPurpose, Doc("目的 for what the words are read; it is recorded")]


async def subject_of(work: Work, entry: UUID | None) -> UUID | None:
    """Whose words those of an entry are; refused where the actor does not keep such entries there."""
    if entry is None:
        return None
    care = await work.find(CareEntry, entry)
    known = care or await work.find(DiaryEntry, entry)
    if known is None:
        raise NotFound("samePersonAs", kind=Phrase("entry of a register", "台账或日志记录"), id=entry)
    kept = Setup.KEEP_CARE if care else Setup.KEEP_DIARY
    work.require_setup(kept, known.place, "samePersonAs")
    return known.subject
