"""The facts of a whistle (吹哨). Topics and field names are the storage format; `apply` only folds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.domain.summons import Summons, SummonsState
from chuishao.domain.vocabulary import LinkageMechanism, WhistleKind

if TYPE_CHECKING:
    from chuishao.domain.whistle import Whistle

Text = PersonalText | SealedText


class WhistleEvent(Event):
    """A fact of one whistle."""


class WhistleBlown(WhistleEvent, AggregateCreated):
    """吹哨: a street blew the whistle on a case; `lead` is a department, or None where the street leads."""

    TOPIC = "WhistleBlown"
    case: UUID
    street: str
    kind: str
    linkage: str
    lead: UUID | None
    subject: UUID
    grounds: Text

    def apply(self, whistle: Whistle) -> None:
        """Begin."""
        whistle.case = self.case
        whistle.street = self.street
        whistle.kind = WhistleKind(self.kind)
        whistle.linkage = LinkageMechanism(self.linkage)
        whistle.lead = self.lead
        whistle.subject = self.subject


class DepartmentSummoned(WhistleEvent):
    """召集: a department was summoned, for the first time or again after it refused."""

    TOPIC = "DepartmentSummoned"
    department: UUID

    def apply(self, whistle: Whistle) -> None:
        """Wait for the department."""
        whistle.summons[self.department] = Summons(self.timestamp)


class SummonsSigned(WhistleEvent):
    """签收: the department signed the summons."""

    TOPIC = "SummonsSigned"
    department: UUID

    def apply(self, whistle: Whistle) -> None:
        """Be signed."""
        whistle.summons[self.department].state = SummonsState.SIGNED


class DepartmentCheckedIn(WhistleEvent):
    """报到: the department checked in where it was needed."""

    TOPIC = "DepartmentCheckedIn"
    department: UUID

    def apply(self, whistle: Whistle) -> None:
        """Be on site."""
        whistle.summons[self.department].come(SummonsState.CHECKED_IN, self.timestamp)


class CheckInMissed(WhistleEvent):
    """未按时报到: the limit for the check-in passed."""

    TOPIC = "CheckInMissed"
    department: UUID
    rule: str

    def apply(self, whistle: Whistle) -> None:
        """Be late; the department may still come."""
        whistle.summons[self.department].missed_at = self.timestamp


class SummonsRefused(WhistleEvent):
    """拒绝: the department refused the summons with a reason."""

    TOPIC = "SummonsRefused"
    department: UUID
    reason: Text

    def apply(self, whistle: Whistle) -> None:
        """Be refused."""
        whistle.summons[self.department].come(SummonsState.REFUSED, self.timestamp)


class DepartmentAnswered(WhistleEvent):
    """处理反馈: the department said what it did."""

    TOPIC = "DepartmentAnswered"
    department: UUID
    result: Text

    def apply(self, whistle: Whistle) -> None:
        """Be answered."""
        whistle.summons[self.department].state = SummonsState.ANSWERED


class DepartmentRated(WhistleEvent):
    """评价部门: the street rated the department, 1 to 5."""

    TOPIC = "DepartmentRated"
    department: UUID
    score: int
    comment: Text | None

    def apply(self, whistle: Whistle) -> None:
        """Be rated."""
        whistle.summons[self.department].rated = True


class OnSiteMeetingOpened(WhistleEvent):
    """现场会: the street opened the on-site meeting of a last-mile whistle."""

    TOPIC = "OnSiteMeetingOpened"
    items: list[Text]

    def apply(self, whistle: Whistle) -> None:
        """Have items to settle."""
        whistle.meeting_open = True
        whistle.items = dict.fromkeys(range(1, len(self.items) + 1), False)


class OnSiteItemSettled(WhistleEvent):
    """办结事项: an item of the on-site meeting was settled."""

    TOPIC = "OnSiteItemSettled"
    item: int

    def apply(self, whistle: Whistle) -> None:
        """Have one item less."""
        whistle.items[self.item] = True


class OnSiteMeetingClosed(WhistleEvent):
    """现场会闭会: the on-site meeting closed with every item settled: 事不完、人不走."""

    TOPIC = "OnSiteMeetingClosed"

    def apply(self, whistle: Whistle) -> None:
        """Be done with the meeting."""
        whistle.meeting_open = False
        whistle.meeting_held = True


class WhistleResolved(WhistleEvent):
    """哨件办结: the street found the matter settled; every department is released."""

    TOPIC = "WhistleResolved"
    result: Text

    def apply(self, whistle: Whistle) -> None:
        """End."""
        whistle.end("RESOLVED")


class WhistleWithdrawn(WhistleEvent):
    """撤哨: the street took the whistle back."""

    TOPIC = "WhistleWithdrawn"
    reason: Text

    def apply(self, whistle: Whistle) -> None:
        """End."""
        whistle.end("WITHDRAWN")
