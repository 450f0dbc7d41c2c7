"""Posts, who held them, and who leads the communities."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.people.terms import ChiefStanding, PostKind
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.links import DIVISION, GRID, PERSON, POST, TENURES_OF_POST
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DivisionRef,
    GridRef,
    Node,
    PersonalText,
    PersonRef,
    PostRef,
    identified,
    sealed_where,
)
from chuishao.projections.posts import PostRow


@strawberry.type(description="任期 One person's time in a post.")
class Tenure:
    """A row of the tenures."""

    id: strawberry.ID = column(ITS_OWN)
    kind: PostKind = column("岗位 Which post.")
    place: str = column("位置 The code of the place it lies in.")
    unit: strawberry.ID | None = column("所属单元 The sector or office it belongs to, if any.")
    standing: ChiefStanding | None = column("街片长身份 What a sector's chief is besides.")
    election: strawberry.ID | None = column("选举 The election that gave the post; null where it was given.")
    since: datetime = column("任职时间 Since when they held it.")
    until: datetime | None = column("离任时间 Until before when; null while they hold it.")

    reason: PersonalText | None = sealed_where(
        "reason",
        lambda place, context: shown_of_place(context.actor, Reading.WORDS, place),
        "离任原因 Why they left, for those who handle cases here.",
        Reading.WORDS,
    )
    person: PersonRef | None = one("人员 Who held it.", PERSON, "person")
    post: PostRef | None = one("岗位 The post with all who held it.", POST, "post")


@strawberry.type(description="岗位 A post in a place: who holds it now and who held it before.")
class Post(Node):
    """A row of the posts read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, PostRow)

    kind: PostKind = column("岗位 Which post.")
    place: str = column("位置 The code of the place it lies in.")
    unit: strawberry.ID | None = column("所属单元 The sector or office it belongs to, if any.")
    established_at: datetime = column("设岗时间 When it was filled first.")
    since: datetime | None = column("任职时间 Since when its holder holds it; null while it is vacant.")

    holder: PersonRef | None = one("任职人员 Who holds it; null while it is vacant.", PERSON, "holder")
    division: DivisionRef | None = one(
        "所在区划 The division it lies in; null for a grid.", DIVISION, "place"
    )
    grid: GridRef | None = one("所在网格 The grid it lies in; null for a division.", GRID, "place")
    tenures: list[Tenure] = many("任期 Who held it, one after the other.", TENURES_OF_POST, "id")


@strawberry.type(
    description="一肩挑 Who leads a community: its party secretary and its committee's director."
)
class Leadership:
    """A row of the leaderships."""

    id: strawberry.ID = column(ITS_OWN)
    place: str = column("社区 The code of the community.")
    concurrent: bool = column("一肩挑 Whether one person is both.")
    changed_at: datetime = column("变动时间 When either changed last.")

    division: DivisionRef | None = one("社区 The community.", DIVISION, "place")
    secretary: PersonRef | None = one("书记 The secretary; null while there is none.", PERSON, "secretary")
    director: PersonRef | None = one("主任 The director; null while there is none.", PERSON, "director")


@strawberry.type(
    description="一肩挑覆盖率 In how many communities of a place one person is secretary and director."
)
class ConcurrencyCoverage:
    """A line of the coverage."""

    @computed(ITS_OWN)
    def id(place: str, at: datetime | None) -> strawberry.ID:
        """The place as of the moment that was asked for."""
        return identified("coverage", place, at)

    place: str = column("位置 The code of the place; empty for everywhere.")
    at: datetime | None = column("时点 As of when, if a moment was asked for; null for now.")
    communities: int = column("社区数 Communities: the denominator of the share.")
    secretaries: int = column("书记数 Communities with a secretary.")
    directors: int = column("主任数 Communities with a director.")
    concurrent: int = column("一肩挑数 Communities where one person is both: the share's numerator.")

    division: DivisionRef | None = one("区划 The division; null for everywhere.", DIVISION, "place")

    @computed("覆盖率 concurrent / communities; null without a sample. The target is 1.")
    def share(concurrent: int, communities: int) -> float | None:
        """Numerator over denominator."""
        return round(concurrent / communities, 4) if communities else None


@strawberry.type(
    description="交叉任职 Of those in the two committees of a place's communities, how many are in both."
)
class CrossAppointment:
    """A line of a month."""

    @computed(ITS_OWN)
    def id(place: str, month: str) -> strawberry.ID:
        """The month in a place."""
        return identified("cross-appointment", place, month)

    month: str = column("月份 At the end of which month, as in 2026-03; of the running one, now.")
    place: str = column("位置 The code of the place; empty for everywhere.")
    party_members: int = column("党组织成员 Members of the party committees, secretaries included.")
    residents_members: int = column("居委会成员 Members of the residents' committees, directors included.")
    members: int = column("两委成员 Persons in either committee: the denominator of the ratio.")
    in_both: int = column("交叉任职 Persons in both committees of a community: the ratio's numerator.")

    @computed("交叉任职比例 inBoth / members; null without a sample. The source states no target.")
    def ratio(in_both: int, members: int) -> float | None:
        """Numerator over denominator."""
        return round(in_both / members, 4) if members else None
