"""选举依据 Whether an election is the ground on which somebody holds an elected post."""

from uuid import UUID

from chuishao.commands.work import Work
from chuishao.domain.election.committee import Committee, committee_id
from chuishao.domain.election.election import Election
from chuishao.domain.election.terms import ElectionStatus, Office
from chuishao.domain.event import not_before
from chuishao.domain.people.terms import PostKind
from chuishao.domain.phrase import Phrase

OFFICES = {
    PostKind.COMMITTEE_DIRECTOR: frozenset({Office.DIRECTOR}),
    PostKind.RESIDENTS_COMMITTEE_MEMBER: frozenset({Office.DEPUTY_DIRECTOR, Office.MEMBER}),
}
"""The offices of the committee that each elected post stands for."""
CERTIFIED = Phrase("the certification of the election", "选举结果的确认")


async def elected(work: Work, election: UUID, kind: PostKind, place: str, person: UUID) -> bool:
    """Whether an election of the place is certified to have given this person the seat that they have.

    Refused for a moment before the election was certified.
    """
    found = await work.find(Election, election)
    committee = await work.find(Committee, committee_id(place))
    if found is None or committee is None or found.community != place:
        return False
    if found.status is not ElectionStatus.CERTIFIED:
        return False
    not_before(work.at, found.modified_on, CERTIFIED)
    given = {(office, who) for who, office in found.result} & set(committee.seats)
    return any(who == person and office in OFFICES[kind] for office, who in given)
