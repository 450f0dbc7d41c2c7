"""适用法律 What the law asks of an election, by date: seats, term, voters, ways of voting, who may propose.

The law on residents' committees (城市居民委员会组织法), as amended in 2018 and as revised in 2025. It wants
a committee for so many households “generally” (一般): a size outside of that is shown, and refuses nothing.
It is national law, so its days are those of Beijing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from chuishao.domain.election.refusals import NoRegime, NotEnoughProposers, WrongSeats
from chuishao.domain.election.terms import LegalRegime, Office, Proposers, SizeFit
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange

BEIJING = timezone(timedelta(hours=8), "北京时间")
MAX_PEOPLE = 1_000_000
"""More residents, households or groups than any community has."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """提议 Who proposes a meeting: how many of how many residents, households or groups."""

    proposers: Proposers
    supporters: int
    entitled: int


@dataclass(frozen=True, slots=True)
class Regime:
    """One state of the law, in force from `since` to the day before the next one.

    `households`, `seats` and `delegates` (of each residents' group) are the least and the most;
    `one_in` says that it takes at least one in so many to propose a meeting.
    """

    name: LegalRegime
    since: date
    households: tuple[int, int]
    seats: tuple[int, int] = (5, 9)
    delegates: tuple[int, int] = (2, 3)
    term_years: int = 5
    one_in: dict[Proposers, int] = field(
        default_factory=lambda: {Proposers.ADULTS: 5, Proposers.HOUSEHOLDS: 5, Proposers.GROUPS: 3}
    )

    def fit(self, households: int) -> SizeFit:
        """How so many households compare with what the law generally wants."""
        low, high = self.households
        return SizeFit.BELOW if households < low else SizeFit.ABOVE if households > high else SizeFit.WITHIN

    def quorate(self, present: int, electors: int) -> bool:
        """Whether more than half are present."""
        return 2 * present > electors

    def carried(self, votes: int, present: int) -> bool:
        """Whether more than half of those present are for it."""
        return 2 * votes > present

    def term_end(self, begins: date) -> date:
        """The day from which a committee elected on a day is out of term."""
        year = begins.year + self.term_years
        try:
            return begins.replace(year=year)
        except ValueError:  # the 29th of February
            return date(year, 3, 1)

    def require_seats(self, offices: list[Office]) -> None:
        """Refuse a committee of another size, or without exactly one director."""
        low, high = self.seats
        if not low <= len(offices) <= high or offices.count(Office.DIRECTOR) != 1:
            raise WrongSeats("seats", low=low, high=high, given=list(offices))

    def require_proposal(self, proposal: Proposal, *path: str) -> None:
        """Refuse a proposal that too few support, or whose figures are impossible."""
        counted(proposal.entitled, "entitled", MAX_PEOPLE, *path)
        counted(proposal.supporters, "supporters", proposal.entitled, *path)
        needed = -(-proposal.entitled // self.one_in[proposal.proposers])
        if proposal.supporters < needed:
            raise NotEnoughProposers(
                *path,
                supporters=proposal.supporters,
                entitled=proposal.entitled,
                proposers=proposal.proposers,
                needed=needed,
            )


REGIMES: tuple[Regime, ...] = (
    Regime(LegalRegime.LAW_2018, since=date(2018, 12, 29), households=(100, 700)),
    Regime(LegalRegime.LAW_2025, since=date(2026, 1, 1), households=(1_000, 3_000)),
)
"""Every state of the law that is known, in the order of their dates."""

REGIME_OF: dict[LegalRegime, Regime] = {regime.name: regime for regime in REGIMES}


def regime_on(day: date, *path: str) -> Regime:
    """The law in force on a day; refused for days before the first that is known."""
    for regime in reversed(REGIMES):
        if day >= regime.since:
            return regime
    raise NoRegime(*path, day=day, since=REGIMES[0].since)


def day_of(at: datetime) -> date:
    """The day in Beijing."""
    return at.astimezone(BEIJING).date()


def counted(number: int, name: str, most: int, *path: str) -> int:
    """Give back a count from 1 to `most`; else refuse it, with the path to the field `name`."""
    if not 1 <= number <= most:
        raise OutOfRange(*path, name, field=Phrase(name, name), value=number, low=1, high=most)
    return number
