"""Work meetings and what they resolve."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.meetings.terms import MeetingKind
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.context import Context
from chuishao.graphql.links import DIVISION, RESOLUTIONS_OF_MEETING, WORK_MEETING
from chuishao.graphql.policies import Policies
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column, computed, many, one, same
from chuishao.graphql.types.shared import (
    ITS_OWN,
    DivisionRef,
    Node,
    PersonalText,
    WorkMeetingRef,
    identified,
    sealed_where,
)
from chuishao.graphql.types.unit import AddressedUnit, between
from chuishao.projections.meetings import MeetingRow


@strawberry.type(description="决议 What a unit owes since a work meeting, until when, and when it was done.")
class MeetingResolution:
    """A row of the resolutions read model."""

    @computed(ITS_OWN)
    def id(meeting: UUID | str, number: int) -> strawberry.ID:
        """By its number in the meeting."""
        return identified("resolution", meeting, number)

    number: int = column("序号 Its number in the meeting, from 1.")
    due: date = column("期限 The last day on which it is in time.")
    adopted_at: datetime = column("形成时间 When it was adopted.")
    done_at: datetime | None = column("办结时间 When it was carried out; null while it is owed.")

    unit: AddressedUnit = same("责任单位 Who owes it.")
    matter: PersonalText | None = between("matter", "事项 What is owed.")
    result: PersonalText | None = between("result", "结果 What was done.")
    meeting: WorkMeetingRef | None = one("例会 The meeting that adopted it.", WORK_MEETING, "meeting")

    @computed("按期 Whether it was done by the end of its last day; null while it is owed.")
    def on_time(done_at: datetime | None, due: date, policies: Policies) -> bool | None:
        """By the local day of the policy that was in force."""
        return None if done_at is None else policies.at(done_at).day(done_at) <= due

    @computed("逾期 Whether it is owed although its last day is over.")
    def overdue(done_at: datetime | None, due: date, context: Context, policies: Policies) -> bool:
        """By the local day."""
        return done_at is None and policies.at(context.now).day(context.now) > due


@strawberry.type(description="工作例会 A work meeting and what it resolved.")
class WorkMeeting(Node):
    """A row of the meetings read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, MeetingRow)

    number: Position = column("编号 Its number: the position of its first event.")
    kind: MeetingKind = column("例会类别 Regular, or for one occasion.")
    held_at: datetime = column("召开时间 When it was held.")
    adopted: int = column("决议数 How many resolutions it adopted.")
    owed: int = column("未办结数 How many of them nobody has carried out.")

    division: DivisionRef | None = one("区划 The division that held it.", DIVISION, "division")
    topic: PersonalText | None = sealed_where(
        "topic",
        lambda division, context: shown_of_place(context.actor, Reading.WORDS, division),
        "议题 What it was about, for those who handle cases here.",
        Reading.WORDS,
    )
    resolutions: list[MeetingResolution] = many(
        "决议 What it resolved, by number.", RESOLUTIONS_OF_MEETING, "id"
    )
