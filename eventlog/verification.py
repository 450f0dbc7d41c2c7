"""核验 Checking an exported log offline: every event against its sealed hash, the whole against checkpoints.

One pass in constant memory. The tree grows over the hashes that the file says were sealed; where an event,
the hash beside it and the sealed one are not the same, it grows over each of them, and the next checkpoint
tells which one is the truth. So a changed position is named whatever of the three was changed; where all were
changed alike, the two checkpoints are named between which it was done.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chuishao.eventlog.damage import CONTENT, LEAF, REMEMBERED, SEALED, Damage, Suspect, positions
from chuishao.eventlog.export_format import (
    BadExport,
    Header,
    leaf_of,
    parse_header,
    parse_line,
    preimage_of,
    whole,
)
from chuishao.eventlog.merkle import Frontier
from chuishao.eventlog.note import ED25519, BadNote, Checkpoint, Note, Verifier, opened, parse_note

GIVEN = "it was given with --key"
SIGNED = "it signed the checkpoint that was kept"
FROM_FILE = "it comes from the file alone"
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that the auditor kept, and how to call it."""

    name: str
    note: Note


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that is believed: what the log was at its size. `name` where the auditor kept it."""

    checkpoint: Checkpoint
    note: Note
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.name or 'a checkpoint in the file'} ({self.checkpoint.size} events)"


@dataclass
class Report:
    """What a file turned out to be. `damage` is empty where every event is what was sealed.

    `witnessed` has by the name of each witness the most events that it has signed for, and when (seconds
    since 1970).
    """

    header: Header
    believed: Sequence[Verifier]
    why: str
    damage: Damage
    events: int = 0
    sealed: Checkpoint | None = None
    in_file: int = 0
    kept: list[Anchor] = field(default_factory=list)
    witnessed: dict[str, tuple[int, int]] = field(default_factory=dict)
    unsealed: int = 0

    def names(self) -> str:
        """The keys, for reading."""
        return ", ".join(map(str, self.believed)) or "no key"


class Trees:
    """The tree over the sealed hashes; while it is in doubt which are the true ones, one for each kind."""

    def __init__(self) -> None:
        self._trees = {SEALED: Frontier()}

    def add(self, leaf: bytes) -> None:
        """Add a leaf of which there is no doubt."""
        for tree in self._trees.values():
            tree.add(leaf)

    def add_doubtful(self, hashes: Mapping[str, bytes]) -> None:
        """Add a leaf that may be one or the other."""
        tree = self._trees[SEALED]
        self._trees = {kind: self._trees.get(kind) or tree.copy() for kind in hashes}
        for kind, leaf in hashes.items():
            self._trees[kind].add(leaf)

    def settled(self, root: bytes) -> str | None:
        """Which kind of hashes leads to a root; the others are dropped. None if none does."""
        for kind, tree in self._trees.items():
            if tree.root() == root:
                self._trees = {SEALED: tree}
                return kind
        return None


class Verification:
    """One pass over the lines behind the header."""

    def __init__(
        self,
        header: Header,
        kept: Sequence[Kept],
        keys: Sequence[Verifier],
        witnesses: Sequence[Verifier] = (),
    ) -> None:
        believed, why = _believed(header, kept, keys)
        self._witnesses = witnesses
        self.report = Report(header, believed, why, Damage())
        self.position = 0
        self.ended = False
        self._log = header.log
        self._damage = self.report.damage
        self._trees = Trees()
        self._doubtful: list[Suspect] = []
        self._ahead: list[Anchor] = []
        self._lost = False
        self._good = {True: 0, False: 0}
        self._bad: dict[bool, tuple[int, Anchor]] = {}
        self._anchors = self._trusted(kept)
        self._roots = {anchor.checkpoint.size: anchor for anchor in self._anchors}
        self._pass()  # what was kept of the empty log

    def line(self, line: Mapping[str, Any]) -> None:
        """Take the next line."""
        if "position" in line:
            self._event(line)
        elif "checkpoint" in line:
            self._checkpoint(line["checkpoint"])
        elif "missing" in line:
            self._missing(line)
        elif whole(line["end"]) > self.position:
            self._damage.gap(self.position + 1, line["end"])
        self.ended = "end" in line

    def finish(self) -> Report:
        """Say what all of it was."""
        for suspect in self._doubtful:
            self._damage.suspect(suspect)
        self._cut_off()
        self._rewritten()
        for witness in self._witnesses:
            if witness.name not in self.report.witnessed:
                text = f"no checkpoint that holds is signed by {witness.name}"
                self._damage.found("the whole file", "unwitnessed", text)
        sealed = self.report.sealed.size if self.report.sealed else 0
        self.report.unsealed = max(0, self.position - sealed)
        return self.report

    def _event(self, line: Mapping[str, Any]) -> None:
        position = whole(line["position"])
        if position != self.position + 1 and not self._jumped(position):
            return
        self.position = position
        self.report.events += 1
        preimage = preimage_of(self._log, line)
        content, leaf = leaf_of(preimage), bytes.fromhex(line["leaf"])
        sealed = bytes.fromhex(line["sealed"]) if "sealed" in line else leaf
        if content == leaf == sealed:
            self._trees.add(leaf)
        else:
            self._doubt(Suspect(position, preimage, {SEALED: sealed, CONTENT: content, LEAF: leaf}))
        if "filed" in line:
            text = f"it is found under {line['filed']!a}, and what was sealed says otherwise"
            self._damage.found(positions(position, position), "misfiled", text)
        if position == self._next:
            self._pass()

    def _doubt(self, suspect: Suspect) -> None:
        self._trees.add_doubtful(suspect.hashes)
        if len(self._doubtful) < REMEMBERED:
            self._doubtful.append(suspect)
        else:
            self._damage.more += 1

    def _jumped(self, position: int) -> bool:
        """Note a line that is not the next one; whether it lies ahead."""
        if position <= self.position:
            self._damage.misplaced(position, self.position)
            return False
        self._damage.gap(self.position + 1, position - 1)
        self._lost = True
        self.position = position - 1
        self._pass()
        return True

    def _missing(self, line: Mapping[str, Any]) -> None:
        position = whole(line["missing"])
        if position != self.position + 1 and not self._jumped(position):
            return
        self.position = position
        if "sealed" in line:
            leaf = bytes.fromhex(line["sealed"])
            self._damage.missing(position, leaf)
            self._trees.add(leaf)
        else:
            self._damage.gap(position, position)
            self._lost = True
        if position == self._next:
            self._pass()

    def _checkpoint(self, text: str) -> None:
        where = f"the checkpoint behind position {self.position}"
        try:
            note = parse_note(text)
            anchor = Anchor(opened(note, self.report.believed), note)
        except BadNote as error:
            self._damage.found(where, "forged", str(error))
            return
        size, kept = anchor.checkpoint.size, self._roots.get(anchor.checkpoint.size)
        if anchor.checkpoint.origin != self.report.header.origin:
            self._damage.found(where, "forged", f"it is of another log, {anchor.checkpoint.origin!a}")
        elif kept is not None and kept.checkpoint.root != anchor.checkpoint.root:
            text = f"it signs another root than {kept}: one key has signed two histories"
            self._damage.found(where, "forged", text)
        elif size < self.position:
            self._damage.found(where, "forged", f"it is of {size} events, and stands too late")
        elif size > self.position:
            self._ahead = [*self._ahead[-REMEMBERED:], anchor]
        else:
            self._compare(anchor)

    def _compare(self, anchor: Anchor) -> None:
        """Compare the tree with the root of a checkpoint of its size, which also ends any doubt."""
        if self._lost:
            return
        kept, size = anchor.name is not None, anchor.checkpoint.size
        truth = self._trees.settled(anchor.checkpoint.root)
        if truth is None:
            low = self._good[True] if kept else max(self._good.values())
            self._bad.setdefault(kept, (low, anchor))
            return
        for suspect in self._doubtful:
            self._damage.suspect(replace(suspect, truth=truth))
        self._doubtful.clear()
        self._good[kept] = size
        self.report.sealed = anchor.checkpoint
        self._ask_witnesses(anchor)
        if kept:
            self.report.kept.append(anchor)
        else:
            self.report.in_file += 1

    def _ask_witnesses(self, anchor: Anchor) -> None:
        """Note who has signed a checkpoint beside the log, and when."""
        for witness in self._witnesses:
            try:
                for moment in witness.moments(anchor.note):
                    self.report.witnessed[witness.name] = (anchor.checkpoint.size, moment)
            except BadNote as error:
                self._damage.found(str(anchor), "forged", str(error))

    def _pass(self) -> None:
        """Compare with what the auditor kept of this size, and look ahead to the next."""
        while self._anchors and self._anchors[0].checkpoint.size <= self.position:
            anchor = self._anchors.pop(0)
            if anchor.checkpoint.size == self.position:
                self._compare(anchor)
        self._next = self._anchors[0].checkpoint.size if self._anchors else -1

    def _cut_off(self) -> None:
        """Note what checkpoints sign and the file does not have."""
        for anchor in (*self._anchors, *self._ahead):
            size = anchor.checkpoint.size
            if size > self.position:
                self._damage.gap(self.position + 1, size)
            else:
                self._damage.found(str(anchor), "forged", "it stands too early")

    def _rewritten(self) -> None:
        """Note between which checkpoints the history was changed together with all its hashes."""
        bad = sorted(self._bad.values(), key=lambda each: each[1].checkpoint.size)
        if len(bad) > 1 and bad[0][1].checkpoint.size > max(low for low, _ in bad):
            bad = [(max(low for low, _ in bad), bad[0][1])]
        for low, anchor in bad:
            before = f"; up to position {low} they are what an earlier checkpoint says" if low else ""
            text = f"events and hashes together do not lead to the root of {anchor}{before}"
            self._damage.found(positions(low + 1, anchor.checkpoint.size), "rewritten", text)

    def _trusted(self, kept: Sequence[Kept]) -> list[Anchor]:
        """The auditor's checkpoints that are of this log and signed with its key, the smallest first."""
        anchors: dict[int, Anchor] = {}
        for each in kept:
            try:
                anchor = Anchor(opened(each.note, self.report.believed), each.note, each.name)
            except BadNote as error:
                self._damage.found(each.name, "forged", f"{error}; the file names {self.report.names()}")
                continue
            size, origin = anchor.checkpoint.size, anchor.checkpoint.origin
            other = anchors.setdefault(size, anchor)
            if origin != self.report.header.origin:
                anchors.pop(size)
                self._damage.found(each.name, "forged", f"it is of another log, {origin!a}")
            elif other.checkpoint.root != anchor.checkpoint.root:
                text = f"it signs another root than {other}: one key has signed two histories"
                self._damage.found(each.name, "forged", text)
        return [anchors[size] for size in sorted(anchors)]


def verify(
    lines: Iterator[bytes],
    kept: Sequence[Kept] = (),
    keys: Sequence[Verifier] = (),
    witnesses: Sequence[Verifier] = (),
    tick: Callable[[], object] = lambda: None,
) -> Report:
    """Check an export against checkpoints that the auditor kept, keys and witnesses that he knows.

    Raises `BadExport` where the lines are no export or not a whole one. `tick` is called from time to time.
    """
    found = Verification(parse_header(next(lines, b"")), kept, keys, witnesses)
    for number, raw in enumerate(lines, start=2):
        if found.ended:
            raise BadExport(f"line {number}: there is something behind the end")
        try:
            found.line(parse_line(raw))
        except _MALFORMED as error:
            raise BadExport(f"line {number} is not one of an export") from error
        if number % 1000 == 0:
            tick()
    if not found.ended:
        raise BadExport("the file is cut off: it has no end")
    return found.finish()


def _believed(
    header: Header, kept: Sequence[Kept], keys: Sequence[Verifier]
) -> tuple[Sequence[Verifier], str]:
    """The keys whose checkpoints count, and why: those of a file are only claims.

    A witness signs checkpoints that are kept, too, but only the key that has the log's name is the log's.
    """
    if keys:
        return keys, GIVEN
    claimed = [key for key in header.keys if (key.name, key.kind) == (header.origin, ED25519)]
    signed = [key for key in claimed if any(_signed(key, each.note) for each in kept)]
    return (signed, SIGNED) if signed else (claimed, FROM_FILE)


def _signed(key: Verifier, note: Note) -> bool:
    try:
        return key.signed(note)
    except BadNote:
        return False
