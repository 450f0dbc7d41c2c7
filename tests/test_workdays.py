"""工作日安排 Days that are announced: which calendar holds where, and which running limits they move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.commands.cases import RefuseCase, ReportCase
from chuishao.commands.execution import Envelope, Executor
from chuishao.commands.policies import AdoptPolicy, AnnounceWorkdays, Workday, default_policy
from chuishao.domain.actor import SYSTEM
from chuishao.domain.calendar import Limit, TimeUnit
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import LimitKind, Policies, Policy, WorkdaysAnnounced, parse
from chuishao.domain.refusal import Forbidden, OutOfRange, OutOfScope, Refusal, UnknownDivision
from chuishao.domain.workdays import MOST, Announcement, DayTwice
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.policybook import PolicyBook
from chuishao.projections.rebuild import Manner, rebuild_all
from chuishao.service.database import make_ready
from chuishao.service.holidays import KNOWN, UnknownYear, public_days
from tests.given import event, given
from tests.served import ADMINISTRATOR, Client, served
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, START, STREET, Town

DISTRICT = "120101"
PLACES = ("", DISTRICT, STREET, COMMUNITY, GRID, "120102")
DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)


# Decisions


def adopted() -> Policies:
    return Policies.adopt(default_policy(), START)


def announce(place: str, *days: tuple[str, bool]) -> Callable[[Policies], None]:
    named = [(date.fromisoformat(day), works) for day, works in days]
    return lambda policies: policies.announce(place, named, START)


def test_days_are_announced_in_order() -> None:
    given(adopted()).when(announce(STREET, ("2026-10-10", True), ("2026-10-01", False))).then(
        event(WorkdaysAnnounced, division=STREET, days={"2026-10-01": False, "2026-10-10": True})
    )


OFF, ON = ("2026-10-01", False), ("2026-10-01", True)


@pytest.mark.parametrize(
    ("past", "place", "day", "recorded"),
    [
        ([("", OFF)], "", OFF, False),
        ([("", OFF)], "", ON, True),
        ([("", OFF)], STREET, OFF, True),
        ([("", OFF), ("", ON)], "", OFF, True),
        ([("", OFF), (STREET, ON)], "", OFF, False),
    ],
)
def test_what_was_said_of_a_place_already_is_not_announced_again(
    past: list[tuple[str, tuple[str, bool]]], place: str, day: tuple[str, bool], recorded: bool
) -> None:
    made = given(adopted(), *[announce(where, said) for where, said in past]).when(announce(place, day))
    made.then(*[event(WorkdaysAnnounced, division=place, days=dict([day]))] if recorded else [])


@pytest.mark.parametrize(
    ("days", "refusal"),
    [
        ([], OutOfRange),
        ([((FIRST + n * DAY).isoformat(), False) for n in range(MOST + 1)], OutOfRange),
        ([OFF, ON], DayTwice),
    ],
)
def test_an_announcement_names_each_of_its_days_once(
    days: list[tuple[str, bool]], refusal: type[Refusal]
) -> None:
    given(adopted()).when(announce("", *days)).refused(refusal)


async def test_only_administrators_announce_within_their_scope(town: Town) -> None:
    days = [Workday(day=FIRST, works=False)]
    before = await town.log.head()
    with pytest.raises(Forbidden):
        await town.do(AnnounceWorkdays(days=days), town.street_officer)
    with pytest.raises(OutOfScope):
        await town.do(AnnounceWorkdays(days=days), replace(ADMINISTRATOR, scope=DISTRICT))
    with pytest.raises(UnknownDivision):
        await town.do(AnnounceWorkdays(days=days, division_code="120199"), ADMINISTRATOR)
    assert await town.log.head() == before


# Which calendar holds where

ANNOUNCEMENTS = st.lists(
    st.builds(
        Announcement,
        st.sampled_from(PLACES),
        st.dictionaries(st.integers(0, 6).map(lambda n: FIRST + n * DAY), st.booleans(), min_size=1).map(
            lambda days: tuple(days.items())
        ),
    ),
    max_size=5,
)


def plainly(policy: Policy, announced: list[Announcement], place: str, day: date) -> bool:
    """Whether one works, found by asking one announcement after another."""
    best, works = -1, policy.calendar.is_working_day(day)
    for one in announced:
        for said, so in one.days:
            if said == day and place.startswith(one.division) and len(one.division) >= best:
                best, works = len(one.division), so
    return works


@drawn(ANNOUNCEMENTS, st.sampled_from(PLACES), st.integers(-2, 9))
def test_the_closest_place_says_and_of_one_place_the_last(
    announced: list[Announcement], place: str, number: int
) -> None:
    policy, day = parse(default_policy()), FIRST + number * DAY
    told = policy.announcing(tuple(announced)).workday(place, day)
    assert told.works is plainly(policy, announced, place, day)
    assert told.announced is any(
        day == said for one in announced if place.startswith(one.division) for said, _ in one.days
    )


@drawn(ANNOUNCEMENTS, st.integers(0, 6), st.sampled_from(PLACES))
def test_a_book_knows_of_each_position_what_was_announced_by_then(
    announced: list[Announcement], known_by: int, place: str
) -> None:
    policy, noon = parse(default_policy()), datetime(2026, 3, 4, 12, tzinfo=UTC)
    book = PolicyBook(((1, policy),), tuple(enumerate(announced, start=2)))
    limit = Limit(2, TimeUnit.WORKING_DAYS, "a rule")
    found = book.at(noon, known_by)
    if known_by < 1:
        assert found is None
        return
    then = policy.announcing(tuple(announced[: max(0, known_by - 1)]))
    assert found is not None
    assert found.ends(noon, limit, place) == then.ends(noon, limit, place)
    assert book.limit(found, LimitKind.ACCEPT) == policy.limit(LimitKind.ACCEPT)


# Which cases move


async def _due(town: Town) -> dict[UUID, datetime | None]:
    async with connected(town.log.pool) as connection:
        rows = await connection.fetch("SELECT id, due_at FROM cases.case_row")
    return {row["id"]: row["due_at"] for row in rows}


async def _summoned(town: Town) -> list[Any]:
    async with connected(town.log.pool) as connection:
        query = "SELECT whistle, department, sign_due_at, check_in_due_at FROM whistles.summons ORDER BY 1, 2"
        return [tuple(row) for row in await connection.fetch(query)]


async def _policy(town: Town, at: datetime) -> Policy:
    policies = await town.log.aggregates.load(POLICY_ID)
    assert isinstance(policies, Policies)
    return policies.in_force(at)


REPORTS = st.lists(
    st.tuples(st.sampled_from(["01001", "15001"]), st.integers(0, 9), st.booleans()), min_size=1, max_size=5
)


@settings(max_examples=10)
@drawn(
    REPORTS,
    st.sampled_from([None, DISTRICT, STREET, COMMUNITY, OTHER_COMMUNITY]),
    st.integers(0, 9),
    st.booleans(),
)
async def test_a_day_that_is_announced_late_moves_the_running_limits_that_it_should(
    town: Town, reported: list[tuple[str, int, bool]], place: str | None, number: int, works: bool
) -> None:
    town.clock.now = max(town.clock.now, START + 20 * DAY)
    running: dict[UUID, tuple[str, datetime]] = {}
    ended: list[UUID] = []
    for category, day, refused in reported:
        at = START + day * DAY
        case = (
            await town.do(
                ReportCase(category=category, text="井盖丢失", grid_code=GRID),
                town.community_staff,
                occurred_at=at,
            )
        ).id
        if refused:
            await town.do(RefuseCase(case_id=case, reason="不属于受理范围"), town.community_staff)
            ended.append(case)
        else:
            running[case] = category, at
    engine = Engine(Feed(town.log), PROJECTIONS)
    await engine.catch_up()
    before, known = await _due(town), await _policy(town, START)
    said = Workday(day=(START + number * DAY).date(), works=works)
    await town.do(AnnounceWorkdays(days=[said], division_code=place))
    await engine.catch_up()
    after, told = await _due(town), await _policy(town, START)

    for policy, due in ((known, before), (told, after)):
        for case, (category, at) in running.items():
            assert due[case] == policy.due(LimitKind.ACCEPT, at, category=category, division=GRID)
    moved = {case for case in (*running, *ended) if before[case] != after[case]}
    assert moved <= running.keys()
    if place == OTHER_COMMUNITY:
        assert not moved
    assert all(after[case] is None for case in ended)


async def test_a_rebuild_dates_as_living_along_did(town: Town) -> None:
    case = await town.report()
    await town.whistled()
    days = [Workday(day=(START + n * DAY).date(), works=False) for n in range(3)]
    await town.do(AnnounceWorkdays(days=days, division_code=STREET))
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    lived = await _due(town)
    summoned = await _summoned(town)
    await rebuild_all(town.log, PROJECTIONS, Manner())
    assert await _due(town) == lived
    assert await _summoned(town) == summoned
    assert lived[case] is not None and lived[case].date() > START.date() + 2 * DAY  # type: ignore[union-attr]


# Public holidays


def test_public_days_are_those_that_differ_from_their_weekday() -> None:
    days = {one.day: one.works for one in public_days([2024])}
    assert days[date(2024, 10, 1)] is False  # 国庆节, a Tuesday
    assert days[date(2024, 10, 12)] is True  # a Saturday on which one worked for it
    assert date(2024, 10, 5) not in days  # a Saturday that is off as any other
    assert date(2024, 3, 5) not in days


def test_a_year_that_is_not_published_is_named() -> None:
    with pytest.raises(UnknownYear, match=f"{KNOWN[-1] + 1}.*{KNOWN[0]} to {KNOWN[-1]}"):
        public_days([KNOWN[-1], KNOWN[-1] + 1])


async def test_the_published_days_are_announced_with_the_first_policy_and_outlive_it(log: EventLog) -> None:
    await make_ready(log, KEY)
    executor, off = Executor(log, KEY), date(2024, 10, 1)
    for again in (default_policy(), default_policy() | {"version": "2"}):
        await executor.execute(AdoptPolicy(document=again), Envelope(uuid4(), SYSTEM))
    policies = await log.aggregates.load(POLICY_ID)
    assert isinstance(policies, Policies)
    assert [document["version"] for document in policies.documents] == ["1", "2"]
    known = policies.in_force(datetime(2024, 9, 1, tzinfo=UTC))
    asked = (off, date(2024, 10, 12), date(2024, 3, 6), date(2024, 3, 9))
    assert [known.workday("", day).works for day in asked] == [False, True, True, False]


# Through the server

ANNOUNCE = """mutation A($input: AnnounceWorkdaysInput!) {
    announceWorkdays(input: $input) { position errors { code path } } }"""
ASK = """query W($since: Date!, $until: Date!, $place: String!, $p: Position) {
    workdays(since: $since, until: $until, place: $place, atLeast: $p) { day works announced place } }"""


@pytest.fixture
async def asker(town: Town, database: str) -> AsyncIterator[Client]:
    """An administrator of everything, at a server."""
    assert town
    async with served(database) as running:
        yield running.client(ADMINISTRATOR)


async def test_announced_days_are_answered_by_place(asker: Client) -> None:
    days = [{"day": "2026-10-01", "works": False}, {"day": "2026-10-10", "works": True}]
    given_input = {"commandId": str(uuid4()), "days": days, "divisionCode": STREET}
    done = (await asker.send(ANNOUNCE, {"input": given_input}))["data"]["announceWorkdays"]
    assert done["errors"] == []

    async def works(place: str) -> dict[str, tuple[bool, bool]]:
        variables = {"since": "2026-09-30", "until": "2026-10-10", "place": place, "p": done["position"]}
        answer = (await asker.send(ASK, variables))["data"]["workdays"]
        return {line["day"]: (line["works"], line["announced"]) for line in answer}

    there, elsewhere = await works(GRID), await works("120102")
    assert there["2026-10-01"] == (False, True) and there["2026-10-10"] == (True, True)
    assert elsewhere["2026-10-01"] == (True, False) and elsewhere["2026-10-10"] == (False, False)
    assert there["2026-09-30"] == elsewhere["2026-09-30"] == (True, False)


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        ({"days": []}, "OUT_OF_RANGE", ["days"]),
        (
            {"days": [{"day": "2026-10-01", "works": w} for w in (True, False)]},
            "DAY_TWICE",
            ["days", "1", "day"],
        ),
        ({"divisionCode": "120199"}, "UNKNOWN_DIVISION", ["divisionCode"]),
        ({"divisionCode": "heping"}, "BAD_CODE", ["divisionCode"]),
    ],
)
async def test_bad_announcements_are_refused_and_record_nothing(
    asker: Client, changed: dict[str, Any], code: str, path: list[str]
) -> None:
    before = (await asker.send("{ log { head } }"))["data"]
    days = [{"day": "2026-10-01", "works": False}]
    given_input = {"commandId": str(uuid4()), "days": days} | changed
    done = (await asker.send(ANNOUNCE, {"input": given_input}))["data"]["announceWorkdays"]
    assert [(error["code"], error["path"]) for error in done["errors"]] == [(code, path)]
    assert (await asker.send("{ log { head } }"))["data"] == before


async def test_a_stretch_without_days_or_with_too_many_is_refused(asker: Client) -> None:
    last = {"since": "9999-12-30", "until": "9999-12-31", "place": ""}
    assert len((await asker.send(ASK, last))["data"]["workdays"]) == 2
    for since, until in (("2026-10-02", "2026-10-01"), ("2026-01-01", "2027-12-31")):
        answer = await asker.send(ASK, {"since": since, "until": until, "place": ""})
        assert answer["errors"][0]["extensions"]["code"] == "OUT_OF_RANGE"


@pytest.mark.parametrize("path", ["since", "until"])
async def test_a_day_that_cannot_be_read_is_refused_by_name(asker: Client, path: str) -> None:
    days = {"since": "2026-03-02", "until": "2026-03-02", "place": ""} | {path: "soon"}
    error = await asker.fails(ASK, **days)
    assert (error["code"], error["path"]) == ("BAD_TIME", [path])
