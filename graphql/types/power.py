"""The powers of streets: their exercises, and the ledger."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading
from chuishao.domain.street.terms import StreetPower
from chuishao.graphql.links import ALLOCATION, DEPARTMENT, DIVISION, EVIDENCE_OF_EXERCISE, EXERCISE, WHISTLE
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.fund import FundAllocation
from chuishao.graphql.types.public_unit import may_read
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DepartmentRef,
    DivisionRef,
    Node,
    PersonalText,
    PowerExerciseRef,
    WhistleRef,
    identified,
    sealed_where,
)
from chuishao.projections.powers import ExerciseRow


def _between(name: str, description: str) -> Any:
    return sealed_where(
        name,
        lambda street, department, body, context: may_read(context, street, department, body),
        description,
        Reading.WORDS,
    )


@strawberry.type(description="考核依据 A whistle on which an appraisal rests.")
class AppraisalEvidence:
    """A row of the evidence read model."""

    @computed(ITS_OWN)
    def id(exercise: Any, number: int) -> strawberry.ID:
        """By its place in the appraisal."""
        return identified("evidence", exercise, number)

    number: int = column("序号 Its place among the evidence, from 1.")
    whistle: WhistleRef | None = one(
        "哨件 The whistle; null where the asker does not see its case.", WHISTLE, "whistle"
    )


@strawberry.type(
    description="权力行使 A street appraised a department, advised, or gave its opinion on a plan (街道赋权)."
)
class PowerExercise(Node):
    """A row of the powers read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, ExerciseRow)

    number: Position = column("编号 Its number: the position of its first event.")
    power: StreetPower = column("权力 Which power was exercised.")
    exercised_at: datetime = column("行使时间 When.")
    period: str | None = column("考核期 Of an appraisal, the year or quarter; else null.")
    score: int | None = column("评分 Of an appraisal, from 1 to 5; else null.")
    evidence: int = column("依据数 Of an appraisal, on how many whistles it rests; else 0.")
    plan: str | None = column("规划 Of an opinion on a plan, what the plan is called; else null.")
    answered_at: datetime | None = column("答复时间 Of advice, when it was answered; null until then.")
    adopted: bool | None = column("采纳 Of advice, whether it was taken; null until it is answered.")

    street: DivisionRef | None = one("街道 The street or town.", DIVISION, "street")
    department: DepartmentRef | None = one(
        "部门 The department appraised or advised; null where there is none.", DEPARTMENT, "department"
    )
    body: DivisionRef | None = one(
        "上级 The division above whose office was advised; null where none was.", DIVISION, "body"
    )
    words: PersonalText | None = _between("words", "内容 The comment, the advice or the opinion.")
    answer: PersonalText | None = _between("answer", "答复 What was answered to advice; null until then.")
    whistles: list[AppraisalEvidence] = many(
        "哨件 Of an appraisal, the whistles on which it rests.", EVIDENCE_OF_EXERCISE, "id"
    )


@strawberry.type(
    description="权力台账 A line of a street's ledger: one exercise of a power, an allocation of money too."
)
class PowerLedgerEntry:
    """A row of the entries read model."""

    id: strawberry.ID = column(ITS_OWN)
    number: Position = column("编号 Its number: the position of its event.")
    power: StreetPower = column("权力 Which power was exercised.")
    exercised_at: datetime = column("行使时间 When.")

    street: DivisionRef | None = one("街道 The street or town.", DIVISION, "street")
    exercise: PowerExerciseRef | None = one(
        "权力行使 The appraisal, advice or opinion; null for money.", EXERCISE, "exercise"
    )
    allocation: FundAllocation | None = one(
        "资金分配 The allocation of money; null for all else.", ALLOCATION, "allocation"
    )


@strawberry.type(description="权力行使统计 How often a power was exercised in a place.")
class PowerCount:
    """A line of the summary."""

    @computed(ITS_OWN)
    def id(place: str, power: str) -> strawberry.ID:
        """The power in a place."""
        return identified("power-count", place, power)

    power: StreetPower = column("权力 The power.")
    exercises: int = column("次数 How often it was exercised.")
    streets: int = column("街道数 By how many streets.")
    last_at: datetime | None = column("最近时间 When last; null where never.")
