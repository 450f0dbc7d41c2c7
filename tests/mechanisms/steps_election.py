"""换届 For every mutation of the election package a moment in which it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chuishao.commands.election import VoidElection
from chuishao.domain.election.regime import day_of
from chuishao.domain.election.terms import CallGround, ElectionStatus, VoidGround
from tests.mechanisms.elected import (
    a_by_election_in,
    a_committee_in,
    a_community,
    an_election_in,
    the_call,
    the_recall,
    the_steps,
)
from tests.mechanisms.elections import CANDIDATES, PEOPLE, PROTOCOL, ROLL, SEATS, VOTES
from tests.mechanisms.kinds import Board, Live, Prepare, Prepared
from tests.town import Town

FAR = "2099-03-02"
"""A day that has not come, whatever the clock."""


def step(status: ElectionStatus, **given: Any) -> Prepare:
    """A step of an election that has come to a state."""

    async def prepare(town: Town) -> Prepared:
        _, election = await an_election_in(town, status)
        return town.street_officer, {"electionId": str(election)} | given

    return prepare


def seat(**given: Any) -> Prepare:
    """Something about a member of a committee."""

    async def prepare(town: Town) -> Prepared:
        community = await a_committee_in(town)
        return town.street_officer, {"communityCode": community, "personId": str(PEOPLE[0])} | given

    return prepare


async def call(town: Town) -> Prepared:
    proposal = {"proposers": "HOUSEHOLDS", "supporters": 84, "entitled": 420}
    return town.street_officer, {
        "communityCode": await a_community(town),
        "mode": "ALL_VOTERS",
        "seats": [office.value for office in SEATS],
        "ballotOn": FAR,
        "ground": "PROPOSAL",
        "proposal": proposal,
    }


async def call_by_election(town: Town) -> Prepared:
    community = await a_committee_in(town, vacant=True)
    return town.street_officer, {"communityCode": community, "mode": "ONE_A_HOUSEHOLD", "ballotOn": FAR}


STEPS: dict[str, Prepare] = {
    "callElection": call,
    "callByElection": call_by_election,
    "registerVoters": step(
        ElectionStatus.CALLED, voters=1000, households=420, groups=14, rollHash=ROLL, delegates=None
    ),
    "screenCandidates": step(
        ElectionStatus.REGISTERED,
        nominated=12,
        candidates=[{"personId": str(person), "office": office.value} for person, office in CANDIDATES],
    ),
    "holdBallot": step(ElectionStatus.SCREENED, present=800),
    "countBallots": step(
        ElectionStatus.HELD, collected=790, invalid=10, votes=list(VOTES), protocolHash=PROTOCOL
    ),
    "certifyResult": step(ElectionStatus.COUNTED),
    "voidElection": step(ElectionStatus.REGISTERED, ground="CALLED_OFF"),
    "vacateSeat": seat(ground="RESIGNED"),
    "recallMember": seat(
        proposal={"proposers": "ADULTS", "supporters": 200, "entitled": 1000},
        meeting={"electors": 1000, "present": 700, "votes": 698},
        protocolHash=PROTOCOL,
    ),
}


async def recall_and_fill(town: Town) -> None:
    """Recall a member, and elect another one to the seat."""
    community = await a_committee_in(town, days_ago=1)
    await town.do(the_recall(community), town.street_officer)
    await a_by_election_in(town, community)


async def void(town: Town) -> None:
    """Void an election whose figures were known."""
    _, election = await an_election_in(town, ElectionStatus.COUNTED)
    await town.do(VoidElection(election_id=election, ground=VoidGround.PROCEDURE_BROKEN), town.street_officer)


async def renewed(town: Town) -> None:
    """Two committees, one after the other."""
    community, _ = await an_election_in(town, ElectionStatus.CERTIFIED, days_ago=30)
    call = the_call(community, ballot_on=day_of(town.clock.now), ground=CallGround.PROPOSAL)
    id_ = (await town.do(call, town.street_officer)).id
    for step in the_steps(id_):
        await town.do(step, town.street_officer)


LIVES: list[Live] = [recall_and_fill, void, renewed]
BOARDS: dict[str, Board] = {
    "elections": Board("elections.election", "callElection", ("LATEST", "EARLIEST")),
    "committees": Board("committees.committee", "certifyResult", ("COMMUNITY", "TERM")),
}
SINGLES: dict[str, str] = {
    "election": "SELECT id FROM elections.election WHERE term IS NOT NULL AND status = 'CERTIFIED' LIMIT 1",
    "committee": "SELECT committee FROM committees.recall LIMIT 1",
}
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_election": lambda ids: {"id": ids["election"]},
    "frontend_committee": lambda ids: {"id": ids["committee"]},
}
