"""两个全覆盖 DualCoverage: an area without a residents' committee, until it has one or a neighbour takes it.

“新建居委会、纳入临近社区管理”. The target is none left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.division import street_of
from chuishao.domain.event import SHORT_TEXT, Event, not_before, written
from chuishao.domain.grid import MAX_HOUSEHOLDS
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange
from chuishao.domain.territory.refusals import ForeignCommunity, GapClosed, OlderCommunity
from chuishao.domain.territory.terms import GapRemedy

FOUND = Phrase("the finding of the gap", "发现空白")


class CoverageGapFound(Event, AggregateCreated):
    """发现空白: an area of a street has no residents' committee."""

    TOPIC = "CoverageGapFound"
    street: str
    name: str
    households: int

    def apply(self, gap: CoverageGap) -> None:
        """Be open."""
        gap.street = self.street
        gap.name = self.name
        gap.households = self.households


class CommitteeFounded(Event):
    """新建居委会: a community with a committee of its own was founded there."""

    TOPIC = "CommitteeFounded"
    community: str

    def apply(self, gap: CoverageGap) -> None:
        """Be covered by the new community."""
        gap.remedy, gap.community = GapRemedy.COMMITTEE_FOUNDED, self.community


class AbsorbedByNeighbour(Event):
    """纳入临近社区管理: a neighbouring community took the area in."""

    TOPIC = "AbsorbedByNeighbour"
    community: str

    def apply(self, gap: CoverageGap) -> None:
        """Be covered by the neighbour."""
        gap.remedy, gap.community = GapRemedy.ABSORBED_BY_NEIGHBOUR, self.community


class CoverageGap(BaseAggregate[UUID]):
    """One area without a committee, and what came of it."""

    TOPIC = "coverage-gap"

    def __init__(self) -> None:
        self.street = ""
        self.name = ""
        self.households = 0
        self.remedy: GapRemedy | None = None
        self.community: str | None = None

    @property
    def place(self) -> str:
        """The street."""
        return self.street

    @property
    def correlation(self) -> None:
        """Gaps belong to no case."""

    @classmethod
    def find(cls, gap: UUID, street: str, name: str, households: int, at: datetime) -> Self:
        """Record an area of a street that has no committee."""
        if not 1 <= households <= MAX_HOUSEHOLDS:
            raise OutOfRange("households", field="households", value=households, low=1, high=MAX_HOUSEHOLDS)
        said = written("name", name, SHORT_TEXT)
        return cls._create(
            CoverageGapFound, id=gap, timestamp=at, street=street, name=said, households=households
        )

    def found_committee(self, community: str, registered: datetime, at: datetime) -> None:
        """Close it by a community of the street that was registered since the gap was found."""
        self._require_open(community)
        if registered < self.created_on:
            moments = {"registered": registered.isoformat(), "found": self.created_on.isoformat()}
            raise OlderCommunity("communityCode", community=community, **moments)
        self._close(CommitteeFounded, community, at)

    def absorb(self, community: str, at: datetime) -> None:
        """Close it by a community of the street that was there before."""
        self._require_open(community)
        self._close(AbsorbedByNeighbour, community, at)

    def _require_open(self, community: str) -> None:
        if self.remedy is not None:
            raise GapClosed("gapId", remedy=self.remedy, community=self.community)
        if street_of(community) != self.street:
            raise ForeignCommunity("communityCode", community=community, street=self.street)

    def _close(self, how: type[CommitteeFounded | AbsorbedByNeighbour], community: str, at: datetime) -> None:
        not_before(at, self.created_on, FOUND)
        self.trigger_event(how, timestamp=at, community=community)
