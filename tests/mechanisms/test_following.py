"""What follows by itself from the rounds, from elections and from time: once each, and visible as such."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chuishao.commands import committee, policies, rounds
from chuishao.commands.erasure import EraseSubject
from chuishao.commands.people.persons import RegisterPerson
from chuishao.commands.people.posts import VacatePost
from chuishao.commands.stewards import LogDuty
from chuishao.domain.case_events import CaseReported
from chuishao.domain.election.committee import Committee, committee_id
from chuishao.domain.election.election import election_id
from chuishao.domain.election.regime import day_of
from chuishao.domain.election.terms import CallGround, Office, VacancyGround
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.people.terms import PostKind
from chuishao.domain.refusal import BadPolicy
from chuishao.domain.rounds.household import household_subject
from chuishao.domain.rounds.terms import StewardDuty, WelfareCheck
from chuishao.domain.rounds.watch_events import ConcernRaised
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.reactions.elected import REACTION as ELECTED
from chuishao.reactions.finding import REACTION as FINDING
from chuishao.reactions.missed_check import TIMED
from chuishao.reactions.reaction import Reaction, Timed
from tests.mechanisms.elected import a_community, the_call, the_steps
from tests.mechanisms.elections import CANDIDATES
from tests.mechanisms.steps_rounds import steward_of, watched, watched_since
from tests.served import address, run_chuishao
from tests.test_reactions import caught_up as react
from tests.test_reactions import reacting, recorded
from tests.town import COMMUNITY, GRID, Town


async def caught_up(town: Town, *reactions: Reaction, dies: Sequence[str] = (), timed: bool = False) -> None:
    """Let everything that follows be over, and by the clock where that is asked for."""
    await react(town, *reactions, dies=dies, timed=(TIMED,) if timed else ())


async def reported(town: Town) -> list[tuple[Any, CaseReported]]:
    """The cases that were reported by themselves: the event each is for, and its own."""
    events = await recorded(town.log)
    return [
        (event.meta.causation, event.event)
        for event in events
        if isinstance(event.event, CaseReported) and event.meta.actor == "reaction report-findings"
    ]


# 发现成案


@pytest.mark.parametrize("dies", [(), ("before",), ("after",), ("away", "after")])
async def test_a_concern_becomes_a_case_of_the_grid_once(town: Town, dies: Sequence[str]) -> None:
    await caught_up(town, FINDING)
    given = await watched(town)
    look = rounds.RecordWelfareCheck(
        grid_code=GRID,
        household=given["household"],
        check=WelfareCheck.CURTAIN,
        amiss=True,
        finding="无人应门",
    )
    await town.do(look, town.community_staff)
    await caught_up(town, FINDING, dies=dies)

    ((cause, case),) = await reported(town)
    (concern,) = [each for each in await recorded(town.log) if isinstance(each.event, ConcernRaised)]
    assert cause == concern.event_id
    assert (case.grid, case.category, case.severity) == (GRID, "16005", "MINOR")
    assert case.subject == household_subject(GRID, given["household"])
    said = (await town.log.opened([case.text]))[case.text]  # type: ignore[list-item, index]
    assert "无人应门" in said and WelfareCheck.CURTAIN.zh in said


async def test_the_words_of_such_a_case_are_erased_with_those_of_the_household(town: Town) -> None:
    await caught_up(town, FINDING)
    given = await watched(town)
    await town.do(
        rounds.RaiseConcern(grid_code=GRID, household=given["household"], finding="信箱已满"),
        town.community_staff,
    )
    await caught_up(town, FINDING)
    subject = household_subject(GRID, given["household"])
    await town.do(EraseSubject(subject_id=subject, reason=ErasureGround.OWN_REQUEST))

    ((_, case),) = await reported(town)
    assert await town.log.opened([case.text]) == {}  # type: ignore[list-item]


@pytest.mark.parametrize("duty", list(StewardDuty))
async def test_what_a_steward_reports_becomes_a_case_and_nothing_else_does(
    town: Town, duty: StewardDuty
) -> None:
    await caught_up(town, FINDING)
    log = LogDuty(place_code=COMMUNITY, person_id=await steward_of(town), duty=duty, note="路灯不亮")
    await town.do(log, town.community_staff)
    await caught_up(town, FINDING)

    found = [(case.community, case.grid) for _, case in await reported(town)]
    assert found == ([(COMMUNITY, None)] if duty is StewardDuty.REPORT else [])


async def test_where_the_policy_names_no_category_somebody_has_to_report_it(town: Town) -> None:
    document = policies.default_policy() | {"version": "silent", "findings": {}}
    await town.do(policies.AdoptPolicy(document=document))
    await caught_up(town, FINDING)
    given = await watched(town)
    await town.do(
        rounds.RaiseConcern(grid_code=GRID, household=given["household"], finding="信箱已满"),
        town.community_staff,
    )
    await caught_up(town, FINDING)
    assert await reported(town) == []


@pytest.mark.parametrize("wrong", [{"CONCERN": "99999"}, {"RUMOUR": "16005"}, {"STEWARD": 5}, []])
async def test_findings_are_of_categories_of_the_same_policy(town: Town, wrong: Any) -> None:
    document = policies.default_policy() | {"version": "wrong", "findings": wrong}
    with pytest.raises(BadPolicy) as refused:
        await town.do(policies.AdoptPolicy(document=document))
    assert refused.value.path[:2] == ("document", "findings")


# 漏查


@pytest.mark.parametrize("dies", [(), ("before",), ("after",), ("", "", "after"), ("away",)])
async def test_a_week_of_missed_checks_is_raised_once_each_and_dated_when_they_were_missed(
    town: Town, dies: Sequence[str]
) -> None:
    await caught_up(town, FINDING, timed=True)
    await watched_since(town, timedelta(days=7))
    await caught_up(town, FINDING, dies=dies, timed=True)
    await caught_up(town, FINDING, timed=True)

    raised = [each for each in await recorded(town.log) if isinstance(each.event, ConcernRaised)]
    times = Counter((each.event.day, each.event.check) for each in raised)  # type: ignore[attr-defined]
    assert 13 <= len(times) <= 15 and set(times.values()) == {1}
    assert [each.occurred_at for each in raised] == sorted(each.occurred_at for each in raised)
    assert all(each.occurred_at <= town.clock.now for each in raised)
    assert {each.meta.actor for each in raised} == {"reaction raise-missed-checks"}
    assert len(await reported(town)) == len(raised)


async def test_what_fails_by_the_clock_stops_nothing_else_that_time_brings(town: Town) -> None:
    async def fails(_around: Any, _now: datetime, _skip: int) -> Any:
        raise ZeroDivisionError

    await caught_up(town, timed=True)
    await watched_since(town, timedelta(days=1))
    broken = Timed("broken", "坏 Fails.", fails)
    await reacting(town, timed=(broken, TIMED)).catch_up()
    assert [each for each in await recorded(town.log) if isinstance(each.event, ConcernRaised)]


async def test_the_command_line_says_how_much_is_due(town: Town, database: str) -> None:
    await caught_up(town, timed=True)
    await watched_since(town, timedelta(days=1))
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    listed = await asyncio.to_thread(run_chuishao, "reactions", "list", "--database-url", address(database))
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith("raise-missed-checks")]
    assert line.startswith("raise-missed-checks  by the clock  1 due  漏查成忧")


async def test_a_check_that_was_made_is_not_missed(town: Town) -> None:
    await caught_up(town, timed=True)
    given = await watched(town)
    for _ in range(3):
        town.clock.now = town.clock.now.replace(hour=1)  # nine in the morning
        for check, hour in ((WelfareCheck.CURTAIN, 1), (WelfareCheck.LIGHT, 12)):
            town.clock.now = town.clock.now.replace(hour=hour)
            look = rounds.RecordWelfareCheck(
                grid_code=GRID, household=given["household"], check=check, amiss=False
            )
            await town.do(look, town.community_staff)
        await caught_up(town, timed=True)
        town.clock.advance(hours=12)
    raised = [each for each in await recorded(town.log) if isinstance(each.event, ConcernRaised)]
    assert raised == []


async def test_a_check_missed_before_a_watch_ended_or_began_anew_is_raised_for_each(town: Town) -> None:
    of: dict[str, Any] = {"grid_code": GRID, "household": 17}
    nine = town.clock.now  # the watch begins an hour before the morning's time is over
    await town.do(rounds.BeginWatch(**of), town.community_staff)
    town.clock.advance(hours=2)
    await caught_up(town, timed=True)
    neighbour = (await town.do(RegisterPerson(place_code=COMMUNITY, label="邻居 001"))).id
    end, anew = (
        rounds.EndWatch(**of, reason="更换邻居"),
        rounds.BeginWatch(**of, watcher_id=neighbour),
    )
    for step in (end, anew):
        await town.do(step, town.community_staff, occurred_at=nine)
    async with asyncio.timeout(30):
        await caught_up(town, timed=True)
    town.clock.advance(hours=20)
    await town.do(end, town.community_staff)
    await caught_up(town, timed=True)

    raised = [each.event for each in await recorded(town.log) if isinstance(each.event, ConcernRaised)]
    assert [(each.day, each.check) for each in raised] == [
        ("2026-03-02", "CURTAIN"),
        ("2026-03-02", "CURTAIN"),
        ("2026-03-02", "LIGHT"),
    ]


# 换届任职


async def posts_of(town: Town, community: str) -> dict[PostKind, set[UUID]]:
    """Who holds which elected post."""
    query = "SELECT kind, holder FROM posts.post WHERE place = $1 AND holder IS NOT NULL"
    held: dict[PostKind, set[UUID]] = {}
    for row in await town.log.pool.fetch(query, community):
        held.setdefault(PostKind(row["kind"]), set()).add(row["holder"])
    return held


async def people_of(town: Town, community: str, first: int = 0) -> list[UUID]:
    """Somebody on the roster for every candidate."""
    register = [
        RegisterPerson(place_code=community, label=f"候选人 {first + number:03}")
        for number in range(len(CANDIDATES))
    ]
    return [(await town.do(each)).id for each in register]


@pytest.mark.parametrize("dies", [(), ("before",), ("after",), ("", "after"), ("away", "", "before")])
async def test_who_is_elected_holds_the_post_and_who_leaves_the_seat_does_not(
    town: Town, dies: Sequence[str]
) -> None:
    await caught_up(town, ELECTED)
    community = await a_community(town)
    people = await people_of(town, community)
    await elect(town, community, people, CallGround.NEW_COMMITTEE)
    elected_at = town.clock.now
    town.clock.advance(hours=5)
    await caught_up(town, ELECTED, dies=dies)
    seats = await seats_of(town, community)
    assert await posts_of(town, community) == seats
    assert len(seats[PostKind.COMMITTEE_DIRECTOR]) == 1
    assert await tenures_of(town, community) == {(elected_at, None)}

    (director,) = seats[PostKind.COMMITTEE_DIRECTOR]
    vacate = committee.VacateSeat(community_code=community, person_id=director, ground=VacancyGround.RESIGNED)
    await town.do(vacate, town.street_officer)
    left_at = town.clock.now
    town.clock.advance(hours=5)
    await caught_up(town, ELECTED, dies=dies)
    assert await tenures_of(town, community) == {(elected_at, None), (elected_at, left_at)}
    found = await posts_of(town, community)
    assert PostKind.COMMITTEE_DIRECTOR not in found
    assert found == await seats_of(town, community)

    town.clock.advance(days=20)
    others = await people_of(town, community)
    await elect(town, community, others, CallGround.PROPOSAL)
    await caught_up(town, ELECTED, dies=dies)
    assert await posts_of(town, community) == await seats_of(town, community)
    assert not set.union(*(await posts_of(town, community)).values()) & set(people)


async def test_each_leaves_the_post_when_the_seat_was_left_however_late_that_is_heard_of(town: Town) -> None:
    await caught_up(town, ELECTED)
    community = await a_community(town)
    people = await people_of(town, community)
    await elect(town, community, people, CallGround.NEW_COMMITTEE)
    await caught_up(town, ELECTED)
    left_at = set()
    for somebody in (people[3], people[0]):
        town.clock.advance(hours=5)
        left_at.add(town.clock.now)
        vacate = committee.VacateSeat(
            community_code=community, person_id=somebody, ground=VacancyGround.RESIGNED
        )
        await town.do(vacate, town.street_officer)
    await caught_up(town, ELECTED)
    assert {until for _, until in await tenures_of(town, community)} == {*left_at, None}


async def test_a_post_that_was_vacated_by_hand_is_filled_as_early_as_it_can_be(town: Town) -> None:
    await caught_up(town, ELECTED)
    community = await a_community(town)
    await elect(town, community, await people_of(town, community), CallGround.NEW_COMMITTEE)
    await caught_up(town, ELECTED)
    town.clock.advance(days=30)
    renewed_at = town.clock.now
    await elect(town, community, await people_of(town, community, 8), CallGround.PROPOSAL)
    town.clock.advance(hours=5)
    held = "SELECT id FROM posts.post WHERE place = $1 AND kind = 'COMMITTEE_DIRECTOR'"
    post = await town.log.pool.fetchval(held, community)
    await town.do(VacatePost(post_id=post, reason="换届"), town.street_officer)
    vacated_at = town.clock.now
    town.clock.advance(hours=5)
    await caught_up(town, ELECTED)
    assert await posts_of(town, community) == await seats_of(town, community)
    began = {since for since, until in await tenures_of(town, community) if until is None}
    assert began == {renewed_at, vacated_at}


async def tenures_of(town: Town, community: str) -> set[tuple[datetime, datetime | None]]:
    """From when until when the elected posts were held."""
    rows = await town.log.pool.fetch("SELECT since, until FROM posts.tenure WHERE place = $1", community)
    return {(row["since"], row["until"]) for row in rows}


async def elect(town: Town, community: str, people: Sequence[UUID], ground: CallGround) -> None:
    """An election from its call to its certificate."""
    ballot_on = day_of(town.clock.now)
    await town.do(the_call(community, ballot_on=ballot_on, ground=ground), town.street_officer)
    for step in the_steps(election_id(community, ballot_on), people=people):
        await town.do(step, town.street_officer)


async def seats_of(town: Town, community: str) -> dict[PostKind, set[UUID]]:
    """Who has a seat, by the post that it stands for."""
    found = await town.log.aggregates.load(committee_id(community))
    assert isinstance(found, Committee)
    seats: dict[PostKind, set[UUID]] = {}
    for office, person in found.seats:
        kind = (
            PostKind.COMMITTEE_DIRECTOR if office is Office.DIRECTOR else PostKind.RESIDENTS_COMMITTEE_MEMBER
        )
        if person is not None:
            seats.setdefault(kind, set()).add(person)
    return seats
