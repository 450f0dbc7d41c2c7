"""成案 What was found elsewhere becomes a case: sent by reactions, and no mutation of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.commands.rehoming import home_of
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
        """Begin the case where the place of the finding lies now, after a split or a transfer."""
        community, grid = await home_of(work.find, self.community, self.grid)
        await work.division(community, Level.COMMUNITY, "communityCode")
        if grid is not None:
            await work.grid(grid, community)
        (await work.policy()).category(self.category)
        report = Report(
            community=community,
            grid=grid,
            category=self.category,
            severity=Severity.MINOR,
            text=self.text,
            address=self._address(grid),
            subject=self.subject,
        )
        return work.add(Case.report(work.new_id(), report, work.actor, work.at))

    def _address(self, grid: str | None) -> str | None:
        """The address; where the grid is no more it is named, for households are numbered by it."""
        if self.address is None or self.grid is None or grid == self.grid:
            return self.address
        return f"原网格 {self.grid} {self.address}"
