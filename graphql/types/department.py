"""Departments."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.graphql.links import DIVISION
from chuishao.graphql.types.fields import column, one
from chuishao.graphql.types.shared import DivisionRef, Node
from chuishao.projections.departments import DepartmentRow


@strawberry.type(description="部门 A government department within a division, which a street may summon.")
class Department(Node):
    """A row of the departments read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, DepartmentRow)

    name: str = column("名称 Its name.")
    established_at: datetime = column("设立时间 When it was established.")
    abolished_at: datetime | None = column("撤销时间 When it was abolished; null while it exists.")

    division: DivisionRef | None = one("所属区划 The division it belongs to.", DIVISION, "division")
