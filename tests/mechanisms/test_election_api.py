"""换届 Elections by the API: each mutation for its effect; what is wrong for its error and no event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.election.committee import committee_id
from chuishao.domain.election.terms import ElectionStatus
from chuishao.domain.identity import identify
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.mechanisms.elected import a_committee_in, an_election_in
from tests.mechanisms.elections import CANDIDATES, PEOPLE, PROTOCOL, ROLL, SEATS, VOTES
from tests.mechanisms.steps_election import FAR, STEPS
from tests.served import Client, Served, mutation, served
from tests.town import STREET, Town, make_town

STREET_OFFICER = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
ELECTION = """query ($id: ID!, $at: Position) { election(id: $id, atLeast: $at) {
    status mode ballotOn regime ground proposers supporters entitled voters households groups
    electors nominated present turnout quorate sizeFit byElection possibleSteps
    rollHash protocolHash voidGround heldAt endedAt
    contests { office seats } candidates { number personId office atLeast atMost elected }
    division { name } committee { id vacant } completes { id status } } }"""
COMMITTEE = """query ($id: ID!, $at: Position) { committee(id: $id, atLeast: $at) {
    electedOn termFrom termUntil terms seatCount vacant overdue division { name } election { id status }
    seats { number office personId since }
    memberships { office personId until ended election { id } }
    recalls { office personId proposers supporters entitled electors present atLeast atMost } } }"""


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """A database for all of them."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town in which elections are held."""
    pool = await open_pool(database, size=4)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


@pytest.fixture
def client(serving: Served) -> Client:
    """The street's officer."""
    return serving.client(STREET_OFFICER)


async def sent(client: Client, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The payload of a mutation."""
    answer = await client.read(mutation(name), input={"commandId": str(uuid4())} | given)
    payload: dict[str, Any] = answer[name]
    return payload


async def accepted(town: Town, client: Client, name: str, thing: str = "election") -> tuple[str, int]:
    """The thing that a mutation of the steps changed, and where to read it."""
    _, given = await STEPS[name](town)
    text = f"""mutation ($input: {name[0].upper() + name[1:]}Input!) {{
        {name}(input: $input) {{ {thing} {{ id }} unread {{ code }} position errors {{ code }} }} }}"""
    payload = (await client.read(text, input={"commandId": str(uuid4())} | given))[name]
    assert payload["errors"] == [] and payload["unread"] is None
    return payload[thing]["id"], payload["position"]


async def election_after(town: Town, client: Client, name: str) -> dict[str, Any]:
    id_, position = await accepted(town, client, name)
    found: dict[str, Any] = (await client.read(ELECTION, id=id_, at=position))["election"]
    return found


async def committee_after(town: Town, client: Client, name: str) -> dict[str, Any]:
    id_, position = await accepted(town, client, name, "committee")
    found: dict[str, Any] = (await client.read(COMMITTEE, id=id_, at=position))["committee"]
    return found


# Effects


async def test_a_called_election_shows_its_law_and_its_seats(town: Town, client: Client) -> None:
    found = await election_after(town, client, "callElection")
    told = ("status", "mode", "ballotOn", "regime", "ground", "proposers", "supporters", "entitled")
    assert [found[name] for name in told] == [
        "CALLED", "ALL_VOTERS", FAR, "LAW_2025", "PROPOSAL", "HOUSEHOLDS", 84, 420,
    ]  # fmt: skip
    assert found["contests"] == [
        {"office": "DIRECTOR", "seats": 1},
        {"office": "DEPUTY_DIRECTOR", "seats": 1},
        {"office": "MEMBER", "seats": 3},
    ]
    assert found["possibleSteps"] == ["REGISTER_VOTERS", "VOID"]
    assert (found["turnout"], found["quorate"], found["sizeFit"], found["committee"]) == (None,) * 4
    assert found["byElection"] is False and found["division"]["name"] == "待选社区"


async def test_a_by_election_shows_the_term_that_it_completes(town: Town, client: Client) -> None:
    found = await election_after(town, client, "callByElection")
    assert found["byElection"] is True and found["ground"] is None
    assert found["contests"] == [{"office": "DIRECTOR", "seats": 1}]
    assert found["completes"]["status"] == "CERTIFIED" and found["committee"]["vacant"] == 1


async def test_registered_voters_are_counts_and_a_hash(town: Town, client: Client) -> None:
    found = await election_after(town, client, "registerVoters")
    assert [found[name] for name in ("voters", "households", "groups", "electors")] == [1000, 420, 14, 1000]
    assert (found["rollHash"], found["sizeFit"]) == (ROLL, "BELOW")


async def test_screened_candidates_stand_in_the_order_of_the_paper(town: Town, client: Client) -> None:
    found = await election_after(town, client, "screenCandidates")
    assert [(each["number"], each["personId"], each["office"]) for each in found["candidates"]] == [
        (number, str(person), office) for number, (person, office) in enumerate(CANDIDATES, 1)
    ]
    assert {each["elected"] for each in found["candidates"]} == {None}
    assert found["nominated"] == 12


async def test_a_held_ballot_shows_the_turnout_and_nothing_else(town: Town, client: Client) -> None:
    found = await election_after(town, client, "holdBallot")
    assert (found["present"], found["turnout"], found["quorate"]) == (800, 0.8, True)
    assert {each["atLeast"] for each in found["candidates"]} == {None}
    assert found["heldAt"] is not None and found["protocolHash"] is None


async def test_a_count_shows_who_is_elected(town: Town, client: Client) -> None:
    found = await election_after(town, client, "countBallots")
    assert [each["atLeast"] for each in found["candidates"]] == list(VOTES)
    assert [each["atMost"] for each in found["candidates"]] == list(VOTES)
    assert [each["elected"] for each in found["candidates"]] == [True, False, True, True, True, True, False]
    assert found["protocolHash"] == PROTOCOL


async def test_a_certified_result_gives_a_committee(town: Town, client: Client) -> None:
    found = await election_after(town, client, "certifyResult")
    assert (found["status"], found["possibleSteps"], found["committee"]["vacant"]) == ("CERTIFIED", [], 0)
    committee = (await client.read(COMMITTEE, id=found["committee"]["id"]))["committee"]
    assert [seat["office"] for seat in committee["seats"]] == [office.value for office in SEATS]
    assert [seat["personId"] for seat in committee["seats"]] == [str(PEOPLE[n]) for n in (0, 2, 3, 4, 5)]
    assert int(committee["termUntil"][:4]) == int(committee["termFrom"][:4]) + 5
    assert (committee["overdue"], committee["terms"]) == (False, 1)


async def test_a_void_election_says_why(town: Town, client: Client) -> None:
    found = await election_after(town, client, "voidElection")
    assert (found["status"], found["voidGround"], found["possibleSteps"]) == ("VOIDED", "CALLED_OFF", [])


async def test_a_vacated_seat_is_shown_vacant_and_remembered(town: Town, client: Client) -> None:
    found = await committee_after(town, client, "vacateSeat")
    assert (found["vacant"], found["seats"][0]["personId"]) == (1, None)
    assert found["memberships"][0]["ended"] == "RESIGNED" and found["memberships"][0]["until"] is not None
    assert found["memberships"][1]["ended"] is None


async def test_a_recall_shows_its_figures_as_far_as_they_tell_nobodys_vote(
    town: Town, client: Client
) -> None:
    found = await committee_after(town, client, "recallMember")
    assert found["recalls"] == [
        {
            "office": "DIRECTOR", "personId": str(PEOPLE[0]), "proposers": "ADULTS", "supporters": 200,
            "entitled": 1000, "electors": 1000, "present": 700, "atLeast": 696, "atMost": 700,
        }
    ]  # fmt: skip
    assert found["memberships"][0]["ended"] == "RECALLED"


# Boards


async def test_the_boards_list_by_place_and_state(town: Town, client: Client) -> None:
    community, election = await an_election_in(town, ElectionStatus.HELD)
    head = await town.log.head()
    listed = """query ($place: String, $at: Position) {
        elections(place: $place, status: [HELD], atLeast: $at) { totalCount nodes { id turnout } }
        none: elections(place: $place, status: [VOIDED]) { totalCount }
        electionTurnout(place: $place) { year elections certified voided held electors present turnout } }"""
    found = await client.read(listed, place=community, at=head)
    assert found["elections"] == {"totalCount": 1, "nodes": [{"id": str(election), "turnout": 0.8}]}
    assert found["none"] == {"totalCount": 0}
    assert found["electionTurnout"] == [
        {
            "year": 2026, "elections": 1, "certified": 0, "voided": 0, "held": 1, "electors": 1000,
            "present": 800, "turnout": 0.8,
        }
    ]  # fmt: skip


async def test_committees_are_listed_with_their_vacancies(town: Town, client: Client) -> None:
    full, short = await a_committee_in(town), await a_committee_in(town, vacant=True)
    head = await town.log.head()
    listed = """query ($place: String, $vacant: Boolean, $at: Position) {
        committees(place: $place, vacant: $vacant, orderBy: TERM, atLeast: $at) { nodes { id vacant } } }"""
    for place, vacant in ((full, False), (short, True)):
        found = await client.read(listed, place=place, vacant=vacant, at=head)
        assert found["committees"]["nodes"] == [{"id": str(committee_id(place)), "vacant": int(vacant)}]
        other = await client.read(listed, place=place, vacant=not vacant)
        assert other["committees"]["nodes"] == []


async def test_anybody_may_read_of_elections_and_nobody_reads_of_voters(town: Town, serving: Served) -> None:
    _, election = await an_election_in(town, ElectionStatus.CERTIFIED)
    head = await town.log.head()
    strangers = [serving.client(), serving.client(Actor("resident-9", Role.RESIDENT, ""))]
    seen = [(await stranger.read(ELECTION, id=str(election), at=head))["election"] for stranger in strangers]
    assert seen[0] == seen[1] and seen[0]["status"] == "CERTIFIED"


# What is wrong

WRONG: dict[str, list[tuple[dict[str, Any], str]]] = {
    "callElection": [
        ({"seats": ["DIRECTOR", "MEMBER"]}, "WRONG_SEATS"),
        ({"ballotOn": "2026-01-05"}, "BAD_TIME"),
        ({"communityCode": "120101001998"}, "UNKNOWN_DIVISION"),
        ({"communityCode": STREET}, "WRONG_DIVISION_LEVEL"),
        ({"proposal": {"proposers": "GROUPS", "supporters": 1, "entitled": 14}}, "NOT_ENOUGH_PROPOSERS"),
        ({"proposal": None}, "PROPOSAL_MISMATCH"),
    ],
    "callByElection": [
        ({"communityCode": "120101001998"}, "UNKNOWN_DIVISION"),
        ({"ballotOn": "2026-01-05"}, "BAD_TIME"),
        ({"communityCode": "310101001001"}, "OUT_OF_SCOPE"),
    ],
    "registerVoters": [
        ({"rollHash": "选民 0001"}, "BAD_HASH"),
        ({"voters": 0}, "OUT_OF_RANGE"),
        ({"voters": 9, "households": 9}, "ELECTORATE_TOO_SMALL"),
        ({"delegates": 30}, "DELEGATES_MISMATCH"),
        ({"electionId": str(identify("nothing"))}, "NOT_FOUND"),
    ],
    "screenCandidates": [
        ({"candidates": []}, "WRONG_CANDIDATES"),
        ({"nominated": 1}, "WRONG_CANDIDATES"),
        ({"nominated": 201}, "OUT_OF_RANGE"),
        ({"candidates": [{"personId": "nobody", "office": "MEMBER"}]}, "BAD_CODE"),
    ],
    "holdBallot": [
        ({"present": 1001}, "OUT_OF_RANGE"),
        ({"present": -1}, "OUT_OF_RANGE"),
        ({"occurredAt": "2026-01-05T00:00:00Z"}, "BAD_TIME"),
    ],
    "countBallots": [
        ({"collected": 801}, "MORE_PAPERS_THAN_ISSUED"),
        ({"invalid": 791}, "WRONG_COUNT"),
        ({"votes": [1]}, "WRONG_COUNT"),
        ({"votes": [781, 0, 0, 0, 0, 0, 0]}, "WRONG_COUNT"),
        ({"protocolHash": ""}, "BAD_HASH"),
    ],
    "certifyResult": [
        ({"electionId": str(identify("nothing"))}, "NOT_FOUND"),
        ({"electionId": "1"}, "BAD_CODE"),
        ({"occurredAt": "2026-01-05T00:00:00Z"}, "BAD_TIME"),
    ],
    "voidElection": [
        ({"ground": "NOBODY_ELECTED"}, "VOID_GROUND_UNTRUE"),
        ({"ground": "QUORUM_NOT_REACHED"}, "VOID_GROUND_UNTRUE"),
        ({"electionId": str(identify("nothing"))}, "NOT_FOUND"),
    ],
    "vacateSeat": [
        ({"personId": str(PEOPLE[1])}, "NOT_FOUND"),
        ({"communityCode": "120101001998"}, "NOT_FOUND"),
        ({"occurredAt": "2026-01-05T00:00:00Z"}, "BAD_TIME"),
    ],
    "recallMember": [
        ({"personId": str(PEOPLE[1])}, "NOT_FOUND"),
        ({"proposal": {"proposers": "ADULTS", "supporters": 199, "entitled": 1000}}, "NOT_ENOUGH_PROPOSERS"),
        ({"meeting": {"electors": 1000, "present": 500, "votes": 500}}, "QUORUM_NOT_REACHED"),
        ({"meeting": {"electors": 1000, "present": 700, "votes": 350}}, "NOT_CARRIED"),
        ({"meeting": {"electors": 9, "present": 9, "votes": 9}}, "ELECTORATE_TOO_SMALL"),
        ({"protocolHash": "0"}, "BAD_HASH"),
    ],
}


@pytest.mark.parametrize("name", STEPS)
async def test_what_is_wrong_is_refused_with_its_code_and_recorded_nowhere(
    name: str, town: Town, client: Client
) -> None:
    _, given = await STEPS[name](town)
    head = await town.log.head()
    for wrong, code in WRONG[name]:
        payload = await sent(client, name, given | wrong)
        assert [error["code"] for error in payload["errors"]] == [code], wrong
        assert payload["position"] is None
    assert await town.log.head() == head


async def test_an_election_step_sent_twice_is_refused_and_a_command_sent_twice_is_answered(
    town: Town, client: Client
) -> None:
    _, given = await STEPS["holdBallot"](town)
    command = {"commandId": str(uuid4())} | given
    first = await client.read(mutation("holdBallot"), input=command)
    again = await client.read(mutation("holdBallot"), input=command)
    assert first == again
    other = await sent(client, "holdBallot", given)
    assert [error["code"] for error in other["errors"]] == ["ILLEGAL_TRANSITION"]


async def test_a_term_that_is_over_is_shown_as_overdue(town: Town, client: Client) -> None:
    await a_committee_in(town)
    soon = await client.read("{ committees(orderBy: TERM, first: 1) { nodes { termUntil overdue } } }")
    (node,) = soon["committees"]["nodes"]
    assert node["overdue"] is False
