"""换届任职 The posts that only an election gives follow the seats of the committee: who left, and who came.

主任“通过法定程序担任”: the director so elected, and nobody else, holds the post of director, on which 一肩挑
(2) rests; the members are those whose 交叉任职 (3) is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chuishao.commands.people.ground import OFFICES
from chuishao.commands.people.posts import FillPost, VacatePost
from chuishao.domain.election import committee_events as facts
from chuishao.domain.election.committee import Committee
from chuishao.domain.election.mandates import mandates
from chuishao.domain.election.terms import Office
from chuishao.domain.event import fold
from chuishao.domain.people.post import Post, post_id
from chuishao.domain.people.terms import PostKind
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.reactions.reaction import Around, Reaction, Sent, acting

NAME = "fill-elected-posts"
OVER = "不再担任居民委员会相应职务"
"""Why a post is vacated: the seat that it stood for is held no more."""
_HELD = "SELECT id, kind, holder FROM posts.post WHERE place = $1 AND kind = ANY($2) AND holder IS NOT NULL"
_KINDS = sorted(kind.value for kind in OFFICES)


async def decide(event: RecordedEvent, around: Around) -> Sequence[Sent]:
    """Vacate the posts whose seats are held by others or by nobody, then fill those that the event gave.

    Each as of when the seat changed hands. Who left a seat later only is left to the event of that.
    """
    committee = await around.log.aggregates.load(event.stream)
    if not isinstance(committee, Committee):
        return ()
    seated = _seated(committee)
    stayed = seated | _seated(fold((await around.log.stream(event.stream))[: event.version]))
    async with around.reading() as connection:
        rows = await connection.fetch(_HELD, committee.community, _KINDS)
    held = {(row["holder"], PostKind(row["kind"])): row["id"] for row in rows}
    by = acting(NAME)
    sent = [
        Sent(VacatePost(post_id=post, reason=OVER), by, post, await _moment(event, around, post))
        for who, post in sorted(held.items())
        if who not in stayed
    ]
    for person, kind in given(event):
        if (person, kind) in seated - held.keys():
            post = post_id(kind, committee.community, None, person)
            fill = _fill(event, committee, person, kind)
            sent.append(Sent(fill, by, person, await _moment(event, around, post)))
    return sent


def _seated(committee: Committee) -> set[tuple[UUID, PostKind]]:
    return {(mandate.person, kind_of(mandate.office)) for mandate in mandates(committee.seats)}


def _fill(event: RecordedEvent, committee: Committee, person: UUID, kind: PostKind) -> FillPost:
    election = getattr(event.event, "election", None)
    return FillPost(kind=kind, place_code=committee.community, person_id=person, election_id=election)


async def _moment(event: RecordedEvent, around: Around, id_: UUID) -> datetime:
    """When the seat changed hands; where the post changed later by hand, that is as early as it can be."""
    post = await around.log.aggregates.load(id_)
    return max(event.occurred_at, post.modified_on) if isinstance(post, Post) else event.occurred_at


def given(event: RecordedEvent) -> list[tuple[UUID, PostKind]]:
    """Whom the event seats, and for which post."""
    match event.event:
        case facts.CommitteeElected() | facts.CommitteeRenewed() | facts.SeatsFilled() as seats:
            pairs = zip(seats.elected, seats.offices, strict=True)
            return [(person, kind_of(Office(office))) for person, office in pairs]
    return []


def kind_of(office: Office) -> PostKind:
    """The post that an office of the committee stands for."""
    return next(kind for kind, offices in OFFICES.items() if office in offices)


REACTION = Reaction(
    NAME,
    "换届任职 The posts of director and members follow the seats of the committee.",
    (facts.CommitteeEvent,),
    decide,
)
