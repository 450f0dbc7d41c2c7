"""导出格式 The lines of an exported log, as docs/export-format.md describes them, and an event's hash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from typing import Any

from chuishao.eventlog.note import BadNote, Verifier, parse_verifier

FORMAT, VERSION = "chuishao-log", 1
LARGEST = 2**63 - 1
"""The greatest position."""
_PREIMAGE = Struct(">xiq16si16shqq")
"""0x00, log, position, stream, version, event, schema, occurred, recorded; three hashes follow."""
_POSITION, _POSITION_AT = Struct(">q"), 5
"""The position in it."""
_UUID = 16
_SHORT = 200
"""Characters of a text whose hash is remembered."""


class BadExport(Exception):
    """不是导出文件 The file is not an export, or not a whole one; it says nothing about the log."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which log a file is of, how its checkpoints call it, and the keys that it says they are signed with."""

    log: int
    origin: str
    keys: tuple[Verifier, ...]


def parse_header(raw: bytes) -> Header:
    """Read the first line; raises `BadExport`."""
    try:
        line = parse_line(raw)
        if (line["format"], line["version"]) != (FORMAT, VERSION):
            raise BadExport(f"the file is an export in version {line['version']!a} of {line['format']!a}")
        keys = tuple(parse_verifier(key) for key in line["keys"])
        header = Header(whole(line["log"]), str(line["origin"]), keys)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadNote) as error:
        raise BadExport("the file does not begin like an exported log") from error
    if not all(name.isprintable() for name in (header.origin, *(key.name for key in keys))):
        raise BadExport("the file names a log or a key in characters that are none to be read")
    return header


def parse_line(raw: bytes) -> Any:
    """A line as JSON, which says nothing twice; raises `ValueError`.

    `json.loads` takes a fifth longer, for it looks for other encodings and spaces.
    """
    text = raw.decode().strip()
    value, end = _DECODE(text)
    if end != len(text):
        raise ValueError("more than one value")
    return value


def whole(value: Any) -> int:
    """A position, or another number that counts; raises `ValueError` for whatever else JSON may hold."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise ValueError("no whole number in 63 bits")
    return value


def written(value: Mapping[str, Any]) -> str:
    """A value as a line."""
    return json.dumps(value, ensure_ascii=False) + "\n"


def preimage_of(log: int, line: Mapping[str, Any]) -> bytes:
    """What the hash of an event is made of, as its line has it."""
    head = _PREIMAGE.pack(
        log,
        line["position"],
        _uuid(line["stream"]),
        line["version"],
        _uuid(line["event"]),
        line["schema"],
        line["occurred"],
        line["recorded"],
    )
    meta, data = sha256(line["meta"].encode()).digest(), sha256(line["data"].encode()).digest()
    kind = line["type"]
    return head + (_remembered(kind) if len(kind) < _SHORT else _digest(kind)) + meta + data


def leaf_of(preimage: bytes) -> bytes:
    """The hash of an event."""
    return sha256(preimage).digest()


def at_position(preimage: bytes, position: int) -> bytes:
    """The same event, were it at a position."""
    behind = _POSITION_AT + _POSITION.size
    return preimage[:_POSITION_AT] + _POSITION.pack(position) + preimage[behind:]


def _uuid(text: str) -> bytes:
    value = bytes.fromhex(text.replace("-", ""))
    if len(value) != _UUID:  # more would be left out of the hash
        raise ValueError("no UUID")
    return value


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


_remembered = lru_cache(maxsize=1024)(_digest)


def _said_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):  # other readers may take the first, which nobody has verified
        raise ValueError("a field stands twice")
    return fields


_DECODE = json.JSONDecoder(object_pairs_hook=_said_once).raw_decode
