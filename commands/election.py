"""Commands about elections of residents' committees. None of them is about a voter, or carries free text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.division import Level
from chuishao.domain.election.committee import Committee, committee_id
from chuishao.domain.election.election import Election, election_id
from chuishao.domain.election.electorate import Electorate
from chuishao.domain.election.refusals import NoVacancy
from chuishao.domain.election.regime import Proposal
from chuishao.domain.election.tally import Count
from chuishao.domain.election.terms import CallGround, Office, Proposers, VoidGround, VotingMode
from chuishao.domain.event import not_too_many
from chuishao.domain.people.person import Person
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import AlreadyExists

CommunityCode = Annotated[str, Doc("社区 the community, by its code")]
Mode = Annotated[VotingMode, Doc("选举方式 who votes")]
BallotOn = Annotated[date, Doc("选举日 the day of the ballot; a community has one election a day")]
ProtocolHash = Annotated[
    str, Doc("计票记录校验值 the salted hash of the paper protocol: 64 hexadecimal digits; it stays on paper")
]
ELECTION = Phrase("election", "选举")


@dataclass(frozen=True, kw_only=True)
class ProposalPart:
    """提议 Who proposes a residents' meeting: enough residents, households or residents' groups."""

    proposers: Annotated[Proposers, Doc("提议主体 residents, households or groups")]
    supporters: Annotated[int, Doc("提议数 how many propose it")]
    entitled: Annotated[int, Doc("总数 out of how many")]

    def read(self) -> Proposal:
        """As the domain has it."""
        return Proposal(self.proposers, self.supporters, self.entitled)


@dataclass(frozen=True, kw_only=True)
class CandidatePart:
    """候选人 Somebody who stands for one office."""

    person_id: Annotated[UUID, Doc("人员 who stands")]
    office: Annotated[Office, Doc("职务 for which office")]


async def require_free_day(work: Work, community: str, ballot_on: date) -> None:
    """Refuse a second election of a community on one day."""
    known = await work.find(Election, election_id(community, ballot_on))
    if known is not None:
        named = Phrase(f"{community} on {ballot_on}", f"{community}（{ballot_on}）")
        raise AlreadyExists("ballotOn", kind=ELECTION, id=named, existing=known.status)


@dataclass(frozen=True, kw_only=True)
class CallElection(Command):
    """启动选举 Call the election of a whole committee, under the law in force on the day of the ballot."""

    thing = "election"
    makes = True
    roles = MAY_SET_UP[Setup.CERTIFY_ELECTIONS]
    community_code: CommunityCode
    mode: Mode
    seats: Annotated[list[Office], Doc("职数 the office of each seat: 5 to 9, one of them the director's")]
    ballot_on: BallotOn
    ground: Annotated[CallGround, Doc("选举事由 why")]
    proposal: Annotated[ProposalPart | None, Doc("提议 with the ground PROPOSAL: who proposes it")] = None

    async def decide(self, work: Work) -> Election:
        """Call it, once for the day."""
        work.require_setup(Setup.CERTIFY_ELECTIONS, self.community_code, "communityCode")
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        not_too_many("seats", len(self.seats))
        await require_free_day(work, self.community_code, self.ballot_on)
        committee = await work.find(Committee, committee_id(self.community_code))
        if committee is not None:
            committee.require_renewable(self.ground, self.ballot_on)
        proposal = self.proposal.read() if self.proposal else None
        called = Election.call(
            self.community_code, self.mode, self.seats, self.ballot_on, self.ground, proposal, work.at
        )
        return work.add(called)


@dataclass(frozen=True, kw_only=True)
class CallByElection(Command):
    """启动补选 Call an election to all vacant seats of a committee, for what is left of its term."""

    thing = "election"
    makes = True
    roles = MAY_SET_UP[Setup.CERTIFY_ELECTIONS]
    community_code: CommunityCode
    mode: Mode
    ballot_on: BallotOn

    async def decide(self, work: Work) -> Election:
        """Call it, where a seat is vacant."""
        work.require_setup(Setup.CERTIFY_ELECTIONS, self.community_code, "communityCode")
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        committee = await work.get(Committee, committee_id(self.community_code), "communityCode")
        if not committee.vacant:
            raise NoVacancy("communityCode", office=Phrase("any office", "任何职务"))
        await require_free_day(work, self.community_code, self.ballot_on)
        called = Election.call_by_election(
            self.community_code, self.mode, committee.vacant, self.ballot_on, committee.election, work.at
        )
        return work.add(called)


@dataclass(frozen=True, kw_only=True)
class ElectionCommand(Command):
    """A command about one election that exists."""

    thing = "election"
    election_id: Annotated[UUID, Doc("选举 the election")]

    async def election(self, work: Work, what: Setup) -> Election:
        """Load the election; refused to whoever may not do this there, and once its community is no more."""
        election = await _election(work, self.election_id, what)
        await work.division(election.place, Level.COMMUNITY, "electionId")
        return election


async def _election(work: Work, id_: UUID, what: Setup) -> Election:
    election = await work.get(Election, id_, "electionId")
    work.require_setup(what, election.place, "electionId")
    return election


@dataclass(frozen=True, kw_only=True)
class RegisterVoters(ElectionCommand):
    """选民登记 Close the roll of voters; it stays on paper, and only counts and its salted hash are kept."""

    roles = MAY_SET_UP[Setup.CONDUCT_ELECTIONS]
    voters: Annotated[int, Doc("选民数 residents of 18 or older with a vote")]
    households: Annotated[int, Doc("户数 households")]
    groups: Annotated[int, Doc("居民小组数 residents' groups")]
    roll_hash: Annotated[str, Doc("选民名册校验值 the salted hash of the roll: 64 hexadecimal digits")]
    delegates: Annotated[int | None, Doc("代表数 with GROUP_DELEGATES: two or three of each group")] = None

    async def decide(self, work: Work) -> Election:
        """Register."""
        election = await self.election(work, Setup.CONDUCT_ELECTIONS)
        electorate = Electorate(self.voters, self.households, self.groups, self.delegates)
        election.register_voters(electorate, self.roll_hash, work.at)
        return election


@dataclass(frozen=True, kw_only=True)
class ScreenCandidates(ElectionCommand):
    """候选人审查 Settle who stands, all on a roster; of who is turned away only the number is kept."""

    roles = MAY_SET_UP[Setup.CONDUCT_ELECTIONS]
    nominated: Annotated[int, Doc("提名人数 how many were nominated")]
    candidates: Annotated[list[CandidatePart], Doc("候选人 who stands, in the order of the ballot paper")]

    async def decide(self, work: Work) -> Election:
        """Screen."""
        election = await self.election(work, Setup.CONDUCT_ELECTIONS)
        not_too_many("candidates", len(self.candidates))
        for number, candidate in enumerate(self.candidates):
            await work.get(Person, candidate.person_id, "candidates", str(number), "personId")
        standing = [(candidate.person_id, candidate.office) for candidate in self.candidates]
        election.screen_candidates(self.nominated, standing, work.at)
        return election


@dataclass(frozen=True, kw_only=True)
class HoldBallot(ElectionCommand):
    """投票 Close the ballot, and say how many took part; nothing is recorded while it is open."""

    roles = MAY_SET_UP[Setup.CONDUCT_ELECTIONS]
    present: Annotated[int, Doc("参加人数 how many ballot papers were given out, by all ways to vote")]

    async def decide(self, work: Work) -> Election:
        """Close."""
        election = await self.election(work, Setup.CONDUCT_ELECTIONS)
        election.hold_ballot(self.present, work.at)
        return election


@dataclass(frozen=True, kw_only=True)
class CountBallots(ElectionCommand):
    """计票 Give the totals of the closed ballot; they are kept as far as they tell nobody's vote."""

    roles = MAY_SET_UP[Setup.CONDUCT_ELECTIONS]
    collected: Annotated[int, Doc("收回选票 how many ballot papers came back")]
    invalid: Annotated[int, Doc("无效票 how many of them are invalid")]
    votes: Annotated[list[int], Doc("得票数 the votes, in the order of the ballot paper")]
    protocol_hash: ProtocolHash

    async def decide(self, work: Work) -> Election:
        """Count."""
        election = await self.election(work, Setup.CONDUCT_ELECTIONS)
        election.count_ballots(
            Count(self.collected, self.invalid, tuple(self.votes)), self.protocol_hash, work.at
        )
        return election


@dataclass(frozen=True, kw_only=True)
class CertifyResult(ElectionCommand):
    """确认结果 Certify the result; those elected take their seats."""

    roles = MAY_SET_UP[Setup.CERTIFY_ELECTIONS]

    async def decide(self, work: Work) -> Election:
        """Certify; the election and the committee both know."""
        election = await self.election(work, Setup.CERTIFY_ELECTIONS)
        election.certify(work.at)
        committee = await work.find(Committee, committee_id(election.community))
        if committee is None:
            work.add(Committee.begin(election, work.at))
        elif election.term is not None:
            committee.fill(election, work.at)
        else:
            committee.renew(election, work.at)
        return election


@dataclass(frozen=True, kw_only=True)
class VoidElection(ElectionCommand):
    """宣布无效 Void an election that is not certified, on a ground that holds; also of what is no more."""

    roles = MAY_SET_UP[Setup.CERTIFY_ELECTIONS]
    ground: Annotated[VoidGround, Doc("无效事由 why")]

    async def decide(self, work: Work) -> Election:
        """Void."""
        election = await _election(work, self.election_id, Setup.CERTIFY_ELECTIONS)
        election.void(self.ground, work.at)
        return election
