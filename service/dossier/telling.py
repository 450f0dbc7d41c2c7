"""叙述部分 The parts of the page about what happened: requests, whistles with their departments, events."""

from __future__ import annotations

from html import escape

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case_requests import RequestKind, RequestState
from chuishao.domain.summons import SummonsState
from chuishao.domain.vocabulary import LinkageMechanism, Role, WhistleKind
from chuishao.service.dossier.markup import (
    fields_told,
    person_named,
    place_named,
    positions_told,
    short_title,
)
from chuishao.service.dossier.reading import Dossier
from chuishao.service.paper.markup import NONE, said_in_both, section, table
from chuishao.service.paper.words import Written, both, lasting, plain, term


def requests_section(dossier: Dossier, at: Written) -> str:
    """挂账、延期、回退: what was asked for and how it was decided; nothing where nothing was."""
    if not dossier.chain.requests:
        return ""
    heads = (
        ("#序", "No."), ("申请", "Request"), ("申请时间与人", "Asked"), ("内容", "For"), ("状态", "State"),
        ("审批时间与人", "Decided"), ("恢复计时", "Resumed"),
    )  # fmt: skip
    rows = []
    for one in dossier.chain.requests:
        unit = term(TimeUnit(one.unit)) if one.unit else ""
        wanted = f"{one.amount} {unit}" if one.amount else at(one.until) if one.until else NONE
        cells = (
            str(one.number), term(RequestKind(one.kind)),
            f"{at(one.asked_at)}<br>{person_named(dossier, one.asked_by)}",
            wanted, _state(RequestState(one.state)),
            f"{at(one.decided_at)}<br>{person_named(dossier, one.decided_by)}",
            at(one.resumed_at),
        )  # fmt: skip
        rows.append((False, cells))
    return section("挂账、延期、回退", "Suspensions, extensions, returns", table(heads, rows))


def _state(state: RequestState) -> str:
    return both(state.zh, plain(state.value.removeprefix("REQUEST_")))


def whistle_sections(dossier: Dossier, at: Written) -> str:
    """吹哨报到: each whistle with its departments and the events that show what they did."""
    return "".join(_whistle(dossier, number, at) for number, _ in enumerate(dossier.chain.whistles))


def _whistle(dossier: Dossier, number: int, at: Written) -> str:
    whistle = dossier.chain.whistles[number]
    own = [one for one in dossier.events if one.stream == whistle.id]
    heads = (
        ("部门", "Department"), ("召集", "Summoned"), ("签收", "Signed"), ("报到", "Checked in"),
        ("反馈或拒绝", "Answered or refused"),
        ("#时长", "Length"), ("状态", "State"), ("#评分", "Rating"), ("凭据", "Evidence"),
    )  # fmt: skip
    rows = []
    for one in dossier.chain.departments:
        if one.whistle != whistle.id:
            continue
        lead = f' <span class="pill">{both("牵头", "lead")}</span>' if one.lead else ""
        late = (
            f'<br><span class="pill bad">{both("未按时", "missed")}</span> {at(one.missed_at)}'
            if one.missed_at
            else ""
        )
        due = (
            f"<br><small>{both('期限', 'due')} {at(one.check_in_due_at)}</small>"
            if one.check_in_due_at
            else ""
        )
        evidence = [e.position for e in own if getattr(e.event, "department", None) == one.department]
        cells = (
            f"{place_named(dossier, str(one.department))}{lead}", at(one.since), at(one.signed_at),
            f"{at(one.checked_in_at)}{due}{late}", at(one.answered_at or one.refused_at),
            said_in_both(lasting(one.seconds)),
            term(SummonsState(one.state)), f"{one.score} / 5" if one.score else NONE,
            positions_told(evidence),
        )  # fmt: skip
        rows.append((one.missed_at is not None, cells))
    said = (
        f"<p>{term(WhistleKind(whistle.kind))} · {term(LinkageMechanism(whistle.linkage))} · "
        f"{place_named(dossier, whistle.street)} · {at(whistle.blown_at)} → {at(whistle.ended_at)}</p>"
    )
    which = str(number + 1) if len(dossier.chain.whistles) > 1 else ""
    return section(f"吹哨报到 {which}".strip(), f"Whistle {which}".strip(), said, table(heads, rows))


def events_section(dossier: Dossier, at: Written) -> str:
    """事件: the whole history."""
    heads = (
        ("#位置", "Position"),
        ("时间", "Time"),
        ("事件与内容", "Event, and what it says"),
        ("角色与单位", "Role and unit"),
    )
    rows = []
    for one in dossier.events:
        occurred, told = at(one.occurred_at), ""
        if abs((one.recorded_at - one.occurred_at).total_seconds()) > 60:  # noqa: PLR2004 a minute
            told = f"<br><small>{both('入库', 'recorded')} {at(one.recorded_at)}</small>"
        actor, name = person_named(dossier, one.actor), f"<b>{said_in_both(short_title(one.type))}</b>"
        cells = (
            f'<span id="e{one.position}">{one.position}</span>',
            f"{occurred}{told}",
            f"{name} <code>{escape(one.type)}</code>{fields_told(dossier.said[one.position])}",
            f"{term(Role(one.role))}<br>{place_named(dossier, one.unit) if one.unit else NONE}<br>{actor}",
        )
        rows.append((False, cells))
    note = both(
        "全部事件，按日志位置排列。涉及个人的文字默认隐去。",
        "Every event, by its position in the log. Words about people are masked unless they were asked for.",
    )
    return section("事件", "Events", f'<p class="note">{note}</p>', table(heads, rows))
