"""A result as the bytes that are sent: made once, and the same bytes for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.endpoint.errors import JsonObject
from chuishao.graphql.endpoint.observation import code_in


@dataclass(frozen=True, slots=True)
class Written:
    """The result of one event, written out.

    `cursor` is the place behind the event; `selected` is the cursor that the document itself asks for, if it
    does; `failure` is the first error's code.
    """

    position: int
    cursor: str
    payload: bytes
    selected: str | None
    failure: str | None

    def extended(self, extensions: bytes) -> Written:
        """The same with extensions, a JSON object; it has none yet."""
        payload = b'%b,"extensions":%b}' % (self.payload[:-1], extensions)
        return Written(self.position, self.cursor, payload, self.selected, self.failure)


def written(event: RecordedEvent, result: JsonObject, text: str) -> Written:
    """The result of an event, whose text is given."""
    failure = next((code_in(error) for error in cast(Any, result.get("errors") or ())), None)
    cursor = cursor_of(event.log, event.position, event.leaf_hash)
    payload = text.encode(errors="backslashreplace")
    return Written(event.position, cursor, payload, selected_cursor(result), failure)


Result: TypeAlias = JsonObject | Written
"""What an operation comes to: still to be written for its asker alone, or written for everybody."""


def selected_cursor(result: Mapping[str, object]) -> str | None:
    """The `cursor` of the root field, which a client that returns sends as Last-Event-ID."""
    data = result.get("data")
    for value in data.values() if isinstance(data, dict) else ():
        cursor = value.get("cursor") if isinstance(value, dict) else None
        if isinstance(cursor, str) and cursor.isprintable():
            return cursor
    return None
