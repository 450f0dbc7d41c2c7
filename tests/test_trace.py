"""Whoever asks learns how far into the log an answer reaches, what it cost, and by which id it is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Pool, connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.spent import SPENT, Spent, uncounted
from chuishao.graphql.endpoint.observation import REQUEST_ID
from tests.conftest import copy_of_template
from tests.served import ADMINISTRATOR, AUDITOR, Client, Served, served
from tests.town import COMMUNITY, make_town

STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
REPORTED = {
    "commandId": "0b9d1a56-5d0e-4f0e-9f53-6a3c3b1f0a01",
    "category": "01003",
    "gridCode": "120101001001-G001",
    "text": "路灯不亮（示例）",
}
CASES = "query Cases { cases(first: 5) { nodes { id status history { event { title } } } } }"
REPORT = """
mutation Report($input: ReportCaseInput!) {
  reportCase(input: $input) { case { id } position errors { code } }
}
"""


@dataclass(frozen=True)
class Place:
    server: Served
    log: EventLog

    @property
    def auditor(self) -> Client:
        return self.server.client(AUDITOR)


@pytest.fixture(scope="module")
async def place(template: str) -> AsyncIterator[Place]:
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    log = EventLog(pool)
    town = await make_town(log)
    await town.close(await town.assigned())
    async with served(database) as server:
        await server.client(AUDITOR).read(
            "query($p: Position!) { cases(atLeast: $p) { totalCount } }", p=await log.head()
        )
        yield Place(server, log)
    await pool.close()


async def asked(
    client: Client,
    document: str,
    extensions: Any = None,
    headers: dict[str, str] | None = None,
    **variables: Any,
) -> httpx.Response:
    body = {"query": document, "variables": variables, "extensions": extensions}
    return await client.http.post(
        f"http://{client.base}/graphql", json=body, headers=client.headers | (headers or {})
    )


async def traced(client: Client, document: str, **variables: Any) -> Any:
    answer = await asked(client, document, {"trace": True}, **variables)
    return answer.json()["extensions"]["trace"]


async def test_nobody_gets_a_trace_without_asking(place: Place) -> None:
    for extensions in (None, {}, {"trace": False}, {"trace": "true"}, {"trace": {"a": 1}}):
        answer = await asked(place.auditor, CASES, extensions)
        assert set(answer.json()["extensions"]) == {"cost"}


async def test_a_trace_tells_position_cost_and_what_was_asked(place: Place) -> None:
    trace = await traced(place.auditor, CASES)
    assert trace["position"] == await place.log.head()
    assert trace["operation"] == "Cases"
    assert trace["document"] == hashlib.sha256(CASES.encode()).hexdigest()
    assert trace["sql"]["milliseconds"] > 0
    assert trace["milliseconds"] > 0


async def test_a_trace_tells_a_compiled_answer_of_one_statement_from_an_executed_one(
    place: Place,
) -> None:
    compiled = await traced(place.auditor, CASES)
    assert compiled["compiled"] and compiled["sql"]["count"] == 1
    executed = await traced(place.auditor, "{ policies { version } }")
    assert not executed["compiled"]


async def test_the_header_asks_as_well(place: Place) -> None:
    answer = await asked(place.auditor, "{ log { head } }", headers={"X-Chuishao-Trace": "1"})
    assert answer.json()["extensions"]["trace"]["operation"] is None


async def test_each_statement_of_an_operation_counts_once_and_nobody_elses(place: Place) -> None:
    one = await traced(place.auditor, "{ categories { code } }")
    again = await traced(place.auditor, "{ categories { code } }")
    assert one["sql"]["count"] == again["sql"]["count"]
    nothing = await traced(place.auditor, "{ __typename }")
    assert nothing["sql"] == {"count": 0, "milliseconds": 0}


async def test_an_answer_that_waited_for_a_position_includes_it(place: Place) -> None:
    answer = await asked(place.server.client(STAFF), REPORT, {"trace": True}, input=REPORTED)
    result = answer.json()
    position = result["data"]["reportCase"]["position"]
    assert result["data"]["reportCase"]["case"]
    assert result["extensions"]["trace"]["position"] >= position
    assert result["extensions"]["trace"]["sql"]["count"] > 1
    trace = await traced(
        place.auditor, "query($p: Position!) { cases(first: 1, atLeast: $p) { totalCount } }", p=position
    )
    assert trace["position"] >= position


async def test_a_refused_document_is_traced_too(place: Place) -> None:
    answer = (await asked(place.auditor, "{ nothing }", {"trace": True})).json()
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert answer["extensions"]["trace"]["document"] == hashlib.sha256(b"{ nothing }").hexdigest()


async def test_a_trace_says_nothing_of_variables_or_statements(place: Place) -> None:
    document = "query($text: String) { cases(first: 1, filter: { text: $text }) { totalCount } }"
    answer = await asked(place.server.client(ADMINISTRATOR), document, {"trace": True}, text="路灯不亮")
    trace = json.dumps(answer.json()["extensions"]["trace"], ensure_ascii=False)
    assert "路灯" not in trace
    assert "SELECT" not in trace


async def test_each_result_of_a_subscription_has_its_own(place: Place) -> None:
    document = """subscription Follow($after: String) {
        events(after: $after, types: ["CaseReported", "CaseAccepted", "SeverityGraded"]) {
            position case { id } } }"""
    extensions = {"trace": True}
    async with place.auditor.socket() as socket:
        payload = {
            "query": document,
            "variables": {"after": place.log.start_cursor},
            "extensions": extensions,
        }
        await socket.say(id="1", type="subscribe", payload=payload)
        answers = [(await socket.hear())["payload"] for _ in range(3)]
    traces = [answer["extensions"]["trace"] for answer in answers]
    assert len({trace["correlation"] for trace in traces}) == 1
    assert {trace["operation"] for trace in traces} == {"Follow"}
    assert [trace["sql"]["count"] for trace in traces] == [1, 1, 1]
    assert all(trace["position"] for trace in traces)


async def test_each_operation_on_a_socket_has_an_id_of_its_own(place: Place) -> None:
    async with place.auditor.socket() as socket:
        seen = set()
        for identity in ("a", "b"):
            payload = {"query": "{ __typename }", "extensions": {"trace": True}}
            await socket.say(id=identity, type="subscribe", payload=payload)
            seen.add((await socket.hear())["payload"]["extensions"]["trace"]["correlation"])
            assert (await socket.hear())["type"] == "complete"
    assert len(seen) == 2


async def test_a_request_keeps_the_id_that_it_came_with(place: Place) -> None:
    answer = await asked(
        place.auditor, "{ __typename }", {"trace": True}, {"X-Request-ID": "edge-7f3a90b1c2d4"}
    )
    assert answer.headers["x-request-id"] == "edge-7f3a90b1c2d4"
    assert answer.json()["extensions"]["trace"]["correlation"] == "edge-7f3a90b1c2d4"


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "with space in it", 'quote"quote"quote', "路灯路灯路灯路灯"]
)
async def test_a_request_id_that_is_none_is_replaced(place: Place, given: str) -> None:
    headers = {"X-Request-ID": given.encode()}
    answer = await asked(place.auditor, "{ __typename }", headers=headers)  # type: ignore[arg-type]
    assert UUID(answer.headers["x-request-id"])


async def test_every_answer_carries_an_id(place: Place) -> None:
    url = f"http://{place.server.base}/graphql"
    for answer in (
        await place.server.http.post(url, content=b"{", headers={"content-type": "application/json"}),
        await place.server.http.put(url),
        await place.server.http.post(url, json={"query": "{ a"}),
    ):
        assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])


async def test_statements_count_for_whoever_keeps_a_tally(pool: Pool) -> None:
    spent = Spent()
    token = SPENT.set(spent)
    try:
        async with connected(pool) as connection:
            await connection.fetch("SELECT 1")
            await connection.fetchval("SELECT 1")
            with uncounted():
                await connection.fetchrow("SELECT 1")
    finally:
        SPENT.reset(token)
    assert spent.statements == 2
    assert spent.seconds > 0
