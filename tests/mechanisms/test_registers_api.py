"""The registers over HTTP: what each mutation changes as queries read it, and what each refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.mechanisms.steps_registers import STEPS, enrolled, noted, registered
from tests.served import AUDITOR, Client, Served, mutation, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID, Town, make_town

STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """One database for all of them."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town that they happen in."""
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
def staff(serving: Served) -> Client:
    """Somebody of the community's staff."""
    return serving.client(STAFF)


# Elements


async def coverage(client: Client, grid: str, at: int) -> Any:
    found = await client.read(
        "query ($place: String, $at: Position) { elementCoverage(place: $place, atLeast: $at)"
        " { nodes { persons places things matters organisations kinds missing } } }",
        place=grid,
        at=at,
    )
    (node,) = found["elementCoverage"]["nodes"]
    return node


async def test_elements_of_all_kinds_cover_a_grid_until_one_is_gone(town: Town, staff: Client) -> None:
    kinds = ("PERSON", "PLACE", "THING", "MATTER", "ORGANISATION")
    before = await coverage(staff, OTHER_GRID, await town.log.head())
    assert (before["kinds"], before["missing"]) == (0, list(kinds))
    made = {}
    for kind in kinds:
        fields = {"kind": kind, "gridCode": OTHER_GRID, "name": f"要素 {kind}", "address": "1 号楼"}
        payload = await staff.do(
            "registerElement", "element { id kind name { text } grid { code } }", **fields
        )
        assert payload["element"]["name"] == {"text": f"要素 {kind}"}
        assert payload["element"]["grid"] == {"code": OTHER_GRID}
        made[kind] = payload["element"]["id"]
    full = await coverage(staff, OTHER_GRID, payload["position"])
    assert full == dict.fromkeys(("persons", "places", "things", "matters", "organisations"), 1) | {
        "kinds": 5,
        "missing": [],
    }
    asked = '{ elementCoverage(complete: true, place: "12") { nodes { grid { code } } } }'
    nodes = (await staff.read(asked))["elementCoverage"]["nodes"]
    assert nodes == [{"grid": {"code": OTHER_GRID}}]

    moved = await staff.do(
        "correctElement", "element { correctedAt }", elementId=made["THING"], gridCode=GRID
    )
    assert moved["element"]["correctedAt"]
    left = await coverage(staff, OTHER_GRID, moved["position"])
    assert (left["kinds"], left["missing"]) == (4, ["THING"])
    gone = await staff.do("retireElement", "element { retiredAt }", elementId=made["MATTER"], reason="已办结")
    assert gone["element"]["retiredAt"]
    left = await coverage(staff, OTHER_GRID, gone["position"])
    assert (left["matters"], left["missing"]) == (0, ["THING", "MATTER"])
    listed = await staff.read(
        "query ($place: String, $at: Position) { elements(place: $place, active: true, atLeast: $at)"
        " { totalCount nodes { kind } } }",
        place=OTHER_GRID,
        at=gone["position"],
    )
    assert listed["elements"]["totalCount"] == 3


async def test_what_an_element_is_called_is_corrected_and_the_rest_stays(town: Town, staff: Client) -> None:
    element = str(await registered(town))
    shown = "element { name { text } address { text } }"
    payload = await staff.do("correctElement", shown, elementId=element, name="井盖 005")
    assert payload["element"] == {"name": {"text": "井盖 005"}, "address": {"text": "南门"}}


async def test_the_name_of_an_element_is_for_those_who_handle_cases_there(
    town: Town, serving: Served
) -> None:
    element = str(await registered(town))
    asked = "query ($id: ID!, $at: Position) { element(id: $id, atLeast: $at) { kind name { state } } }"
    elsewhere = Actor("staff-2", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
    states = {}
    for actor in (STAFF, elsewhere, AUDITOR, None):
        found = await serving.client(actor).read(asked, id=element, at=await town.log.head())
        states[actor.id if actor else "nobody"] = found["element"]["name"]["state"]
    assert states == {STAFF.id: "SHOWN", "staff-2": "MASKED", AUDITOR.id: "MASKED", "nobody": "MASKED"}


# The care ledger


LEDGER = """query ($id: ID!, $at: Position) { careEntry(id: $id, atLeast: $at) {
  group lists needs unmet exitedAt exitReason grid { code } whom { state } household { state }
  lines { number kind corrects correctedBy need source actor words { text state } }
} }"""


async def test_an_entry_goes_from_enrolment_to_exit_with_everything_kept(staff: Client) -> None:
    fields = {"group": "HARDSHIP", "gridCode": GRID, "whom": "居民 007", "household": 7, "words": "失业"}
    made = await staff.do("enrolCare", "careEntry { id needs }", **fields)
    care = made["careEntry"]["id"]
    await staff.do("recordNeed", careId=care, words="就业")
    await staff.do("recordNeed", careId=care, words="助学")
    await staff.do("matchResource", careId=care, need=2, source="SOCIETY", words="企业岗位")
    await staff.do("matchResource", careId=care, need=2, source="GOVERNMENT", words="公益岗位")
    await staff.do("correctCare", careId=care, line=1, words="待业")
    await staff.do("correctCare", careId=care, line=6, words="灵活就业")
    done = await staff.do("exitCare", "careEntry { exitReason }", careId=care, reason="BETTER")
    assert done["careEntry"] == {"exitReason": "BETTER"}

    entry = (await staff.read(LEDGER, id=care, at=done["position"]))["careEntry"]

    assert (entry["group"], entry["lists"]) == ("HARDSHIP", ["EIGHT", "FIVE"])
    assert (entry["needs"], entry["unmet"], entry["exitReason"]) == (2, 1, "BETTER")
    assert entry["exitedAt"] and entry["grid"] == {"code": GRID}
    told = [(line["number"], line["kind"], line["corrects"], line["correctedBy"]) for line in entry["lines"]]
    assert told == [
        (1, "ENTRY", None, 6),
        (2, "NEED", None, None),
        (3, "NEED", None, None),
        (4, "RESOURCE", None, None),
        (5, "RESOURCE", None, None),
        (6, "CORRECTION", 1, 7),
        (7, "CORRECTION", 6, None),
    ]
    assert [(line["need"], line["source"]) for line in entry["lines"][3:5]] == [
        (2, "SOCIETY"),
        (2, "GOVERNMENT"),
    ]
    assert {line["actor"] for line in entry["lines"]} == {STAFF.id}
    masked = {"text": None, "state": "MASKED"}
    assert [line["words"] for line in entry["lines"]] == [masked] * 7
    assert entry["whom"] == entry["household"] == {"state": "MASKED"}


async def test_the_ledger_is_listed_by_group_place_and_what_is_missing(town: Town, staff: Client) -> None:
    enrol = {"gridCode": THIRD_GRID, "whom": "儿童", "words": "情况"}
    street = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
    client = Client(staff.base, staff.http, Served(staff.base, staff.http).client(street).headers)
    first = (await client.do("enrolCare", "careEntry { id }", group="ORPHAN", **enrol))["careEntry"]["id"]
    second = (await client.do("enrolCare", "careEntry { id }", group="ORPHAN", **enrol))["careEntry"]["id"]
    await client.do("recordNeed", careId=first, words="助学")
    left = await client.do("exitCare", careId=second, reason="MOVED")
    at = left["position"]

    async def listed(**wanted: Any) -> list[str]:
        asked = (
            "query ($at: Position, $group: CareGroup, $enrolled: Boolean, $unmet: Boolean, $place: String) {"
            " careEntries(atLeast: $at, group: $group, enrolled: $enrolled, unmet: $unmet, place: $place)"
            " { nodes { id } } }"
        )
        found = await client.read(asked, at=at, place=THIRD_GRID, **wanted)
        return [node["id"] for node in found["careEntries"]["nodes"]]

    assert await listed(group="ORPHAN") == [second, first]
    assert await listed(group="DISABLED") == []
    assert await listed(enrolled=True) == [first]
    assert await listed(enrolled=False) == [second]
    assert await listed(unmet=True) == [first]
    assert await listed(unmet=False) == [second]


# The diary


async def test_an_entry_of_the_diary_is_corrected_and_stays(town: Town, serving: Served) -> None:
    worker = serving.client(town.worker())
    fields = {"topic": "UNSTABLE_FACTOR", "gridCode": GRID, "words": "邻里纠纷", "household": 5}
    made = await worker.do("writeDiaryEntry", "diaryEntry { id topic actor }", **fields)
    diary = made["diaryEntry"]["id"]
    assert made["diaryEntry"]["actor"] == str(town.workers[GRID])
    await worker.do("correctDiaryEntry", diaryId=diary, line=1, words="噪音纠纷")
    done = await worker.do(
        "correctDiaryEntry", "diaryEntry { correctedAt }", diaryId=diary, line=2, words="已和解"
    )
    assert done["diaryEntry"]["correctedAt"]

    asked = """query ($at: Position, $topic: DiaryTopic) {
      diaryEntries(place: "120101", topic: $topic, atLeast: $at) {
        nodes { id household { state } lines { number corrects correctedBy words { text state } } }
      }
    }"""
    nodes = (await worker.read(asked, at=done["position"], topic="UNSTABLE_FACTOR"))["diaryEntries"]["nodes"]
    (entry,) = [node for node in nodes if node["id"] == diary]
    chain = [(line["number"], line["corrects"], line["correctedBy"]) for line in entry["lines"]]
    assert chain == [(1, None, 2), (2, 1, 3), (3, 2, None)]
    assert {line["words"]["state"] for line in entry["lines"]} == {"MASKED"}
    others = (await worker.read(asked, at=done["position"], topic="KEY_PERSON"))["diaryEntries"]["nodes"]
    assert diary not in [node["id"] for node in others]


# Refusals


LONG, NUL = "长" * 4001, "井\0盖"
BAD: dict[str, list[tuple[dict[str, Any], str, list[str]]]] = {
    "registerElement": [
        ({"gridCode": f"{COMMUNITY}-G777"}, "UNKNOWN_GRID", ["gridCode"]),
        ({"gridCode": COMMUNITY}, "BAD_CODE", ["gridCode"]),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE", ["gridCode"]),
        ({"name": " "}, "TEXT_EMPTY", ["name"]),
        ({"address": "长" * 201}, "TEXT_TOO_LONG", ["address"]),
    ],
    "correctElement": [
        ({"elementId": str(uuid4())}, "NOT_FOUND", ["elementId"]),
        ({"gridCode": THIRD_GRID}, "OUT_OF_SCOPE", ["gridCode"]),
        ({"gridCode": f"{COMMUNITY}-G777"}, "UNKNOWN_GRID", ["gridCode"]),
        ({"name": NUL}, "BAD_TEXT", ["name"]),
        ({"address": ""}, "TEXT_EMPTY", ["address"]),
    ],
    "retireElement": [
        ({"elementId": "7"}, "BAD_CODE", ["elementId"]),
        ({"elementId": str(uuid4())}, "NOT_FOUND", ["elementId"]),
        ({"reason": " \n"}, "TEXT_EMPTY", ["reason"]),
        ({"reason": "长" * 201}, "TEXT_TOO_LONG", ["reason"]),
    ],
    "enrolCare": [
        ({"household": 0}, "OUT_OF_RANGE", ["household"]),
        ({"household": 301}, "OUT_OF_RANGE", ["household"]),
        ({"whom": ""}, "TEXT_EMPTY", ["whom"]),
        ({"words": LONG}, "TEXT_TOO_LONG", ["words"]),
        ({"gridCode": f"{COMMUNITY}-G777"}, "UNKNOWN_GRID", ["gridCode"]),
        ({"samePersonAs": str(uuid4())}, "NOT_FOUND", ["samePersonAs"]),
    ],
    "recordNeed": [
        ({"careId": str(uuid4())}, "NOT_FOUND", ["careId"]),
        ({"words": ""}, "TEXT_EMPTY", ["words"]),
        ({"words": NUL}, "BAD_TEXT", ["words"]),
    ],
    "matchResource": [
        ({"need": 1}, "NOT_A_NEED", ["need"]),
        ({"need": -1}, "NOT_A_NEED", ["need"]),
        ({"need": 77}, "NOT_A_NEED", ["need"]),
        ({"words": LONG}, "TEXT_TOO_LONG", ["words"]),
    ],
    "correctCare": [
        ({"line": 0}, "NO_SUCH_LINE", ["line"]),
        ({"line": 99}, "NO_SUCH_LINE", ["line"]),
        ({"words": " "}, "TEXT_EMPTY", ["words"]),
    ],
    "exitCare": [
        ({"careId": "x"}, "BAD_CODE", ["careId"]),
        ({"careId": str(uuid4())}, "NOT_FOUND", ["careId"]),
        ({"occurredAt": "2020-01-01T00:00:00Z"}, "BAD_TIME", ["occurredAt"]),
    ],
    "readCareEntry": [
        ({"careId": "x"}, "BAD_CODE", ["careId"]),
        ({"careId": str(uuid4())}, "NOT_FOUND", ["careId"]),
        ({"expectedVersion": 3}, "STALE_VERSION", ["expectedVersion"]),
    ],
    "writeDiaryEntry": [
        ({"words": ""}, "TEXT_EMPTY", ["words"]),
        ({"household": 1000}, "OUT_OF_RANGE", ["household"]),
        ({"gridCode": OTHER_GRID}, "OUT_OF_SCOPE", ["gridCode"]),
        ({"samePersonAs": "7"}, "BAD_CODE", ["samePersonAs"]),
    ],
    "correctDiaryEntry": [
        ({"diaryId": str(uuid4())}, "NOT_FOUND", ["diaryId"]),
        ({"line": 5}, "NO_SUCH_LINE", ["line"]),
        ({"words": NUL}, "BAD_TEXT", ["words"]),
    ],
    "readDiaryEntry": [
        ({"diaryId": ""}, "BAD_CODE", ["diaryId"]),
        ({"diaryId": str(uuid4())}, "NOT_FOUND", ["diaryId"]),
        ({"commandId": "7"}, "BAD_CODE", ["commandId"]),
    ],
}


def test_every_mutation_has_three_bad_inputs_at_least() -> None:
    assert BAD.keys() == STEPS.keys()
    assert [name for name, wrong in BAD.items() if len(wrong) < 3] == []


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_input_is_refused_by_name_and_nothing_is_recorded(
    name: str, town: Town, serving: Served
) -> None:
    by, given = await STEPS[name](town)
    client, head = serving.client(by), await town.log.head()

    for wrong, code, path in BAD[name]:
        payload = await client.mutate(name, **(given | wrong))
        (error,) = payload["errors"]
        assert (error["code"], error["path"], payload["position"]) == (code, path, None), wrong
        assert error["message"]

    assert await town.log.head() == head


@pytest.mark.parametrize(
    ("name", "field", "wrong"),
    [
        ("registerElement", "kind", "ANIMAL"),
        ("enrolCare", "group", "EVERYBODY"),
        ("matchResource", "source", "MARKET"),
        ("exitCare", "reason", "because"),
        ("readCareEntry", "purpose", "CURIOSITY"),
        ("readCareEntry", "purpose", None),
        ("readDiaryEntry", "purpose", ""),
        ("writeDiaryEntry", "topic", "WEATHER"),
    ],
)
async def test_what_is_in_no_closed_list_is_refused(
    name: str, field: str, wrong: Any, town: Town, serving: Served
) -> None:
    by, given = await STEPS[name](town)
    head = await town.log.head()

    error = await serving.client(by).fails(
        mutation(name), input={"commandId": str(uuid4())} | given | {field: wrong}
    )

    assert error["code"] == "BAD_USER_INPUT"
    assert await town.log.head() == head


async def test_what_is_over_is_over(town: Town, staff: Client) -> None:
    element, care = str(await registered(town)), str(await enrolled(town))
    await staff.do("retireElement", elementId=element, reason="已拆除")
    await staff.do("exitCare", careId=care, reason="DECEASED")
    for name, given, code in (
        ("retireElement", {"elementId": element, "reason": "再次"}, "ELEMENT_ENDED"),
        ("correctElement", {"elementId": element, "name": "其他"}, "ELEMENT_ENDED"),
        ("recordNeed", {"careId": care, "words": "助餐"}, "LEFT_LEDGER"),
        ("matchResource", {"careId": care, "need": 2, "source": "SOCIETY", "words": "资源"}, "LEFT_LEDGER"),
        ("exitCare", {"careId": care, "reason": "MOVED"}, "LEFT_LEDGER"),
    ):
        assert [error["code"] for error in (await staff.mutate(name, **given))["errors"]] == [code], name
    await staff.do("correctCare", careId=care, line=1, words="更正")
    again = await staff.mutate("correctCare", careId=care, line=1, words="再更正")
    assert [error["code"] for error in again["errors"]] == ["LINE_CORRECTED"]


async def test_who_keeps_no_diary_there_does_not_tie_to_its_person(town: Town, serving: Served) -> None:
    elsewhere = serving.client(Actor("staff-2", Role.COMMUNITY_STAFF, OTHER_COMMUNITY))
    fields = {"group": "DISABLED", "gridCode": THIRD_GRID, "whom": "居民", "words": "情况"}
    payload = await elsewhere.mutate("enrolCare", **fields, samePersonAs=str(await noted(town)))
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [
        ("OUT_OF_SCOPE", ["samePersonAs"])
    ]
