"""The duty lists of streets."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading, shown_of_place
from chuishao.domain.street.terms import StreetDuty
from chuishao.graphql.links import DIVISION, DUTY_LIST, ITEMS_OF_DUTY_LIST
from chuishao.graphql.types.fields import column, many, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DivisionRef,
    DutyListRef,
    Node,
    PersonalText,
    sealed_where,
)
from chuishao.projections.duty_lists import DutyListRow


@strawberry.type(description="街道职责 A duty of a street, under one of the three core duties.")
class StreetDutyItem:
    """A row of the items read model."""

    id: strawberry.ID = column(ITS_OWN)
    number: int = column("序号 Its number in the list, from 1.")
    core_duty: StreetDuty = column("职责类别 Which core duty it falls under.")
    name: str = column("职责 What the street is charged with.")
    basis: str = column("依据 The law or regulation it rests on.")
    catalogued_at: datetime = column("列入时间 When it was put on the list.")
    retired_at: datetime | None = column("移出时间 When it was taken off; null while it stands there.")

    reason: PersonalText | None = sealed_where(
        "reason",
        lambda street, context: shown_of_place(context.actor, Reading.WORDS, street),
        "原因 Why it was taken off, for those who handle cases in the street.",
        Reading.WORDS,
    )
    street: DivisionRef | None = one("街道 The street or town.", DIVISION, "street")
    duty_list: DutyListRef | None = one("职责清单 The list it stands on.", DUTY_LIST, "street")


@strawberry.type(
    description="街道职责清单 What a street is charged with: 公共服务、公共管理和平安建设 (街道办事处条例)."
)
class StreetDutyList(Node):
    """A row of the duty lists read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, DutyListRow)

    standing: int = column("现行数 How many duties stand on it.")
    retired: int = column("移出数 How many were taken off.")
    opened_at: datetime = column("建立时间 When it began.")

    street: DivisionRef | None = one("街道 The street or town.", DIVISION, "street")
    items: list[StreetDutyItem] = many("职责 Its duties, those taken off too.", ITEMS_OF_DUTY_LIST, "id")
