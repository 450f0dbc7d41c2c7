"""How far do cases get round their loops, at which level are they settled, and what stays overnight?

These boards are questions to the rows of `cases`; nothing is kept for them. Cases count where they lie now
and as they stand now: one that was reopened is no longer among the closed. Periods are local days, both
included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chuishao.domain.loop import GridStage, SettledLevel
from chuishao.domain.vocabulary import Severity, Stage
from chuishao.eventlog.sql import statements

_SQL = statements("chuishao.projections", "loops.sql")
CONTAINMENT, OVERNIGHT = _SQL["containment"], _SQL["overnight"]
ISSUE_LOOP, GRID_LOOP = _SQL["issue_loop"], _SQL["grid_loop"]
SEVERITIES = [severity.value for severity in Severity]
LEVELS = [level.value for level in SettledLevel]
STAGES = [stage.value for stage in Stage]
GRID_STAGES = [stage.value for stage in GridStage]


@dataclass(frozen=True, slots=True)
class Containment:
    """Of the cases of one severity closed (or resolved) in a period, how many were settled at one level.

    `…_up_to` counts those settled there or below, `…_in_all` is the sample of both shares.
    """

    rank: int
    place: str
    since: date
    until: date
    severity: str
    level: str
    closed: int
    closed_up_to: int
    closed_in_all: int
    resolved: int
    resolved_up_to: int
    resolved_in_all: int


@dataclass(frozen=True, slots=True)
class StageCount:
    """Of `cases` found in a period, how many ever reached a stage, and how many stand in it now.

    Whatever stands in no stage is `gone`: refused, or joined to other cases.
    """

    rank: int
    place: str
    since: date
    until: date
    stage: str
    cases: int
    reached: int
    standing: int
    gone: int


@dataclass(frozen=True, slots=True)
class Nights:
    """Of those found in a place in a period, how many stayed overnight; `waiting` have no answer yet."""

    rank: int
    place: str
    below: bool
    since: date
    until: date
    found: int
    overnight: int
    waiting: int
