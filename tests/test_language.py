"""Whatever a person reads of a request that fails comes in the language that was asked for."""

import ast
import re
from collections.abc import Iterator

import pytest

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.endpoint.language import preferred, speak
from chuishao.graphql.enums import refusals
from tests.served import http_client, served
from tests.test_api import AUDITOR
from tests.test_architecture import trees
from tests.test_websocket import opened
from tests.town import make_town
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
    async with http_client() as client:
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
    async with http_client(headers=headers) as client:
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


# Refusals


LAYERED = ("domain", "eventlog", "commands", "projections", "graphql")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
KNOWN = {"KiB", "X-Requested-With", "UTC", "UUID", "Unicode", "GraphQL", "JSON", "WebSocket"}


def english_in(sentence: str) -> list[str]:
    """The English words of a Chinese sentence that are no code, field name, quotation or placeholder."""
    plain = re.sub(r"`[^`]*`|\{[^}]*\}", "", sentence)
    return [
        word
        for word in WORD.findall(plain)
        if not word.isupper() and word not in KNOWN and not re.fullmatch("[a-z]+([A-Z][a-z]+)+", word)
    ]


def literal(node: ast.expr) -> str:
    """The written part of a string, its holes left out."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def calls(package: str, wanted: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Every call of these names in a package, with its place."""
    for path, tree in trees(package):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in wanted:
                yield f"{path.name}:{node.lineno}", node


@pytest.mark.parametrize("package", [*LAYERED, "service"])
def test_a_phrase_is_chinese_in_chinese_and_english_in_english(package: str) -> None:
    for place, call in calls(package, {"Phrase"}):
        en, zh = (literal(node) for node in call.args)
        assert english_in(zh) == [], place
        assert not CHINESE.search(re.sub(r"\([^)]*\)", "", en)), place


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.code)
def test_a_refusal_and_its_label_are_in_one_language_each(kind: type[Refusal]) -> None:
    assert english_in(kind.zh) == []
    assert not CHINESE.search(re.sub(r"\([^)]*\)", "", kind.en))
    zh, _, en = (kind.__doc__ or "").partition(" ")
    assert CHINESE.search(zh) and not CHINESE.search(re.sub(r"\([^)]*\)", "", en))


@pytest.mark.parametrize("package", LAYERED)
def test_no_fact_of_a_refusal_is_a_bare_english_text(package: str) -> None:
    """Words among the facts are phrases or terms; a bare text may only be a code or the name of a field."""
    bare = []
    for path, tree in trees(package):
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                bare += [f"{path.name}:{line}" for line in bare_facts(function)]
    assert bare == []


def bare_facts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    kinds = {kind.__name__ for kind in refusals()}
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in unpacked(target, node.value):
                    assigned.setdefault(name, []).append(value)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds:
            for keyword in node.keywords:
                given = [keyword.value]
                if isinstance(keyword.value, ast.Name):
                    given = assigned.get(keyword.value.id, [])
                if any(not re.fullmatch(r"[\w{}]*", literal(value)) for value in given):
                    yield node.lineno


def unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Which name gets which value."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, its in zip(target.elts, value.elts, strict=True):
            yield from unpacked(one, its)
    elif isinstance(target, ast.Name):
        yield target.id, value


# What is shown


SHOWN = """{
    terms { name description values { value label zh en } }
    categories { name group zh en groupZh groupEn }
    events(first: 20) { type title label }
}"""


async def test_labels_follow_the_language_asked_for(database: str) -> None:
    pool = await open_pool(database)
    await make_town(EventLog(pool))
    await pool.close()
    async with served(database) as server:
        auditor = server.client(AUDITOR)
        for accepted, language in (("zh-CN", "zh"), ("en", "en")):
            shown = await auditor.speaking(accepted).read(SHOWN)
            lists = {terms["name"]: terms for terms in shown["terms"]}
            assert {"CaseStatus", "Role", "Tier", "ErrorCode", "CaseOrder", "RequestFailure"} <= set(lists)
            for terms in lists.values():
                assert bool(CHINESE.match(terms["description"])) is (language == "zh")
                for value in terms["values"]:
                    assert CHINESE.search(value["zh"]) and value["en"], value
                    assert value["label"] == value[language]
            for category in shown["categories"]:
                assert category["name"] == category[language]
                assert category["group"] == category[f"group{language.capitalize()}"]
            for event in shown["events"]:
                assert event["label"] in event["title"].split(": ", 1)
                assert bool(CHINESE.match(event["label"])) is (language == "zh")


async def test_a_list_of_terms_is_asked_for_by_its_name(database: str) -> None:
    async with served(database) as server:
        answer = await server.client().read('{ terms(names: ["Tier"]) { name values { value } } }')
    assert [terms["name"] for terms in answer["terms"]] == ["Tier"]
