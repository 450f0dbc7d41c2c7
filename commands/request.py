"""What is asked and what is answered: the envelope of a command, the hash of its content, its outcome."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chuishao.commands.command import Command
from chuishao.domain.actor import Actor


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends a command, under which client-chosen id, about which moment, having seen which version."""

    id: UUID
    actor: Actor
    occurred_at: datetime | None = None
    expected_version: int | None = None
    causation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command made or changed: its identifier and version, and the position to read it at."""

    id: UUID
    version: int
    position: int


def request_hash(key: bytes, command: Command, envelope: Envelope) -> bytes:
    """What the command id stands for.

    The id salts it, so that equal contents do not show, and nobody without the key of the installation finds
    a short content by trying. It is stored, and compared for ever: no field may be written otherwise.
    """
    content = {
        "command": type(command).__name__,
        "actor": [envelope.actor.id, envelope.actor.role, envelope.actor.unit],
        "at": envelope.occurred_at,
        "expected": envelope.expected_version,
        "fields": vars(command),
    }
    salted = b"request:" + envelope.id.bytes + _text(content).encode("utf-8", "surrogatepass")
    return hmac.digest(key, salted, hashlib.sha256)


def _plain(value: Any) -> Any:
    return vars(value) if is_dataclass(value) else str(value)


_text = json.JSONEncoder(sort_keys=True, default=_plain).encode
