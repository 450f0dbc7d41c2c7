"""The funds of streets, and what communities are given of them. Money is in whole fen (分)."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.links import ALLOCATIONS_OF_FUND, DIVISION, FUND, RETURNS_OF_ALLOCATION
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DivisionRef,
    Node,
    PersonalText,
    StreetFundRef,
    sealed_where,
)
from chuishao.projections.funds import FundRow


@strawberry.type(description="资金退回 What came back of what a community was given.")
class FundReturn:
    """A row of the returns read model."""

    id: strawberry.ID = column(ITS_OWN)
    amount: int = column("金额 How much came back, in fen (分).")
    returned_at: datetime = column("退回时间 When.")

    reason: PersonalText | None = sealed_where(
        "reason",
        lambda street, context: shown_of_place(context.actor, Reading.WORDS, street),
        "原因 Why, for those who handle cases in the street.",
        Reading.WORDS,
    )


@strawberry.type(description="资金分配 What a community was given of its street's fund.")
class FundAllocation:
    """A row of the allocations read model."""

    id: strawberry.ID = column(ITS_OWN)
    number: int = column("序号 Its number in the fund, from 1.")
    amount: int = column("金额 How much, in fen (分).")
    returned: int = column("已退回 How much of it came back, in fen (分).")
    use: str = column("用途 What it is for.")
    allocated_at: datetime = column("分配时间 When.")

    community: DivisionRef | None = one("社区 The community.", DIVISION, "community")
    fund: StreetFundRef | None = one("资金 The fund.", FUND, "fund")
    returns: list[FundReturn] = many("退回 What came back, in order.", RETURNS_OF_ALLOCATION, "id")


@strawberry.type(
    description="街道统筹资金 What a street has for its communities in a year, in fen (财政资金的统筹管理权)."
)
class StreetFund(Node):
    """A row of the funds read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, FundRow)

    year: int = column("年度 The year.")
    budget: int = column("预算 How much there is, in fen (分).")
    allocated: int = column("已分配 How much is with the communities, in fen (分).")
    budgeted_at: datetime = column("编制时间 When the budget was first said.")
    adjusted_at: datetime | None = column("调整时间 When it was last adjusted; null if never.")

    street: DivisionRef | None = one("街道 The street or town.", DIVISION, "street")
    allocations: list[FundAllocation] = many("分配 What was given, by number.", ALLOCATIONS_OF_FUND, "id")

    @computed("剩余 How much can still be given, in fen (分).")
    def left(budget: int, allocated: int) -> int:
        """What the communities do not have."""
        return budget - allocated
