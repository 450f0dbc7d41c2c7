"""Grid workers and their board."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.links import DIVISION, GRID, WORKER_TALLY
from chuishao.graphql.types.fields import column, one
from chuishao.graphql.types.shared import DivisionRef, GridRef, Node, PersonalText, Tally, sealed_where
from chuishao.projections.workers import WorkerRow


@strawberry.type(
    description="网格员 A grid worker: the public notice, and the board of what is assigned to them."
)
class GridWorker(Node):
    """A row of the workers read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, WorkerRow)

    label: str = column("编号 Role and number, shown to everybody.")
    serving_since: datetime | None = column(
        "任职起始 Since when they serve their grid; null while they serve none."
    )
    published_at: datetime | None = column("公示时间 When their contact was published; null while it is not.")
    registered_at: datetime = column("登记时间 When they entered the roster.")

    name: PersonalText | None = sealed_where(
        "name",
        lambda grid, community, context: shown_of_place(context.actor, Reading.WORDS, grid or community),
        "姓名 Their name, for those who handle cases here.",
        Reading.WORDS,
    )
    contact: PersonalText | None = sealed_where(
        "contact", lambda: True, "公示联系方式 How residents reach them; public once published."
    )
    grid: GridRef | None = one("网格 The grid they serve; null while they serve none.", GRID, "grid")
    community: DivisionRef | None = one("社区 The community of their roster.", DIVISION, "community")
    tally: Tally = one("统计 Counts over the cases assigned to them.", WORKER_TALLY, "id", str)
