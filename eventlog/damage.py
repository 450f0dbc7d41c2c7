"""损坏 What is wrong with a log, by kind and position: changed, deleted, swapped, moved and so on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chuishao.eventlog.export_format import at_position, leaf_of

REMEMBERED = 200
"""Damaged positions that are looked at closely; the others are counted."""
SEALED, LEAF, CONTENT = "sealed", "leaf", "content"
"""Where a hash comes from: the tile, the column beside the event, the event itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One damage: where, of which kind, and what was found."""

    where: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A position whose three hashes are not one; `truth` is the one that a checkpoint bears out, if any."""

    position: int
    preimage: bytes
    hashes: Mapping[str, bytes]
    truth: str | None = None

    @property
    def sealed(self) -> bytes:
        """The hash of the event that was sealed here, as far as is known."""
        return self.hashes[self.truth or SEALED]

    @property
    def changed(self) -> bool:
        """Whether the event itself is another one."""
        return self.hashes[CONTENT] != self.sealed


@dataclass
class Damage:
    """What was found so far. Of many damaged positions only the first are kept, the rest is counted."""

    findings: list[Finding] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    absent: dict[int, bytes] = field(default_factory=dict)
    more: int = 0

    def found(self, where: str, kind: str, text: str) -> None:
        """Keep something."""
        if len(self.findings) < REMEMBERED:
            self.findings.append(Finding(where, kind, text))
        else:
            self.more += 1

    def suspect(self, suspect: Suspect) -> None:
        """Keep a damaged position."""
        if len(self.suspects) < REMEMBERED:
            self.suspects.append(suspect)
        else:
            self.more += 1

    def gap(self, first: int, last: int) -> None:
        """Keep that positions are not there."""
        if self.gaps and first <= self.gaps[-1][1] + 1:
            self.gaps[-1] = (self.gaps[-1][0], max(last, self.gaps[-1][1]))
        elif len(self.gaps) < REMEMBERED:
            self.gaps.append((first, last))
        else:
            self.more += 1

    def missing(self, position: int, sealed: bytes) -> None:
        """Keep that the event of a sealed hash is not there."""
        self.gap(position, position)
        if len(self.absent) < REMEMBERED:
            self.absent[position] = sealed

    def misplaced(self, position: int, behind: int) -> None:
        """Keep that a position came too late; it is not missing then."""
        if len(self.gaps) < REMEMBERED:
            gaps = [part for gap in self.gaps for part in _without(gap, position)]
            self.gaps[:] = [(first, last) for first, last in gaps if first <= last]
        text = f"its line stands behind that of position {behind}"
        self.found(positions(position, position), "swapped", text)

    def told(self) -> list[Finding]:
        """Everything, in the order of positions; what could not be placed last."""
        placed = [(first, _deleted(first, last)) for first, last in self.gaps]
        placed += [(suspect.position, finding) for suspect, finding in self._suspects()]
        return [finding for _, finding in sorted(placed, key=lambda each: each[0])] + self.findings

    def _suspects(self) -> list[tuple[Suspect, Finding]]:
        homes = self._homes()
        told = []
        for suspect in self.suspects:
            home = homes.get(suspect.position)
            if home is not None and homes.get(home) == suspect.position:
                if suspect.position < home:
                    told.append((suspect, _swapped(suspect.position, home)))
            elif home is not None:
                told.append((suspect, _moved(suspect.position, home)))
            else:
                told.append((suspect, _changed(suspect)))
        return told

    def _homes(self) -> dict[int, int]:
        """Where the events of damaged positions were sealed, as far as that is a damaged position, too."""
        changed = [suspect for suspect in self.suspects if suspect.changed]
        sealed = self.absent | {suspect.position: suspect.sealed for suspect in changed}
        return {
            suspect.position: home
            for suspect in changed
            for home, leaf in sealed.items()
            if leaf_of(at_position(suspect.preimage, home)) == leaf
        }


def positions(first: int, last: int) -> str:
    """Positions, for reading."""
    return f"position {first}" if first == last else f"positions {first}–{last}"


def _without(gap: tuple[int, int], position: int) -> list[tuple[int, int]]:
    first, last = gap
    return [(first, position - 1), (position + 1, last)] if first <= position <= last else [gap]


def _deleted(first: int, last: int) -> Finding:
    return Finding(
        positions(first, last), "deleted", "there is no event" + ("" if first == last else " there")
    )


def _swapped(first: int, second: int) -> Finding:
    text = "each holds the event that was sealed at the other"
    return Finding(f"positions {first} and {second}", "swapped", text)


def _moved(position: int, home: int) -> Finding:
    return Finding(positions(position, position), "moved", f"it holds the event that was sealed at {home}")


def _changed(suspect: Suspect) -> Finding:
    where = positions(suspect.position, suspect.position)
    content, leaf, sealed = (suspect.hashes[name] for name in (CONTENT, LEAF, SEALED))
    if suspect.changed and leaf == content:
        return Finding(where, "changed", "the event and the hash beside it are not what was sealed")
    if suspect.changed and suspect.truth is None and sealed != leaf:
        return Finding(where, "changed", "the event, the hash beside it and the sealed hash are three things")
    if suspect.changed:
        return Finding(where, "changed", "the event does not match its hash")
    if sealed != suspect.sealed:
        return Finding(where, "changed", "the sealed hash in the tile was changed; the event itself was not")
    return Finding(where, "changed", "the hash beside the event was changed; the event itself was not")
