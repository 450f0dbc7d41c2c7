"""工作日历 The working calendar, as limits are counted by it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import strawberry

from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange
from chuishao.domain.workdays import Workday as Row
from chuishao.graphql.arguments import AtLeast, argument
from chuishao.graphql.context import Info
from chuishao.graphql.policies import Policies
from chuishao.graphql.reading import answered, read_code
from chuishao.graphql.scalars import Unreadable
from chuishao.graphql.types.workday import Workday

MOST = 400
"""Days in one answer."""


def _days(policies: Policies, place: str, since: date, until: date) -> list[Row]:
    for path, day in (("since", since), ("until", until)):
        if isinstance(day, Unreadable):
            raise day.refusal(path)
    number = (until - since).days + 1
    if not 1 <= number <= MOST:
        what = Phrase("the number of days", "天数")
        raise OutOfRange("until", field=what, value=number, low=1, high=MOST)
    days = [since + timedelta(days=n) for n in range(number)]
    noon = time(12, tzinfo=UTC)
    return [policies.at(datetime.combine(day, noon)).workday(place, day) for day in days]


@strawberry.type
class WorkdayQueries:
    """What the query type says about working days."""

    @strawberry.field(
        description="工作日历 Whether one works on each day of a stretch, in a place and as it is known now: "
        "public holidays (节假日), make-up days (调休) and local exceptions as announced, else by the policy "
        f"of the day. At most {MOST} days.",
    )
    async def workdays(
        self,
        info: Info,
        since: Annotated[date, argument("起 The first day.")],
        until: Annotated[date, argument("止 The last day.")],
        place: Annotated[
            str, argument("位置 A division or grid code; everywhere where it is left out.")
        ] = "",
        at_least: AtLeast = None,
    ) -> list[Workday]:
        """The days, in order."""

        async def read() -> Any:
            policies = await info.context.loaders.policies.load(None)
            return _days(policies, read_code(place), since, until)

        return await answered(info, read, at_least)  # type: ignore[no-any-return]
