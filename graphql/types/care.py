"""The care ledger: who is in it, with masked words."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.registers.terms import CareGroup, ExitReason, GroupList
from chuishao.graphql.links import CARE_LINES, GRID, LOOKS_OF_ENTRY
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.register import Look, RegisterLine, withheld
from chuishao.graphql.types.shared import ITS_OWN, GridRef, Node, PersonalText, identified
from chuishao.projections.care import CareRow


@strawberry.type(
    description="重点群体统计 How many of a priority group are in the care ledger of a place: numbers only."
)
class CareCount:
    """A line of the counts."""

    @computed(ITS_OWN)
    def id(place: str, care_group: str) -> strawberry.ID:
        """The group in a place."""
        return identified("care-count", place, care_group)

    place: str = column("位置 The code of the place that is counted, as far as the asker sees it.")

    @computed("重点群体 The priority group.")
    def group(care_group: str) -> CareGroup:
        """As enrolled."""
        return CareGroup(care_group)

    enrolled: int = column("在册数 How many are in the ledger.")
    unmet: int = column("未对接需求数 How many of their needs no resource was found for.")


@strawberry.type(
    description="台账记录 Somebody of a priority group (重点群体) in the care ledger (工作台账) of a grid. "
    "Words are masked here; `readCareEntry` records a look and gives them out."
)
class CareEntry(Node):
    """A row of the care read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, CareRow)

    @computed("重点群体 The priority group.")
    def group(care_group: str) -> CareGroup:
        """As enrolled."""
        return CareGroup(care_group)

    @computed("名单 The lists of the source that name the group.")
    def lists(care_group: str) -> list[GroupList]:
        """Of the group."""
        return sorted(CareGroup(care_group).lists)

    enrolled_at: datetime = column("纳入时间 When the person entered the ledger.")
    exited_at: datetime | None = column("退出时间 When the person left it; null while in it.")
    exit_reason: ExitReason | None = column("退出事由 Why the person left it.")
    needs: int = column("需求数 How many needs are recorded.")
    unmet: int = column("未对接需求数 How many of them have no resource yet.")

    whom: PersonalText | None = withheld("whom", "对象 Who it is.")
    household: PersonalText | None = withheld("household", "户号 The number of the household in its grid.")
    grid: GridRef | None = one("网格 The grid of the ledger.", GRID, "grid")
    lines: list[RegisterLine] = many("条目 Everything that was written, in order.", CARE_LINES, "id")
    looks: list[Look] = many("查阅记录 Who looked at the words, in order.", LOOKS_OF_ENTRY, "id")
