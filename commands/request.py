"""What is asked and what is answered: the envelope of a command, the hash of its content, its outcome."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.domain.actor import Actor


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends a command, under which client-chosen id, about which moment, having seen which version.

    `imported` names the system that a history was taken over from; what comes of it is marked so for ever.
    """

    id: UUID
    actor: Actor
    occurred_at: datetime | None = None
    expected_version: int | None = None
    causation: UUID | None = None
    imported: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command made or changed: its identifier and version, and the position to read it at."""

    id: UUID
    version: int
    position: int


def request_hash(key: bytes, command: Command, envelope: Envelope) -> bytes:
    """What the command id stands for.

    The id salts it, so that equal contents do not show, and nobody without the key of the installation finds
    a short content by trying. It is stored, and compared for ever: no field may be written otherwise than
    `json.dumps` with sorted keys does.
    """
    actor = envelope.actor
    fields = ", ".join([f'"{name}": {_written(value)}' for name, value in sorted(vars(command).items())])
    text = (
        f'{{"actor": [{_written(actor.id)}, {_written(actor.role)}, {_written(actor.unit)}], '
        f'"at": {_written(envelope.occurred_at)}, "command": "{type(command).__name__}", '
        f'"expected": {_written(envelope.expected_version)}, "fields": {{{fields}}}}}'
    )
    return hmac.digest(key, b"request:" + envelope.id.bytes + text.encode(), hashlib.sha256)


def _written(value: Any) -> str:
    """A value in JSON."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if type(value) is UUID:
        return f'"{value}"'
    if value is True or value is False:
        return "true" if value else "false"
    return _text(value)


def _plain(value: Any) -> Any:
    return vars(value) if is_dataclass(value) else str(value)


_text = json.JSONEncoder(sort_keys=True, default=_plain).encode
