"""Events as they are stored, byte for byte what `eventsourcing`'s mapper with our transcodings writes.

A value of a kind that is not written here goes through those transcodings. `tests/test_encoding.py` holds
both equal.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from eventsourcing.utils import get_topic

from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.eventlog.mapper import Meta, schema_version, sealed_transcoder

_transcoder = sealed_transcoder()
_BESIDE = frozenset({"originator_id", "originator_version"})
"""What stands in columns of its own."""


def topic(event: Event) -> str:
    """The stable name of an event's type."""
    return get_topic(type(event))


def encode(event: Event, seal: Callable[[PersonalText], SealedText]) -> bytes:
    """The state of an event as JSON, with its personal texts as they are sealed."""
    parts = [
        f'"{name}":{_written(value, seal)}' for name, value in vars(event).items() if name not in _BESIDE
    ]
    if (version := schema_version(type(event))) > 1:
        parts.append(f'"class_version":{version}')
    return f"{{{','.join(parts)}}}".encode()


def _written(value: Any, seal: Callable[[PersonalText], SealedText]) -> str:  # noqa: PLR0911 one return a kind
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if kind is PersonalText:
        return _sealed(seal(value))
    if kind is UUID:
        return f'{{"_type_":"uuid_hex","_data_":"{value.hex}"}}'
    if kind is datetime:
        return f'{{"_type_":"datetime_iso","_data_":"{value.isoformat()}"}}'
    if kind is list:
        return f"[{','.join(_written(item, seal) for item in value)}]"
    if kind is SealedText:
        return _sealed(value)
    return _transcoder.encode(value).decode()


def _sealed(text: SealedText) -> str:
    return f'{{"_type_":"sealed","_data_":["{text.subject.hex}","{b64encode(text.box).decode()}"]}}'


def encode_meta(meta: Meta) -> bytes:
    """Who did what, as JSON."""
    quote = encode_basestring
    scope = "null" if meta.scope is None else quote(meta.scope)
    return (
        f'{{"actor":{quote(meta.actor)},"role":{quote(meta.role)},"unit":{quote(meta.unit)},"scope":{scope},'
        f'"place":{quote(meta.place)},"command":"{meta.command.hex}",'
        f'"correlation":"{meta.correlation.hex}","causation":"{meta.causation.hex}"}}'
    ).encode()
