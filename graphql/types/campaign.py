"""Screening campaigns: how far they have come in each grid, and what came of each door."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.rounds.terms import VisitOutcome
from chuishao.graphql.links import CAMPAIGN, DIVISION, GRID, SCREENINGS_OF_CAMPAIGN
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.rounds import words_of_grid
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CampaignRef,
    DivisionRef,
    GridRef,
    Node,
    PersonalText,
    identified,
)
from chuishao.projections.campaigns import CampaignRow, ScreeningRow


@strawberry.type(description="网格排查 A campaign in one grid: its households by what came of knocking.")
class GridScreening(Node):
    """A row of a campaign in a grid."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, ScreeningRow)

    households: int = column("户数 How many households there are to visit: the denominator of the rate.")
    settled: int = column("已排查户数 How many of them have an outcome: the numerator of the rate.")
    met: int = column("见到人户数 In how many of them somebody was met.")
    refused: int = column("拒绝户数 How many refused.")
    vacant: int = column("空户数 How many are vacant.")
    knocks: int = column("敲门次数 How often somebody knocked.")
    persons: int = column("排查人数 How many people were screened.")
    begun_at: datetime = column("开始时间 When the campaign came to the grid.")
    finished_at: datetime | None = column("完成时间 When every household had its outcome; null until then.")

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")
    campaign: CampaignRef | None = one("排查 The campaign.", CAMPAIGN, "campaign")

    @computed("排查覆盖率 settled / households.")
    def rate(settled: int, households: int) -> float:
        """Numerator over denominator."""
        return round(settled / households, 4)


@strawberry.type(
    description="排查 A campaign that knocks at every door (敲门到户，排查到人); closed when every "
    "household has an outcome."
)
class ScreeningCampaign(Node):
    """A row of the campaigns read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, CampaignRow)

    name: str = column("名称 What it is called.")
    opened_at: datetime = column("开展时间 When it was opened.")
    closed_at: datetime | None = column("结束时间 When it was closed; null while it is open.")
    grid_count: int = column("网格数 How many grids it covers.")
    finished_grids: int = column("已完成网格数 In how many of them every household has an outcome.")
    households: int = column("户数 How many households there are to visit: the denominator of the rate.")
    settled: int = column("已排查户数 How many of them have an outcome: the numerator of the rate.")
    persons: int = column("排查人数 How many people were screened.")

    division: DivisionRef | None = one("区划 Where it is held.", DIVISION, "place")
    grids: list[GridScreening] = many(
        "网格排查 What it has come to in each grid.", SCREENINGS_OF_CAMPAIGN, "id"
    )

    @computed("排查覆盖率 settled / households.")
    def rate(settled: int, households: int) -> float:
        """Numerator over denominator."""
        return round(settled / households, 4)


@strawberry.type(description="已敲门户 A household at whose door somebody knocked for a campaign.")
class ScreenedDoor:
    """A row of the doors of a campaign in a grid."""

    @computed(ITS_OWN)
    def id(screening: UUID | str, household: int) -> strawberry.ID:
        """The household in the campaign."""
        return identified("screened-door", screening, household)

    household: int = column("户号 The number of the household in its grid.")
    outcome: VisitOutcome = column("走访结果 Its outcome; ABSENT while somebody must knock again.")
    knocks: int = column("敲门次数 How often somebody knocked.")
    knocked_at: datetime = column("最近敲门 When somebody knocked last.")
    finding: PersonalText | None = words_of_grid("finding", "情况 What was found last.")

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")


@strawberry.type(description="受排查人 Somebody who was screened; whatever is about them is personal text.")
class ScreenedPerson:
    """A row of the people screened for a campaign in a grid."""

    @computed(ITS_OWN)
    def id(screening: UUID | str, version: int) -> strawberry.ID:
        """The person in the campaign."""
        return identified("screened-person", screening, version)

    household: int = column("户号 The number of the household in its grid.")
    screened_at: datetime = column("排查时间 When.")
    finding: PersonalText | None = words_of_grid("finding", "情况 What was found.")
