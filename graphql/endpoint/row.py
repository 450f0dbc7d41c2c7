"""一排 Members who are written to in one go: what they were handed is noted once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from chuishao.graphql.endpoint.framing import framed
from chuishao.graphql.endpoint.written import Written

if TYPE_CHECKING:
    from chuishao.graphql.endpoint.group import Member

Put: TypeAlias = Callable[[bytes], object]
"""Writes a framed message without looking whether there is room; an object of its own for each member."""
Hold: TypeAlias = Callable[[], None]
"""Called when nothing more may be written so."""


@dataclass(slots=True, eq=False)
class Row:
    """Some members, each of whom was handed everything since they came, and that up to `last`."""

    last: Written
    handed: int = 0
    writing: bool = False
    members: dict[Member, Put] = field(default_factory=dict)
    held: list[Member] = field(default_factory=list)
    _puts: dict[bytes, list[Put]] | None = None

    def join(self, member: Member, put: Put) -> None:
        """Take in somebody who was handed everything up to `last`."""
        self.members[member] = put
        self._puts = None
        member.row, member.came = self, self.handed

    def leave(self, member: Member) -> None:
        """Let somebody go, with what they were handed."""
        assert member.push is not None
        member.push.end()
        del self.members[member]
        self._puts = None
        member.row = None
        if handed := self.handed - member.came:
            member.took(self.last, handed)

    def hand(self, shown: Sequence[Written]) -> list[Member]:
        """Write results to everybody, in one go; gives those who could not be written to, who have left.

        Nobody joins or leaves while it writes: those whose line becomes full are noted as `held`.
        """
        self.writing = True
        failed: set[int] = set()
        for start, puts in self._by_start().items():
            message = b"".join([framed(start, written.payload) for written in shown])
            for put in puts:
                try:
                    put(message)
                except Exception:  # its own operation meets it again, and ends of it alone
                    failed.add(id(put))
        self.writing = False
        left = [member for member, put in self.members.items() if id(put) in failed] if failed else []
        for member in left:
            self.leave(member)
        self.last = shown[-1]
        self.handed += len(shown)
        for failure in [written.failure for written in shown if written.failure is not None]:
            for member in self.members:
                member.fails(failure)
        return left

    def _by_start(self) -> dict[bytes, list[Put]]:
        """What writes to them, by what stands before the payload: equal starts are sent the same bytes."""
        if self._puts is None:
            self._puts = {}
            for member, put in self.members.items():
                assert member.push is not None
                self._puts.setdefault(member.push.start, []).append(put)
        return self._puts
