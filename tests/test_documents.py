"""Documents that a request names instead of sending, and nothing else where it is so set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chuishao.graphql.endpoint.documents import (
    MET,
    BadDocuments,
    Documents,
    identity,
    read_documents,
)
from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.endpoint.http import GRAPHQL_JSON
from chuishao.graphql.schema import operations
from chuishao.service.settings import Settings, WrongSetting
from tests.conftest import copy_of_template
from tests.served import Served, http_client, run_chuishao, served
from tests.test_sse import payloads
from tests.test_websocket import ready
from tests.toy_schema import schema
from tests.toy_server import UNHURRIED, ToyServer, billed, toy_server

HELLO = "query Hello($n: String!) { hello(name: $n) }"
TWO = "query A { hello } query B { later }"
ADD = "mutation { add(a: 1, b: 2) }"
COUNT = "subscription { count(to: 2) }"
REGISTERED = {identity(text): text for text in (HELLO, TWO, ADD, COUNT)} | {"greeting": HELLO}


def apollo(text: str) -> dict[str, Any]:
    """Apollo's extension for a document."""
    hashed = hashlib.sha256(text.encode()).hexdigest()
    return {"persistedQuery": {"version": 1, "sha256Hash": hashed}}


def toy(*, only: bool) -> Iterator[ToyServer]:
    engine = Engine(schema, limits=UNHURRIED, documents=Documents(REGISTERED, only=only))
    with toy_server(UNHURRIED, engine=engine) as running:
        yield running


@pytest.fixture
def lenient() -> Iterator[ToyServer]:
    """A server that knows some documents and takes any."""
    yield from toy(only=False)


@pytest.fixture(scope="module")
def strict() -> Iterator[ToyServer]:
    """A server that executes what is registered and nothing else."""
    yield from toy(only=True)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(headers={"accept": GRAPHQL_JSON}) as client:
        yield client


def codes(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the code of the one error."""
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


NAMED = [
    {"documentId": identity(HELLO)},
    {"documentId": "greeting"},
    {"extensions": apollo(HELLO)},
    {"query": "", "extensions": apollo(HELLO)},
    {"query": None, "documentId": identity(HELLO)},
]


@pytest.mark.parametrize("named", NAMED)
async def test_a_document_is_named_over_every_transport(
    strict: ToyServer, http: httpx.AsyncClient, named: dict[str, Any]
) -> None:
    variables = {"n": "吹哨"}
    expected = billed({"hello": "hello 吹哨"})
    assert (await http.post(strict.http, json={**named, "variables": variables})).json() == expected

    params = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in named.items() if value
    }
    params["variables"] = json.dumps(variables)
    assert (await http.get(strict.http, params=params)).json() == expected

    stream = {"accept": "text/event-stream"}
    streamed = await http.post(strict.http, json={**named, "variables": variables}, headers=stream)
    assert payloads(streamed.text) == [expected]

    async with ready(strict) as client:
        await client.say(id="1", type="subscribe", payload={**named, "variables": variables})
        assert await client.hear() == {"id": "1", "type": "next", "payload": expected}


async def test_a_subscription_is_named_over_a_stream_and_a_socket(
    strict: ToyServer, http: httpx.AsyncClient
) -> None:
    body = {"documentId": identity(COUNT)}
    streamed = await http.post(strict.http, json=body, headers={"accept": "text/event-stream"})
    assert [result["data"] for result in payloads(streamed.text)] == [{"count": 1}, {"count": 2}]
    async with ready(strict) as client:
        await client.say(id="1", type="subscribe", payload=body)
        assert (await client.hear())["payload"]["data"] == {"count": 1}


async def test_of_several_operations_one_is_named_too(strict: ToyServer, http: httpx.AsyncClient) -> None:
    body = {"documentId": identity(TWO)}
    assert codes(await http.post(strict.http, json=body)) == (400, "OPERATION_RESOLUTION_FAILURE")
    answer = await http.post(strict.http, json={**body, "operationName": "B"})
    assert answer.json()["data"] == {"later": "later"}


async def test_a_named_mutation_must_be_posted_as_any_other(
    strict: ToyServer, http: httpx.AsyncClient
) -> None:
    refused = await http.get(strict.http, params={"documentId": identity(ADD)})
    assert codes(refused) == (405, "MUTATION_BY_GET")


async def test_what_is_not_registered_is_not_executed_where_only_that_is_trusted(
    strict: ToyServer, http: httpx.AsyncClient
) -> None:
    for body in (
        {"query": "{ hello }"},
        {"query": HELLO + " "},
        {"query": "{ __schema { types { name } } }"},
        {"documentId": identity("{ hello }")},
        {"documentId": ""},
        {"extensions": apollo("{ hello }")},
        {"query": "{ hello }", "extensions": apollo("{ hello }")},
    ):
        answer = await http.post(strict.http, json=body)
        assert codes(answer) == (403, "DOCUMENT_NOT_TRUSTED"), body
        chinese = await http.post(strict.http, json=body, headers={"accept-language": "zh"})
        assert chinese.json()["errors"][0]["message"].startswith("此处只执行已登记的文档")
    word_for_word = {"query": HELLO, "variables": {"n": "x"}}
    assert (await http.post(strict.http, json=word_for_word)).status_code == 200
    async with ready(strict) as client:
        await client.subscribe("1", "{ hello }")
        assert (await client.hear())["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_apollos_clients_register_by_themselves_where_anything_is_taken(
    lenient: ToyServer, http: httpx.AsyncClient
) -> None:
    text = "{ hello }"
    unknown = await http.post(lenient.http, json={"extensions": apollo(text)})
    assert codes(unknown) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"  # what clients look for

    sent = await http.post(lenient.http, json={"query": text, "extensions": apollo(text)})
    again = await http.get(lenient.http, params={"extensions": json.dumps(apollo(text))})
    assert sent.json() == again.json() == billed({"hello": "hello world"})

    assert codes(await http.post(lenient.http, json={"documentId": identity(text)})) == (
        404,
        "DOCUMENT_NOT_FOUND",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ hello }", "extensions": apollo("{ later }")},
        {"query": "{ hello }", "documentId": identity("{ hello }")},
        {"documentId": 5},
        {"documentId": None},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 63}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": "hello"}},
    ],
)
@pytest.mark.parametrize("only", [False, True])
def test_a_name_that_is_none_is_a_bad_request(body: dict[str, Any], only: bool) -> None:
    engine = Engine(schema, documents=Documents(REGISTERED, only=only))
    with pytest.raises(Exception) as caught:
        engine.prepare(GraphQLRequest.from_json(body))
    error = caught.value
    found = error.refusals[0] if isinstance(error, RequestRefused) else error
    assert getattr(found, "code", "") in ("BAD_REQUEST", "GRAPHQL_PARSE_FAILED", "DOCUMENT_NOT_TRUSTED")


def test_only_a_valid_document_is_remembered_and_only_so_many() -> None:
    documents = Documents()
    engine = Engine(schema, documents=documents)

    def ask(text: str, sent: str = "") -> bool:
        try:
            engine.prepare(GraphQLRequest(sent, extensions=apollo(text)))
        except RequestRefused:
            return False
        return True

    assert not ask("{ nothing }", "{ nothing }") and not ask("{ nothing }")
    first = "{ hello }"
    assert ask(first, first) and ask(first)
    for number in range(MET):
        documents.learn(f"{{ a{number}: hello }}", apollo(f"{{ a{number}: hello }}"))
    assert not ask(first)
    long = "{ hello } #" + "x" * 8_000_000
    documents.learn(long, apollo(long))
    assert not ask("{ a999: hello }")


def test_an_operation_knows_the_hash_of_its_document() -> None:
    request = GraphQLRequest("", document_id="greeting", variables={"n": ""})
    operation = Engine(schema, documents=Documents(REGISTERED)).prepare(request)
    assert operation.document_id == "sha256:" + hashlib.sha256(HELLO.encode()).hexdigest()


# 登记 Where registered documents come from


def test_a_folder_holds_one_document_a_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name, text in (("a.graphql", HELLO), ("deep/b.gql", TWO), ("c.txt", ADD)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_documents(tmp_path) == {identity(HELLO): HELLO, identity(TWO): TWO}
    assert read_documents(tmp_path / "a.graphql") == {identity(HELLO): HELLO}


@pytest.mark.parametrize(
    "manifest",
    [
        {"3d5a": HELLO},
        {identity(HELLO): HELLO},
        {hashlib.sha256(HELLO.encode()).hexdigest(): HELLO},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "3d5a", "name": "Hello", "type": "query", "body": HELLO}],
        },
    ],
)
def test_a_manifest_gives_its_own_identifiers_and_the_hashes(tmp_path: Path, manifest: Any) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest), encoding="utf-8")
    found = read_documents(file)
    assert set(found.values()) == {HELLO}
    assert identity(HELLO) in found
    assert ("3d5a" in found) is ("3d5a" in json.dumps(manifest))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "must be a JSON object of documents"),
        ('{"a": 1}', "'a' must have the text of a document"),
        ('{"format": "apollo-persisted-query-manifest", "operations": [{"id": "a"}]}', "'a' must have"),
        (json.dumps({"sha256:" + "0" * 64: HELLO}), "is not the hash of its document"),
        (json.dumps({"0" * 64: HELLO}), "is not the hash of its document"),
        ("{", "no JSON"),
    ],
)
def test_a_manifest_that_cannot_be_read_says_why(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadDocuments, match=said):
        read_documents(file)


def test_the_command_prints_each_hash_and_refuses_what_would_be_refused(tmp_path: Path) -> None:
    good = tmp_path / "good.graphql"
    good.write_text(operations()["frontend_case"], encoding="utf-8")
    printed = run_chuishao("documents", tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.startswith(f"{identity(operations()['frontend_case'])}  query  Case  ")

    (tmp_path / "bad.graphql").write_text("query Bad { nothing }", encoding="utf-8")
    dear = "query Dear { cases(first: 100) { nodes { whistles { summonses { state } } } } }"
    (tmp_path / "dear.graphql").write_text(dear, encoding="utf-8")
    refused = run_chuishao("documents", tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    first, *faults = refused.stderr.splitlines()
    assert first == f"chuishao: {tmp_path} has documents that would be refused:"
    assert sorted(fault.partition(": ")[2] for fault in faults) == [
        "Cannot query field 'nothing' on type 'Query'.",
        "Dear costs 11101 points, more than 10000",
    ]


def test_a_folder_without_documents_is_refused_before_a_database_is_started(tmp_path: Path) -> None:
    for arguments in (("documents", tmp_path), ("serve", "--documents", tmp_path, "--port", "0")):
        ended = run_chuishao(*arguments)
        assert ended.returncode == 2
        assert ended.stderr.startswith(f"chuishao: {tmp_path} has no documents;")
    with pytest.raises(WrongSetting, match=r"^trusted-only needs documents"):
        Settings(trusted_only=True)


@pytest.fixture(scope="module")
async def trusting(template: str) -> AsyncIterator[Served]:
    """The application that executes the example operations and nothing else."""
    folder = Path(__file__).parent.parent / "graphql" / "operations"
    async with served(
        await copy_of_template(template), Settings(documents=folder, trusted_only=True)
    ) as running:
        yield running


async def test_the_application_takes_its_documents_from_its_settings(trusting: Served) -> None:
    text = operations()["integrator_log_status"]
    body = {"documentId": identity(text)}
    answer = await trusting.http.post(f"http://{trusting.base}/graphql", json=body)
    assert "errors" not in answer.json()
    assert (await trusting.client().fails("{ viewer { id } }"))["code"] == "DOCUMENT_NOT_TRUSTED"
