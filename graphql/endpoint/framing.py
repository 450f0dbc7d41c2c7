"""A result as one WebSocket message, ready for the line."""

from __future__ import annotations

import struct
from functools import lru_cache

_TEXT = 0x81
_SHORT, _MEDIUM = 126, 1 << 16
_SHORT_HEAD, _MEDIUM_HEAD, _LONG_HEAD = struct.Struct("!BB"), struct.Struct("!BBH"), struct.Struct("!BBQ")


def framed(start: bytes, payload: bytes) -> bytes:
    """A text message as a server sends it, in one frame (RFC 6455, section 5.2): start, payload, a brace."""
    return b"".join((_head(len(start) + len(payload) + 1), start, payload, b"}"))


@lru_cache(maxsize=64)
def _head(length: int) -> bytes:
    """What stands before a message of so many bytes; those of one event are nearly all as long."""
    if length < _SHORT:
        return _SHORT_HEAD.pack(_TEXT, length)
    if length < _MEDIUM:
        return _MEDIUM_HEAD.pack(_TEXT, _SHORT, length)
    return _LONG_HEAD.pack(_TEXT, _SHORT + 1, length)
