"""The log of the alley stewards, and what each of them does."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.rounds.terms import StewardDuty
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.types.fields import column, computed
from chuishao.graphql.types.shared import ITS_OWN, Node, PersonalText, identified, sealed_where
from chuishao.projections.duties import DutyRow


@strawberry.type(description="履职记录 An entry in the log of an alley steward (小巷管家).")
class StewardDutyEntry(Node):
    """A row of the duties read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, DutyRow)

    place: str = column("地点代码 The code of the community or grid of the steward.")
    duty: StewardDuty = column("职责 Which of the five duties was done.")
    day: date = column("日期 The local day.")
    logged_at: datetime = column("履职时间 When it was done.")

    @computed("管家 The person of the steward.")
    def steward_id(steward: UUID | str) -> strawberry.ID:
        """The identifier."""
        return strawberry.ID(str(steward))

    note: PersonalText | None = sealed_where(
        "note",
        lambda place, context: shown_of_place(context.actor, Reading.WORDS, place),
        "内容 What was done.",
        Reading.WORDS,
    )


@strawberry.type(description="履职看板 What an alley steward did in a stretch of days, by the five duties.")
class StewardActivity:
    """Counts of entries."""

    @computed(ITS_OWN)
    def id(steward: UUID | str, since: date | str, until: date | str) -> strawberry.ID:
        """The steward in those days."""
        return identified("steward-activity", steward, since, until)

    place: str = column("地点代码 The code of the community or grid of the steward.")
    patrols: int = column("每日巡 Patrols logged.")
    visits: int = column("经常访 Visits logged.")
    notes: int = column("及时记 Notes logged.")
    fixes: int = column("随手做 Fixes logged.")
    reports: int = column("实时报 Reports logged.")
    patrolled_days: int = column("巡查天数 Days with a patrol: the numerator of the rate.")
    days: int = column("天数 Days asked about: the denominator of the rate.")

    @computed("管家 The person of the steward.")
    def steward_id(steward: UUID | str) -> strawberry.ID:
        """The identifier."""
        return strawberry.ID(str(steward))

    @computed("每日巡率 patrolledDays / days: a steward patrols daily.")
    def patrol_rate(patrolled_days: int, days: int) -> float:
        """Numerator over denominator."""
        return round(patrolled_days / days, 4)
