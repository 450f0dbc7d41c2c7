"""逾期 What the clock lets become true of a case: that its limit passed, and where that leads."""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.commands.cases import CaseCommand
from chuishao.commands.work import Work
from chuishao.domain.case import Case
from chuishao.domain.lifecycle import TRANSITIONS, Step
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NoLimit


@dataclass(frozen=True, kw_only=True)
class RecordOverdue(CaseCommand):
    """逾期 Record that the limit of a case passed; where the policy says so, it goes to the next tier.

    The clock sends it for each case whose limit is over; it is no mutation.
    """

    roles = TRANSITIONS[Step.OVERDUE].roles

    async def decide(self, work: Work) -> Case:
        """Record, by the policy in force since the case stands where it stands."""
        case = await self.case(work)
        policy = await work.policy(case.since)
        limit, due = case.limit(policy), case.due(policy)
        if limit is None or due is None:
            raise NoLimit("caseId", what=Phrase(f"case {case.id} now", f"案件 {case.id} 目前"))
        escalates = (await work.policy()).escalates
        case.let_pass(due, limit.rule, work.actor, work.at, escalates=escalates)
        return case
