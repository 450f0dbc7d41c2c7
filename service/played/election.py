"""换届 Elections for the demonstration: five communities, each another way, planned from the day alone.

Everybody in them is made up, and so are the figures. One community elects its committee, loses two
members and fills the seats; one recalls a member; one elects by delegates; one has no quorum; one has held
its ballot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from uuid import NAMESPACE_URL, UUID, uuid5

from chuishao.commands import committee, election
from chuishao.commands.command import Command
from chuishao.commands.people.persons import RegisterPerson
from chuishao.domain.actor import Actor
from chuishao.domain.division import street_of
from chuishao.domain.election.election import election_id
from chuishao.domain.election.paper import salted_hash
from chuishao.domain.election.terms import (
    CallGround,
    Office,
    Proposers,
    VacancyGround,
    VoidGround,
    VotingMode,
)
from chuishao.domain.people.terms import PostKind
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.projections.elections import turnout
from chuishao.projections.posts import RESIDENTS
from chuishao.service.played.people import holder
from chuishao.service.played.stage import Played, Stage, command_id, made_by
from chuishao.service.working_day import ZONE, Act

COMMUNITIES = 5
STAND = 11
"""Who stands for anything in a community."""
SEATS = (Office.DIRECTOR, Office.DEPUTY_DIRECTOR, *(Office.MEMBER,) * 5)
STANDING = (Office.DIRECTOR, Office.DIRECTOR, Office.DEPUTY_DIRECTOR, *(Office.MEMBER,) * 6)
SHARES = (62, 31, 74, 71, 66, 64, 58, 55, 33)
"""Of a hundred who took part, how many name each of those who stand."""
DELEGATES_SHARES = (88, 8, 96, 92, 88, 84, 80, 76, 12)
_SEATED = """
SELECT (SELECT count(*) FROM committees.seat s JOIN committees.committee c ON c.id = s.committee
        WHERE starts_with(c.community, $1)) AS seats,
       (SELECT count(s.person) FROM committees.seat s JOIN committees.committee c ON c.id = s.committee
        WHERE starts_with(c.community, $1)) AS seated,
       (SELECT count(holder) FROM posts.post
        WHERE starts_with(place, $1) AND kind = ANY($2)) AS posts
"""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One ballot of a community: the day, how long the roll is, how many took part, and how they voted."""

    community: str
    on: date
    voters: int
    present: int
    standing: tuple[tuple[UUID, Office], ...]
    shares: tuple[int, ...]
    mode: VotingMode = VotingMode.ALL_VOTERS
    groups: int = 24

    @property
    def id(self) -> UUID:
        """The election."""
        return election_id(self.community, self.on)

    @property
    def votes(self) -> list[int]:
        """The totals."""
        return [self.present * share // 100 for share in self.shares]


def person(community: str, number: int) -> UUID:
    """Somebody who stands in a community, by their number; two hold posts of its party already."""
    match number:
        case 1:
            return holder(community, PostKind.PARTY_SECRETARY)
        case 6:
            return holder(community, PostKind.PARTY_COMMITTEE_MEMBER)
    return made_by(community, "stands", number)


def acts(stage: Stage) -> list[list[Act]]:
    """Those who stand enter the register, then what happens in each of the first communities, in order."""
    communities = [code for code, _ in stage.communities[:COMMUNITIES]]
    return [
        [*_registered(code, chain[0]), *chain]
        for code, chain in zip(communities, elections(communities, stage.day), strict=True)
    ]


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards of elections and committees say of a district."""
    years = await turnout(connection, district)
    certified, voided = sum(year.certified for year in years), sum(year.voided for year in years)
    under_way = sum(year.elections for year in years) - certified - voided
    share = sum(year.present for year in years) / max(sum(year.electors for year in years), 1)
    row = await connection.fetchrow(_SEATED, district, RESIDENTS)
    assert row is not None
    return {
        32: f"{certified} certified, {under_way} open, {voided} void; turnout {share:.0%};"
        f" {row['seated']} of {row['seats']} seats held, {row['posts']} elected posts with them"
    }


def _registered(community: str, first: Act) -> Iterator[Act]:
    at = first.at - timedelta(days=1)
    for number in range(1, STAND + 1):
        who = person(community, number)
        if who == made_by(community, "stands", number):
            register = RegisterPerson(place_code=community, label=f"居民 {number:03d}（模拟）")
            yield Act(at, first.actor, register, command_id(community, "stands", number))


def elections(communities: Sequence[str], day: date) -> Iterator[list[Act]]:
    """What happens in each of the first communities up to a day, in order."""
    plays = (_whole_term, _recalled, _by_delegates, _without_quorum, _ballot_held)
    for community, play in zip(communities, plays, strict=False):
        yield list(_dated(community, play(community, day)))


Planned = Iterator[tuple[date, Command]]
"""What is sent on which day, in order; of one day, each some time after the one before."""


def _dated(community: str, planned: Planned) -> Iterator[Act]:
    """As acts of the street: when, by whom, under which identifier."""
    street = street_of(community)
    officer = Actor(f"street-officer-{street}", Role.STREET_OFFICER, street)
    at, numbers = datetime.min.replace(tzinfo=ZONE), count(1)
    for on, command in planned:
        at = max(datetime.combine(on, time(9), ZONE), at + timedelta(minutes=40))
        id_ = uuid5(NAMESPACE_URL, f"chuishao:demo:{community}:election:{next(numbers)}")
        yield Act(at, officer, command, id_)


def _whole_term(community: str, day: date) -> Planned:
    ballot = _general(community, day - timedelta(days=40))
    yield from _elected(ballot)
    for number, ground in ((4, VacancyGround.RESIGNED), (1, VacancyGround.CEASED)):
        yield (
            day - timedelta(days=30),
            committee.VacateSeat(
                community_code=community, person_id=person(community, number), ground=ground
            ),
        )
    on = day - timedelta(days=4)
    yield (
        day - timedelta(days=25),
        election.CallByElection(community_code=community, mode=ballot.mode, ballot_on=on),
    )
    standing = ((person(community, 10), Office.DIRECTOR), (person(community, 11), Office.MEMBER))
    yield from _steps(Ballot(community, on, ballot.voters, 1_312, standing, (68, 71)))


def _recalled(community: str, day: date) -> Planned:
    yield from _elected(_general(community, day - timedelta(days=39)))
    yield (
        day - timedelta(days=6),
        committee.RecallMember(
            community_code=community,
            person_id=person(community, 5),
            proposal=election.ProposalPart(proposers=Proposers.HOUSEHOLDS, supporters=311, entitled=1_240),
            meeting=committee.MeetingPart(electors=2_260, present=1_544, votes=1_541),
            protocol_hash=_hashed(community, "recall"),
        ),
    )


def _by_delegates(community: str, day: date) -> Planned:
    on, standing = day - timedelta(days=38), _stand(community)
    mode = VotingMode.GROUP_DELEGATES
    yield from _elected(Ballot(community, on, 2_080, 25, standing, DELEGATES_SHARES, mode, groups=12))


def _without_quorum(community: str, day: date) -> Planned:
    ballot = Ballot(community, day - timedelta(days=37), 2_260, 1_064, _stand(community), SHARES)
    yield from _held(ballot)
    yield ballot.on, election.VoidElection(election_id=ballot.id, ground=VoidGround.QUORUM_NOT_REACHED)


def _ballot_held(community: str, day: date) -> Planned:
    yield from _held(_general(community, day))


def _general(community: str, on: date) -> Ballot:
    return Ballot(community, on, 2_260, 1_871, _stand(community), SHARES)


def _stand(community: str) -> tuple[tuple[UUID, Office], ...]:
    return tuple((person(community, number), office) for number, office in enumerate(STANDING, 1))


def _held(ballot: Ballot) -> Planned:
    yield (
        ballot.on - timedelta(days=30),
        election.CallElection(
            community_code=ballot.community,
            mode=ballot.mode,
            seats=list(SEATS),
            ballot_on=ballot.on,
            ground=CallGround.TERM_ENDS,
        ),
    )
    yield from _prepared(ballot)


def _elected(ballot: Ballot) -> Planned:
    yield from _held(ballot)
    yield from _counted(ballot)


def _steps(ballot: Ballot) -> Planned:
    yield from _prepared(ballot)
    yield from _counted(ballot)


def _prepared(ballot: Ballot) -> Planned:
    """From the roll to the close of the ballot."""
    yield (
        ballot.on - timedelta(days=21),
        election.RegisterVoters(
            election_id=ballot.id,
            voters=ballot.voters,
            households=1_240,
            groups=ballot.groups,
            roll_hash=_hashed(ballot.community, f"roll of {ballot.on}"),
            delegates=ballot.groups * 5 // 2 if ballot.mode is VotingMode.GROUP_DELEGATES else None,
        ),
    )
    yield (
        ballot.on - timedelta(days=10),
        election.ScreenCandidates(
            election_id=ballot.id,
            nominated=len(ballot.standing) + 2,
            candidates=[
                election.CandidatePart(person_id=who, office=office) for who, office in ballot.standing
            ],
        ),
    )
    yield ballot.on, election.HoldBallot(election_id=ballot.id, present=ballot.present)


def _counted(ballot: Ballot) -> Planned:
    yield (
        ballot.on,
        election.CountBallots(
            election_id=ballot.id,
            collected=ballot.present,
            invalid=ballot.present // 100,
            votes=ballot.votes,
            protocol_hash=_hashed(ballot.community, f"protocol of {ballot.on}"),
        ),
    )
    yield ballot.on + timedelta(days=1), election.CertifyResult(election_id=ballot.id)


def _hashed(community: str, paper: str) -> str:
    """The hash of a paper that there is not, with a salt that is no secret: this is a demonstration."""
    return salted_hash(f"demonstration {community}".encode(), [paper])


PLAYED = Played("Elections 换届选举", acts, told)
