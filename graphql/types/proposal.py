"""The proposals of deputies, and their answers."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.sight import Reading
from chuishao.domain.street.terms import ProposalStatus, Proposer, Verdict
from chuishao.graphql.links import DEPARTMENT, DIVISION
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.public_unit import may_read
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DepartmentRef,
    DivisionRef,
    Node,
    PersonalText,
    identified,
    sealed_where,
)
from chuishao.projections.proposals import ProposalRow


def _between(name: str, description: str) -> Any:
    return sealed_where(
        name,
        lambda division, department, body, context: may_read(context, division, department, body),
        description,
        Reading.WORDS,
    )


@strawberry.type(
    description="代表建议 What a deputy or a member of a consultative conference proposed, and its answer."
)
class DeputyProposal(Node):
    """A row of the proposals read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, ProposalRow)

    number: Position = column("编号 Its number: the position of its first event.")
    proposer: Proposer = column("代表类别 Who proposed it.")
    label: str = column("称谓 Role and number of the proposer.")
    status: ProposalStatus = column("状态 Where it stands.")
    received_at: datetime = column("收到时间 When it was received.")
    assigned_at: datetime | None = column("交办时间 When it was last assigned; null until then.")
    answered_at: datetime | None = column("答复时间 When it was answered; null until then.")
    rated_at: datetime | None = column("评价时间 When the deputy rated the answer; null until then.")
    verdict: Verdict | None = column("代表评价 How satisfied the deputy is; null until they say so.")

    division: DivisionRef | None = one("区划 The division that received it.", DIVISION, "division")
    department: DepartmentRef | None = one(
        "部门 The department that is to answer; null where none is.", DEPARTMENT, "department"
    )
    body: DivisionRef | None = one(
        "机关 The division whose office is to answer; null where none is.", DIVISION, "body"
    )
    proposal: PersonalText | None = _between("proposal", "建议内容 What was proposed.")
    answer: PersonalText | None = _between("answer", "答复 What was answered; null until then.")
    comment: PersonalText | None = _between("comment", "意见 What the deputy said beside the rating.")


@strawberry.type(description="建议办理统计 How many proposals stand where, in a place.")
class ProposalCount:
    """A line of the summary."""

    @computed(ITS_OWN)
    def id(place: str, status: str) -> strawberry.ID:
        """The status in a place."""
        return identified("proposal-count", place, status)

    status: ProposalStatus = column("状态 The status.")
    proposals: int = column("建议数 How many proposals stand there.")
    oldest_at: datetime | None = column("最早时间 Since when the one does that came there first; null: none.")
