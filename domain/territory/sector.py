"""街片 Sector: one or two communities of one street under one chief (街片长). “以1-2个社区为规模”.

Its code is the street's, -S and three digits, so that it lies in the street as everything else does. The
chief is an appointment to a post there. What the chief finds becomes a case like others (“纳入网格化管理”).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.division import street_of
from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadCode, OutOfRange
from chuishao.domain.territory.refusals import CommunityInSector, DissolvedSector, ForeignCommunity

MOST_COMMUNITIES = 2
"""Communities in a sector; the source says one or two."""
CHANGED = Phrase("the last change of the sector", "街片的上一次变动")
BELONGS = Phrase("the last change of the community's sector", "该社区所属街片的上一次变动")


def sector_id(code: str) -> UUID:
    """The stream of the sector drawn as `code`."""
    return identify("sector", code)


def membership_id(community: str) -> UUID:
    """The stream that says to which sector a community belongs."""
    return identify("sector-membership", community)


def sector_street(code: str) -> str:
    """The street that a sector code names; refused when it is not a sector code (street code-Snnn)."""
    if not re.fullmatch(r"[0-9]{9}-S[0-9]{3}", code):
        reason = Phrase(
            "a sector code is a street code, -S and three digits, as in 120101001-S001",
            "街片代码由街道代码、-S 和三位数字组成，如 120101001-S001",
        )
        raise BadCode("sectorCode", code=code, reason=reason)
    return street_of(code)


class SectorDrawn(Event, AggregateCreated):
    """划定街片: a sector was drawn."""

    TOPIC = "SectorDrawn"
    code: str
    name: str
    communities: list[str]

    def apply(self, sector: Sector) -> None:
        """Begin as drawn."""
        sector.code = self.code
        sector.name = self.name
        sector.communities = self.communities


class SectorRedrawn(Event):
    """调整街片: the sector has another name or other communities."""

    TOPIC = "SectorRedrawn"
    name: str
    communities: list[str]

    def apply(self, sector: Sector) -> None:
        """Be as redrawn."""
        sector.name = self.name
        sector.communities = self.communities


class SectorDissolved(Event):
    """撤销街片: the sector ended; its communities belong to none."""

    TOPIC = "SectorDissolved"
    reason: PersonalText | SealedText

    def apply(self, sector: Sector) -> None:
        """Be no more."""
        sector.dissolved_at = self.timestamp


class Sector(BaseAggregate[UUID]):
    """One sector from drawing to dissolution; communities are kept in the order of their codes."""

    TOPIC = "sector"

    def __init__(self) -> None:
        self.code = ""
        self.name = ""
        self.communities: list[str] = []
        self.dissolved_at: datetime | None = None

    @property
    def place(self) -> str:
        """Its own code, which begins with its street's."""
        return self.code

    @property
    def correlation(self) -> None:
        """Sectors belong to no case."""

    @classmethod
    def draw(cls, code: str, name: str, communities: Sequence[str], at: datetime) -> Self:
        """Draw a sector of one or two communities of its street."""
        return cls._create(
            SectorDrawn,
            id=sector_id(code),
            timestamp=at,
            code=code,
            name=written("name", name, SHORT_TEXT),
            communities=_of_one_street(sector_street(code), communities),
        )

    def redraw(self, name: str | None, communities: Sequence[str] | None, at: datetime) -> None:
        """Change name or communities; what is left out stays, and what is the same changes nothing."""
        self.require_active()
        said = self.name if name is None else written("name", name, SHORT_TEXT)
        drawn = self.communities
        if communities is not None:
            drawn = _of_one_street(street_of(self.code), communities)
        if (said, drawn) != (self.name, self.communities):
            not_before(at, self.modified_on, CHANGED)
            self.trigger_event(SectorRedrawn, timestamp=at, name=said, communities=drawn)

    def dissolve(self, reason: str, at: datetime) -> None:
        """End the sector."""
        self.require_active()
        not_before(at, self.modified_on, CHANGED)
        said = PersonalText(self.id, written("reason", reason, SHORT_TEXT))
        self.trigger_event(SectorDissolved, timestamp=at, reason=said)

    def require_active(self) -> None:
        """Refuse whatever needs a sector of the present."""
        if self.dissolved_at is not None:
            raise DissolvedSector("sectorCode", sector=self.code, at=self.dissolved_at.date().isoformat())


def _of_one_street(street: str, communities: Sequence[str]) -> list[str]:
    drawn = sorted(set(communities))
    if not 1 <= len(drawn) <= MOST_COMMUNITIES:
        field = Phrase("the number of communities", "社区数")
        raise OutOfRange("communityCodes", field=field, value=len(drawn), low=1, high=MOST_COMMUNITIES)
    for number, community in enumerate(communities):
        if street_of(community) != street:
            raise ForeignCommunity("communityCodes", str(number), community=community, street=street)
    return drawn


class SectorJoined(Event, AggregateCreated):
    """划入街片: a community came to a sector for the first time."""

    TOPIC = "SectorJoined"
    community: str
    sector: str

    def apply(self, membership: SectorMembership) -> None:
        """Belong to the sector."""
        membership.community = self.community
        membership.sector = self.sector


class SectorChanged(Event):
    """变更街片: a community came to another sector, or to none."""

    TOPIC = "SectorChanged"
    sector: str | None

    def apply(self, membership: SectorMembership) -> None:
        """Belong to the sector, or to none."""
        membership.sector = self.sector


class SectorMembership(BaseAggregate[UUID]):
    """The one sector that a community belongs to, if any: its stream makes sure that there are not two."""

    TOPIC = "sector-membership"

    def __init__(self) -> None:
        self.community = ""
        self.sector: str | None = None

    @property
    def place(self) -> str:
        """The community."""
        return self.community

    @property
    def correlation(self) -> None:
        """Memberships belong to no case."""

    @classmethod
    def begin(cls, community: str, sector: str, at: datetime) -> Self:
        """Bring a community to its first sector."""
        return cls._create(
            SectorJoined, id=membership_id(community), timestamp=at, community=community, sector=sector
        )

    def join(self, sector: str, at: datetime) -> None:
        """Bring it to a sector; refused while it belongs to another one."""
        if self.sector not in (None, sector):
            raise CommunityInSector("communityCodes", community=self.community, sector=self.sector)
        if self.sector is None:
            not_before(at, self.modified_on, BELONGS)
            self.trigger_event(SectorChanged, timestamp=at, sector=sector)

    def leave(self, at: datetime) -> None:
        """Take it out of its sector."""
        if self.sector is not None:
            not_before(at, self.modified_on, BELONGS)
            self.trigger_event(SectorChanged, timestamp=at, sector=None)
