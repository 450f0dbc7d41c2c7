"""The loops of cases: funnels, where cases are settled, and what stays overnight."""

from datetime import date

import strawberry

from chuishao.domain import loop
from chuishao.domain.loop import GridStage, SettledLevel
from chuishao.domain.vocabulary import Severity, Stage
from chuishao.graphql.links import DIVISION, GRID
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, GridRef, identified

_PLACE = "位置 The code of the place; empty for everywhere."
_SINCE = "起 The first local day of the period."
_UNTIL = "止 The last local day of the period."


def share(part: int, whole: int) -> float | None:
    """Numerator over denominator, if there is a sample."""
    return round(part / whole, 4) if whole else None


@strawberry.type(
    description="小事不出社区、大事不出街道 Of the cases of one severity that were closed, and of those "
    "that were resolved, in a place and period, how many were settled at one level."
)
class ContainmentShare:
    """A line of the containment board."""

    @computed(ITS_OWN)
    def id(place: str, since: date | str, until: date | str, severity: str, level: str) -> strawberry.ID:
        """The line of the board."""
        return identified("containment", place, since, until, severity, level)

    place: str = column(_PLACE)
    since: date = column(_SINCE)
    until: date = column(_UNTIL)
    severity: Severity = column("等级 The severity as graded.")
    level: SettledLevel = column("化解层级 The level.")

    @computed("未出界 Whether what is settled here did not leave what its severity should not leave.")
    def contained(severity: str, level: str) -> bool:
        """By the rule."""
        return loop.contained(Severity(severity), SettledLevel(level))

    closed: int = column("结案数 Closed cases settled at this level: the share's numerator.")
    closed_up_to: int = column("本级及以下结案数 Closed cases settled at this level or below.")
    closed_in_all: int = column(
        "结案样本 Closed cases of this severity: the denominator of both shares, and their sample."
    )
    resolved: int = column("处置数 Resolved cases settled at this level: the share's numerator.")
    resolved_up_to: int = column("本级及以下处置数 Resolved cases settled at this level or below.")
    resolved_in_all: int = column(
        "处置样本 Resolved cases of this severity: the denominator of both shares, and their sample."
    )

    @computed("结案占比 closed / closedInAll; null without a sample.")
    def closed_share(closed: int, closed_in_all: int) -> float | None:
        """Numerator over denominator."""
        return share(closed, closed_in_all)

    @computed("本级及以下结案占比 closedUpTo / closedInAll; null without a sample.")
    def closed_up_to_share(closed_up_to: int, closed_in_all: int) -> float | None:
        """Numerator over denominator."""
        return share(closed_up_to, closed_in_all)

    @computed("处置占比 resolved / resolvedInAll; null without a sample.")
    def resolved_share(resolved: int, resolved_in_all: int) -> float | None:
        """Numerator over denominator."""
        return share(resolved, resolved_in_all)

    @computed("本级及以下处置占比 resolvedUpTo / resolvedInAll; null without a sample.")
    def resolved_up_to_share(resolved_up_to: int, resolved_in_all: int) -> float | None:
        """Numerator over denominator."""
        return share(resolved_up_to, resolved_in_all)


_CASES = "案件数 Cases found in the place and period: the sample."
_REACHED = "到达数 How many of them ever reached the stage."
_STANDING = "当前数 How many of them stand in it now."
_GONE = "离开数 How many of them stand in no stage now: refused, or joined to other cases."


@strawberry.type(
    description="闭环漏斗 How many cases of a place and period got to a stage of the issue loop."
)
class IssueLoopStage:
    """A line of the funnel."""

    @computed(ITS_OWN)
    def id(place: str, since: date | str, until: date | str, stage: str) -> strawberry.ID:
        """The stage of the funnel."""
        return identified("issue-loop", place, since, until, stage)

    place: str = column(_PLACE)
    since: date = column(_SINCE)
    until: date = column(_UNTIL)
    stage: Stage = column("阶段 The stage.")
    cases: int = column(_CASES)
    reached: int = column(_REACHED)
    standing: int = column(_STANDING)
    gone: int = column(_GONE)


@strawberry.type(
    description="网格闭环漏斗 How many cases of a place and period got to a stage of the grid loop; "
    "whatever is settled below the street skips JOINT 联动联治."
)
class GridLoopStage:
    """A line of the funnel."""

    @computed(ITS_OWN)
    def id(place: str, since: date | str, until: date | str, stage: str) -> strawberry.ID:
        """The stage of the funnel."""
        return identified("grid-loop", place, since, until, stage)

    place: str = column(_PLACE)
    since: date = column(_SINCE)
    until: date = column(_UNTIL)
    stage: GridStage = column("阶段 The stage.")
    cases: int = column(_CASES)
    reached: int = column(_REACHED)
    standing: int = column(_STANDING)
    gone: int = column(_GONE)


@strawberry.type(
    description="问题不过夜 Of the matters found in a place and period, how many the platform had not "
    "answered by the local midnight of their day. The text says 努力 (strive): a metric, never a rejection."
)
class OvernightCount:
    """A line of the board."""

    @computed(ITS_OWN)
    def id(place: str, below: bool, since: date | str, until: date | str) -> strawberry.ID:
        """The place in that period."""
        return identified("overnight", place, below, since, until)

    place: str = column(_PLACE)
    below: bool = column("下级 Whether it is a place below the one that was asked for.")
    since: date = column(_SINCE)
    until: date = column(_UNTIL)
    found: int = column("发现数 Matters found: the denominator of the share, and its sample.")
    overnight: int = column("过夜数 Those that stayed overnight: the share's numerator.")
    waiting: int = column("仍未受理数 Those of them that have no answer yet.")

    @computed("过夜占比 overnight / found; null without a sample.")
    def share(overnight: int, found: int) -> float | None:
        """Numerator over denominator."""
        return share(overnight, found)

    division: DivisionRef | None = one("区划 The division; null for a grid or everywhere.", DIVISION, "place")
    grid: GridRef | None = one("网格 The grid; null for a division.", GRID, "place")
