"""绘图 What a board draws: bars of a funnel, intervals as dots with whiskers, trends with their bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from chuishao.service.board.reading import Line
from chuishao.service.paper.markup import NONE

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 30, 40, 10, 22
JANUARY, DECEMBER = 1, 12


def percent(rate: float | None) -> str:
    """A share as it is written, to a tenth of a percent."""
    return NONE if rate is None else f"{rate * 100:.1f} %"


def interval(line: Line, whole: float | None = None) -> str:
    """A rate as a dot with its bounds as whiskers, from 0 to 100 %; `whole` is a mark to compare it with."""
    mark = "" if whole is None else f'<line class="whole" {_upright(whole)}/>'
    drawn = ""
    if line["rate"] is not None:
        low, high = line["lower"], line["upper"]
        said = f"{percent(low)} – {percent(high)}"
        drawn = (
            f'<line class="whisker" x1="{low:.2%}" x2="{high:.2%}" y1="9" y2="9"/>'
            f'<line class="whisker" x1="{low:.2%}" x2="{low:.2%}" y1="5" y2="13"/>'
            f'<line class="whisker" x1="{high:.2%}" x2="{high:.2%}" y1="5" y2="13"/>'
            f'<circle cx="{line["rate"]:.2%}" cy="9" r="3.6"><title>{said}</title></circle>'
        )
    grid = "".join(f'<line class="grid" {_upright(at)}/>' for at in (0, 0.5, 1))
    return f'<svg class="interval" width="100%" height="18" role="img">{grid}{mark}{drawn}</svg>'


def _upright(at: float) -> str:
    return f'x1="{at:.2%}" x2="{at:.2%}" y1="0" y2="18"'


def axis() -> str:
    """What stands over intervals: where 0, 50 and 100 % are."""
    marks = "".join(
        f'<text class="axis" x="{at}%" y="10" text-anchor="middle">{at}</text>' for at in (0, 50, 100)
    )
    return f'<svg class="interval" width="100%" height="12">{marks}</svg>'


def bar(share: float, kind: str = "") -> str:
    """A bar of the length of a share."""
    return (
        f'<svg class="bar {kind}" width="100%" height="20" role="img">'
        f'<rect width="{share:.2%}" height="20" rx="2"/></svg>'
    )


def stacked(shares: Sequence[tuple[str, float, str]]) -> str:
    """Shares side by side, each with its kind and what it says to who points at it."""
    parts, at = [], 0.0
    for kind, share, said in shares:
        if share:
            parts.append(
                f'<rect class="{kind}" x="{at:.2%}" width="{share:.2%}" height="20">'
                f"<title>{said}</title></rect>"
            )
        at += share
    return f'<svg class="stack" width="100%" height="20" role="img">{"".join(parts)}</svg>'


def trend(lines: Sequence[Line], until: date) -> str:
    """A measure month by month: the line of its rates in the band of their bounds.

    A month without a sample is a gap; a dot is hollow where the sample is below the minimum, or where the
    month goes on beyond the period.
    """
    places = {line["since"]: _across(number, len(lines)) for number, line in enumerate(lines)}
    parts = [*_frame(lines, places)]
    for there, stretch in groupby(lines, lambda line: line["rate"] is not None):
        if there:
            parts += _stretch(list(stretch), places)
    for line in lines:
        if line["rate"] is not None:
            hollow = line["denominator"] < line["minimumSample"] or line["until"] > until.isoformat()
            parts.append(
                f'<circle class="{"hollow" if hollow else "dot"}" cx="{places[line["since"]]:.1f}" '
                f'cy="{_down(line["rate"]):.1f}" r="3"><title>{line["since"][:7]}: {percent(line["rate"])} = '
                f"{line['numerator']} / {line['denominator']}</title></circle>"
            )
    known = [line for line in lines if line["rate"] is not None]
    if known:
        last = known[-1]
        parts.append(
            f'<text class="last" x="{min(places[last["since"]] + 7, WIDTH - RIGHT + 7):.1f}" '
            f'y="{_down(last["rate"]) + 4:.1f}">{last["rate"] * 100:.0f} %</text>'
        )
    return f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def _across(number: int, months: int) -> float:
    room = WIDTH - LEFT - RIGHT - 12
    return LEFT + 6 + (room * number / (months - 1) if months > 1 else room / 2)


def _down(rate: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - rate)


def _frame(lines: Sequence[Line], places: dict[str, float]) -> Iterator[str]:
    for at in (0, 0.5, 1):
        y = _down(at)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="axis" x="{LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{at * 100:.0f}</text>'
    for number, line in enumerate(lines):
        day = date.fromisoformat(line["since"])
        x = places[line["since"]]
        yield f'<text class="axis" x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{day.month}</text>'
        if day.month == JANUARY or (number == 0 and day.month != DECEMBER):
            yield (f'<text class="year" x="{x:.1f}" y="{HEIGHT - 1}" text-anchor="middle">{day.year}</text>')


def _stretch(lines: list[Line], places: dict[str, float]) -> Iterator[str]:
    """The band and the line of months that follow each other; a single one has a whisker."""
    across = [places[line["since"]] for line in lines]
    if len(lines) == 1:
        (line,) = lines
        yield (
            f'<line class="whisker" x1="{across[0]:.1f}" x2="{across[0]:.1f}" '
            f'y1="{_down(line["lower"]):.1f}" y2="{_down(line["upper"]):.1f}"/>'
        )
        return
    above = [f"{x:.1f},{_down(line['upper']):.1f}" for x, line in zip(across, lines, strict=True)]
    below = [f"{x:.1f},{_down(line['lower']):.1f}" for x, line in zip(across, lines, strict=True)]
    rates = [f"{x:.1f},{_down(line['rate']):.1f}" for x, line in zip(across, lines, strict=True)]
    yield f'<polygon class="band" points="{" ".join([*above, *reversed(below)])}"/>'
    yield f'<polyline class="course" points="{" ".join(rates)}"/>'
