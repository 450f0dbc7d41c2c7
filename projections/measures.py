"""What do the measures of `domain/measure.py` come to in a place and period, and which cases are behind them?

The statement is put together of the definitions: a measure's sample is what has its moment in the period,
with the facts that belong to it. Runs are counted where they ended, or where they lie now; a summons is
counted at its street, and its category and severity are those of its case. Periods are local days, both
included, and the period before has as many; in a trend they are weeks or months.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.measure import (
    DEFINITIONS,
    MINIMUM_SAMPLE,
    SATISFIED_FROM,
    Better,
    Fact,
    Measure,
    Moment,
    Z,
)
from chuishao.eventlog.sql import statements
from chuishao.projections.paging import Where

_SQL = statements("chuishao.projections", "measures.sql")


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the board: a measure of one part of a place, or of the place as a whole, in a period.

    `part` is a code or an identifier, as `subject` says; `rate` and its bounds are None without a sample,
    `rank` where nothing is compared: 1 is the best.
    """

    ordinal: int
    measure: str
    subject: str | None
    part: str
    worker: UUID | None
    department: UUID | None
    place: str
    since: date
    until: date
    categories: str | None
    severity: str | None
    numerator: int
    denominator: int
    rate: float | None
    lower_bound: float | None
    upper_bound: float | None
    previous_numerator: int
    previous_denominator: int
    minimum_sample: int
    rank: int | None


@dataclass(frozen=True)
class _Source:
    """Rows that are counted, and where they say what is asked of them."""

    tables: str
    place: str
    category: str
    severity: str
    grid: str
    worker: str
    department: str
    cases: str
    """The statement that finds the cases behind them."""

    @property
    def part(self) -> str:
        """On which line something is."""
        return (
            f"CASE $8::text WHEN 'DIVISION' THEN left({self.place}, $9::integer) WHEN 'GRID' THEN {self.grid}"
            f" WHEN 'WORKER' THEN {self.worker} WHEN 'DEPARTMENT' THEN {self.department}::text"
            f" WHEN 'CATEGORY' THEN {self.category} WHEN 'SEVERITY' THEN {self.severity}"
            " ELSE CASE WHEN $8::text IS NULL THEN $1::text END END"
        )


def _runs(tables: str, worker: str) -> _Source:
    return _Source(
        tables=tables,
        place="r.place",
        category="r.category",
        severity="r.severity",
        grid="r.grid",
        worker=worker,
        department="r.lead",
        cases="cases_of_runs",
    )


_RUNS = _runs("runs.run r", "r.assignee")
_REVIEWS = _runs(_SQL["reviews"], "r.resolver")
"""A run that was closed, and reopened afterwards, is looked at twice."""
_SUMMONSES = _Source(
    tables="whistles.summons s JOIN whistles.whistle w ON w.id = s.whistle"
    " JOIN cases.case_row k ON k.id = w.case_id",
    place="s.street",
    category="k.category",
    severity="k.severity",
    grid="NULL",
    worker="NULL",
    department="s.department",
    cases="cases_of_summonses",
)
_SOURCES = (_RUNS, _REVIEWS, _SUMMONSES)
_MOMENTS: dict[Moment, tuple[_Source, str, str]] = {
    Moment.LIMIT: (_RUNS, "r.due_at", "true"),
    Moment.FINISHED: (_RUNS, "r.ended_at", "r.ended IN ('CLOSED', 'REOPENED')"),
    Moment.REVIEWED: (_REVIEWS, "r.reviewed_at", "(r.reviewed_at = r.ended_at OR r.ended_at < {begin})"),
    Moment.RATED: (_RUNS, "r.rated_at", "true"),
    Moment.REPORTED: (_RUNS, "r.opened_at", "r.night_at IS NOT NULL"),
    Moment.CHECK_IN_LIMIT: (_SUMMONSES, "s.check_in_due_at", "true"),
}
"""Of each moment, whose it is, its column, and of which rows alone; `{begin}` is that of the period."""
_FACTS: dict[Fact, str] = {
    Fact.STAYED: "(r.ended IS NULL OR r.ended IN ('CLOSED', 'REOPENED') OR r.ended_at >= {end})",
    Fact.CLOSED: "(r.ended = 'CLOSED' AND r.ended_at < {end})",
    Fact.RESOLVED_IN_TIME: "r.resolved_at <= r.due_at",
    Fact.REWORKED: "(r.reworks > 0 OR r.reopened_at < {end})",
    Fact.EXTENDED: "r.extended_at < {end}",
    Fact.DISPATCHED_RIGHT: "r.sent_on = 0",
    Fact.ANSWERED: "r.answered",
    Fact.SOLVED: "r.solved",
    Fact.SATISFIED: f"r.satisfied >= {SATISFIED_FROM}",
    Fact.OWED: "(s.checked_in_at IS NOT NULL"
    " OR (least(s.refused_at, w.ended_at) <= s.check_in_due_at) IS NOT TRUE)",
    Fact.CHECKED_IN_TIME: "s.checked_in_at <= s.check_in_due_at",
    Fact.WHISTLED: "r.whistles > 0",
    Fact.OVERNIGHT: "coalesce(r.taken_up_at, {now}) >= r.night_at",
    Fact.CONTAINED: "r.contained",
}
"""Each fact in SQL; `{end}` is the end of the period, `{now}` the moment of the question."""


_NOW = "{now}"


def _list(measures: Iterable[Measure]) -> str:
    return "ARRAY[" + ", ".join(f"'{measure.value}'" for measure in measures) + "]::text[]"


def _all(facts: Iterable[Fact], end: str, now: str) -> str:
    return " AND ".join(_FACTS[fact].format(end=end, now=now) for fact in facts) or "true"


def _by(moment: Moment) -> list[Measure]:
    """The measures that go by a moment."""
    return [measure for measure in Measure if DEFINITIONS[measure].moment is moment]


def _told(moment: Moment) -> dict[str, str]:
    """What is asked by a moment: whether it lies in the period, or in the one before, and the facts."""
    _, column, alone = _MOMENTS[moment]
    end = f"CASE WHEN {column} >= p.begins THEN p.ends ELSE p.begins END"
    facts = (f for m in _by(moment) for f in (*DEFINITIONS[m].among, *DEFINITIONS[m].counted))
    told = {f"{moment}": ("p.begins", "p.ends"), f"{moment} before": ("p.before", "p.begins")}
    return {
        name: f"{alone.format(begin=begin)} AND {column} >= {begin} AND {column} < {until}"
        for name, (begin, until) in told.items()
    } | {f"{moment} {fact}": _all([fact], end, "$10::timestamptz") for fact in facts}


def _sums(measure: Measure, bits: Mapping[str, int]) -> Iterable[str]:
    """Four sums of a measure, in the order of the columns of `counted`."""
    definition = DEFINITIONS[measure]
    for period in (f"{definition.moment}", f"{definition.moment} before"):
        for facts in ((*definition.among, *definition.counted), definition.among):
            wanted = bits[period] + sum(bits[f"{definition.moment} {fact}"] for fact in facts)
            yield f"coalesce(sum(things) FILTER (WHERE bits & {wanted} = {wanted}), 0)::bigint"


def _counted(source: _Source) -> str:
    """The counts of every measure of runs, or of summonses."""
    moments = [moment for moment in Moment if _MOMENTS[moment][0] is source]
    told = {name: condition for moment in moments for name, condition in _told(moment).items()}
    bits = {name: 1 << number for number, name in enumerate(told)}
    sums = {(m, n): s for moment in moments for m in _by(moment) for n, s in enumerate(_sums(m, bits))}
    named = {key: f"n{number}" for number, key in enumerate(sums)}
    return _SQL["counted"].format(
        part=source.part,
        bits="\n                   + ".join(
            f"CASE WHEN {condition} THEN {bits[name]} ELSE 0 END" for name, condition in told.items()
        ),
        sums=",\n               ".join(f"{text} AS {named[key]}" for key, text in sums.items()),
        source=source.tables,
        moments="\n                OR ".join(
            f"$7::text[] && {_list(_by(moment))} AND {_MOMENTS[moment][2].format(begin='p.begins')}"
            f" AND {_MOMENTS[moment][1]} >= p.before AND {_MOMENTS[moment][1]} < p.ends"
            for moment in moments
        ),
        where=f"{source.place} >= $1::text AND {source.place} < $1::text || '~'"
        f" AND starts_with({source.category}, $12::text)"
        f" AND ($13::text IS NULL OR {source.severity} = $13::text)"
        f" AND ($14::uuid IS NULL OR {source.worker} = $14::uuid::text)"
        f" AND ($15::uuid IS NULL OR {source.department} = $15::uuid)",
        values=", ".join(
            "(" + ", ".join([f"'{m.value}'", *(f"f.{named[m, n]}" for n in range(4))]) + ")"
            for moment in moments
            for m in _by(moment)
        ),
    )


MEASURES = _SQL["measures"].format(
    counted="\n    UNION ALL\n".join(map(_counted, _SOURCES)),
    z=Z,
    minimum=MINIMUM_SAMPLE,
    ranked=_list(measure for measure in Measure if DEFINITIONS[measure].better),
    lower_is_better=_list(m for m in Measure if DEFINITIONS[m].better is Better.LOWER),
)
"""The board."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases are looked for: those behind a figure, from `since` to before `until`, asked at `now`."""

    measure: Measure
    numerator: bool
    place: str
    since: datetime
    until: datetime
    now: datetime
    category: str | None = None
    severity: str | None = None
    worker: UUID | None = None
    department: UUID | None = None


def behind(where: Where, asked: Asked) -> None:
    """Require of a row of the cases read model that it is behind a figure."""
    definition = DEFINITIONS[asked.measure]
    source, column, alone = _MOMENTS[definition.moment]
    inner = Where(arguments=where.arguments)
    begin, end = (f"{inner.add(moment)}::timestamptz" for moment in (asked.since, asked.until))
    inner.also(f"{column} >= {begin} AND {column} < {end}")
    inner.also(alone.format(begin=begin))
    inner.within(source.place, asked.place)
    facts = _all(definition.among + (definition.counted if asked.numerator else ()), end, _NOW)
    inner.also(facts.replace(_NOW, f"{inner.add(asked.now)}::timestamptz") if _NOW in facts else facts)
    if asked.category is not None:
        inner.also(f"starts_with({source.category}, {inner.add(asked.category)})")
    if asked.severity is not None:
        inner.also(f"{source.severity} = {inner.add(asked.severity)}")
    if asked.worker is not None:
        inner.also(f"{source.worker} = {inner.add(str(asked.worker))}::text")
    if asked.department is not None:
        inner.also(f"{source.department} = {inner.add(asked.department)}::uuid")
    where.also(_SQL[source.cases].format(source=source.tables, conditions=inner.all))
