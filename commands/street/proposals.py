"""Commands about the proposals of deputies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.street.fields import Answer, BodyCode, DepartmentId, unit_around
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.street.proposal import DeputyProposal
from chuishao.domain.street.terms import Proposer, Verdict


@dataclass(frozen=True, kw_only=True)
class ReceiveProposal(Command):
    """收到代表建议 Record what a deputy or a member of a consultative conference proposes."""

    thing = "proposal"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_PROPOSALS]
    division_code: Annotated[str, Doc("区划 the street, or the division above it, that received it")]
    proposer: Annotated[Proposer, Doc("代表类别 who proposes it")]
    label: Annotated[str, Doc("称谓 role and number of the proposer, as in “人大代表 003”")]
    proposal: Annotated[str, Doc("建议内容 what is proposed; personal text")]

    async def decide(self, work: Work) -> DeputyProposal:
        """Receive."""
        received = DeputyProposal.receive(
            work.new_id(), self.division_code, self.proposer, self.label, self.proposal, work.actor, work.at
        )
        await work.division(self.division_code)
        return work.add(received)


@dataclass(frozen=True, kw_only=True)
class ProposalCommand(Command):
    """A command about one proposal that was received."""

    thing = "proposal"
    proposal_id: Annotated[UUID, Doc("建议 the proposal")]

    async def proposal(self, work: Work) -> DeputyProposal:
        """Load the proposal."""
        return await work.get(DeputyProposal, self.proposal_id, "proposalId")


@dataclass(frozen=True, kw_only=True)
class AssignProposal(ProposalCommand):
    """交办建议 Say which unit is to answer a proposal."""

    roles = MAY_SET_UP[Setup.KEEP_PROPOSALS]
    department_id: DepartmentId = None
    body_code: BodyCode = None

    async def decide(self, work: Work) -> DeputyProposal:
        """Assign."""
        proposal = await self.proposal(work)
        work.require_setup(Setup.KEEP_PROPOSALS, proposal.division, "proposalId")
        unit = await unit_around(work, self.department_id, self.body_code, proposal.division)
        proposal.assign(unit, work.actor, work.at)
        return proposal


@dataclass(frozen=True, kw_only=True)
class AnswerProposal(ProposalCommand):
    """答复建议 Answer a proposal for the unit that it is assigned to."""

    roles = MAY_SET_UP[Setup.ANSWER_PROPOSAL]
    answer: Answer

    async def decide(self, work: Work) -> DeputyProposal:
        """Answer."""
        proposal = await self.proposal(work)
        proposal.answer(self.answer, work.actor, work.at)
        return proposal


@dataclass(frozen=True, kw_only=True)
class RateProposal(ProposalCommand):
    """评价答复 Record how the deputy rates the answer to a proposal."""

    roles = MAY_SET_UP[Setup.KEEP_PROPOSALS]
    verdict: Annotated[Verdict, Doc("评价 how satisfied the deputy is")]
    comment: Annotated[str | None, Doc("意见 what is said beside it; personal text")] = None

    async def decide(self, work: Work) -> DeputyProposal:
        """Rate."""
        proposal = await self.proposal(work)
        proposal.rate(self.verdict, self.comment, work.actor, work.at)
        return proposal
