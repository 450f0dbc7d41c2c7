"""政策 The policies known by now, for fields that depend on the one in force at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chuishao.domain.policy import Policy
from chuishao.domain.refusal import NoPolicy
from chuishao.projections.policybook import PolicyBook

NOW = 2**63 - 1
"""Beyond every position: what is known by now."""


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy adopted by now."""

    book: PolicyBook

    def at(self, moment: datetime) -> Policy:
        """The policy in force at a moment; raises NoPolicy."""
        found = self.book.at(moment, NOW)
        if found is None:
            raise NoPolicy(at=moment.isoformat())
        return found
