"""Whose pages may ask, by what browsers send of a page's site; and what may be switched off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from chuishao.graphql.endpoint.errors import ApiError, RequestRefused
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.endpoint.origin import Origins
from chuishao.service.settings import Settings, WrongSetting
from tests.conftest import copy_of_template
from tests.served import Served, http_client, served
from tests.test_websocket import PROTOCOL
from tests.toy_schema import schema
from tests.toy_server import ToyServer, toy_server

HOST = "api.example:8000"
OWN, SIBLING, FOREIGN, FRIEND = (
    "https://api.example:8000", "https://www.example", "https://else.invalid", "https://app.example",
)  # fmt: skip
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"


def may_get(headers: dict[str, str], allowed: str = FRIEND) -> bool:
    """Whether a GET with these headers is answered; underscores stand for dashes."""
    sent = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        Origins((allowed,)).check_get(sent)
    except ApiError:
        return False
    return True


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        # programs
        ({}, True),
        ({"user_agent": "node", "sec_fetch_mode": "cors", "accept_language": "*"}, True),
        ({"user_agent": "curl/8.9"}, True),
        # browsers that tell the site of the page
        ({"sec_fetch_site": "same-origin", "referer": OWN + "/"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site", "origin": SIBLING}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": FOREIGN}, False),
        ({"sec_fetch_site": "cross-site", "origin": "null"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "referer": FRIEND + "/page"}, False),
        ({"sec_fetch_site": "cross-site", "origin": FRIEND}, True),
        ({"sec_fetch_site": "anything-new"}, False),
        # browsers that do not, as on plain http
        ({"origin": OWN}, True),
        ({"origin": FRIEND}, True),
        ({"origin": FOREIGN, "referer": OWN}, False),
        ({"origin": "null"}, False),
        ({"referer": OWN + "/graphql?query={a}"}, True),
        ({"referer": FOREIGN + "/" + OWN}, False),
        ({"referer": "https://api.example:8000.else.invalid/"}, False),
        ({"referer": "https://[broken"}, False),
        ({"user_agent": CHROME}, False),
        # what no page of another site can add unasked
        ({"sec_fetch_site": "cross-site", "x_requested_with": "app"}, True),
        ({"sec_fetch_site": "cross-site", "authorization": "Bearer x"}, True),
        ({"sec_fetch_site": "same-site", "apollo_require_preflight": "true"}, True),
        ({"origin": FOREIGN, "graphql_require_preflight": "1"}, True),
    ],
)
def test_a_get_is_answered_unless_a_strangers_page_may_have_sent_it(
    headers: dict[str, str], answered: bool
) -> None:
    assert may_get(headers) is answered


def test_any_origin_is_any_that_says_which_it_is() -> None:
    assert may_get({"sec_fetch_site": "cross-site", "origin": FOREIGN}, "*")
    assert not may_get({"sec_fetch_site": "cross-site"}, "*")


@pytest.mark.parametrize(
    ("headers", "opened"),
    [
        ({}, True),
        ({"origin": OWN}, True),
        ({"origin": "http://api.example:8000"}, True),  # a proxy in between speaks TLS
        ({"origin": FRIEND}, True),
        ({"origin": FRIEND.upper()}, True),
        ({"origin": SIBLING}, False),
        ({"origin": FOREIGN}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "https://inner", "sec-fetch-site": "same-origin"}, True),  # the proxy changed the host
    ],
)
def test_a_socket_is_opened_to_programs_and_to_pages_that_may_ask(
    headers: dict[str, str], opened: bool
) -> None:
    assert Origins((FRIEND,)).may_connect({"host": HOST} | headers) is opened


# On the wire


@pytest.fixture(scope="module")
def open_to_a_friend() -> Iterator[ToyServer]:
    """A server whose API the pages of one other site may use."""
    with toy_server(allowed_origins=(FRIEND,)) as running:
        yield running


async def test_a_foreign_page_gets_no_answer_from_get_be_it_json_or_a_stream(
    open_to_a_friend: ToyServer,
) -> None:
    async with http_client() as client:
        for accept in ("*/*", "text/event-stream", "image/avif,image/webp,*/*;q=0.8"):
            headers = {"accept": accept, "sec-fetch-site": "same-site"}
            params = {"query": "{ hello }"}
            refused = await client.get(open_to_a_friend.http, params=params, headers=headers)
            assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (
                403,
                "FORBIDDEN",
            )
            assert refused.headers["cross-origin-resource-policy"] == "same-origin"


async def goodbye(server: ToyServer, origin: str) -> tuple[int | None, str | None]:
    """How a socket ends that a page of an origin opened."""
    async with connect(server.ws, subprotocols=[PROTOCOL], origin=Origin(origin)) as socket:
        try:
            await socket.send('{"type":"connection_init"}')
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        except ConnectionClosed:
            return socket.close_code, socket.close_reason
        return None, None


async def test_a_foreign_page_is_told_why_its_socket_is_closed(open_to_a_friend: ToyServer) -> None:
    reason = "pages of this origin may not connect; --allow-origin lets them"
    assert await goodbye(open_to_a_friend, FOREIGN) == (4403, reason)
    assert await goodbye(open_to_a_friend, FRIEND) == (None, None)
    assert await goodbye(open_to_a_friend, f"http://{open_to_a_friend.host}") == (None, None)


SETTINGS = Settings(introspection=False, graphiql=False, allow_origin=(FRIEND,))


@pytest.fixture(scope="module")
async def closed(template: str) -> AsyncIterator[Served]:
    """The application without explorer and introspection, open to the pages of one other site."""
    async with served(await copy_of_template(template), SETTINGS) as running:
        yield running


async def preflight(server: Served, origin: str, headers: str) -> httpx.Response:
    """A browser's question whether a page may send a request."""
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
    }
    return await server.http.options(f"http://{server.base}/graphql", headers=asked)


async def test_a_browser_is_told_which_pages_may_ask(closed: Served) -> None:
    friend = await preflight(closed, FRIEND, "authorization, content-type, last-event-id")
    assert friend.status_code == 200
    assert friend.headers["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-credentials" not in friend.headers
    for origin, headers in ((FOREIGN, "content-type"), (FRIEND, "x-anything")):
        assert (await preflight(closed, origin, headers)).status_code == 400
    answer = await closed.http.post(
        f"http://{closed.base}/graphql", json={"query": "{ __typename }"}, headers={"origin": FRIEND}
    )
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "retry-after" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        '{ __type(name: "Case") { name } }',
        "{ ...F } fragment F on Query { a: __schema { types { name } } }",
    ],
)
async def test_introspection_that_is_switched_off_says_where_the_schema_is(
    closed: Served, query: str
) -> None:
    result = (await closed.client().post(query)).json()

    (error,) = result["errors"]
    assert error["extensions"]["code"] == "INTROSPECTION_DISABLED"
    assert error["message"].endswith("as graphql/schema.graphql; `chuishao schema` prints it.")
    assert error["locations"]
    assert "data" not in result
    assert (await closed.client().read("{ __typename viewer { __typename } }"))["__typename"] == "Query"


async def test_an_explorer_that_is_switched_off_is_not_there(closed: Served) -> None:
    page = await closed.http.get(f"http://{closed.base}/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("application/json")
    assert page.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    for path in ("/", "/graphql/static/explorer.js"):
        assert (await closed.http.get(f"http://{closed.base}{path}")).status_code == 404


def test_one_engine_learns_only_for_itself_what_is_switched_off() -> None:
    query = get_introspection_query()
    assert may_prepare(Engine(schema), query)
    assert not may_prepare(Engine(schema, introspection=False), query)


def may_prepare(engine: Engine, query: str) -> bool:
    try:
        engine.prepare(GraphQLRequest(query))
    except RequestRefused:
        return False
    return True


# 设置 Settings


@pytest.mark.parametrize(
    "wrong",
    ["app.example", "https://app.example/", "ftp://x", "null", "https://", "https://a b", "https://*.x"],
)
def test_an_origin_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(WrongSetting, match=r"^allow-origin is .*; it must be like https://app.example:8443"):
        Settings(allow_origin=(wrong,))


@pytest.mark.parametrize("good", ["*", "https://app.example", "http://127.0.0.1:3000", "http://[::1]:3000"])
def test_an_origin_is_scheme_host_and_port(good: str) -> None:
    assert Settings(allow_origin=(good,)).allow_origin == (good,)


def test_switches_and_lists_are_read_from_variables() -> None:
    told: dict[str, Any] = {
        "CHUISHAO_INTROSPECTION": "0",
        "CHUISHAO_GRAPHIQL": "false",
        "CHUISHAO_ALLOW_ORIGIN": "https://a.example, https://b.example",
    }
    settings = Settings.from_environment(told)
    assert (settings.introspection, settings.graphiql) == (False, False)
    assert settings.allow_origin == ("https://a.example", "https://b.example")
    assert Settings.from_environment(settings.to_environment()) == settings
    with pytest.raises(WrongSetting, match=r"^CHUISHAO_GRAPHIQL is 'perhaps'; it must be 1 or 0$"):
        Settings.from_environment({"CHUISHAO_GRAPHIQL": "perhaps"})
