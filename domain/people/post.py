"""岗位 Post: one appointment to one post in one place, dated; whoever held it, and when.

One aggregate carries every kind of post: what is particular to a kind stands in `CHARTERS`. A post that one
person holds has one stream a place, so that there is one holder at every moment; a post that many hold has
one stream for each of them. 主任“通过法定程序担任”: an elected post is filled on the ground of an election.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.authority import Setup
from chuishao.domain.division import level_of
from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, not_before, written
from chuishao.domain.grid import community_code
from chuishao.domain.identity import identify
from chuishao.domain.people.refusals import (
    ElectionRequired,
    PostOccupied,
    PostVacant,
    WrongGround,
    WrongPostPlace,
)
from chuishao.domain.people.terms import ChiefStanding, PostKind, PostPlace
from chuishao.domain.phrase import Phrase

CHANGED = Phrase("the last change of this post", "该岗位上一次变动")


@dataclass(frozen=True, slots=True)
class Charter:
    """岗位规则 What holds of every post of a kind.

    `many`: several hold it side by side. `elected`: only an election fills it. `of_unit`: it belongs to a
    unit of the place, such as a sector or an office. `setup`: the right to fill and vacate it.
    """

    places: frozenset[PostPlace]
    setup: Setup
    many: bool = False
    elected: bool = False
    of_unit: bool = False


_STREET, _COMMUNITY = frozenset({PostPlace.STREET}), frozenset({PostPlace.COMMUNITY})
_GRID = frozenset({PostPlace.GRID})

CHARTERS: dict[PostKind, Charter] = {
    PostKind.ZONE_CHIEF: Charter(frozenset(PostPlace) - _GRID, Setup.FILL_POSTS),
    PostKind.PARTY_SECRETARY: Charter(_COMMUNITY, Setup.FILL_POSTS),
    PostKind.COMMITTEE_DIRECTOR: Charter(_COMMUNITY, Setup.FILL_POSTS, elected=True),
    PostKind.PARTY_COMMITTEE_MEMBER: Charter(_COMMUNITY, Setup.FILL_POSTS, many=True),
    PostKind.RESIDENTS_COMMITTEE_MEMBER: Charter(_COMMUNITY, Setup.FILL_POSTS, many=True, elected=True),
    PostKind.GRID_LEADER: Charter(_COMMUNITY, Setup.FILL_GRID_POSTS),
    PostKind.PARTY_MEMBER: Charter(_GRID, Setup.FILL_GRID_POSTS, many=True),
    PostKind.BUILDING_HEAD: Charter(_GRID, Setup.FILL_GRID_POSTS, many=True),
    PostKind.VOLUNTEER: Charter(_GRID, Setup.FILL_GRID_POSTS, many=True),
    PostKind.SECTOR_CHIEF: Charter(_STREET, Setup.FILL_POSTS, of_unit=True),
    PostKind.ALLEY_STEWARD: Charter(_COMMUNITY | _GRID, Setup.FILL_GRID_POSTS, many=True),
    PostKind.OFFICE_HEAD: Charter(_STREET, Setup.FILL_POSTS, of_unit=True),
}


class PostEstablished(Event, AggregateCreated):
    """设岗: a post came to be in a place, when it was filled first."""

    TOPIC = "PostEstablished"
    post_kind: str
    place: str
    unit: UUID | None

    def apply(self, post: Post) -> None:
        """Lie in the place."""
        post.kind = PostKind(self.post_kind)
        post.lies_in = self.place
        post.unit = self.unit


class PostFilled(Event):
    """任职: somebody holds the post from now on."""

    TOPIC = "PostFilled"
    person: UUID
    election: UUID | None
    standing: str | None

    def apply(self, post: Post) -> None:
        """Be held."""
        post.tenures.append(Tenure(self.person, self.timestamp))


class PostVacated(Event):
    """离任: whoever held the post holds it no more."""

    TOPIC = "PostVacated"
    person: UUID
    reason: PersonalText | SealedText

    def apply(self, post: Post) -> None:
        """Be vacant."""
        post.tenures[-1].until = self.timestamp


@dataclass(slots=True)
class Tenure:
    """任期 Who held a post, from a moment on and until before another."""

    person: UUID
    since: datetime
    until: datetime | None = None


class Post(BaseAggregate[UUID]):
    """One post through all who held it."""

    TOPIC = "post"

    def __init__(self) -> None:
        self.kind = PostKind.ZONE_CHIEF
        self.lies_in = ""
        self.unit: UUID | None = None
        self.tenures: list[Tenure] = []

    @property
    def place(self) -> str:
        """The code of the division or grid it lies in."""
        return self.lies_in

    @property
    def correlation(self) -> None:
        """Posts belong to no case."""

    @property
    def holder(self) -> UUID | None:
        """Who holds it now."""
        return self.tenures[-1].person if self.tenures and self.tenures[-1].until is None else None

    def holder_at(self, moment: datetime) -> UUID | None:
        """Who held it at a moment."""
        for tenure in self.tenures:
            if tenure.since <= moment and (tenure.until is None or moment < tenure.until):
                return tenure.person
        return None

    @classmethod
    def establish(cls, kind: PostKind, place: str, unit: UUID | None, person: UUID, at: datetime) -> Self:
        """Let a post be, to be filled by this person."""
        return cls._create(
            PostEstablished,
            id=post_id(kind, place, unit, person),
            timestamp=at,
            post_kind=kind.value,
            place=place,
            unit=unit,
        )

    def fill(self, person: UUID, election: UUID | None, standing: ChiefStanding | None, at: datetime) -> None:
        """Give the vacant post to somebody; whether an election named is certified, the command finds out."""
        require_ground(self.kind, election, standing)
        if self.holder is not None:
            since = self.tenures[-1].since.isoformat()
            raise PostOccupied(
                "placeCode", post=self.kind, place=self.lies_in, holder=self.holder, since=since
            )
        not_before(at, self.modified_on, CHANGED)
        stands = standing.value if standing else None
        self.trigger_event(PostFilled, timestamp=at, person=person, election=election, standing=stands)

    def vacate(self, reason: str, at: datetime) -> None:
        """Let whoever holds the post hold it no more."""
        if self.holder is None:
            raise PostVacant("postId", post=self.kind, place=self.lies_in)
        said = PersonalText(self.holder, written("reason", reason, SHORT_TEXT))
        not_before(at, self.modified_on, CHANGED)
        self.trigger_event(PostVacated, timestamp=at, person=self.holder, reason=said)


def post_id(kind: PostKind, place: str, unit: UUID | None, person: UUID) -> UUID:
    """The stream of a post: one a place or unit, or one for each of those who hold it side by side."""
    parts = [kind, place] + ([unit] if unit else []) + ([person] if CHARTERS[kind].many else [])
    return identify("post", *parts)


def require_place(kind: PostKind, code: str) -> None:
    """Refuse a code of a kind of place in which there is no such post."""
    if "-" in code:
        community_code(code, "placeCode")
        found = PostPlace.GRID
    else:
        found = PostPlace(level_of(code, "placeCode"))
    if found not in CHARTERS[kind].places:
        raise WrongPostPlace("placeCode", post=kind, place=code, needed=sorted(CHARTERS[kind].places))


def require_unit(kind: PostKind, unit: UUID | None) -> None:
    """Refuse a missing unit, or one that a post of this kind does not have."""
    if CHARTERS[kind].of_unit is (unit is None):
        reason = Phrase("name the sector or office", "请填写片区或内设机构")
        if unit is not None:
            reason = Phrase(
                "it belongs to the place itself; leave the unit out", "岗位属于该位置；请不填单元"
            )
        raise WrongGround("unitId", post=kind, reason=reason)


def require_ground(kind: PostKind, election: UUID | None, standing: ChiefStanding | None) -> None:
    """Refuse to appoint to an elected post, to elect to another one, and a sector's chief of no standing."""
    if CHARTERS[kind].elected and election is None:
        raise ElectionRequired("electionId", post=kind)
    if election is not None and not CHARTERS[kind].elected:
        reason = Phrase("it is appointed; leave the election out", "该岗位由任命产生；请不填选举")
        raise WrongGround("electionId", post=kind, reason=reason)
    if (kind is PostKind.SECTOR_CHIEF) is (standing is None):
        reason = Phrase("say what the chief is besides", "请填写街片长身份")
        if standing is not None:
            reason = Phrase("only a sector's chief has a standing", "仅街片长须填写身份")
        raise WrongGround("standing", post=kind, reason=reason)
