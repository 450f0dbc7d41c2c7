"""任职与成长 Every community gets its secretary, leader and committee; they learn and are appraised."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from uuid import UUID

from chuishao.commands.people.persons import (
    GrantIncentive,
    RecordAppraisal,
    RecordLevel,
    RecordTraining,
    RegisterPerson,
)
from chuishao.commands.people.posts import FillPost, VacatePost
from chuishao.domain.division import community_of, street_of
from chuishao.domain.people.post import post_id
from chuishao.domain.people.terms import ChiefStanding, PostKind, Rung, TrainingTier
from chuishao.domain.territory.sector import sector_id
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.projections.people import HOURS, LADDER
from chuishao.projections.posts import PARTY, RESIDENTS
from chuishao.service.played.stage import Played, Stage, made_by, officer
from chuishao.service.working_day import Act

ROLES = {
    PostKind.PARTY_SECRETARY: "书记",
    PostKind.GRID_LEADER: "网格长",
    PostKind.PARTY_COMMITTEE_MEMBER: "党组织委员",
    PostKind.ALLEY_STEWARD: "小巷管家",
}
"""The posts of every community, each with whoever holds it first."""
AUXILIARIES = (PostKind.PARTY_MEMBER, PostKind.BUILDING_HEAD, PostKind.VOLUNTEER)
TIERS = tuple(TrainingTier)
DRAWN = 240
"""Minutes after the morning began by which the zones and sectors of every street are there."""

_SQL = statements("chuishao.service.played", "people.sql")


def holder(place: str, kind: PostKind) -> UUID:
    """Who is entered into a roster for a post of a place, such as the secretary of a community."""
    return made_by(place, "person", kind)


def acts(stage: Stage) -> list[list[Act]]:
    """A chain for each street, each community and, of every fourth grid, its auxiliary."""
    streets = [list(_street(stage, street)) for street in stage.streets]
    communities = [
        list(_community(stage, number, code)) for number, (code, _) in enumerate(stage.communities)
    ]
    auxiliaries = [
        list(_seated(stage, AUXILIARIES[number % 3], post.grid, f"志愿力量 {number + 1:03d}"))
        for number, post in enumerate(stage.posts[::4])
    ]
    return [*streets, *communities, *auxiliaries]


def _seated(
    stage: Stage,
    kind: PostKind,
    place: str,
    label: str,
    unit: UUID | None = None,
    standing: ChiefStanding | None = None,
    minutes: float = 0,
) -> Iterator[Act]:
    """Somebody enters the roster and takes up a post, so many minutes after the morning began."""
    by, roster = officer(street_of(place)), community_of(place)
    register = RegisterPerson(place_code=roster, label=f"{label}（模拟）")
    yield stage.act(minutes, by, register, place, "person", kind)
    fill = FillPost(
        kind=kind, place_code=place, person_id=holder(place, kind), unit_id=unit, standing=standing
    )
    yield stage.act(minutes + 5, by, fill, place, "fill", kind)


def _street(stage: Stage, street: str) -> Iterator[Act]:
    """The chief of the zone, and of a sector, once both are there: see territory."""
    yield from _seated(stage, PostKind.ZONE_CHIEF, street, "战区主官 001", minutes=DRAWN)
    standing = ChiefStanding.SECTION_CADRE
    sector = sector_id(f"{street}-S002")  # there is one in every street
    yield from _seated(stage, PostKind.SECTOR_CHIEF, street, "街片长 001", sector, standing, DRAWN)


def _community(stage: Stage, number: int, code: str) -> Iterator[Act]:
    """Posts of a community; who holds them learns, is appraised and takes turns."""
    by = officer(street_of(code))
    for kind, role in ROLES.items():
        yield from _seated(stage, kind, code, f"{role} {number + 1:03d}")
    leader = holder(code, PostKind.GRID_LEADER)
    for rung in list(Rung)[: number % 4]:
        yield stage.act(10, by, RecordLevel(person_id=leader, rung=rung), code, "level", rung)
    tier = TIERS[number % 3]
    training = RecordTraining(person_id=leader, tier=tier, course="民情日志与走访（模拟）", hours=8)
    yield stage.act(15, by, training, code, "training")
    period = str(stage.day.year - 1)
    appraisal = RecordAppraisal(person_id=leader, period=period, points=70 + number % 30)
    yield stage.act(20, by, appraisal, code, "appraisal")
    if number % 5 == 0:
        grant = GrantIncentive(person_id=leader, period=period, incentive="通报表扬（模拟）")
        yield stage.act(25, by, grant, code, "incentive")
    if number % 7 == 0:
        post = post_id(PostKind.PARTY_SECRETARY, code, None, leader)
        yield stage.act(30, by, VacatePost(post_id=post, reason="交流任职（模拟）"), code, "vacate")
        again = FillPost(kind=PostKind.PARTY_SECRETARY, place_code=code, person_id=leader)
        yield stage.act(35, by, again, code, "succeed")


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards of posts and persons say of a district."""
    auxiliaries = [kind.value for kind in AUXILIARIES]
    row = await connection.fetchrow(_SQL["told"], district, PARTY, RESIDENTS, auxiliaries)
    assert row is not None
    rungs = await connection.fetch(LADDER, district, [rung.value for rung in Rung])
    hours = await connection.fetch(HOURS, district, [tier.value for tier in TIERS], None, None)
    by_rank = itemgetter("rank")
    return {
        2: f"one person is secretary and director in {row['concurrent']} of {row['led']} communities",
        3: f"{row['in_both']} of {row['members']} members sit in both committees",
        16: f"{row['auxiliaries']:,} auxiliaries in {row['helped']:,} grids",
        17: f"{row['leaders']:,} grid leaders",
        26: ", ".join(
            f"{Rung(each['rung']).zh} {each['persons']}"
            for each in sorted(rungs, key=by_rank)
            if each["rung"]
        ),
        27: ", ".join(
            f"{TrainingTier(each['tier']).zh} {each['hours']:,} hours" for each in sorted(hours, key=by_rank)
        ),
        28: f"{row['appraisals']:,} appraisals of {row['points']:.0f} points on average,"
        f" {row['incentives']} incentives",
    }


PLAYED = Played("Persons and posts 任职", acts, told)
