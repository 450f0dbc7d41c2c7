"""Policies, limits and categories."""

import json
from datetime import date, datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.policy import LimitKind
from chuishao.graphql.context import Context
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed
from chuishao.graphql.types.shared import ITS_OWN, identified
from chuishao.projections.policies import PolicyRow

Root = strawberry.Parent[PolicyRow]


@strawberry.type(description="事项类别 A category of matters: data, versioned with its policy.")
class Category:
    """An entry of the catalogue."""

    @computed(ITS_OWN)
    def id(code: str, kind: str, group_zh: str, group_en: str, zh: str, en: str) -> strawberry.ID:
        """By what it says: a later policy may say otherwise of the same code."""
        return identified("category", code, kind, group_zh, group_en, zh, en)

    code: str = column("代码 5 digits: 2 for the group, 3 for the class.")
    kind: str = column("部件或事件 COMPONENT or MATTER.")
    zh: str = column("中文名称 Its Chinese name.")
    en: str = column("英文名称 Its English name.")
    group_zh: str = column("大类中文名称 Its group's Chinese name.")
    group_en: str = column("大类英文名称 Its group's English name.")

    @computed("名称 Its name in the language of `Accept-Language`.")
    def name(zh: str, en: str, context: Context) -> str:
        """Of the two names."""
        return zh if context.language == "zh" else en

    @computed("大类 Its group's name in the language of `Accept-Language`.")
    def group(group_zh: str, group_en: str, context: Context) -> str:
        """Of the group's two names."""
        return group_zh if context.language == "zh" else group_en


@strawberry.type(description="期限规则 A limit that a policy states.")
class LimitRule:
    """One rule of a policy document."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[dict[str, Any]]) -> strawberry.ID:
        """By what it says, in whichever policy."""
        return identified("limit-rule", json.dumps(root, sort_keys=True))

    @strawberry.field(description="规则 The rule's name.")
    def name(root: strawberry.Parent[dict[str, Any]]) -> str:
        """Its id in the document."""
        return str(root["id"])

    @strawberry.field(description="期限类型 What it limits.")
    def about(root: strawberry.Parent[dict[str, Any]]) -> LimitKind:
        """Its kind."""
        return LimitKind(root["about"])

    @strawberry.field(description="数量 How many units.")
    def amount(root: strawberry.Parent[dict[str, Any]]) -> int:
        """The amount."""
        return int(root["amount"])

    @strawberry.field(description="单位 Of which unit.")
    def unit(root: strawberry.Parent[dict[str, Any]]) -> TimeUnit:
        """The unit."""
        return TimeUnit(root["unit"])

    @strawberry.field(description="条件 When it applies: prefixes that the case's facts must have.")
    def when(root: strawberry.Parent[dict[str, Any]]) -> JSON:
        """The conditions."""
        return JSON(root.get("when", {}))


@strawberry.type(description="政策 A policy document as adopted: limits, calendar, grid size, categories.")
class Policy:
    """A row of the policies read model."""

    @strawberry.field(description=ITS_OWN)
    def id(root: Root) -> strawberry.ID:
        """By its adoption."""
        return identified("adopted-policy", root.position)

    version: str = column("版本 Its version.")
    effective_from: date = column("生效日期 From which day it holds.")
    adopted_at: datetime = column("采用时间 When it was adopted.")

    @strawberry.field(description="位置 The position of its adoption in the log.")
    def position(root: Root) -> Position:
        """The position."""
        return Position(root.position)

    @strawberry.field(description="期限规则 Its limits.")
    def limits(root: Root) -> list[LimitRule]:
        """From the document."""
        return json.loads(root.document)["limits"]  # type: ignore[no-any-return]

    @strawberry.field(description="全文 The whole document.")
    def document(root: Root) -> JSON:
        """As adopted."""
        return JSON(json.loads(root.document))
