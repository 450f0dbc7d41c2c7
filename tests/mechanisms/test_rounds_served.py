"""走访 The rounds over HTTP: what each mutation does as queries tell it, and how bad inputs are answered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands import grids, rounds
from chuishao.domain.actor import Actor
from chuishao.domain.rounds.watch import watch_id
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.mechanisms.steps_people import person
from tests.mechanisms.steps_rounds import LIVES, SINGLES, STEPS, in_those_days, patrol_of, steward_of
from tests.numbers import grid_code
from tests.served import AUDITOR, Client, Served, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town, make_town

STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
STRANGERS = [
    Actor("staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY),
    Actor("resident-9", Role.RESIDENT, ""),
    Actor("machine", Role.INTEGRATOR, ""),
    Actor("administrator-1", Role.ADMINISTRATOR, ""),
    None,
]


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """One database for all of these."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """A town."""
    pool = await open_pool(database, size=4)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on it."""
    assert town
    async with served(database) as running:
        yield running


@pytest.fixture
def staff(serving: Served) -> Client:
    """The community's staff."""
    return serving.client(STAFF)


async def read(client: Client, text: str, town: Town) -> Any:
    """What a query answers of everything that is recorded, by its only field."""
    head = await town.log.head()
    document = f"{{ {text.replace('AT', f'atLeast: {head}')} }}"
    ((_, answer),) = (await client.read(document)).items()
    return answer


async def small_grid(town: Town, households: int) -> str:
    """A fresh grid of the community."""
    code = grid_code(town, COMMUNITY)
    await town.do(grids.DrawGrid(grid_code=code, name="小网格", households=households))
    return code


# What is done, as queries tell it


async def test_a_patrol_is_told_from_its_start_to_its_end(town: Town, serving: Served) -> None:
    code = await small_grid(town, 4)
    worker = serving.client(Actor("worker-7", Role.GRID_WORKER, code))
    at = "2026-03-02T01:00:30Z"
    started = await worker.do("startPatrol", "patrol { id }", gridCode=code, occurredAt=at)
    id_ = started["patrol"]["id"]
    for household, outcome in ((1, "MET"), (2, "ABSENT"), (2, "MET"), (3, "REFUSED")):
        visit = {"household": household, "outcome": outcome, "finding": "楼道整洁", "occurredAt": at}
        await worker.do("logVisit", "patrol { id }", patrolId=id_, **visit)
    under_way = await read(worker, f'patrols(place: "{code}", underWay: true, AT) {{ nodes {{ id }} }}', town)
    assert under_way["nodes"] == [{"id": id_}]
    finish = await worker.do("finishPatrol", "patrol { finishedAt }", patrolId=id_, occurredAt=at)
    assert finish["patrol"]["finishedAt"]

    fields = "visitCount met walker grid { code } visits { number household outcome finding { text } }"
    patrol = await read(worker, f'patrol(id: "{id_}", AT) {{ {fields} }}', town)
    assert (patrol["visitCount"], patrol["met"], patrol["walker"]) == (4, 2, "worker-7")
    assert [visit["household"] for visit in patrol["visits"]] == [1, 2, 2, 3]
    assert patrol["visits"][0]["finding"] == {"text": "楼道整洁"}

    span = f'place: "{code}", since: "2026-03-02T01:00:00Z", until: "2026-03-02T01:01:00Z"'
    fields = "households knocked met visits patrols rate"
    covered = await read(worker, f"patrolCoverage({span}, AT) {{ {fields} }}", town)
    assert covered == [{"households": 4, "knocked": 3, "met": 2, "visits": 4, "patrols": 1, "rate": 0.5}]
    later = span.replace("01:00:00Z", "02:00:00Z").replace("01:01:00Z", "03:00:00Z")
    assert await read(worker, f"patrolCoverage({later}, AT) {{ met patrols }}", town) == [
        {"met": 0, "patrols": 0}
    ]


async def test_a_watch_is_told_with_what_is_owed_missed_and_worries(town: Town, staff: Client) -> None:
    code = await small_grid(town, 9)
    of: dict[str, Any] = {"gridCode": code, "household": 9}
    morning = datetime(2024, 5, 1, 0, 0, tzinfo=UTC)  # 08:00 in Tianjin

    async def do(name: str, hours: float, **fields: Any) -> Any:
        at = (morning + timedelta(hours=hours)).isoformat()
        return (await staff.do(name, WATCH, **of, **fields, occurredAt=at))["watch"]

    somebody = str(await person(town))
    begin = rounds.BeginWatch(grid_code=code, household=9, need="独居老人", person_id=UUID(somebody))
    await in_those_days(town, begin, STAFF, morning)
    begun = await read(staff, f'watch(id: "{watch_id(code, 9)}", AT) {WATCH.removeprefix("watch ")}', town)
    assert (begun["nextCheck"], begun["nextDueAt"]) == ("CURTAIN", "2024-05-01T02:00:00.000000Z")
    assert (begun["need"]["text"], begun["personId"], begun["missed"]) == ("独居老人", somebody, True)
    looked = await do("recordWelfareCheck", 1, check="CURTAIN", amiss=False)
    assert (looked["nextCheck"], looked["looks"], looked["concerns"]) == ("LIGHT", 1, 0)
    amiss = await do("recordWelfareCheck", 11, check="LIGHT", amiss=True, finding="灯未亮")
    assert (amiss["nextDueAt"], amiss["concerns"]) == ("2024-05-02T02:00:00.000000Z", 1)
    await do("raiseConcern", 12, finding="敲门无应答")
    missed = await do("recordMissedCheck", 27, check="CURTAIN", day="2024-05-02")
    assert (missed["nextCheck"], missed["concerns"]) == ("LIGHT", 3)
    ended = await do("endWatch", 26 + 24, reason="已入住养老院")
    days = [(each["day"], each["check"]) for each in ended["missedChecks"]]
    assert days == [("2024-05-02", "LIGHT"), ("2024-05-03", "CURTAIN")]

    concerns = await read(staff, f'concerns(place: "{code}", AT) {{ nodes {{ {CONCERN} }} }}', town)
    told = [(each["cause"], each["check"], each["finding"]) for each in concerns["nodes"]]
    assert told == [
        ("MISSED_CHECK", "CURTAIN", None),
        ("OTHER", None, {"text": "敲门无应答"}),
        ("AMISS", "LIGHT", {"text": "灯未亮"}),
    ]
    causes = f'concerns(place: "{code}", cause: MISSED_CHECK, AT) {{ nodes {{ day rule raisedAt }} }}'
    assert (await read(staff, causes, town))["nodes"] == [
        {"day": "2024-05-02", "rule": "curtain", "raisedAt": "2024-05-02T02:00:00.000000Z"}
    ]
    listed = await read(
        staff, f'watches(place: "{code}", onList: false, AT) {{ nodes {{ household }} }}', town
    )
    assert listed["nodes"] == [{"household": 9}]
    looks = f'welfareLooks(watchId: "{watch_id(code, 9)}", AT) {{ nodes {{ check amiss day }} }}'
    assert [each["check"] for each in (await read(staff, looks, town))["nodes"]] == ["LIGHT", "CURTAIN"]


WATCH = (
    "watch { nextCheck nextDueAt missed looks concerns personId need { text } missedChecks { day check } }"
)
CONCERN = "cause check finding { text }"


async def test_who_missed_a_look_is_found(town: Town, staff: Client) -> None:
    code = await small_grid(town, 3)
    for household, ago in ((1, timedelta(days=1)), (2, timedelta(0))):
        begin = rounds.BeginWatch(grid_code=code, household=household)
        await town.do(begin, STAFF, occurred_at=town.clock.now - ago)
    begun = rounds.EndWatch(grid_code=code, household=2, reason="搬走")
    await town.do(begun, STAFF)

    for missed, households in ((True, [1]), (False, [2])):
        text = f'watches(place: "{code}", missed: {str(missed).lower()}, AT) {{ nodes {{ household }} }}'
        found = await read(staff, text, town)
        assert [each["household"] for each in found["nodes"]] == households


async def test_a_campaign_is_told_from_its_opening_to_its_close(town: Town, staff: Client) -> None:
    first, second = await small_grid(town, 2), await small_grid(town, 1)
    opened = await staff.do(
        "openCampaign", CAMPAIGN, divisionCode=COMMUNITY, name="入户排查", gridCodes=[first]
    )
    id_ = opened["campaign"]["id"]
    assert (opened["campaign"]["households"], opened["campaign"]["gridCount"]) == (2, 1)
    extended = await staff.do("extendCampaign", CAMPAIGN, campaignId=id_, gridCodes=[second, first])
    assert (extended["campaign"]["households"], extended["campaign"]["gridCount"]) == (3, 2)

    of = {"campaignId": id_, "gridCode": first}
    for household, outcome in ((1, "ABSENT"), (1, "MET"), (2, "REFUSED"), (2, "ABSENT"), (2, "MET")):
        await staff.do("visitHousehold", **of, household=household, outcome=outcome, finding=outcome)
    grid = await staff.do("screenPerson", SCREENING, **of, household=1, finding="一人在家")
    counts = {"settled": 2, "met": 2, "refused": 0, "knocks": 5, "persons": 1, "rate": 1.0}
    whole = {"settled": 2, "finishedGrids": 1, "closedAt": None}
    assert grid["screening"] == counts | {"id": grid["screening"]["id"], "campaign": whole}
    refused = await staff.mutate("closeCampaign", campaignId=id_)
    assert [error["code"] for error in refused["errors"]] == ["HOUSEHOLDS_OUTSTANDING"]
    await staff.do("visitHousehold", campaignId=id_, gridCode=second, household=1, outcome="VACANT")
    closed = await staff.do("closeCampaign", CAMPAIGN, campaignId=id_)
    assert closed["campaign"]["closedAt"]
    assert sorted(each["settled"] for each in closed["campaign"]["grids"]) == [1, 2]

    screening = grid["screening"]["id"]
    fields = "household outcome knocks finding { text }"
    doors = f'screenedDoors(screeningId: "{screening}", AT) {{ nodes {{ {fields} }} }}'
    assert (await read(staff, doors, town))["nodes"] == [
        {"household": 1, "outcome": "MET", "knocks": 2, "finding": {"text": "MET"}},
        {"household": 2, "outcome": "MET", "knocks": 3, "finding": {"text": "MET"}},
    ]
    persons = (
        f'screenedPersons(screeningId: "{screening}", AT) {{ nodes {{ household finding {{ text }} }} }}'
    )
    assert (await read(staff, persons, town))["nodes"] == [{"household": 1, "finding": {"text": "一人在家"}}]
    listed = f'screenings(campaignId: "{id_}", finished: true, AT) {{ totalCount }}'
    assert (await read(staff, listed, town))["totalCount"] == 2
    still = f'campaigns(place: "{COMMUNITY}", open: false, AT) {{ nodes {{ id }} }}'
    assert id_ in [each["id"] for each in (await read(staff, still, town))["nodes"]]


CAMPAIGN = "campaign { id name households gridCount settled closedAt grids { settled grid { code } } }"
SCREENING = (
    "screening { id settled met refused knocks persons rate campaign { settled finishedGrids closedAt } }"
)


async def test_a_stewards_duties_are_told_and_counted(town: Town, serving: Served, staff: Client) -> None:
    code = await small_grid(town, 3)
    steward = await steward_of(town, code)
    for duty, at in (
        ("PATROL", "03-03T01"),
        ("PATROL", "03-03T09"),
        ("FIX", "03-03T15"),
        ("PATROL", "03-03T17"),
    ):
        given = {"placeCode": code, "personId": str(steward), "duty": duty, "note": "已清理"}
        themselves = serving.client(Actor(str(steward), Role.RESIDENT, ""))
        await themselves.do("logDuty", **given, occurredAt=f"2026-{at}:00:00Z")

    listed = f'stewardDuties(place: "{code}", duty: FIX, AT) {{ nodes {{ day stewardId note {{ text }} }} }}'
    assert (await read(staff, listed, town))["nodes"] == [
        {"day": "2026-03-03", "stewardId": str(steward), "note": {"text": "已清理"}}
    ]
    span = 'since: "2026-03-02", until: "2026-03-05"'
    fields = "patrols fixes reports patrolledDays days patrolRate"
    board = f'stewardActivity(place: "{code}", {span}, AT) {{ {fields} }}'
    expected = {"patrols": 3, "fixes": 1, "reports": 0, "patrolledDays": 2, "days": 4, "patrolRate": 0.5}
    assert await read(staff, board, town) == [expected]
    stranger = serving.client(STRANGERS[0])
    assert await read(stranger, board.replace("AT", "atLeast: 1"), town) == []


# Who sees it


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.role if actor else "nobody")
async def test_strangers_see_counts_of_campaigns_and_coverage_and_nothing_else(
    town: Town, serving: Served, stranger: Actor | None
) -> None:
    walked = await all_rounds_once(town, serving.client(STAFF))
    client, head = serving.client(stranger), await town.log.head()
    hidden = [
        f'patrol(id: "{walked.patrol}", atLeast: {head}) {{ id }}',
        f'watch(id: "{walked.watch}") {{ id }}',
        f'node(id: "{walked.watch}") {{ id }}',
    ]
    for text in hidden:
        assert list((await client.read(f"{{ {text} }}")).values()) == [None]
    lists = [
        f'patrols(place: "{GRID}")',
        f'watches(place: "{GRID}")',
        f'concerns(place: "{GRID}")',
        f'welfareLooks(watchId: "{walked.watch}")',
        f'screenedDoors(screeningId: "{walked.screening}")',
        f'screenedPersons(screeningId: "{walked.screening}")',
    ]
    for text in lists:
        ((_, found),) = (await client.read(f"{{ {text} {{ nodes {{ __typename }} totalCount }} }}")).items()
        assert found == {"nodes": [], "totalCount": 0}
    shown = f'campaign(id: "{walked.campaign}") {{ name settled grids {{ settled }} }}'
    assert (await client.read(f"{{ {shown} }}"))["campaign"]["settled"] > 0


TOLD = [
    "WatchBegun",
    "WelfareCheckDone",
    "ConcernRaised",
    "PersonScreened",
    "HouseholdVisited",
    "VisitLogged",
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.role if actor else "nobody")
async def test_strangers_do_not_read_in_the_log_who_is_watched_over(
    town: Town, serving: Served, stranger: Actor | None
) -> None:
    walked = await all_rounds_once(town, serving.client(STAFF))
    asked = f"{{ events(types: {json.dumps(TOLD)}) {{ type stream correlationId data }} }}"

    events = (await serving.client(stranger).read(asked))["events"]
    assert all(value is None for event in events for value in event["data"].values())
    assert str(walked.watch) not in {each[name] for each in events for name in ("stream", "correlationId")}
    assert bool(events) is (stranger in STRANGERS[2:4])
    seen = (await serving.client(STAFF).read(asked))["events"]
    assert {"WatchBegun", "PersonScreened"} <= {event["type"] for event in seen}
    assert str(walked.watch) in {event["stream"] for event in seen}
    assert all(event["data"]["household"] for event in seen if event["type"] == "WatchBegun")


async def test_an_auditor_sees_what_was_done_and_none_of_the_words(town: Town, serving: Served) -> None:
    walked = await all_rounds_once(town, serving.client(STAFF))
    text = f'watch(id: "{walked.watch}", AT) {{ looks need {{ text state }} }}'
    assert await read(serving.client(AUDITOR), text, town) == {
        "looks": 2,
        "need": {"text": None, "state": "MASKED"},
    }


_walked: dict[int, SimpleNamespace] = {}


async def all_rounds_once(town: Town, client: Client) -> SimpleNamespace:
    """What the rounds have to show, made once for all tests of the town."""
    if id(town) not in _walked:
        for happen in LIVES:
            await happen(town)
        await read(client, "patrols(AT) { totalCount }", town)
        found = {name: await town.log.pool.fetchval(query) for name, query in SINGLES.items()}
        _walked[id(town)] = SimpleNamespace(**found)
    return _walked[id(town)]


# Bad inputs


NOWHERE = f"{COMMUNITY}-G999"
UNKNOWN = str(uuid4())
BAD: dict[str, list[tuple[dict[str, Any], str]]] = {
    "startPatrol": [
        ({"gridCode": NOWHERE}, "UNKNOWN_GRID"),
        ({"gridCode": COMMUNITY}, "BAD_CODE"),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE"),
    ],
    "logVisit": [
        ({"household": 301}, "OUT_OF_RANGE"),
        ({"patrolId": UNKNOWN}, "NOT_FOUND"),
        ({"patrolId": "x"}, "BAD_CODE"),
        ({"finding": "长" * 4001}, "TEXT_TOO_LONG"),
        ({"occurredAt": "2020-01-01T00:00:00Z"}, "BAD_TIME"),
    ],
    "finishPatrol": [
        ({"patrolId": UNKNOWN}, "NOT_FOUND"),
        ({"patrolId": ""}, "BAD_CODE"),
        ({"occurredAt": "1800-01-01T00:00:00Z"}, "BAD_TIME"),
    ],
    "beginWatch": [
        ({"household": 0}, "OUT_OF_RANGE"),
        ({"gridCode": NOWHERE}, "UNKNOWN_GRID"),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE"),
        ({"personId": "x"}, "BAD_CODE"),
        ({"need": "a\u0000"}, "BAD_TEXT"),
        ({"occurredAt": "2021-01-02T00:00:00Z"}, "BEGUN_LONG_AGO"),
    ],
    "endWatch": [
        ({"reason": " "}, "TEXT_EMPTY"),
        ({"household": 300_000}, "NOT_WATCHED"),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE"),
    ],
    "recordWelfareCheck": [
        ({"household": 300_000}, "NOT_WATCHED"),
        ({"gridCode": COMMUNITY}, "BAD_CODE"),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE"),
        ({"occurredAt": "2020-01-01T00:00:00Z"}, "NO_POLICY"),
    ],
    "raiseConcern": [
        ({"finding": ""}, "TEXT_EMPTY"),
        ({"household": -1}, "NOT_WATCHED"),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE"),
    ],
    "recordMissedCheck": [
        ({"day": "2022-01-01"}, "CHECK_NOT_OWED"),
        ({"day": "9999-12-31"}, "NOT_YET_DUE"),
        ({"day": "0001-01-01"}, "NO_POLICY"),
        ({"day": "today"}, "BAD_TIME"),
        ({"household": 300_000}, "NOT_WATCHED"),
    ],
    "openCampaign": [
        ({"gridCodes": []}, "GRIDS_REQUIRED"),
        ({"gridCodes": [GRID, NOWHERE]}, "UNKNOWN_GRID"),
        ({"gridCodes": [GRID, THIRD_GRID]}, "FOREIGN_GRID"),
        ({"gridCodes": [GRID] * 51}, "OUT_OF_RANGE"),
        ({"divisionCode": STREET}, "OUT_OF_SCOPE"),
        ({"name": "\u200b"}, "TEXT_EMPTY"),
    ],
    "extendCampaign": [
        ({"campaignId": UNKNOWN}, "NOT_FOUND"),
        ({"gridCodes": [THIRD_GRID]}, "FOREIGN_GRID"),
        ({"gridCodes": ["x"]}, "BAD_CODE"),
    ],
    "closeCampaign": [
        ({"campaignId": UNKNOWN}, "NOT_FOUND"),
        ({"campaignId": "x"}, "BAD_CODE"),
        ({"occurredAt": "2020-01-01T00:00:00Z"}, "BAD_TIME"),
    ],
    "visitHousehold": [
        ({"household": 301}, "OUT_OF_RANGE"),
        ({"gridCode": OTHER_GRID}, "GRID_OUTSIDE_CAMPAIGN"),
        ({"campaignId": UNKNOWN}, "NOT_FOUND"),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE"),
    ],
    "logDuty": [
        ({"personId": UNKNOWN}, "NOT_FOUND"),
        ({"placeCode": GRID}, "NOT_A_STEWARD"),
        ({"placeCode": THIRD_GRID}, "OUT_OF_SCOPE"),
        ({"note": " "}, "TEXT_EMPTY"),
    ],
    "screenPerson": [
        ({"household": 4}, "NOBODY_MET"),
        ({"finding": " "}, "TEXT_EMPTY"),
        ({"household": 0}, "OUT_OF_RANGE"),
        ({"personId": "x"}, "BAD_CODE"),
    ],
}


@pytest.mark.parametrize(
    ("name", "bad", "code"), [(n, bad, code) for n, each in BAD.items() for bad, code in each]
)
async def test_a_bad_input_is_answered_by_its_error_and_no_event(
    town: Town, serving: Served, name: str, bad: dict[str, Any], code: str
) -> None:
    by, given = await STEPS[name](town)
    head = await town.log.head()

    payload = await serving.client(by).mutate(name, **given | bad)

    assert [error["code"] for error in payload["errors"]] == [code]
    assert payload["errors"][0]["message"]
    assert await town.log.head() == head


def test_every_mutation_of_the_rounds_is_tried_with_bad_inputs() -> None:
    assert BAD.keys() == STEPS.keys()
    assert all(len(each) >= 3 for each in BAD.values())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('patrolCoverage(place: "1201", since: "{a}", until: "{b}") {{ id }}', "PLACE_TOO_WIDE"),
        ('patrolCoverage(place: "", since: "{a}", until: "{b}") {{ id }}', "PLACE_TOO_WIDE"),
        (f'patrolCoverage(place: "{STREET}", since: "{{b}}", until: "{{a}}") {{{{ id }}}}', "BAD_TIME"),
        (f'patrolCoverage(place: "{STREET}", since: "now", until: "{{a}}") {{{{ id }}}}', "BAD_TIME"),
        ('watch(id: "x") {{ id }}', "BAD_CODE"),
        ('screenedDoors(screeningId: "x") {{ totalCount }}', "BAD_CODE"),
        ("watches(first: 101) {{ totalCount }}", "OUT_OF_RANGE"),
        ('concerns(after: "x") {{ totalCount }}', "BAD_CURSOR"),
    ],
)
async def test_a_bad_question_is_answered_by_its_error(staff: Client, text: str, code: str) -> None:
    filled = text.format(a="2026-03-01T00:00:00Z", b="2026-04-01T00:00:00Z")
    assert (await staff.fails(f"{{ {filled} }}"))["code"] == code


@pytest.mark.parametrize(
    ("table", "column"),
    [("looks.look", "grid"), ("watches.concern", "grid"), ("meetings.resolution", "division")],
)
async def test_what_is_read_by_place_has_an_index_by_place(
    town: Town, serving: Served, table: str, column: str
) -> None:
    found = await town.log.pool.fetch(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
        " AND a.attnum = i.indkey[0] WHERE i.indrelid = $1::text::regclass",
        table,
    )
    assert serving and column in {row["attname"] for row in found}


async def test_a_patrol_is_told_by_its_walker_alone(town: Town, serving: Served) -> None:
    patrol = await patrol_of(town)
    payload = await serving.client(STAFF).mutate("finishPatrol", patrolId=str(patrol))
    assert [error["code"] for error in payload["errors"]] == ["OTHERS_PATROL"]
    await town.do(rounds.FinishPatrol(patrol_id=patrol), town.worker())
    visit = {"patrolId": str(patrol), "household": 1, "outcome": "MET"}
    payload = await serving.client(town.worker()).mutate("logVisit", **visit)
    assert [error["code"] for error in payload["errors"]] == ["PATROL_OVER"]
