"""排查 ScreeningCampaign: “敲门到户，排查到人”.

A campaign covers grids, and is closed when every household of them has an outcome. It has one stream for what
holds of all of it, and one for each grid: those who knock in different grids never wait for each other, and
no decision reads more than one grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.domain.event import SHORT_TEXT, PersonalText, about, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.rounds import campaign_events as facts
from chuishao.domain.rounds.household import household_subject, require_household
from chuishao.domain.rounds.refusals import (
    CampaignOver,
    GridsRequired,
    HouseholdsOutstanding,
    NobodyMet,
)
from chuishao.domain.rounds.terms import VisitOutcome

OPENED = Phrase("the opening of the campaign", "排查开展")
LAST = Phrase("the last step of the campaign", "排查的上一步")
_MARKS = {VisitOutcome.MET: "m", VisitOutcome.REFUSED: "r", VisitOutcome.VACANT: "v"}
"""What settles a household. A door that stayed shut does not: “排查到人”, somebody must knock again."""


class ScreeningCampaign(BaseAggregate[UUID]):
    """One campaign: the grids that it covers, and those of them that are not done."""

    TOPIC = "campaign"

    def __init__(self) -> None:
        self.area = ""
        self.name = ""
        self.grids: set[str] = set()
        self.outstanding: set[str] = set()
        self.closed_at: datetime | None = None
        self.last = self.created_on

    @property
    def place(self) -> str:
        """The division that it is held in."""
        return self.area

    @property
    def correlation(self) -> UUID:
        """The campaign is a file of its own: only those who see it see its events."""
        return self.id

    def cover(self, grids: Sequence[str]) -> None:
        """Fold further grids."""
        self.grids.update(grids)
        self.outstanding.update(grids)

    def reached(self, at: datetime) -> None:
        """Fold that the campaign went on at a moment; steps may be told in any order."""
        self.last = max(self.last, at)

    @classmethod
    def open(cls, campaign: UUID, area: str, name: str, grids: Sequence[str], at: datetime) -> Self:
        """开展排查: cover grids of an area; each once."""
        if not grids:
            raise GridsRequired("gridCodes")
        return cls._create(
            facts.CampaignOpened,
            id=campaign,
            timestamp=at,
            place=area,
            name=written("name", name, SHORT_TEXT),
            grids=list(dict.fromkeys(grids)),
        )

    def extend(self, grids: Sequence[str], at: datetime) -> list[str]:
        """扩大排查: cover further grids, and say which of them are new."""
        self.require_open(at)
        new = [grid for grid in dict.fromkeys(grids) if grid not in self.grids]
        if new:
            self.trigger_event(facts.CampaignExtended, timestamp=at, grids=new)
        return new

    def finish(self, grid: str, at: datetime) -> None:
        """网格排查完成: know that a grid is done; once."""
        if grid in self.outstanding:
            self.trigger_event(facts.CampaignGridFinished, timestamp=at, grid=grid)

    def drop(self, grid: str, at: datetime) -> None:
        """网格退出: do without a grid that was retired, whose households nobody can visit any more."""
        if grid in self.outstanding:
            self.trigger_event(facts.CampaignGridDropped, timestamp=at, grid=grid)

    def close(self, at: datetime) -> None:
        """结束排查: end it, when every household has its outcome."""
        self.require_open(at)
        not_before(at, self.last, LAST)
        if self.outstanding:
            left = sorted(self.outstanding)
            raise HouseholdsOutstanding(count=len(left), grids=left[:10])
        self.trigger_event(facts.CampaignClosed, timestamp=at)

    def require_open(self, at: datetime) -> None:
        """Refuse what comes after the end, or before the beginning."""
        if self.closed_at is not None:
            raise CampaignOver("campaignId", name=self.name, at=self.closed_at.isoformat())
        not_before(at, self.created_on, OPENED)


def screening_id(campaign: UUID, grid: str) -> UUID:
    """The stream of a campaign in a grid."""
    return identify("screening", campaign, grid)


class GridScreening(BaseAggregate[UUID]):
    """A campaign in one grid. `doors` has a mark for each household, so that a copy costs nothing."""

    TOPIC = "screening"

    def __init__(self) -> None:
        self.campaign = self.id
        self.grid = ""
        self.doors = ""
        self.persons = 0

    @property
    def place(self) -> str:
        """The grid."""
        return self.grid

    @property
    def correlation(self) -> UUID:
        """The file of the campaign."""
        return self.campaign

    @property
    def outstanding(self) -> int:
        """How many households have no outcome yet."""
        return self.doors.count(".")

    def mark(self, household: int, outcome: str) -> None:
        """Fold what came of a knock."""
        mark = _MARKS.get(VisitOutcome(outcome))
        if mark is not None:
            self.doors = self.doors[: household - 1] + mark + self.doors[household:]

    @classmethod
    def begin(cls, campaign: UUID, grid: str, households: int, at: datetime) -> Self:
        """Come to a grid of so many households; what is redrawn later changes nothing of the campaign."""
        return cls._create(
            facts.GridScreeningBegun,
            id=screening_id(campaign, grid),
            timestamp=at,
            campaign=campaign,
            grid=grid,
            households=households,
        )

    def visit(self, household: int, outcome: VisitOutcome, finding: str | None, at: datetime) -> None:
        """敲门到户: knock at a door; again wherever one likes."""
        not_before(at, self.created_on, OPENED)
        require_household(household, len(self.doors))
        said = about(household_subject(self.grid, household), "finding", finding)
        self.trigger_event(
            facts.HouseholdVisited, timestamp=at, household=household, outcome=outcome.value, finding=said
        )

    def screen(self, household: int, finding: str, person: UUID | None, at: datetime) -> None:
        """排查到人: screen somebody of a household where somebody was met."""
        not_before(at, self.created_on, OPENED)
        require_household(household, len(self.doors))
        if self.doors[household - 1] != _MARKS[VisitOutcome.MET]:
            raise NobodyMet("household", household=household)
        subject = person or household_subject(self.grid, household)
        said = PersonalText(subject, written("finding", finding))
        self.trigger_event(facts.PersonScreened, timestamp=at, household=household, finding=said)
