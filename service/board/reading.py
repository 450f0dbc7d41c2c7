"""读取 What a board is made of: answers of the API's own queries, all of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, TypeAlias

from chuishao.domain.lifecycle import Status
from chuishao.domain.measure import Measure, MeasureSubject, MeasureTrend
from chuishao.domain.vocabulary import Tier
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import Sealed, newest_checkpoint
from chuishao.graphql.boards.period import moments_of
from chuishao.projections.past import AsOf
from chuishao.service.asking import Moment, asking

Line: TypeAlias = Mapping[str, Any]
"""A line of an answer, as the schema has it."""
MAIN = (
    Measure.CLOSURE, Measure.ON_TIME_CLOSURE, Measure.REWORK,
    Measure.RESPONSE, Measure.RESOLUTION, Measure.SATISFACTION,
    Measure.ON_TIME_CHECK_IN, Measure.OVERNIGHT, Measure.CONTAINMENT,
)  # fmt: skip
"""The measures whose trend is drawn."""
FURTHER: dict[str, tuple[Status, ...]] = {
    "VERIFIED": (Status.VERIFIED, Status.CLOSED),
    "CLOSED": (Status.CLOSED,),
}
"""How the funnel goes on after its last stage, by the states in which cases stand now."""


class NoSuchDivision(Exception):
    """没有该区划 No division bears that code."""


@dataclass(frozen=True)
class Board:
    """Everything that the page shows."""

    place: str
    name: str
    around: tuple[str, ...]
    """The names of the divisions around it, the largest first."""
    since: date
    until: date
    moment: Moment
    checkpoint: Sealed | None
    stages: list[Line]
    further: Mapping[str, int]
    tiers: Mapping[Tier, int]
    containment: list[Line]
    whole: list[Line]
    parts: list[Line]
    trend: list[Line]

    @property
    def empty(self) -> bool:
        """Whether nothing lies in the period."""
        return not any(line["cases"] for line in self.stages) and not any(
            line["denominator"] for line in [*self.whole, *self.parts]
        )


async def gathered(
    log: EventLog, place: str, since: date | None, until: date | None, at: AsOf | None = None
) -> Board:
    """Ask for everything; raises `NoSuchDivision`, and `NotAnswered` where the period is refused."""
    document = files(__package__).joinpath("board.graphql").read_text(encoding="utf-8")
    async with asking(log, at) as asked:
        since, until = asked.period(since, until)
        given = {"place": place, "since": since.isoformat(), "until": until.isoformat()}
        there = await asked.ask(document, "Place", **given)
        if there["division"] is None:
            raise NoSuchDivision(f"there is no division with the code {place!r} in this log")

        async def cases(field: str, **filter_: Any) -> int:
            begins, ends = moments_of(since, until)
            time = {"from": begins.isoformat(), "until": ends.isoformat()}
            found = await asked.ask(document, "Count", filter={"place": place, **filter_, field: time})
            return int(found["cases"]["totalCount"])

        return Board(
            place=place,
            name=there["division"]["name"],
            around=tuple(_around(there["division"])),
            since=since,
            until=until,
            moment=asked.moment,
            checkpoint=await newest_checkpoint(asked.connection, log.id),
            stages=there["issueLoop"],
            further={
                name: await cases("reportedAt", status=list(states)) for name, states in FURTHER.items()
            },
            tiers={tier: await cases("closedAt", tier=[tier]) for tier in Tier},
            containment=there["containment"],
            whole=await asked.every(document, "Figures", **given),
            parts=await asked.every(document, "Figures", by=MeasureSubject.DIVISION, **given),
            trend=await asked.every(
                document, "Figures", measure=list(MAIN), trend=MeasureTrend.MONTH, **given
            ),
        )


def _around(division: Line) -> list[str]:
    names: list[str] = []
    around = division["parent"]
    while around:
        names.insert(0, around["name"])
        around = around.get("parent")
    return names
