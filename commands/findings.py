"""成案 What was found elsewhere becomes a case: sent by reactions, and no mutation of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.case import Case, Report
from chuishao.domain.division import Level
from chuishao.domain.lifecycle import TRANSITIONS, Step
from chuishao.domain.vocabulary import Severity


@dataclass(frozen=True, kw_only=True)
class ReportFinding(Command):
    """成案 Report as a case what was found, about the same subject, so that its words are erased with it."""

    thing = "case"
    makes = True
    roles = TRANSITIONS[Step.REPORT].roles
    community: str
    grid: str | None
    category: str
    text: str
    address: str | None
    subject: UUID | None

    @classmethod
    def of(cls, report: Report) -> ReportFinding:
        """The command that makes a report."""
        return cls(
            community=report.community,
            grid=report.grid,
            category=report.category,
            text=report.text,
            address=report.address,
            subject=report.subject,
        )

    async def decide(self, work: Work) -> Case:
        """Begin the case where it lies."""
        await work.division(self.community, Level.COMMUNITY, "communityCode")
        if self.grid is not None:
            await work.grid(self.grid, self.community)
        (await work.policy()).category(self.category)
        report = Report(
            community=self.community,
            grid=self.grid,
            category=self.category,
            severity=Severity.MINOR,
            text=self.text,
            address=self.address,
            subject=self.subject,
        )
        return work.add(Case.report(work.new_id(), report, work.actor, work.at))
