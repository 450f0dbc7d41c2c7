"""会商 What mutations about meetings do, read by the queries; and what they refuse, with nothing recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chuishao.commands.divisions import RegisterDivision
from chuishao.commands.meetings.coordination import OrderCoordination
from chuishao.commands.meetings.deliberations import ConveneDeliberation, RecordOpinion
from chuishao.domain.actor import Actor
from chuishao.domain.meetings.terms import UnitKind
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.mechanisms import steps_meetings as steps
from tests.mechanisms.steps_meetings import STEPS
from tests.served import AUDITOR, Client, Served, mutation, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, SAID, STREET, Town, make_town

ADMINISTRATOR = Actor("administrator-1", Role.ADMINISTRATOR, "")
OTHER_STAFF = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
NOBODY = str(uuid4())
LONG = "长" * 4001
UNIT = "unit { kind name street { code } department { id } }"
WORDS = "{ text state }"


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """One database for all of these."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town that everybody meets in."""
    pool = await open_pool(database, size=4)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


def shown(text: str) -> dict[str, str]:
    return {"text": text, "state": "SHOWN"}


MASKED = {"text": None, "state": "MASKED"}


SPOKEN = {
    "holdMeeting": "楼道堆物",
    "adoptResolution": "清理楼道",
    "carryOutResolution": "已清理",
    "conveneDeliberation": "停车纠纷",
    "recordOpinion": "同意",
    "reachAgreement": "错峰停车",
    "failAgreement": "未达成一致",
    "orderCoordination": "到场查看",
    "answerCoordination": "已清理",
    "sendInvitation": "清理占道",
    "declineInvitation": "另有任务",
    "clearDay": "已清理",
    "carryDayOver": "材料未到",
}
"""The words of each mutation."""


async def effect(town: Town, serving: Served, name: str, thing: str, selection: str) -> Any:
    """What the queries show of a thing after a mutation on it."""
    by, given = await STEPS[name](town)
    given = {key: SPOKEN[name] if value == SAID else value for key, value in given.items()}
    client = serving.client(by)
    payload = await client.do(name, f"{thing} {{ id }}", **given)
    root = "workMeeting" if thing == "meeting" else thing
    document = f"query ($id: ID!, $at: Position) {{ {root}(id: $id, atLeast: $at) {{ {selection} }} }}"
    return (await client.read(document, id=payload[thing]["id"], at=payload["position"]))[root]


# 工作例会


async def test_a_meeting_that_was_held_is_shown(town: Town, serving: Served) -> None:
    found = await effect(
        town, serving, "holdMeeting", "meeting", f"kind division {{ code }} topic {WORDS} adopted owed"
    )

    assert found == {
        "kind": "REGULAR",
        "division": {"code": STREET},
        "topic": shown("楼道堆物"),
        "adopted": 0,
        "owed": 0,
    }


async def test_a_resolution_says_who_owes_what_until_when(town: Town, serving: Served) -> None:
    selection = f"adopted owed resolutions {{ number {UNIT} matter {WORDS} due doneAt onTime overdue }}"
    found = await effect(town, serving, "adoptResolution", "meeting", selection)

    unit = {"kind": "PROPERTY_COMPANY", "name": "物业公司 001", "street": None, "department": None}
    assert found == {
        "adopted": 1,
        "owed": 1,
        "resolutions": [
            {
                "number": 1,
                "unit": unit,
                "matter": shown("清理楼道"),
                "due": "2099-12-31",
                "doneAt": None,
                "onTime": None,
                "overdue": False,
            }
        ],
    }


async def test_what_was_carried_out_late_says_so(town: Town, serving: Served) -> None:
    selection = f"owed resolutions {{ {UNIT} result {WORDS} onTime overdue }}"
    found = await effect(town, serving, "carryOutResolution", "meeting", selection)

    department = str(town.departments[0])
    assert found["owed"] == 0
    assert found["resolutions"] == [
        {
            "unit": {
                "kind": "DEPARTMENT",
                "name": department,
                "street": None,
                "department": {"id": department},
            },
            "result": shown("已清理"),
            "onTime": False,  # it was due in the spring of the town, and is carried out in our days
            "overdue": False,
        }
    ]


async def test_the_action_list_has_what_is_owed_with_the_earliest_day_first(
    town: Town, serving: Served
) -> None:
    client = serving.client(town.street_officer)
    meeting = str(await steps.held(town))
    for due in ("2098-05-02", "2098-05-01", "2098-05-03"):
        given = {"meetingId": meeting, "matter": "清理", "due": due} | steps.to_company()
        payload = await client.do("adoptResolution", **given)
    done = await client.do("carryOutResolution", meetingId=meeting, number=2, result="已清理")

    document = """query ($at: Position, $done: Boolean) {
      resolutions(place: "120101001", done: $done, unitKind: PROPERTY_COMPANY, first: 100, atLeast: $at) {
        nodes { number due overdue meeting { id } } }
    }"""

    async def listed(done_: bool | None) -> list[tuple[int, str]]:
        found = await client.read(document, at=done["position"], done=done_)
        nodes = [node for node in found["resolutions"]["nodes"] if node["meeting"]["id"] == meeting]
        return [(node["number"], node["due"]) for node in nodes]

    assert payload["position"] < done["position"]
    assert await listed(None) == [(2, "2098-05-01"), (1, "2098-05-02"), (3, "2098-05-03")]
    assert await listed(False) == [(1, "2098-05-02"), (3, "2098-05-03")]
    assert await listed(True) == [(2, "2098-05-01")]


# 议事协商


async def test_the_minutes_of_a_deliberation_on_a_case(town: Town, serving: Served) -> None:
    selection = f"""state opinionCount community {{ code }} case {{ status tier }} topic {WORDS}
        minutes {{ number label words {WORDS} }} outcome {WORDS} endedAt"""
    convened = await effect(town, serving, "conveneDeliberation", "deliberation", selection)
    heard = await effect(town, serving, "recordOpinion", "deliberation", selection)
    agreed = await effect(town, serving, "reachAgreement", "deliberation", selection)
    failed = await effect(town, serving, "failAgreement", "deliberation", selection)

    assert convened["case"] == {"status": "ASSIGNED", "tier": "DELIBERATION"}
    assert (convened["state"], convened["minutes"], convened["outcome"]) == ("CONVENED", [], None)
    assert convened["topic"] == shown("停车纠纷")
    assert heard["minutes"] == [{"number": 1, "label": "居民代表 003", "words": shown("同意")}]
    assert (agreed["state"], agreed["outcome"]) == ("AGREED", shown("错峰停车"))
    assert agreed["endedAt"]
    assert (failed["state"], failed["outcome"]) == ("FAILED", shown("未达成一致"))


async def test_a_case_has_its_deliberations_and_orders(town: Town, serving: Served) -> None:
    case = await town.assigned(Tier.DELIBERATION)
    client = serving.client(town.community_staff)
    await client.do("conveneDeliberation", caseId=str(case), topic="停车")
    await client.do("escalateCase", caseId=str(case), tier="MULTI_UNIT", reason="须多部门联动")
    given = {"caseId": str(case), "matter": "到场"} | steps.to_company()
    payload = await client.do("orderCoordination", **given)

    document = """query ($id: ID!, $at: Position) { case(id: $id, atLeast: $at) {
      deliberations { state } coordinationOrders { state unit { name } } } }"""
    found = await client.read(document, id=str(case), at=payload["position"])

    assert found["case"] == {
        "deliberations": [{"state": "CONVENED"}],
        "coordinationOrders": [{"state": "OPEN", "unit": {"name": "物业公司 001"}}],
    }


async def test_what_is_about_a_case_is_shown_to_who_sees_the_case(town: Town, serving: Served) -> None:
    on_a_case = await steps.convened(town, heard=True)
    topic = ConveneDeliberation(community_code=COMMUNITY, topic="加装充电桩")
    of_a_place = (await town.do(topic, town.community_staff)).id
    words = RecordOpinion(deliberation_id=of_a_place, label="居民代表 001", words="反对")
    at = (await town.do(words, town.community_staff)).position
    document = f"""query ($id: ID!, $at: Position) {{
      deliberation(id: $id, atLeast: $at) {{ minutes {{ label words {WORDS} }} }} }}"""

    async def seen(by: Actor | None, id_: UUID) -> Any:
        found = (await serving.client(by).read(document, id=str(id_), at=at))["deliberation"]
        return found and found["minutes"][0]["words"]

    assert await seen(town.street_officer, on_a_case) == shown("同意")
    assert await seen(AUDITOR, on_a_case) == MASKED
    for stranger in (OTHER_STAFF, town.officer(), None):
        assert await seen(stranger, on_a_case) is None
        assert await seen(stranger, of_a_place) == MASKED
    listed = await serving.client(OTHER_STAFF).read("{ deliberations(first: 100) { nodes { id } } }")
    ids = {node["id"] for node in listed["deliberations"]["nodes"]}
    assert str(of_a_place) in ids
    assert str(on_a_case) not in ids


async def test_one_opinion_is_erased_and_the_others_stay(town: Town, serving: Served) -> None:
    id_ = await steps.convened(town, heard=True)
    words = RecordOpinion(deliberation_id=id_, label="居民代表 002", words="反对")
    at = (await town.do(words, town.community_staff)).position
    client = serving.client(town.community_staff)
    document = f"""query ($id: ID!, $at: Position) {{
      deliberation(id: $id, atLeast: $at) {{ topic {WORDS} minutes {{ id words {WORDS} }} }} }}"""
    first, _ = (await client.read(document, id=str(id_), at=at))["deliberation"]["minutes"]

    erased = await serving.client(ADMINISTRATOR).do(
        "eraseSubject", subjectId=first["id"], reason="OWN_REQUEST"
    )

    found = (await client.read(document, id=str(id_), at=erased["position"]))["deliberation"]
    assert [opinion["words"] for opinion in found["minutes"]] == [
        {"text": None, "state": "ERASED"},
        shown("反对"),
    ]
    assert found["topic"] == shown("停车")


# 协同


async def test_an_order_is_open_until_its_unit_answers(town: Town, serving: Served) -> None:
    selection = f"state {UNIT} matter {WORDS} result {WORDS} due overdue case {{ status }}"
    ordered = await effect(town, serving, "orderCoordination", "coordinationOrder", selection)
    answered = await effect(town, serving, "answerCoordination", "coordinationOrder", selection)

    assert (ordered["state"], ordered["result"], ordered["due"]) == ("OPEN", None, "2099-12-31")
    assert ordered["case"] == {"status": "ASSIGNED"}
    assert ordered["matter"] == shown("到场查看")
    assert (answered["state"], answered["result"], answered["case"]) == ("ANSWERED", shown("已清理"), None)


async def test_a_department_reads_what_it_is_to_answer_and_no_more(town: Town, serving: Served) -> None:
    case = await town.assigned(Tier.MULTI_UNIT)
    orders = []
    for number in (0, 1):
        unit: dict[str, Any] = {"unit_kind": UnitKind.DEPARTMENT, "unit": str(town.departments[number])}
        order = OrderCoordination(case_id=case, **unit, matter=f"到场 {number}")
        outcome = await town.do(order, town.community_staff)
        orders.append(str(outcome.id))
    client = serving.client(town.officer(0))
    document = f"""query ($at: Position) {{ coordinationOrders(open: true, first: 100, atLeast: $at) {{
      nodes {{ id matter {WORDS} case {{ id }} }} }} }}"""
    found = (await client.read(document, at=outcome.position))["coordinationOrders"]["nodes"]
    mine = [node for node in found if node["id"] in orders]

    assert mine == [{"id": orders[0], "matter": shown("到场 0"), "case": None}]
    answer = await client.do(
        "answerCoordination", "coordinationOrder { state }", orderId=orders[0], result="已到"
    )
    assert answer["coordinationOrder"] == {"state": "ANSWERED"}
    assert await refused(client, town, "answerCoordination", orderId=orders[1], result="已到") == (
        "FORBIDDEN",
        [],
    )


async def test_a_street_reads_what_it_is_to_answer_and_no_other_street_does(
    town: Town, serving: Served
) -> None:
    for code, name in (("120101007", "第七街道"), ("120101008", "第八街道")):
        since = date(2020, 1, 1)
        await town.do(RegisterDivision(code=code, name=name, effective_from=since))
    case = await town.assigned(Tier.MULTI_UNIT)
    order = OrderCoordination(case_id=case, unit_kind=UnitKind.STREET, unit="120101007", matter="到场")
    ordered = await town.do(order, town.community_staff)
    document = f"""query ($at: Position) {{ coordinationOrders(open: true, first: 100, atLeast: $at) {{
      nodes {{ id matter {WORDS} case {{ id }} }} }} }}"""

    async def seen(street: str) -> list[Any]:
        client = serving.client(Actor("street-officer-7", Role.STREET_OFFICER, street))
        nodes = (await client.read(document, at=ordered.position))["coordinationOrders"]["nodes"]
        return [node for node in nodes if node["id"] == str(ordered.id)]

    assert await seen("120101007") == [{"id": str(ordered.id), "matter": shown("到场"), "case": None}]
    assert await seen("120101008") == []


async def test_open_orders_are_found_by_kind_and_department(town: Town, serving: Served) -> None:
    mine = await steps.ordered(town, UnitKind.DEPARTMENT, str(town.departments[1]))
    await steps.ordered(town)
    at = await town.log.head()
    document = """query ($at: Position, $kind: UnitKind, $department: ID) {
      coordinationOrders(unitKind: $kind, departmentId: $department, place: "120101001001", first: 100,
        atLeast: $at) { nodes { id unit { kind department { id } } } } }"""
    client = serving.client(town.street_officer)

    by_kind = await client.read(document, at=at, kind="DEPARTMENT")
    by_department = await client.read(document, at=at, department=str(town.departments[1]))

    kinds = {node["unit"]["kind"] for node in by_kind["coordinationOrders"]["nodes"]}
    assert kinds == {"DEPARTMENT"}
    found = by_department["coordinationOrders"]["nodes"]
    assert str(mine) in {node["id"] for node in found}
    assert {node["unit"]["department"]["id"] for node in found} == {str(town.departments[1])}


# “日日清”约请


async def test_an_invitation_goes_from_sending_to_its_clearing(town: Town, serving: Served) -> None:
    selection = f"state {UNIT} matter {WORDS} words {WORDS} carried carries {{ number reason {WORDS} }}"
    sent = await effect(town, serving, "sendInvitation", "invitation", selection)
    accepted = await effect(town, serving, "acceptInvitation", "invitation", selection)
    declined = await effect(town, serving, "declineInvitation", "invitation", selection)
    cleared = await effect(town, serving, "clearDay", "invitation", selection)
    carried = await effect(town, serving, "carryDayOver", "invitation", selection)

    assert (sent["state"], sent["matter"], sent["words"]) == ("SENT", shown("清理占道"), None)
    assert accepted["state"] == "ACCEPTED"
    assert (declined["state"], declined["words"]) == ("DECLINED", shown("另有任务"))
    assert (cleared["state"], cleared["words"]) == ("CLEARED", shown("已清理"))
    assert (carried["state"], carried["carried"]) == ("SENT", 1)
    assert carried["carries"] == [{"number": 1, "reason": shown("材料未到")}]


async def test_the_daily_board_has_the_invitations_of_a_day(town: Town, serving: Served) -> None:
    today = town.clock.now.date()
    open_, over = str(await steps.sent(town)), str(await steps.sent(town))
    client = serving.client(town.community_staff)
    moment = (town.clock.now + timedelta(seconds=1)).isoformat()
    moved = await client.do("carryDayOver", invitationId=over, reason="材料未到", occurredAt=moment)
    document = """query ($at: Position, $day: Date, $state: InvitationState) {
      invitations(day: $day, state: $state, place: "120101", first: 100, atLeast: $at) {
        nodes { id day overdue sentFor carries { wasDue nowDue } } } }"""

    async def board(day: str) -> dict[str, Any]:
        found = await client.read(document, at=moved["position"], day=day, state="SENT")
        return {node.pop("id"): node for node in found["invitations"]["nodes"]}

    first, second = today.isoformat(), (today + timedelta(days=1)).isoformat()
    here, there = await board(first), await board(second)
    assert open_ in here and over not in here
    assert there[over] == {
        "day": second,
        "overdue": True,
        "sentFor": first,
        "carries": [{"wasDue": first, "nowDue": second}],
    }
    error = await client.fails(document, day="gestern")
    assert (error["code"], error["path"]) == ("BAD_TIME", ["day"])


# What is refused


async def refused(client: Client, town: Town, name: str, /, **given: Any) -> tuple[str, list[str]]:
    """The code and the field of a refusal; nothing is recorded."""
    head = await town.log.head()
    payload = (await client.read(mutation(name), input={"commandId": str(uuid4())} | given))[name]
    assert payload["position"] is None
    (error,) = payload["errors"]
    assert error["message"]
    assert await town.log.head() == head
    return error["code"], error["path"]


BAD: dict[str, list[tuple[dict[str, Any], str, list[str]]]] = {
    "holdMeeting": [
        ({"divisionCode": "120101001999"}, "UNKNOWN_DIVISION", ["divisionCode"]),
        ({"divisionCode": "120102"}, "OUT_OF_SCOPE", ["divisionCode"]),
        ({"topic": " "}, "TEXT_EMPTY", ["topic"]),
        ({"topic": LONG}, "TEXT_TOO_LONG", ["topic"]),
    ],
    "adoptResolution": [
        ({"meetingId": NOBODY}, "NOT_FOUND", ["meetingId"]),
        ({"due": "2020-01-01"}, "BAD_TIME", ["due"]),
        ({"due": "tomorrow"}, "BAD_TIME", ["due"]),
        ({"unitKind": "DEPARTMENT", "unit": NOBODY}, "NOT_FOUND", ["unit"]),
        ({"unitKind": "DEPARTMENT", "unit": "公安部门"}, "BAD_CODE", ["unit"]),
        ({"unitKind": "STREET", "unit": COMMUNITY}, "WRONG_DIVISION_LEVEL", ["unit"]),
        ({"unit": ""}, "TEXT_EMPTY", ["unit"]),
        ({"matter": "a\0b"}, "BAD_TEXT", ["matter"]),
    ],
    "carryOutResolution": [
        ({"meetingId": NOBODY}, "NOT_FOUND", ["meetingId"]),
        ({"number": 2}, "NOT_FOUND", ["number"]),
        ({"result": ""}, "TEXT_EMPTY", ["result"]),
    ],
    "conveneDeliberation": [
        ({"caseId": NOBODY}, "NOT_FOUND", ["caseId"]),
        ({"caseId": None}, "CASE_OR_PLACE", ["caseId"]),
        ({"communityCode": COMMUNITY}, "CASE_OR_PLACE", ["communityCode"]),
        ({"caseId": None, "communityCode": OTHER_COMMUNITY}, "OUT_OF_SCOPE", ["communityCode"]),
        ({"caseId": None, "communityCode": GRID}, "BAD_CODE", ["communityCode"]),
        ({"topic": LONG}, "TEXT_TOO_LONG", ["topic"]),
    ],
    "recordOpinion": [
        ({"deliberationId": NOBODY}, "NOT_FOUND", ["deliberationId"]),
        ({"personId": "7"}, "BAD_CODE", ["personId"]),
        ({"label": "称" * 201}, "TEXT_TOO_LONG", ["label"]),
        ({"words": " "}, "TEXT_EMPTY", ["words"]),
    ],
    "reachAgreement": [
        ({"deliberationId": NOBODY}, "NOT_FOUND", ["deliberationId"]),
        ({"agreement": ""}, "TEXT_EMPTY", ["agreement"]),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
    "failAgreement": [
        ({"deliberationId": NOBODY}, "NOT_FOUND", ["deliberationId"]),
        ({"reason": LONG}, "TEXT_TOO_LONG", ["reason"]),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
    "orderCoordination": [
        ({"caseId": NOBODY}, "NOT_FOUND", ["caseId"]),
        ({"caseId": None}, "CASE_OR_PLACE", ["caseId"]),
        ({"divisionCode": COMMUNITY}, "CASE_OR_PLACE", ["divisionCode"]),
        ({"due": "2020-01-01"}, "BAD_TIME", ["due"]),
        ({"unitKind": "STREET", "unit": "120101009"}, "UNKNOWN_DIVISION", ["unit"]),
    ],
    "answerCoordination": [
        ({"orderId": NOBODY}, "NOT_FOUND", ["orderId"]),
        ({"result": ""}, "TEXT_EMPTY", ["result"]),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
    "sendInvitation": [
        ({"divisionCode": OTHER_COMMUNITY}, "OUT_OF_SCOPE", ["divisionCode"]),
        ({"unitKind": "DEPARTMENT", "unit": NOBODY}, "NOT_FOUND", ["unit"]),
        ({"matter": ""}, "TEXT_EMPTY", ["matter"]),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "CLEARANCE_OFF", []),
    ],
    "acceptInvitation": [
        ({"invitationId": NOBODY}, "NOT_FOUND", ["invitationId"]),
        ({"occurredAt": "2026-05-01T00:00:00Z"}, "DAY_OVER", []),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
    "declineInvitation": [
        ({"invitationId": NOBODY}, "NOT_FOUND", ["invitationId"]),
        ({"reason": " "}, "TEXT_EMPTY", ["reason"]),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
    "clearDay": [
        ({"invitationId": NOBODY}, "NOT_FOUND", ["invitationId"]),
        ({"result": ""}, "TEXT_EMPTY", ["result"]),
        ({"occurredAt": "2026-05-01T00:00:00Z"}, "DAY_OVER", []),
    ],
    "carryDayOver": [
        ({"invitationId": NOBODY}, "NOT_FOUND", ["invitationId"]),
        ({"reason": ""}, "TEXT_EMPTY", ["reason"]),
        ({"occurredAt": "2026-03-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
}
"""Inputs that are refused: what differs from one that is accepted, the code, the field."""


def test_every_mutation_has_bad_inputs() -> None:
    assert set(BAD) == set(STEPS)
    assert all(len(inputs) >= 3 for inputs in BAD.values())


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_input_is_refused_with_its_code_and_field(name: str, town: Town, serving: Served) -> None:
    by, given = await STEPS[name](town)
    client = serving.client(by)

    for changed, code, path in BAD[name]:
        assert await refused(client, town, name, **(given | changed)) == (code, path), changed


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("carryOutResolution", "RESOLUTION_DONE"),
        ("conveneDeliberation", "DELIBERATION_UNDERWAY"),
        ("reachAgreement", "ILLEGAL_TRANSITION"),
        ("failAgreement", "ILLEGAL_TRANSITION"),
        ("answerCoordination", "ILLEGAL_TRANSITION"),
        ("acceptInvitation", "ILLEGAL_TRANSITION"),
        ("declineInvitation", "ILLEGAL_TRANSITION"),
        ("clearDay", "ILLEGAL_TRANSITION"),
    ],
)
async def test_what_happens_once_is_refused_the_second_time(
    name: str, again: str, town: Town, serving: Served
) -> None:
    by, given = await STEPS[name](town)
    client = serving.client(by)
    await client.do(name, **given)

    code, _ = await refused(client, town, name, **given)

    assert code == again


async def test_nobody_agrees_before_somebody_was_heard(town: Town, serving: Served) -> None:
    id_ = await steps.convened(town)
    client = serving.client(town.community_staff)

    assert await refused(client, town, "reachAgreement", deliberationId=str(id_), agreement="同意") == (
        "NOTHING_HEARD",
        [],
    )
