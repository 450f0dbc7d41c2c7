"""指标 The board of measures, and the cases behind each figure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import strawberry

from chuishao.domain.election.regime import day_of
from chuishao.domain.measure import Measure, MeasurePart, MeasureSubject, MeasureTrend
from chuishao.domain.sight import Reading
from chuishao.domain.vocabulary import Severity
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.loops import below
from chuishao.graphql.boards.period import Since, Until, moments_of, period_of
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import LOOK_FOR_ACTORS, conditions, require_known, require_shown
from chuishao.graphql.inputs import read_id
from chuishao.graphql.links import CASE, FIGURES
from chuishao.graphql.orders import CASE_ORDERS, CaseOrder
from chuishao.graphql.reading import Listing, listed
from chuishao.graphql.types.case import Case
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.measure import MeasuredShare
from chuishao.graphql.types.shared import Connection
from chuishao.projections.measures import Asked, behind
from chuishao.projections.paging import Order, Where, Window
from chuishao.projections.sight import seen

Given = Mapping[str, Any]
Category = Annotated[str | None, argument("类别 Only categories whose code begins so.")]
OfSeverity = Annotated[Severity | None, argument("等级 Only of this severity.")]
OfWorker = Annotated[strawberry.ID | None, argument("网格员 Only of this worker.")]
OfDepartment = Annotated[strawberry.ID | None, argument("部门 Only of this department.")]
_PATHS = {"worker_id": "workerId", "department_id": "departmentId"}
_BEST_FIRST = Order(
    "MEASURES",
    (("ordinal", "bigint"), ("since", "date"), (f"coalesce(rank, {2**62})", "bigint"), ("part", "text")),
)


def _figures(context: Context, given: Given) -> Where:
    """The arguments of the board; nothing is required of its lines."""
    place, _, _, since, until = period_of(context, given)
    periods = list(_cut(since, until, given["trend"]))
    begins, ends = zip(*(moments_of(*days) for days in periods), strict=True)
    measures = list(Measure) if given["measure"] is None else given["measure"]
    values = [
        place, begins, ends, [first for first, _ in periods], [last for _, last in periods],
        [moments_of(*_before(*days, given["trend"]))[0] for days in periods],
        [str(measure) for measure in measures],
        str(given["by"]) if given["by"] else None,
        below(place), context.now, day_of(context.now),
        given["category"] or "",
        str(given["severity"]) if given["severity"] else None,
        _id(given, "worker_id"),
        _id(given, "department_id"),
    ]  # fmt: skip
    return conditions(context, lambda where: where.arguments.extend(values))


def _cut(since: date, until: date, trend: MeasureTrend | None) -> Iterator[tuple[date, date]]:
    """The whole weeks or months in which the days of a period lie; else the period as it is."""
    if trend is None:
        yield since, until
        return
    while since <= until:
        first = _first(since, trend)
        since = _first(first + timedelta(days=7 if trend is MeasureTrend.WEEK else 31), trend)
        yield first, since - timedelta(days=1)


def _first(day: date, trend: MeasureTrend) -> date:
    """The first day of the week or month of a day."""
    return day - timedelta(days=day.weekday()) if trend is MeasureTrend.WEEK else day.replace(day=1)


def _before(since: date, until: date, trend: MeasureTrend | None) -> tuple[date, date]:
    """The days of the period before: the week or month, else as many days."""
    last = since - timedelta(days=1)
    return (_first(last, trend) if trend else since - (until - since) - timedelta(days=1)), last


def _cases(context: Context, given: Given) -> Where:
    """The cases behind a figure, among those that the asker sees."""
    place, begin, end, _, _ = period_of(context, given)

    def build(where: Where) -> None:
        require_known(context)
        seen(where, context.reader)
        asked = Asked(
            Measure(given["measure"]),
            given["part"] is MeasurePart.NUMERATOR,
            place,
            begin,
            end,
            context.now,
            given["category"],
            str(given["severity"]) if given["severity"] else None,
            _id(given, "worker_id"),
            _id(given, "department_id"),
        )
        if asked.worker is not None:
            require_shown(context, Reading.ACTORS, LOOK_FOR_ACTORS, "workerId")
        behind(where, asked)

    return conditions(context, build)


def _id(given: Given, name: str) -> UUID | None:
    return read_id(given[name], _PATHS[name]) if given[name] else None


_FIGURES = Listing(FIGURES, _figures, lambda _given: _BEST_FIRST)
_CASES_BEHIND = Listing(CASE, _cases, lambda given: CASE_ORDERS[given["order_by"]])


@strawberry.type
class MeasureQueries:
    """What the query type says about measures."""

    @strawberry.field(
        description="指标看板 What the measures come to in a place and period, as a whole or by part, with "
        "the sample, the bounds and the period before; of each measure the best part first. A part without "
        "a sample in either period has no line. `measuredCases` lists the cases behind a figure.",
        metadata={SOURCE: _FIGURES},
    )
    async def measures(
        self,
        info: Info,
        measure: Annotated[list[Measure] | None, argument("指标 Only these; all if left out.")] = None,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        by: Annotated[
            MeasureSubject | None, argument("对象 A line for each of these; one line if left out.")
        ] = None,
        trend: Annotated[
            MeasureTrend | None,
            argument(
                "趋势 A line for each week or month in which a day of the period lies, counted whole; "
                "the period before is the one before it."
            ),
        ] = None,
        worker_id: OfWorker = None,
        department_id: OfDepartment = None,
        category: Category = None,
        severity: OfSeverity = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[MeasuredShare]:
        """A page of figures."""
        given = {
            "measure": measure, "place": place, "since": since, "until": until,
            "by": by, "trend": trend, "worker_id": worker_id, "department_id": department_id,
            "category": category, "severity": severity,
        }  # fmt: skip
        return await listed(info, _FIGURES, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="指标所涉案件 The cases behind a figure, as far as the asker sees them. A case is listed "
        "once, also where several of its runs or summonses are counted.",
        metadata={SOURCE: _CASES_BEHIND},
    )
    async def measured_cases(
        self,
        info: Info,
        measure: Annotated[Measure, argument("指标 The measure.")],
        part: Annotated[
            MeasurePart, argument("组成 What is counted, or all of the sample.")
        ] = MeasurePart.NUMERATOR,
        place: Place = None,
        since: Since = None,
        until: Until = None,
        worker_id: OfWorker = None,
        department_id: OfDepartment = None,
        category: Category = None,
        severity: OfSeverity = None,
        order_by: Annotated[CaseOrder, argument("排序 In which order.")] = CaseOrder.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Case]:
        """A page of cases."""
        given = {
            "measure": measure, "part": part, "place": place, "since": since, "until": until,
            "worker_id": worker_id, "department_id": department_id,
            "category": category, "severity": severity, "order_by": order_by,
        }  # fmt: skip
        return await listed(info, _CASES_BEHIND, given, Window(first, after, last, before), at_least)  # type: ignore[no-any-return]
