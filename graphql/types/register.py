"""What the withheld registers show alike: lines with masked words, and who looked at them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.registers.terms import LineKind, LookPurpose, Register, ResourceSource
from chuishao.domain.vocabulary import Role
from chuishao.graphql.links import CARE_ENTRY, DIARY_ENTRY, GRID
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CareEntryRef,
    DiaryEntryRef,
    GridRef,
    Node,
    PersonalText,
    identified,
    sealed_where,
)
from chuishao.projections.looks import LookRow


def withheld(name: str, description: str) -> Any:
    """Personal text in a column that no query ever opens: a recorded look alone gives it out."""
    return sealed_where(name, lambda: False, f"{description} Masked: read it by a look.")


@strawberry.type(
    description="条目 A line of a register: none is ever changed, and a correction is a line behind it."
)
class RegisterLine:
    """A row of the lines of a register."""

    @computed(ITS_OWN)
    def id(entry: UUID | str, number: int) -> strawberry.ID:
        """The line of its entry."""
        return identified("register-line", entry, number)

    number: int = column("条目号 Its number, which corrections and resources name.")
    kind: LineKind = column("条目类别 What it is.")
    corrects: int | None = column("更正 The number of the line whose words these replace.")
    corrected_by: int | None = column("已更正 The number of the line that replaces these words.")
    need: int | None = column("需求 The number of the need for which the resource was found.")
    source: ResourceSource | None = column("资源来源 Where the resource comes from.")
    written_at: datetime = column("记录时间 When it was written.")
    actor: strawberry.ID = column("记录人 Who wrote it.")
    words: PersonalText | None = withheld("words", "内容 What was written.")


@strawberry.type(
    description="查阅 Somebody was given the words of an entry of a register: who, when, and for what."
)
class Look(Node):
    """A row of the looks read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, LookRow)

    register: Register = column("专册 Which register.")
    purpose: LookPurpose = column("目的 For what the words were read, as the reader said.")
    actor: strawberry.ID = column("查阅人 Who looked.")
    role: Role = column("角色 In which role.")
    unit: str = column("单位 For which unit.")
    looked_at: datetime = column(
        "查阅时间 When; the server's clock, whatever the client said.", name="takenAt"
    )
    position: Position = column("位置 Where the log records it; words behind it were not seen.")

    grid: GridRef | None = one("网格 The grid of the entry.", GRID, "grid")
    care_entry: CareEntryRef | None = one("台账记录 The entry, of the care ledger.", CARE_ENTRY, "entry")
    diary_entry: DiaryEntryRef | None = one("日志记录 The entry, of the diary.", DIARY_ENTRY, "entry")
