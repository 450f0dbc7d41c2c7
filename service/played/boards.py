"""看板 What the boards over everything that was played say of a district.

Nothing is played for them but that a few cases are left until the next day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chuishao.domain.division import Level
from chuishao.domain.loop import GridStage, SettledLevel, contained
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Severity, Stage
from chuishao.eventlog.connection import Connection
from chuishao.projections import command_board, loops
from chuishao.service.played.stage import Played
from chuishao.service.working_day import ZONE, Act

EVERY = 50
"""One case in so many is not accepted on the day on which it was found."""
DAYS = 366
"""How far the boards look back."""


def left_overnight(scripts: Iterable[list[Act]]) -> Iterator[list[Act]]:
    """The scripts of cases; of some only the report, so that something stays overnight (问题不过夜)."""
    for number, script in enumerate(scripts, start=1):
        yield script[:1] if number % EVERY == EVERY // 2 else script


async def told(connection: Connection, district: str, now: datetime | None = None) -> dict[int, str]:
    """A line for each of: where cases were settled, the loops, what stayed overnight, what is open now."""
    now = now or datetime.now(ZONE)
    today = now.date()
    since = today - timedelta(days=DAYS - 1)
    period = [district, now - timedelta(days=DAYS), now, since, today]

    async def lines(query: str, *more: Any) -> list[Any]:
        ordered = f"SELECT * FROM ({query}) t ORDER BY rank"  # noqa: S608 our own statements
        return list(await connection.fetch(ordered, *period, *more))

    kept = _kept(await lines(loops.CONTAINMENT, loops.SEVERITIES, loops.LEVELS))
    issues = _funnel(Stage, await lines(loops.ISSUE_LOOP, loops.STAGES))
    of_grids = _funnel(GridStage, await lines(loops.GRID_LOOP, loops.GRID_STAGES))
    nights, *_ = await lines(loops.OVERNIGHT, Level.STREET.digits, now)
    (board,) = await connection.fetch(command_board.BOARD, district, now, today)
    stayed = f"{nights['overnight']} of {nights['found']} found, {nights['waiting']} of them unanswered"
    return {8: issues, 9: kept, 12: stayed, 18: of_grids, 25: _open(board)}


def _kept(lines: list[Any]) -> str:
    """Of the closed cases of each severity, how many did not leave what they should not leave."""
    found = []
    for severity in (Severity.MINOR, Severity.MAJOR):
        alike = [line for line in lines if line["severity"] == severity]
        kept = sum(line["closed"] for line in alike if contained(severity, SettledLevel(line["level"])))
        found.append(f"{kept} of {alike[0]['closed_in_all']} closed {severity.value} cases {severity.zh}")
    return ", ".join(found)


def _funnel(stages: type[Term], lines: list[Any]) -> str:
    """How many reached each stage."""
    return " → ".join(f"{stages(line['stage']).zh} {line['reached']}" for line in lines)


def _open(board: Any) -> str:
    named = ("whistles", "orders", "deliberations", "invitations", "resolutions", "campaigns", "concerns")
    counts = ", ".join(f"{board[name]} {name}" for name in named)
    cases = sum(group["open"] for group in json.loads(board["cases"]))
    return f"{cases} cases, {counts}, {board['vacant_grids']} of {board['grids']} grids vacant"


PLAYED = Played("Boards 看板", lambda _stage: [], told)
