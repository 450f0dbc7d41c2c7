"""Splits of oversize communities, and the communities that they make."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.territory.terms import SplitState
from chuishao.graphql.context import Context
from chuishao.graphql.links import DIVISION, PARTS_OF_SPLIT, TALLY
from chuishao.graphql.policies import Policies
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, Node, Tally, identified
from chuishao.projections.splits import SplitRow


@strawberry.type(description="新社区 A community that a split makes: planned until then, real from then on.")
class CommunityPart:
    """A row of the parts read model."""

    @computed(ITS_OWN)
    def id(split: UUID | str, code: str) -> strawberry.ID:
        """By its split and code."""
        return identified("community-part", split, code)

    code: str = column("代码 Its code.")
    name: str = column("名称 Its name.")
    households: int = column("户数 How many households the plan gives it.")
    grids: int = column("网格数 How many grids the plan gives it.")
    heir: bool = column("承接 Whether it took over what named no grid.")
    staff: int = column("人数 How many persons were assigned to it.")
    staffed_at: datetime | None = column("到位时间 When the first of them was; null while it has no staff.")

    @computed(
        "规模异常 Whether its size lies outside what the policy in force asks; null where it says nothing."
    )
    def outlier(households: int, context: Context, policies: Policies) -> bool | None:
        """By the policy."""
        return policies.at(context.now).part_outlier(households)

    community: DivisionRef | None = one(
        "社区 The community, once the split is carried out.", DIVISION, "code"
    )
    tally: Tally = one("统计 Its counts: grids, vacant ones, open cases.", TALLY, "code")


@strawberry.type(
    description="超大社区拆分 The split of an oversize community into parts of about 3,000 households."
)
class CommunitySplit(Node):
    """A row of the splits read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, SplitRow)

    state: SplitState = column("状态 How far it is.")
    households: int = column("户数 How many households the plan shares out.")
    basis: str = column("依据 The official decision that the plan rests on.")
    planned_at: datetime = column("拟定时间 When it was planned last.")
    staff_by: date | None = column(
        "人员到位期限 The day by which each part has staff; null where none was set."
    )
    divided_at: datetime | None = column("实施时间 When it was carried out; null until then.")
    given_up_at: datetime | None = column("放弃时间 When it was given up last; null if it never was.")

    community: DivisionRef | None = one("原社区 The community that is split.", DIVISION, "community")
    remaining: Tally = one(
        "原社区统计 The counts under the old code: once it is carried out, the open cases that still have to "
        "follow, and those that were closed there.",
        TALLY,
        "community",
    )
    parts: list[CommunityPart] = many("新社区 The communities that it makes, by code.", PARTS_OF_SPLIT, "id")
