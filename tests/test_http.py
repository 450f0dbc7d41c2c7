"""GraphQL over HTTP as real clients meet it."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from chuishao.graphql.endpoint.http import GRAPHQL_JSON, JSON, Accepted, negotiate
from chuishao.graphql.endpoint.limits import Limits
from tests.served import http_client
from tests.toy_server import ToyServer, billed, toy_server

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
    "multipart/mixed"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
APOLLO = "application/graphql-response+json,application/json;q=0.9"


@pytest.fixture(scope="module")
def server() -> Iterator[ToyServer]:
    examples = ("query Greeting { hello }", "subscription Ticks { ticks { cursor } }", "# </script> & <b>")
    with toy_server(Limits(body=20_000, body_seconds=0.5, rate=0), examples) as running:
        yield running


@pytest.fixture(scope="module")
async def client(server: ToyServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(base_url=f"http://{server.host}", headers={"accept": GRAPHQL_JSON}) as client:
        yield client


async def ask(client: httpx.AsyncClient, query: str, **more: Any) -> httpx.Response:
    headers = more.pop("headers", {})
    return await client.post("/graphql", json={"query": query, **more}, headers=headers)


def code(response: httpx.Response) -> object:
    return response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        (URQL, Accepted(GRAPHQL_JSON, True, False)),
        (APOLLO, Accepted(GRAPHQL_JSON, False, False)),
        ("*/*", Accepted(JSON, False, False)),
        ("application/*", Accepted(JSON, False, False)),
        (BROWSER, Accepted(JSON, False, True)),
        ("text/html", Accepted(None, False, True)),
        ("application/json, text/html", Accepted(JSON, False, False)),
        ("text/html;q=0.5, application/json", Accepted(JSON, False, False)),
        ("application/json;q=0.2, application/graphql-response+json;q=0.1", Accepted(JSON, False, False)),
        ("application/json;q=0", Accepted(None, False, False)),
        ("application/json;q=many", Accepted(None, False, False)),
        ("text/event-stream", Accepted(None, True, False)),
        ("text/event-stream, */*;q=0.1", Accepted(JSON, True, False)),
        ("text/event-stream, multipart/mixed", Accepted(None, True, False)),
        ("APPLICATION/JSON; charset=utf-8", Accepted(JSON, False, False)),
        ("image/png", Accepted(None, False, False)),
        ("", Accepted(None, False, False)),
        (";;,,q=1", Accepted(None, False, False)),
    ],
)
def test_an_accept_header_is_read_by_quality_and_then_by_place(accept: str, accepted: Accepted) -> None:
    assert negotiate(accept) == accepted


@pytest.mark.parametrize("accept", [URQL, APOLLO, GRAPHQL_JSON])
async def test_a_query_is_answered_as_graphql_json(client: httpx.AsyncClient, accept: str) -> None:
    response = await ask(client, "{ hello }", headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    cost = '{"cost":{"requested":1,"limit":10000}}'
    assert response.text == f'{{"data":{{"hello":"hello world"}},"extensions":{cost}}}'


async def test_chinese_text_travels_as_utf8_both_ways(client: httpx.AsyncClient) -> None:
    response = await ask(client, "query ($n: String!) { hello(name: $n) }", variables={"n": "街乡吹哨"})
    assert '"hello 街乡吹哨"'.encode() in response.content


async def test_a_query_may_be_asked_by_get(client: httpx.AsyncClient) -> None:
    query = "query A($n: String!) { hello(name: $n) } query B { later }"
    params = {"query": query, "operationName": "A", "variables": '{"n":"吹哨"}', "extensions": ""}
    assert (await client.get("/graphql", params=params)).json() == billed({"hello": "hello 吹哨"})
    assert (await client.get("/graphql", params={**params, "operationName": "B"})).json() == billed(
        {"later": "later"}
    )


async def test_a_mutation_is_refused_by_get_and_runs_by_post(client: httpx.AsyncClient) -> None:
    mutation = "mutation { add(a: 1, b: 2) }"
    refusal = await client.get("/graphql", params={"query": mutation})
    assert (refusal.status_code, refusal.headers["allow"]) == (405, "POST")
    assert (await ask(client, mutation)).json() == billed({"add": 3}, cost=10)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_named_as_not_allowed(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("accept", "status"), [(GRAPHQL_JSON, 400), (JSON, 200), ("*/*", 200), (URQL, 400), (APOLLO, 400)]
)
@pytest.mark.parametrize(
    "query", ["{", "{ nothing }", "query A {hello} query B {hello}", "{ hello(name: 1) }"]
)
async def test_the_status_of_an_invalid_document_depends_on_the_media_type(
    client: httpx.AsyncClient, accept: str, status: int, query: str
) -> None:
    response = await ask(client, query, headers={"accept": accept})
    assert response.status_code == status
    assert set(response.json()) == {"errors"}


async def test_variables_that_do_not_fit_are_the_clients_error(client: httpx.AsyncClient) -> None:
    response = await ask(client, "query ($n: String!) { hello(name: $n) }", variables={"n": 5})
    assert response.status_code == 400
    assert set(response.json()) == {"errors"}
    assert code(response) == "BAD_USER_INPUT"
    assert "Variable '$n'" in response.json()["errors"][0]["message"]


async def test_what_a_resolver_raised_is_masked_and_logged_under_one_id(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "chuishao.graphql"):
        response = await ask(client, "{ hello broken }")
    assert response.status_code == 200
    error = response.json()["errors"][0]
    assert response.json()["data"] == {"hello": "hello world", "broken": None}
    assert (error["message"], error["path"], error["extensions"]["code"]) == (
        "internal error",
        ["broken"],
        "INTERNAL",
    )
    assert "secret" not in response.text
    logged = next(record for record in caplog.records if error["extensions"]["id"] in record.getMessage())
    assert logged.exc_info is not None
    assert str(logged.exc_info[1]) == "a secret of the server"


async def test_a_failure_that_reaches_the_root_still_says_that_it_was_executed(
    client: httpx.AsyncClient,
) -> None:
    response = await ask(client, "{ brokenRoot }")
    assert (response.status_code, response.json()["data"]) == (200, None)


async def test_a_refusal_raised_for_the_client_keeps_its_words_and_code(client: httpx.AsyncClient) -> None:
    (error,) = (await ask(client, "{ refused }")).json()["errors"]
    assert error["message"] == "Not before noon."
    assert error["extensions"] == {"code": "TOO_EARLY", "until": "12:00"}
    assert error["path"] == ["refused"]


async def test_a_value_that_json_cannot_hold_is_an_internal_error(client: httpx.AsyncClient) -> None:
    assert code(await ask(client, "{ notANumber }")) == "INTERNAL"


@pytest.mark.parametrize(
    ("token", "status", "expected"),
    [("bad", 401, "UNAUTHENTICATED"), ("forbidden", 403, "FORBIDDEN"), ("crash", 500, "INTERNAL")],
)
@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON, "text/event-stream"])
async def test_who_may_not_ask_is_told_by_the_status(
    client: httpx.AsyncClient, token: str, status: int, expected: str, accept: str
) -> None:
    response = await ask(client, "{ hello }", headers={"authorization": token, "accept": accept})
    assert (response.status_code, code(response)) == (status, expected)
    assert ("www-authenticate" in response.headers) is (status == 401)
    assert "secret" not in response.text


async def test_every_request_has_a_context_of_its_own(client: httpx.AsyncClient) -> None:
    one, two = [(await ask(client, "{ who }")).json()["data"]["who"]["serial"] for _ in range(2)]
    assert one != two


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=gbk",
    ],
)
async def test_a_body_that_a_foreign_page_could_post_is_refused(
    client: httpx.AsyncClient, content_type: str
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = await client.post("/graphql", content=b'{"query":"{hello}"}', headers=headers)
    assert response.status_code == 415


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-type": JSON, "content-encoding": "gzip"}
    assert (await client.post("/graphql", content=b"{}", headers=headers)).status_code == 415


async def test_a_get_from_a_foreign_page_needs_a_header_that_the_browser_asks_about(
    client: httpx.AsyncClient,
) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await client.get("/graphql", params={"query": "{hello}"}, headers=foreign)).status_code == 403
    allowed = await client.get(
        "/graphql", params={"query": "{hello}"}, headers={**foreign, "x-requested-with": "app"}
    )
    assert allowed.status_code == 200


async def test_a_client_that_can_read_no_answer_is_told_before_anything_runs(
    client: httpx.AsyncClient,
) -> None:
    assert (await ask(client, "{ hello }", headers={"accept": "image/png"})).status_code == 406
    assert (await ask(client, "subscription { count(to: 1) }")).status_code == 406


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'[{"query":"{hello}"}]', b"1", b'"{hello}"', b"{", b"{}", b'{"query":1}',
        b'{"query":null}', b'{"query":{}}', b'{"query":"{hello}","variables":[]}',
        b'{"query":"{hello}","variables":"{}"}', b'{"query":"{hello}","operationName":1}',
        b'{"query":"{hello}","extensions":1}', b'{"query":"{hello}","variables":{"a":NaN}}',
        b'{"query":"{hello}","variables":{"a":-1e400}}', b'{"query":"{hello}","variables":{"a":"\\ud800"}}',
        b'{"query":"\xff"}', b"\xef\xbb\xbf{}",
        b'{"query":"{hello}"}'.decode().encode("utf-16"), b"[" * 15_000, b'{"a":' * 3_000,
        b'{"query":"{hello}","variables":{"a":' + b"9" * 5_000 + b"}}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
async def test_a_malformed_body_is_a_bad_request(client: httpx.AsyncClient, body: bytes, accept: str) -> None:
    response = await client.post("/graphql", content=body, headers={"content-type": JSON, "accept": accept})
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


async def test_an_empty_operation_name_is_none(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "{ hello }", operationName="")).status_code == 200


async def test_a_body_beyond_the_limit_is_refused_announced_or_not(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 10_000

    for content in (b" " * 20_001, pieces()):
        response = await client.post("/graphql", content=content, headers={"content-type": JSON})
        assert (response.status_code, code(response)) == (413, "TOO_LARGE")


async def test_a_body_in_pieces_is_put_together(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"query":'
        yield b'"{hello}"}'

    response = await client.post("/graphql", content=pieces(), headers={"content-type": JSON})
    assert response.json() == billed({"hello": "hello world"})


async def test_a_body_that_does_not_arrive_is_not_waited_for(server: ToyServer) -> None:
    reader, writer = await asyncio.open_connection(*server.host.split(":"))
    writer.write(
        b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_leaves_while_sending_is_forgotten(
    server: ToyServer, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n"
    for piece in (b"", b"{"):
        _, writer = await asyncio.open_connection(*server.host.split(":"))
        writer.write(head + b"\r\n" + piece)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert (await ask(client, "{ hello }")).status_code == 200
    assert caplog.text == ""


async def test_a_browser_gets_the_explorer_with_everything_it_needs(client: httpx.AsyncClient) -> None:
    page = await client.get("/graphql", headers={"accept": BROWSER})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.text.count("</script>") == 5
    settings = page.text.split('type="application/json">')[1].split("</script>")[0]
    assert json.loads(settings)["examples"][2] == "# </script> & <b>"
    files = [part.split('"')[0] for part in page.text.replace("href=", "src=").split('src="')[1:]]
    assert len(files) == 6
    for file in files:
        served = await client.get("/" + file)
        assert (served.status_code, "://" in file) == (200, False)


async def test_noise_never_gets_more_than_a_refusal(client: httpx.AsyncClient) -> None:
    noise = random.Random(1)
    seeds = [
        b'{"query":"query A($n: String!) {hello(name: $n)}","variables":{"n":"\\u5439"},"operationName":"A"}',
        b'{"query":"mutation { add(a: 1, b: 2) }","extensions":{"a":[1,2,{"b":null}]}}',
        b'{"query":"{ node(point: {x: 1}) { ...F } } fragment F on Node { name child { name } }"}',
    ]
    headers = {"content-type": JSON}
    for _ in range(400):
        body = bytearray(noise.choice(seeds))
        for _ in range(noise.randint(1, 6)):
            place = noise.randrange(len(body))
            match noise.randrange(4):
                case 0:
                    del body[place : place + noise.randint(1, 9)]
                case 1:
                    body[place:place] = noise.randbytes(noise.randint(1, 4))
                case 2:
                    body[place] = noise.choice(b'{}[]":,\\$()!.0')
                case _:
                    body[place:place] = body[: noise.randint(1, 30)]
            body = body or bytearray(b"{")
        response = await client.post("/graphql", content=bytes(body), headers=headers)
        assert response.status_code in (200, 400), bytes(body)
        assert response.json().keys() <= {"data", "errors", "extensions"}
        assert "internal error" not in response.text, bytes(body)
