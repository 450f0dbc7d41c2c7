"""导出格式 The lines of an exported log, as docs/export-format.md describes them, and an event's hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from typing import Any

from chuishao.eventlog.note import BadNote, Verifier, parse_verifier

FORMAT, VERSION = "chuishao-log", 1
_PREIMAGE = Struct(">xiq16si16shqq")
"""0x00, log, position, stream, version, event, schema, occurred, recorded; three hashes follow."""


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
        line = json.loads(raw)
        if (line["format"], line["version"]) != (FORMAT, VERSION):
            raise BadExport(f"the file is an export in version {line['version']!a} of {line['format']!a}")
        keys = tuple(parse_verifier(key) for key in line["keys"])
        header = Header(int(line["log"]), str(line["origin"]), keys)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadNote) as error:
        raise BadExport("the file does not begin like an exported log") from error
    if not all(name.isprintable() for name in (header.origin, *(key.name for key in keys))):
        raise BadExport("the file names a log or a key in characters that are none to be read")
    return header


def written(value: Mapping[str, Any]) -> str:
    """A value as a line."""
    return json.dumps(value, ensure_ascii=False) + "\n"


def leaf_of(log: int, line: Mapping[str, Any], position: int) -> bytes:
    """The hash of an event as its line has it, were it at a position."""
    head = _PREIMAGE.pack(
        log,
        position,
        bytes.fromhex(line["stream"].replace("-", "")),
        line["version"],
        bytes.fromhex(line["event"].replace("-", "")),
        line["schema"],
        line["occurred"],
        line["recorded"],
    )
    meta, data = sha256(line["meta"].encode()).digest(), sha256(line["data"].encode()).digest()
    return sha256(head + _digest(line["type"]) + meta + data).digest()


@lru_cache(maxsize=1024)
def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
