"""重点群体 CareEntry: one person of a priority group in the care ledger (工作台账) of a grid.

The ledger is append-only: what was written stays, and a correction stands behind it. All words are personal
text of one subject, so that one erasure takes them all; only the group, the grid and what happened when stay.
“政府、社会、社区资源”: a resource comes from one of three sources, for a need that was recorded.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import (
    SHORT_TEXT,
    Event,
    PersonalText,
    SealedText,
    about,
    not_before,
    written,
)
from chuishao.domain.phrase import Phrase
from chuishao.domain.registers.lines import Lines
from chuishao.domain.registers.refusals import LeftLedger
from chuishao.domain.registers.terms import CareGroup, ExitReason, LineKind, ResourceSource

Text = PersonalText | SealedText
_ENROLMENT = Phrase("the enrolment", "纳入台账")
_LAST_LINE = Phrase("the last line of the entry", "台账的上一条记录")


class CareEvent(Event):
    """A fact of the care ledger; its words are given out by a recorded look alone."""

    WITHHELD: ClassVar[bool] = True


class CareEnrolled(CareEvent, AggregateCreated):
    """纳入台账: a person entered the ledger of a grid in one of the priority groups."""

    TOPIC = "CareEnrolled"
    care_group: str
    grid: str
    subject: UUID
    whom: Text
    household: Text | None
    words: Text

    def apply(self, entry: CareEntry) -> None:
        """Begin with the first line."""
        entry.group = CareGroup(self.care_group)
        entry.grid = self.grid
        entry.subject = self.subject
        entry.lines.add(self.originator_version, LineKind.ENTRY)


class NeedRecorded(CareEvent):
    """记录需求: what the person needs."""

    TOPIC = "NeedRecorded"
    words: Text

    def apply(self, entry: CareEntry) -> None:
        """Have one more need."""
        entry.lines.add(self.originator_version, LineKind.NEED)


class ResourceMatched(CareEvent):
    """对接资源: a resource was found for a need."""

    TOPIC = "ResourceMatched"
    need: int
    resource_source: str
    words: Text

    def apply(self, entry: CareEntry) -> None:
        """Have one more line."""
        entry.lines.add(self.originator_version, LineKind.RESOURCE)


class CareCorrected(CareEvent):
    """更正台账: the words of an earlier line were wrong; they stay, and these hold."""

    TOPIC = "CareCorrected"
    corrects: int
    words: Text

    def apply(self, entry: CareEntry) -> None:
        """Have one more line, which stands for the other one."""
        entry.lines.correct(self.corrects, self.originator_version)


class CareExited(CareEvent):
    """退出台账: the person left the ledger."""

    TOPIC = "CareExited"
    exit_reason: str

    def apply(self, entry: CareEntry) -> None:
        """Be over."""
        entry.exited_at = self.timestamp


class CareEntry(BaseAggregate[UUID]):
    """One person in one group, from enrolment to exit."""

    TOPIC = "care"

    def __init__(self) -> None:
        self.group = CareGroup.HARDSHIP
        self.grid = ""
        self.subject = self.id
        self.lines = Lines()
        self.exited_at: datetime | None = None

    @property
    def place(self) -> str:
        """The grid of the ledger."""
        return self.grid

    @property
    def correlation(self) -> UUID:
        """The entry is a file of its own: only those who see it see its events."""
        return self.id

    @classmethod
    def enrol(
        cls,
        entry: UUID,
        group: CareGroup,
        grid: str,
        subject: UUID | None,
        whom: str,
        household: int | None,
        words: str,
        at: datetime,
    ) -> Self:
        """Enter the ledger; `subject` is whose words these are where the person is known from elsewhere."""
        whose = subject or entry
        return cls._create(
            CareEnrolled,
            id=entry,
            timestamp=at,
            care_group=group.value,
            grid=grid,
            subject=whose,
            whom=PersonalText(whose, written("whom", whom, SHORT_TEXT)),
            household=about(whose, "household", None if household is None else str(household)),
            words=PersonalText(whose, written("words", words)),
        )

    def record_need(self, words: str, at: datetime) -> None:
        """Write down what the person needs."""
        self._require_enrolled(at)
        self.trigger_event(NeedRecorded, timestamp=at, words=self._said(words))

    def match(self, need: int, source: ResourceSource, words: str, at: datetime) -> None:
        """Write down which resource was found for a need."""
        self._require_enrolled(at)
        self.lines.require_need(need)
        self.trigger_event(
            ResourceMatched,
            timestamp=at,
            need=need,
            resource_source=source.value,
            words=self._said(words),
        )

    def correct(self, line: int, words: str, at: datetime) -> None:
        """Write what holds in place of a line; possible for ever, since everybody may ask for it."""
        self.lines.require_current(line)
        not_before(at, self.created_on, _ENROLMENT)
        self.trigger_event(CareCorrected, timestamp=at, corrects=line, words=self._said(words))

    def exit(self, reason: ExitReason, at: datetime) -> None:
        """Leave the ledger; once."""
        self._require_enrolled(at)
        not_before(at, self.modified_on, _LAST_LINE)
        self.trigger_event(CareExited, timestamp=at, exit_reason=reason.value)

    def _said(self, words: str) -> PersonalText:
        return PersonalText(self.subject, written("words", words))

    def _require_enrolled(self, at: datetime) -> None:
        if self.exited_at is not None:
            raise LeftLedger("careId", id=self.id, at=self.exited_at.date().isoformat())
        not_before(at, self.created_on, _ENROLMENT)
