"""Between domain events and rows: `eventsourcing`'s mapper and transcoder, with sealed personal text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from json import loads
from typing import Any, ClassVar, NamedTuple, cast
from uuid import UUID

import asyncpg
from eventsourcing.persistence import (
    DatetimeAsISO,
    JSONTranscoder,
    Mapper,
    StoredEvent,
    Transcoding,
    UUIDAsHex,
)

from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.eventlog.decoding import quickly, uuid_from_hex
from chuishao.eventlog.keyring import Keyring, from_json, to_json


class _SealedTextAsJSON(Transcoding):
    type: ClassVar[type] = SealedText  # type: ignore[misc]
    name: ClassVar[str] = "sealed"  # type: ignore[misc]

    def encode(self, obj: SealedText) -> list[str]:
        return to_json(obj)

    def decode(self, data: list[str]) -> SealedText:
        return from_json(data)


class _PersonalTextSealed(_SealedTextAsJSON):
    type: ClassVar[type] = PersonalText  # type: ignore[misc]

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    def encode(self, obj: Any) -> list[str]:
        return to_json(self.keyring.seal(obj))


def make_mapper(keyring: Keyring) -> Mapper[UUID]:
    """A mapper that seals personal text on the way in, and leaves it sealed on the way out."""
    transcoder = sealed_transcoder()
    transcoder.register(_PersonalTextSealed(keyring))
    return Mapper(transcoder)


def sealed_transcoder() -> JSONTranscoder:
    """A transcoder of what the log keeps; it knows personal text only as sealed."""
    transcoder = JSONTranscoder()
    for transcoding in (UUIDAsHex(), DatetimeAsISO(), _SealedTextAsJSON()):
        transcoder.register(transcoding)
    return transcoder


class Meta(NamedTuple):
    """Who did it: actor, role, unit and scope; which command; what it belongs to and what caused it.

    `imported` is the system that it was taken over from, and stands only where there is one.
    """

    actor: str
    role: str
    unit: str
    scope: str | None
    place: str
    command: UUID
    correlation: UUID
    causation: UUID
    imported: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        stored = {
            "actor": self.actor,
            "role": self.role,
            "unit": self.unit,
            "scope": self.scope,
            "place": self.place,
            "command": self.command.hex,
            "correlation": self.correlation.hex,
            "causation": self.causation.hex,
        }
        return stored if self.imported is None else stored | {"imported": self.imported}

    @classmethod
    def from_json(cls, stored: bytes) -> Meta:
        """As read."""
        value = loads(stored)
        for name in ("command", "correlation", "causation"):
            value[name] = uuid_from_hex(value[name])
        return cls(**value)


@dataclass(frozen=True)
class RecordedEvent:
    """An event as the log holds it. `position` is 1..n in its log, `version` 1..m in its stream."""

    log: int
    position: int
    stream: UUID
    version: int
    event_id: UUID
    type: str
    schema_version: int
    data: bytes
    stored_meta: bytes
    occurred_at: datetime
    recorded_at: datetime
    leaf_hash: bytes
    correlation: UUID | None = None

    @cached_property
    def meta(self) -> Meta:
        """Who, for which unit, by which command."""
        return Meta.from_json(self.stored_meta)

    @property
    def actor(self) -> str:
        """Who acted."""
        return self.meta.actor

    @property
    def role(self) -> str:
        """In which role."""
        return self.meta.role

    @property
    def unit(self) -> str:
        """For which unit."""
        return self.meta.unit

    @property
    def scope(self) -> str | None:
        """Within which scope."""
        return self.meta.scope

    @property
    def place(self) -> str:
        """The place that it concerns."""
        return self.meta.place

    @property
    def command(self) -> UUID:
        """The command that caused it."""
        return self.meta.command

    @property
    def causation(self) -> UUID:
        """The event or command that caused it."""
        return self.meta.causation

    @property
    def meta_correlation(self) -> UUID:
        """What it belongs to: its case, or else its command."""
        return self.meta.correlation

    @cached_property
    def event(self) -> Event:
        """The domain event, upcast to its present version; personal text stays sealed."""
        return decode(self.stream, self.version, self.type, self.data)


COLUMNS = (
    "log, position, stream, version, event_id, type, schema_version,"
    " data, meta, occurred_at, recorded_at, leaf_hash, correlation"
)
"""The columns that `recorded` takes, in its order."""

_reader = make_mapper(Keyring(0))


def decode(stream: UUID, version: int, topic: str, data: bytes) -> Event:
    """A stored event as a domain event; what cannot be read quickly is the library's to judge."""
    try:
        return cast("Event", quickly(stream, version, topic, data))
    except Exception:
        return thoroughly(stream, version, topic, data)


def thoroughly(stream: UUID, version: int, topic: str, data: bytes) -> Event:
    """A stored event as the library's mapper reads it, with its errors."""
    return cast("Event", _reader.to_domain_event(StoredEvent(stream, version, topic, data)))


_FIELDS = tuple(field.name for field in fields(RecordedEvent))


def recorded(row: asyncpg.Record) -> RecordedEvent:
    """A row of the event table; made past the constructor, which sets field by field."""
    made = object.__new__(RecordedEvent)
    object.__setattr__(made, "__dict__", dict(zip(_FIELDS, row, strict=True)))
    return made


def sealed_texts(event: Event) -> Iterator[SealedText]:
    """Every sealed text among the fields of an event, alone or in a list."""
    for value in vars(event).values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, SealedText):
                yield item


def schema_version(kind: type[Event]) -> int:
    """The version of the storage format in which events of a type are written now."""
    return int(getattr(kind, "class_version", 1))


__all__ = ["COLUMNS", "EVENT_TYPES", "Meta", "RecordedEvent", "decode", "make_mapper", "recorded"]
