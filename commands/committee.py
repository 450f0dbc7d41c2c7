"""Commands about the members of a residents' committee: recall, and seats that become vacant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.election import CommunityCode, ProposalPart, ProtocolHash
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.election.committee import Committee, Meeting, committee_id
from chuishao.domain.election.terms import VacancyGround

PersonId = Annotated[UUID, Doc("人员 the member")]


@dataclass(frozen=True, kw_only=True)
class MeetingPart:
    """居民会议 The vote of a residents' meeting, as totals."""

    electors: Annotated[int, Doc("应到人数 how many may vote")]
    present: Annotated[int, Doc("出席人数 how many are present")]
    votes: Annotated[int, Doc("赞成票 how many of them are for it")]


@dataclass(frozen=True, kw_only=True)
class CommitteeCommand(Command):
    """A command about a member of one committee."""

    thing = "committee"
    roles = MAY_SET_UP[Setup.CERTIFY_ELECTIONS]
    community_code: CommunityCode
    person_id: PersonId

    async def committee(self, work: Work) -> Committee:
        """Load the committee; refused to whoever may not do this there."""
        work.require_setup(Setup.CERTIFY_ELECTIONS, self.community_code, "communityCode")
        return await work.get(Committee, committee_id(self.community_code), "communityCode")


@dataclass(frozen=True, kw_only=True)
class VacateSeat(CommitteeCommand):
    """出缺 Record that a member left before the term was over."""

    ground: Annotated[VacancyGround, Doc("出缺事由 why")]

    async def decide(self, work: Work) -> Committee:
        """Vacate."""
        committee = await self.committee(work)
        committee.vacate(self.person_id, self.ground, work.at)
        return committee


@dataclass(frozen=True, kw_only=True)
class RecallMember(CommitteeCommand):
    """罢免 Record that a residents' meeting recalled a member: proposed by enough, and carried."""

    proposal: Annotated[ProposalPart, Doc("提议 who proposed it")]
    meeting: Annotated[MeetingPart, Doc("居民会议 how it was voted")]
    protocol_hash: ProtocolHash

    async def decide(self, work: Work) -> Committee:
        """Recall."""
        committee = await self.committee(work)
        meeting = Meeting(self.meeting.electors, self.meeting.present, self.meeting.votes)
        committee.recall(self.person_id, self.proposal.read(), meeting, self.protocol_hash, work.at)
        return committee
