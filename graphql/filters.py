"""Filters: which rows a list shows, as inputs and as conditions on read models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from chuishao.domain.authority import reads_personal_text
from chuishao.domain.division import Level
from chuishao.domain.event import storable
from chuishao.domain.lifecycle import Status
from chuishao.domain.refusal import BadText, Forbidden, Refusal
from chuishao.domain.summons import WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.graphql.context import Info
from chuishao.graphql.inputs import read_id
from chuishao.projections.paging import Where


@strawberry.input(description="案件筛选 Which cases are wanted; everything given must hold.")
class CaseFilter:
    """Conditions on cases."""

    place: str | None = strawberry.field(default=None, description="位置 In places whose code begins so.")
    grid_code: str | None = strawberry.field(default=None, description="网格 In this grid.")
    status: list[Status] | None = strawberry.field(default=None, description="状态 In one of these states.")
    tier: list[Tier] | None = strawberry.field(default=None, description="层级 At one of these tiers.")
    severity: list[Severity] | None = strawberry.field(
        default=None, description="等级 Of one of these severities."
    )
    category: str | None = strawberry.field(default=None, description="类别 Whose category code begins so.")
    open: bool | None = strawberry.field(default=None, description="在办 Open, or not.")
    overdue: bool | None = strawberry.field(default=None, description="逾期 Past their limit now, or not.")
    assignee: str | None = strawberry.field(default=None, description="承办人 Assigned to this actor.")
    whistled: bool | None = strawberry.field(
        default=None, description="吹哨 With an open whistle, or without."
    )
    text: str | None = strawberry.field(
        default=None,
        description="文字 Whose description has these words; for those who may read it, in their scope.",
    )


@strawberry.input(description="哨件筛选 Which whistles are wanted; everything given must hold.")
class WhistleFilter:
    """Conditions on whistles."""

    place: str | None = strawberry.field(default=None, description="位置 Of streets whose code begins so.")
    status: list[WhistleStatus] | None = strawberry.field(
        default=None, description="状态 In one of these states."
    )
    kind: list[WhistleKind] | None = strawberry.field(
        default=None, description="哨源类型 Of one of these kinds."
    )
    linkage: list[LinkageMechanism] | None = strawberry.field(
        default=None, description="联动机制 Of one of these mechanisms."
    )
    department_id: strawberry.ID | None = strawberry.field(
        default=None, description="部门 To which this department is summoned."
    )


@strawberry.input(description="网格筛选 Which grids are wanted; everything given must hold.")
class GridFilter:
    """Conditions on grids."""

    place: str | None = strawberry.field(default=None, description="位置 In divisions whose code begins so.")
    vacant: bool | None = strawberry.field(default=None, description="空缺 Without a worker, or with one.")
    active: bool | None = strawberry.field(
        default=True, description="现行 Active (as if left out), or retired."
    )


@strawberry.input(description="区划筛选 Which divisions are wanted; everything given must hold.")
class DivisionFilter:
    """Conditions on divisions."""

    place: str | None = strawberry.field(default=None, description="位置 Whose code begins so.")
    level: list[Level] | None = strawberry.field(default=None, description="级别 Of one of these levels.")
    name: str | None = strawberry.field(default=None, description="名称 Whose name has these characters.")


def conditions(info: Info, build: Callable[[Where], object]) -> Where:
    """Conditions built from what the asker gave; refused where a text cannot be looked up."""
    where = Where()
    try:
        build(where)
        for argument in where.arguments:
            if isinstance(argument, str) and not storable(argument):
                raise BadText("filter", field="filter")
    except Refusal as refusal:
        raise info.context.error(refusal) from refusal
    return where


def _among(where: Where, name: str, values: list[Any] | None) -> None:
    if values is not None:
        where.also(f"{name} = ANY({where.add([str(value) for value in values])}::text[])")


def case_conditions(info: Info, wanted: CaseFilter, where: Where) -> None:
    """Add what a case filter asks for; words only for those who may read them, in their scope."""
    if wanted.place is not None:
        where.within("place", wanted.place)
    if wanted.grid_code is not None:
        where.also(f"place = {where.add(wanted.grid_code)}")
    for name, values in (("status", wanted.status), ("tier", wanted.tier), ("severity", wanted.severity)):
        _among(where, name, values)
    if wanted.category is not None:
        where.also(f"starts_with(category, {where.add(wanted.category)})")
    if wanted.open is not None:
        where.also("open" if wanted.open else "NOT open")
    if wanted.overdue is not None:
        late = f"open AND due_at < {where.add(info.context.now)}"
        where.also(late if wanted.overdue else f"({late}) IS NOT TRUE")
    if wanted.assignee is not None:
        actor = info.context.actor
        if actor.role is not Role.AUDITOR and not reads_personal_text(actor, actor.scope or ""):
            action = "look for an actor's cases"
            raise Forbidden("filter", "assignee", role=actor.role, action=action, allowed="handlers, AUDITOR")
        where.within("place", actor.scope or "")
        where.also(f"assignee = {where.add(wanted.assignee)}")
    if wanted.whistled is not None:
        where.also("whistle IS NOT NULL" if wanted.whistled else "whistle IS NULL")
    if wanted.text is not None:
        actor = info.context.actor
        if not reads_personal_text(actor, actor.scope or ""):
            raise Forbidden(
                "filter", "text", role=actor.role, action="search in descriptions", allowed="handlers"
            )
        where.within("place", actor.scope or "")
        pattern = where.add("%" + _escaped(wanted.text) + "%")
        where.also(
            f"EXISTS (SELECT FROM cases.case_text t WHERE t.id = case_row.id AND t.text ILIKE {pattern})"
        )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def whistle_conditions(wanted: WhistleFilter, where: Where) -> None:
    """Add what a whistle filter asks for."""
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


def grid_conditions(wanted: GridFilter, where: Where) -> None:
    """Add what a grid filter asks for."""
    if wanted.place is not None:
        where.within("code", wanted.place)
    if wanted.vacant is not None:
        where.also("worker IS NULL" if wanted.vacant else "worker IS NOT NULL")
    if wanted.active is not None:
        where.also("retired_at IS NULL" if wanted.active else "retired_at IS NOT NULL")


def division_conditions(wanted: DivisionFilter, where: Where) -> None:
    """Add what a division filter asks for."""
    if wanted.place is not None:
        where.within("code", wanted.place)
    _among(where, "level", wanted.level)
    if wanted.name is not None:
        where.also(f"name ILIKE {where.add('%' + _escaped(wanted.name) + '%')}")
