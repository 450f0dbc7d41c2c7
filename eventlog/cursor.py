"""Cursors into the log that outsiders hold: position and the start of that event's hash.

The hash makes a cursor of another history (a restored backup, a failed-over replica that lost its tail)
noticeable, where a bare position would silently skip or repeat.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass

from chuishao.domain.refusal import Refusal

_FORMAT = struct.Struct(">BIQ8s")
_VERSION = 1
PROOF = 8
"""Bytes of the leaf hash that a cursor carries."""


class BadCursor(Refusal):
    """游标无效 The cursor is not one of ours."""

    en = "{cursor} is not a cursor. Use one that an event or a page carried, unchanged."
    zh = "{cursor} 不是有效的游标。请原样使用事件或分页返回的游标。"


class CursorOfAnotherHistory(Refusal):
    """游标属另一历史 The cursor's event is not the one that this log holds at its position."""

    en = "The cursor points at position {position} of another history: {reason}. Read anew from the start."
    zh = "游标指向另一历史的位置 {position}：{reason}。请从头重新读取。"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a log: the event after which reading goes on. Position 0 is before the first."""

    log: int
    position: int
    proof: bytes

    def __str__(self) -> str:
        packed = _FORMAT.pack(_VERSION, self.log, self.position, self.proof)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def cursor_of(log: int, position: int, leaf_hash: bytes) -> str:
    """The cursor that an event carries."""
    return str(Cursor(log, position, leaf_hash[:PROOF]))


def parse(text: str) -> Cursor:
    """Read a cursor; refused when it is not one."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, log, position, proof = _FORMAT.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        raise BadCursor("after", cursor=ascii(text[:80])) from None
    if version != _VERSION or position > 2**63 - 1 or log > 2**31 - 1:
        raise BadCursor("after", cursor=ascii(text[:80]))
    return Cursor(log, position, proof)
