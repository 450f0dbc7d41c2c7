"""Filters: which rows a list shows, as inputs and as conditions on read models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import strawberry

from chuishao.domain.case_requests import RequestKind
from chuishao.domain.division import Level
from chuishao.domain.event import storable
from chuishao.domain.lifecycle import Status
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadText, Forbidden, Refusal, TokenRequired
from chuishao.domain.sight import SHOWN, Reading, shown_of_case
from chuishao.domain.summons import WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Tier, WhistleKind
from chuishao.graphql import enums
from chuishao.graphql.context import Context
from chuishao.graphql.filter_tree import AND, NOT, OR, every, require
from chuishao.graphql.inputs import read_id, read_moment
from chuishao.graphql.scalars import Position
from chuishao.projections.paging import Where
from chuishao.projections.sight import case_seen, seen

assert enums.NAMES, "importing the module registers the enums"


def _wish(description: str, **named: str) -> Any:
    """Something that a filter may ask for."""
    return strawberry.field(default=None, description=description, **named)  # type: ignore[call-overload]


@strawberry.input(description="时间范围 A stretch of time; nothing that has no time lies in it.")
class TimeRange:
    """From a moment until before another one."""

    since: datetime | None = _wish("起 From this moment on, itself included.", name="from")
    until: datetime | None = _wish("止 Until before this moment.")


@strawberry.input(description="案件筛选 Which cases are wanted; everything given must hold.")
class CaseFilter:
    """Conditions on cases."""

    place: str | None = _wish("位置 In places whose code begins so.")
    grid_code: str | None = _wish("网格 In this grid.")
    status: list[Status] | None = _wish("状态 In one of these states.")
    tier: list[Tier] | None = _wish("层级 At one of these tiers.")
    severity: list[Severity] | None = _wish("等级 Of one of these severities.")
    category: str | None = _wish("类别 Whose category code begins so.")
    open: bool | None = _wish("在办 Open, or not.")
    overdue: bool | None = _wish("逾期 Past their limit now, or not.")
    suspended: bool | None = _wish("挂账 Whose clock stands still now, or runs.")
    follow_up_due: bool | None = _wish("回访待办 Whose resident is to be called, or not.")
    requested: list[RequestKind] | None = _wish("待审批申请 In which one of these is asked for, undecided.")
    assignee: str | None = _wish("承办人 Assigned to this actor.")
    whistled: bool | None = _wish("吹哨 With an open whistle, or without.")
    text: str | None = _wish("文字 Whose description has these words; for those who may read it.")
    ids: list[strawberry.ID] | None = _wish("标识 One of these cases.")
    categories: list[str] | None = _wish("类别代码 Of one of these categories.")
    linkage: list[LinkageMechanism] | None = _wish("联动机制 Of one of these mechanisms.")
    reported_at: TimeRange | None = _wish("上报时间 Reported in this time.")
    overnight: bool | None = _wish(
        "问题过夜 Without an answer by the midnight of the day on which they were found, or with one."
    )
    due_at: TimeRange | None = _wish("期限 Whose next step is due in this time.")
    closed_at: TimeRange | None = _wish("结案时间 Closed in this time.")
    changed_since: Position | None = _wish(
        "变动 Changed after this position of the log: what a board has missed."
    )
    and_: list[CaseFilter] | None = _wish(AND, name="and")
    or_: list[CaseFilter] | None = _wish(OR, name="or")
    not_: CaseFilter | None = _wish(NOT, name="not")


@strawberry.input(description="哨件筛选 Which whistles are wanted; everything given must hold.")
class WhistleFilter:
    """Conditions on whistles."""

    place: str | None = _wish("位置 Of streets whose code begins so.")
    status: list[WhistleStatus] | None = _wish("状态 In one of these states.")
    kind: list[WhistleKind] | None = _wish("哨源类型 Of one of these kinds.")
    linkage: list[LinkageMechanism] | None = _wish("联动机制 Of one of these mechanisms.")
    department_id: strawberry.ID | None = _wish("部门 To which this department is summoned.")
    ids: list[strawberry.ID] | None = _wish("标识 One of these whistles.")
    overdue: bool | None = _wish("逾期 Awaiting a check-in past its limit now, or not.")
    blown_at: TimeRange | None = _wish("吹哨时间 Blown in this time.")
    check_in_due_at: TimeRange | None = _wish("报到期限 Whose earliest awaited check-in is due in this time.")
    ended_at: TimeRange | None = _wish("结束时间 Ended in this time.")
    changed_since: Position | None = _wish(
        "变动 Changed after this position of the log: what a board has missed."
    )
    and_: list[WhistleFilter] | None = _wish(AND, name="and")
    or_: list[WhistleFilter] | None = _wish(OR, name="or")
    not_: WhistleFilter | None = _wish(NOT, name="not")


@strawberry.input(description="网格筛选 Which grids are wanted; everything given must hold.")
class GridFilter:
    """Conditions on grids."""

    place: str | None = _wish("位置 In divisions whose code begins so.")
    vacant: bool | None = _wish("空缺 Without a worker, or with one.")
    active: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="现行 Active, or retired; active where no filter says, both where it is null.",
    )
    codes: list[str] | None = _wish("代码 One of these grids.")
    and_: list[GridFilter] | None = _wish(AND, name="and")
    or_: list[GridFilter] | None = _wish(OR, name="or")
    not_: GridFilter | None = _wish(NOT, name="not")


@strawberry.input(description="区划筛选 Which divisions are wanted; everything given must hold.")
class DivisionFilter:
    """Conditions on divisions."""

    place: str | None = _wish("位置 Whose code begins so.")
    level: list[Level] | None = _wish("级别 Of one of these levels.")
    name: str | None = _wish("名称 Whose name has these characters.")
    codes: list[str] | None = _wish("代码 One of these divisions.")
    abolished: bool | None = _wish("撤销 Abolished, or not.")
    and_: list[DivisionFilter] | None = _wish(AND, name="and")
    or_: list[DivisionFilter] | None = _wish(OR, name="or")
    not_: DivisionFilter | None = _wish(NOT, name="not")


def conditions(context: Context, build: Callable[[Where], object]) -> Where:
    """Conditions built from what the asker gave; refused where a text cannot be looked up."""
    where = Where()
    try:
        build(where)
        for argument in where.arguments:
            texts = argument if isinstance(argument, list) else [argument]
            if not all(storable(text) for text in texts if isinstance(text, str)):
                raise BadText("filter", field="filter")
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    return where


def _one_of(where: Where, ids: list[strawberry.ID] | None) -> None:
    if ids is not None:
        where.also(f"id = ANY({where.add([read_id(given, 'ids') for given in ids])}::uuid[])")


def _in_time(where: Where, column: str, wanted: TimeRange | None, path: str) -> None:
    if wanted is None:
        return
    since, until = read_moment(wanted.since, f"{path}.from"), read_moment(wanted.until, f"{path}.until")
    if since is not None:
        where.also(f"{column} >= {where.add(since)}")
    if until is not None:
        where.also(f"{column} < {where.add(until)}")
    if since is until is None:
        where.also(f"{column} IS NOT NULL")


def _among(where: Where, name: str, values: list[Any] | None) -> None:
    if values is not None:
        where.also(f"{name} = ANY({where.add([str(value) for value in values])}::text[])")


def require_known(context: Context) -> None:
    """Refuse to list cases for somebody whom nothing ties to any case."""
    if context.reader.unknown:
        raise TokenRequired()


def case_conditions(context: Context, wanted: CaseFilter, where: Where) -> None:
    """Add what a case filter asks for, with the filters in it, among the cases that the asker sees."""
    require_known(context)
    seen(where, context.reader)
    require(where, wanted, partial(_case_conditions, context))


def _case_conditions(context: Context, wanted: CaseFilter, where: Where) -> None:
    """Add what one case filter asks for."""
    if wanted.place is not None:
        where.within("place", wanted.place)
    if wanted.grid_code is not None:
        where.also(f"place = {where.add(wanted.grid_code)}")
    lists = {
        "status": wanted.status,
        "tier": wanted.tier,
        "severity": wanted.severity,
        "asked": wanted.requested,
    }
    for name, values in lists.items():
        _among(where, name, values)
    if wanted.category is not None:
        where.also(f"starts_with(category, {where.add(wanted.category)})")
    if wanted.open is not None:
        where.also("open" if wanted.open else "NOT open")
    if wanted.overdue is not None:
        late = f"open AND due_at < {where.add(context.now)}"
        where.also(late if wanted.overdue else f"({late}) IS NOT TRUE")
    if wanted.suspended is not None:
        still = f"still_since IS NOT NULL AND (still_until IS NULL OR still_until > {where.add(context.now)})"
        where.also(still if wanted.suspended else f"NOT ({still})")
    if wanted.follow_up_due is not None:
        where.also("follow_up_due" if wanted.follow_up_due else "NOT follow_up_due")
    if wanted.assignee is not None:
        require_shown(context, Reading.ACTORS, LOOK_FOR_ACTORS, "filter", "assignee")
        where.also(f"assignee = {where.add(wanted.assignee)}")
    if wanted.whistled is not None:
        where.also("whistle IS NOT NULL" if wanted.whistled else "whistle IS NULL")
    if wanted.text is not None:
        require_shown(context, Reading.WORDS, _SEARCH, "filter", "text")
        pattern = where.add("%" + _escaped(wanted.text) + "%")
        where.also(
            f"EXISTS (SELECT FROM cases.case_text t WHERE t.id = case_row.id AND t.text ILIKE {pattern})"
        )
    _case_facts(context, wanted, where)


def _case_facts(context: Context, wanted: CaseFilter, where: Where) -> None:
    """Add what a case filter asks for by lists, times and changes."""
    _one_of(where, wanted.ids)
    _among(where, "category", wanted.categories)
    _among(where, "linkage", wanted.linkage)
    if wanted.overnight is not None:
        stayed = f"coalesce(taken_up_at, {where.add(context.now)}) >= night_at"
        where.also(stayed if wanted.overnight else f"({stayed}) IS NOT TRUE")
    _in_time(where, "reported_at", wanted.reported_at, "reportedAt")
    _in_time(where, "due_at", wanted.due_at, "dueAt")
    _in_time(where, "closed_at", wanted.closed_at, "closedAt")
    if wanted.changed_since is not None:
        where.also(f"position > {where.add(wanted.changed_since)}")


LOOK_FOR_ACTORS = Phrase("look for an actor's cases", "按承办人查询案件")
_SEARCH = Phrase("search in descriptions", "按描述文字查询")


def require_shown(context: Context, rule: Reading, action: Phrase, *path: str) -> None:
    """Refuse to look for what the asker does not see; `path` leads to the argument."""
    actor = context.actor
    if not shown_of_case(actor, rule):
        raise Forbidden(*path, role=actor.role, action=action, allowed=sorted(SHOWN[rule]))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def whistle_conditions(context: Context, wanted: WhistleFilter, where: Where) -> None:
    """Add what a whistle filter asks for, with those in it, among the whistles that the asker sees."""
    require_known(context)
    case_seen(where, context.reader, "whistle.case_id")
    require(where, wanted, partial(_whistle_conditions, context))


def _whistle_conditions(context: Context, wanted: WhistleFilter, where: Where) -> None:
    """Add what one whistle filter asks for."""
    if wanted.place is not None:
        where.within("street", wanted.place)
    for name, values in (("status", wanted.status), ("kind", wanted.kind), ("linkage", wanted.linkage)):
        _among(where, name, values)
    if wanted.department_id is not None:
        department = where.add(read_id(wanted.department_id, "departmentId"))
        summoned = (
            f"SELECT FROM whistles.summons s WHERE s.whistle = whistle.id AND s.department = {department}"
        )
        where.also(f"EXISTS ({summoned})")
    if wanted.overdue is not None:
        late = f"check_in_due_at < {where.add(context.now)}"
        where.also(late if wanted.overdue else f"({late}) IS NOT TRUE")
    _one_of(where, wanted.ids)
    _in_time(where, "blown_at", wanted.blown_at, "blownAt")
    _in_time(where, "check_in_due_at", wanted.check_in_due_at, "checkInDueAt")
    _in_time(where, "ended_at", wanted.ended_at, "endedAt")
    if wanted.changed_since is not None:
        where.also(f"position > {where.add(wanted.changed_since)}")


def grid_conditions(wanted: GridFilter, where: Where) -> None:
    """Add what a grid filter asks for, with the filters in it; active grids only, where it does not say."""
    if all(one.active is strawberry.UNSET for one in every(wanted)):
        where.also("retired_at IS NULL")
    require(where, wanted, _grid_conditions)


def _grid_conditions(wanted: GridFilter, where: Where) -> None:
    if wanted.place is not None:
        where.within("code", wanted.place)
    if wanted.vacant is not None:
        where.also("worker IS NULL" if wanted.vacant else "worker IS NOT NULL")
    if isinstance(wanted.active, bool):
        where.also("retired_at IS NULL" if wanted.active else "retired_at IS NOT NULL")
    _among(where, "code", wanted.codes)


def division_conditions(wanted: DivisionFilter, where: Where) -> None:
    """Add what a division filter asks for, with the filters in it."""
    require(where, wanted, _division_conditions)


def _division_conditions(wanted: DivisionFilter, where: Where) -> None:
    if wanted.place is not None:
        where.within("code", wanted.place)
    _among(where, "level", wanted.level)
    if wanted.name is not None:
        where.also(f"name ILIKE {where.add('%' + _escaped(wanted.name) + '%')}")
    _among(where, "code", wanted.codes)
    if wanted.abolished is not None:
        where.also("abolished_from IS NOT NULL" if wanted.abolished else "abolished_from IS NULL")
