"""案卷页 The page itself: HTML that stands alone, in Chinese and English, for the screen and for paper."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from chuishao.domain.lifecycle import OPEN, Status
from chuishao.domain.phrase import Language
from chuishao.domain.vocabulary import Severity
from chuishao.projections.tallies import prefixes
from chuishao.service.dossier.answering import chain_section, limits_section, setbacks_section, totals_section
from chuishao.service.dossier.drawing import drawn
from chuishao.service.dossier.markup import place_named, value_told
from chuishao.service.dossier.proving import proof_of
from chuishao.service.dossier.reading import Dossier
from chuishao.service.dossier.telling import events_section, requests_section, whistle_sections
from chuishao.service.paper.markup import fact, said_in_both, section
from chuishao.service.paper.page import stands_alone
from chuishao.service.paper.words import Written, both, clock, lasting, plain, term

MIDDLE = 3
"""Neither satisfied nor dissatisfied, of 5."""


def page(dossier: Dossier, language: Language | None = None) -> str:
    """The page; in one language, or in both with a switch."""
    at = clock(dossier.zone)
    number = dossier.number
    body = "".join(
        (
            _heading(dossier, at),
            _answers(dossier, at),
            section("时间轴", "The course", f'<div class="scroll">{drawn(dossier)}</div>{_legend()}'),
            chain_section(dossier, at),
            limits_section(dossier, at),
            totals_section(dossier),
            setbacks_section(dossier, at),
            requests_section(dossier, at),
            whistle_sections(dossier, at),
            events_section(dossier, at),
            section("核验", "Proof", proof_of(dossier)),
            _footer(dossier, at),
        )
    )
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return stands_alone(f"案卷 Dossier {number}", body, style, language)


def _heading(dossier: Dossier, at: Written) -> str:
    chain, row = dossier.chain, dossier.chain.row
    status, held = Status(row.status), dossier.chain.held_by
    place = [dossier.names[code] for code in prefixes(row.place) if code in dossier.names]
    late = [limit for limit in chain.limits if limit.overdue]
    category = dossier.category
    kind = (
        "dim"
        if status not in OPEN and status is not Status.CLOSED
        else "good"
        if status is Status.CLOSED
        else ""
    )
    facts = (
        fact("类别", "Category", both(category.zh, category.en) if category else escape(row.category)),
        fact("等级", "Severity", term(Severity(row.severity))),
        fact("上报", "Reported", at(row.reported_at)),
        fact(
            "现承办",
            "Held by",
            place_named(dossier, held.holder) if held else both("已办结离手", "nobody: it is over"),
        ),
        fact(
            "承办总时长",
            "Held in all",
            said_in_both(lasting(chain.seconds)),
            more=both("按时钟", "by the clock"),
        ),
        fact("逾期", "Limits passed", str(len(late)), "bad" if late else "good"),
        fact("返工与重开", "Setbacks", str(len(chain.setbacks)), "bad" if chain.setbacks else "good"),
        fact("吹哨", "Whistles", str(len(chain.whistles))),
    )
    said = dossier.said[dossier.number]
    return (
        f'<header><p class="kind">{both("案卷 · 责任链", "Dossier · chain of responsibility")}</p>'
        f"<h1>{both('案件', 'Case')} {dossier.number}"
        f'<span class="status pill {kind}">{term(status)}</span></h1>'
        f'<p class="place">{escape(" · ".join(place))} <small>{escape(row.place)}</small></p>'
        f'<p class="words">{value_told(said.get("text"))}</p></header><dl class="facts">{"".join(facts)}</dl>'
    )


def _answers(dossier: Dossier, at: Written) -> str:
    """Closed, solved and satisfied are three facts: none of them follows from another."""
    row = dossier.chain.row

    def yes(value: bool | None) -> tuple[str, str]:
        if value is None:
            return both("未评价", "not asked"), ""
        return (both("是", "yes"), "good") if value else (both("否", "no"), "bad")

    closed = (at(row.closed_at), "good") if row.closed_at else (both("未结案", "not closed"), "")
    (answered, one), (solved, two) = yes(row.answered), yes(row.solved)
    satisfied = both("未评价", "not asked") if row.satisfied is None else f"{row.satisfied} / 5"
    how = (row.satisfied or MIDDLE) - MIDDLE
    three = "good" if how > 0 else "bad" if how < 0 else ""
    facts = (
        fact("结案", "Closed", closed[0], closed[1], both("平台所记", "by the platform")),
        fact("响应", "Answered", answered, one, both("居民所答", "says the resident")),
        fact("解决", "Solved", solved, two, both("居民所答", "says the resident")),
        fact("满意", "Satisfied", satisfied, three, both("居民所答", "says the resident")),
    )
    note = both(
        "结案、解决、满意是三件事，互不推定。评价针对最近一次处置，重开后须重新评价。",
        "Closed, solved and satisfied are three facts; none follows from another. A rating is of the last "
        "resolution: once reopened, a case is rated anew.",
    )
    return section(
        "结果", "What came of it", f'<dl class="facts">{"".join(facts)}</dl><p class="note">{note}</p>'
    )


def _legend() -> str:
    entries = (
        ("<i></i>", "承办", "held"),
        ('<i class="of"></i>', "部门被召集", "department summoned"),
        ('<i class="late"></i>', "逾期", "past the limit"),
        ('<i class="still"></i>', "挂账停表", "clock suspended"),
        ("<b>⚑</b>", "期限", "limit"),
        ("<b>✎</b>", "签收", "signed"),
        ("<b>●</b>", "报到", "checked in"),
        ("<b>✓</b>", "反馈", "answered"),
        ("<b>✕</b>", "拒绝", "refused"),
    )
    return f'<ul class="legend">{"".join(f"<li>{sign}{both(zh, en)}</li>" for sign, zh, en in entries)}</ul>'


def _footer(dossier: Dossier, at: Written) -> str:
    said = both(
        f"按 {dossier.reader.zh} 的阅读权限制作；读至日志位置 {dossier.chain.position}。",
        f"Made for a reader in the role {plain(dossier.reader)}; read up to position "
        f"{dossier.chain.position} of the log.",
    )
    return f"<footer>{said} {at(dossier.at)} · {escape(str(dossier.zone))}</footer>"
