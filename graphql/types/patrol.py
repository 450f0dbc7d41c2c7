"""Patrols, their visits, and how far they cover the grids."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.rounds.terms import VisitOutcome
from chuishao.graphql.links import GRID, VISITS_OF_PATROL
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.rounds import words_of_grid
from chuishao.graphql.types.shared import ITS_OWN, GridRef, Node, PersonalText, identified
from chuishao.projections.patrols import PatrolRow


@strawberry.type(description="走访 A knock at a household's door on a patrol.")
class PatrolVisit:
    """A row of the visits of a patrol."""

    @computed(ITS_OWN)
    def id(patrol: UUID | str, number: int) -> strawberry.ID:
        """The visit of its patrol."""
        return identified("patrol-visit", patrol, number)

    number: int = column("序号 Its number in the patrol, from 1.")
    household: int = column("户号 The number of the household in its grid.")
    outcome: VisitOutcome = column("走访结果 What came of it.")
    visited_at: datetime = column("走访时间 When.")
    finding: PersonalText | None = words_of_grid("finding", "情况 What was found.")


@strawberry.type(description="巡查走访 A walk through a grid, from door to door.")
class Patrol(Node):
    """A row of the patrols read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, PatrolRow)

    walker: strawberry.ID = column("巡查人 Who walks it.")
    started_at: datetime = column("开始时间 When it started.")
    finished_at: datetime | None = column("结束时间 When it finished; null while it is under way.")
    visit_count: int = column("走访数 How often somebody knocked at a door.")
    met: int = column("见面数 At how many of them somebody was met.")

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")
    visits: list[PatrolVisit] = many("走访 Its visits, in order.", VISITS_OF_PATROL, "id")


@strawberry.type(
    description="走访覆盖 How far the patrols of a stretch of time covered a grid; every count has its name."
)
class PatrolCoverage:
    """Counts of households of a grid."""

    @computed(ITS_OWN)
    def id(grid: str, since: datetime | str, until: datetime | str) -> strawberry.ID:
        """The grid in that time."""
        return identified("patrol-coverage", grid, _moment(since), _moment(until))

    households: int = column("户数 How many households the grid has: the denominator of the rate.")
    knocked: int = column("敲门户数 At how many of them somebody knocked.")
    met: int = column("见面户数 In how many of them somebody was met: the numerator of the rate.")
    visits: int = column("走访次数 How many knocks there were.")
    patrols: int = column("巡查次数 On how many patrols.")

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")

    @computed("走访覆盖率 met / households.")
    def rate(met: int, households: int) -> float:
        """Numerator over denominator; a grid that shrank has no more than all."""
        return round(min(met / households, 1.0), 4)


def _moment(given: datetime | str) -> str:
    """A moment in one form, whether it comes from a row or from JSON."""
    moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    return str(moment.timestamp())
