"""What every event shares: a stable topic, and text about people that is sealed before it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol
from unicodedata import category, combining
from uuid import UUID

from eventsourcing.domain import AggregateEvent
from eventsourcing.utils import register_topic

from chuishao.domain.actor import Actor
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadText, BadTime, OutOfRange, TextEmpty, TextTooLong

SHORT_TEXT = 200
"""Characters in a name, a place or a reason line."""
MANY = 50
"""Parts, items or departments in one command."""
LONG_TEXT = 4000
"""Characters in a free description."""
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Nothing that is recorded happened before; far from the edges of what databases and languages can hold."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a reporter's clock may run ahead of ours."""
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols without ink: fillers of Hangul, the empty Braille pattern."""

EVENT_TYPES: dict[str, type[Event]] = {}
"""Every event type by its topic; filled as the modules of the domain are imported."""


class Event(AggregateEvent):
    """A fact that happened. Topic and field names are the storage format: never rename them, upcast.

    `timestamp` is when it happened in the world (occurred_at); when we learnt it is the log's business.
    """

    TOPIC: ClassVar[str]
    GUARDED: ClassVar[frozenset[str]] = frozenset()
    """Fields that are no words and yet not for everybody: shown to those who handle cases there, and to
    auditors. What belongs to no case is published otherwise."""
    WITHHELD: ClassVar[bool] = False
    """Whether nobody reads its words with the event: they are given out by a recorded look (查阅) alone."""
    REGISTERED: ClassVar[bool] = False
    """Whether it tells of single households or stewards: what it says is shown where registers are."""
    OF_PLACE: ClassVar[bool] = False
    """Whether its words belong to its place, also where it stands in the history of a case: they are for
    those who handle cases there, and for no resident and no department that only sees the case."""

    def addressed_to(self, _by: Actor) -> bool:
        """Whether its words are meant for a unit that the actor speaks for."""
        return False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "TOPIC" in cls.__dict__:
            register_topic(cls.TOPIC, cls)
            EVENT_TYPES[cls.TOPIC] = cls


def fold(events: Iterable[Event], onto: Any = None) -> Any:
    """The aggregate that events make, of nothing or of what earlier ones made; None for no events at all."""
    for event in events:
        onto = event.mutate(onto)
    return onto


class Recordable(Protocol):
    """An aggregate that the log can keep: it knows where it lies and which history it belongs to."""

    @property
    def id(self) -> UUID:
        """Its stream."""

    @property
    def version(self) -> int:
        """How many events its stream has."""

    @property
    def place(self) -> str:
        """The division or grid code it concerns now; scopes are prefixes of it."""

    @property
    def correlation(self) -> UUID | None:
        """The case that its events belong to, or the file of a register; None where they are published."""

    def collect_events(self) -> Any:
        """The events decided since it was loaded."""


@dataclass(frozen=True, slots=True)
class PersonalText:
    """Text about a person, readable until their key is erased. Stored only sealed."""

    subject: UUID
    text: str


@dataclass(frozen=True, slots=True)
class SealedText:
    """Personal text as the log keeps it: encrypted with the key of its subject."""

    subject: UUID
    box: bytes


def written(field: str, text: str | None, limit: int = LONG_TEXT, *inside: str) -> str:
    """Give back a text that says something and fits; else refuse it. `inside` leads on from the field."""
    stripped = (text or "").strip()
    if not storable(stripped):
        raise BadText(field, *inside, field=field)
    if not says_something(stripped):
        raise TextEmpty(field, *inside, field=field)
    if len(stripped) > limit:
        raise TextTooLong(field, *inside, field=field, length=len(stripped), limit=limit)
    return stripped


def says_something(text: str) -> bool:
    """Whether a reader sees anything: characters without width or ink say nothing."""
    return any(
        category(character)[0] not in "CZ" and character not in _BLANK and not combining(character)
        for character in text
    )


def not_too_many(field: str, count: int) -> None:
    """Refuse a list that one command must not carry."""
    if count > MANY:
        what = Phrase(f"the number of {field}", f"{field} 的数量")
        raise OutOfRange(field, field=what, value=count, low=1, high=MANY)


def _blank(text: str) -> bool:
    return storable(text) and not says_something(text)


def storable(text: str) -> bool:
    """Whether PostgreSQL and UTF-8 can hold the text: no NUL, no unpaired surrogate."""
    try:
        text.encode()  # a hundred times as fast as looking at each character
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def written_or_none(field: str, text: str | None, limit: int = LONG_TEXT) -> str | None:
    """Give back a text that fits, or None where nothing is said."""
    return written(field, text, limit) if text and not _blank(text) else None


def about(subject: UUID, field: str, text: str | None, limit: int = LONG_TEXT) -> PersonalText | None:
    """Bind a text to the person it is about; None where nothing is said."""
    said = written_or_none(field, text, limit)
    return PersonalText(subject, said) if said is not None else None


def not_before(at: datetime, earliest: datetime, what: Phrase) -> None:
    """Refuse a time that lies before what it must follow."""
    if at < earliest:
        when = earliest.isoformat()
        reason = Phrase(f"{what.en} happened at {when}", f"{what.zh}发生于 {when}")
        raise BadTime("occurredAt", field="occurredAt", at=at.isoformat(), reason=reason)


def not_in_future(at: datetime, now: datetime) -> None:
    """Refuse a time without its offset, or one that has not come yet (clocks may differ a little)."""
    if at.tzinfo is None:
        reason = Phrase("it has no offset from UTC", "缺少与 UTC 的时差")
        raise BadTime("occurredAt", field="occurredAt", at=at.isoformat(), reason=reason)
    if at < EARLIEST:
        reason = Phrase(
            f"nothing is recorded from before {EARLIEST.year}", f"不记录 {EARLIEST.year} 年以前的事"
        )
        raise BadTime("occurredAt", field="occurredAt", at=at.isoformat(), reason=reason)
    if at > now + CLOCK_SKEW:
        reason = Phrase(
            f"it lies in the future; it is {now.isoformat()} now", f"在将来；现在是 {now.isoformat()}"
        )
        raise BadTime("occurredAt", field="occurredAt", at=at.isoformat(), reason=reason)
