"""Python's gql: documents built from the schema that the server describes, over HTTP and over a WebSocket."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from gql import Client, gql
from gql.dsl import DSLMutation, DSLQuery, DSLSchema, dsl_gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.websockets import WebsocketsTransport

from tests.clients.conftest import Place
from tests.served import token
from tests.town import GRID

SCHEMA_BYTES = 4 << 20
"""What a message may have that brings the schema with its descriptions; the library's own limit is 1 MiB."""


def over_http(place: Place, credential: str | None = None) -> Any:
    """A client that has read the schema from the server."""
    credential = credential or token(place.town.street_officer)
    transport = AIOHTTPTransport(url=place.http, headers={"authorization": f"Bearer {credential}"})
    return Client(transport=transport, fetch_schema_from_transport=True)


def over_a_socket(place: Place, credential: str | None = None) -> Any:
    """The same over graphql-transport-ws."""
    given = {"authToken": credential or token(place.town.street_officer)}
    transport = WebsocketsTransport(
        url=place.ws,
        init_payload=given,
        subprotocols=["graphql-transport-ws"],
        connect_args={"max_size": SCHEMA_BYTES},
    )
    return Client(transport=transport, fetch_schema_from_transport=True)


@pytest.mark.parametrize("connect", [over_http, over_a_socket])
async def test_a_query_and_a_mutation_built_from_the_schema(place: Place, connect: Any) -> None:
    async with connect(place) as session:
        schema = DSLSchema(session.client.schema)
        report = schema.Mutation.reportCase(
            input={
                "commandId": str(uuid4()),
                "category": "01001",
                "gridCode": GRID,
                "text": "井盖丢失（示例）",
            }
        ).select(
            schema.ReportCasePayload.position,
            schema.ReportCasePayload.errors.select(schema.UserError.code),
            schema.ReportCasePayload.case.select(schema.Case.id, schema.Case.number, schema.Case.status),
        )
        reported = (await session.execute(dsl_gql(DSLMutation(report))))["reportCase"]
        case = schema.Query.case(id=reported["case"]["id"], atLeast=reported["position"])
        shown = case.select(schema.Case.number, schema.Case.status, schema.Case.reportedAt)
        read = (await session.execute(dsl_gql(DSLQuery(shown))))["case"]

    assert reported["errors"] == []
    assert (read["number"], read["status"]) == (reported["case"]["number"], "REPORTED")


async def test_the_events_of_a_case_over_a_web_socket(place: Place) -> None:
    after = await place.town.log.cursor_at_head()
    case = await place.town.report()
    document = gql(
        "subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { type } }"
    )
    document.variable_values = {"id": str(case), "after": after}
    async with over_a_socket(place) as session:
        async for event in session.subscribe(document):
            assert event == {"caseEvents": {"type": "CaseReported"}}
            break


@pytest.mark.parametrize("connect", [over_http, over_a_socket])
async def test_an_error_keeps_its_code(place: Place, connect: Any) -> None:
    async with connect(place) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(gql("{ grids(first: 1000) { nodes { code } } }"))

    (error,) = raised.value.errors
    assert error["extensions"]["code"] == "OUT_OF_RANGE"


async def test_a_token_that_is_not_valid_is_refused(place: Place) -> None:
    with pytest.raises((TransportServerError, TransportQueryError), match=r"401|token"):
        async with over_http(place, "no token") as session:
            await session.execute(gql("{ viewer { role } }"))
