"""Service grids and their board."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.graphql.context import Context
from chuishao.graphql.links import COVERAGE_OF_GRID, DIVISION, POSTS_OF_PLACE, TALLY, WORKER
from chuishao.graphql.policies import Policies
from chuishao.graphql.types.element import ElementCoverage
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.post import Post
from chuishao.graphql.types.shared import DivisionRef, Node, Tally, WorkerRef, late
from chuishao.projections.grids import GridRow


@strawberry.type(
    description="网格 A service grid of about 300 households with exactly one worker; and its board."
)
class Grid(Node):
    """A row of the grids read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, GridRow)

    code: str = column("代码 Its code: the community's, -G and three digits.")
    name: str = column("名称 Its name.")
    households: int = column("户数 How many households it has.")
    synthetic: bool = column("模拟数据 Whether the household count is made up for a demonstration.")
    drawn_at: datetime = column("划定时间 When it was drawn.")
    retired_at: datetime | None = column("撤销时间 When it was retired; null while it is active.")
    vacant_since: datetime | None = column("空缺起始 Since when it has no worker; null while it has one.")

    worker: WorkerRef | None = one("网格员 Its one worker; null while the post is vacant.", WORKER, "worker")
    community: DivisionRef | None = one("所属社区 Its community.", DIVISION, "community")
    tally: Tally = one("统计 Its counts: open by tier, resolved on the spot, ratings.", TALLY, "code")
    overdue: int = late("逾期数 Its open cases that are past their limit now.")
    posts: list[Post] = many(
        "兼职网格员等岗位 The posts in it, by kind: its auxiliaries (党员、楼门栋长、志愿者) and stewards.",
        POSTS_OF_PLACE,
        "code",
    )
    element_coverage: ElementCoverage | None = one(
        "要素覆盖 What the unified registry has of it; null where it has nothing yet.",
        COVERAGE_OF_GRID,
        "code",
    )

    @computed("规模异常 Whether its size lies outside the tolerance of the policy in force.")
    def outlier(households: int, context: Context, policies: Policies) -> bool:
        """By the policy."""
        policy = policies.at(context.now)
        tolerated = policy.grid_tolerance * policy.grid_households
        return bool(abs(households - policy.grid_households) > tolerated)
