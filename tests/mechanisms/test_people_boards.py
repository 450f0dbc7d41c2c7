"""任职与成长 Persons and posts through the server: what is done, what is refused, what the boards show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.commands.divisions import AbolishDivision, RegisterDivision, RenameDivision
from chuishao.commands.people import ground, persons, posts
from chuishao.commands.work import Work
from chuishao.domain.actor import Actor
from chuishao.domain.people.post import CHARTERS, post_id
from chuishao.domain.people.terms import PostKind, Rung, TrainingTier
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections import posts as posts_board
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from tests.conftest import copy_of_template
from tests.mechanisms.steps_people import STEPS, filled, person
from tests.served import AUDITOR, Client, Served, mutation, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, SAID, STREET, Town, make_town

PLACES = {STREET: "STREET", COMMUNITY: "COMMUNITY", GRID: "GRID"}
STRANGER = Actor("street-officer-8", Role.STREET_OFFICER, "310101001")
SHOWN = {"person": "person { id label rung trainingHours appraisals { period points incentives { id } } }"}
SHOWN["post"] = "post { id kind holder { id } since tenures { until reason { text } } }"


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on a fresh town."""
    assert town
    async with served(database) as running:
        yield running


# Each mutation, for its effect


async def test_a_person_enters_a_roster_and_grows(town: Town, serving: Served) -> None:
    staff, street = serving.client(town.community_staff), serving.client(town.street_officer)
    entered = await staff.do("registerPerson", SHOWN["person"], placeCode=COMMUNITY, label="社区工作者 001")
    about = {"personId": entered["person"]["id"]}

    await staff.do("recordLevel", **about, rung="CITY_SOCIAL_WORKER")
    await staff.do("recordTraining", **about, tier="CITY", course="协商", hours=16)
    await staff.do("recordTraining", **about, tier="STREET", course="协商", hours=4)
    await street.do("recordAppraisal", **about, period="2025", points=92, comment="扎实")
    grown = await street.do("grantIncentive", SHOWN["person"], **about, period="2025", incentive="通报表扬")

    (appraised,) = grown["person"].pop("appraisals")
    assert (appraised["period"], appraised["points"], len(appraised["incentives"])) == ("2025", 92, 1)
    expected = {"label": "社区工作者 001", "rung": "CITY_SOCIAL_WORKER", "trainingHours": 20}
    assert grown["person"] == {"id": about["personId"]} | expected


async def test_a_post_is_filled_and_vacated_and_keeps_who_held_it(town: Town, serving: Served) -> None:
    client = serving.client(town.street_officer)
    holder = str(await person(town))
    given = {"kind": "GRID_LEADER", "placeCode": COMMUNITY, "personId": holder}

    taken = await client.do("fillPost", SHOWN["post"], **given)
    assert taken["post"]["holder"] == {"id": holder} and taken["post"]["since"]
    left = await client.do("vacatePost", SHOWN["post"], postId=taken["post"]["id"], reason="调任")

    assert (left["post"]["holder"], left["post"]["since"]) == (None, None)
    (tenure,) = left["post"]["tenures"]
    assert tenure["until"] and tenure["reason"] == {"text": "调任"}


async def test_what_is_given_to_others_is_refused_without_a_trace(town: Town, serving: Served) -> None:
    somebody, post = str(await person(town)), str(await filled(town, PostKind.GRID_LEADER, COMMUNITY))
    about = {"personId": somebody}
    bad: list[tuple[str, dict[str, Any], str, list[str]]] = [
        ("registerPerson", {"placeCode": "120101001999", "label": "甲"}, "UNKNOWN_DIVISION", ["placeCode"]),
        ("registerPerson", {"placeCode": f"{STREET}0", "label": "甲"}, "BAD_CODE", ["placeCode"]),
        ("registerPerson", {"placeCode": COMMUNITY, "label": " "}, "TEXT_EMPTY", ["label"]),
        ("recordLevel", about | {"rung": "SOCIAL_WORKER"}, "RUNG_OUT_OF_ORDER", ["rung"]),
        ("recordLevel", {"personId": str(uuid4()), "rung": "SOCIAL_WORKER"}, "NOT_FOUND", ["personId"]),
        ("recordLevel", {"personId": post, "rung": "CITY_SOCIAL_WORKER"}, "NOT_FOUND", ["personId"]),
        ("recordTraining", about | {"tier": "CITY", "course": "甲", "hours": 0}, "OUT_OF_RANGE", ["hours"]),
        ("recordTraining", about | {"tier": "CITY", "course": "", "hours": 1}, "TEXT_EMPTY", ["course"]),
        ("recordTraining", about | {"tier": "CITY", "course": "甲" * 201, "hours": 1}, "TEXT_TOO_LONG",
         ["course"]),
        ("recordAppraisal", about | {"period": "今年", "points": 9}, "BAD_PERIOD", ["period"]),
        ("recordAppraisal", about | {"period": "2025", "points": 101}, "OUT_OF_RANGE", ["points"]),
        ("recordAppraisal", about | {"period": "", "points": 9}, "TEXT_EMPTY", ["period"]),
        ("grantIncentive", about | {"period": "2025", "incentive": "表扬"}, "NOT_APPRAISED", ["period"]),
        ("grantIncentive", about | {"period": "2025-Q9", "incentive": "表扬"}, "BAD_PERIOD", ["period"]),
        ("grantIncentive", about | {"period": "2025", "incentive": " "}, "TEXT_EMPTY", ["incentive"]),
        ("fillPost", about | {"kind": "GRID_LEADER", "placeCode": COMMUNITY}, "POST_OCCUPIED", ["placeCode"]),
        ("fillPost", about | {"kind": "GRID_LEADER", "placeCode": STREET}, "WRONG_POST_PLACE", ["placeCode"]),
        ("fillPost", about | {"kind": "VOLUNTEER", "placeCode": f"{COMMUNITY}-G099"}, "UNKNOWN_GRID",
         ["placeCode"]),
        ("fillPost", about | {"kind": "OFFICE_HEAD", "placeCode": STREET}, "WRONG_GROUND", ["unitId"]),
        ("fillPost", about | {"kind": "SECTOR_CHIEF", "placeCode": STREET, "unitId": post}, "NOT_FOUND",
         ["unitId"]),
        ("fillPost", about | {"kind": "COMMITTEE_DIRECTOR", "placeCode": COMMUNITY}, "ELECTION_REQUIRED",
         ["electionId"]),
        ("fillPost", about | {"kind": "COMMITTEE_DIRECTOR", "placeCode": COMMUNITY, "electionId": post},
         "ELECTION_NOT_CERTIFIED", ["electionId"]),
        ("fillPost", about | {"kind": "PARTY_SECRETARY", "placeCode": COMMUNITY, "electionId": post},
         "WRONG_GROUND", ["electionId"]),
        ("vacatePost", {"postId": post, "reason": ""}, "TEXT_EMPTY", ["reason"]),
        ("vacatePost", {"postId": somebody, "reason": "调任"}, "NOT_FOUND", ["postId"]),
        ("vacatePost", {"postId": "post", "reason": "调任"}, "BAD_CODE", ["postId"]),
    ]  # fmt: skip
    head = await town.log.head()

    for name, given, code, path in bad:
        answer = await serving.client(town.street_officer).post(
            mutation(name), {"input": {"commandId": str(uuid4())} | given}
        )
        (error,) = answer.json()["data"][name]["errors"]
        assert (error["code"], error["path"]) == (code, path), name
    assert {name for name, *_ in bad} == set(STEPS)
    assert await town.log.head() == head


async def test_community_staff_fill_the_posts_of_grids_and_no_others(town: Town, serving: Served) -> None:
    client = serving.client(town.community_staff)
    for kind in PostKind:
        places = CHARTERS[kind].places
        place = next(code for code in (COMMUNITY, STREET, GRID) if PLACES[code] in places)
        given = {"kind": kind.value, "placeCode": place, "personId": str(await person(town))}
        answer = await client.post(mutation("fillPost"), {"input": {"commandId": str(uuid4())} | given})
        codes = [error["code"] for error in answer.json()["data"]["fillPost"]["errors"]]
        assert codes == ([] if CHARTERS[kind].setup == "FILL_GRID_POSTS" else ["FORBIDDEN"]), kind


# Boards


COVERAGE = """query ($place: String, $when: DateTime, $at: Position) {
    concurrencyCoverage(place: $place, at: $when, atLeast: $at) {
        id place communities secretaries directors concurrent share division { name } } }"""


async def coverage(client: Client, town: Town, **given: Any) -> dict[str, tuple[Any, ...]]:
    """The lines of the coverage board by place."""
    lines = (await client.read(COVERAGE, at=await town.log.head(), **given))["concurrencyCoverage"]
    assert len({line["id"] for line in lines}) == len(lines)
    return {
        line["place"]: (line["communities"], line["secretaries"], line["directors"], line["concurrent"],
                        line["share"])
        for line in lines
    }  # fmt: skip


async def certified(_work: Work, _election: UUID, kind: PostKind, place: str, _person: UUID) -> bool:
    """An election that gives whatever it is asked for."""
    return True


async def test_one_person_as_secretary_and_director_is_covered_while_it_lasts(
    town: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "elected", certified)
    client, leader = serving.client(), await person(town)
    secretary = posts.FillPost(kind=PostKind.PARTY_SECRETARY, place_code=COMMUNITY, person_id=leader)
    await town.do(secretary)
    assert await coverage(client, town, place=STREET) == {
        STREET: (2, 1, 0, 0, 0.0), COMMUNITY: (1, 1, 0, 0, 0.0), OTHER_COMMUNITY: (1, 0, 0, 0, 0.0)
    }  # fmt: skip

    town.clock.advance(days=1)
    before = town.clock.now
    town.clock.advance(days=1)
    director = posts.FillPost(
        kind=PostKind.COMMITTEE_DIRECTOR, place_code=COMMUNITY, person_id=leader, election_id=uuid4()
    )
    post = (await town.do(director)).id
    during = town.clock.now
    assert (await coverage(client, town, place="120101"))["120101"] == (2, 1, 1, 1, 0.5)
    assert (await coverage(client, town))["12"] == (2, 1, 1, 1, 0.5)

    town.clock.advance(days=1)
    await town.do(posts.VacatePost(post_id=post, reason="辞职"))
    assert (await coverage(client, town, place=STREET))[STREET] == (2, 1, 0, 0, 0.0)
    as_of = {"when": before.isoformat(), "place": STREET}
    assert (await coverage(client, town, **as_of))[STREET] == (2, 1, 0, 0, 0.0)
    as_of = {"when": during.isoformat(), "place": STREET}
    assert (await coverage(client, town, **as_of))[STREET] == (2, 1, 1, 1, 0.5)


async def test_a_moment_of_the_past_has_the_communities_of_its_day(town: Town) -> None:
    """One comes to be and gets another name later; one ends; neither changes what was before."""
    for command in (
        RegisterDivision(code=f"{STREET}003", name="第三社区", effective_from=date(2026, 3, 10)),
        RenameDivision(code=f"{STREET}003", name="和顺社区", effective_from=date(2026, 3, 20)),
        AbolishDivision(code=OTHER_COMMUNITY, effective_from=date(2026, 3, 15)),
    ):
        await town.do(command)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()

    async def communities(day: date) -> int:
        moment = datetime.combine(day, time(0, 30), ZoneInfo("Asia/Shanghai"))
        rows = await town.log.pool.fetch(posts_board.COVERAGE, STREET, 12, moment, moment, day)
        return int(next(row["communities"] for row in rows if row["place"] == STREET))

    found = {day: await communities(date(2026, 3, day)) for day in (9, 10, 14, 15, 20)}
    assert found == {9: 2, 10: 3, 14: 3, 15: 2, 20: 2}


async def test_the_leaderships_say_where_one_person_is_both(
    town: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "elected", certified)
    both = await person(town)
    await town.do(posts.FillPost(kind=PostKind.PARTY_SECRETARY, place_code=COMMUNITY, person_id=both))
    fill = posts.FillPost(kind=PostKind.COMMITTEE_DIRECTOR, place_code=COMMUNITY, person_id=both,
                          election_id=uuid4())  # fmt: skip
    await town.do(fill)
    await filled(town, PostKind.PARTY_SECRETARY, OTHER_COMMUNITY)
    ask = """query ($c: Boolean, $at: Position) {
        leaderships(place: "12", concurrent: $c, atLeast: $at) {
            nodes { place concurrent secretary { id } director { id } } } }"""
    head = await town.log.head()

    found = {
        wanted: [node["place"] for node in (await serving.client().read(ask, c=wanted, at=head))[
            "leaderships"]["nodes"]]
        for wanted in (None, True, False)
    }  # fmt: skip

    assert found == {None: [COMMUNITY, OTHER_COMMUNITY], True: [COMMUNITY], False: [OTHER_COMMUNITY]}


async def test_cross_appointment_is_a_ratio_month_by_month(
    town: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "elected", certified)
    one, other, third = [await person(town) for _ in range(3)]

    async def seat(kind: PostKind, holder: UUID) -> UUID:
        election = uuid4() if CHARTERS[kind].elected else None
        fill = posts.FillPost(kind=kind, place_code=COMMUNITY, person_id=holder, election_id=election)
        return (await town.do(fill)).id

    town.clock.now = town.clock.now.replace(month=1)
    await seat(PostKind.PARTY_COMMITTEE_MEMBER, one)
    await seat(PostKind.RESIDENTS_COMMITTEE_MEMBER, other)
    town.clock.now = town.clock.now.replace(month=2)
    both = await seat(PostKind.RESIDENTS_COMMITTEE_MEMBER, one)
    await seat(PostKind.PARTY_SECRETARY, third)
    town.clock.now = town.clock.now.replace(month=4)
    await town.do(posts.VacatePost(post_id=both, reason="换届"))
    ask = """query ($at: Position) { crossAppointments(place: "120101", months: 120, atLeast: $at) {
        month partyMembers residentsMembers members inBoth ratio } }"""

    lines = (await serving.client().read(ask, at=await town.log.head()))["crossAppointments"]

    figures = {line.pop("month"): tuple(line.values()) for line in lines}
    assert len(figures) == 120
    assert figures["2025-12"] == (0, 0, 0, 0, None)
    assert figures["2026-01"] == (1, 1, 2, 0, 0.0)
    assert figures["2026-02"] == figures["2026-03"] == (2, 2, 3, 1, round(1 / 3, 4))
    assert figures["2026-04"] == (2, 1, 3, 0, 0.0)


@pytest.mark.parametrize("months", [0, 121, -1])
async def test_too_many_months_are_refused(months: int, serving: Served) -> None:
    error = await serving.client().fails(f"{{ crossAppointments(months: {months}) {{ ratio }} }}")
    assert (error["code"], error["path"]) == ("OUT_OF_RANGE", ["months"])


async def test_the_ladder_and_the_hours_are_counted_in_a_place(town: Town, serving: Served) -> None:
    here, there, elsewhere = await person(town), await person(town), await person(town, OTHER_COMMUNITY)
    first, second, _ = Rung
    for somebody, rung in ((here, first), (here, second), (elsewhere, first)):
        await town.do(persons.RecordLevel(person_id=somebody, rung=rung))
    for somebody, tier, hours in ((here, TrainingTier.CITY, 16), (there, TrainingTier.CITY, 8),
                                  (elsewhere, TrainingTier.STREET, 4)):  # fmt: skip
        await town.do(persons.RecordTraining(person_id=somebody, tier=tier, course="协商", hours=hours))
    ask = """query ($place: String, $until: DateTime, $at: Position) {
        careerLadder(place: $place, atLeast: $at) { rung persons }
        trainingHours(place: $place, until: $until) { tier trainings persons hours } }"""
    read, at = serving.client().read, await town.log.head()

    community, everywhere = await read(ask, place=COMMUNITY, at=at), await read(ask, at=at)
    before = await read(ask, until=(town.clock.now - timedelta(days=1)).isoformat(), at=at)

    assert [tuple(line.values()) for line in community["careerLadder"]] == [
        (None, 1), (first.value, 0), (second.value, 1), ("SOCIAL_WORKER", 0)
    ]  # fmt: skip
    assert sum(line["persons"] for line in everywhere["careerLadder"]) == 3
    assert [tuple(line.values()) for line in everywhere["trainingHours"]] == [
        ("CITY", 2, 2, 24), ("DISTRICT", 0, 0, 0), ("STREET", 1, 1, 4)
    ]  # fmt: skip
    assert [line["hours"] for line in before["trainingHours"]] == [0, 0, 0]


async def test_auxiliaries_are_on_the_roster_of_a_grid_that_stays_vacant(town: Town, serving: Served) -> None:
    await serving.client(town.community_staff).do("relieveGridWorker", gridCode=OTHER_GRID, reason="轮岗")
    for kind in (PostKind.PARTY_MEMBER, PostKind.BUILDING_HEAD, PostKind.VOLUNTEER, PostKind.VOLUNTEER):
        await filled(town, kind, OTHER_GRID)
    ask = """query ($code: String!, $at: Position) {
        grid(code: $code, atLeast: $at) { worker { id } vacantSince }
        posts(place: $code) { nodes { kind grid { code } division { code } } } }"""

    found = await serving.client().read(ask, code=OTHER_GRID, at=await town.log.head())

    assert found["grid"]["worker"] is None and found["grid"]["vacantSince"]
    assert sorted(post["kind"] for post in found["posts"]["nodes"]) == [
        "BUILDING_HEAD", "PARTY_MEMBER", "VOLUNTEER", "VOLUNTEER"
    ]  # fmt: skip
    assert all(post["grid"] == {"code": OTHER_GRID} for post in found["posts"]["nodes"])
    assert all(post["division"] is None for post in found["posts"]["nodes"])


async def test_points_and_words_are_for_those_who_handle_cases_there(town: Town, serving: Served) -> None:
    by, given = await STEPS["recordAppraisal"](town)
    await serving.client(by).do("recordAppraisal", **given)
    ask = """query ($id: ID!, $at: Position) {
        person(id: $id, atLeast: $at) { name { text } appraisals { points comment { text } } }
        events(types: ["AppraisalRecorded"]) { data } }"""

    async def shown(actor: Actor | None) -> tuple[Any, ...]:
        read = serving.client(actor).read
        found = await read(ask, id=given["personId"], at=await town.log.head())
        (appraisal,), (event,) = found["person"]["appraisals"], found["events"]
        texts = (found["person"]["name"]["text"], appraisal["comment"]["text"])
        return (*texts, appraisal["points"], event["data"]["points"], event["data"]["comment"]["text"])

    assert await shown(town.street_officer) == (SAID, SAID, 92, 92, SAID)
    assert await shown(AUDITOR) == (None, None, 92, 92, None)
    for stranger in (None, STRANGER, town.resident, town.officer()):
        assert await shown(stranger) == (None, None, None, None, None)


# As of an earlier date: the read model says of every moment what the aggregate says


@pytest.fixture(scope="module")
async def long_lived(template: str) -> AsyncIterator[Town]:
    """One town for all examples."""
    pool = await open_pool(await copy_of_template(template), size=8)
    yield await make_town(EventLog(pool))
    await pool.close()


@settings(max_examples=15)
@forall(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 3)), max_size=12), st.data())
async def test_there_is_one_holder_at_every_moment_and_the_board_names_them(
    long_lived: Town, steps: list[tuple[bool, int, int]], data: st.DataObject
) -> None:
    town, kind = long_lived, PostKind.GRID_LEADER
    people = [await person(town) for _ in range(3)]
    post, began = post_id(kind, COMMUNITY, None, people[0]), town.clock.now
    for fills, number, hours in steps:
        town.clock.advance(hours=hours)
        try:
            if fills:
                await town.do(posts.FillPost(kind=kind, place_code=COMMUNITY, person_id=people[number]))
            else:
                await town.do(posts.VacatePost(post_id=post, reason="轮岗"))
        except Refusal:
            continue
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    aggregate = await town.log.aggregates.load(post)

    asked = began + timedelta(minutes=data.draw(st.integers(-60, 60 * 40)))
    rows = await town.log.pool.fetch(
        "SELECT person FROM posts.tenure WHERE post = $1 AND since <= $2 AND (until IS NULL OR until > $2)",
        post,
        asked,
    )

    assert len(rows) <= 1
    assert [row["person"] for row in rows] == (
        [holder] if aggregate and (holder := aggregate.holder_at(asked)) else []
    )
