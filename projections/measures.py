"""What do the measures of `domain/measure.py` come to in a place and period, and which cases are behind them?

The statement is put together of the definitions: a measure's sample is what has its moment in the period,
with the facts that belong to it. Runs are counted where they ended, or where they lie now; a summons is
counted at its street, and its category and severity are those of its case. Periods are local days, both
included, and the period before has as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chuishao.domain.measure import DEFINITIONS, SATISFIED_FROM, Better, Fact, Measure, Moment, Z
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
    minimum_sample: int | None
    rank: int | None


@dataclass(frozen=True)
class _Source:
    """Rows that are counted, and where they say what is asked of them."""

    tables: str
    place: str
    category: str
    severity: str
    part: str


_RUNS = _Source(
    tables="runs.run r",
    place="r.place",
    category="r.category",
    severity="r.severity",
    part="CASE $8::text WHEN 'DIVISION' THEN left(r.place, $9::integer) WHEN 'GRID' THEN r.grid"
    " WHEN 'WORKER' THEN r.assignee WHEN 'DEPARTMENT' THEN r.lead::text WHEN 'CATEGORY' THEN r.category"
    " ELSE CASE WHEN $8::text IS NULL THEN $1::text END END",
)
_SUMMONSES = _Source(
    tables="whistles.summons s JOIN whistles.whistle w ON w.id = s.whistle"
    " JOIN cases.case_row k ON k.id = w.case_id",
    place="s.street",
    category="k.category",
    severity="k.severity",
    part="CASE $8::text WHEN 'DIVISION' THEN left(s.street, $9::integer)"
    " WHEN 'DEPARTMENT' THEN s.department::text WHEN 'CATEGORY' THEN k.category"
    " ELSE CASE WHEN $8::text IS NULL THEN $1::text END END",
)
_MOMENTS: dict[Moment, tuple[_Source, str, str]] = {
    Moment.LIMIT: (_RUNS, "r.due_at", "true"),
    Moment.FINISHED: (_RUNS, "r.ended_at", "r.ended IN ('CLOSED', 'REOPENED')"),
    Moment.RATED: (_RUNS, "r.rated_at", "true"),
    Moment.REPORTED: (_RUNS, "r.opened_at", "r.night_at IS NOT NULL"),
    Moment.CHECK_IN_LIMIT: (_SUMMONSES, "s.check_in_due_at", "true"),
}
"""Of each moment, whose it is, its column, and of which rows alone."""
_FACTS: dict[Fact, str] = {
    Fact.STAYED: "(r.ended IS NULL OR r.ended IN ('CLOSED', 'REOPENED') OR r.ended_at >= {end})",
    Fact.CLOSED: "(r.ended = 'CLOSED' AND r.ended_at < {end})",
    Fact.RESOLVED_IN_TIME: "r.resolved_at <= r.due_at",
    Fact.REWORKED: "r.reworks > 0",
    Fact.DISPATCHED_RIGHT: "r.sent_on = 0",
    Fact.ANSWERED: "r.answered",
    Fact.SOLVED: "r.solved",
    Fact.SATISFIED: f"r.satisfied >= {SATISFIED_FROM}",
    Fact.OWED: "(s.checked_in_at IS NOT NULL OR s.missed_at IS NOT NULL"
    " OR (least(s.refused_at, w.ended_at) <= s.check_in_due_at) IS NOT TRUE)",
    Fact.CHECKED_IN_TIME: "(s.checked_in_at <= s.check_in_due_at AND s.missed_at IS NULL)",
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
    end = f"CASE WHEN {column} >= $2 THEN $3 ELSE $2 END"
    facts = (f for m in _by(moment) for f in (*DEFINITIONS[m].among, *DEFINITIONS[m].counted))
    return {
        f"{moment}": f"{alone} AND {column} >= $2 AND {column} < $3",
        f"{moment} before": f"{alone} AND {column} >= $6 AND {column} < $2",
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
    columns = {moment: _MOMENTS[moment][1:] for moment in moments}
    return _SQL["counted"].format(
        part=source.part,
        bits="\n                   + ".join(
            f"CASE WHEN {condition} THEN {bits[name]} ELSE 0 END" for name, condition in told.items()
        ),
        sums=",\n               ".join(f"{text} AS {named[key]}" for key, text in sums.items()),
        source=source.tables,
        moments="\n                OR ".join(
            f"$7::text[] && {_list(_by(moment))} AND {alone} AND {column} >= $6 AND {column} < $3"
            for moment, (column, alone) in columns.items()
        ),
        where=f"{source.place} >= $1::text AND {source.place} < $1::text || '~'"
        f" AND starts_with({source.category}, $12::text)"
        f" AND ($13::text IS NULL OR {source.severity} = $13::text)",
        values=", ".join(
            "(" + ", ".join([f"'{m.value}'", *(f"f.{named[m, n]}" for n in range(4))]) + ")"
            for moment in moments
            for m in _by(moment)
        ),
    )


MEASURES = _SQL["measures"].format(
    counted="\n    UNION ALL\n".join(map(_counted, (_RUNS, _SUMMONSES))),
    z=Z,
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
    end = f"{inner.add(asked.until)}::timestamptz"
    inner.also(f"{column} >= {inner.add(asked.since)} AND {column} < {end}")
    inner.also(alone)
    inner.within(source.place, asked.place)
    facts = _all(definition.among + (definition.counted if asked.numerator else ()), end, _NOW)
    inner.also(facts.replace(_NOW, f"{inner.add(asked.now)}::timestamptz") if _NOW in facts else facts)
    if asked.category is not None:
        inner.also(f"starts_with({source.category}, {inner.add(asked.category)})")
    if asked.severity is not None:
        inner.also(f"{source.severity} = {inner.add(asked.severity)}")
    if asked.worker is not None:
        inner.also(f"r.assignee = {inner.add(str(asked.worker))}" if source is _RUNS else "false")
    if asked.department is not None:
        column = "r.lead" if source is _RUNS else "s.department"
        inner.also(f"{column} = {inner.add(asked.department)}")
    block = "cases_of_runs" if source is _RUNS else "cases_of_summonses"
    where.also(_SQL[block].format(conditions=inner.all))
