"""The diary: what was written when and about what, with masked words."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.registers.terms import DiaryTopic
from chuishao.graphql.links import DIARY_LINES, GRID, LOOKS_OF_ENTRY
from chuishao.graphql.types.fields import column, many, one
from chuishao.graphql.types.register import Look, RegisterLine, withheld
from chuishao.graphql.types.shared import GridRef, Node, PersonalText
from chuishao.projections.diary import DiaryRow


@strawberry.type(
    description="日志记录 An entry of the diary (民情日志) of a grid. Words are masked here; "
    "`readDiaryEntry` records a look and gives them out."
)
class DiaryEntry(Node):
    """A row of the diary read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, DiaryRow)

    topic: DiaryTopic = column("主题 What it is about.")
    written_at: datetime = column("记录时间 When it was written.")
    actor: strawberry.ID = column("记录人 Who wrote it.")
    corrected_at: datetime | None = column("更正时间 When it was corrected last; null if never.")

    household: PersonalText | None = withheld("household", "户号 The number of the household in its grid.")
    grid: GridRef | None = one("网格 The grid that it is about.", GRID, "grid")
    lines: list[RegisterLine] = many("条目 What was written and how it was corrected.", DIARY_LINES, "id")
    looks: list[Look] = many("查阅记录 Who looked at the words, in order.", LOOKS_OF_ENTRY, "id")
