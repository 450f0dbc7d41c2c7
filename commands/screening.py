"""Commands of a screening campaign: “敲门到户，排查到人”."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.grids import GridCode
from chuishao.commands.rounds import Finding, Household, Outcome
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.event import not_too_many
from chuishao.domain.grid import ServiceGrid, community_code
from chuishao.domain.identity import grid_id
from chuishao.domain.people.person import Person
from chuishao.domain.refusal import ForeignGrid, leading_to
from chuishao.domain.rounds.campaign import GridScreening, ScreeningCampaign, screening_id
from chuishao.domain.rounds.refusals import GridOutsideCampaign

CampaignId = Annotated[UUID, Doc("排查 the campaign")]
GridCodes = Annotated[list[str], Doc("网格代码 the grids to cover, at most 50 at once")]


async def _begin(work: Work, campaign: ScreeningCampaign, grids: list[str]) -> None:
    """Come to each of the grids, with the households that it has now."""
    for number, code in enumerate(grids):
        with leading_to("gridCodes", str(number)):
            grid = await work.grid(code)
            if not code.startswith(campaign.area):
                raise ForeignGrid(code=code, place=campaign.area)
            work.add(GridScreening.begin(campaign.id, code, grid.households, work.at))


@dataclass(frozen=True, kw_only=True)
class OpenCampaign(Command):
    """开展排查 Open a campaign over grids of a division: every door is knocked at."""

    thing = "campaign"
    makes = True
    roles = MAY_SET_UP[Setup.RUN_CAMPAIGNS]
    division_code: Annotated[str, Doc("区划代码 the division that all the grids lie in")]
    name: Annotated[str, Doc("名称 what the campaign is called")]
    grid_codes: GridCodes

    async def decide(self, work: Work) -> ScreeningCampaign:
        """Open."""
        work.require_setup(Setup.RUN_CAMPAIGNS, self.division_code, "divisionCode")
        await work.division(self.division_code)
        not_too_many("gridCodes", len(self.grid_codes))
        opened = ScreeningCampaign.open(
            work.new_id(), self.division_code, self.name, self.grid_codes, work.at
        )
        campaign = work.add(opened)
        await _begin(work, campaign, list(dict.fromkeys(self.grid_codes)))
        return campaign


@dataclass(frozen=True, kw_only=True)
class CampaignCommand(Command):
    """A command of those who run one campaign."""

    thing = "campaign"
    roles = MAY_SET_UP[Setup.RUN_CAMPAIGNS]
    campaign_id: CampaignId

    async def campaign(self, work: Work) -> ScreeningCampaign:
        """Load the campaign, for somebody who may run it."""
        campaign = await work.get(ScreeningCampaign, self.campaign_id, "campaignId")
        work.require_setup(Setup.RUN_CAMPAIGNS, campaign.place, "campaignId")
        return campaign


@dataclass(frozen=True, kw_only=True)
class ExtendCampaign(CampaignCommand):
    """扩大排查 Let a campaign cover further grids."""

    grid_codes: GridCodes

    async def decide(self, work: Work) -> ScreeningCampaign:
        """Extend; grids that are covered already change nothing."""
        campaign = await self.campaign(work)
        not_too_many("gridCodes", len(self.grid_codes))
        await _begin(work, campaign, campaign.extend(self.grid_codes, work.at))
        return campaign


@dataclass(frozen=True, kw_only=True)
class CloseCampaign(CampaignCommand):
    """结束排查 Close a campaign whose every household has an outcome; retired grids count no more."""

    async def decide(self, work: Work) -> ScreeningCampaign:
        """Close."""
        campaign = await self.campaign(work)
        campaign.require_open(work.at)
        await _drop_retired(work, campaign)
        campaign.close(work.at)
        return campaign


async def _drop_retired(work: Work, campaign: ScreeningCampaign) -> None:
    """Do without the grids that were retired, as far as nobody has to knock in another one first."""
    for code in sorted(campaign.outstanding):
        grid = await work.find(ServiceGrid, grid_id(code))
        if grid is None or grid.retired_at is None:
            return
        campaign.drop(code, work.at)


@dataclass(frozen=True, kw_only=True)
class ScreeningCommand(Command):
    """A command of those who knock at the doors of one grid for a campaign."""

    thing = "screening"
    roles = MAY_SET_UP[Setup.SCREEN]
    campaign_id: CampaignId
    grid_code: GridCode

    async def screening(self, work: Work) -> tuple[ScreeningCampaign, GridScreening]:
        """Load the campaign, which must be open, and what was done in the grid."""
        work.require_setup(Setup.SCREEN, self.grid_code, "gridCode")
        community_code(self.grid_code)
        screening = await work.find(GridScreening, screening_id(self.campaign_id, self.grid_code))
        campaign = await work.get(ScreeningCampaign, self.campaign_id, "campaignId")
        campaign.require_open(work.at)
        if screening is None:
            raise GridOutsideCampaign("gridCode", name=campaign.name, grid=self.grid_code)
        return campaign, screening


@dataclass(frozen=True, kw_only=True)
class VisitHousehold(ScreeningCommand):
    """敲门到户 Knock at a household's door for a campaign, and say what came of it."""

    household: Household
    outcome: Outcome
    finding: Finding = None

    async def decide(self, work: Work) -> GridScreening:
        """Visit; the last outcome of a grid finishes it."""
        campaign, screening = await self.screening(work)
        screening.visit(self.household, self.outcome, self.finding, work.at)
        if not screening.outstanding:
            campaign.finish(screening.grid, work.at)
        return screening


@dataclass(frozen=True, kw_only=True)
class ScreenPerson(ScreeningCommand):
    """排查到人 Screen somebody of a household where somebody was met."""

    household: Household
    finding: Annotated[str, Doc("情况 what was found about the person; personal text")]
    person_id: Annotated[UUID | None, Doc("人员 the person, where the register has them")] = None

    async def decide(self, work: Work) -> GridScreening:
        """Screen."""
        _, screening = await self.screening(work)
        if self.person_id is not None:
            await work.get(Person, self.person_id, "personId")
        screening.screen(self.household, self.finding, self.person_id, work.at)
        return screening
