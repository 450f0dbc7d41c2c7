"""Who holds which post where, who held it when, and where is one person both secretary and director?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.people import post as facts
from chuishao.domain.people.terms import PostKind
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "posts.sql")
_EVENTS = (facts.PostEstablished, facts.PostFilled, facts.PostVacated)
_LEADING = {PostKind.PARTY_SECRETARY.value: "secretary", PostKind.COMMITTEE_DIRECTOR.value: "director"}
PARTY = [PostKind.PARTY_SECRETARY.value, PostKind.PARTY_COMMITTEE_MEMBER.value]
RESIDENTS = [PostKind.COMMITTEE_DIRECTOR.value, PostKind.RESIDENTS_COMMITTEE_MEMBER.value]
"""两委 The posts of the two committees, their heads included."""


@dataclass(slots=True)
class PostRow:
    """A post and who holds it now; `tenures` counts those who ever did."""

    id: UUID
    kind: str
    place: str
    unit: UUID | None
    established_at: datetime
    holder: UUID | None = None
    since: datetime | None = None
    tenures: int = 0


@dataclass(slots=True)
class TenureRow:
    """One person's time in a post, from `since` until before `until`; the reason of its end is sealed."""

    id: UUID
    post: UUID
    number: int
    kind: str
    place: str
    unit: UUID | None
    person: UUID
    election: UUID | None
    standing: str | None
    since: datetime
    until: datetime | None = None
    reason: bytes | None = None


@dataclass(slots=True)
class LeadershipRow:
    """一肩挑 Who leads a community: its party secretary and its committee's director, one person or two."""

    id: UUID
    place: str
    secretary: UUID | None
    director: UUID | None
    concurrent: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the communities in a place, how many have a secretary, a director, and one person as both.

    `at` is the moment that was asked for, None for now.
    """

    place: str
    at: datetime | None
    communities: int
    secretaries: int
    directors: int
    concurrent: int


@dataclass(frozen=True, slots=True)
class CrossAppointment:
    """Of those in the two committees of a place's communities at the end of a month, how many are in both."""

    month: str
    place: str
    party_members: int
    residents_members: int
    members: int
    in_both: int


POSTS = Table("post", PostRow)
TENURES = Table("tenure", TenureRow)
LEADERSHIPS = Table("leadership", LeadershipRow)


@dataclass(slots=True)
class Rows:
    """What a batch changes."""

    posts: dict[UUID, PostRow]
    tenures: dict[UUID, TenureRow]
    leaderships: dict[UUID, LeadershipRow]


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of posts."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, _EVENTS)]
    posts = await POSTS.load(connection, {recorded.stream for recorded in wanted})
    tenures = await TENURES.load(connection, {tenure_id(post.id, post.tenures) for post in posts.values()})
    led = {leadership_id(place) for place in _led(posts.values(), wanted)}
    rows = Rows(posts, tenures, await LEADERSHIPS.load(connection, led))
    for recorded in wanted:
        evolve(rows, recorded)
    await POSTS.save(connection, rows.posts.values())
    await TENURES.save(connection, rows.tenures.values())
    await LEADERSHIPS.save(connection, rows.leaderships.values())


def _led(posts: Iterable[PostRow], events: Iterable[RecordedEvent]) -> set[str]:
    """The communities whose leadership a batch may change."""
    begun = (recorded.event for recorded in events)
    return {post.place for post in posts if post.kind in _LEADING} | {
        event.place
        for event in begun
        if isinstance(event, facts.PostEstablished) and event.post_kind in _LEADING
    }


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    id_, at, event = recorded.stream, recorded.occurred_at, recorded.event
    match event:
        case facts.PostEstablished(post_kind=kind, place=place, unit=unit):
            rows.posts[id_] = PostRow(id_, kind, place, unit, at)
        case facts.PostFilled(person=person, election=election, standing=standing):
            post = rows.posts[id_]
            post.holder, post.since, post.tenures = person, at, post.tenures + 1
            key = tenure_id(id_, post.tenures)
            rows.tenures[key] = TenureRow(
                key, id_, post.tenures, post.kind, post.place, post.unit, person, election, standing, at
            )
            _lead(rows, post, at)
        case facts.PostVacated(reason=reason):
            post = rows.posts[id_]
            post.holder = post.since = None
            tenure = rows.tenures[tenure_id(id_, post.tenures)]
            tenure.until, tenure.reason = at, to_bytes(reason)
            _lead(rows, post, at)


def _lead(rows: Rows, post: PostRow, at: datetime) -> None:
    """Note who leads the community now."""
    leads = _LEADING.get(post.kind)
    if leads is None:
        return
    key = leadership_id(post.place)
    row = rows.leaderships.setdefault(key, LeadershipRow(key, post.place, None, None, False, at))
    setattr(row, leads, post.holder)
    row.concurrent = row.secretary is not None and row.secretary == row.director
    row.changed_at = at


def tenure_id(post: UUID, number: int) -> UUID:
    """The row of a post's tenure by its number, from 1."""
    return identify("tenure", post, number)


def leadership_id(place: str) -> UUID:
    """The row of a community's leadership."""
    return identify("leadership", place)


PROJECTION = Projection("posts", version=1, fold=fold, on=_EVENTS)


# Queries

COVERAGE = _SQL["coverage"]
"""A line for the place and each division a level below, of the communities that there were: the beginning of
their codes, how many digits a division's has, the moment that was asked for or null, now, and the local day
of that moment."""
CROSS = _SQL["cross_appointments"]
"""A line for each month: the beginning of the communities' codes, the months, until when each counts, and the
posts of the party's and of the residents' committee."""
