"""看板页 The page of a division's board: HTML that stands alone, in both languages, for the screen and A4."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from chuishao.domain.election.regime import BEIJING
from chuishao.domain.phrase import Language
from chuishao.service.board.league import league_section, trend_section, whole_section
from chuishao.service.board.loops import funnel_section, tiers_section
from chuishao.service.board.notes import definitions_section
from chuishao.service.board.reading import Board
from chuishao.service.paper.markup import NONE, fact
from chuishao.service.paper.page import stands_alone
from chuishao.service.paper.words import Written, both, clock


def page(board: Board, language: Language | None = None) -> str:
    """The page; in one language, or in both with a switch."""
    at = clock(BEIJING)
    parts = [_heading(board, at)]
    if board.empty:
        said = both(
            "本期没有数据：没有上报的案件，也没有可计入任何指标的办理轮次或召集。",
            "Nothing lies in this period: no case was reported, and no run or summons counts in any measure.",
        )
        parts.append(f'<p class="empty">{said}</p>')
    else:
        parts += [
            whole_section(board),
            funnel_section(board),
            tiers_section(board),
            league_section(board),
            trend_section(board),
        ]
    parts += [definitions_section(board), _footer(board, at)]
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return stands_alone(f"看板 Board {board.name} {board.place}", "".join(parts), style, language)


def _heading(board: Board, at: Written) -> str:
    moment, sealed = board.moment, board.checkpoint
    behind = moment.head - moment.position
    lag = both(f"日志已至 {moment.head}", f"the log is at {moment.head}") if behind else ""
    period = f'<span class="t">{board.since}</span> – <span class="t">{board.until}</span>'
    unsealed = both("尚无检查点", "none yet")
    facts = (
        fact("统计期", "Period", period),
        fact("截至日志位置", "As of position", f"{moment.position:,}", more=lag),
        fact("该位置记录于", "Recorded", at(moment.recorded_at) if moment.recorded_at else NONE),
        fact(
            "最新检查点", "Newest checkpoint",
            f"{sealed.size:,}" if sealed else unsealed, more=at(sealed.sealed_at) if sealed else "",
        ),
    )  # fmt: skip
    around = " · ".join(map(escape, board.around))
    return (
        f'<header><p class="kind">{both("治理看板", "Board of governance")}</p>'
        f"<h1>{escape(board.name)}</h1>"
        f'<p class="place">{around} <small>{escape(board.place)}</small></p></header>'
        f'<dl class="facts">{"".join(facts)}</dl>'
    )


def _footer(board: Board, at: Written) -> str:
    zone = both("北京时间", "Beijing time")
    said = both(
        "各数均由与接口相同的查询得出，同一时刻读取；漏斗与分层的占比由此相除而得。",
        "Every figure is what the API's own query answers, all at one moment; the shares of the funnel and "
        "of the tiers are quotients of these.",
    )
    return f"<footer>{said} {at(board.moment.asked_at)} · {zone}</footer>"
