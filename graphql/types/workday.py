"""工作日 The days of a working calendar."""

from datetime import date

import strawberry

from chuishao.graphql.types.fields import column, computed
from chuishao.graphql.types.shared import ITS_OWN, identified


@strawberry.type(description="工作日 A day of the working calendar of a place, as it is known now.")
class Workday:
    """A day in a place."""

    @computed(ITS_OWN)
    def id(place: str, day: date) -> strawberry.ID:
        """By the place and the day."""
        return identified("workday", place, day)

    place: str = column("位置 The code of the place; empty where it is everywhere.")
    day: date = column("日期 The local day.")
    works: bool = column("是否上班 Whether the working shifts of that day count.")
    announced: bool = column(
        "经公布 Whether that was announced of this day; the policy says it of all others."
    )
