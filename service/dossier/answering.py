"""问责部分 The parts of the page about who answered: the chain, its limits, its sums, what came back."""

from __future__ import annotations

from html import escape

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.lifecycle import Status
from chuishao.domain.vocabulary import Role, Tier
from chuishao.service.dossier.markup import (
    counted_told,
    late_mark,
    person_named,
    place_named,
    positions_told,
    step_told,
)
from chuishao.service.dossier.reading import Dossier
from chuishao.service.paper.markup import NONE, said_in_both, section, table
from chuishao.service.paper.words import Written, both, lasting, term


def chain_section(dossier: Dossier, at: Written) -> str:
    """责任链: every spell with its holder, length, limit and steps."""
    heads = (
        ("#序", "No."), ("承办单位与承办人", "Held by, assignee"), ("层级与角色", "Tier and role"),
        ("自", "Since"),
        ("至", "Until"), ("#时长", "Length"), ("计时", "Counted"), ("期末期限", "Limit at its end"),
        ("经手", "Steps"),
    )  # fmt: skip
    rows = (
        (
            spell.overdue,
            (
                str(spell.number),
                f"{place_named(dossier, spell.holder)}<br>{person_named(dossier, spell.assignee)}",
                f"{term(Tier(spell.tier)) if spell.tier else both('受理分办', 'Intake')}<br>"
                f"{term(Role(spell.role)) if spell.role else NONE}",
                at(spell.since),
                at(spell.until) if spell.until else both("至今", "still"),
                said_in_both(lasting(spell.seconds)),
                counted_told(spell.counted),
                f"{at(spell.due_at)}<br><code>{escape(spell.due_rule or '')}</code>"
                f"{late_mark(spell.overdue)}",
                positions_told([step.position for step in spell.steps]),
            ),
        )
        for spell in dossier.chain.spells
    )
    note = both(
        "时长按时钟；计时按该期限的计时单位，已扣除挂账。交出案件的一步算在交出的一段。",
        "Length is by the clock; counted is in the unit of the limit, without suspensions. The step that "
        "hands the case on belongs to the spell that it ends.",
    )
    return section("责任链", "Chain of responsibility", f'<p class="note">{note}</p>', table(heads, rows))


def limits_section(dossier: Dossier, at: Written) -> str:
    """期限: every limit that ran, and by how much it was passed."""
    heads = (
        ("案件状态", "Status"), ("承办单位", "Held by"), ("自", "Since"), ("至", "Until"), ("期限", "Limit"),
        ("规则与计时单位", "Rule and unit"), ("停表", "Clock stood"), ("结果", "Outcome"),
    )  # fmt: skip
    rows = []
    for limit in dossier.chain.limits:
        still = "<br>".join(f"{at(begins)} → {at(ends)}" for begins, ends in limit.still)
        within = both("按期", "in time") if limit.until else both("计时中", "running")
        outcome = (
            f'<span class="pill{" good" if limit.until else ""}">{within}</span>' if limit.due_at else NONE
        )
        if limit.overdue and limit.due_at:
            by = lasting(round(((limit.until or dossier.at) - limit.due_at).total_seconds()))
            outcome = f'<span class="pill bad">{both("逾期", "late")}</span> {said_in_both(by)}'
        unit = term(TimeUnit(limit.unit)) if limit.unit else ""
        cells = (
            term(Status(limit.status)), place_named(dossier, limit.holder), at(limit.since), at(limit.until),
            at(limit.due_at), f"<code>{escape(limit.rule or NONE)}</code> {unit}", still or NONE, outcome,
        )  # fmt: skip
        rows.append((limit.overdue, cells))
    return section("期限与逾期", "Limits and breaches", table(heads, rows))


def totals_section(dossier: Dossier) -> str:
    """承办时长: how long each place held the case."""
    heads = (("承办单位", "Held by"), ("#时段数", "Spells"), ("#时长", "By the clock"), ("计时", "Counted"))
    rows = (
        (
            False,
            (
                place_named(dossier, one.holder),
                str(one.spells),
                said_in_both(lasting(one.seconds)),
                counted_told(one.counted),
            ),
        )
        for one in dossier.chain.totals
    )
    return section("承办时长合计", "Holding time by holder", table(heads, rows))


def setbacks_section(dossier: Dossier, at: Written) -> str:
    """首接负责、责任倒查: who answered first, and to whom what came back is laid."""
    chain, first = dossier.chain, dossier.chain.first_receiver
    said = f'<p class="note">{both("尚无人答复。", "Nobody has answered yet.")}</p>'
    if first is not None:
        back = both("后来返回", "it came back") if first.came_back else both("未返回", "it did not come back")
        kind = "bad" if first.came_back else "good"
        said = f'<p>{step_told(dossier, first.step, at)} <span class="pill {kind}">{back}</span></p>'
    heads = (("返工或重开", "What came back"), ("责任步骤", "Laid to"))
    rows = [
        (
            True,
            (
                step_told(dossier, one.step, at),
                "<hr>".join(step_told(dossier, to, at) for to in one.laid_to) or NONE,
            ),
        )
        for one in chain.setbacks
    ]
    none = f'<p class="note">{both("没有返工，也没有重开。", "Nothing came back.")}</p>'
    first_heading = both("首接负责", "First receiver", "h3")
    heading = both("返工与重开", "Reworks and reopenings", "h3")
    told = table(heads, rows) if rows else none
    parts = (first_heading, said, heading, told)
    return section("首接负责与责任倒查", "First receiver and setbacks", *parts)
