"""Deliberations and their minutes."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.meetings.terms import DeliberationState
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.links import CASE, DIVISION, OPINIONS_OF_DELIBERATION
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, many, one
from chuishao.graphql.types.shared import CaseRef, DivisionRef, Node, PersonalText, sealed_where
from chuishao.projections.deliberations import DeliberationRow


def _here(name: str, description: str) -> Any:
    """Words of a community, for those who handle cases there."""
    return sealed_where(
        name,
        lambda community, context: shown_of_place(context.actor, Reading.WORDS, community),
        description,
        Reading.WORDS,
    )


@strawberry.type(description="意见 What somebody said in a deliberation.")
class Opinion:
    """A row of the opinions read model."""

    id: strawberry.ID = column(
        "标识 Its stable identifier; under it the words are kept where no person is named, and can be erased."
    )
    number: int = column("序号 Its number in the deliberation, from 1.")
    label: str = column("称谓 Role and number of whoever spoke.")
    recorded_at: datetime = column("记录时间 When it was said.")
    words: PersonalText | None = _here("words", "意见 What was said, for those who handle cases here.")


@strawberry.type(
    description="议事协商 A deliberation on a case or on a matter of a community, with its minutes."
)
class Deliberation(Node):
    """A row of the deliberations read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, DeliberationRow)

    number: Position = column("编号 Its number: the position of its first event.")
    state: DeliberationState = column("状态 Whether it goes on, and what came of it.")
    convened_at: datetime = column("召集时间 When it was convened.")
    ended_at: datetime | None = column("结束时间 When it ended; null while it goes on.")
    opinions: int = column("意见数 How many opinions were recorded.", name="opinionCount")

    community: DivisionRef | None = one("社区 The community that deliberates.", DIVISION, "community")
    case: CaseRef | None = one(
        "案件 The case; null where it is about a matter of the community.", CASE, "case_id"
    )
    topic: PersonalText | None = _here("topic", "议题 What it is about, for those who handle cases here.")
    outcome: PersonalText | None = _here("outcome", "结果 What was agreed, or why nothing was; null before.")
    minutes: list[Opinion] = many("协商记录 What was said, in its order.", OPINIONS_OF_DELIBERATION, "id")
