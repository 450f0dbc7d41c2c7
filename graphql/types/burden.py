"""What communities were asked to do, and their load."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading
from chuishao.domain.street.terms import TaskState
from chuishao.graphql.links import BURDEN, DEPARTMENT, DIVISION, TASKS_OF_BURDEN
from chuishao.graphql.types.fields import column, many, one
from chuishao.graphql.types.public_unit import may_read
from chuishao.graphql.types.shared import (
    ITS_OWN,
    BurdenListRef,
    DepartmentRef,
    DivisionRef,
    Node,
    PersonalText,
    sealed_where,
)
from chuishao.projections.burdens import BurdenRow


@strawberry.type(description="社区事项 A task that a community was asked to do (社区减负增效).")
class CommunityTask:
    """A row of the tasks read model."""

    id: strawberry.ID = column(ITS_OWN)
    number: int = column("序号 Its number in the community's list, from 1.")
    name: str = column("事项 What the community was asked to do.")
    hours: int = column("每月小时数 How many hours a month it takes.")
    state: TaskState = column("状态 Whether it runs, was refused, or has ended.")
    decided_at: datetime = column("决定时间 When it was admitted or refused.")
    ended_at: datetime | None = column("终止时间 When it ended; null until then.")

    community: DivisionRef | None = one("社区 The community.", DIVISION, "community")
    department: DepartmentRef | None = one(
        "部门 The department that asked; null where a body did.", DEPARTMENT, "department"
    )
    body: DivisionRef | None = one(
        "机关 The division whose office asked; null where a department did.", DIVISION, "body"
    )
    reason: PersonalText | None = sealed_where(
        "reason",
        lambda community, department, body, context: may_read(context, community, department, body),
        "原因 Why it was refused, or ended.",
        Reading.WORDS,
    )
    burden: BurdenListRef | None = one("准入清单 The list it stands on.", BURDEN, "community")


@strawberry.type(description="社区准入清单 What a community was asked to do, and its load (社区减负增效).")
class BurdenList(Node):
    """A row of the burdens read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, BurdenRow)

    load: int = column("每月负担 Hours a month of all tasks that run.")
    running: int = column("在办数 How many tasks run.")
    admitted: int = column("准入数 How many were ever admitted.")
    refused: int = column("不予准入数 How many were refused.")
    opened_at: datetime = column("建立时间 When the list began.")

    community: DivisionRef | None = one("社区 The community.", DIVISION, "community")
    tasks: list[CommunityTask] = many("事项 Its tasks, by number.", TASKS_OF_BURDEN, "id")
