"""闭环 How far a case got round its loops, at which level it was settled, and whether it stayed overnight.

Pure functions of what a case's own events say, for read models: nothing here refuses anything.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from chuishao.domain.division import Level
from chuishao.domain.election.regime import BEIJING, day_of
from chuishao.domain.lifecycle import STAGES, Status
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Severity, Stage, Tier


class GridStage(Term):
    """网格闭环 The five stages of the grid loop, in order; which step belongs to which is ours."""

    GATHERED = "GATHERED", "信息采集", "reported: what was gathered in the grid is on record"
    FOUND = "FOUND", "源头发现", "accepted, looked into and graded: found at its source"
    TIERED = "TIERED", "分层处置", "assigned to a tier of the community, and being handled there"
    JOINT = "JOINT", "联动联治", "with the street and several units; what is settled below it skips this"
    SUPERVISED = "SUPERVISED", "监督考核", "resolved, then verified, rated and closed"


class SettledLevel(Term):
    """化解层级 At which level a case was settled, lowest first: 小事不出社区、大事不出街道."""

    GRID = "GRID", "网格", "in the grid: by its worker or leader"
    COMMUNITY = "COMMUNITY", "社区", "in the community"
    STREET = (
        "STREET",
        "街道",
        "by the street or town, with the departments that reported to it (吹哨报到) or without",
    )
    BEYOND = "BEYOND", "街道以上", "by a department beyond the street, which led what it was summoned to"


MAY_REACH: dict[Severity, SettledLevel] = {
    Severity.MINOR: SettledLevel.COMMUNITY,
    Severity.MAJOR: SettledLevel.STREET,
    Severity.CRITICAL: SettledLevel.BEYOND,
}
"""The level that a case of each severity should not leave; a critical one may need anybody."""
_STAGES, _GRID_STAGES, _LEVELS = list(Stage), list(GridStage), list(SettledLevel)
_GRID_STAGE: dict[Stage, GridStage] = {
    Stage.FOUND: GridStage.GATHERED,
    Stage.ACCEPTED: GridStage.FOUND,
    Stage.ASSESSED: GridStage.FOUND,
    Stage.ASSIGNED: GridStage.TIERED,
    Stage.FEEDBACK: GridStage.SUPERVISED,
}


def grid_stage(status: Status, tier: Tier | None) -> GridStage | None:
    """The stage of the grid loop in which a case stands; None outside the loop, as of the issue loop."""
    stage = STAGES[status]
    if stage is Stage.ASSIGNED and tier is Tier.MULTI_UNIT:
        return GridStage.JOINT
    return None if stage is None else _GRID_STAGE[stage]


def rank(stage: Stage | GridStage | None) -> int:
    """Which stage of its loop it is, from 1; 0 outside the loop."""
    if stage is None:
        return 0
    return 1 + (_STAGES.index(stage) if isinstance(stage, Stage) else _GRID_STAGES.index(stage))


def settled_level(holder: str, *, led_beyond: bool) -> SettledLevel:
    """The level of the place that answered for a case when it was resolved; beyond it if a department led.

    Departments that report to a street (吹哨报到) are how a grave matter stays in the street, so a whistle
    alone does not take it out: a major dispute must even have one.
    """
    if led_beyond:
        return SettledLevel.BEYOND
    if len(holder) > Level.COMMUNITY.digits:
        return SettledLevel.GRID
    return SettledLevel.COMMUNITY if len(holder) > Level.STREET.digits else SettledLevel.STREET


def contained(severity: Severity, level: SettledLevel) -> bool:
    """Whether a case of a severity that was settled at a level did not leave what it should not leave."""
    return _LEVELS.index(level) <= _LEVELS.index(MAY_REACH[severity])


def night_after(found_at: datetime) -> datetime:
    """问题不过夜: the local midnight that ends the day on which a matter was found."""
    return datetime.combine(day_of(found_at) + timedelta(days=1), time(), BEIJING)


def nights_between(found_at: datetime, moment: datetime) -> int:
    """How many local midnights lie between the finding and a later moment."""
    return max(0, (day_of(moment) - day_of(found_at)).days)
