"""条目 The lines of an append-only file: none is changed, a correction is a line behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from chuishao.domain.registers.refusals import LineCorrected, NoSuchLine, NotANeed
from chuishao.domain.registers.terms import LineKind


@dataclass
class Lines:
    """What is known of the lines by their numbers, which are those of their events in the stream."""

    kinds: dict[int, LineKind] = field(default_factory=dict)
    corrected: dict[int, int] = field(default_factory=dict)
    """The number of the line that corrects a line."""

    def add(self, number: int, kind: LineKind) -> None:
        """Have one more line."""
        self.kinds[number] = kind

    def correct(self, number: int, by: int) -> None:
        """Have a line that corrects another one, which stays."""
        self.kinds[by] = LineKind.CORRECTION
        self.corrected[number] = by

    def require_current(self, number: int) -> None:
        """Refuse to correct what is no line, or what has been corrected."""
        if number not in self.kinds:
            raise NoSuchLine("line", line=number, lines=sorted(self.kinds))
        if number in self.corrected:
            raise LineCorrected("line", line=number, by=self.corrected[number])

    def require_need(self, number: int) -> None:
        """Refuse what is no need; a need keeps its number whatever corrects its words."""
        if self.kinds.get(number) is not LineKind.NEED:
            needs = sorted(line for line, kind in self.kinds.items() if kind is LineKind.NEED)
            raise NotANeed("need", line=number, needs=needs)
