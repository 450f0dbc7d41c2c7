"""政策 The policies known by now, for fields that depend on the one in force at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chuishao.domain.policy import Policy, in_force
from chuishao.projections.policybook import PolicyBook


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy adopted by now."""

    adopted: list[Policy]

    @classmethod
    def of(cls, book: PolicyBook) -> Policies:
        """Those of a book."""
        return cls([policy for _, policy in book.adopted])

    def at(self, moment: datetime) -> Policy:
        """The policy in force at a moment; raises NoPolicy."""
        return in_force(self.adopted, moment)
