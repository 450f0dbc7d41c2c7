"""Whistles, summonses and the check-in league table."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from chuishao.domain.summons import SummonsState, WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, WhistleKind
from chuishao.graphql.context import Info
from chuishao.graphql.links import CASE, DEPARTMENT, DIVISION, ITEMS_OF_WHISTLE, SUMMONSES
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import SOURCE, Linked, column, computed, many, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CaseRef,
    DepartmentRef,
    DivisionRef,
    Node,
    PersonalText,
    identified,
    sealed,
)
from chuishao.projections.whistles import SummonsRow, WhistleRow

Root = strawberry.Parent[WhistleRow]
LAST_SUMMONS = (
    "NOT EXISTS (SELECT FROM whistles.summons later WHERE later.whistle = {row}.whistle"
    " AND later.department = {row}.department AND later.number > {row}.number)"
)
"""A summons is the last one of its department to the whistle."""


@strawberry.type(description="召集 One department's summons to a whistle.")
class Summons:
    """A row of the summonses read model."""

    @computed(ITS_OWN)
    def id(whistle: UUID | str, department: UUID | str, number: int) -> strawberry.ID:
        """By its number among those of the department."""
        return identified("summons", whistle, department, number)

    number: int = column("序号 Which summons of this department to the whistle it is, from 1.")
    state: SummonsState = column("状态 Where the department stands.")
    summoned_at: datetime = column("召集时间 When it was summoned.")
    sign_due_at: datetime | None = column("签收期限 Until when to sign.")
    check_in_due_at: datetime | None = column("报到期限 Until when to check in.")
    signed_at: datetime | None = column("签收时间 When it signed.")
    checked_in_at: datetime | None = column("报到时间 When it checked in.")
    missed_at: datetime | None = column("逾期时间 When it let the limit pass, as recorded.")
    refused_at: datetime | None = column("拒绝时间 When it refused.")
    answered_at: datetime | None = column("反馈时间 When it answered.")
    rated_at: datetime | None = column("评价时间 When the street rated it.")
    score: int | None = column("评分 The street's rating, 1 to 5.")

    department: DepartmentRef | None = one("部门 The department.", DEPARTMENT, "department")

    @computed("按时报到 Whether it checked in in time; null before it checked in.")
    def on_time(
        checked_in_at: datetime | None, check_in_due_at: datetime | None, missed_at: datetime | None
    ) -> bool | None:
        """Against the limit."""
        if checked_in_at is None or check_in_due_at is None:
            return None
        return missed_at is None and checked_in_at <= check_in_due_at

    words: PersonalText | None = sealed("words", "答复 Its last answer, or its reason for refusing.")


@strawberry.type(description="现场会事项 One item of an on-site meeting.")
class OnSiteItem:
    """A row of the items read model."""

    @computed(ITS_OWN)
    def id(whistle: UUID | str, number: int) -> strawberry.ID:
        """By its number."""
        return identified("on-site-item", whistle, number)

    number: int = column("序号 Its number, from 1.")
    settled_at: datetime | None = column("办结时间 When it was settled; null while it is open.")

    text: PersonalText | None = sealed("text", "内容 What is to be settled.")


@strawberry.type(description="哨件 A whistle: the street blows, departments report.")
class Whistle(Node):
    """A row of the whistles read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, WhistleRow)

    number: Position = column("编号 Its number: the position of its first event.")
    kind: WhistleKind = column("哨源类型 Routine, tackling or emergency.")
    linkage: LinkageMechanism = column("联动机制 Its linkage mechanism.")
    status: WhistleStatus = column("状态 Where it stands.")
    blown_at: datetime = column("吹哨时间 When it was blown.")
    ended_at: datetime | None = column("结束时间 When it ended; null while it is open.")
    meeting: str | None = column("现场会 OPEN or CLOSED; null where none was held.")
    check_in_due_at: datetime | None = column(
        "报到期限 The earliest limit of a department that has not yet checked in; null where none is awaited."
    )

    case: CaseRef | None = one("案件 The case it was blown on.", CASE, "case_id")
    street: DivisionRef | None = one("街镇 The street or town that blew.", DIVISION, "street")
    lead: DepartmentRef | None = one(
        "牵头部门 The department that leads; null where the street leads.", DEPARTMENT, "lead"
    )
    grounds: PersonalText | None = sealed("grounds", "事由 Why departments are needed.")
    result: PersonalText | None = sealed("result", "结果 What was achieved, or why it was withdrawn.")

    @strawberry.field(
        description="召集 The departments summoned, each with its last summons.",
        metadata={SOURCE: Linked(SUMMONSES, "id", flag=("earlier", LAST_SUMMONS))},
    )
    async def summonses(
        root: Root,
        info: Info,
        earlier: Annotated[
            bool,
            strawberry.argument(
                description="历次召集 With the earlier summonses, too, of a department that refused and was "
                "summoned again."
            ),
        ] = False,
    ) -> list[Summons]:
        """By whistle."""
        rows: list[SummonsRow] = await info.context.loaders.of(SUMMONSES).load(root.id)
        last: dict[UUID, int] = {}
        for row in rows:
            last[row.department] = max(row.number, last.get(row.department, 0))
        shown = [row for row in rows if earlier or row.number == last[row.department]]
        return info.context.spend(shown)  # type: ignore[no-any-return]

    items: list[OnSiteItem] = many("现场会事项 The items of its on-site meeting.", ITEMS_OF_WHISTLE, "id")


@strawberry.type(description="报到排行 One department's line in the check-in league table, with its sample.")
class DepartmentStanding:
    """Counts of summonses."""

    @computed(ITS_OWN)
    def id(place: str, department: UUID | str) -> strawberry.ID:
        """The department in the league of a place."""
        return identified("standing", place, department)

    summoned: int = column("召集数 How often it was summoned.")
    signed: int = column("签收数 How often it signed.")
    checked_in: int = column("报到数 How often it checked in.")
    on_time: int = column("按时报到数 How often it checked in in time: the numerator of the rate.")
    due: int = column("应报到数 How often it checked in in time or its limit passed: the rate's denominator.")
    missed: int = column("逾期数 How often a missed limit was recorded.")
    refused: int = column("拒绝数 How often it refused.")
    answered: int = column("反馈数 How often it answered.")
    rated: int = column("评价数 How often it was rated: the sample of the mean.")

    department: DepartmentRef | None = one("部门 The department.", DEPARTMENT, "department")

    @computed("报到准时率 onTime / due; null without a sample.")
    def on_time_rate(on_time: int, due: int) -> float | None:
        """Numerator over denominator."""
        return round(on_time / due, 4) if due else None

    @computed("平均评分 Mean rating from 1 to 5; null without any.")
    def average_score(score_sum: int, rated: int) -> float | None:
        """Sum over sample."""
        return round(score_sum / rated, 4) if rated else None
