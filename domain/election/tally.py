"""计票 The totals of a closed ballot, and who is elected by them. They are judged here and never recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chuishao.domain.election.refusals import MorePapersThanIssued, WrongCount
from chuishao.domain.election.regime import Regime
from chuishao.domain.election.secrecy import Range, published
from chuishao.domain.election.terms import Office
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange


@dataclass(frozen=True, slots=True)
class Count:
    """得票 Papers collected, those of them that are invalid, and the votes in the order of the paper."""

    collected: int
    invalid: int
    votes: tuple[int, ...]

    @property
    def valid(self) -> int:
        """The papers that count."""
        return self.collected - self.invalid


def require_consistent(
    count: Count, issued: int, candidates: Sequence[Office], seats: Sequence[Office]
) -> None:
    """Refuse figures that no ballot can give."""
    for name, number in (("collected", count.collected), ("invalid", count.invalid)):
        if number < 0:
            raise OutOfRange(name, field=name, value=number, low=0, high=issued)
    if count.collected > issued:
        raise MorePapersThanIssued("collected", collected=count.collected, issued=issued)
    if not 0 <= count.invalid <= count.collected:
        raise WrongCount("invalid", reason=Phrase("more are invalid than came back", "无效票多于收回的选票"))
    if len(count.votes) != len(candidates):
        en = f"there are {len(candidates)} candidates and {len(count.votes)} figures"
        zh = f"候选人 {len(candidates)} 名，得票数 {len(count.votes)} 项"
        raise WrongCount("votes", reason=Phrase(en, zh))
    for number, votes in enumerate(count.votes):
        if not 0 <= votes <= count.valid:
            reason = Phrase("a candidate has more votes than papers are valid", "得票数多于有效票数")
            raise WrongCount("votes", str(number), reason=reason)
    for office in dict.fromkeys(seats):
        given = sum(votes for votes, stood in zip(count.votes, candidates, strict=True) if stood is office)
        if given > count.valid * seats.count(office):
            en, zh = f"a paper names too many for {office}", f"选票所选{office.zh}人数超过应选名额"
            raise WrongCount("votes", reason=Phrase(en, zh))


def winners(votes: Sequence[int], seats: int, present: int, regime: Regime) -> list[bool]:
    """Which candidates for one office are elected, in the paper's order.

    Those with the most votes, of whoever has more than half of those present. Where as many have equally many
    for fewer seats, none of these is elected, and the seats stay vacant.
    """
    carried = [count for count in votes if regime.carried(count, present)]
    return [
        regime.carried(count, present) and sum(other >= count for other in carried) <= seats
        for count in votes
    ]


def outcome(
    count: Count, present: int, candidates: Sequence[Office], seats: Sequence[Office], regime: Regime
) -> tuple[list[Range], list[bool]]:
    """What is published of the votes, and who is elected; both in the paper's order, never by votes."""
    shown, elected = [Range(0, 0)] * len(candidates), [False] * len(candidates)
    for office in dict.fromkeys(seats):
        standing = [number for number, stood in enumerate(candidates) if stood is office]
        votes, wanted = [count.votes[number] for number in standing], seats.count(office)
        ranges, won = published(votes, present, wanted), winners(votes, wanted, present, regime)
        for number, votes_shown, wins in zip(standing, ranges, won, strict=True):
            shown[number], elected[number] = votes_shown, wins
    return shown, elected
