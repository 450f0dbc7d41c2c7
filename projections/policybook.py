"""Which policy was in force when, as far as the log knew at a position; limits are dated by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import Policy, in_force, parse
from chuishao.domain.refusal import NoPolicy
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements

_SQL = statements("chuishao.projections", "policies.sql")


@dataclass(frozen=True)
class PolicyBook:
    """The policies that the log held up to its position, in the order of their adoption."""

    adopted: tuple[tuple[int, Policy], ...]

    def at(self, moment: datetime, known_by: int) -> Policy | None:
        """The policy in force at a moment, as known at a position; None where none was."""
        known = [policy for position, policy in self.adopted if position <= known_by]
        try:
            return in_force(known, moment)
        except NoPolicy:
            return None


async def policy_book(connection: Connection, log: int, until: int) -> PolicyBook:
    """Read the policies adopted up to a position."""
    rows = await connection.fetch(_SQL["adopted"], log, POLICY_ID, until)
    return PolicyBook(tuple((row["position"], parse(json.loads(row["data"])["document"])) for row in rows))
