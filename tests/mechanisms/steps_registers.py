"""台账 For every mutation of the registers a moment in which it is accepted."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.commands.registers.care import EnrolCare, ReadCareEntry, RecordNeed
from chuishao.commands.registers.diary import ReadDiaryEntry, WriteDiaryEntry
from chuishao.commands.registers.elements import RegisterElement
from chuishao.domain.actor import Actor
from chuishao.domain.refusal import Refusal
from chuishao.domain.registers.terms import CareGroup, DiaryTopic, ElementKind, LookPurpose
from chuishao.domain.vocabulary import Role
from tests.mechanisms import walk_registers
from tests.mechanisms.kinds import Board, Live, Prepare, Prepared
from tests.town import GRID, SAID, STREET, Town

_MADE = (
    "SELECT category, id FROM stream WHERE category IN ('element', 'care', 'diary') ORDER BY first_position"
)


async def registered(town: Town, kind: ElementKind = ElementKind.THING, grid: str = GRID) -> UUID:
    """An element of a grid."""
    command = RegisterElement(kind=kind, grid_code=grid, name=SAID, address="南门")
    return (await town.do(command, town.street_officer)).id


async def enrolled(town: Town, group: CareGroup = CareGroup.ELDERLY_ALONE, grid: str = GRID) -> UUID:
    """Somebody in the care ledger, with a need on line 2."""
    command = EnrolCare(group=group, grid_code=grid, whom="老人 001", household=1, words="独居")
    entry = (await town.do(command, town.street_officer)).id
    await town.do(RecordNeed(care_id=entry, words="助餐"), town.street_officer)
    return entry


async def noted(town: Town, topic: DiaryTopic = DiaryTopic.HOUSEHOLD, grid: str = GRID) -> UUID:
    """An entry of the diary."""
    command = WriteDiaryEntry(topic=topic, grid_code=grid, household=1, words="新迁入一户")
    return (await town.do(command, town.worker(grid))).id


def _by(who: Callable[[Town], Actor], given: Callable[[Town], Awaitable[dict[str, Any]]]) -> Prepare:
    async def prepare(town: Town) -> Prepared:
        return who(town), await given(town)

    return prepare


def _fresh(**fields: Any) -> Callable[[Town], Awaitable[dict[str, Any]]]:
    async def given(_town: Town) -> dict[str, Any]:
        return dict(fields)

    return given


def _of(
    field: str, made: Callable[[Town], Awaitable[UUID]], **fields: Any
) -> Callable[[Town], Awaitable[dict[str, Any]]]:
    async def given(town: Town) -> dict[str, Any]:
        return {field: str(await made(town))} | fields

    return given


def _staff(town: Town) -> Actor:
    return town.community_staff


def _worker(town: Town) -> Actor:
    return town.worker()


STEPS: dict[str, Prepare] = {
    "registerElement": _by(_staff, _fresh(kind="PLACE", gridCode=GRID, name=SAID, address=SAID)),
    "correctElement": _by(_staff, _of("elementId", registered, gridCode=GRID, name=SAID, address=SAID)),
    "retireElement": _by(_staff, _of("elementId", registered, reason=SAID)),
    "enrolCare": _by(_staff, _fresh(group="HARDSHIP", gridCode=GRID, whom=SAID, household=1, words=SAID)),
    "recordNeed": _by(_staff, _of("careId", enrolled, words=SAID)),
    "matchResource": _by(_staff, _of("careId", enrolled, need=2, source="COMMUNITY", words=SAID)),
    "correctCare": _by(_staff, _of("careId", enrolled, line=1, words=SAID)),
    "exitCare": _by(_staff, _of("careId", enrolled, reason="MOVED")),
    "readCareEntry": _by(_staff, _of("careId", enrolled, purpose="HOME_VISIT")),
    "writeDiaryEntry": _by(_worker, _fresh(topic="ENVIRONMENT", gridCode=GRID, words=SAID, household=None)),
    "correctDiaryEntry": _by(_worker, _of("diaryId", noted, line=1, words=SAID)),
    "readDiaryEntry": _by(_staff, _of("diaryId", noted, purpose="SUPERVISION")),
}


async def look(town: Town) -> None:
    """Let somebody look at an entry of each register in which something is written."""
    purpose = LookPurpose.SUPERVISION
    await town.do(ReadCareEntry(care_id=await enrolled(town), purpose=purpose), town.community_staff)
    await town.do(ReadDiaryEntry(diary_id=await noted(town), purpose=purpose), town.community_staff)


async def stroll(town: Town) -> None:
    """Take some steps at random, which are the same for the same past."""
    chance = random.Random(await town.log.head())
    made: dict[str, list[UUID]] = {}
    for row in await town.log.pool.fetch(_MADE):
        made.setdefault(row["category"], []).append(row["id"])
    by = Actor("aside", Role.GRID_LEADER, STREET)

    async def do(command: Command) -> UUID | None:
        with suppress(Refusal):
            return (await town.do(command, by)).id
        return None

    for _ in range(12):
        await walk_registers.step(do, chance, made)


LIVES: list[Live] = [look, stroll]

BOARDS: dict[str, Board] = {
    "elements": Board("elements.element", "registerElement"),
    "careEntries": Board("care.entry", "enrolCare"),
    "diaryEntries": Board("diary.entry", "writeDiaryEntry"),
    "looks": Board("looks.look", "readCareEntry"),
}
SINGLES: dict[str, str] = {
    "element": "SELECT id FROM elements.element WHERE address IS NOT NULL LIMIT 1",
    "careEntry": "SELECT entry FROM looks.look WHERE register = 'CARE' ORDER BY position LIMIT 1",
    "diaryEntry": "SELECT entry FROM looks.look WHERE register = 'DIARY' ORDER BY position LIMIT 1",
}
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_element": lambda ids: {"id": ids["element"]},
    "frontend_care_entry": lambda ids: {"id": ids["careEntry"]},
    "frontend_diary_entry": lambda ids: {"id": ids["diaryEntry"]},
}
