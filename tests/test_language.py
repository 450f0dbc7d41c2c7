"""Whatever a person reads of a request that fails comes in the language that was asked for."""

import ast
import re
from collections.abc import Iterator

import httpx
import pytest

from chuishao.graphql.enums import refusals
from chuishao.graphql.errors import RequestRefused
from chuishao.graphql.execution import Engine, GraphQLRequest
from chuishao.graphql.failures import FAILURES
from chuishao.graphql.language import preferred, speak
from tests.test_architecture import trees
from tests.test_websocket import opened
from tests.toy_schema import schema
from tests.toy_server import ToyServer, toy_server

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def toy() -> Iterator[ToyServer]:
    with toy_server() as server:
        yield server


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("ZH-cn", "zh"),
        ("zh-Hant-TW", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.5, zh-HK;q=0.7", "zh"),
        ("fr, de;q=0.9", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("*", "en"),
        ("zh, *;q=0.5", "zh"),
        ("en;q=0, *", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=0, *", "en"),
        ("zh, en", "zh"),
        ("en, zh", "en"),
        ("zh;q=nonsense, en;q=0.1", "en"),
        ("zh;q=nan", "en"),
        (";;,,=", "en"),
    ],
)
def test_the_language_is_chosen_by_quality_and_then_by_place(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_says_what_it_means_and_what_helps_in_both_languages(code: str) -> None:
    failure = FAILURES[code]
    for phrase in (failure.means, failure.advice):
        assert CHINESE.search(phrase.zh)
        assert not CHINESE.search(phrase.en)


def raised_codes() -> Iterator[tuple[str, str]]:
    """The code of every `ApiError(…)` that names it, with its place."""
    for package in ("graphql", "service"):
        for path, tree in trees(package):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ApiError":
                    for code in node.args[1:]:
                        if isinstance(code, ast.Constant):
                            yield f"{path}:{node.lineno}", str(code.value)


def test_every_code_that_is_raised_is_registered_with_its_status_and_advice() -> None:
    known = {*FAILURES, *(kind.code for kind in refusals())}
    codes = dict(raised_codes())
    assert len(codes) > 10
    assert {place: code for place, code in codes.items() if code not in known} == {}


async def test_a_remembered_refusal_of_a_document_freezes_no_language() -> None:
    engine = Engine(schema)

    def told(accepted: str, text: str) -> str:
        speak(accepted)
        with pytest.raises(RequestRefused) as caught:
            engine.prepare(GraphQLRequest(text))
        return str(caught.value.errors[0]["message"])

    for text in ("{nothing}", "{", "{" + "a:hello " * 200 + "}", "query A {hello} query B {hello}"):
        english = told("en", text)
        assert not CHINESE.search(english)
        assert CHINESE.search(told("zh", text))
        assert told("en", text) == english
    assert told("zh", "{nothing}").startswith("文档与模式不符：Cannot query field 'nothing'")


REQUESTS: dict[str, dict[str, object]] = {
    "GRAPHQL_PARSE_FAILED": {"json": {"query": "{"}},
    "GRAPHQL_VALIDATION_FAILED": {"json": {"query": "{nothing}"}},
    "OPERATION_RESOLUTION_FAILURE": {"json": {"query": "{hello}", "operationName": "A"}},
    "BAD_USER_INPUT": {"json": {"query": "query ($n: String) {hello(name: $n)}", "variables": {"n": 1}}},
    "LIMIT_EXCEEDED": {"json": {"query": "{" + "a:hello " * 60 + "}"}},
    "BAD_REQUEST": {"json": {"query": 1}},
    "UNAUTHENTICATED": {"json": {"query": "{hello}"}, "headers": {"authorization": "bad"}},
    "FORBIDDEN": {"json": {"query": "{hello}"}, "headers": {"authorization": "forbidden"}},
    "INTERNAL": {"json": {"query": "{broken}"}},
    "TOO_EARLY": {"json": {"query": "{refused}"}},
    "NOT_ACCEPTABLE": {"json": {"query": "subscription {count(to: 1)}"}},
    "UNSUPPORTED_MEDIA_TYPE": {"content": "{}", "headers": {"content-type": "text/plain"}},
    "TOO_LARGE": {"json": {"query": "#" * 300_000}},
}


@pytest.mark.parametrize("code", REQUESTS)
async def test_a_failure_over_http_is_told_in_the_language_asked_for(toy: ToyServer, code: str) -> None:
    request = REQUESTS[code]
    async with httpx.AsyncClient() as client:
        for accepted, language in (("zh-CN,zh;q=0.9", "zh"), ("en-US", "en")):
            headers = {**dict(request.get("headers", {})), "accept-language": accepted}  # type: ignore[call-overload]
            answer = await client.post(toy.http, **{**request, "headers": headers})  # type: ignore[arg-type]
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == code
            assert bool(CHINESE.search(error["message"])) is (language == "zh")
            assert answer.headers["content-language"] == language
            assert "Accept-Language" in answer.headers["vary"]


async def test_an_event_stream_speaks_the_language_of_its_header(toy: ToyServer) -> None:
    headers = {"accept": "text/event-stream", "accept-language": "zh"}
    async with httpx.AsyncClient(headers=headers) as client:
        for query, said in (("subscription {denied}", "仅限网格长。"), ("{", "文档不合 GraphQL 语法")):
            answer = await client.post(toy.http, json={"query": query})
            assert said in answer.text
            assert answer.headers["content-language"] == "zh"


@pytest.mark.parametrize("name", ["acceptLanguage", "Accept-Language"])
async def test_a_socket_names_its_language_in_the_connection_parameters(toy: ToyServer, name: str) -> None:
    for params, said in (({name: "zh-CN"}, "仅限网格长。"), ({}, "Only for grid leaders.")):
        async with opened(toy) as socket:
            await socket.say(type="connection_init", payload=params)
            assert await socket.hear() == {"type": "connection_ack"}
            await socket.subscribe("1", "subscription {denied}")
            assert (await socket.hear())["payload"][0]["message"] == said
