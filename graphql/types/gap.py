"""Gaps in the coverage by residents' committees."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.territory.terms import GapRemedy
from chuishao.graphql.links import DIVISION
from chuishao.graphql.types.fields import column, one
from chuishao.graphql.types.shared import DivisionRef, Node
from chuishao.projections.coverage import GapRow


@strawberry.type(
    description="覆盖空白 An area that had no residents' committee when it was found (两个全覆盖)."
)
class CoverageGap(Node):
    """A row of the coverage read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, GapRow)

    name: str = column("名称 What the area is called.")
    households: int = column("户数 How many households live there.")
    found_at: datetime = column("发现时间 When it was found.")
    remedy: GapRemedy | None = column("覆盖方式 How it was closed; null while it is open.")
    closed_at: datetime | None = column("消除时间 When it was closed; null while it is open.")

    street: DivisionRef | None = one("街道 The street or town in which it lies.", DIVISION, "street")
    community: DivisionRef | None = one(
        "社区 The community that covers it now; null while it is open.", DIVISION, "community"
    )
