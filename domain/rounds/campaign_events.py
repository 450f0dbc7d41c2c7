"""The facts of a screening (排查). Topics and field names are the storage format; `apply` only folds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from chuishao.domain.event import Event, PersonalText, SealedText

if TYPE_CHECKING:
    from chuishao.domain.rounds.campaign import GridScreening, ScreeningCampaign

Text = PersonalText | SealedText


class CampaignEvent(Event):
    """A fact of one campaign."""


class CampaignOpened(CampaignEvent, AggregateCreated):
    """开展排查: a campaign began to knock at every door of some grids."""

    TOPIC = "CampaignOpened"
    place: str
    name: str
    grids: list[str]

    def apply(self, campaign: ScreeningCampaign) -> None:
        """Have these grids to do."""
        campaign.area = self.place
        campaign.name = self.name
        campaign.cover(self.grids)


class CampaignExtended(CampaignEvent):
    """扩大排查: the campaign covers further grids."""

    TOPIC = "CampaignExtended"
    grids: list[str]

    def apply(self, campaign: ScreeningCampaign) -> None:
        """Have these to do as well."""
        campaign.cover(self.grids)
        campaign.reached(self.timestamp)


class CampaignGridFinished(CampaignEvent):
    """网格排查完成: every household of the grid has its outcome."""

    TOPIC = "CampaignGridFinished"
    grid: str

    def apply(self, campaign: ScreeningCampaign) -> None:
        """Have one grid less to do."""
        campaign.outstanding.remove(self.grid)
        campaign.reached(self.timestamp)


class CampaignGridDropped(CampaignEvent):
    """网格退出排查: the grid was retired before every household of it had its outcome."""

    TOPIC = "CampaignGridDropped"
    grid: str

    def apply(self, campaign: ScreeningCampaign) -> None:
        """Have one grid less to do."""
        campaign.outstanding.remove(self.grid)


class CampaignClosed(CampaignEvent):
    """结束排查: every household of every grid that there still is has its outcome, and the campaign ended."""

    TOPIC = "CampaignClosed"

    def apply(self, campaign: ScreeningCampaign) -> None:
        """Be over."""
        campaign.closed_at = self.timestamp


class ScreeningEvent(Event):
    """A fact of one campaign in one grid."""


class GridScreeningBegun(ScreeningEvent, AggregateCreated):
    """网格排查开始: the campaign came to a grid, which had so many households."""

    TOPIC = "GridScreeningBegun"
    campaign: UUID
    grid: str
    households: int

    def apply(self, screening: GridScreening) -> None:
        """Have every household to do."""
        screening.campaign = self.campaign
        screening.grid = self.grid
        screening.doors = "." * self.households


class HouseholdVisited(ScreeningEvent):
    """敲门到户: somebody knocked at a household's door."""

    TOPIC = "HouseholdVisited"
    REGISTERED = True
    household: int
    outcome: str
    finding: Text | None

    def apply(self, screening: GridScreening) -> None:
        """Have the outcome; a door that stays shut later takes none away."""
        screening.mark(self.household, self.outcome)


class PersonScreened(ScreeningEvent):
    """排查到人: somebody of the household was screened; whatever is about them is personal text."""

    TOPIC = "PersonScreened"
    REGISTERED = True
    household: int
    finding: Text

    def apply(self, screening: GridScreening) -> None:
        """Count one more."""
        screening.persons += 1
