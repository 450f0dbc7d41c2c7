"""Events as they are stored, byte for byte what `eventsourcing`'s mapper with our transcodings writes.

A value of a kind that is not written here goes through those transcodings. `tests/test_encoding.py` holds
both equal.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from datetime import datetime
from functools import cache
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from eventsourcing.utils import get_topic

from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.eventlog.mapper import Meta, schema_version, sealed_transcoder

_transcoder = sealed_transcoder()
_BESIDE = frozenset({"originator_id", "originator_version"})
"""What stands in columns of its own."""
_CONSTANTS = {None: "null", True: "true", False: "false"}


def topic(event: Event) -> str:
    """The stable name of an event's type."""
    return _topic(type(event))


_topic = cache(get_topic)


def encode(event: Event, seal: Callable[[PersonalText], SealedText]) -> bytes:
    """The state of an event as JSON, with its personal texts as they are sealed."""
    parts = [
        f'"{name}":{_written(value, seal) if value is not None else "null"}'
        for name, value in vars(event).items()
        if name not in _BESIDE
    ]
    if (version := schema_version(type(event))) > 1:
        parts.append(f'"class_version":{version}')
    return f"{{{','.join(parts)}}}".encode()


def _written(value: Any, seal: Callable[[PersonalText], SealedText]) -> str:  # noqa: PLR0911 one return a kind
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is PersonalText:
        return _sealed(seal(value))
    if value is None or kind is bool:
        return _CONSTANTS[value]
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
    box = b2a_base64(text.box, newline=False).decode()
    return f'{{"_type_":"sealed","_data_":["{text.subject.hex}","{box}"]}}'


def encode_meta(meta: Meta) -> bytes:
    """Who did what, as JSON."""
    actor, role, unit, scope, place, command, correlation, causation, imported = meta
    quote = encode_basestring
    mark = "" if imported is None else f',"imported":{quote(imported)}'
    return (
        f'{{"actor":{quote(actor)},"role":{quote(role)},"unit":{quote(unit)},'
        f'"scope":{"null" if scope is None else quote(scope)},"place":{quote(place)},'
        f'"command":"{command.hex}","correlation":"{correlation.hex}","causation":"{causation.hex}"'
        f"{mark}}}"
    ).encode()
