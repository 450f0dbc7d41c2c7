"""换届 Elections by commands, in a real log: what is recorded, what is refused, and what leaves no trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands import committee, election
from chuishao.commands.command import Command
from chuishao.commands.people.ground import elected
from chuishao.commands.people.persons import RegisterPerson
from chuishao.commands.people.posts import FillPost
from chuishao.commands.work import Work
from chuishao.domain.actor import Actor
from chuishao.domain.election import election_events as facts
from chuishao.domain.election.committee import Committee, committee_id
from chuishao.domain.election.election import election_id
from chuishao.domain.election.refusals import NotEnoughProposers, NoVacancy, TermOver, WrongSeats
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    Proposers,
    VacancyGround,
    VoidGround,
    VotingMode,
)
from chuishao.domain.identity import identify
from chuishao.domain.people.refusals import ElectionNotCertified
from chuishao.domain.people.terms import PostKind
from chuishao.domain.refusal import (
    AlreadyExists,
    Forbidden,
    IllegalTransition,
    NotFound,
    OutOfScope,
    Refusal,
    UnknownDivision,
)
from chuishao.domain.vocabulary import Role
from tests.mechanisms.elected import (
    TODAY,
    a_committee_in,
    a_community,
    an_election_in,
    on_the_roster,
    the_call,
    the_recall,
    the_steps,
)
from tests.mechanisms.elections import CANDIDATES, DIRECTOR, PEOPLE, PROTOCOL, ROLL, SEATS
from tests.town import COMMUNITY, KEY, Town


async def committee_of(town: Town, community: str) -> Committee:
    found = await town.log.aggregates.load(committee_id(community))
    assert isinstance(found, Committee)
    return found


async def refused(town: Town, command: Command, code: type[Refusal], by: Actor | None = None) -> Refusal:
    """The refusal of a command, after which the log is as before."""
    head = await town.log.head()
    with pytest.raises(code) as told:
        await town.do(command, by or town.street_officer)
    assert await town.log.head() == head
    return told.value


async def test_an_election_gives_a_committee_its_members(town: Town) -> None:
    community = await a_committee_in(town)
    found = await committee_of(town, community)
    assert [person for _, person in found.seats] == [PEOPLE[number] for number in (0, 2, 3, 4, 5)]
    assert found.term_until == date(2031, 3, 2)


async def test_the_community_conducts_and_the_street_certifies(town: Town) -> None:
    await on_the_roster(town)
    await refused(town, the_call(COMMUNITY), Forbidden, town.community_staff)
    await town.do(the_call(COMMUNITY), town.street_officer)
    *conducted, certified = the_steps(election_id(COMMUNITY, TODAY))
    for step in conducted:
        await town.do(step, town.community_staff)
    await refused(town, certified, Forbidden, town.community_staff)
    elsewhere = Actor("street-officer-8", Role.STREET_OFFICER, "310101001")
    await refused(town, certified, OutOfScope, elsewhere)
    await town.do(certified, town.street_officer)


async def test_a_community_has_one_election_a_day(town: Town) -> None:
    community, id_ = await an_election_in(town, ElectionStatus.CALLED)
    await refused(town, the_call(community), AlreadyExists)
    await town.do(election.VoidElection(election_id=id_, ground=VoidGround.CALLED_OFF), town.street_officer)
    await refused(town, the_call(community), AlreadyExists)
    await town.do(the_call(community, ballot_on=TODAY + timedelta(days=1)), town.street_officer)


async def test_the_same_command_again_changes_nothing(town: Town) -> None:
    community = await a_community(town)
    same = uuid4()
    first = await town.do(the_call(community), town.street_officer, id=same)
    assert await town.do(the_call(community), town.street_officer, id=same) == first


async def test_vacant_seats_are_filled_by_a_by_election(town: Town) -> None:
    community = await a_committee_in(town, vacant=True)
    day = TODAY + timedelta(days=30)
    by_election = election.CallByElection(
        community_code=community, mode=VotingMode.ONE_A_HOUSEHOLD, ballot_on=day
    )
    await town.do(by_election, town.street_officer)
    town.clock.advance(days=30)
    somebody, id_ = PEOPLE[6], election_id(community, day)
    steps: list[Command] = [
        election.RegisterVoters(election_id=id_, voters=1000, households=420, groups=14, roll_hash=ROLL),
        election.ScreenCandidates(
            election_id=id_,
            nominated=1,
            candidates=[election.CandidatePart(person_id=somebody, office=DIRECTOR)],
        ),
        election.HoldBallot(election_id=id_, present=300),
        election.CountBallots(election_id=id_, collected=300, invalid=0, votes=[250], protocol_hash=PROTOCOL),
        election.CertifyResult(election_id=id_),
    ]
    for step in steps:
        await town.do(step, town.street_officer)
    found = await committee_of(town, community)
    assert found.seats[0] == (DIRECTOR, somebody)
    assert found.term_until == date(2031, 3, 2)


async def test_without_a_vacancy_or_a_committee_there_is_no_by_election(town: Town) -> None:
    community = await a_committee_in(town)
    called: dict[str, Any] = {"mode": VotingMode.ALL_VOTERS, "ballot_on": TODAY + timedelta(days=9)}
    await refused(town, election.CallByElection(community_code=community, **called), NoVacancy)
    await refused(town, election.CallByElection(community_code=await a_community(town), **called), NotFound)


async def test_a_recalled_director_leaves_the_seat(town: Town) -> None:
    community = await a_committee_in(town)
    await town.do(the_recall(community), town.street_officer)
    assert (await committee_of(town, community)).vacant == [DIRECTOR]


async def test_a_by_election_is_overtaken_by_another_committee(town: Town) -> None:
    community = await a_committee_in(town, vacant=True)
    day = TODAY + timedelta(days=40)
    by_election = election.CallByElection(community_code=community, mode=VotingMode.ALL_VOTERS, ballot_on=day)
    id_ = (await town.do(by_election, town.street_officer)).id
    renewed = TODAY + timedelta(days=20)
    renewal = the_call(community, ballot_on=renewed, ground=CallGround.PROPOSAL)
    other = (await town.do(renewal, town.street_officer)).id
    town.clock.advance(days=20)
    for step in the_steps(other):
        await town.do(step, town.street_officer)
    town.clock.advance(days=20)
    register, _, hold, _, certify = the_steps(id_)
    screen = election.ScreenCandidates(
        election_id=id_,
        nominated=1,
        candidates=[election.CandidatePart(person_id=PEOPLE[6], office=DIRECTOR)],
    )
    counts = election.CountBallots(
        election_id=id_, collected=800, invalid=0, votes=[700], protocol_hash=PROTOCOL
    )
    for step in (register, screen, hold, counts):
        await town.do(step, town.street_officer)
    await refused(town, certify, TermOver)
    await town.do(
        election.VoidElection(election_id=id_, ground=VoidGround.PROCEDURE_BROKEN), town.street_officer
    )


async def test_what_is_refused_leaves_no_trace(town: Town) -> None:
    community, id_ = await an_election_in(town, ElectionStatus.CALLED)
    unknown = identify("nothing")
    few = election.ProposalPart(proposers=Proposers.GROUPS, supporters=1, entitled=14)
    by_proposal = the_call(
        community, ballot_on=TODAY + timedelta(days=3), ground=CallGround.PROPOSAL, proposal=few
    )
    assert (await refused(town, by_proposal, NotEnoughProposers)).path[0] == "proposal"
    await refused(town, the_call("120101001999"), UnknownDivision)
    await refused(town, the_call(await a_community(town), seats=SEATS[:4]), WrongSeats)
    for step in the_steps(unknown):
        await refused(town, step, NotFound)
    for step in the_steps(id_)[1:]:
        await refused(town, step, IllegalTransition)
    vacate = committee.VacateSeat(
        community_code=community, person_id=PEOPLE[0], ground=VacancyGround.RESIGNED
    )
    await refused(town, vacate, NotFound)
    await refused(town, the_recall(community), NotFound)


# 一肩挑 “通过法定程序担任”: who holds an elected post


async def test_who_was_elected_holds_the_post_and_nobody_else(town: Town) -> None:
    community = await a_community(town)
    id_ = (await town.do(the_call(community), town.street_officer)).id
    people = []
    for number in range(1, len(CANDIDATES) + 1):
        label = f"社区工作者 {number:03d}"
        register = RegisterPerson(place_code=community, label=label, name=None)
        people.append((await town.do(register, town.street_officer)).id)
    director, loser, member = people[0], people[1], people[3]
    fill = FillPost(
        kind=PostKind.COMMITTEE_DIRECTOR, place_code=community, person_id=director, election_id=id_
    )
    for step in the_steps(id_, people=people):
        await refused(town, fill, ElectionNotCertified)
        await town.do(step, town.street_officer)
    await refused(town, replace(fill, person_id=loser), ElectionNotCertified)
    await refused(town, replace(fill, person_id=member), ElectionNotCertified)
    await refused(town, replace(fill, place_code=COMMUNITY), ElectionNotCertified)
    await town.do(fill, town.street_officer)
    seat = replace(fill, kind=PostKind.RESIDENTS_COMMITTEE_MEMBER)
    await refused(town, seat, ElectionNotCertified)
    await town.do(replace(seat, person_id=member), town.street_officer)


async def test_who_was_recalled_does_not_come_to_hold_the_post(town: Town) -> None:
    community, id_ = await an_election_in(town, ElectionStatus.CERTIFIED)
    work = Work(town.log, town.street_officer, town.clock.now, town.clock.now, uuid4(), KEY)
    assert await elected(work, id_, PostKind.COMMITTEE_DIRECTOR, community, PEOPLE[0])
    await town.do(the_recall(community), town.street_officer)
    work = Work(town.log, town.street_officer, town.clock.now, town.clock.now, uuid4(), KEY)
    assert not await elected(work, id_, PostKind.COMMITTEE_DIRECTOR, community, PEOPLE[0])


# 投票秘密 What an adversary finds who has the whole log, and the whole database


async def test_the_log_has_at_most_seven_events_of_an_election_and_none_is_a_voters(town: Town) -> None:
    _, id_ = await an_election_in(town, ElectionStatus.CERTIFIED)
    recorded = [event for event in await town.log.after(0, 10_000) if event.stream == id_]
    assert [type(event.event) for event in recorded] == [
        facts.ElectionCalled,
        facts.VotersRegistered,
        facts.CandidatesScreened,
        facts.BallotHeld,
        facts.BallotsCounted,
        facts.ResultCertified,
    ]
    for event in recorded:
        assert event.meta.actor == town.street_officer.id, "those who hold the election, and nobody else"
        assert event.meta.correlation == event.meta.causation == event.meta.command
        assert event.correlation is None
    assert len({event.meta.command for event in recorded}) == len(recorded)


async def test_a_small_cell_stands_nowhere_in_the_database(town: Town) -> None:
    """987,653 of 987,654: nobody may ever learn that exactly one was not for the director."""
    community = await a_community(town)
    id_ = (await town.do(the_call(community), town.street_officer)).id
    exact, present = 987_653, 987_654
    votes = (exact, 1, 600_000, 600_000, 600_000, 600_000, 1)
    for step in the_steps(id_, present, votes):
        await town.do(step, town.street_officer)
    digits = str(exact)
    forms = (digits, digits.encode().hex(), f"{exact:x}")
    async with town.log.pool.acquire() as connection:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        rows = 0
        for table in tables:
            for row in await connection.fetch(f"SELECT t::text AS row FROM {table['name']} t"):
                rows += 1
                assert not any(form in row["row"] for form in forms), table["name"]
        held = await connection.fetchval("SELECT count(*) FROM event WHERE data::text LIKE '%987654%'")
    assert rows > 50
    assert held >= 2, "the turnout is there, and so is the range up to it"


async def test_a_result_is_read_back_from_the_log_as_it_was_decided(town: Town) -> None:
    community, id_ = await an_election_in(town, ElectionStatus.COUNTED)
    loaded = await town.log.aggregates.load(id_)
    assert [person for person, _ in loaded.result] == [PEOPLE[number] for number in (0, 2, 3, 4, 5)]
    assert isinstance(loaded.id, UUID)
    assert loaded.community == community
