"""Reading stored events quickly: what the library's mapper would give, without its detours.

A read model that is made anew reads every event there is, so this is the log's most travelled road. Whatever
is not exactly as our own mapper writes it is left to that mapper, which also says what is wrong with it.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable
from datetime import datetime
from json import JSONDecoder
from typing import Any
from uuid import UUID

from eventsourcing.utils import resolve_topic

from chuishao.domain.event import SealedText
from chuishao.domain.identity import uuid_of_number

HEX = 32
"""Digits of a UUID without its hyphens."""
_make = object.__new__
_set = object.__setattr__


class Unusual(Exception):
    """The stored event is not as it is usually written."""


def uuid_of(value: bytes) -> UUID:
    """A UUID from its 16 bytes; the constructor of the class takes twice as long."""
    return uuid_of_number(int.from_bytes(value, "big"))


def uuid_from_hex(text: str) -> UUID:
    """A UUID from its digits, however they are written."""
    if len(text) == HEX and text.isalnum():
        return uuid_of_number(int(text, 16))
    return UUID(text)


def sealed_from_json(value: list[str]) -> SealedText:
    """A sealed text from its subject and its box."""
    return SealedText(uuid_from_hex(value[0]), a2b_base64(value[1]))


_TRANSCODED: dict[str, Callable[[Any], Any]] = {
    "datetime_iso": datetime.fromisoformat,
    "uuid_hex": uuid_from_hex,
    "sealed": sealed_from_json,
}
"""What the transcodings of the mapper read, by their names."""


def _transcoded(value: dict[str, Any]) -> Any:
    if "_type_" in value and "_data_" in value and len(value) == 2:  # noqa: PLR2004 as the library looks
        return _TRANSCODED[value["_type_"]](value["_data_"])
    return value


_scan = JSONDecoder(object_hook=_transcoded).scan_once  # type: ignore[attr-defined]  # what `decode` calls


def quickly(stream: UUID, version: int, topic: str, data: bytes) -> Any:
    """A stored event as a domain event, upcast to its present version; raises anything where it cannot."""
    kind = resolve_topic(topic)
    text = data.decode()
    state, end = _scan(text, 0)
    if end != len(text) or type(state) is not dict:
        raise Unusual
    state["originator_id"] = stream
    state["originator_version"] = version
    stored = state.pop("class_version", 1)
    for step in range(stored, getattr(kind, "class_version", 1)):
        getattr(kind, f"upcast_v{step}_v{step + 1}")(state)
    event = _make(kind)
    _set(event, "__dict__", state)
    return event
