"""For every mutation of the registers a moment in which it is accepted: who sends it, with which input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from chuishao.commands.registers.care import EnrolCare, RecordNeed
from chuishao.commands.registers.diary import WriteDiaryEntry
from chuishao.commands.registers.elements import RegisterElement
from chuishao.domain.actor import Actor
from chuishao.domain.registers.terms import CareGroup, DiaryTopic, ElementKind
from tests.town import GRID, Town

Prepare = Callable[[Town], Awaitable[tuple[Actor | None, dict[str, Any]]]]


async def registered(town: Town, kind: ElementKind = ElementKind.THING, grid: str = GRID) -> UUID:
    """An element of a grid."""
    command = RegisterElement(kind=kind, grid_code=grid, name="井盖 003", address="南门")
    return (await town.do(command, town.street_officer)).id


async def enrolled(town: Town, group: CareGroup = CareGroup.ELDERLY_ALONE, grid: str = GRID) -> UUID:
    """Somebody in the care ledger, with a need on line 2."""
    command = EnrolCare(group=group, grid_code=grid, person="老人 001", household=12, words="独居")
    entry = (await town.do(command, town.street_officer)).id
    await town.do(RecordNeed(care_id=entry, words="助餐"), town.street_officer)
    return entry


async def noted(town: Town, topic: DiaryTopic = DiaryTopic.HOUSEHOLD, grid: str = GRID) -> UUID:
    """An entry of the diary."""
    command = WriteDiaryEntry(topic=topic, grid_code=grid, household=3, words="新迁入一户")
    return (await town.do(command, town.worker(grid))).id


def _by(who: Callable[[Town], Actor], given: Callable[[Town], Awaitable[dict[str, Any]]]) -> Prepare:
    async def prepare(town: Town) -> tuple[Actor | None, dict[str, Any]]:
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


REGISTERS: dict[str, Prepare] = {
    "registerElement": _by(_staff, _fresh(kind="PLACE", gridCode=GRID, name="小花园", address="3 号楼南")),
    "correctElement": _by(
        _staff, _of("elementId", registered, gridCode=GRID, name="井盖 004", address="北门")
    ),
    "retireElement": _by(_staff, _of("elementId", registered, reason="已拆除")),
    "enrolCare": _by(
        _staff, _fresh(group="HARDSHIP", gridCode=GRID, person="居民 001", household=7, words="失业")
    ),
    "recordNeed": _by(_staff, _of("careId", enrolled, words="助医")),
    "matchResource": _by(_staff, _of("careId", enrolled, need=2, source="COMMUNITY", words="老人家食堂")),
    "correctCare": _by(_staff, _of("careId", enrolled, line=1, words="与女儿同住")),
    "exitCare": _by(_staff, _of("careId", enrolled, reason="MOVED")),
    "readCareEntry": _by(_staff, _of("careId", enrolled, purpose="HOME_VISIT")),
    "writeDiaryEntry": _by(
        _worker, _fresh(topic="ENVIRONMENT", gridCode=GRID, words="楼道堆物", household=None)
    ),
    "correctDiaryEntry": _by(_worker, _of("diaryId", noted, line=1, words="迁入两户")),
    "readDiaryEntry": _by(_staff, _of("diaryId", noted, purpose="SUPERVISION")),
}
"""Every mutation of the registers."""
