"""The API as its clients meet it: a whole case over HTTP, every refusal, pages, filters, masks, tokens."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints
from uuid import UUID, uuid4

import jwt
import pytest

from chuishao.commands import cases, grids, policies
from chuishao.commands.cases import resident_subject
from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.graphql.inputs import mutation_name
from chuishao.graphql.types.shared import Listed
from chuishao.projections import paging
from chuishao.service.keys import token_key
from tests.conftest import copy_of_template
from tests.mechanisms.steps import BOARDS, SINGLES
from tests.served import Client, Served, mutation, served, token
from tests.steps import ADMINISTRATOR, MUTATIONS
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town, make_town
from tests.wandering import Wanderer

AUDITOR = Actor("auditor-1", Role.AUDITOR, "")
THINGS = {mutation_name(command): command.thing for command in COMMANDS}
SHOWN = {
    name: "policy { version }" if thing == "policy" else f"{thing} {{ id }}" for name, thing in THINGS.items()
}
"""What is selected of the thing that a mutation answers."""
BY_NAME = {mutation_name(command): command for command in COMMANDS}


@pytest.fixture(scope="module")
async def busy_database(template: str) -> str:
    """One database for all tests that do not mind what else is there."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def busy(busy_database: str) -> AsyncIterator[Town]:
    """A town in which much has happened."""
    pool = await open_pool(busy_database, size=8)
    town = await make_town(EventLog(pool))
    kept = [GRID, OTHER_GRID, THIRD_GRID, f"{COMMUNITY}-G999"]  # the last one is what a walk retires
    await Wanderer(town, random.Random(5), grids=kept).walk(250)
    yield town
    await pool.close()


@pytest.fixture(scope="module")
async def serving(busy: Town, busy_database: str) -> AsyncIterator[Served]:
    """The application on the busy town, whose read models show all of it."""
    async with served(busy_database) as running:
        await caught_up(busy, running.client(AUDITOR))
        yield running


async def caught_up(town: Town, client: Client) -> int:
    """The head of the log, once the read models show it."""
    head = await town.log.head()
    await client.read("query ($at: Position) { cases(first: 0, atLeast: $at) { nodes { id } } }", at=head)
    return head


# A case over HTTP alone


async def test_a_case_goes_from_report_to_close_over_http_alone(database: str) -> None:
    async with served(database) as server:
        admin = server.client(ADMINISTRATOR)
        worker, departments = await set_up(admin)
        nobody = server.client()
        staff = server.client(Actor("staff-1", Role.COMMUNITY_STAFF, COMMUNITY))
        field = server.client(Actor(worker, Role.GRID_WORKER, GRID))
        street = server.client(Actor("street-1", Role.STREET_OFFICER, STREET))
        inspector = server.client(Actor("street-2", Role.STREET_OFFICER, STREET))
        officers = [
            server.client(Actor(f"officer-{id_}", Role.DEPARTMENT_OFFICER, "120101", UUID(id_)))
            for id_ in departments
        ]

        reported = await nobody.do(
            "reportCase",
            "case { id version status } secret",
            category="01001",
            text="井盖丢失",
            gridCode=GRID,
        )
        case, secret = reported["case"]["id"], reported["secret"]
        assert reported["case"] == {"id": case, "version": 1, "status": "REPORTED"}
        version = 1

        async def step(by: Client, name: str, status: str, **given: Any) -> None:
            nonlocal version
            done = await by.do(name, "case { version status }", caseId=case, expectedVersion=version, **given)
            version += 1
            assert done["case"] == {"version": version, "status": status}
            document = """query ($id: ID!, $secret: String, $at: Position) {
                case(id: $id, secret: $secret, atLeast: $at) { version status } }"""
            read = await by.read(document, id=case, secret=secret, at=done["position"])
            assert read["case"] == done["case"]

        await step(staff, "acceptCase", "ACCEPTED")
        await step(staff, "assessCase", "ASSESSED", severity="MAJOR", linkage="RAPID_SERVICE")
        await step(staff, "assignCase", "ASSIGNED", tier="ON_SPOT")
        await step(field, "escalateCase", "ASSIGNED", tier="MULTI_UNIT", reason="需要部门处置")
        blown = await street.do(
            "blowWhistle",
            "whistle { id status case { status } summonses { state department { name } } }",
            caseId=case,
            kind="ROUTINE",
            linkage="RAPID_SERVICE",
            grounds="需要部门联动",
            departmentIds=departments,
        )
        whistle = blown["whistle"]["id"]
        assert blown["whistle"]["case"] == {"status": "WHISTLED"}
        assert [summons["state"] for summons in blown["whistle"]["summonses"]] == ["SUMMONED"] * 2
        for department, officer in zip(departments, officers, strict=True):
            named = {"whistleId": whistle, "departmentId": department}
            await officer.do("signSummons", **named)
            await officer.do("checkIn", **named)
            await officer.do("answerSummons", **named, result="已到场处置")
        ended = await street.do("resolveWhistle", "whistle { status }", whistleId=whistle, result="联动办结")
        assert ended["whistle"] == {"status": "RESOLVED"}
        for department in departments:
            await street.do("rateDepartment", whistleId=whistle, departmentId=department, score=5)
        version += 2  # blown and resolved
        await step(inspector, "verifyCase", "VERIFIED", passed=True)
        rating = {"answered": True, "solved": True, "satisfied": 5, "secret": secret}
        await step(nobody, "rateCase", "VERIFIED", **rating)
        await step(staff, "closeCase", "CLOSED")

        traced = await inspector.read(
            """query ($id: ID!) { case(id: $id) {
                open satisfied resolver text { text state } worker { label }
                history { status event { type position } }
                holdings { holder tier until } } }""",
            id=case,
        )
        types = [entry["event"]["type"] for entry in traced["case"]["history"]]
        assert types[:5] == [
            "CaseReported", "CaseAccepted", "SeverityGraded", "CaseAssigned", "CaseEscalated"
        ]  # fmt: skip
        assert types[-4:] == ["DepartmentRated", "CaseVerified", "CaseRated", "CaseClosed"]
        positions = [entry["event"]["position"] for entry in traced["case"]["history"]]
        assert positions == sorted(positions)
        assert traced["case"]["open"] is False
        assert traced["case"]["resolver"] == "street-1"
        assert [held["tier"] for held in traced["case"]["holdings"]] == [None, "ON_SPOT", "MULTI_UNIT"]
        assert all(held["until"] for held in traced["case"]["holdings"])
        tally = (await nobody.read('{ tally(place: "12") { cases open closed solved whistles } }'))["tally"]
        assert tally == {"cases": 1, "open": 0, "closed": 1, "solved": 1, "whistles": 1}


async def set_up(admin: Client) -> tuple[str, list[str]]:
    """A place with one grid, its worker and two departments, over HTTP."""
    await admin.do("adoptPolicy", document=policies.default_policy())
    for code, name in (("12", "天津市"), ("120101", "和平区"), (STREET, "第一街道"), (COMMUNITY, "第一社区")):
        await admin.do("registerDivision", code=code, name=name, effectiveFrom="2023-09-01")
    await admin.do("drawGrid", gridCode=GRID, name="第1网格", households=300)
    registered = await admin.do(
        "registerGridWorker", "worker { id }", communityCode=COMMUNITY, label="网格员 001", name="工作人员 一"
    )
    worker = registered["worker"]["id"]
    await admin.do("assignGridWorker", "grid { code }", gridCode=GRID, workerId=worker)
    await admin.do("publishContact", "worker { contact { text } }", workerId=worker, contact="公示栏 001")
    departments = [
        (await admin.do("establishDepartment", "department { id }", divisionCode="120101", name=name))[
            "department"
        ]["id"]
        for name in ("城市管理部门", "公安部门")
    ]
    return worker, departments


async def test_a_command_sent_again_answers_the_same_and_changes_nothing(busy: Town, serving: Served) -> None:
    for name in ("reportCase", "blowWhistle", "splitCase", "assignGridWorker", "establishDepartment"):
        by, given = await MUTATIONS[name](busy)
        given |= {"commandId": str(uuid4())}
        client = serving.client(by)
        selection = SHOWN[name]

        first = await client.do(name, selection, **given)
        head = await busy.log.head()
        again = await asyncio.gather(*(client.do(name, selection, **given) for _ in range(3)))

        assert again == [first] * 3
        assert await busy.log.head() == head == first["position"]


# Refusals, mutation by mutation


async def refusal(client: Client, town: Town, name: str, given: dict[str, Any]) -> Any:
    """The one error that a mutation answers; everything else about the answer is checked here."""
    head = await town.log.head()
    thing = THINGS[name]
    variables = {"input": {"commandId": str(uuid4())} | given}
    answer = await client.post(mutation(name, SHOWN[name]), variables)

    assert answer.status_code == 200
    result = answer.json()
    assert set(result) == {"data", "extensions"}, result
    payload = result["data"][name]
    assert payload[thing] is None and payload["position"] is None
    (error,) = payload["errors"]
    assert set(error) == {"code", "message", "path"} and error["message"]
    assert await town.log.head() == head
    return error


def somebody(by: Actor | None) -> Actor:
    """An actor; a resident where anybody will do."""
    return by or Actor("resident-9", Role.RESIDENT, "")


every_mutation = pytest.mark.parametrize("name", MUTATIONS)


@every_mutation
async def test_a_mutation_is_accepted_from_whom_it_is_for(name: str, busy: Town, serving: Served) -> None:
    by, given = await MUTATIONS[name](busy)

    payload = await serving.client(by).do(name, SHOWN[name], **given)

    assert payload[THINGS[name]]
    assert payload["position"] == await busy.log.head()


@every_mutation
async def test_a_mutation_is_forbidden_to_an_auditor(name: str, busy: Town, serving: Served) -> None:
    _, given = await MUTATIONS[name](busy)

    error = await refusal(serving.client(AUDITOR), busy, name, given)

    assert error["code"] == "FORBIDDEN"


ANYWHERE = ("reportCase", "rateCase", "reopenCase")
"""Mutations in the hands of residents, who have no place to keep to."""


@pytest.mark.parametrize("name", [name for name in MUTATIONS if name not in ANYWHERE])
async def test_a_mutation_is_refused_outside_of_the_scope(name: str, busy: Town, serving: Served) -> None:
    by, given = await MUTATIONS[name](busy)

    error = await refusal(serving.client(replace(somebody(by), scope="31")), busy, name, given)

    assert error["code"] == "OUT_OF_SCOPE"


@every_mutation
async def test_a_mutation_is_refused_where_the_version_is_stale(
    name: str, busy: Town, serving: Served
) -> None:
    by, given = await MUTATIONS[name](busy)

    error = await refusal(serving.client(by), busy, name, given | {"expectedVersion": 77})

    assert error["code"] == "STALE_VERSION"
    assert error["path"] == ["expectedVersion"]


@every_mutation
async def test_a_command_id_stands_for_one_content(name: str, busy: Town, serving: Served) -> None:
    by, given = await MUTATIONS[name](busy)
    given["commandId"] = str(uuid4())
    client = serving.client(by)
    await client.do(name, **given)

    moment = datetime.now(UTC).isoformat()
    error = await refusal(client, busy, name, given | {"occurredAt": moment})
    other = await refusal(serving.client(replace(somebody(by), id="somebody-else")), busy, name, given)

    assert error["code"] == other["code"] == "COMMAND_REUSED"
    assert error["path"] == ["commandId"]


@every_mutation
async def test_a_moment_that_cannot_be_is_refused(name: str, busy: Town, serving: Served) -> None:
    by, given = await MUTATIONS[name](busy)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    for moment in ("yesterday", "2026-03-02T09:00:00", "2026-02-30T09:00:00+08:00", "", tomorrow, 5):
        error = await refusal(serving.client(by), busy, name, given | {"occurredAt": moment})
        assert (error["code"], error["path"]) == ("BAD_TIME", ["occurredAt"]), moment


def leading_to(field: str) -> list[str]:
    """The path to an identifier: in a list, to its first member."""
    return [field, "0"] if field.endswith("Ids") else [field]


@every_mutation
async def test_an_identifier_that_is_none_is_refused_and_named(
    name: str, busy: Town, serving: Served
) -> None:
    by, given = await MUTATIONS[name](busy)
    identifiers = [field for field in given if field.endswith(("Id", "Ids"))]

    for field in ["commandId", *identifiers]:
        for wrong in ("7", "", "case\0", "x" * 3000):
            value = [wrong] if field.endswith("Ids") else wrong
            error = await refusal(serving.client(by), busy, name, given | {field: value})
            assert (error["code"], error["path"]) == ("BAD_CODE", leading_to(field)), wrong


UNKNOWN = (
    "caseId", "ofId", "intoId", "whistleId", "departmentIds", "workerId", "personId", "postId",
    "elementId", "careId", "diaryId", "patrolId", "campaignId", "gapId",
)  # fmt: skip


@every_mutation
async def test_an_identifier_of_nothing_is_refused_and_named(name: str, busy: Town, serving: Served) -> None:
    by, given = await MUTATIONS[name](busy)

    for field in set(given).intersection(UNKNOWN):
        value = [str(uuid4())] if field.endswith("Ids") else str(uuid4())
        error = await refusal(serving.client(by), busy, name, given | {field: value})
        hidden = name in ("rateCase", "reopenCase")  # a resident without the secret learns of no case
        expected = ("BAD_SECRET", ["secret"]) if hidden else ("NOT_FOUND", leading_to(field))
        assert (error["code"], error["path"]) == expected


async def test_a_role_that_may_never_send_a_command_learns_nothing_of_what_it_names(
    busy: Town, serving: Served
) -> None:
    known, nothing = str(await busy.report()), str(uuid4())

    said = [
        await refusal(serving.client(AUDITOR), busy, "acceptCase", {"caseId": case})
        for case in (known, nothing)
    ]

    assert said[0] == said[1]
    assert (said[0]["code"], said[0]["path"]) == ("FORBIDDEN", [])


TEXTS = {
    "text", "reason", "note", "result", "grounds", "name", "label", "contact", "comment", "address",
    "reporter_name", "reporter_phone", "assignee", "course", "incentive", "whom", "words",
    "finding", "need", "power", "basis",
}  # fmt: skip


def texts_of(name: str) -> list[str]:
    """The text fields of a mutation's input."""
    hints = get_type_hints(BY_NAME[name])
    plain = [field.name for field in fields(BY_NAME[name]) if hints[field.name] in (str, str | None)]
    return [field for field in plain if field in TEXTS]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("name", [name for name in MUTATIONS if texts_of(name)])
async def test_a_text_that_cannot_be_kept_is_refused_and_named(
    name: str, busy: Town, serving: Served
) -> None:
    by, given = await MUTATIONS[name](busy)
    client = serving.client(by)
    hints = get_type_hints(BY_NAME[name])

    for plain in texts_of(name):
        field = camel(plain)
        long = await refusal(client, busy, name, given | {field: "长" * 4001})
        assert (long["code"], long["path"]) == ("TEXT_TOO_LONG", [field])
        nul = await refusal(client, busy, name, given | {field: "井\0盖"})
        assert (nul["code"], nul["path"]) == ("BAD_TEXT", [field])
        if hints[plain] is str:
            empty = await refusal(client, busy, name, given | {field: " \n"})
            assert (empty["code"], empty["path"]) == ("TEXT_EMPTY", [field])


ODD = ("", "\0", "１２０１", "x" * 3000, "🙂", "120101001001-G00\n", "-1")


@every_mutation
async def test_an_odd_code_is_answered_and_never_an_internal_error(
    name: str, busy: Town, serving: Served
) -> None:
    by, given = await MUTATIONS[name](busy)
    codes = [field for field in given if field.endswith(("code", "Code")) or field in ("category", "secret")]

    for field in codes:
        for odd in ODD:
            error = await refusal(serving.client(by), busy, name, given | {field: odd})
            assert error["path"] in ([field], []), (field, odd, error)


# Refusals, one by one


Given = Callable[[Town], dict[str, Any]]
STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
RESIDENT = Actor("resident-1", Role.RESIDENT, "")


def reporting(**given: Any) -> dict[str, Any]:
    return {"category": "01001", "text": "井盖丢失"} | given


SINGLE: dict[str, tuple[Actor | None, str, dict[str, Any], str, list[str], str]] = {
    "an unknown division": (
        None, "reportCase", reporting(communityCode="120101001999"), "UNKNOWN_DIVISION", ["communityCode"],
        "没有代码为 120101001999 的行政区划。请填写已登记的区划代码。",
    ),
    "a division of another level": (
        None, "reportCase", reporting(communityCode=STREET), "WRONG_DIVISION_LEVEL", ["communityCode"],
        "120101001 的级别是街道、乡镇（STREET）；此处需要社区、村（COMMUNITY）。",
    ),
    "an unknown grid": (
        None, "reportCase", reporting(gridCode=f"{COMMUNITY}-G099"), "UNKNOWN_GRID", ["gridCode"],
        "没有代码为 120101001001-G099 的网格。请填写已划定的网格代码。",
    ),
    "a grid of another community": (
        None, "reportCase", reporting(gridCode=THIRD_GRID, communityCode=COMMUNITY), "FOREIGN_GRID",
        ["gridCode"], f"网格 {THIRD_GRID} 不在 {COMMUNITY}。请填写该社区的网格，或不填网格。",
    ),
    "an unknown category": (
        None, "reportCase", reporting(gridCode=GRID, category="99999"), "UNKNOWN_CATEGORY", ["category"],
        "现行分类目录没有类别 99999。请从 `categories` 中选择。",
    ),
    "an occupied grid": (
        STAFF, "assignGridWorker", {"gridCode": GRID, "workerId": "worker"}, "GRID_OCCUPIED", ["gridCode"],
        "已有网格员",
    ),
    "a date that is none": (
        ADMINISTRATOR, "renameDivision", {"code": "12", "name": "天津", "effectiveFrom": "2026-02-30"},
        "BAD_TIME", ["effectiveFrom"], "effectiveFrom '2026-02-30' 不成立",
    ),
    "another role": (
        RESIDENT, "drawGrid", {"gridCode": f"{COMMUNITY}-G050", "name": "新网格", "households": 300},
        "FORBIDDEN", [], "居民（RESIDENT）无权执行划定网格。",
    ),
    "another place": (
        STAFF, "drawGrid", {"gridCode": f"{OTHER_COMMUNITY}-G050", "name": "新网格", "households": 300},
        "OUT_OF_SCOPE", ["gridCode"], "120101001002-G050 不在您的职权范围 120101001001 内。",
    ),
    "a number out of range": (
        STAFF, "drawGrid", {"gridCode": f"{COMMUNITY}-G050", "name": "新网格", "households": -1},
        "OUT_OF_RANGE", ["households"], "households 为 -1",
    ),
    "a policy document that is none": (
        ADMINISTRATOR, "adoptPolicy", {"document": {"version": "2"}}, "BAD_POLICY",
        ["document", "effectiveFrom"], "政策文件不可用：缺少 'effectiveFrom'。",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SINGLE)
async def test_a_refusal_names_code_and_field_in_the_language_asked_for(
    what: str, busy: Town, serving: Served
) -> None:
    by, name, given, code, path, sentence = SINGLE[what]
    if given.get("workerId") == "worker":
        given = given | {"workerId": str(busy.workers[GRID])}
    client = serving.client(by)

    english = await refusal(client, busy, name, given)
    chinese = await refusal(client.speaking("zh-CN,zh;q=0.9,en;q=0.8"), busy, name, given)

    assert (english["code"], chinese["code"]) == (code, code)
    assert english["path"] == chinese["path"] == path
    assert sentence in chinese["message"]
    assert english["message"].isascii()


async def test_a_retired_grid_takes_no_case(busy: Town, serving: Served) -> None:
    code = f"{COMMUNITY}-G060"
    await busy.do(grids.DrawGrid(grid_code=code, name="旧网格", households=10))
    await busy.do(grids.RetireGrid(grid_code=code, reason="并入相邻网格"))

    error = await refusal(serving.client(), busy, "reportCase", reporting(gridCode=code))

    assert (error["code"], error["path"]) == ("RETIRED_GRID", ["gridCode"])


async def test_a_step_that_cannot_follow_is_refused_with_those_that_can(busy: Town, serving: Served) -> None:
    case = str(await busy.report())

    error = await refusal(serving.client(STAFF), busy, "closeCase", {"caseId": case})

    assert error["code"] == "ILLEGAL_TRANSITION"
    assert "Possible now: ACCEPT" in error["message"]


async def test_a_resident_without_an_account_needs_the_secret_of_the_case(
    busy: Town, serving: Served
) -> None:
    case = await busy.assigned()
    await busy.close(case)
    given = {"caseId": str(case), "reason": "问题复发"}
    other = secret_of(KEY, uuid4())

    for secret in ({}, {"secret": None}, {"secret": ""}, {"secret": other}, {"secret": "密码"}):
        error = await refusal(serving.client(), busy, "reopenCase", given | secret)
        assert (error["code"], error["path"]) == ("BAD_SECRET", ["secret"])
    await serving.client().do("reopenCase", **given, secret=secret_of(KEY, case).lower())


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "HIGHEST"},
        {"tier": 5},
        {"expectedVersion": "two"},
        {"expectedVersion": 2**40},
        {"nothing": 1},
        {"caseId": None},
        {"caseId": {"id": "x"}},
    ],
)
async def test_an_input_that_the_schema_does_not_know_is_refused_before_anything_runs(
    wrong: dict[str, Any], busy: Town, serving: Served
) -> None:
    head = await busy.log.head()
    given = {"commandId": str(uuid4()), "caseId": str(uuid4()), "tier": "ON_SPOT"}

    answer = await serving.client(STAFF).post(mutation("assignCase"), {"input": given | wrong})

    assert answer.status_code == 200
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"]
    assert "data" not in answer.json()
    assert await busy.log.head() == head


# Tokens


async def test_without_a_token_one_is_a_resident_who_sees_what_is_published(
    busy: Town, serving: Served
) -> None:
    viewer = (await serving.client().read("{ viewer { id role scope } }"))["viewer"]

    assert viewer == {"id": "anonymous", "role": "RESIDENT", "scope": None}


async def test_a_token_says_who_one_is(serving: Served) -> None:
    viewer = (await serving.client(STAFF).read("{ viewer { id role scope } }"))["viewer"]

    assert viewer == {"id": "community-staff-1", "role": "COMMUNITY_STAFF", "scope": COMMUNITY}


def forged(**changed: Any) -> str:
    """A token with claims of one's own, signed with the right key unless told otherwise."""
    key = changed.pop("key", token_key(KEY))
    claims = {"sub": "a", "aud": "chuishao", "role": "ADMINISTRATOR", "scope": ""}
    claims |= {"exp": datetime.now(UTC) + timedelta(hours=1)} | changed
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=changed.get("alg", "HS256"))


REFUSED_TOKENS = {
    "expired": token(STAFF, timedelta(seconds=-5)),
    "signed with another key": forged(key=b"another key, also 32 bytes long."),
    "signed with the key of the cases' secrets": forged(key=KEY),
    "for another audience": forged(aud="elsewhere"),
    "without an end": forged(exp=None),
    "with a role that is none": forged(role="MAYOR"),
    "without a role": forged(role=None),
    "with a department that is none": forged(department="7"),
    "unsigned": jwt.encode({"sub": "a", "aud": "chuishao", "role": "ADMINISTRATOR"}, "", algorithm="none"),
    "no token at all": "token",
}


@pytest.mark.parametrize("what", REFUSED_TOKENS)
async def test_a_token_that_does_not_hold_is_refused(what: str, serving: Served, busy: Town) -> None:
    client = Client(serving.base, serving.http, {"authorization": f"Bearer {REFUSED_TOKENS[what]}"})
    head = await busy.log.head()

    report = {"input": {"commandId": str(uuid4())} | reporting(gridCode=GRID)}
    for document, variables in (("{ viewer { id } }", {}), (mutation("reportCase"), report)):
        answer = await client.post(document, variables)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert error["message"].endswith(".") and "Traceback" not in answer.text
    assert await busy.log.head() == head


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "token"])
async def test_an_authorization_of_another_kind_is_refused(header: str, serving: Served) -> None:
    client = Client(serving.base, serving.http, {"authorization": header})

    answer = await client.post("{ viewer { id } }")

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == "Send the token as `Authorization: Bearer …`."


# Queries that cannot be answered


CONNECTIONS = ("cases", "grids", "workers", "whistles", "divisions", "departments", *BOARDS)


@pytest.mark.parametrize("field", CONNECTIONS)
async def test_a_page_of_an_impossible_size_is_refused(field: str, serving: Served) -> None:
    client = serving.client(AUDITOR)

    for window, path in (("first: 101", "first"), ("first: -1", "first"), ("last: 101", "last")):
        error = await client.fails(f"{{ {field}({window}) {{ nodes {{ id }} }} }}")
        assert (error["code"], error["path"], error["data"]) == ("OUT_OF_RANGE", [path], None)
    both = await client.fails(f"{{ {field}(first: 1, last: 1) {{ nodes {{ id }} }} }}")
    assert both["code"] == "ONE_END_ONLY"
    none = await client.read(f"{{ {field}(first: 0) {{ nodes {{ id }} totalCount }} }}")
    assert none[field]["nodes"] == [] and none[field]["totalCount"] > 0


@pytest.mark.parametrize("field", CONNECTIONS)
async def test_a_cursor_that_is_none_of_the_list_is_refused(field: str, serving: Served) -> None:
    client = serving.client(AUDITOR)
    document = f"query ($c: String) {{ {field}(WHICH: $c) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}"
    other = "grids" if field != "grids" else "departments"
    foreign = (await client.read(f"{{ {other}(first: 1) {{ pageInfo {{ endCursor }} }} }}"))[other]
    log = (await client.read("{ log { cursor } }"))["log"]["cursor"]

    for which in ("after", "before"):
        for cursor in (
            "",
            "5",
            "游标",
            "bnVsbA",
            "W10",
            "x" * 5000,
            "\0",
            log,
            foreign["pageInfo"]["endCursor"],
        ):
            error = await client.fails(document.replace("WHICH", which), c=cursor)
            assert (error["code"], error["path"]) == ("BAD_CURSOR", [which]), cursor
            assert error["message"].endswith(".")


async def test_a_bad_cursor_is_explained_in_chinese_too(serving: Served) -> None:
    client = serving.client(AUDITOR).speaking("zh")

    error = await client.fails('{ cases(after: "5") { nodes { id } } }')

    assert error["message"] == "'5' 不是有效的游标。请原样使用事件或分页返回的游标。"


async def test_the_log_refuses_cursors_that_it_did_not_give(serving: Served) -> None:
    client = serving.client(AUDITOR)
    page = await client.read("{ events(first: 2) { cursor } }")
    first, second = (event["cursor"] for event in page["events"])
    mixed = first[:-10] + second[-10:]

    document = "query ($c: String) { events(after: $c) { position } }"
    for cursor, code in (("5", "BAD_CURSOR"), (mixed, "CURSOR_OF_ANOTHER_HISTORY"), ("é", "BAD_CURSOR")):
        assert (await client.fails(document, c=cursor))["code"] == code
    assert (await client.fails("{ events(first: 1000) { position } }"))["code"] == "OUT_OF_RANGE"


@pytest.mark.parametrize("field", ["case", "worker", "whistle", "department", "node", *SINGLES])
async def test_something_by_an_identifier_is_found_or_null_or_refused(field: str, serving: Served) -> None:
    client = serving.client(AUDITOR)
    document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"

    assert (await client.read(document, id=str(uuid4())))[field] is None
    for wrong in ("5", "", "\0", "x" * 5000, 5):
        error = await client.fails(document, id=wrong)
        assert (error["code"], error["path"]) == ("BAD_CODE", ["id"])


@pytest.mark.parametrize("field", ["grid", "division"])
async def test_something_by_a_code_is_found_or_null_or_refused(field: str, serving: Served) -> None:
    client = serving.client(AUDITOR)
    document = f"query ($code: String!) {{ {field}(code: $code) {{ id }} }}"

    for odd in ("5", "", "x" * 5000, "🙂"):
        assert (await client.read(document, code=odd))[field] is None
    assert (await client.fails(document, code="\0"))["code"] == "BAD_TEXT"


async def test_a_position_beyond_the_log_is_refused(serving: Served, busy: Town) -> None:
    client = serving.client(AUDITOR)
    beyond = await busy.log.head() + 1

    error = await client.fails("query ($at: Position) { log { head } cases(atLeast: $at) { totalCount } }",
                               at=beyond)  # fmt: skip

    assert (error["code"], error["path"]) == ("BEYOND_THE_LOG", ["atLeast"])
    for wrong in (-1, 2**53, 1.5, "5", True):
        bad = await client.fails("query ($at: Position) { cases(atLeast: $at) { totalCount } }", at=wrong)
        assert bad["code"] == "BAD_USER_INPUT"


# What is deprecated


async def test_the_former_name_of_a_place_still_works_but_not_beside_the_present_one(serving: Served) -> None:
    client = serving.client(AUDITOR)
    ask = "query ($old: String, $new: String) { events(divisionPrefix: $old, place: $new) { place } }"

    former, present = await client.read(ask, old=COMMUNITY), await client.read(ask, new=COMMUNITY)
    assert former == present and former["events"]
    both = await client.fails(ask, old=COMMUNITY, new=COMMUNITY)
    assert (both["code"], both["path"]) == ("GIVEN_TWICE", ["divisionPrefix"])


# Counts


async def test_a_list_is_counted_exactly_up_to_a_bound_and_estimated_beyond_it(
    busy: Town, serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serving.client(AUDITOR)
    await caught_up(busy, client)
    there = len(await all_cases(client, {}))
    document = "query ($filter: CaseFilter) { cases(filter: $filter) { totalCount totalCountEstimated } }"

    monkeypatch.setattr(paging, "EXACT_COUNT", there)
    assert (await client.read(document))["cases"] == {"totalCount": there, "totalCountEstimated": False}

    monkeypatch.setattr(paging, "EXACT_COUNT", 3)
    for wanted in (None, {"place": "12"}, {"open": True}, {"category": "no such"}):
        found = (await client.read(document, filter=wanted))["cases"]
        exact = len(await all_cases(client, wanted or {}, exact=False))
        assert found["totalCountEstimated"] is (exact > 3)
        assert found["totalCount"] > 3 if exact > 3 else found["totalCount"] == exact


async def test_the_estimate_is_the_planners(busy: Town) -> None:
    async with connected(busy.log.pool) as connection:
        await connection.execute("ANALYZE divisions.division")
        where = paging.Where()
        exact = await paging.count(connection, "divisions.division", where)
        estimated = await paging.count(connection, "divisions.division", where, bound=1)

    assert (exact.estimated, estimated) == (False, paging.Count(exact.rows, estimated=True))


async def test_fields_that_ask_for_the_count_share_one() -> None:
    asked = 0

    async def counting() -> paging.Count:
        nonlocal asked
        asked += 1
        return paging.Count(7, estimated=False)

    listed = Listed(paging.Page([], [], False, False), counting)
    assert list(await asyncio.gather(listed.counted(), listed.counted())) == [paging.Count(7, False)] * 2
    assert asked == 1


# Pages


async def every_page(client: Client, field: str, arguments: str, backward: bool, change: Any) -> list[str]:
    """Every identifier of a list, page by page in its own order, while rows come in."""
    chance = random.Random(f"{field}{arguments}{backward}")
    window = "last: $n, before: $c" if backward else "first: $n, after: $c"
    document = f"""query ($n: Int, $c: String) {{ {field}({arguments} {window}) {{
        edges {{ cursor node {{ id }} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    seen: list[str] = []
    cursor = None
    while True:
        page = (await client.read(document, n=chance.randint(1, 60), c=cursor))[field]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        seen = [*ids, *seen] if backward else [*seen, *ids]
        info = page["pageInfo"]
        assert [info["startCursor"], info["endCursor"]] == [
            page["edges"][0]["cursor"], page["edges"][-1]["cursor"]
        ]  # fmt: skip
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return seen
        cursor = info["startCursor" if backward else "endCursor"]
        await change()


LISTS = {
    **{f"cases {order}": ("cases", f"orderBy: {order},")
       for order in ("NEWEST", "OLDEST", "DUE_FIRST", "LATEST_CHANGE")},
    **{f"whistles {order}": ("whistles", f"orderBy: {order},")
       for order in ("NEWEST", "OLDEST", "CHECK_IN_DUE_FIRST", "LATEST_CHANGE")},
    **{f"grids {order}": ("grids", f"orderBy: {order},") for order in ("CODE", "NAME", "LONGEST_VACANT")},
    **{f"workers {order}": ("workers", f"orderBy: {order},") for order in ("COMMUNITY", "LABEL")},
    **{f"departments {order}": ("departments", f"orderBy: {order},") for order in ("DIVISION", "NAME")},
    "divisions": ("divisions", ""),
}  # fmt: skip
LISTS |= {
    f"{name} {order}".strip(): (name, f"orderBy: {order}," if order else "")
    for name, board in BOARDS.items() for order in board.orders or ("",)
}  # fmt: skip
SOURCES = {
    "cases": "cases.case_row", "grids": "grids.grid WHERE retired_at IS NULL", "workers": "workers.worker",
    "whistles": "whistles.whistle", "divisions": "divisions.division",
    "departments": "departments.department",
} | {name: board.source for name, board in BOARDS.items()}  # fmt: skip
GROWING = {
    "cases": "reportCase", "grids": "drawGrid", "workers": "registerGridWorker", "whistles": "blowWhistle",
    "divisions": "registerDivision", "departments": "establishDepartment",
} | {name: board.growing for name, board in BOARDS.items()}  # fmt: skip


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("listed", LISTS)
async def test_pages_give_every_row_once_while_rows_come_in(
    listed: str, backward: bool, busy: Town, serving: Served
) -> None:
    field, arguments = LISTS[listed]
    for _ in range(4):
        by, given = await MUTATIONS[GROWING[field]](busy)
        await serving.client(by).do(GROWING[field], **given)
    client = serving.client(AUDITOR)
    await caught_up(busy, client)
    there = {str(row["id"]) for row in await busy.log.pool.fetch(f"SELECT id FROM {SOURCES[field]}")}
    total = (await client.read(f"{{ {field} {{ totalCount }} }}"))[field]["totalCount"]

    async def grow() -> None:
        by, given = await MUTATIONS[GROWING[field]](busy)
        await serving.client(by).do(GROWING[field], SHOWN[GROWING[field]], **given)

    seen = await every_page(client, field, arguments, backward, grow)

    assert len(seen) == len(set(seen))
    assert there <= set(seen)
    assert total == len(there) > 3


@pytest.mark.parametrize("window", ["first: 2, after", "last: 2, before"])
async def test_a_page_in_the_middle_has_rows_on_both_sides(window: str, serving: Served) -> None:
    client = serving.client(AUDITOR)
    page = await client.read("{ cases(first: 10) { edges { cursor } } }")
    cursor = page["cases"]["edges"][5]["cursor"]

    found = await client.read(
        f"query ($c: String) {{ cases({window}: $c) {{ pageInfo {{ hasNextPage hasPreviousPage }} }} }}",
        c=cursor,
    )

    assert found["cases"]["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}


@pytest.mark.parametrize("listed", LISTS)
async def test_forward_and_backward_agree_on_the_order(listed: str, busy: Town, serving: Served) -> None:
    field, arguments = LISTS[listed]
    client = serving.client(AUDITOR)
    await caught_up(busy, client)

    async def nothing() -> None:
        return

    forward = await every_page(client, field, arguments, False, nothing)
    assert forward == await every_page(client, field, arguments, True, nothing)


async def test_the_events_of_the_log_come_page_by_page_without_gaps(busy: Town, serving: Served) -> None:
    client = serving.client(AUDITOR)
    document = "query ($c: String) { events(first: 97, after: $c) { position cursor } }"
    positions: list[int] = []
    cursor = None
    while page := (await client.read(document, c=cursor))["events"]:
        positions += [event["position"] for event in page]
        cursor = page[-1]["cursor"]

    assert positions == list(range(1, await busy.log.head() + 1))


# Filters


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
    "place": ({"place": OTHER_COMMUNITY}, lambda case: case["place"].startswith(OTHER_COMMUNITY)),
    "gridCode": ({"gridCode": GRID}, lambda case: case["place"] == GRID),
    "status": (
        {"status": ["REPORTED", "CLOSED"]}, lambda case: case["status"] in ("REPORTED", "CLOSED")
    ),
    "no status": ({"status": []}, lambda _: False),
    "tier": ({"tier": ["MULTI_UNIT"]}, lambda case: case["tier"] == "MULTI_UNIT"),
    "severity": ({"severity": ["MAJOR"]}, lambda case: case["severity"] == "MAJOR"),
    "category": ({"category": "1"}, lambda case: case["category"]["code"].startswith("1")),
    "open": ({"open": True}, lambda case: case["open"]),
    "done": ({"open": False}, lambda case: not case["open"]),
    "overdue": ({"overdue": True}, lambda case: case["overdue"]),
    "in time": ({"overdue": False}, lambda case: not case["overdue"]),
    "whistled": ({"whistled": True}, lambda case: case["status"] == "WHISTLED"),
    "not whistled": ({"whistled": False}, lambda case: case["status"] != "WHISTLED"),
    "text": ({"text": "井盖"}, lambda case: "井盖" in (case["text"]["text"] or "")),
    "several": (
        {"open": True, "tier": ["ON_SPOT", "GRID_LEADER"], "place": COMMUNITY},
        lambda case: case["open"] and case["tier"] in ("ON_SPOT", "GRID_LEADER")
        and case["place"].startswith(COMMUNITY),
    ),
}  # fmt: skip
EVERYTHING = """query ($filter: CaseFilter, $after: String) {
    cases(first: 100, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage endCursor } nodes {
    id place status tier severity open overdue assignee category { code } text { text } } } }"""


async def all_cases(client: Client, wanted: dict[str, Any], *, exact: bool = True) -> list[Any]:
    """Every case that a filter lets through; `exact` where the list must be counted exactly."""
    found: list[Any] = []
    after = None
    while True:
        page = (await client.read(EVERYTHING, filter=wanted, after=after))["cases"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert not exact or page["totalCount"] == len(found)
            return found
        after = page["pageInfo"]["endCursor"]


async def test_each_filter_shows_exactly_the_cases_that_fit(busy: Town, serving: Served) -> None:
    client = serving.client(busy.street_officer)
    await caught_up(busy, client)
    everything = await all_cases(client, {})
    somebody = next(case["assignee"] for case in everything if case["assignee"])
    filters = FILTERS | {
        "assignee": ({"assignee": somebody}, lambda case: case["assignee"] == somebody),
    }

    for what, (wanted, fits) in filters.items():
        found = await all_cases(client, wanted)
        assert [case["id"] for case in found] == [case["id"] for case in everything if fits(case)], what
        assert len(found) < len(everything), what
        assert found or what == "no status"


async def test_words_are_searched_only_by_those_who_may_read_them_and_in_their_scope(
    busy: Town, serving: Served
) -> None:
    await busy.do(cases.ReportCase(category="01001", text="100%_树木\\倾倒", grid_code=GRID), RESIDENT)
    await busy.do(cases.ReportCase(category="01001", text="树木倾倒", grid_code=THIRD_GRID), RESIDENT)
    document = "query ($text: String) { cases(filter: { text: $text }) { nodes { place } } }"
    staff, street = serving.client(STAFF), serving.client(busy.street_officer)
    await caught_up(busy, staff)

    async def places(client: Client, text: str) -> set[str]:
        return {case["place"] for case in (await client.read(document, text=text))["cases"]["nodes"]}

    assert await places(staff, "树木") == {GRID}
    assert await places(street, "树木") == {GRID, THIRD_GRID}
    assert await places(street, "0%_树木\\") == {GRID}
    assert await places(street, "1%木") == set()
    for client in (serving.client(AUDITOR), serving.client(ADMINISTRATOR)):
        error = await client.fails(document, text="树木")
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["filter", "text"])
    assert (await serving.client().fails(document, text="树木"))["code"] == "TOKEN_REQUIRED"


async def test_the_other_lists_are_filtered_too(busy: Town, serving: Served) -> None:
    client = serving.client(AUDITOR)
    by, given = await MUTATIONS["blowWhistle"](busy)
    await serving.client(by).do("blowWhistle", "whistle { id }", **given)
    department = given["departmentIds"][0]
    found = await client.read(
        """query ($department: ID) {
            whistles(first: 100, filter: { departmentId: $department, status: [OPEN], kind: [ROUTINE],
                                           linkage: [RAPID_SERVICE], place: "1201" }) {
                nodes { status kind linkage summonses { department { id } } } }
            none: whistles(filter: { place: "13" }) { totalCount }
            vacant: grids(first: 100, filter: { vacant: true }) { nodes { worker { id } } }
            retired: grids(first: 100, filter: { active: false, place: "12" }) { nodes { retiredAt } }
            divisions(first: 100, filter: { level: [STREET], name: "第一" }) { nodes { level name } }
            workers(place: "120101001002") { nodes { community { code } } }
            departments(place: "13") { nodes { id } }
        }""",
        department=department,
    )

    assert found["whistles"]["nodes"]
    for whistle in found["whistles"]["nodes"]:
        assert (whistle["status"], whistle["kind"], whistle["linkage"]) == (
            "OPEN",
            "ROUTINE",
            "RAPID_SERVICE",
        )
        assert department in [summons["department"]["id"] for summons in whistle["summonses"]]
    assert found["none"]["totalCount"] == 0
    assert all(grid["worker"] is None for grid in found["vacant"]["nodes"])
    assert all(grid["retiredAt"] for grid in found["retired"]["nodes"])
    assert [division["level"] for division in found["divisions"]["nodes"]] == ["STREET"]
    assert {worker["community"]["code"] for worker in found["workers"]["nodes"]} == {OTHER_COMMUNITY}
    assert found["departments"]["nodes"] == []


@pytest.mark.parametrize(
    "asked",
    [
        'cases(filter: { place: "\\u0000" }) { totalCount }',
        'cases(filter: { category: "\\u0000" }) { totalCount }',
        'cases(filter: { assignee: "\\u0000" }) { totalCount }',
        'grids(filter: { place: "\\u0000" }) { totalCount }',
        'divisions(filter: { name: "\\u0000" }) { totalCount }',
        'workers(place: "\\u0000") { totalCount }',
        'checkInLeague(place: "\\u0000") { summoned }',
        'events(place: "\\u0000") { position }',
        'events(types: ["\\u0000"]) { position }',
        'tally(place: "\\u0000") { cases }',
    ],
)
async def test_a_text_that_no_row_can_hold_is_refused(asked: str, serving: Served) -> None:
    error = await serving.client(AUDITOR).fails(f"{{ {asked} }}")

    assert error["code"] == "BAD_TEXT"


# Personal text


PERSONAL = """query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) {
    text { text state } address { text state } reporterName { text state } reporterPhone { text state }
    history { event { type data } } } }"""


async def reported_by_name(town: Town, subject: str = "resident-1") -> tuple[str, int]:
    """A case with everything that can be said about its reporter."""
    command = cases.ReportCase(
        category="01001",
        text="井盖丢失",
        grid_code=GRID,
        address="示例路 1 号",
        reporter_name="居民 001",
        reporter_phone="000-0001",
    )
    outcome = await town.do(command, Actor(subject, Role.RESIDENT, ""))
    return str(outcome.id), outcome.position


READERS = {
    "its grid worker": (Actor("w", Role.GRID_WORKER, GRID), True),
    "another grid's worker": (Actor("w", Role.GRID_WORKER, OTHER_GRID), None),
    "its grid leader": (Actor("l", Role.GRID_LEADER, COMMUNITY), True),
    "its community": (STAFF, True),
    "another community": (Actor("s", Role.COMMUNITY_STAFF, OTHER_COMMUNITY), None),
    "its sector chief": (Actor("c", Role.SECTOR_CHIEF, COMMUNITY), True),
    "its street": (Actor("o", Role.STREET_OFFICER, STREET), True),
    "another street": (Actor("o", Role.STREET_OFFICER, "120101002"), None),
    "a department that was not summoned": (Actor("d", Role.DEPARTMENT_OFFICER, "120101", uuid4()), None),
    "an auditor": (AUDITOR, False),
    "an integrator": (Actor("i", Role.INTEGRATOR, ""), False),
    "an administrator": (ADMINISTRATOR, False),
    "its reporter": (Actor("resident-1", Role.RESIDENT, ""), True),
    "another resident": (Actor("resident-9", Role.RESIDENT, ""), None),
    "nobody": (None, None),
    "staff without a scope": (Actor("s", Role.COMMUNITY_STAFF, None), None),
}
"""Readers of a case, and whether its words are shown to them; None where they do not see the case."""


@pytest.mark.parametrize("who", READERS)
async def test_personal_text_is_shown_to_those_who_handle_the_case_and_masked_for_others(
    who: str, busy: Town, serving: Served
) -> None:
    reader, shown = READERS[who]
    case, position = await reported_by_name(busy)

    answer = await serving.client(reader).post(PERSONAL, {"id": case, "at": position})

    found = answer.json()["data"]["case"]
    if shown is None:
        assert found is None
        return
    said = {
        "text": "井盖丢失",
        "address": "示例路 1 号",
        "reporterName": "居民 001",
        "reporterPhone": "000-0001",
    }
    expected = {
        field: {"text": text, "state": "SHOWN"} if shown else {"text": None, "state": "MASKED"}
        for field, text in said.items()
    }
    (event,) = found.pop("history")
    assert found == expected
    assert {field: event["event"]["data"][field] for field in said} == expected
    assert any(text in answer.text for text in said.values()) is shown


async def test_a_department_reads_what_it_was_summoned_to(busy: Town, serving: Served) -> None:
    case, _ = await busy.whistled(departments=1)
    officers = [serving.client(busy.officer(number)) for number in range(2)]
    head = await caught_up(busy, officers[0])

    found = [(await officer.read(PERSONAL, id=str(case), at=head))["case"] for officer in officers]

    assert found[0]["text"]["state"] == "SHOWN"
    assert found[0]["history"][0]["event"]["data"]["text"]["state"] == "SHOWN"
    assert found[1] is None


async def test_an_erased_person_is_gone_everywhere(busy: Town, serving: Served) -> None:
    case, position = await reported_by_name(busy, "resident-to-erase")
    client = serving.client(busy.street_officer)
    before = (await client.read(PERSONAL, id=case, at=position))["case"]
    assert before["reporterName"] == {"text": "居民 001", "state": "SHOWN"}

    await busy.log.pool.execute(
        "UPDATE subject_key SET key = NULL, erased_at = now() WHERE subject = $1",
        resident_subject(KEY, "resident-to-erase"),
    )

    erased = {"text": None, "state": "ERASED"}
    after = (await client.read(PERSONAL, id=case))["case"]
    (event,) = after.pop("history")
    assert after == dict.fromkeys(("text", "address", "reporterName", "reporterPhone"), erased)
    assert [event["event"]["data"][field] for field in ("text", "address")] == [erased, erased]
    masked = (await serving.client(AUDITOR).read(PERSONAL, id=case))["case"]
    assert masked["text"] == {"text": None, "state": "MASKED"}


@pytest.mark.parametrize("who", ["its street", "an auditor", "an integrator", "its reporter"])
async def test_events_and_subscriptions_mask_like_everything_else(
    who: str, busy: Town, serving: Served
) -> None:
    reader, shown = READERS[who]
    client = serving.client(reader)
    cursor = (await client.read("{ log { cursor } }"))["log"]["cursor"]
    case, _ = await reported_by_name(busy)
    text = {"text": "井盖丢失", "state": "SHOWN"} if shown else {"text": None, "state": "MASKED"}
    selection = "{ type data actor { id role unit scope } case { text { text state } } }"

    read = await client.read(f"query ($c: String) {{ events(after: $c) {selection} }}", c=cursor)
    async with client.socket() as socket:
        follow = f"subscription ($id: ID!, $c: String) {{ caseEvents(caseId: $id, after: $c) {selection} }}"
        await socket.subscribe(follow, id=case, c=cursor)
        heard = (await socket.next())["caseEvents"]
    follow = f"subscription ($c: String) {{ events(after: $c) {selection} }}"
    async with client.stream(follow, c=cursor) as results:
        streamed = (await anext(results))["data"]["events"]

    for event in (read["events"][0], heard, streamed):
        assert event["type"] == "CaseReported"
        assert event["data"]["text"] == event["case"]["text"] == text
        visible = who in ("its street", "an auditor")
        assert event["actor"]["id"] == ("resident-1" if visible else None)
        assert event["actor"]["role"] == "RESIDENT"
        assert ("井盖" in json.dumps(event, ensure_ascii=False)) is shown


async def test_a_workers_contact_is_public_and_the_name_is_not(busy: Town, serving: Served) -> None:
    await busy.do(grids.PublishContact(worker_id=busy.workers[GRID], contact="公示栏 001"))
    document = "query ($id: ID!, $at: Position) { worker(id: $id, atLeast: $at) { label name { text state } contact { text state } } }"  # noqa: E501
    asked = {"id": str(busy.workers[GRID]), "at": await busy.log.head()}

    seen = (await serving.client().read(document, **asked))["worker"]
    known = (await serving.client(STAFF).read(document, **asked))["worker"]

    assert seen["contact"] == known["contact"] == {"text": "公示栏 001", "state": "SHOWN"}
    assert seen["name"] == {"text": None, "state": "MASKED"}
    assert known["name"] == {"text": "工作人员 1", "state": "SHOWN"}


# Reading one's own writes


async def test_many_writers_each_read_what_they_wrote(busy: Town, serving: Served) -> None:
    async def write_and_read(number: int) -> None:
        client = serving.client(STAFF)
        done = await client.do(
            "reportCase", "case { id text { text } }", category="01001", text=f"井盖 {number}", gridCode=GRID
        )
        assert done["case"]["text"] == {"text": f"井盖 {number}"}
        document = """query ($at: Position, $id: ID!, $text: String) {
            case(id: $id, atLeast: $at) { version }
            cases(filter: { text: $text }, atLeast: $at) { nodes { id } }
            node(id: $id) { id } }"""
        asked = {"at": done["position"], "id": done["case"]["id"], "text": f"井盖 {number}"}
        found = await client.read(document, **asked)
        assert found["case"] == {"version": 1}
        assert found["cases"]["nodes"] == [{"id": done["case"]["id"]}]
        assert found["node"] == {"id": done["case"]["id"]}

    await asyncio.gather(*(write_and_read(number) for number in range(1000, 1040)))


async def test_tallies_over_http_are_those_of_the_cases(busy: Town, serving: Served) -> None:
    client = serving.client(busy.street_officer)
    await caught_up(busy, client)
    everything = await all_cases(client, {"place": COMMUNITY})

    tally = (await client.read(
        "query ($place: String!) { tally(place: $place) { cases open closed openOnSpot } }", place=COMMUNITY
    ))["tally"]  # fmt: skip

    assert tally == {
        "cases": len(everything),
        "open": sum(case["open"] for case in everything),
        "closed": sum(case["status"] == "CLOSED" for case in everything),
        "openOnSpot": sum(case["open"] and case["tier"] == Tier.ON_SPOT for case in everything),
    }


async def test_nobody_without_need_ties_events_to_commands_or_people(busy: Town, serving: Served) -> None:
    case, position = await reported_by_name(busy, "resident-in-secret")
    document = """query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) {
        history { event { commandId causationId data } } } }"""

    for client in (serving.client(Actor("resident-in-secret", Role.RESIDENT, "")),):
        (entry,) = (await client.read(document, id=case, at=position))["case"]["history"]
        assert entry["event"]["commandId"] is entry["event"]["causationId"] is None
        assert "subject" not in entry["event"]["data"]
    (seen,) = (await serving.client(AUDITOR).read(document, id=case))["case"]["history"]
    assert seen["event"]["commandId"]


async def test_whoever_reads_a_report_cannot_send_it_again_for_its_secret(
    busy: Town, serving: Served
) -> None:
    reported = await serving.client().do(
        "reportCase", "case { id }", category="01001", text="x", gridCode=GRID
    )
    case = reported["case"]["id"]
    staff = serving.client(busy.community_staff)
    at = (await staff.do("acceptCase", caseId=case))["position"]
    document = """query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) { text { text } history {
        event { type commandId causationId correlationId } } } }"""

    handled = (await staff.read(document, id=case, at=at))["case"]
    audited = (await serving.client(AUDITOR).read(document, id=case, at=at))["case"]

    assert handled["text"]["text"] == "x"
    report, acceptance = (entry["event"] for entry in handled["history"])
    assert (report["commandId"], report["causationId"], report["correlationId"]) == (None, None, case)
    assert acceptance["commandId"]
    assert audited["text"]["text"] is None
    assert all(entry["event"]["commandId"] for entry in audited["history"])


async def test_only_those_who_handle_cases_look_for_an_actor(busy: Town, serving: Served) -> None:
    wanted = '{ cases(filter: { assignee: "somebody" }) { totalCount } }'
    assert (await serving.client(ADMINISTRATOR).fails(wanted))["code"] == "FORBIDDEN"
    assert (await serving.client(busy.street_officer).read(wanted))["cases"]["totalCount"] == 0


async def test_an_answer_does_not_grow_without_bound(busy: Town, serving: Served) -> None:
    once = f'{{ division(code: "{OTHER_COMMUNITY}") {{ parent {{ children {{ code }} }} }} }}'
    again = "parent { children { " * 5
    ever = f'{{ division(code: "{OTHER_COMMUNITY}") {{ {again} code {"} } " * 5} }} }}'
    assert (await serving.client(None).read(once))["division"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chuishao.graphql.context.MOST_ROWS", 5)
        result = await serving.client(None).send(ever, {})
    assert {error["extensions"]["code"] for error in result["errors"]} == {"LIMIT_EXCEEDED"}


RESPONSIBLE = """
query ($id: ID!, $reach: Position, $at: DateTime, $asOf: Position) {
  case(id: $id, atLeast: $reach) {
    number
    responsibility(at: $at, asOf: $asOf) {
      position
      heldBy { tier }
      spells { steps { actor } }
    }
  }
}
"""


async def test_who_was_responsible_is_told_at_a_moment_and_as_of_a_position(
    busy: Town, serving: Served
) -> None:
    case, head = await busy.assigned(), await busy.log.head()
    auditor, reporter = serving.client(AUDITOR), serving.client(busy.resident)
    asked = {"id": str(case), "reach": head}

    now = (await auditor.read(RESPONSIBLE, **asked))["case"]
    then = (await auditor.read(RESPONSIBLE, **asked, asOf=now["number"]))["case"]["responsibility"]
    never = await auditor.read(RESPONSIBLE, **asked, at="2001-01-01T00:00:00Z")
    own = (await reporter.read(RESPONSIBLE, **asked))["case"]["responsibility"]

    assert now["responsibility"]["position"] == head
    assert now["responsibility"]["heldBy"]["tier"] == "ON_SPOT"
    assert (then["position"], then["heldBy"]["tier"], len(then["spells"])) == (now["number"], None, 1)
    assert never["case"]["responsibility"] is None
    assert {step["actor"] for spell in own["spells"] for step in spell["steps"]} == {None}
    assert (await auditor.fails(RESPONSIBLE, **asked, at="yesterday"))["code"] == "BAD_TIME"
