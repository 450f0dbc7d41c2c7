"""街道 What mutations of the street do, read by the queries; and what they refuse, with nothing recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chuishao.commands import cases, divisions, whistles
from chuishao.commands.street.burden import AdmitTask
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.mechanisms import steps_street as steps
from tests.mechanisms.steps_street import BUDGET, DISTRICT, DISTRICT_OFFICE, STEPS
from tests.served import AUDITOR, Client, Served, mutation, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, SAID, STREET, Town, make_town

NOBODY = str(uuid4())
LONG = "长" * 4001
OTHER_STREET = "120101002"
ELSEWHERE = f"{OTHER_STREET}001"
BEFORE = "2026-03-01T00:00:00Z"
WORDS = "{ text state }"
UNIT = "department { id } body { code }"
MASKED = {"text": None, "state": "MASKED"}


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """One database for all of these."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town, with a community of another street beside it."""
    pool = await open_pool(database, size=4)
    town = await make_town(EventLog(pool))
    for code, name in ((OTHER_STREET, "第二街道"), (ELSEWHERE, "另一社区")):
        await town.do(divisions.RegisterDivision(code=code, name=name, effective_from=date(2023, 9, 1)))
    yield town
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


def shown(text: str) -> dict[str, str]:
    return {"text": text, "state": "SHOWN"}


async def effect(
    town: Town, serving: Served, name: str, thing: str, selection: str, said: str = "所说的话", **given: Any
) -> Any:
    """What a mutation gives back of what it changed, with words of its own; and what it was sent."""
    by, ready = await STEPS[name](town)
    ready = {key: said if value == SAID else value for key, value in (ready | given).items()}
    payload = await serving.client(by).do(name, f"{thing} {{ {selection} }}", **ready)
    return payload[thing], ready


# 街道赋权


async def test_an_appraisal_shows_its_evidence_to_who_sees_the_cases(town: Town, serving: Served) -> None:
    selection = f"""id power street {{ code }} {UNIT} period score evidence words {WORDS} answeredAt
        whistles {{ number whistle {{ id }} }}"""
    found, given = await effect(town, serving, "appraiseDepartment", "powerExercise", selection, "到场及时")
    id_ = found.pop("id")

    assert found == {
        "power": "DEPARTMENT_APPRAISAL",
        "street": {"code": STREET},
        "department": {"id": given["departmentId"]},
        "body": None,
        "period": given["period"],
        "score": 4,
        "evidence": 1,
        "words": shown("到场及时"),
        "answeredAt": None,
        "whistles": [{"number": 1, "whistle": {"id": given["whistleIds"][0]}}],
    }
    document = f"query ($id: ID!) {{ powerExercise(id: $id) {{ {selection} }} }}"
    anonymous = (await serving.client().read(document, id=id_))["powerExercise"]
    assert anonymous["whistles"] == [{"number": 1, "whistle": None}]
    assert (anonymous["score"], anonymous["words"]) == (4, MASKED)
    events = "{ events(first: 100, types: [DEPARTMENT_APPRAISED]) { data } }".replace(
        "DEPARTMENT_APPRAISED", '"DepartmentAppraised"'
    )
    data = [event["data"] for event in (await serving.client().read(events))["events"]]
    assert data and all(event["whistles"] is None for event in data)


async def test_advice_is_read_and_answered_by_whom_it_was_given_to(town: Town, serving: Served) -> None:
    for above, by in ((False, town.officer()), (True, DISTRICT_OFFICE)):
        id_ = str(await steps.advised(town, above=above, advice="缓建停车楼"))
        at = await town.log.head()
        document = f"""query ($id: ID!, $at: Position) {{ powerExercise(id: $id, atLeast: $at) {{
          power {UNIT} adopted words {WORDS} answer {WORDS} }} }}"""
        found = (await serving.client(by).read(document, id=id_, at=at))["powerExercise"]
        assert found == {
            "power": "MAJOR_MATTER_ADVICE",
            "department": None if above else {"id": str(town.departments[0])},
            "body": {"code": DISTRICT} if above else None,
            "adopted": None,
            "words": shown("缓建停车楼"),
            "answer": None,
        }
        for other in (town.officer(1), AUDITOR, None):
            masked = (await serving.client(other).read(document, id=id_, at=at))["powerExercise"]
            assert masked["words"] == MASKED
        given = {"exerciseId": id_, "adopted": False, "answer": "暂不采纳"}
        selection = f"powerExercise {{ adopted answer {WORDS} }}"
        payload = await serving.client(by).do("answerAdvice", selection, **given)
        assert payload["powerExercise"] == {"adopted": False, "answer": shown("暂不采纳")}


async def test_an_opinion_on_a_plan(town: Town, serving: Served) -> None:
    selection = f"power plan words {WORDS} department {{ id }} evidence"
    found, given = await effect(town, serving, "filePlanOpinion", "powerExercise", selection, "补足绿地")
    assert found == {
        "power": "SPATIAL_PLAN_PARTICIPATION",
        "plan": given["plan"],
        "words": shown("补足绿地"),
        "department": None,
        "evidence": 0,
    }


async def test_the_ledger_has_a_line_for_each_exercise(town: Town, serving: Served) -> None:
    before = await town.log.head()
    await steps.appraised(town, department=town.departments[0])
    await steps.advised(town)
    await steps.allocated(town, 321)
    client = serving.client(town.street_officer)
    filed = await client.do("filePlanOpinion", **(await STEPS["filePlanOpinion"](town))[1])
    document = """query ($power: StreetPower, $department: ID, $since: DateTime, $place: String,
        $at: Position) {
      powerLedger(place: $place, power: $power, departmentId: $department, since: $since, first: 100,
          atLeast: $at) {
        totalCount
        nodes { number power exercise { power } allocation { amount community { code } fund { year } } } }
      powerSummary(place: $place) { power exercises streets lastAt } }"""

    async def ledger(**asked: Any) -> list[Any]:
        found = await client.read(document, at=filed["position"], **asked)
        return [node for node in found["powerLedger"]["nodes"] if node["number"] > before]

    every = await ledger(place=STREET)
    assert [node["power"] for node in every] == [
        "SPATIAL_PLAN_PARTICIPATION",
        "FUND_COORDINATION",
        "MAJOR_MATTER_ADVICE",
        "DEPARTMENT_APPRAISAL",
    ]
    money = every[1]["allocation"]
    assert (money["amount"], money["community"], every[1]["exercise"]) == (321, {"code": COMMUNITY}, None)
    assert [node["power"] for node in await ledger(place="1201", power="FUND_COORDINATION")] == [
        "FUND_COORDINATION"
    ]
    mine = await ledger(department=str(town.departments[0]))
    assert [node["power"] for node in mine] == ["MAJOR_MATTER_ADVICE", "DEPARTMENT_APPRAISAL"]
    assert await ledger(place=OTHER_STREET) == []
    later = (town.clock.now + timedelta(hours=1)).isoformat()
    assert [node["power"] for node in await ledger(since=later)] == ["SPATIAL_PLAN_PARTICIPATION"]

    summary = (await client.read(document, place=STREET, at=filed["position"]))["powerSummary"]
    assert [line["power"] for line in summary] == [
        "DEPARTMENT_APPRAISAL",
        "APPOINTMENT_ADVICE",
        "MAJOR_MATTER_ADVICE",
        "SPATIAL_PLAN_PARTICIPATION",
        "FUND_COORDINATION",
    ]
    assert all(line["exercises"] >= 1 and line["streets"] == 1 for line in summary if line["lastAt"])
    nowhere = (await client.read(document, place=OTHER_STREET))["powerSummary"]
    assert [(line["exercises"], line["lastAt"]) for line in nowhere] == [(0, None)] * 5
    for wrong in ("since", "until"):
        error = await client.fails(f'{{ powerLedger({wrong}: "gestern") {{ totalCount }} }}')
        assert (error["code"], error["path"]) == ("BAD_TIME", [wrong])


# 财政资金


async def test_money_goes_to_a_community_and_some_comes_back(town: Town, serving: Served) -> None:
    found, given = await effect(
        town, serving, "budgetFund", "fund", "year budget allocated left allocations { id }", amount=BUDGET
    )
    assert found == {
        "year": given["year"], "budget": BUDGET, "allocated": 0, "left": BUDGET, "allocations": [],
    }  # fmt: skip
    selection = f"""allocated allocations {{ number amount returned use community {{ code }}
        returns {{ amount reason {WORDS} }} }}"""
    found, given = await effect(town, serving, "allocateFund", "fund", selection)
    assert found["allocated"] >= 500
    assert found["allocations"][-1] == {
        "number": len(found["allocations"]),
        "amount": 500,
        "returned": 0,
        "use": "楼道照明",
        "community": {"code": COMMUNITY},
        "returns": [],
    }
    found, given = await effect(town, serving, "returnFund", "fund", selection, "结余")
    given_back = found["allocations"][given["number"] - 1]
    assert (given_back["returned"], given_back["returns"]) == (
        200,
        [{"amount": 200, "reason": shown("结余")}],
    )


async def test_a_fund_is_never_overspent(town: Town, serving: Served) -> None:
    client = serving.client(town.street_officer)
    of_fund = {"streetCode": STREET, "year": steps.year(town)}
    await client.do("budgetFund", **of_fund, amount=BUDGET)
    give = of_fund | {"communityCode": COMMUNITY, "use": "楼道照明"}
    await client.do("allocateFund", **give, amount=BUDGET - 10)
    assert await refused(client, town, "allocateFund", **give, amount=11) == ("FUND_OVERSPENT", ["amount"])
    assert await refused(client, town, "budgetFund", **of_fund, amount=BUDGET - 11) == (
        "BELOW_ALLOCATED",
        ["amount"],
    )
    await client.do("returnFund", **of_fund, number=1, amount=1, reason="结余")
    last = await client.do("allocateFund", "fund { left }", **give, amount=11)
    assert last["fund"] == {"left": 0}
    document = """query ($year: Int, $at: Position) {
      streetFunds(place: "120101", year: $year, atLeast: $at) { nodes { year left street { code } } } }"""
    found = await client.read(document, year=of_fund["year"], at=last["position"])
    assert {"year": of_fund["year"], "left": 0, "street": {"code": STREET}} in found["streetFunds"]["nodes"]


# 街道职责


async def test_a_duty_is_catalogued_and_retired(town: Town, serving: Served) -> None:
    selection = f"""street {{ code }} standing retired items {{ number coreDuty name basis retiredAt
        reason {WORDS} }}"""
    found, given = await effect(town, serving, "catalogueDuty", "dutyList", selection)
    assert found["street"] == {"code": STREET}
    assert found["items"][-1] == {
        "number": len(found["items"]),
        "coreDuty": "PUBLIC_SAFETY",
        "name": given["name"],
        "basis": given["basis"],
        "retiredAt": None,
        "reason": None,
    }
    after, given = await effect(town, serving, "retireDuty", "dutyList", selection, "改由区级承担")
    item = after["items"][given["number"] - 1]
    assert item["retiredAt"] and item["reason"] == shown("改由区级承担")
    assert after["standing"] + after["retired"] == len(after["items"])

    client = serving.client()
    document = """query ($standing: Boolean) { streetDuties(place: "120101", coreDuty: PUBLIC_SERVICE,
        standing: $standing, first: 100) { nodes { coreDuty retiredAt street { code } } } }"""
    for standing in (True, False):
        nodes = (await client.read(document, standing=standing))["streetDuties"]["nodes"]
        assert all((node["retiredAt"] is None) is standing for node in nodes)
        assert {node["coreDuty"] for node in nodes} <= {"PUBLIC_SERVICE"}
    one = await client.read("query ($s: String!) { dutyList(street: $s) { standing } }", s=STREET)
    assert one["dutyList"]["standing"] == after["standing"]


# 社区减负增效


async def test_the_load_of_a_community_is_what_runs(town: Town, serving: Served) -> None:
    selection = f"load running admitted refused tasks {{ number name hours state {UNIT} reason {WORDS} }}"
    start, _ = await effect(town, serving, "admitTask", "burdenList", selection)
    refused_, given = await effect(town, serving, "refuseTask", "burdenList", selection, "不属社区职责")
    assert (refused_["load"], refused_["running"]) == (start["load"], start["running"])
    assert refused_["refused"] == start["refused"] + 1
    assert refused_["tasks"][-1] == {
        "number": len(refused_["tasks"]),
        "name": given["name"],
        "hours": 12,
        "state": "REFUSED",
        "department": {"id": given["departmentId"]},
        "body": None,
        "reason": shown("不属社区职责"),
    }
    ended, given = await effect(town, serving, "endTask", "burdenList", selection, "已办完")
    assert (ended["load"], ended["running"]) == (start["load"], start["running"])
    assert ended["admitted"] == start["admitted"] + 1
    assert ended["tasks"][given["number"] - 1]["state"] == "ENDED"

    client = serving.client()
    document = """query ($state: CommunityTaskState, $department: ID) { communityTasks(place: "120101001",
        state: $state, departmentId: $department, first: 100) { nodes { state department { id } } } }"""
    for state in ("RUNNING", "REFUSED", "ENDED"):
        nodes = (await client.read(document, state=state))["communityTasks"]["nodes"]
        assert {node["state"] for node in nodes} == {state}
    none = await client.read(document, department=str(town.departments[1]))
    assert none["communityTasks"]["nodes"] == []
    department = (await client.fails(document, department="5"))["path"]
    assert department == ["departmentId"]


async def test_the_heaviest_load_comes_first(town: Town, serving: Served) -> None:
    await steps.admitted(town)
    staff = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
    task = AdmitTask(community_code=OTHER_COMMUNITY, body_code=STREET, name="大排查", hours=1999)
    at = (await town.do(task, staff)).position
    document = """query ($order: LoadOrder!, $c: String, $at: Position) {
      burdenLists(place: "120101001", orderBy: $order, first: 1, after: $c, atLeast: $at) {
        totalCount nodes { load community { code } } pageInfo { endCursor hasNextPage } } }"""
    client = serving.client()
    for order, codes in (
        ("HEAVIEST", [OTHER_COMMUNITY, COMMUNITY]),
        ("COMMUNITY", [COMMUNITY, OTHER_COMMUNITY]),
    ):
        seen: list[str] = []
        cursor = None
        for _ in codes:
            page = (await client.read(document, order=order, c=cursor, at=at))["burdenLists"]
            seen += [node["community"]["code"] for node in page["nodes"]]
            cursor = page["pageInfo"]["endCursor"]
        assert seen == codes
        assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, False)
    one = await client.read("query ($c: String!) { burdenList(community: $c) { load } }", c=OTHER_COMMUNITY)
    assert one["burdenList"] == {"load": 1999}


# 代表建议


async def test_a_proposal_goes_from_receipt_to_its_rating(town: Town, serving: Served) -> None:
    selection = f"status proposer label verdict {UNIT} proposal {WORDS} answer {WORDS} comment {WORDS}"
    received, _ = await effect(town, serving, "receiveProposal", "proposal", selection, "增设过街天桥")
    assert received == {
        "status": "RECEIVED",
        "proposer": "CPPCC_MEMBER",
        "label": "政协委员 003",
        "verdict": None,
        "department": None,
        "body": None,
        "proposal": shown("增设过街天桥"),
        "answer": None,
        "comment": None,
    }
    assigned, given = await effect(town, serving, "assignProposal", "proposal", selection)
    assert (assigned["status"], assigned["department"]) == ("ASSIGNED", {"id": given["departmentId"]})
    answered, _ = await effect(town, serving, "answerProposal", "proposal", selection, "已列入计划")
    assert (answered["status"], answered["answer"]) == ("ANSWERED", shown("已列入计划"))
    rated, _ = await effect(town, serving, "rateProposal", "proposal", selection, "希望加快")
    assert (rated["status"], rated["verdict"]) == ("RATED", "MOSTLY_SATISFIED")
    assert rated["comment"] == shown("希望加快")


async def test_who_is_to_answer_reads_what_was_proposed(town: Town, serving: Served) -> None:
    units = ((None, town.officer()), (DISTRICT, DISTRICT_OFFICE), (STREET, town.street_officer))
    for body, by in units:
        id_, at = str(await steps.assigned(town, body)), await town.log.head()
        document = f"""query ($id: ID!, $at: Position) {{ deputyProposal(id: $id, atLeast: $at) {{
          proposal {WORDS} }} }}"""
        for reader in (by, town.officer(1), AUDITOR, None):
            found = (await serving.client(reader).read(document, id=id_, at=at))["deputyProposal"]
            assert found["proposal"] == (shown("增设过街天桥") if reader is by else MASKED)
        await serving.client(by).do("answerProposal", proposalId=id_, answer="已列入计划")


async def test_the_board_counts_proposals_by_status(town: Town, serving: Served) -> None:
    await steps.received(town)
    await steps.assigned(town)
    await steps.answered(town)
    at = await town.log.head()
    document = """query ($place: String, $status: ProposalStatus, $at: Position) {
      proposalSummary(place: $place, atLeast: $at) { status proposals oldestAt }
      deputyProposals(place: $place, status: $status, first: 100) { totalCount nodes { status } } }"""
    client = serving.client()
    for line in (await client.read(document, place=STREET, at=at))["proposalSummary"]:
        found = (await client.read(document, place=STREET, status=line["status"], at=at))["deputyProposals"]
        assert found["totalCount"] == line["proposals"] == len(found["nodes"])
        assert (line["oldestAt"] is None) is (line["proposals"] == 0)
    none = (await client.read(document, place=OTHER_STREET))["proposalSummary"]
    assert [line["proposals"] for line in none] == [0, 0, 0, 0]
    found = await client.read(
        'query ($d: ID) { deputyProposals(departmentId: $d, proposer: CPPCC_MEMBER, place: "120101") '
        "{ nodes { proposer department { id } } } }",
        d=str(town.departments[0]),
    )
    for node in found["deputyProposals"]["nodes"]:
        assert node == {"proposer": "CPPCC_MEMBER", "department": {"id": str(town.departments[0])}}


async def test_what_was_proposed_is_erased_by_right(town: Town, serving: Served) -> None:
    id_ = str(await steps.answered(town))
    administrator = serving.client(Actor("administrator-1", Role.ADMINISTRATOR, ""))
    erased = await administrator.do("eraseSubject", subjectId=id_, reason="OWN_REQUEST")
    document = f"""query ($id: ID!, $at: Position) {{ deputyProposal(id: $id, atLeast: $at) {{
      status proposal {WORDS} answer {WORDS} }} }}"""
    client = serving.client(town.street_officer)
    found = (await client.read(document, id=id_, at=erased["position"]))["deputyProposal"]
    gone = {"text": None, "state": "ERASED"}
    assert found == {"status": "ANSWERED", "proposal": gone, "answer": gone}


# Anything by its identifier


NODES = {
    "PowerExercise": "SELECT id FROM powers.exercise LIMIT 1",
    "StreetFund": "SELECT id FROM funds.fund LIMIT 1",
    "StreetDutyList": "SELECT id FROM duty_lists.duty_list LIMIT 1",
    "BurdenList": "SELECT id FROM burdens.burden LIMIT 1",
    "DeputyProposal": "SELECT id FROM proposals.proposal LIMIT 1",
}


@pytest.mark.parametrize("kind", NODES)
async def test_each_is_found_again_by_its_identifier(kind: str, town: Town, serving: Served) -> None:
    await steps.all_said(town)
    at = await town.log.head()
    client = serving.client()
    await client.read("query ($at: Position) { streetFunds(first: 0, atLeast: $at) { totalCount } }", at=at)
    id_ = str(await town.log.pool.fetchval(NODES[kind]))
    found = await client.read("query ($id: ID!) { node(id: $id) { __typename id } }", id=id_)
    assert found["node"] == {"__typename": kind, "id": id_}


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


Bad = list[tuple[dict[str, Any], str, list[str]]]
NOT_OURS: Bad = [
    ({"streetCode": OTHER_STREET}, "OUT_OF_SCOPE", ["streetCode"]),
    ({"streetCode": DISTRICT}, "OUT_OF_SCOPE", ["streetCode"]),
]
NO_UNIT: Bad = [
    ({"departmentId": None}, "EITHER_UNIT", ["departmentId"]),
    ({"bodyCode": DISTRICT}, "EITHER_UNIT", ["bodyCode"]),
    ({"departmentId": NOBODY}, "NOT_FOUND", ["departmentId"]),
    ({"departmentId": None, "bodyCode": "120109"}, "UNKNOWN_DIVISION", ["bodyCode"]),
    ({"departmentId": None, "bodyCode": "区政府"}, "BAD_CODE", ["bodyCode"]),
]
BAD: dict[str, Bad] = {
    "appraiseDepartment": [
        *NOT_OURS,
        ({"departmentId": NOBODY}, "NOT_FOUND", ["departmentId"]),
        ({"whistleIds": []}, "EVIDENCE_REQUIRED", ["whistleIds"]),
        ({"whistleIds": [NOBODY]}, "NOT_FOUND", ["whistleIds", "0"]),
        ({"whistleIds": [str(uuid4()) for _ in range(51)]}, "OUT_OF_RANGE", ["whistleIds"]),
        ({"score": 6}, "OUT_OF_RANGE", ["score"]),
        ({"period": "2026-Q5"}, "BAD_PERIOD", ["period"]),
        ({"comment": LONG}, "TEXT_TOO_LONG", ["comment"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "issueAdvice": [
        *NOT_OURS,
        *NO_UNIT,
        ({"departmentId": None, "bodyCode": COMMUNITY}, "NOT_ABOVE", ["bodyCode"]),
        ({"power": "FUND_COORDINATION"}, "NOT_FOUND", ["power"]),
        ({"advice": " "}, "TEXT_EMPTY", ["advice"]),
    ],
    "answerAdvice": [
        ({"exerciseId": NOBODY}, "NOT_FOUND", ["exerciseId"]),
        ({"answer": ""}, "TEXT_EMPTY", ["answer"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "filePlanOpinion": [
        *NOT_OURS,
        ({"plan": "规" * 201}, "TEXT_TOO_LONG", ["plan"]),
        ({"opinion": "a\0b"}, "BAD_TEXT", ["opinion"]),
    ],
    "budgetFund": [
        *NOT_OURS,
        ({"year": 1999}, "OUT_OF_RANGE", ["year"]),
        ({"amount": 0}, "OUT_OF_RANGE", ["amount"]),
        ({"amount": 2_000_000_001}, "OUT_OF_RANGE", ["amount"]),
    ],
    "allocateFund": [
        *NOT_OURS,
        ({"year": 2101}, "OUT_OF_RANGE", ["year"]),
        ({"communityCode": ELSEWHERE}, "FOREIGN_COMMUNITY", ["communityCode"]),
        ({"communityCode": STREET}, "WRONG_DIVISION_LEVEL", ["communityCode"]),
        ({"communityCode": f"{STREET}999"}, "UNKNOWN_DIVISION", ["communityCode"]),
        ({"amount": -1}, "OUT_OF_RANGE", ["amount"]),
        ({"amount": 1_900_000_000}, "FUND_OVERSPENT", ["amount"]),
        ({"use": ""}, "TEXT_EMPTY", ["use"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "returnFund": [
        *NOT_OURS,
        ({"number": 999}, "NOT_FOUND", ["number"]),
        ({"amount": 501}, "RETURN_TOO_LARGE", ["amount"]),
        ({"amount": 0}, "OUT_OF_RANGE", ["amount"]),
        ({"reason": LONG}, "TEXT_TOO_LONG", ["reason"]),
    ],
    "catalogueDuty": [
        ({"streetCode": OTHER_STREET}, "OUT_OF_SCOPE", ["streetCode"]),
        ({"streetCode": COMMUNITY}, "WRONG_DIVISION_LEVEL", ["streetCode"]),
        ({"name": " "}, "TEXT_EMPTY", ["name"]),
        ({"basis": "法" * 201}, "TEXT_TOO_LONG", ["basis"]),
    ],
    "retireDuty": [
        ({"streetCode": OTHER_STREET}, "OUT_OF_SCOPE", ["streetCode"]),
        ({"number": 999}, "NOT_FOUND", ["number"]),
        ({"reason": ""}, "TEXT_EMPTY", ["reason"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "admitTask": [
        *NO_UNIT,
        ({"communityCode": OTHER_COMMUNITY}, "OUT_OF_SCOPE", ["communityCode"]),
        ({"communityCode": GRID}, "BAD_CODE", ["communityCode"]),
        ({"departmentId": None, "bodyCode": OTHER_STREET}, "NOT_ABOVE", ["bodyCode"]),
        ({"hours": 0}, "OUT_OF_RANGE", ["hours"]),
        ({"name": ""}, "TEXT_EMPTY", ["name"]),
    ],
    "refuseTask": [
        *NO_UNIT,
        ({"communityCode": OTHER_COMMUNITY}, "OUT_OF_SCOPE", ["communityCode"]),
        ({"hours": 2001}, "OUT_OF_RANGE", ["hours"]),
        ({"reason": " "}, "TEXT_EMPTY", ["reason"]),
    ],
    "endTask": [
        ({"communityCode": OTHER_COMMUNITY}, "OUT_OF_SCOPE", ["communityCode"]),
        ({"number": 9999}, "NOT_FOUND", ["number"]),
        ({"reason": LONG}, "TEXT_TOO_LONG", ["reason"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "receiveProposal": [
        ({"divisionCode": OTHER_STREET}, "OUT_OF_SCOPE", ["divisionCode"]),
        ({"divisionCode": COMMUNITY}, "WRONG_DIVISION_LEVEL", ["divisionCode"]),
        ({"label": "称" * 201}, "TEXT_TOO_LONG", ["label"]),
        ({"proposal": ""}, "TEXT_EMPTY", ["proposal"]),
    ],
    "assignProposal": [
        *NO_UNIT,
        ({"proposalId": NOBODY}, "NOT_FOUND", ["proposalId"]),
        ({"departmentId": None, "bodyCode": OTHER_STREET}, "OUT_OF_SCOPE", ["bodyCode"]),
        ({"departmentId": None, "bodyCode": COMMUNITY}, "WRONG_DIVISION_LEVEL", ["bodyCode"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "answerProposal": [
        ({"proposalId": NOBODY}, "NOT_FOUND", ["proposalId"]),
        ({"answer": " "}, "TEXT_EMPTY", ["answer"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
    ],
    "rateProposal": [
        ({"proposalId": NOBODY}, "NOT_FOUND", ["proposalId"]),
        ({"comment": LONG}, "TEXT_TOO_LONG", ["comment"]),
        ({"occurredAt": BEFORE}, "BAD_TIME", ["occurredAt"]),
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
        ("appraiseDepartment", "DEPARTMENT_APPRAISED_ALREADY"),
        ("answerAdvice", "ADVICE_ANSWERED_ALREADY"),
        ("catalogueDuty", "DUTY_ON_LIST"),
        ("retireDuty", "DUTY_OFF_LIST"),
        ("admitTask", "TASK_ON_LIST"),
        ("endTask", "TASK_NOT_RUNNING"),
        ("answerProposal", "ILLEGAL_TRANSITION"),
        ("rateProposal", "ILLEGAL_TRANSITION"),
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


async def test_only_whistles_to_which_it_was_summoned_speak_for_a_department(
    town: Town, serving: Served
) -> None:
    by, given = await STEPS["appraiseDepartment"](town)
    _, other = await town.whistled(departments=1)
    client = serving.client(by)
    second = given | {"departmentId": str(town.departments[1])}
    evidence = {"whistleIds": [*given["whistleIds"], str(other)]}

    assert await refused(client, town, "appraiseDepartment", **(second | evidence)) == (
        "NOT_SUMMONED",
        ["whistleIds", "1"],
    )
    first = given | {"departmentId": str(town.departments[0]), "period": "2026-Q1"}
    await client.do("appraiseDepartment", **(first | evidence))


async def test_a_whistle_that_another_street_blew_is_no_evidence(town: Town, serving: Served) -> None:
    staff = Actor("community-staff-8", Role.COMMUNITY_STAFF, ELSEWHERE)
    officer = Actor("street-officer-8", Role.STREET_OFFICER, OTHER_STREET)
    report = cases.ReportCase(category="01001", text="井盖丢失", community_code=ELSEWHERE)
    case = (await town.do(report, town.resident)).id
    await town.do(cases.AcceptCase(case_id=case), staff)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MAJOR), staff)
    await town.do(cases.AssignCase(case_id=case, tier=Tier.MULTI_UNIT), staff)
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要部门联动",
        department_ids=town.departments[:1],
    )
    foreign = str((await town.do(blow, officer)).id)
    by, given = await STEPS["appraiseDepartment"](town)
    given["whistleIds"].append(foreign)

    assert await refused(serving.client(by), town, "appraiseDepartment", **given) == (
        "FOREIGN_WHISTLE",
        ["whistleIds", "1"],
    )


async def test_a_street_does_not_admit_its_own_task(town: Town, serving: Served) -> None:
    _, given = await STEPS["admitTask"](town)
    own = given | {"departmentId": None, "bodyCode": STREET}
    client = serving.client(town.street_officer)

    assert await refused(client, town, "admitTask", **own) == ("OWN_REQUEST", ["bodyCode"])
    await serving.client(town.community_staff).do("admitTask", **own)


async def test_nobody_answers_for_another_unit(town: Town, serving: Served) -> None:
    advice, proposal = str(await steps.advised(town)), str(await steps.assigned(town))
    for by in (town.officer(1), DISTRICT_OFFICE):
        client = serving.client(by)
        given: dict[str, Any] = {"exerciseId": advice, "adopted": True, "answer": "采纳"}
        assert await refused(client, town, "answerAdvice", **given) == ("FORBIDDEN", [])
        assert await refused(client, town, "answerProposal", proposalId=proposal, answer="已办") == (
            "FORBIDDEN",
            [],
        )
