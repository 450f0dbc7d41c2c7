"""超大社区拆分 CommunitySplit: one oversize community becomes several, each of about 3,000 households.

“31个社区,按照3000户左右的标准”. Planned, perhaps planned anew or given up, then carried out once; from then
on the parts are staffed, each in time. How large a part should be is policy and shown, never a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.division import Level, level_of, street_of
from chuishao.domain.event import SHORT_TEXT, Event, not_before, not_too_many, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import WrongDivisionLevel
from chuishao.domain.territory.refusals import NothingPlanned, NotYetSplit, SplitDone
from chuishao.domain.territory.split_plan import SplitPlan, plan_of
from chuishao.domain.territory.terms import SplitState

_PLANNED = Phrase("the plan", "拆分方案")


def split_id(community: str) -> UUID:
    """The stream of a community's split: it is split once at most."""
    return identify("community-split", community)


class SplitPlanned(Event, AggregateCreated):
    """拟定拆分: it was planned how a community is to be split."""

    TOPIC = "SplitPlanned"
    community: str
    heir: str
    new_communities: list[dict[str, Any]]
    staff_by: str | None
    basis: str

    def apply(self, split: CommunitySplit) -> None:
        """Be planned."""
        split.community = self.community
        split.planned(self.heir, self.new_communities, self.timestamp)


class SplitReplanned(Event):
    """调整拆分方案: another plan took the place of the last one."""

    TOPIC = "SplitReplanned"
    heir: str
    new_communities: list[dict[str, Any]]
    staff_by: str | None
    basis: str

    def apply(self, split: CommunitySplit) -> None:
        """Be planned anew."""
        split.planned(self.heir, self.new_communities, self.timestamp)


class SplitGivenUp(Event):
    """放弃拆分: the community is not to be split after all."""

    TOPIC = "SplitGivenUp"
    basis: str

    def apply(self, split: CommunitySplit) -> None:
        """Be given up."""
        split.state, split.since = SplitState.GIVEN_UP, self.timestamp


class CommunityDivided(Event):
    """实施拆分: the parts took the place of the community, as planned."""

    TOPIC = "CommunityDivided"
    community: str
    heir: str
    new_communities: list[dict[str, Any]]
    effective_from: str

    def apply(self, split: CommunitySplit) -> None:
        """Be carried out."""
        split.state, split.since = SplitState.DIVIDED, self.timestamp


class StaffAssigned(Event):
    """配备人员: people began to work for a part."""

    TOPIC = "StaffAssigned"
    community: str
    persons: list[UUID]

    def apply(self, split: CommunitySplit) -> None:
        """Have them."""
        split.staff.setdefault(self.community, []).extend(self.persons)


class CommunitySplit(BaseAggregate[UUID]):
    """The split of one community: its plan as it stands, and who works for which part."""

    TOPIC = "community-split"

    def __init__(self) -> None:
        self.community = ""
        self.heir = ""
        self.stored: list[dict[str, Any]] = []
        self.state = SplitState.PLANNED
        self.since = self.created_on
        self.staff: dict[str, list[UUID]] = {}

    @property
    def place(self) -> str:
        """The community."""
        return self.community

    @property
    def correlation(self) -> None:
        """Splits belong to no case."""

    @property
    def plan(self) -> SplitPlan:
        """The plan as it stands, or as it was carried out."""
        return plan_of(self.community, self.heir, self.stored)

    def planned(self, heir: str, parts: list[dict[str, Any]], at: datetime) -> None:
        """Fold a plan."""
        self.heir, self.stored = heir, parts
        self.state, self.since = SplitState.PLANNED, at

    @classmethod
    def begin(
        cls, plan: SplitPlan, households: Mapping[str, int], staff_by: date | None, basis: str, at: datetime
    ) -> Self:
        """Plan it; `households` are those of every active grid of the community."""
        if (level := level_of(plan.community, "communityCode")) is not Level.COMMUNITY:
            needed = Level.COMMUNITY
            raise WrongDivisionLevel("communityCode", code=plan.community, level=level, needed=needed)
        return cls._create(
            SplitPlanned,
            id=split_id(plan.community),
            timestamp=at,
            community=plan.community,
            **_agreed(plan, households, staff_by, basis),
        )

    def replan(
        self, plan: SplitPlan, households: Mapping[str, int], staff_by: date | None, basis: str, at: datetime
    ) -> None:
        """Plan it anew, also after it was given up."""
        self._require_open(at)
        self.trigger_event(SplitReplanned, timestamp=at, **_agreed(plan, households, staff_by, basis))

    def give_up(self, basis: str, at: datetime) -> None:
        """Let the community stay whole; what was given up already cannot be again."""
        self._require_planned(at)
        self.trigger_event(SplitGivenUp, timestamp=at, basis=written("basis", basis, SHORT_TEXT))

    def divide(self, households: Mapping[str, int], since: date, at: datetime) -> SplitPlan:
        """Carry the plan out, if it still conserves what is there; give it back."""
        self._require_planned(at)
        plan = self.plan
        plan.require_conserves(households)
        self.trigger_event(
            CommunityDivided,
            timestamp=at,
            community=self.community,
            heir=self.heir,
            new_communities=self.stored,
            effective_from=since.isoformat(),
        )
        return plan

    def assign_staff(self, part: str, persons: Sequence[UUID], at: datetime) -> None:
        """Let people work for a part; who does already is not assigned again."""
        if self.state is not SplitState.DIVIDED:
            raise NotYetSplit("communityCode", community=self.community, state=self.state)
        self.plan.part(part, "partCode")
        not_too_many("personIds", len(persons))
        not_before(at, self.since, Phrase("the split", "拆分"))
        new = [each for each in dict.fromkeys(persons) if each not in self.staff.get(part, ())]
        if new:
            self.trigger_event(StaffAssigned, timestamp=at, community=part, persons=new)

    def home(self, grid: str | None) -> tuple[str, str | None] | None:
        """Where what lay in the community, and perhaps in a grid of it, lies now; None where it stays."""
        return self.plan.home(grid) if self.state is SplitState.DIVIDED else None

    def _require_open(self, at: datetime) -> None:
        if self.state is SplitState.DIVIDED:
            when = self.since.date().isoformat()
            raise SplitDone(
                "communityCode", community=self.community, at=when, street=street_of(self.community)
            )
        not_before(at, self.since, _PLANNED)

    def _require_planned(self, at: datetime) -> None:
        self._require_open(at)
        if self.state is not SplitState.PLANNED:
            raise NothingPlanned("communityCode", community=self.community)


def _agreed(
    plan: SplitPlan, households: Mapping[str, int], staff_by: date | None, basis: str
) -> dict[str, Any]:
    checked = plan.checked()
    checked.require_conserves(households)
    return {
        "heir": checked.heir,
        "new_communities": checked.stored(),
        "staff_by": staff_by.isoformat() if staff_by else None,
        "basis": written("basis", basis, SHORT_TEXT),
    }
