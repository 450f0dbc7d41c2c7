"""A working day of cases for the demonstration: who does what when, planned from a seed alone.

Everything here is made up and labelled so. The plan is a list of commands with their identifiers, so that a
demonstration that was cut off goes on where it stopped.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from chuishao.commands import cases, whistles
from chuishao.commands.command import Command
from chuishao.domain.actor import Actor
from chuishao.domain.division import Level, community_of, street_of
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind

ZONE = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = time(8, 0), time(17, 30)
SUBJECTS = (
    ("01001", "井盖破损，行人绊脚"),
    ("01003", "路灯不亮"),
    ("02001", "人行道砖块松动"),
    ("03002", "垃圾箱满溢"),
    ("11001", "楼前暴露垃圾未清运"),
    ("11003", "楼道堆放杂物，影响通行"),
    ("11004", "疑似私搭乱建"),
    ("13001", "施工噪音影响休息"),
    ("14001", "占道经营影响出行"),
    ("14003", "共享单车乱停放"),
    ("15002", "自来水管渗漏"),
    ("16001", "邻里因漏水起争执"),
    ("16005", "老人咨询助餐服务"),
)


@dataclass(frozen=True, slots=True)
class Post:
    """A grid with the worker who serves it."""

    grid: str
    worker: UUID
    households: int = 300


@dataclass(frozen=True, slots=True)
class Act:
    """One planned command: when, by whom, under which identifier."""

    at: datetime
    actor: Actor
    command: Command
    id: UUID


def plan(
    posts: Sequence[Post], departments: Sequence[UUID], day: date, number: int, seed: int
) -> Iterator[list[Act]]:
    """The acts of each of `number` cases, in order."""
    for case in range(number):
        yield list(_case(case, posts, departments, day, seed))


def report_id(district: str, seed: int, number: int) -> UUID:
    """The identifier of a case's first act, its report."""
    return _Ids(_root(district, seed, number)).next()


def _root(district: str, seed: int, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"chuishao:demo:{district}:{seed}:{number}")


def _case(
    number: int, posts: Sequence[Post], departments: Sequence[UUID], day: date, seed: int
) -> Iterator[Act]:
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 a repeatable demonstration, no secret
    post = chance.choice(posts)
    people = _People(post, seed)
    clock = datetime.combine(day, OPENS, ZONE) + timedelta(seconds=chance.uniform(0, 8 * 3600))
    evening = datetime.combine(day, CLOSES, ZONE)
    category, text = chance.choice(SUBJECTS)
    found_by_worker = chance.random() < 0.55
    report = cases.ReportCase(
        category=category,
        text=f"{text}（模拟数据）",
        grid_code=post.grid,
        address=f"{chance.randint(1, 30)}号楼附近（模拟）",
        reporter_name=None if chance.random() < 0.7 else f"居民 {number:05d}",
    )
    ids = _Ids(_root(people.district, seed, number))
    yield Act(clock, people.worker if found_by_worker else people.resident(number), report, ids.next())
    ids.case = uuid5(ids.last, "")
    for minutes, actor, make in _script(chance, people, departments):
        clock += timedelta(minutes=minutes * chance.uniform(0.5, 1.8))
        if clock > evening:
            return
        yield Act(clock, actor, make(ids), ids.next())
        if isinstance(make, _Blow):
            ids.whistle = uuid5(ids.last, "")


class _Ids:
    """Identifiers that follow from the case's own, step by step."""

    def __init__(self, root: UUID) -> None:
        self.root = root
        self.step = 0
        self.last = root
        self.case = root
        self.whistle = root

    def next(self) -> UUID:
        self.step += 1
        self.last = uuid5(self.root, str(self.step))
        return self.last


class _People:
    """Those who deal with cases in a grid; role and number, nobody real."""

    def __init__(self, post: Post, seed: int) -> None:
        community, street = community_of(post.grid), street_of(post.grid)
        district = post.grid[: Level.DISTRICT.digits]
        self.seed = seed
        self.district = district
        self.worker = Actor(str(post.worker), Role.GRID_WORKER, post.grid)
        self.leader = Actor(f"grid-leader-{community}", Role.GRID_LEADER, community)
        self.staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
        self.street = Actor(f"street-officer-{street}", Role.STREET_OFFICER, street)
        self.inspector = Actor(f"street-inspector-{street}", Role.STREET_OFFICER, street)

    def resident(self, number: int) -> Actor:
        return Actor(f"resident-{self.seed}-{number}", Role.RESIDENT, "")

    def officer(self, department: UUID) -> Actor:
        return Actor(f"officer-{department}", Role.DEPARTMENT_OFFICER, self.district, department)


Make = Callable[["_Ids"], Command]
Scripted = tuple[float, Actor, Make]
"""Minutes after the act before, who, and the command once the identifiers are known."""


@dataclass(frozen=True, slots=True)
class _Blow:
    """The one command whose identifier later ones need."""

    kind: WhistleKind
    linkage: LinkageMechanism
    called: list[UUID]

    def __call__(self, ids: _Ids) -> Command:
        return whistles.BlowWhistle(
            case_id=ids.case,
            kind=self.kind,
            linkage=self.linkage,
            grounds="超出社区处置能力，需要部门联动（模拟）",
            department_ids=self.called,
        )


def _script(chance: random.Random, people: _People, departments: Sequence[UUID]) -> Iterator[Scripted]:
    """What happens to a case after its report."""
    if chance.random() < 0.03:
        yield 15, people.staff, lambda ids: cases.RefuseCase(case_id=ids.case, reason="不属受理范围（模拟）")
        return
    tier = chance.choices(list(Tier), (58, 18, 10, 14))[0]
    severity = Severity.MINOR if tier.rank < Tier.DELIBERATION.rank else Severity.MAJOR
    yield 8, people.staff, lambda ids: cases.AcceptCase(case_id=ids.case)
    yield 12, people.staff, lambda ids: cases.AssessCase(case_id=ids.case, severity=severity)
    yield 6, people.staff, lambda ids: cases.AssignCase(case_id=ids.case, tier=tier)
    if tier is Tier.ON_SPOT and chance.random() < 0.12:
        tier = Tier.GRID_LEADER
        escalate = partial(cases.EscalateCase, tier=tier, reason="现场无法解决（模拟）")
        yield 30, people.worker, lambda ids: escalate(case_id=ids.case)
    yield from _handle(chance, people, departments, tier)
    if chance.random() < 0.06:
        failed = partial(cases.VerifyCase, passed=False, note="现场仍未解决（模拟）")
        yield 25, people.inspector, lambda ids: failed(case_id=ids.case)
        yield from _settle(people, tier)
    yield 25, people.inspector, lambda ids: cases.VerifyCase(case_id=ids.case, passed=True)
    if chance.random() < 0.75:
        yield 20, *_rating(chance, people)
    yield 10, people.inspector, lambda ids: cases.CloseCase(case_id=ids.case)
    if chance.random() < 0.03:
        reason = "居民反映问题复发（模拟）"
        yield 30, people.inspector, lambda ids: cases.ReopenCase(case_id=ids.case, reason=reason)


def _handle(
    chance: random.Random, people: _People, departments: Sequence[UUID], tier: Tier
) -> Iterator[Scripted]:
    if tier is not Tier.MULTI_UNIT:
        yield from _settle(people, tier)
        return
    kind = chance.choices(list(WhistleKind), (70, 20, 10))[0]
    linkage = LinkageMechanism.RAPID_SERVICE
    if kind is WhistleKind.EMERGENCY:
        linkage = LinkageMechanism.EMERGENCY_RESPONSE
    elif chance.random() < 0.3:
        linkage = LinkageMechanism.JOINT_ENFORCEMENT
    called = chance.sample(list(departments), chance.randint(1, min(3, len(departments))))
    yield 15, people.street, _Blow(kind, linkage, called)
    for place, department in enumerate(called):
        yield from _report(chance, people, department, may_refuse=place > 0)
    yield (
        10,
        people.street,
        lambda ids: whistles.ResolveWhistle(whistle_id=ids.whistle, result="联动办结（模拟）"),
    )
    for department in called:
        rate = partial(
            whistles.RateDepartment, department_id=department, score=chance.choice((3, 4, 4, 5, 5))
        )
        yield 3, people.street, lambda ids, rate=rate: rate(whistle_id=ids.whistle)  # type: ignore[misc]


def _report(
    chance: random.Random, people: _People, department: UUID, *, may_refuse: bool
) -> Iterator[Scripted]:
    """One department signs, checks in and answers; or refuses."""
    officer = people.officer(department)
    named = {"department_id": department}
    yield 8, officer, lambda ids: whistles.SignSummons(whistle_id=ids.whistle, **named)
    if may_refuse and chance.random() < 0.1:
        reason = "不属本部门职责（模拟）"
        yield 10, officer, lambda ids: whistles.RefuseSummons(whistle_id=ids.whistle, reason=reason, **named)
        return
    yield 25, officer, lambda ids: whistles.CheckIn(whistle_id=ids.whistle, **named)
    result = "已到场处置（模拟）"
    yield 40, officer, lambda ids: whistles.AnswerSummons(whistle_id=ids.whistle, result=result, **named)


def _settle(people: _People, tier: Tier) -> Iterator[Scripted]:
    result = "已处置（模拟）"
    match tier:
        case Tier.ON_SPOT:
            yield 20, people.worker, lambda ids: cases.ResolveOnSpot(case_id=ids.case, result=result)
        case Tier.GRID_LEADER:
            yield 60, people.leader, lambda ids: cases.ResolveCase(case_id=ids.case, result=result)
        case Tier.DELIBERATION:
            yield 120, people.staff, lambda ids: cases.ResolveCase(case_id=ids.case, result=result)
        case Tier.MULTI_UNIT:
            yield 60, people.street, lambda ids: cases.ResolveCase(case_id=ids.case, result=result)


def _rating(chance: random.Random, people: _People) -> tuple[Actor, Make]:
    """What the follow-up (回访) heard."""
    solved = chance.random() < 0.85
    satisfied = chance.choice((4, 5, 5)) if solved else chance.choice((1, 2, 3))
    rate = partial(cases.RateCase, answered=True, solved=solved, satisfied=satisfied)
    return people.inspector, lambda ids: rate(case_id=ids.case)
