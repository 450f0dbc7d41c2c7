"""A step of a random walk in the registers: mostly legal, in grids that may be retired meanwhile."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.commands.registers import care, diary, elements
from chuishao.domain.registers.terms import (
    CareGroup,
    DiaryTopic,
    ElementKind,
    ExitReason,
    LookPurpose,
    ResourceSource,
)
from tests.town import GRID, OTHER_GRID, THIRD_GRID

Do = Callable[[Command], Awaitable[UUID | None]]
WORDS = ("独居", "助餐", "楼道堆物", "邻里纠纷", "新迁入一户")
LATEST = 4
"""What is done is done to one of the entries made last."""


async def step(do: Do, chance: random.Random, made: dict[str, list[UUID]]) -> None:
    """Take a step; `made` holds what earlier ones made."""
    kind = chance.choice(("element", "care", "care", "diary"))
    known = made.setdefault(kind, [])
    begin, go_on = _STEPS[kind]
    if not known or chance.random() < 0.3:
        entry = await do(begin(chance, known))
        if entry is not None:
            known.append(entry)
    else:
        await do(chance.choice(go_on(chance.choice(known[-LATEST:]), chance)))


def _grid(chance: random.Random) -> str:
    return chance.choice((GRID, OTHER_GRID, THIRD_GRID))


def _element(chance: random.Random, _known: list[UUID]) -> Command:
    return elements.RegisterElement(
        kind=chance.choice(list(ElementKind)),
        grid_code=_grid(chance),
        name=f"要素 {chance.randint(1, 99)}",
        address=chance.choice((None, "南门")),
    )


def _of_element(id_: UUID, chance: random.Random) -> list[Command]:
    return [
        elements.CorrectElement(element_id=id_, grid_code=chance.choice((GRID, OTHER_GRID))),
        elements.CorrectElement(element_id=id_, name=f"要素 {chance.randint(1, 99)}"),
        elements.RetireElement(element_id=id_, reason="已拆除"),
    ]


def _about(chance: random.Random, known: list[UUID]) -> dict[str, Any]:
    return {
        "grid_code": _grid(chance),
        "words": chance.choice(WORDS),
        "household": chance.choice((None, 1)),
        "same_person_as": chance.choice([None, None, *known[-1:]]),
    }


def _care(chance: random.Random, known: list[UUID]) -> Command:
    group = chance.choice(list(CareGroup))
    return care.EnrolCare(group=group, whom=f"居民 {len(known)}", **_about(chance, known))


def _of_care(id_: UUID, chance: random.Random) -> list[Command]:
    line, words = chance.randint(1, 5), chance.choice(WORDS)
    source = chance.choice(list(ResourceSource))
    return [
        care.RecordNeed(care_id=id_, words=words),
        care.RecordNeed(care_id=id_, words=words),
        *(care.MatchResource(care_id=id_, need=need, source=source, words=words) for need in (2, 3)),
        care.CorrectCare(care_id=id_, line=line, words=words),
        care.CorrectCare(care_id=id_, line=1, words=words),
        care.ExitCare(care_id=id_, reason=chance.choice(list(ExitReason))),
        care.ReadCareEntry(care_id=id_, purpose=chance.choice(list(LookPurpose))),
    ]


def _diary(chance: random.Random, known: list[UUID]) -> Command:
    return diary.WriteDiaryEntry(topic=chance.choice(list(DiaryTopic)), **_about(chance, known))


def _of_diary(id_: UUID, chance: random.Random) -> list[Command]:
    return [
        *(diary.CorrectDiaryEntry(diary_id=id_, line=line, words=chance.choice(WORDS)) for line in (1, 2, 3)),
        diary.ReadDiaryEntry(diary_id=id_, purpose=chance.choice(list(LookPurpose))),
    ]


_STEPS: dict[str, tuple[Any, Any]] = {
    "element": (_element, _of_element),
    "care": (_care, _of_care),
    "diary": (_diary, _of_diary),
}
