"""What is open in a place right now: cases, whistles, orders, meetings, invitations, campaigns, vacancies?

综合指挥平台: one question to the other read models; nothing is kept for it. A case counts where it lies, a
whistle with its street. A concern is open as long as the watch over its household goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.eventlog.sql import statements

BOARD = statements("chuishao.projections", "command_board.sql")["board"]
"""One row for a place, a moment, and the local day of that moment."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """Everything open in a place. `cases` and `summonses` are the text of JSON: a line for each group."""

    place: str
    cases: str
    summonses: str
    whistles: int
    whistles_overdue: int
    orders: int
    orders_overdue: int
    deliberations: int
    invitations: int
    invitations_unanswered: int
    invitations_overdue: int
    resolutions: int
    resolutions_overdue: int
    campaigns: int
    campaign_households: int
    campaign_settled: int
    watches: int
    checks_overdue: int
    concerns: int
    grids: int
    vacant_grids: int
    coverage_gaps: int
    enclaves: int
    elections: int
