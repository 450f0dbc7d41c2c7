"""Persons on the rosters, and how they grow."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.people.terms import Rung, TrainingTier
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.context import Context
from chuishao.graphql.links import (
    APPRAISALS_OF_PERSON,
    DIVISION,
    INCENTIVES,
    MEMBERSHIPS_OF_PERSON,
    PERSON,
    TENURES_OF_PERSON,
    TRAININGS_OF_PERSON,
)
from chuishao.graphql.types.committee import CommitteeMembership
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.post import Tenure
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DivisionRef,
    Node,
    PersonalText,
    PersonRef,
    identified,
    sealed_where,
)
from chuishao.projections.people import PersonRow


def _words(place: str, context: Context) -> bool:
    """Whether words about somebody on the roster of a place are shown."""
    return shown_of_place(context.actor, Reading.WORDS, place)


@strawberry.type(description="培训 A training that somebody completed.")
class Training:
    """A row of the trainings."""

    id: strawberry.ID = column(ITS_OWN)
    tier: TrainingTier = column("培训层级 Who gave it.")
    course: str = column("课程 What it was about.")
    hours: int = column("学时 How many hours it took.")
    completed_at: datetime = column("完成时间 When it was completed.")


@strawberry.type(description="激励 What somebody was granted after an appraisal.")
class Incentive:
    """A row of the incentives."""

    id: strawberry.ID = column(ITS_OWN)
    granted_at: datetime = column("授予时间 When it was granted.")
    words: PersonalText = sealed_where(
        "incentive", _words, "激励 What was granted, for those who handle cases here.", Reading.WORDS
    )


@strawberry.type(description="综合考核 An appraisal of somebody for a period.")
class Appraisal:
    """A row of the appraisals."""

    id: strawberry.ID = column(ITS_OWN)
    period: str = column("考核期 The year or quarter.")
    appraised_at: datetime = column("考核时间 When it was recorded.")

    @computed("得分 1 to 100, for those who handle cases here, and auditors.", Reading.ACTORS)
    def points(points: int, place: str, context: Context) -> int | None:
        """Masked for everybody else."""
        return points if shown_of_place(context.actor, Reading.ACTORS, place) else None

    comment: PersonalText | None = sealed_where(
        "comment", _words, "评语 The remark, for those who handle cases here.", Reading.WORDS
    )
    person: PersonRef | None = one("人员 Who was appraised.", PERSON, "person")
    incentives: list[Incentive] = many("激励 What was granted after it.", INCENTIVES, "id")


@strawberry.type(
    description="人员 A person on a roster, under role and number: posts, career ladder, training, appraisal."
)
class Person(Node):
    """A row of the people read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, PersonRow)

    label: str = column("编号 Role and number, shown to everybody.")
    place: str = column("所在 The code of the division whose roster it is.")
    registered_at: datetime = column("登记时间 When they entered the roster.")
    rung: Rung | None = column("职业梯次 The rung they stand on; null for none.")
    rung_at: datetime | None = column("取得时间 When they attained it.")
    trainings_completed: int = column("培训次数 How many trainings they completed.")
    training_hours: int = column("学时 How many hours of training they completed.")

    name: PersonalText | None = sealed_where(
        "name", _words, "姓名 Their name, for those who handle cases here.", Reading.WORDS
    )
    division: DivisionRef | None = one("所在区划 The division whose roster it is.", DIVISION, "place")
    posts: list[Tenure] = many("任职 The posts they held and hold, earliest first.", TENURES_OF_PERSON, "id")
    memberships: list[CommitteeMembership] = many(
        "居委会任职 The seats in residents' committees that they had and have, earliest first.",
        MEMBERSHIPS_OF_PERSON,
        "id",
    )
    trainings: list[Training] = many("培训 The trainings they completed.", TRAININGS_OF_PERSON, "id")
    appraisals: list[Appraisal] = many("考核 Their appraisals by period.", APPRAISALS_OF_PERSON, "id")


@strawberry.type(description="梯次分布 How many on the rosters of a place stand on one rung.")
class LadderRung:
    """A line of the ladder."""

    @computed(ITS_OWN)
    def id(place: str, rank: int) -> strawberry.ID:
        """The rung in a place."""
        return identified("ladder", place, rank)

    rung: Rung | None = column("职业梯次 The rung; null for those who stand on none.")
    persons: int = column("人数 How many stand on it.")


@strawberry.type(
    description="三级培训学时 How much training of one tier those on the rosters of a place completed."
)
class TierTraining:
    """A line of the hours."""

    @computed(ITS_OWN)
    def id(place: str, tier: str) -> strawberry.ID:
        """The tier in a place."""
        return identified("tier-training", place, tier)

    tier: TrainingTier = column("培训层级 Who gave it.")
    trainings: int = column("培训次数 How many trainings were completed.")
    persons: int = column("人数 How many persons completed one.")
    hours: int = column("学时 How many hours in all.")
