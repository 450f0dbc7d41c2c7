"""指标表 A line for each measure, part and period, as the API answers, always in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from chuishao.domain.measure import Measure, MeasureSubject, MeasureTrend
from chuishao.domain.vocabulary import Severity
from chuishao.eventlog.log import EventLog
from chuishao.projections.past import AsOf
from chuishao.service.asking import Asking, Moment, asking
from chuishao.service.measured.line import MeasuredLine

_ORDER = list(Measure)


class NoSuchPlace(Exception):
    """没有该位置 Neither a division nor a grid bears that code."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for; an empty place is everywhere, and days that are left out are as on a board."""

    place: str
    by: MeasureSubject | None
    since: date | None
    until: date | None
    trend: MeasureTrend | None
    at: AsOf | None = None


@dataclass(frozen=True)
class Measured:
    """The lines, as of one moment."""

    moment: Moment
    since: date
    until: date
    lines: list[MeasuredLine]


async def measured(log: EventLog, wanted: Wanted) -> Measured:
    """Ask for the lines; raises `NoSuchPlace`, and `NotAnswered` where the period is refused."""
    document = files(__package__).joinpath("table.graphql").read_text(encoding="utf-8")
    async with asking(log, wanted.at) as asked:
        names = await _names(asked, document, wanted)
        since, until = asked.period(wanted.since, wanted.until)
        nodes = await asked.every(
            document,
            "Figures",
            place=wanted.place,
            since=since.isoformat(),
            until=until.isoformat(),
            by=wanted.by,
            trend=wanted.trend,
        )
    lines = [_line(node, names) for node in nodes]
    lines.sort(key=lambda line: (_ORDER.index(Measure(line.measure)), line.since, line.part))
    return Measured(asked.moment, since, until, lines)


async def _names(asked: Asking, document: str, wanted: Wanted) -> dict[str, str]:
    """What parts are called that are no rows of their own: the place itself, severities, categories."""
    names = {severity.value: severity.zh for severity in Severity}
    if wanted.place:
        there = await asked.ask(document, "Place", place=wanted.place)
        found = there["division"] or there["grid"]
        if found is None:
            raise NoSuchPlace(f"there is no division or grid with the code {wanted.place!r} in this log")
        names[wanted.place] = found["name"]
    if wanted.by is MeasureSubject.CATEGORY:
        every = (await asked.ask(document, "Categories"))["categories"]
        names |= {category["code"]: category["zh"] for category in every}
    return names


def _line(node: Mapping[str, Any], names: Mapping[str, str]) -> MeasuredLine:
    part = node["division"] or node["grid"] or node["department"] or {}
    name = (node["worker"] or {}).get("label") or part.get("name") or names.get(node["part"], "")
    return MeasuredLine(
        measure=node["measure"],
        version=node["version"],
        part=node["part"],
        name=name,
        since=date.fromisoformat(node["since"]),
        until=date.fromisoformat(node["until"]),
        numerator=node["numerator"],
        denominator=node["denominator"],
        rate=node["rate"],
        lower=node["lower"],
        upper=node["upper"],
        rank=node["rank"],
        minimum_sample=node["minimumSample"],
    )
