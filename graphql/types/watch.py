"""Households watched over: which looks are owed, which were made or missed, and what worries."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.policy import Policy
from chuishao.domain.rounds.checks import missed_checks
from chuishao.domain.rounds.terms import ConcernCause, WelfareCheck
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import GRID, WATCH
from chuishao.graphql.policies import NOW
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.rounds import words_of_grid
from chuishao.graphql.types.shared import ITS_OWN, GridRef, Node, PersonalText, WatchRef, identified
from chuishao.projections.watches import WatchRow


@strawberry.type(
    description="漏查 A check of a local day that nobody made in time, and no concern was raised for."
)
class MissedCheck:
    """One check of one day."""

    id: strawberry.ID = column(ITS_OWN)
    check: WelfareCheck = column("查看 The curtain or the light.")
    day: date = column("日期 The local day.")
    due_at: datetime = column("期限 When its time was over.")
    rule: str = column("规则 By which limit of the policy.")


@strawberry.type(
    description="守望 The watch over a household: its curtain is looked at each morning (早看窗帘), "
    "its light each evening (晚看灯)."
)
class NeighbourWatch(Node):
    """A row of the watches read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, WatchRow)

    household: int = column("户号 The number of the household in its grid.")
    since: datetime = column("列入时间 Since when it is on the list.")
    ended_at: datetime | None = column("移出时间 When it was taken off; null while it is on the list.")
    next_check: WelfareCheck | None = column(
        "待查看 The first look that is owed and not made; null for none."
    )
    next_due_at: datetime | None = column("待查看期限 When the time for it is over.")
    looks: int = column("查看次数 How often somebody looked.")
    concerns: int = column("担忧次数 How often a concern was raised.")
    looked_at: datetime | None = column("最近查看 When somebody looked last; null if nobody has.")

    @computed("人员 The person watched over, where the register has them.")
    def person_id(person: UUID | str | None) -> strawberry.ID | None:
        """The identifier."""
        return None if person is None else strawberry.ID(str(person))

    @computed("守望邻居 The person of the neighbour who was asked to look in.")
    def watcher_id(watcher: UUID | str | None) -> strawberry.ID | None:
        """The identifier."""
        return None if watcher is None else strawberry.ID(str(watcher))

    @computed("漏查 Whether the time of a look that is owed is over, and nobody has said so yet.")
    def missed(next_due_at: datetime | None, context: Context) -> bool:
        """By the first look owed."""
        return next_due_at is not None and next_due_at <= context.now

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")
    need: PersonalText | None = words_of_grid("need", "需求 Why it is watched over.")

    @strawberry.field(
        description="漏查 Every look whose time is over now, not made and without a concern raised."
    )
    async def missed_checks(root: strawberry.Parent[WatchRow], info: Info) -> list[MissedCheck]:
        """By the policies known now."""
        policies = await info.context.loaders.policies.load(None)

        def policy_of(day: date) -> Policy | None:
            return policies.book.at(datetime.combine(day, time(12), UTC), NOW)

        found = [
            MissedCheck(
                id=identified("missed-check", root.id, each.day, each.check),
                check=each.check,
                day=each.day,
                due_at=each.ends,
                rule=each.rule,
            )
            for each in missed_checks(root, policy_of, info.context.now)
        ]
        return info.context.spend(found)  # type: ignore[no-any-return]


@strawberry.type(description="查看记录 A look at a household's curtain or light.")
class WelfareLook:
    """A row of the looks of a watch."""

    @computed(ITS_OWN)
    def id(watch: UUID | str, version: int) -> strawberry.ID:
        """The look of its watch."""
        return identified("welfare-look", watch, version)

    @computed("查看 The curtain or the light.")
    def check(check_kind: str) -> WelfareCheck:
        """As stored."""
        return WelfareCheck(check_kind)

    day: str = column("日期 The local day, as year-month-day.")
    amiss: bool = column("异常 Whether something was amiss.")
    looked_at: datetime = column("查看时间 When.")
    finding: PersonalText | None = words_of_grid("finding", "情况 What was found.")


@strawberry.type(description="担忧 Somebody should see to a household.")
class Concern:
    """A row of the concerns read model."""

    id: strawberry.ID = column(ITS_OWN)

    @computed("查看 The check that led to it; null where none did.")
    def check(check_kind: str | None) -> WelfareCheck | None:
        """As stored."""
        return None if check_kind is None else WelfareCheck(check_kind)

    household: int = column("户号 The number of the household in its grid.")
    cause: ConcernCause = column("起因 Why it was raised.")
    day: str | None = column("日期 The local day of the check that led to it; null where none did.")
    rule: str | None = column("规则 The limit of the policy that a missed check had; null for other causes.")
    raised_at: datetime = column("提出时间 When; of a missed check, when its time was over.")
    finding: PersonalText | None = words_of_grid("finding", "情况 What was found.")

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")
    watch: WatchRef | None = one("守望 The watch over the household.", WATCH, "watch")
