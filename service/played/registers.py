"""台账 The registers for the demonstration: elements, the care ledger and the diary of a few grids.

Everybody and everything in them is made up, and called by role and number. In the first grid all five kinds
of element are registered, in others some are missing; each priority group has somebody in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from chuishao.commands.command import Command
from chuishao.commands.registers import care, diary, elements
from chuishao.domain.actor import Actor
from chuishao.domain.division import community_of
from chuishao.domain.registers.terms import (
    CareGroup,
    DiaryTopic,
    ElementKind,
    ExitReason,
    LookPurpose,
    ResourceSource,
)
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.stage import Played, Stage
from chuishao.service.working_day import ZONE, Act, Post

GRIDS = 6
NAMED = {
    ElementKind.PERSON: "楼门栋长 001",
    ElementKind.PLACE: "社区活动室",
    ElementKind.THING: "消防栓 003",
    ElementKind.MATTER: "雨季排水",
    ElementKind.ORGANISATION: "物业服务企业",
}
NEEDS = ("助餐", "助医", "助学", "就业指导", "适老化改造", "心理疏导")
MET = {
    ResourceSource.GOVERNMENT: "街道民政窗口",
    ResourceSource.SOCIETY: "社会组织结对",
    ResourceSource.COMMUNITY: "邻里互助",
}
NOTED = {
    DiaryTopic.HOUSEHOLD: "新迁入一户",
    DiaryTopic.UNSTABLE_FACTOR: "楼上楼下因漏水起争执",
    DiaryTopic.ENVIRONMENT: "楼道堆物",
    DiaryTopic.KEY_PERSON: "上门看望",
}
_SQL = statements("chuishao.service.played", "registers.sql")


def acts(stage: Stage) -> list[list[Act]]:
    """What is written in each of the first grids on a day, in order."""
    return [list(_dated(number, post, stage.day)) for number, post in enumerate(stage.posts[:GRIDS])]


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards of the registers say of a district."""
    row = await connection.fetchrow(_SQL["told"], district)
    assert row is not None
    return {
        13: f"{row['elements']} elements, {row['covered']} of {row['grids']} grids with all five kinds",
        22: f"{row['noted']} entries in the diary",
        24: f"{row['cared']} in the care ledger, {row['unmet']} needs unmet; {row['looks']} looks 查阅",
    }


Written = Iterator[tuple[Actor, Command]]


class _Pen:
    """Gives each command of a grid its identifier, from which that of what it makes follows."""

    def __init__(self, grid: str) -> None:
        self.grid = grid
        self.number = 0

    def next(self) -> UUID:
        """The identifier of the next command."""
        self.number += 1
        return self.of(self.number)

    def of(self, number: int) -> UUID:
        """The identifier of a command by its number."""
        return uuid5(NAMESPACE_URL, f"chuishao:demo:{self.grid}:registers:{number}")

    @property
    def coming(self) -> UUID:
        """What the next command makes."""
        return uuid5(self.of(self.number + 1), "")


def _dated(number: int, post: Post, day: date) -> Iterator[Act]:
    pen = _Pen(post.grid)
    at = datetime.combine(day, time(8, 10), ZONE)
    for by, command in _written(number, post, pen):
        at += timedelta(minutes=7)
        yield Act(at, by, command, pen.next())


def _written(number: int, post: Post, pen: _Pen) -> Written:
    worker = Actor(str(post.worker), Role.GRID_WORKER, post.grid)
    community = community_of(post.grid)
    staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
    yield from _elements(number, post.grid, pen, worker)
    groups = list(CareGroup)
    for group in groups[number * 2 : number * 2 + 2]:
        yield from _cared_for(group, post.grid, pen, worker, staff)
    yield from _noted(post.grid, pen, worker, staff)


def _elements(number: int, grid: str, pen: _Pen, worker: Actor) -> Written:
    for kind in list(ElementKind)[: 5 - number % 3]:
        made = pen.coming
        register = elements.RegisterElement(kind=kind, grid_code=grid, name=f"{NAMED[kind]}（模拟）")
        yield worker, register
        if kind is ElementKind.PLACE:
            yield worker, elements.CorrectElement(element_id=made, address="2 号楼一层（模拟）")
    gone = pen.coming
    yield (
        worker,
        elements.RegisterElement(kind=ElementKind.THING, grid_code=grid, name="临时围挡（模拟）"),
    )
    yield worker, elements.RetireElement(element_id=gone, reason="施工结束，已拆除（模拟）")


def _cared_for(group: CareGroup, grid: str, pen: _Pen, worker: Actor, staff: Actor) -> Written:
    number = list(CareGroup).index(group)
    entry = pen.coming
    whom, household = f"{group.zh} {number + 1:03d}（模拟）", 11 * number + 5
    enrol = care.EnrolCare(
        group=group, grid_code=grid, whom=whom, household=household, words="情况见走访记录（模拟）"
    )
    yield worker, enrol
    yield worker, care.RecordNeed(care_id=entry, words=f"{NEEDS[number % len(NEEDS)]}（模拟）")
    if number % 4:
        source = list(ResourceSource)[number % 3]
        yield staff, care.MatchResource(care_id=entry, need=2, source=source, words=f"{MET[source]}（模拟）")
    if number % 3 == 0:
        yield worker, care.CorrectCare(care_id=entry, line=1, words="更正：与子女同住（模拟）")
    yield staff, care.ReadCareEntry(care_id=entry, purpose=LookPurpose.RESOURCE_MATCHING)
    if number % 5 == 0:
        yield staff, care.ExitCare(care_id=entry, reason=ExitReason.BETTER)


def _noted(grid: str, pen: _Pen, worker: Actor, staff: Actor) -> Written:
    for topic, words in NOTED.items():
        entry = pen.coming
        household = 42 if topic is DiaryTopic.HOUSEHOLD else None
        yield (
            worker,
            diary.WriteDiaryEntry(topic=topic, grid_code=grid, household=household, words=f"{words}（模拟）"),
        )
        if topic is DiaryTopic.UNSTABLE_FACTOR:
            yield worker, diary.CorrectDiaryEntry(diary_id=entry, line=1, words="双方已和解（模拟）")
            yield staff, diary.ReadDiaryEntry(diary_id=entry, purpose=LookPurpose.SUPERVISION)


PLAYED = Played("Registers 台账", acts, told)
