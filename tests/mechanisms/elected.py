"""Elections in a town, by the commands that the API uses: one comes to a state in a community of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from chuishao.commands import committee, divisions, election
from chuishao.commands.command import Command
from chuishao.commands.people.persons import RegisterPerson
from chuishao.domain.election.election import election_id
from chuishao.domain.election.regime import day_of
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    Office,
    Proposers,
    VacancyGround,
    VotingMode,
)
from tests.mechanisms.elections import (
    CANDIDATES,
    MANY,
    PEOPLE,
    PROTOCOL,
    REGISTERED,
    ROLL,
    SEATS,
    STATES,
    VOTES,
)
from tests.numbers import community_code
from tests.town import COMMUNITY, Town

A_FIFTH = election.ProposalPart(proposers=Proposers.ADULTS, supporters=200, entitled=1000)
TODAY = date(2026, 3, 2)
"""The day on which the town's clock begins."""


async def on_the_roster(town: Town) -> None:
    """Let those who may stand be persons of the register; once in a town."""
    if await town.log.version(PEOPLE[-1]):
        return
    for number, command in enumerate(REGISTERED, start=1):
        await town.do(RegisterPerson(place_code=COMMUNITY, label=f"候选人 {number:03}"), id=command)


async def a_community(town: Town) -> str:
    """A community in which nobody was elected yet; those who may stand are on a roster."""
    await on_the_roster(town)
    code = community_code(town)
    await town.do(divisions.RegisterDivision(code=code, name="待选社区", effective_from=date(2024, 1, 1)))
    return code


def the_call(community: str, **fields: Any) -> election.CallElection:
    given: dict[str, Any] = {
        "mode": VotingMode.ALL_VOTERS,
        "seats": SEATS,
        "ballot_on": TODAY,
        "ground": CallGround.NEW_COMMITTEE,
    }
    if fields.get("ground") is CallGround.PROPOSAL:
        given["proposal"] = A_FIFTH
    return election.CallElection(community_code=community, **(given | fields))


def the_steps(
    id_: UUID, present: int = 800, votes: tuple[int, ...] = VOTES, people: Sequence[UUID] = PEOPLE
) -> list[Command]:
    """The commands after the call, in their order."""
    candidates = [
        election.CandidatePart(person_id=person, office=office)
        for person, (_, office) in zip(people, CANDIDATES, strict=True)
    ]
    return [
        election.RegisterVoters(
            election_id=id_,
            voters=max(MANY.voters, present),
            households=MANY.households,
            groups=MANY.groups,
            roll_hash=ROLL,
        ),
        election.ScreenCandidates(election_id=id_, nominated=12, candidates=candidates),
        election.HoldBallot(election_id=id_, present=present),
        election.CountBallots(
            election_id=id_, collected=present, invalid=0, votes=list(votes), protocol_hash=PROTOCOL
        ),
        election.CertifyResult(election_id=id_),
    ]


async def an_election_in(town: Town, status: ElectionStatus, days_ago: int = 0) -> tuple[str, UUID]:
    """The community and its election, which has come to a state; today, or so many days ago."""
    at = town.clock.now - timedelta(days=days_ago)
    community, ballot_on = await a_community(town), day_of(at)
    await town.do(the_call(community, ballot_on=ballot_on), town.street_officer, occurred_at=at)
    id_ = election_id(community, ballot_on)
    for step in the_steps(id_)[: STATES.index(status)]:
        await town.do(step, town.street_officer, occurred_at=at)
    return community, id_


async def a_committee_in(town: Town, *, vacant: bool = False, days_ago: int = 0) -> str:
    """A community with a committee, of whom one has resigned where a seat is to be `vacant`."""
    community, _ = await an_election_in(town, ElectionStatus.CERTIFIED, days_ago)
    if vacant:
        await town.do(
            committee.VacateSeat(
                community_code=community, person_id=PEOPLE[0], ground=VacancyGround.RESIGNED
            ),
            town.street_officer,
        )
    return community


async def a_by_election_in(town: Town, community: str) -> None:
    """A by-election to the director's seat, certified."""
    somebody = election.CandidatePart(person_id=PEOPLE[6], office=Office.DIRECTOR)
    id_ = (await town.do(the_by_election(community, day_of(town.clock.now)), town.street_officer)).id
    register, _, hold, _, certify = the_steps(id_, 300)
    screen = election.ScreenCandidates(election_id=id_, nominated=2, candidates=[somebody])
    counts = election.CountBallots(
        election_id=id_, collected=300, invalid=2, votes=[297], protocol_hash=PROTOCOL
    )
    for step in (register, screen, hold, counts, certify):
        await town.do(step, town.street_officer)


def the_by_election(community: str, ballot_on: date) -> election.CallByElection:
    return election.CallByElection(
        community_code=community, mode=VotingMode.ONE_A_HOUSEHOLD, ballot_on=ballot_on
    )


def the_recall(community: str, **fields: Any) -> committee.RecallMember:
    given: dict[str, Any] = {
        "person_id": PEOPLE[0],
        "proposal": A_FIFTH,
        "meeting": committee.MeetingPart(electors=1000, present=700, votes=400),
        "protocol_hash": PROTOCOL,
    }
    return committee.RecallMember(community_code=community, **(given | fields))
