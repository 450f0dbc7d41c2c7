"""看板与主页 The boards and pages through the real server: what they show to whom, and what they refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chuishao.commands import cases, grids, whistles
from chuishao.commands.meetings.coordination import AnswerCoordination
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.graphql.schema import operations
from tests.conftest import copy_of_template
from tests.mechanisms import steps_meetings as meetings
from tests.mechanisms.steps_boards import all_on_one_page
from tests.mechanisms.steps_registers import enrolled
from tests.mechanisms.steps_rounds import watched_since
from tests.mechanisms.steps_territory import one_of_each
from tests.served import AUDITOR, Client, Served, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, Town, make_town

OTHER_STAFF = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
INTEGRATOR = Actor("integrator-1", Role.INTEGRATOR, "")
YEAR = {"since": "2026-01-01", "until": "2026-12-31"}
BOARD = "query ($place: String!, $at: Position) { commandBoard(place: $place, atLeast: $at) { %s } }"
FIGURES = (
    "whistles whistlesOverdue orders ordersOverdue deliberations invitations invitationsUnanswered "
    "resolutions campaigns watches concerns grids vacantGrids coverageGaps enclaves elections"
)


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on a fresh town."""
    assert town
    async with served(database) as running:
        yield running


async def board(client: Client, town: Town, place: str = STREET, shown: str = FIGURES) -> Any:
    """The board of a place, as it is now."""
    return (await client.read(BOARD % shown, place=place, at=await town.log.head()))["commandBoard"]


async def read(client: Client, town: Town, name: str, fields: str, **given: Any) -> Any:
    """The lines of a board for a year, as they are now."""
    document = (
        "query ($place: String, $since: Date, $until: Date, $at: Position) "
        f"{{ {name}(place: $place, since: $since, until: $until, atLeast: $at) {{ {fields} }} }}"
    )
    return (await client.read(document, at=await town.log.head(), **(YEAR | given)))[name]


# Containment, funnels, nights


async def test_a_closed_case_is_counted_where_it_was_settled_until_it_is_reopened(
    town: Town, serving: Served
) -> None:
    fields = (
        "severity level contained closed closedInAll closedShare resolved resolvedInAll resolvedUpToShare"
    )
    case = await town.assigned()
    await town.close(case)
    other = await town.assigned(Tier.DELIBERATION)
    await town.do(cases.ResolveCase(case_id=other, result="已协商"), town.community_staff)

    lines = await read(serving.client(), town, "containment", fields, place=STREET)
    minor = {line["level"]: line for line in lines if line["severity"] == "MINOR"}

    assert len(lines) == 12
    assert [line["contained"] for line in minor.values()] == [True, True, False, False]
    assert minor["GRID"] | {} == {
        "severity": "MINOR", "level": "GRID", "contained": True, "closed": 1, "closedInAll": 1,
        "closedShare": 1.0, "resolved": 1, "resolvedInAll": 2, "resolvedUpToShare": 0.5,
    }  # fmt: skip
    assert minor["COMMUNITY"]["resolvedUpToShare"] == 1.0
    assert {line["closedShare"] for line in lines if line["severity"] == "CRITICAL"} == {None}

    await town.do(cases.ReopenCase(case_id=case, reason="没有修好"), town.resident)
    again = await read(serving.client(), town, "containment", fields, place=STREET)
    assert sum(line["closed"] for line in again) == 0
    day = {"since": "2026-03-03", "until": "2026-03-04"}
    elsewhen = await read(serving.client(), town, "containment", fields, place=STREET, **day)
    assert sum(line["resolved"] for line in elsewhen) == 0


async def test_the_funnels_tell_how_far_cases_got(town: Town, serving: Served) -> None:
    await town.report()
    await town.assigned()
    await town.whistled()
    await town.close(await town.assigned())
    fields = "stage cases reached standing gone"

    issues = await read(serving.client(), town, "issueLoop", fields, place=STREET)
    of_grids = await read(serving.client(), town, "gridLoop", fields, place=GRID)

    assert [(line["stage"], line["reached"], line["standing"]) for line in issues] == [
        ("FOUND", 4, 1), ("ACCEPTED", 3, 0), ("ASSESSED", 3, 0), ("ASSIGNED", 3, 2), ("FEEDBACK", 1, 1),
    ]  # fmt: skip
    assert [(line["stage"], line["reached"], line["standing"]) for line in of_grids] == [
        ("GATHERED", 4, 1), ("FOUND", 3, 0), ("TIERED", 3, 1), ("JOINT", 1, 1), ("SUPERVISED", 1, 1),
    ]  # fmt: skip
    assert {(line["cases"], line["gone"]) for line in (*issues, *of_grids)} == {(4, 0)}


async def overnight_cases(client: Client, place: str, **window: Any) -> Any:
    """A page of the cases that stayed overnight."""
    document = (
        "query ($place: String, $first: Int, $after: String) { "
        "cases(filter: { place: $place, overnight: true,"
        ' reportedAt: { from: "2026-03-01T00:00Z" } }, orderBy: OLDEST, first: $first, after: $after) {'
        " nodes { id overnight nights nightAt takenUpAt } pageInfo { hasNextPage endCursor } } }"
    )
    return (await client.read(document, place=place, **window))["cases"]


async def test_what_stayed_overnight_is_counted_for_everybody_and_listed_for_whoever_sees_it(
    town: Town, serving: Served
) -> None:
    in_time, waiting, late = await town.report(), await town.report(OTHER_GRID), await town.report()
    accept = cases.AcceptCase(case_id=in_time)
    await town.do(accept, town.community_staff)
    town.clock.advance(days=1)
    await town.do(cases.AcceptCase(case_id=late), town.community_staff)
    fields = "place below found overnight waiting share"

    lines = await read(serving.client(), town, "overnight", fields, place=COMMUNITY)
    first = await overnight_cases(serving.client(town.community_staff), STREET, first=1)
    cursor = first["pageInfo"]["endCursor"]
    second = await overnight_cases(serving.client(town.community_staff), STREET, first=1, after=cursor)

    assert [tuple(line.values()) for line in lines] == [
        (COMMUNITY, False, 3, 2, 1, 0.6667), (GRID, True, 2, 1, 0, 0.5), (OTHER_GRID, True, 1, 1, 1, 1.0),
    ]  # fmt: skip
    (before,), (after,) = first["nodes"], second["nodes"]
    assert (before["id"], before["takenUpAt"], before["overnight"]) == (str(waiting), None, True)
    assert before["nights"] > 100
    assert (after["id"], after["nights"], after["overnight"]) == (str(late), 1, True)
    assert not second["pageInfo"]["hasNextPage"]
    assert (await overnight_cases(serving.client(OTHER_STAFF), STREET))["nodes"] == []
    refused = await serving.client().fails("{ cases(filter: { overnight: true }) { nodes { id } } }")
    assert refused["code"] == "TOKEN_REQUIRED"


BAD: list[tuple[dict[str, str], str, list[str]]] = [
    ({"since": "2026-03-02", "until": "2026-03-01"}, "BAD_TIME", ["until"]),
    ({"since": "2025-01-01", "until": "2026-03-01"}, "OUT_OF_RANGE", ["until"]),
    ({"since": "yesterday", "until": "2026-03-01"}, "BAD_TIME", ["since"]),
    ({"since": "0001-01-01", "until": "0001-01-02"}, "BAD_TIME", ["until"]),
    ({"since": "9999-12-31", "until": "9999-12-31"}, "BAD_TIME", ["until"]),
    ({"place": "\0"}, "BAD_TEXT", ["filter"]),
]


@pytest.mark.parametrize("name", ["containment", "issueLoop", "gridLoop", "overnight"])
async def test_a_period_that_is_none_is_refused(name: str, town: Town, serving: Served) -> None:
    for given, code, path in BAD:
        document = (
            "query ($place: String, $since: Date, $until: Date) "
            f"{{ {name}(place: $place, since: $since, until: $until) {{ place }} }}"
        )
        error = await serving.client().fails(document, **given)
        assert (error["code"], error["path"]) == (code, path), given
    assert await serving.client().read(f"{{ {name} {{ place since until }} }}")


# The command platform


async def test_the_board_counts_what_is_open_and_forgets_what_is_settled(town: Town, serving: Served) -> None:
    client = serving.client(town.street_officer)
    empty = await board(client, town)
    assert {name for name, count in empty.items() if count} == {"grids"}

    order, _, _ = await meetings.ordered(town), await meetings.convened(town), await meetings.owed(town)
    await meetings.sent(town)
    _, whistle = await town.whistled()
    await one_of_each(town)
    await town.do(grids.RelieveGridWorker(grid_code=OTHER_GRID, reason="轮岗"))
    await watched_since(town, timedelta(days=1))
    full = await board(client, town)

    expected = {"whistles": 1, "orders": 1, "deliberations": 1, "invitations": 1, "invitationsUnanswered": 1,
                "resolutions": 1, "watches": 1, "vacantGrids": 1}  # fmt: skip
    assert {name: full[name] for name in expected} == expected
    await town.do(AnswerCoordination(order_id=order, result="已清理"), town.community_staff)
    await town.do(whistles.WithdrawWhistle(whistle_id=whistle, reason="无需联动"), town.street_officer)
    settled = await board(client, town)
    assert (settled["orders"], settled["whistles"], settled["deliberations"]) == (0, 0, 1)


async def test_the_groups_of_the_board_add_up_to_the_tally(town: Town, serving: Served) -> None:
    for tier in Tier:
        await town.assigned(tier)
    await town.report()
    await town.whistled()
    await town.close(await town.assigned())
    client = serving.client(town.street_officer)
    asked = (
        "cases { id tier status open overdue } summonses { id state summonses whistles overdue } whistles "
        "grids vacantGrids "
        "division { overdue tally { open openUnassigned openOnSpot openMultiUnit grids vacantGrids } }"
    )

    for place in (STREET, COMMUNITY, "120101", "12"):
        shown = await board(client, town, place, asked)
        tally = shown["division"].pop("tally")
        by_tier: dict[Any, int] = {}
        for group in shown["cases"]:
            by_tier[group["tier"]] = by_tier.get(group["tier"], 0) + group["open"]
        assert sum(by_tier.values()) == tally["open"] == 6
        assert by_tier[None] == tally["openUnassigned"]
        assert by_tier["ON_SPOT"] == tally["openOnSpot"]
        assert by_tier["MULTI_UNIT"] == tally["openMultiUnit"] == 2
        assert sum(group["overdue"] for group in shown["cases"]) == shown["division"]["overdue"]
        assert (shown["grids"], shown["vacantGrids"]) == (tally["grids"], tally["vacantGrids"])
    street = await board(client, town, STREET, asked)
    (summoned,) = street["summonses"]
    assert (summoned["state"], summoned["summonses"], summoned["whistles"]) == ("SUMMONED", 2, 1)


@pytest.mark.parametrize(
    ("asker", "place", "shown"),
    [
        ("street", STREET, True),
        ("community", COMMUNITY, True),
        ("community", STREET, False),
        ("integrator", STREET, False),
        ("resident", STREET, False),
        ("nobody", STREET, False),
    ],
)
async def test_what_belongs_to_the_rounds_is_counted_for_those_alone_who_see_all_of_it(
    asker: str, place: str, shown: bool, town: Town, serving: Served
) -> None:
    await watched_since(town, timedelta(days=1))
    who = {
        "street": town.street_officer,
        "community": town.community_staff,
        "integrator": INTEGRATOR,
        "resident": town.resident,
        "nobody": None,
    }[asker]

    found = await board(serving.client(who), town, place, "watches concerns checksOverdue grids")

    assert found["grids"] > 0
    assert (found["watches"], found["concerns"]) == ((1, 0) if shown else (None, None))
    assert (found["checksOverdue"] is not None) is shown


async def test_the_board_is_followed_by_the_events_of_the_place(town: Town, serving: Served) -> None:
    client = serving.client(town.street_officer)
    head = (await client.read("{ log { cursor } }"))["log"]["cursor"]
    case, _ = await town.whistled()
    async with client.socket() as socket:
        follow = operations()["frontend_follow_command_board"]
        await socket.subscribe(follow, place=STREET, after=head)
        heard = [(await socket.next())["events"] for _ in range(4)]

    assert case and [event["type"] for event in heard] == [
        "CaseReported", "CaseAccepted", "SeverityGraded", "CaseAssigned",
    ]  # fmt: skip
    asked = BOARD % "cases { tier status open }"
    last = await client.read(asked, place=STREET, at=heard[-1]["position"])
    assert last["commandBoard"]["cases"]


# Pages


async def test_the_care_counts_are_of_what_the_asker_sees(town: Town, serving: Served) -> None:
    await enrolled(town)
    await enrolled(town)
    asked = "query ($at: Position) { careCounts(place: $place, atLeast: $at) { place group enrolled } }"
    asked = asked.replace("$place", f'"{STREET}"')
    at = await town.log.head()

    of_street = (await serving.client(town.street_officer).read(asked, at=at))["careCounts"]
    of_staff = (await serving.client(town.community_staff).read(asked, at=at))["careCounts"]
    hidden = [
        (await serving.client(who).read(asked, at=at))["careCounts"]
        for who in (OTHER_STAFF, INTEGRATOR, town.resident, town.officer(), None)
    ]

    assert sum(line["enrolled"] for line in of_street) == sum(line["enrolled"] for line in of_staff) == 2
    assert ({line["place"] for line in of_street}, {line["place"] for line in of_staff}) == (
        {STREET},
        {COMMUNITY},
    )
    assert hidden == [[]] * 5


@pytest.fixture(scope="module")
async def full(template: str) -> AsyncIterator[tuple[Town, Served, dict[str, str]]]:
    """A town of which every page has something to show, its server, and who the page of a worker is about."""
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    town = await make_town(EventLog(pool))
    await all_on_one_page(town)
    await one_of_each(town)
    await meetings.owed(town)
    await town.whistled()
    await town.do(grids.PublishContact(worker_id=town.workers[GRID], contact="公示栏 001"))
    async with served(database) as running:
        await running.client(AUDITOR).read(
            "query ($at: Position) { cases(first: 0, atLeast: $at) { totalCount } }", at=await town.log.head()
        )
        person = str(await pool.fetchval("SELECT steward FROM duties.duty LIMIT 1"))
        yield town, running, {"worker": str(town.workers[GRID]), "person": person}
    await pool.close()


@pytest.mark.parametrize("role", ["street", "auditor", "nobody"])
@pytest.mark.parametrize("page", ["community", "street", "worker", "command"])
async def test_one_query_fetches_a_page_and_is_compiled(
    page: str, role: str, full: tuple[Town, Served, dict[str, str]]
) -> None:
    town, serving, of_worker = full
    who = {"street": town.street_officer, "auditor": AUDITOR, "nobody": None}[role]
    name, variables = {
        "community": ("frontend_community_page", {"code": COMMUNITY}),
        "street": ("frontend_street_page", {"code": STREET}),
        "worker": ("frontend_worker_page", of_worker),
        "command": ("frontend_command_board", {"place": STREET}),
    }[page]

    client = serving.client(who)
    tracing = Client(client.base, client.http, client.headers | {"x-chuishao-trace": "1"})
    answer = await tracing.send(operations()[name], variables)

    if role == "nobody" and page in ("community", "street"):
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"TOKEN_REQUIRED"}
        return
    assert "errors" not in answer, answer
    assert all(part is not None for part in answer["data"].values())
    assert answer["extensions"]["trace"]["compiled"]


async def test_the_pages_say_who_is_who(full: tuple[Town, Served, dict[str, str]]) -> None:
    town, serving, of_worker = full
    client = serving.client(town.street_officer)

    street = (await client.read(operations()["frontend_street_page"], code=STREET))["division"]
    worker = await client.read(operations()["frontend_worker_page"], **of_worker)
    community = await client.read(operations()["frontend_community_page"], code=COMMUNITY)

    assert street["zone"] and street["sectors"] and street["office"] and street["coverageGaps"]
    assert {child["code"] for child in street["children"]} >= {COMMUNITY, OTHER_COMMUNITY}
    assert worker["worker"]["contact"] == {"text": "公示栏 001", "state": "SHOWN"}
    assert worker["person"]["memberships"][0]["office"] == "DIRECTOR"
    assert worker["person"]["rung"] == "CITY_SOCIAL_WORKER"
    assert [duty["duty"] for duty in worker["stewardDuties"]["nodes"]] == ["PATROL"]
    assert {post["kind"] for post in community["division"]["posts"]} >= {"ALLEY_STEWARD"}
    assert [grid["code"] for grid in community["division"]["grids"]] == [GRID, OTHER_GRID]


async def test_the_public_notices_of_grid_workers_page_by_keyset_and_place(
    full: tuple[Town, Served, dict[str, str]],
) -> None:
    _, serving, _ = full
    nobody = serving.client()
    document = (
        "query ($place: String, $after: String) { workers(place: $place, first: 1, after: $after) {"
        " nodes { label contact { text } name { state } community { code } grid { code } }"
        " pageInfo { hasNextPage endCursor } } }"
    )
    seen: list[Any] = []
    after = None
    while True:
        page = (await nobody.read(document, place=STREET, after=after))["workers"]
        seen += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(seen) == 3 and len({worker["label"] for worker in seen}) == 3
    assert {worker["name"]["state"] for worker in seen} == {"MASKED"}
    assert [worker["contact"] for worker in seen if worker["contact"]] == [{"text": "公示栏 001"}]
    there = (await nobody.read(document, place=OTHER_COMMUNITY))["workers"]["nodes"]
    assert {worker["community"]["code"] for worker in there} == {OTHER_COMMUNITY}
