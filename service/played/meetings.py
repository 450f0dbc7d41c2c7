"""会商 Meetings for the demonstration: what a street and a community talk over, order and clear on a day.

Everybody in them is made up, and called by role and number. The invitation of the day is off by default; the
demonstration adopts a policy that turns it on for its day, and says whom a major dispute summons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import NAMESPACE_URL, UUID, uuid5

from chuishao.commands.cases import AssignCase
from chuishao.commands.command import Command
from chuishao.commands.meetings.coordination import AnswerCoordination, OrderCoordination
from chuishao.commands.meetings.deliberations import (
    ConveneDeliberation,
    FailAgreement,
    ReachAgreement,
    RecordOpinion,
)
from chuishao.commands.meetings.invitations import (
    AcceptInvitation,
    CarryDayOver,
    ClearDay,
    DeclineInvitation,
    SendInvitation,
)
from chuishao.commands.meetings.work_meetings import AdoptResolution, CarryOutResolution, HoldMeeting
from chuishao.commands.policies import AdoptPolicy, default_policy
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.division import Level, community_of, street_of
from chuishao.domain.meetings.deliberation import deliberation_of_case
from chuishao.domain.meetings.terms import MeetingKind, UnitKind
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.stage import Played, Stage
from chuishao.service.working_day import ZONE, Act

CASES = 5
"""How many cases at tier DELIBERATION are deliberated on, and at tier MULTI_UNIT have an order to a unit."""
COMPANY = (UnitKind.PROPERTY_COMPANY, "物业公司 001（模拟）")
OTHER = (UnitKind.OTHER_UNIT, "供热单位 002（模拟）")
SAID = ("同意，但要先做好防火（模拟）", "希望离楼道远一些（模拟）", "费用须公开（模拟）")
_SQL = statements("chuishao.service.played", "meetings.sql")

Planned = Iterator[tuple[Actor, Command]]
Addressed = tuple[UnitKind, str]


def acts(stage: Stage) -> list[list[Act]]:
    """What the first street and its first community do on a day, each matter in its order."""
    community = min(community_of(post.grid) for post in stage.posts)
    place = _Place(community, stage.departments)
    chains = []
    for number, matter in enumerate((_met, _on_an_occasion, _agreed, _not_agreed, _ordered, _invited)):
        pen = _Pen(f"{community}:meetings:{number}")
        at = datetime.combine(stage.day, time(8, 20 + number), ZONE)
        chains.append(list(_dated(matter(place, pen, stage.day), pen, at)))
    return chains


def talked_over(scripts: Sequence[list[Act]]) -> Iterator[list[Act]]:
    """The scripts of cases; in the first of a tier with what a community or several units do about them."""
    met = {Tier.DELIBERATION: 0, Tier.MULTI_UNIT: 0}
    for script in scripts:
        for before, after in pairwise(script):
            command = before.command
            if not isinstance(command, AssignCase) or met.get(command.tier, CASES) >= CASES:
                continue
            met[command.tier] += 1
            yield _with(script, before, after, _about(command, before.actor))
            break
        else:
            yield script


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards of meetings say of a district."""
    row = await connection.fetchrow(_SQL["told"], district)
    assert row is not None
    return {
        11: f"{row['held']} held, {row['done']} of {row['adopted']} resolutions carried out",
        20: f"{row['agreed_on_cases']} of {row['on_cases']} deliberations on cases agreed",
        21: f"{row['answered']} of {row['ordered']} orders answered",
        33: f"{row['agreed']} of {row['convened']} deliberations on matters of communities agreed",
        39: f"{row['cleared']} of {row['sent']} invitations cleared, {row['carried']} carried over",
    }


class _Pen:
    """Gives each command of a matter its identifier, from which that of what it makes follows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = 0

    def next(self) -> UUID:
        """The identifier of the next command."""
        self.number += 1
        return self._of(self.number)

    @property
    def coming(self) -> UUID:
        """What the next command makes."""
        return uuid5(self._of(self.number + 1), "")

    def _of(self, number: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"chuishao:demo:{self.name}:{number}")


class _Place:
    """A community and its street, and those who act there."""

    def __init__(self, community: str, departments: Sequence[UUID]) -> None:
        self.community, self.street = community, street_of(community)
        self.district = community[: Level.DISTRICT.digits]
        self.departments = departments
        self.staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
        self.officer = Actor(f"street-officer-{self.street}", Role.STREET_OFFICER, self.street)

    def of_department(self, number: int) -> tuple[Addressed, Actor]:
        """A department, and its officer."""
        id_ = self.departments[number % len(self.departments)]
        officer = Actor(f"officer-{id_}", Role.DEPARTMENT_OFFICER, self.district, id_)
        return (UnitKind.DEPARTMENT, str(id_)), officer


def _dated(planned: Planned, pen: _Pen, at: datetime) -> Iterator[Act]:
    """As acts, a quarter of an hour apart."""
    for by, command in planned:
        at += timedelta(minutes=15)
        yield Act(at, by, command, pen.next())


def _met(place: _Place, pen: _Pen, day: date) -> Planned:
    """The street's regular meeting: three resolutions, of which one is carried out on the day."""
    meeting, (department, officer) = pen.coming, place.of_department(0)
    topic = "每周基层治理工作例会：楼道堆物、夜间照明（模拟）"
    yield place.officer, HoldMeeting(division_code=place.street, kind=MeetingKind.REGULAR, topic=topic)
    owed = (department, "清理占道经营"), (COMPANY, "清理楼道"), ((UnitKind.STREET, place.street), "汇总台账")
    for number, ((kind, unit), matter) in enumerate(owed):
        due = day + timedelta(days=number)
        text = f"{matter}（模拟）"
        resolve = AdoptResolution(meeting_id=meeting, unit_kind=kind, unit=unit, matter=text, due=due)
        yield place.officer, resolve
    yield officer, CarryOutResolution(meeting_id=meeting, number=1, result="已清理（模拟）")


def _on_an_occasion(place: _Place, pen: _Pen, day: date) -> Planned:
    """A meeting of the community for one occasion."""
    meeting, (kind, unit) = pen.coming, OTHER
    topic = "供暖前排查（模拟）"
    yield place.staff, HoldMeeting(division_code=place.community, kind=MeetingKind.AD_HOC, topic=topic)
    due, matter = day + timedelta(days=7), "排查入户阀门（模拟）"
    resolve = AdoptResolution(meeting_id=meeting, unit_kind=kind, unit=unit, matter=matter, due=due)
    yield place.staff, resolve


def _agreed(place: _Place, pen: _Pen, _day: date) -> Planned:
    """A community agrees on a matter of its own."""
    deliberation = pen.coming
    yield from _heard(place, deliberation, "加装电动车充电桩（模拟）")
    yield (
        place.staff,
        ReachAgreement(deliberation_id=deliberation, agreement="装在小区东侧，夜间断电（模拟）"),
    )


def _not_agreed(place: _Place, pen: _Pen, _day: date) -> Planned:
    """A community does not agree."""
    deliberation = pen.coming
    yield from _heard(place, deliberation, "小区停车位划分（模拟）")
    yield place.staff, FailAgreement(deliberation_id=deliberation, reason="车位数量未达成一致（模拟）")


def _heard(place: _Place, deliberation: UUID, topic: str) -> Planned:
    yield place.staff, ConveneDeliberation(community_code=place.community, topic=topic)
    for number, words in enumerate(SAID, start=1):
        label = f"居民代表 {number:03d}（模拟）"
        yield place.staff, RecordOpinion(deliberation_id=deliberation, label=label, words=words)


def _ordered(place: _Place, pen: _Pen, day: date) -> Planned:
    """One order to a unit of each kind; the last is still open in the evening."""
    department, officer = place.of_department(1)
    street = (UnitKind.STREET, place.street)
    asked = (street, place.officer), (department, officer), (COMPANY, place.staff), (OTHER, None)
    for (kind, unit), by in asked:
        order = pen.coming
        matter, due = "雨季排水沟清淤（模拟）", day + timedelta(days=3)
        ask = OrderCoordination(
            division_code=place.community, unit_kind=kind, unit=unit, matter=matter, due=due
        )
        yield place.staff, ask
        if by is not None:
            yield by, AnswerCoordination(order_id=order, result="已派人到场（模拟）")


def _invited(place: _Place, pen: _Pen, day: date) -> Planned:
    """Three units are invited for the day: it is cleared, declined, carried over."""
    document = default_policy() | {
        "version": f"demo {place.district} {day.isoformat()}",
        "effectiveFrom": day.isoformat(),
        "dailyClearance": {"enabled": True},
        "disputes": {place.district: [str(id_) for id_ in place.departments[:2]]},
    }
    yield SYSTEM, AdoptPolicy(document=document)
    for number in (2, 3, 4):
        (kind, unit), officer = place.of_department(number)
        invitation = pen.coming
        matter = "今日事今日清：占道、积水、照明（模拟）"
        send = SendInvitation(division_code=place.community, unit_kind=kind, unit=unit, matter=matter)
        yield place.staff, send
        yield from _answered(number, invitation, officer, place.staff)


def _answered(number: int, invitation: UUID, officer: Actor, staff: Actor) -> Planned:
    match number:
        case 2:
            yield officer, AcceptInvitation(invitation_id=invitation)
            yield staff, ClearDay(invitation_id=invitation, result="已清理（模拟）")
        case 3:
            yield officer, DeclineInvitation(invitation_id=invitation, reason="全员应急值守（模拟）")
        case _:
            yield officer, AcceptInvitation(invitation_id=invitation)
            yield staff, CarryDayOver(invitation_id=invitation, reason="配件次日到货（模拟）")


# Cases


def _about(assigned: AssignCase, by: Actor) -> list[tuple[Actor, Command]]:
    """What happens between the assignment of a case and its next step."""
    case = assigned.case_id
    if assigned.tier is Tier.MULTI_UNIT:
        kind, unit = COMPANY
        order = uuid5(_act_id(case, 1), "")
        ask = OrderCoordination(case_id=case, unit_kind=kind, unit=unit, matter="到场配合（模拟）")
        return [(by, ask), (by, AnswerCoordination(order_id=order, result="已到场（模拟）"))]
    deliberation = deliberation_of_case(case, 1)
    opinions: list[tuple[Actor, Command]] = [
        (by, RecordOpinion(deliberation_id=deliberation, label=f"居民代表 {n:03d}（模拟）", words=words))
        for n, words in enumerate(SAID[:2], start=1)
    ]
    return [
        (by, ConveneDeliberation(case_id=case, topic="就此案件议事协商（模拟）")),
        *opinions,
        (by, ReachAgreement(deliberation_id=deliberation, agreement="按多数意见处置（模拟）")),
    ]


def _act_id(case: UUID, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"chuishao:demo:{case}:talked over:{number}")


def _with(script: list[Act], before: Act, after: Act, planned: Sequence[tuple[Actor, Command]]) -> list[Act]:
    """A script with acts between two of its own, evenly in the time between them."""
    assert isinstance(before.command, AssignCase)
    case, at = before.command.case_id, script.index(before) + 1
    step = (after.at - before.at) / (len(planned) + 1)
    between = [
        Act(before.at + step * number, by, command, _act_id(case, number))
        for number, (by, command) in enumerate(planned, start=1)
    ]
    return [*script[:at], *between, *script[at:]]


PLAYED = Played("Meetings 会商", acts, told)
