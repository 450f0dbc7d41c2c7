"""查阅结果 What a recorded look gives out. Only the payload of the command that records it leads here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.refusal import Refusal
from chuishao.domain.registers.look import require_open
from chuishao.domain.registers.terms import Register
from chuishao.graphql.context import Info
from chuishao.graphql.links import CARE_ENTRY, CARE_LINES, DIARY_ENTRY, DIARY_LINES, LOOK
from chuishao.graphql.types.fields import computed, same
from chuishao.graphql.types.register import Look, RegisterLine
from chuishao.graphql.types.shared import ITS_OWN, PersonalText, identified, sealed_where
from chuishao.projections.lines import LineRow
from chuishao.projections.looks import LookRow

_ENTRIES = {Register.CARE: CARE_ENTRY, Register.DIARY: DIARY_ENTRY}
_LINES = {Register.CARE: CARE_LINES, Register.DIARY: DIARY_LINES}


@dataclass(frozen=True, slots=True)
class WordsRow:
    """A look, and the sealed words that it gives out."""

    look: LookRow
    whom: bytes | None
    household: bytes | None
    lines: Sequence[LineRow]

    @property
    def id(self) -> UUID:
        """The look's own identifier."""
        return self.look.id


@strawberry.type(description="条目内容 A line of the register with its words.")
class LineShown:
    """A line that a look gives out."""

    @computed(ITS_OWN)
    def id(entry: UUID | str, number: int) -> strawberry.ID:
        """The words of a line."""
        return identified("line-shown", entry, number)

    line: RegisterLine = same("条目 The line as lists show it.")
    words: PersonalText | None = sealed_where("words", lambda: True, "内容 What was written.")


@strawberry.type(
    description="查阅结果 The words of an entry, as they stood when the look was recorded; after an erasure "
    "they are gone here too."
)
class WordsShown:
    """What a recorded look gives out."""

    @computed(ITS_OWN)
    def id(id: UUID) -> strawberry.ID:
        """What the look gave out."""
        return identified("words-shown", id)

    look: Look = same("查阅 The look as it is recorded.", "look")
    whom: PersonalText | None = sealed_where("whom", lambda: True, "对象 Who it is; null in the diary.")
    household: PersonalText | None = sealed_where(
        "household", lambda: True, "户号 The household, if one is named."
    )

    @strawberry.field(description="条目 Everything that was written by then, in order.")
    def lines(root: strawberry.Parent[WordsRow]) -> list[LineShown]:
        """The lines."""
        return root.lines  # type: ignore[return-value]


async def words_of(info: Info, look_id: Any) -> WordsRow | None:
    """What a look gives out, while it is not over; raises where it is."""
    loaders, executor = info.context.loaders, info.context.services.executor
    look: LookRow | None = await loaders.of(LOOK).load(look_id)
    if look is None:
        return None
    try:
        require_open(look.id, look.looked_at, executor.clock())
    except Refusal as refusal:
        raise info.context.error(refusal) from refusal
    register = Register(look.register)
    entry = await loaders.of(_ENTRIES[register]).load(look.entry)
    if entry is None:
        return None
    lines = await loaders.of(_LINES[register]).load(look.entry)
    return WordsRow(look, getattr(entry, "whom", None), entry.household, _by_then(lines, look.position))


def _by_then(lines: Sequence[LineRow], position: int) -> list[LineRow]:
    """The lines as they were at a position: those behind it are not there, and have corrected nothing yet."""
    there = [line for line in lines if line.position <= position]
    last = there[-1].number if there else 0
    return [replace(line, corrected_by=None) if (line.corrected_by or 0) > last else line for line in there]
