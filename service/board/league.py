"""排行与趋势 The figures of the place, of its parts against each other, and month by month."""

from __future__ import annotations

from html import escape
from itertools import groupby

from chuishao.domain.measure import DEFINITIONS, Measure
from chuishao.service.board.drawing import axis, interval, percent, trend
from chuishao.service.board.reading import Board, Line
from chuishao.service.paper.markup import NONE, section
from chuishao.service.paper.words import both

MANY = 24
"""Lines from which on a panel may be broken between two sheets."""


def named(measure: Measure) -> str:
    """A measure by name."""
    return both(measure.zh, measure.en[0].upper() + measure.en[1:].partition(" (")[0])


def direction(measure: Measure) -> str:
    """Which way is the better one."""
    better = DEFINITIONS[measure].better
    if better is None:
        return both("不分优劣", "neither is better")
    return both(better.zh, better.en)


def whole_section(board: Board) -> str:
    """总览: every measure of the place as a whole."""
    tiles = "".join(_tile(line) for line in board.whole)
    note = both(
        "点为比率，须为 95 % 置信区间（Wilson）；灰色表示样本低于最小样本。",
        "The dot is the rate, the whiskers its 95 % interval (Wilson); grey is a sample below the minimum.",
    )
    return section(
        "指标总览", "The place as a whole", f'<p class="note">{note}</p>', f'<div class="tiles">{tiles}</div>'
    )


def _tile(line: Line) -> str:
    before = ""
    if line["previousRate"] is not None:
        told = percent(line["previousRate"])
        before = f" · {both(f'上期 {told}', f'before {told}')}"
    return (
        f'<div class="tile{_small(line)}"><h3>{named(Measure(line["measure"]))}</h3>'
        f"<p><b>{percent(line['rate'])}</b> "
        f"<small>{line['numerator']}/{line['denominator']}{before}</small></p>{interval(line)}</div>"
    )


def _small(line: Line) -> str:
    return " small" if line["denominator"] < line["minimumSample"] else ""


def league_section(board: Board) -> str:
    """排行: of each measure the parts one level below, the best first."""
    whole = {line["measure"]: line for line in board.whole}
    panels = [
        _panel(board, whole[measure], list(lines))
        for measure, lines in groupby(board.parts, lambda line: line["measure"])
    ]
    minimum = board.whole[0]["minimumSample"] if board.whole else 0
    note = both(
        f"样本不少于 {minimum} 方有名次，按区间中较差的一端排；虚线为全域。"
        "不足者为灰色，不排名。横轴为 0 至 100 %。",
        f"Ranked from a sample of {minimum} on, by the bound that is the worse case; the dashed line is the "
        "whole. Smaller samples are grey and have no rank. Axes go from 0 to 100 %.",
    )
    none = f'<p class="note">{both("没有下级单位的数据。", "No part has a figure.")}</p>'
    inside = f'<div class="panels">{"".join(panels)}</div>' if panels else none
    return section("排行", "League table", f'<p class="note">{note}</p>', inside)


def _panel(board: Board, whole: Line, lines: list[Line]) -> str:
    measure = Measure(whole["measure"])
    every = _row("", f"<b>{both('全域', 'All')}</b>", whole, None, "all")
    rows = "".join(_row(str(line["rank"] or NONE), _part(board, line), line, whole["rate"]) for line in lines)
    head = (
        f'<thead><tr><th class="n">{both("名次", "Rank")}</th><th>{both("单位", "Part")}</th>'
        f'<th class="plot">{axis()}</th><th class="n">{both("比率", "Rate")}</th>'
        f'<th class="n">{both("分子/分母", "k / n")}</th></tr></thead>'
    )
    return (
        f'<div class="panel{"" if len(lines) > MANY else " whole"}"><h3>{named(measure)} '
        f"<small>{direction(measure)}</small></h3>"
        f'<table class="league">{head}<tbody>{every}{rows}</tbody></table></div>'
    )


def _part(board: Board, line: Line) -> str:
    found = line["division"] or line["grid"]
    if found:
        return escape(found["name"])
    if line["part"] == board.place:
        return both("未归入下级", "In none of the parts")
    return f"<code>{escape(line['part'])}</code>"


def _row(rank: str, name: str, line: Line, whole: float | None, kind: str = "") -> str:
    return (
        f'<tr class="{kind}{_small(line)}"><td class="n rank">{rank}</td><td class="name">{name}</td>'
        f'<td class="plot">{interval(line, whole)}</td><td class="n"><b>{percent(line["rate"])}</b></td>'
        f'<td class="n of">{line["numerator"]}/{line["denominator"]}</td></tr>'
    )


def trend_section(board: Board) -> str:
    """趋势: the main measures month by month."""
    charts = "".join(
        f'<div class="chart"><h3>{named(Measure(measure))}</h3>{trend(list(lines), board.until)}</div>'
        for measure, lines in groupby(board.trend, lambda line: line["measure"])
    )
    note = both(
        "按整月计，带为 95 % 置信区间；空心点表示样本低于最小样本，或该月尚未满（含未到的期限）。"
        "无样本的月份留空。",
        "By whole months, with the band of the 95 % interval. A dot is hollow where the sample is below the "
        "minimum or the month goes on beyond the period, with limits that are yet to come. Months without a "
        "sample are gaps.",
    )
    return section(
        "趋势", "Trend by month", f'<p class="note">{note}</p>', f'<div class="charts">{charts}</div>'
    )
