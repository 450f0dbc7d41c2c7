"""漏斗与层级 How far cases got round the loop, and where they were settled."""

from __future__ import annotations

from itertools import groupby

from chuishao.domain.loop import SettledLevel
from chuishao.domain.vocabulary import Severity, Stage, Tier
from chuishao.service.board.drawing import bar, percent, stacked
from chuishao.service.board.reading import Board, Line
from chuishao.service.paper.markup import NONE, section
from chuishao.service.paper.words import both, plain, term

_STAGES = {
    Stage.FOUND: ("上报", "Reported"),
    Stage.ACCEPTED: ("受理", "Accepted"),
    Stage.ASSESSED: ("研判", "Assessed"),
    Stage.ASSIGNED: ("交办", "Assigned"),
    Stage.FEEDBACK: ("处置", "Resolved"),
}
NAMELESS = ("", "", "wide")
"""The head of the column of bars."""
_FURTHER = {"VERIFIED": ("现已核查或结案", "Now verified or closed"), "CLOSED": ("现已结案", "Now closed")}


def funnel_section(board: Board) -> str:
    """漏斗: how many of the cases found in the period ever reached each stage, and stand there now."""
    rows = [
        _step(*_STAGES[Stage(line["stage"])], line["reached"], line["cases"], str(line["standing"]))
        for line in board.stages
    ]
    found = board.stages[0]["cases"]
    rows += [_step(*_FURTHER[name], cases, found, "", "now") for name, cases in board.further.items()]
    gone = board.stages[0]["gone"]
    note = both(
        f"本期上报的 {found} 件中曾到达各阶段的件数与占比；其中 {gone} 件不予受理或并入、拆为他件。"
        "末两行按现在的状态计：重开的案件不再算作结案。",
        f"Of the {found} cases reported in the period, how many ever reached each stage; {gone} were "
        "refused, or joined to or split into others. The last two rows go by how cases stand now: one that "
        "is reopened is no longer closed.",
    )
    heads = (("阶段", "Stage", ""), NAMELESS, ("件数", "Cases", "n"), ("占比", "Share", "n"),
             ("现停于此", "There now", "n"))  # fmt: skip
    return section(
        "漏斗", "Funnel of the issue loop", f'<p class="note">{note}</p>', _rows("funnel", heads, rows)
    )


def _rows(kind: str, heads: tuple[tuple[str, str, str], ...], rows: list[str]) -> str:
    head = "".join(f'<th class="{each}">{both(zh, en) if zh else ""}</th>' for zh, en, each in heads)
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _step(zh: str, en: str, cases: int, found: int, standing: str, kind: str = "") -> str:
    share = cases / found if found else None
    return (
        f'<tr class="{kind}"><td class="t">{both(zh, en)}</td><td class="wide">{bar(share or 0, kind)}</td>'
        f'<td class="n"><b>{cases}</b></td><td class="n">{percent(share)}</td>'
        f'<td class="n">{standing}</td></tr>'
    )


def tiers_section(board: Board) -> str:
    """层级: at which tier and at which level the cases were settled that were closed in the period."""
    closed = sum(board.tiers.values())
    rows = [_step(*_tier(tier), cases, closed, "") for tier, cases in board.tiers.items()]
    by_tier = _rows(
        "funnel tiers",
        (
            ("层级", "Tier", ""),
            NAMELESS,
            ("结案", "Closed", "n"),
            ("占比", "Share", "n"),
            ("", "", "n"),
        ),
        rows,
    )
    contained = [
        _containment(Severity(severity), list(lines))
        for severity, lines in groupby(board.containment, lambda line: line["severity"])
    ]
    by_level = _rows(
        "funnel levels",
        (
            ("等级", "Severity", ""),
            ("化解于", "Settled in", "wide"),
            ("未出界", "Contained", "n"),
            ("", "", "n"),
        ),
        contained,
    )
    legend = "".join(
        f'<li><i class="level-{level.value.lower()}"></i>{both(level.zh, plain(level))}</li>'
        for level in SettledLevel
    )
    note = both(
        "本期结案、现仍为结案的案件：按最后处置的层级，及按化解于何处。小事不出社区，大事不出街道。",
        "Cases closed in the period and still closed: by the tier that handled them last, and by the level "
        "that settled them. A minor matter should not leave its community, nor a major one its street.",
    )
    return section(
        "分层处置",
        "Tiers and containment",
        f'<p class="note">{note}</p><div class="two"><div>{by_tier}</div>',
        f'<div>{by_level}<ul class="legend">{legend}</ul></div></div>',
    )


def _tier(tier: Tier) -> tuple[str, str]:
    return tier.zh, plain(tier)


def _containment(severity: Severity, lines: list[Line]) -> str:
    """A severity: the levels side by side, and the share that did not leave where it should stay."""
    shares = [
        (
            f"level-{line['level'].lower()}",
            line["closedShare"] or 0.0,
            f"{SettledLevel(line['level']).zh} {plain(line['level'])}: {line['closed']}",
        )
        for line in lines
    ]
    bound = [line for line in lines if line["contained"]][-1]
    unbounded = bound is lines[-1]
    told = f"{bound['closedUpTo']} / {bound['closedInAll']}"
    return (
        f'<tr><td class="t">{term(severity)}</td><td class="wide">{stacked(shares)}</td>'
        f'<td class="n"><b>{NONE if unbounded else percent(bound["closedUpToShare"])}</b></td>'
        f'<td class="n">{bound["closedInAll"] if unbounded else told}</td></tr>'
    )
