"""选举依据 Whether an election is the ground on which somebody holds an elected post."""

from uuid import UUID

from chuishao.commands.work import Work
from chuishao.domain.people.terms import PostKind


async def elected(work: Work, election: UUID, kind: PostKind, place: str, person: UUID) -> bool:
    """Whether an election is certified to have given this person this post here.

    The log knows no elections yet, so none is. Whoever keeps them loads one by `work.find`, which also makes
    sure that it does not change while the post is filled.
    """
    return False
