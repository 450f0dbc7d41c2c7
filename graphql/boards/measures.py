"""指标 The board of measures, and the cases behind each figure."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from chuishao.domain.election.regime import day_of
from chuishao.domain.measure import Measure, MeasurePart, MeasureSubject
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden
from chuishao.domain.sight import SHOWN, Reading, shown_of_case
from chuishao.domain.vocabulary import Severity
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.boards.loops import below
from chuishao.graphql.boards.period import Since, Until, period_of
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import conditions, require_known
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
_BEST_FIRST = Order(
    "MEASURES",
    (("ordinal", "bigint"), (f"coalesce(rank, {2**62})", "bigint"), ("part", "text")),
)


def _figures(context: Context, given: Given) -> Where:
    """The arguments of the board; nothing is required of its lines."""
    place, begin, end, since, until = period_of(context, given)
    before = begin - (end - begin)
    measures = list(Measure) if given["measure"] is None else given["measure"]
    values = [
        place, begin, end, since, until, before,
        [str(measure) for measure in measures],
        str(given["by"]) if given["by"] else None,
        below(place), context.now, day_of(context.now),
        given["category"] or "",
        str(given["severity"]) if given["severity"] else None,
    ]  # fmt: skip
    return conditions(context, lambda where: where.arguments.extend(values))


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
            read_id(given["worker_id"], "workerId") if given["worker_id"] else None,
            read_id(given["department_id"], "departmentId") if given["department_id"] else None,
        )
        if asked.worker is not None:
            _require_actors_shown(context)
        behind(where, asked)

    return conditions(context, build)


def _require_actors_shown(context: Context) -> None:
    actor = context.actor
    if not shown_of_case(actor, Reading.ACTORS):
        action = Phrase("look for an actor's cases", "按承办人查询案件")
        raise Forbidden("workerId", role=actor.role, action=action, allowed=sorted(SHOWN[Reading.ACTORS]))


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
            "by": by, "category": category, "severity": severity,
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
        worker_id: Annotated[strawberry.ID | None, argument("网格员 Only of this worker.")] = None,
        department_id: Annotated[strawberry.ID | None, argument("部门 Only of this department.")] = None,
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
