"""指标 What is measured of how matters are handled: every figure's definition, said once.

A figure is a numerator over a denominator, which is its sample. Queries, the schema's descriptions and
`docs/measures.md` are made from this table. A definition that comes to count otherwise is another version.
Most figures count runs of cases (办理轮次): a run lasts from the report to the close, and a reopened case
begins another one, so what was counted once stays counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.domain.phrase import Phrase
from chuishao.domain.term import Term

Z = 1.959963984540054
"""How many standard deviations lie to either side within 95 % of a normal distribution."""
MINIMUM_SAMPLE = 30
"""From how large a sample on figures are compared where the policy says nothing of it."""
SATISFIED_FROM = 4
"""The lowest of the five answers that says that somebody is satisfied."""


class Moment(Term):
    """计入时点 The moment of what is counted that has to lie in the period."""

    LIMIT = "LIMIT", "处置期限在本期届满的办理轮次", "runs whose handling limit falls in the period"
    FINISHED = (
        "FINISHED",
        "本期办结的办理轮次（已结案，或核查后未结案即重开）",
        "runs that were finished in the period: closed, or reopened after verification and before a close",
    )
    REVIEWED = (
        "REVIEWED",
        "本期办结，或此前结案而在本期重开的办理轮次",
        "runs that were finished in the period, or closed before it and reopened in it",
    )
    RATED = "RATED", "居民在本期作答的办理轮次", "runs on which the resident answered in the period"
    REPORTED = "REPORTED", "本期上报的办理轮次", "runs that began with a report in the period"
    CHECK_IN_LIMIT = (
        "CHECK_IN_LIMIT",
        "报到期限在本期届满的召集",
        "summonses whose check-in limit falls in the period",
    )


class Fact(Term):
    """计入条件 What must be true of a run, or of a summons, to be counted."""

    STAYED = (
        "STAYED",
        "至期末未转出（不予受理、重复、并案、拆分）",
        "had not gone elsewhere by its end: refused, a duplicate, merged or split",
    )
    CLOSED = "CLOSED", "至期末已结案", "were closed by the end of the period"
    RESOLVED_IN_TIME = "RESOLVED_IN_TIME", "最终处置不晚于处置期限", "were at last resolved within that limit"
    REWORKED = (
        "REWORKED",
        "核查曾退回返工，或至期末已重开",
        "were sent back by verification at least once, or reopened by the end of the period",
    )
    EXTENDED = (
        "EXTENDED",
        "至期末曾获准延期",
        "had been granted an extension at least once by the end of the period",
    )
    DISPATCHED_RIGHT = (
        "DISPATCHED_RIGHT",
        "首次交办后未退回、未转办",
        "were neither returned nor transferred after their first assignment",
    )
    ANSWERED = "ANSWERED", "居民答有人回应", "were answered, as the resident says"
    SOLVED = "SOLVED", "居民答已解决", "were solved, as the resident says"
    SATISFIED = (
        "SATISFIED",
        f"居民满意度为 {SATISFIED_FROM} 或以上（共 5 级）",
        f"satisfied the resident with {SATISFIED_FROM} or more of 5",
    )
    OWED = (
        "OWED",
        "报到前未于期限内拒绝或撤销、办结哨件",
        "were not released before the limit by a refusal or by the end of their whistle",
    )
    CHECKED_IN_TIME = (
        "CHECKED_IN_TIME",
        "按期报到",
        "were followed by a check-in within the limit",
    )
    WHISTLED = "WHISTLED", "曾吹哨", "had the whistle blown on them"
    OVERNIGHT = (
        "OVERNIGHT",
        "当日夜半前平台未答复",
        "had no answer of the platform before the local midnight of their day",
    )
    CONTAINED = (
        "CONTAINED",
        "小事化解于社区以内、大事化解于街道以内",
        "were settled at the level that their severity should not leave, or below it",
    )


class Better(Term):
    """优劣方向 Which figures are the better ones."""

    HIGHER = "HIGHER", "高者为优", "the higher, the better"
    LOWER = "LOWER", "低者为优", "the lower, the better"


class Measure(Term):
    """指标 A measure of how matters are handled."""

    CLOSURE = "CLOSURE", "结案率", "closure rate"
    ON_TIME_CLOSURE = "ON_TIME_CLOSURE", "按期结案率", "on-time closure rate"
    EXTENSION = "EXTENSION", "延期率", "extension rate"
    REWORK = "REWORK", "返工率", "rework rate"
    ACCURATE_DISPATCH = "ACCURATE_DISPATCH", "派遣准确率", "accurate dispatch rate"
    RESPONSE = "RESPONSE", "响应率", "response rate"
    RESOLUTION = "RESOLUTION", "解决率", "resolution rate"
    SATISFACTION = "SATISFACTION", "满意率", "satisfaction rate"
    ON_TIME_CHECK_IN = "ON_TIME_CHECK_IN", "报到准时率", "on-time check-in rate"
    WHISTLE = "WHISTLE", "吹哨率", "whistle rate"
    OVERNIGHT = "OVERNIGHT", "问题过夜率", "overnight rate (问题不过夜)"
    CONTAINMENT = "CONTAINMENT", "小事不出社区、大事不出街道", "containment rate"

    @property
    def description(self) -> str:
        """Its name and its definition, as the schema shows them."""
        its = DEFINITIONS[self]
        return (
            f"{self.zh} {self.en}, version {its.version}. "
            f"分母：{its.denominator.zh}；分子：{its.numerator.zh}。 "
            f"Denominator: {its.denominator.en}. Numerator: {its.numerator.en}."
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """How a measure counts: what lies in the period, what of it is the sample, what of that counts."""

    moment: Moment
    counted: tuple[Fact, ...]
    among: tuple[Fact, ...] = ()
    better: Better | None = Better.HIGHER
    """None where neither is better: such a measure has no ranks."""
    version: int = 1

    @property
    def denominator(self) -> Phrase:
        """The sample, in words."""
        if not self.among:
            return Phrase(self.moment.en, self.moment.zh)
        return Phrase(
            f"{self.moment.en} and that {_all_en(self.among)}", f"{self.moment.zh}，{_all_zh(self.among)}"
        )

    @property
    def numerator(self) -> Phrase:
        """What of the sample is counted, in words."""
        return Phrase(f"those of them that {_all_en(self.counted)}", f"其中{_all_zh(self.counted)}的")


def _all_en(facts: tuple[Fact, ...]) -> str:
    return " and ".join(fact.en for fact in facts)


def _all_zh(facts: tuple[Fact, ...]) -> str:
    return "且".join(fact.zh for fact in facts)


DEFINITIONS: dict[Measure, Definition] = {
    Measure.CLOSURE: Definition(Moment.LIMIT, (Fact.CLOSED,), among=(Fact.STAYED,)),
    Measure.ON_TIME_CLOSURE: Definition(
        Moment.LIMIT, (Fact.CLOSED, Fact.RESOLVED_IN_TIME), among=(Fact.STAYED,)
    ),
    Measure.EXTENSION: Definition(Moment.LIMIT, (Fact.EXTENDED,), among=(Fact.STAYED,), better=Better.LOWER),
    Measure.REWORK: Definition(Moment.REVIEWED, (Fact.REWORKED,), better=Better.LOWER),
    Measure.ACCURATE_DISPATCH: Definition(Moment.FINISHED, (Fact.DISPATCHED_RIGHT,)),
    Measure.RESPONSE: Definition(Moment.RATED, (Fact.ANSWERED,)),
    Measure.RESOLUTION: Definition(Moment.RATED, (Fact.SOLVED,)),
    Measure.SATISFACTION: Definition(Moment.RATED, (Fact.SATISFIED,)),
    Measure.ON_TIME_CHECK_IN: Definition(Moment.CHECK_IN_LIMIT, (Fact.CHECKED_IN_TIME,), among=(Fact.OWED,)),
    Measure.WHISTLE: Definition(Moment.FINISHED, (Fact.WHISTLED,), better=None),
    Measure.OVERNIGHT: Definition(Moment.REPORTED, (Fact.OVERNIGHT,), better=Better.LOWER),
    Measure.CONTAINMENT: Definition(Moment.FINISHED, (Fact.CONTAINED,)),
}
"""Every measure. A new one is a line here, and where it needs them a fact or a moment with its column."""


class MeasureSubject(Term):
    """指标对象 Of what a measure has lines."""

    DIVISION = "DIVISION", "下级位置", "each place one level below; below a community each grid"
    GRID = "GRID", "网格", "each grid"
    WORKER = (
        "WORKER",
        "网格员",
        "each registered grid worker, as the assignee; of rework, as whose resolution was sent back first "
        "or closed",
    )
    DEPARTMENT = "DEPARTMENT", "部门", "each department: whom was summoned, or who led the whistle on a run"
    CATEGORY = "CATEGORY", "事项类别", "each category"
    SEVERITY = "SEVERITY", "等级", "each severity: 小事不出社区 is that of MINOR, 大事不出街道 that of MAJOR"


class MeasureTrend(Term):
    """趋势周期 Into what a period is cut to see how a measure moves."""

    WEEK = "WEEK", "周", "each week, from Monday on"
    MONTH = "MONTH", "月", "each month"


class MeasurePart(Term):
    """指标组成 The two parts of a figure."""

    NUMERATOR = "NUMERATOR", "分子", "what is counted"
    DENOMINATOR = "DENOMINATOR", "分母", "the sample"
