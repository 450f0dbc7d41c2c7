"""快照 Snapshots: the state of an aggregate at one version, made and read back; a cache and never the truth.

A snapshot names the code that made it and is bound by a checksum to its stream and to the very event that it
includes last. So one that is old, damaged or of another history is recognised, and all events are folded.
Personal text is in it as the log has it, sealed: what has not been sealed yet cannot be written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from importlib.metadata import version
from typing import Any, cast
from uuid import UUID

from eventsourcing.domain import BaseAggregate, Snapshot
from eventsourcing.persistence import Mapper, StoredEvent, Transcoding
from eventsourcing.utils import get_topic, resolve_topic

from chuishao.domain.event import PersonalText, SealedText
from chuishao.eventlog.fingerprint import fingerprint
from chuishao.eventlog.mapper import sealed_transcoder

_TOPIC = get_topic(Snapshot)
_LIBRARY = version("eventsourcing")
_TAKEN_APART = ("_id", "_version", "_pending_events")
"""Attributes that a snapshot keeps beside the state, or not at all."""
_AS_THEY_ARE = (str, int, float, bool, type(None))
_GATHERED: dict[str, type] = {"tuple": tuple, "set": set, "frozenset": frozenset}


def made_by(kind: type[BaseAggregate[UUID]]) -> str:
    """The code that folds and writes down an aggregate: another one's snapshots are of no use to it."""
    parts = (
        get_topic(kind),
        fingerprint(kind.__module__, "chuishao.domain"),
        fingerprint(__name__),
        _LIBRARY,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def encode(aggregate: BaseAggregate[UUID]) -> bytes:
    """The state of an aggregate as JSON; raises `TypeError` for what cannot be kept."""
    taken = Snapshot.take(aggregate)
    state = {name: _portable(value) for name, value in taken.state.items() if name not in _TAKEN_APART}
    kept = Snapshot(aggregate.id, aggregate.version, aggregate.modified_on, taken.topic, state)
    return _mapper().to_stored_event(kept).state


def decode(stream: UUID, at: int, state: bytes) -> BaseAggregate[UUID]:
    """The aggregate that was at that version of its stream."""
    taken = cast("Snapshot", _mapper().to_domain_event(StoredEvent(stream, at, _TOPIC, state)))
    return taken.mutate(None)


def checksum(stream: UUID, at: int, leaf_hash: bytes, maker: str, state: bytes) -> bytes:
    """What binds a state to its stream, to the event that it includes last, and to the code that made it."""
    header = b"\n".join((stream.bytes.hex().encode(), str(at).encode(), leaf_hash.hex().encode()))
    return hashlib.sha256(header + b"\n" + maker.encode() + b"\n" + state).digest()


def _portable(value: Any) -> Any:
    """A value in forms that JSON has; whatever would come back as something else is tagged or refused."""
    kind = type(value)
    if isinstance(value, Enum):
        return _tagged("member", [get_topic(kind), value.name])
    if kind.__name__ in _GATHERED and kind is _GATHERED[kind.__name__]:
        items = [_portable(item) for item in value]
        return _tagged(kind.__name__, items if kind is tuple else sorted(items, key=repr))
    if kind is date:
        return _tagged("date", value.isoformat())
    if kind in (list, dict):
        return [_portable(item) for item in value] if kind is list else _portable_dict(value)
    if is_dataclass(value) and kind not in (SealedText, PersonalText):
        state = {field.name: _portable(getattr(value, field.name)) for field in fields(value)}
        return _tagged("record", [get_topic(kind), state])
    if kind not in _AS_THEY_ARE and isinstance(value, (*_AS_THEY_ARE, list, tuple, dict)):
        raise TypeError(f"a {kind.__name__} would come back from JSON as something else")
    return value


def _portable_dict(value: dict[Any, Any]) -> Any:
    if all(type(key) is str and key != "_type_" for key in value):
        return {key: _portable(item) for key, item in value.items()}
    return _tagged("dict", [[_portable(key), _portable(item)] for key, item in value.items()])


def _tagged(name: str, data: Any) -> dict[str, Any]:
    return {"_type_": name, "_data_": data}


class _Tag(Transcoding):
    """How what `_portable` tagged comes back."""

    def __init__(self, name: str, restore: Callable[[Any], Any]) -> None:
        self.type = type(name, (), {})
        self.name = name
        self.restore = restore

    def encode(self, _obj: Any) -> Any:
        raise NotImplementedError

    def decode(self, data: Any) -> Any:
        return self.restore(data)


@cache
def _mapper() -> Mapper[UUID]:
    transcoder = sealed_transcoder()
    tags: dict[str, Callable[[Any], Any]] = {
        "date": date.fromisoformat,
        "dict": dict,
        "member": _member,
        "record": _record,
    }
    for name, restore in (_GATHERED | tags).items():
        transcoder.register(_Tag(name, restore))
    return Mapper(transcoder)


def _member(data: list[str]) -> Enum:
    topic, name = data
    return cast("type[Enum]", resolve_topic(topic))[name]


def _record(data: Any) -> Any:
    topic, state = data
    return resolve_topic(topic)(**state)
