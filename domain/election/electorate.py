"""选民登记 How many may vote, by the way in which they vote. Who they are stays on paper."""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.domain.election.refusals import DelegatesMismatch, ElectorateTooSmall
from chuishao.domain.election.regime import MAX_PEOPLE, Regime, counted
from chuishao.domain.election.secrecy import SMALLEST_ELECTORATE
from chuishao.domain.election.terms import VotingMode
from chuishao.domain.refusal import OutOfRange


@dataclass(frozen=True, slots=True)
class Electorate:
    """选民登记 How many are on the roll: residents with a vote, households, residents' groups, delegates."""

    voters: int
    households: int
    groups: int
    delegates: int | None = None

    def electors(self, mode: VotingMode, regime: Regime) -> int:
        """How many vote in that way; refused where the figures are impossible, or would tell votes."""
        for name in ("voters", "households", "groups"):
            counted(getattr(self, name), name, MAX_PEOPLE)
        if (self.delegates is not None) is not (mode is VotingMode.GROUP_DELEGATES):
            raise DelegatesMismatch("delegates", mode=mode)
        if self.delegates is not None:
            low, high = (of_each * self.groups for of_each in regime.delegates)
            if not low <= self.delegates <= high:
                raise OutOfRange("delegates", field="delegates", value=self.delegates, low=low, high=high)
        electors = self.delegates or (self.voters if mode is VotingMode.ALL_VOTERS else self.households)
        if electors < SMALLEST_ELECTORATE:
            raise ElectorateTooSmall(electors=electors, needed=SMALLEST_ELECTORATE)
        return electors
