"""Bare appends, for tests of the log below the domain."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from chuishao.eventlog.writer import Append, NewEvent

OCCURRED = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)


def an_event(stream: UUID, version: int, **fields: Any) -> NewEvent:
    """An event of a grid; `place` and `correlation` go where the log keeps them."""
    place, correlation = fields.pop("place", "120101001001"), fields.get("correlation")
    command = uuid4().hex
    meta = {"actor": "a", "role": "GRID_WORKER", "unit": place, "scope": place, "place": place}
    meta |= {"command": command, "correlation": correlation.hex if correlation else command}
    values: dict[str, Any] = {
        "event_id": uuid4(),
        "type": "GridRedrawn",
        "schema_version": 1,
        "correlation": None,
        "data": b'{"name": "\xe7\xbd\x91\xe6\xa0\xbc",  "households":300}',
        "meta": json.dumps(meta | {"causation": command}).encode(),
        "occurred_at": OCCURRED,
    } | fields
    return NewEvent(stream=stream, version=version, **values)


def an_append(
    stream: UUID | None = None, expected: int = 0, events: int = 1, command: UUID | None = None, **fields: Any
) -> Append:
    """A command that appends events to one stream; `keys` are the keys it seals with."""
    stream, command, keys = stream or uuid4(), command or uuid4(), fields.pop("keys", ())
    return Append(
        command=command,
        request_hash=hashlib.sha256(command.bytes).digest(),
        result=json.dumps({"id": stream.hex, "version": expected + events}).encode(),
        streams=[(stream, "grid", expected)],
        events=[an_event(stream, expected + n, **fields) for n in range(1, events + 1)],
        keys=keys,
    )
