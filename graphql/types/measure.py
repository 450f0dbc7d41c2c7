"""Figures: what the measures come to, each with its sample, its bounds and the period before."""

from datetime import date

import strawberry

from chuishao.domain.measure import DEFINITIONS, Measure, MeasureSubject
from chuishao.graphql.links import DEPARTMENT, DIVISION, GRID, WORKER
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.loop import share
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DepartmentRef,
    DivisionRef,
    GridRef,
    WorkerRef,
    identified,
)


def _rounded(figure: float | None) -> float | None:
    """To four digits."""
    return None if figure is None else round(figure, 4)


@strawberry.type(
    description="指标值 What a measure comes to in a place and period, as a whole or for one part of it: "
    "numerator, sample and share, between the bounds that a sample of this size allows."
)
class MeasuredShare:
    """A line of the board of measures."""

    @computed(ITS_OWN)
    def id(
        measure: str,
        subject: str | None,
        part: str,
        place: str,
        since: date | str,
        until: date | str,
        categories: str | None,
        severity: str | None,
    ) -> strawberry.ID:
        """The line of the board."""
        return identified("measure", measure, subject, part, place, since, until, categories, severity)

    measure: Measure = column("指标 Which measure it is.")

    @computed("定义版本 Which version of the measure's definition it is counted by.")
    def version(measure: str) -> int:
        """By the table of the domain."""
        return DEFINITIONS[Measure(measure)].version

    subject: MeasureSubject | None = column("对象类型 Of what the line is; null for the place as a whole.")
    part: str = column("对象 The code or identifier of the part; the place itself for what lies in no part.")
    place: str = column("位置 The code of the place that was asked for; empty for everywhere.")
    since: date = column("起 The first local day of the period.")
    until: date = column("止 The last local day of the period.")
    numerator: int = column("分子 What is counted, as the measure's description says.")
    denominator: int = column("分母（样本量） The sample's size, as the measure's description says.")

    @computed("比率 numerator / denominator; null without a sample.")
    def rate(rate: float | None) -> float | None:
        """Numerator over denominator."""
        return _rounded(rate)

    @computed("下限 The lower bound of the rate with 95 % confidence (Wilson); null without a sample.")
    def lower(lower_bound: float | None) -> float | None:
        """The lower bound."""
        return _rounded(lower_bound)

    @computed("上限 The upper bound of the rate with 95 % confidence (Wilson); null without a sample.")
    def upper(upper_bound: float | None) -> float | None:
        """The upper bound."""
        return _rounded(upper_bound)

    previous_numerator: int = column(
        "上期分子 The same in the period before: of as many days, or the week or month before."
    )
    previous_denominator: int = column("上期分母 The sample of the period before.")

    @computed("上期比率 previousNumerator / previousDenominator; null without a sample.")
    def previous_rate(previous_numerator: int, previous_denominator: int) -> float | None:
        """Numerator over denominator."""
        return share(previous_numerator, previous_denominator)

    rank: int | None = column(
        "名次 1 for the best, by the bound that is the worse case; null for a place as a whole, for a sample "
        "below the minimum, and for a measure of which neither more nor less is better."
    )
    minimum_sample: int = column(
        "最小样本 From which sample on lines have a rank, by the policy in force; 30 where it says nothing."
    )
    division: DivisionRef | None = one("区划 The division, if the part is one.", DIVISION, "part")
    grid: GridRef | None = one("网格 The grid, if the part is one.", GRID, "part")
    worker: WorkerRef | None = one("网格员 The worker, if the part is one.", WORKER, "worker")
    department: DepartmentRef | None = one(
        "部门 The department, if the part is one.", DEPARTMENT, "department"
    )
