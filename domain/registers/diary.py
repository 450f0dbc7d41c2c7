"""民情日志 DiaryEntry: what is met in a grid: households, unrest, surroundings, people to be looked after.

The diary is append-only: an entry stays as it was written, and a correction stands behind it.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import Event, PersonalText, SealedText, about, not_before, written
from chuishao.domain.phrase import Phrase
from chuishao.domain.registers.lines import Lines
from chuishao.domain.registers.terms import DiaryTopic, LineKind

Text = PersonalText | SealedText
_ENTRY = Phrase("the entry", "日志")


class DiaryEvent(Event):
    """A fact of the diary; its words are given out by a recorded look alone."""

    WITHHELD: ClassVar[bool] = True


class DiaryEntryWritten(DiaryEvent, AggregateCreated):
    """记录民情日志: somebody wrote down what they met in a grid."""

    TOPIC = "DiaryEntryWritten"
    diary_topic: str
    grid: str
    subject: UUID
    household: Text | None
    words: Text

    def apply(self, entry: DiaryEntry) -> None:
        """Begin with the first line."""
        entry.topic = DiaryTopic(self.diary_topic)
        entry.grid = self.grid
        entry.subject = self.subject
        entry.lines.add(self.originator_version, LineKind.ENTRY)


class DiaryEntryCorrected(DiaryEvent):
    """更正民情日志: the words of an earlier line were wrong; they stay, and these hold."""

    TOPIC = "DiaryEntryCorrected"
    corrects: int
    words: Text

    def apply(self, entry: DiaryEntry) -> None:
        """Have one more line, which stands for the other one."""
        entry.lines.correct(self.corrects, self.originator_version)


class DiaryEntry(BaseAggregate[UUID]):
    """One entry with its corrections."""

    TOPIC = "diary"

    def __init__(self) -> None:
        self.topic = DiaryTopic.HOUSEHOLD
        self.grid = ""
        self.subject = self.id
        self.lines = Lines()

    @property
    def place(self) -> str:
        """The grid that it was written about."""
        return self.grid

    @property
    def correlation(self) -> UUID:
        """The entry is a file of its own: only those who see it see its events."""
        return self.id

    @classmethod
    def write(
        cls,
        entry: UUID,
        topic: DiaryTopic,
        grid: str,
        subject: UUID | None,
        household: int | None,
        words: str,
        at: datetime,
    ) -> Self:
        """Write an entry; `subject` is whose words these are where the person is known from elsewhere."""
        whose = subject or entry
        return cls._create(
            DiaryEntryWritten,
            id=entry,
            timestamp=at,
            diary_topic=topic.value,
            grid=grid,
            subject=whose,
            household=about(whose, "household", None if household is None else str(household)),
            words=PersonalText(whose, written("words", words)),
        )

    def correct(self, line: int, words: str, at: datetime) -> None:
        """Write what holds in place of a line."""
        self.lines.require_current(line)
        not_before(at, self.created_on, _ENTRY)
        said = PersonalText(self.subject, written("words", words))
        self.trigger_event(DiaryEntryCorrected, timestamp=at, corrects=line, words=said)
