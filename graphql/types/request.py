"""What was asked for in a case, and what was decided."""

from datetime import datetime
from uuid import UUID

import strawberry

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case_requests import RequestKind, RequestState
from chuishao.graphql.types.fields import column, computed
from chuishao.graphql.types.shared import ITS_OWN, PersonalText, actor_named, identified, sealed


@strawberry.type(
    description="申请 What the holder of a case asked for: that its clock stands still (挂账), that its "
    "limit ends later (延期), or that it is assigned anew (回退); and what the level above decided."
)
class CaseRequest:
    """A row of the requests of cases."""

    @computed(ITS_OWN)
    def id(case_id: UUID | str, number: int) -> strawberry.ID:
        """By its number in the case."""
        return identified("case-request", case_id, number)

    number: int = column("序号 Which request of the case it is, from 1.")
    kind: RequestKind = column("类型 What was asked for.")
    state: RequestState = column("状态 Whether it was decided, and how.")
    asked_at: datetime = column("申请时间 When it was asked for.")
    amount: int | None = column("延长数 By how many units the limit is to end later.")
    unit: TimeUnit | None = column("计时单位 The unit of the extension.")
    until: datetime | None = column("挂账截止 Until when the clock is to stand still; null until resumed.")
    decided_at: datetime | None = column("审批时间 When it was decided, or lapsed as the case went on.")
    resumed_at: datetime | None = column("恢复时间 When the clock was let run again before that.")

    asked_by: str | None = actor_named(
        "asked_by", "申请人 The actor who asked; shown to handlers and auditors."
    )
    decided_by: str | None = actor_named(
        "decided_by", "审批人 The actor who decided; shown to handlers and auditors."
    )
    reason: PersonalText | None = sealed("reason", "申请理由 Why it was asked for.")
    note: PersonalText | None = sealed("note", "审批意见 What was said with the decision.")
