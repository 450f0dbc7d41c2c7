"""样本 A played chain of commands as a pattern: what it left in log and read models, to be had elsewhere too.

A chain is all that happened to one case, or to one grid and its worker. Its identifiers, places and sealed
texts are found once and become blanks; filled in, they are another case or grid, as if it had been played.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chuishao.commands.cases import resident_subject
from chuishao.domain.event import SealedText
from chuishao.domain.identity import grid_id
from chuishao.eventlog.keyring import from_bytes

Names = dict[str, Any]
"""What is filled in: texts by name, identifiers as `name` (UUID), `name.hex` and `name.dash`."""
_BOX = re.compile(r'\["([0-9a-f]{32})","([A-Za-z0-9+/=]{38,})"\]')
POSITIONS = {
    "case_row": ("number", "position"),
    "entry": ("position",),
    "whistle": ("number", "position"),
    "run": ("position",),
}
"""The columns of read models that hold positions of the log."""
RECORDED = "recorded_at"
"""A column, and the name under which the moment is given at which the log learns of the copies."""
_APART = "\x1f"
NONCE = 12


@dataclass(frozen=True, slots=True)
class Chain:
    """What a chain has left: records of the log, of commands, and of read models by (schema, table)."""

    events: Sequence[Any]
    commands: Sequence[Any]
    rows: Mapping[tuple[str, str], Sequence[Any]]
    opened: Mapping[SealedText, str]
    said: Mapping[str, str | UUID]
    """What it was given from outside: places, the worker, departments; each is a blank of this name."""


@dataclass(slots=True)
class Copied:
    """A filled-in pattern. Rows name positions by the number of the event among the chain's own."""

    events: list[tuple[Any, ...]]
    commands: list[tuple[UUID, bytes, str, int, int]]
    rows: list[tuple[int, list[Any], Sequence[tuple[int, int]]]]
    """Table by number, values, and which columns hold the position of which event."""
    keys: list[tuple[UUID, bytes]]


@dataclass
class _Blanks:
    """The blanks of a pattern, and how texts and values of the chain become ones with blanks."""

    names: dict[str, str] = field(default_factory=dict)
    uuids: dict[UUID, str] = field(default_factory=dict)
    boxes: dict[tuple[UUID, bytes], int] = field(default_factory=dict)
    pattern: re.Pattern[str] = field(init=False)

    def say(self, name: str, value: str | UUID) -> None:
        if isinstance(value, UUID):
            self.uuids[value] = name
            self.names |= {value.hex: f"{name}.hex", str(value): f"{name}.dash"}
        else:
            self.names[value] = name

    def ready(self) -> None:
        words = "|".join(re.escape(word) for word in sorted(self.names, key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![0-9A-Za-z.])(?:{words})(?![0-9A-Za-z])")

    def text(self, text: str) -> str:
        """A format with the text's blanks."""
        return self.pattern.sub(lambda found: f"%({self.names[found[0]]})s", text.replace("%", "%%"))

    def sealed(self, text: str) -> str:
        """The same, of a text in which sealed texts may stand."""
        parts, at = [], 0
        for found in _BOX.finditer(text):
            subject, box = UUID(found[1]), base64.b64decode(found[2])
            number = self.boxes.setdefault((subject, box), len(self.boxes))
            parts += [self.text(text[at : found.start(1)]), self.text(found[1]), f'","%(box{number})s"]']
            at = found.end()
        return "".join((*parts, self.text(text[at:])))


class Pattern:
    """A chain with blanks."""

    def __init__(self, chain: Chain, key: bytes, tables: Sequence[tuple[str, str]]) -> None:
        self.key = key
        self.given = dict(chain.said)
        self._made: list[tuple[str, Callable[[Names, random.Random], UUID]]] = []
        blanks = self._blanks = _Blanks()
        for name, value in chain.said.items():
            blanks.say(name, value)
        self._own(chain)
        blanks.ready()
        self._log(chain)
        self._models(chain, tables)
        self._boxes = [
            (blanks.uuids[subject], blanks.text(chain.opened[SealedText(subject, box)]))
            for subject, box in blanks.boxes
        ]
        self._subjects = sorted({subject for subject, _ in self._boxes})
        self.length = len(self.events)

    def _own(self, chain: Chain) -> None:
        """Blanks for the chain's own identifiers; what follows from others follows from them again."""
        uuids = self._blanks.uuids
        for number, command in enumerate(chain.commands):
            self._make(f"command{number}", command["id"], _drawn)
        following = {uuid5(command["id"], ""): uuids[command["id"]] for command in chain.commands}
        for number, stream in enumerate(dict.fromkeys(row["stream"] for row in chain.events)):
            if stream not in uuids:
                self._make(f"stream{number}", stream, _following(stream, following, chain.said))
        for subject, _ in {(text.subject, 0): 0 for text in chain.opened}:
            if subject not in uuids:
                self._make("resident.subject", subject, partial(_resident, key=self.key))
        for number, row in enumerate(chain.events):
            self._make(f"event{number}", row["event_id"], _drawn)

    def _make(self, name: str, value: UUID, how: Callable[[Names, random.Random], UUID]) -> None:
        self._made.append((name, how))
        self._blanks.say(name, value)

    def _log(self, chain: Chain) -> None:
        places = {row["position"]: number for number, row in enumerate(chain.events)}
        blanks = self._blanks
        texts = [part for row in chain.events for part in (_utf8(row["data"]), _utf8(row["meta"]))]
        texts += [_utf8(command["result"]) for command in chain.commands]
        self._texts = _APART.join(blanks.sealed(text) for text in texts)
        self.events = [
            (
                blanks.uuids[row["stream"]], row["version"], blanks.uuids[row["event_id"]], row["type"],
                row["schema_version"], row["correlation"] and blanks.uuids[row["correlation"]],
                row["occurred_at"],
            )
            for row in chain.events
        ]  # fmt: skip
        self._commands = [
            (blanks.uuids[row["id"]], places[row["first_position"]], places[row["last_position"]])
            for row in chain.commands
        ]
        self._places = places
        self.times: list[datetime] = [row["occurred_at"] for row in chain.events]

    def _models(self, chain: Chain, tables: Sequence[tuple[str, str]]) -> None:
        self._rows = []
        for number, (schema, table) in enumerate(tables):
            for record in chain.rows.get((schema, table), ()):
                values, edits, positions = list(record.values()), [], []
                for column, name in enumerate(record.keys()):
                    value = values[column]
                    if name in POSITIONS.get(table, ()):
                        positions.append((column, self._places[value]))
                    elif name == RECORDED:
                        edits.append((column, "name", RECORDED))
                    elif edit := self._cell(value):
                        edits.append((column, *edit))
                self._rows.append((number, values, edits, positions))

    def _cell(self, value: Any) -> tuple[str, Any] | None:
        """How a value of a row is filled in; None where it stays."""
        blanks = self._blanks
        if isinstance(value, UUID) and value in blanks.uuids:
            return "name", blanks.uuids[value]
        if isinstance(value, str) and (made := blanks.text(value)) != value.replace("%", "%%"):
            return "text", made
        if isinstance(value, bytes) and (sealed := from_bytes(value)):
            return "box", (blanks.uuids[sealed.subject], blanks.boxes[sealed.subject, sealed.box])
        return None

    def row(self, table: int) -> list[Any]:
        """What the chain itself has left in a table, in its first row there."""
        return next(values for number, values, _, _ in self._rows if number == table)

    def fill(self, given: Names, chance: random.Random) -> Copied:
        """Another chain, from what it is given; texts by name and identifiers."""
        names: Names = {}
        for name, value in given.items():
            _put(names, name, value)
        for name, how in self._made:
            _put(names, name, how(names, chance))
        keys = {subject: chance.randbytes(32) for subject in self._subjects}
        boxes = [_seal(names[of], keys[of], text % names, chance) for of, text in self._boxes]
        names |= {f"box{number}": base64.b64encode(box).decode() for number, box in enumerate(boxes)}
        texts = (self._texts % names).split(_APART)
        length = self.length
        return Copied(
            [
                (names[stream], version, names[event], kind, schema, names[of] if of else None,
                 texts[2 * number], texts[2 * number + 1], at)
                for number, (stream, version, event, kind, schema, of, at) in enumerate(self.events)
            ],
            [
                (names[of], hashlib.sha256(names[of].bytes).digest(), texts[2 * length + number], first, last)
                for number, (of, first, last) in enumerate(self._commands)
            ],
            [(table, _filled(values, edits, names, boxes), at) for table, values, edits, at in self._rows],
            [(names[subject], key) for subject, key in keys.items()],
        )  # fmt: skip


def _filled(values: list[Any], edits: Any, names: Names, boxes: list[bytes]) -> list[Any]:
    row = values.copy()
    for column, kind, of in edits:
        match kind:
            case "name":
                row[column] = names[of]
            case "text":
                row[column] = of % names
            case _:
                row[column] = names[of[0]].bytes + boxes[of[1]]
    return row


def _put(names: Names, name: str, value: Any) -> None:
    names[name] = value
    if isinstance(value, UUID):
        names[f"{name}.hex"], names[f"{name}.dash"] = value.hex, str(value)


def _seal(subject: UUID, key: bytes, text: str, chance: random.Random) -> bytes:
    nonce = chance.randbytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), subject.bytes)


def _drawn(_names: Names, chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _following(
    stream: UUID, following: Mapping[UUID, str], said: Mapping[str, str | UUID]
) -> Callable[[Names, random.Random], UUID]:
    """How a stream's identifier follows: from the command that began it, or from a grid's code."""
    if stream in following:
        command = following[stream]
        return lambda names, _chance: uuid5(names[command], "")
    assert stream == grid_id(str(said["grid"])), stream
    return lambda names, _chance: grid_id(names["grid"])


def _resident(names: Names, _chance: random.Random, *, key: bytes) -> UUID:
    return resident_subject(key, names["resident"])


def _utf8(stored: Any) -> str:
    return stored if isinstance(stored, str) else bytes(stored).decode()
