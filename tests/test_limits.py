"""What one document may ask for, and what the engine remembers of it."""

import time
from dataclasses import replace

import pytest
import strawberry
from graphql import get_introspection_query
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.extensions import SchemaExtension

from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest, encode
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.measure import exceeded, parse_within
from tests.toy_schema import Query, schema

SMALL = Limits(tokens=200, depth=4, fields=10, aliases=3, directives=3)


def refusals(text: str, limits: Limits = SMALL) -> list[str]:
    return [error.message for error in exceeded(parse_within(text, limits), limits)]


def refusal_of(engine: Engine, text: str, name: str | None = None) -> tuple[str, object]:
    with pytest.raises(RequestRefused) as caught:
        engine.prepare(GraphQLRequest(text, name))
    error = caught.value.errors[0]
    extensions = error["extensions"]
    assert isinstance(extensions, dict)
    return str(error["message"]), extensions["code"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{a{b{c{d}}}}", None),
        ("{a{b{c{d{e}}}}}", "levels"),
        ("{a{b{...F}}} fragment F on T {c{d}}", None),
        ("{a{b{...F}}} fragment F on T {c{d{e}}}", "levels"),
        ("{a{b{... on T{c{... on T{d}}}}}}", None),
        ("{a b c d e f g h i j}", None),
        ("{a b c d e f g h i j k}", "fields"),
        ("{...F ...F} fragment F on T {a b c d e}", None),
        ("{...F ...F} fragment F on T {a b c d e f}", "fields"),
        ("query A {a b c d e f} query B {a b c d e}", "fields"),
        ("{x:a y:a z:a}", None),
        ("{x:a y:a ...F ...F} fragment F on T {z:a}", "aliases"),
        ("query ($a:Int @d) @d {a @d ... @include(if:true) {b}}", None),
        ("query @d {a @d @d ...F @d} fragment F on T {b}", "directives"),
    ],
)
def test_a_document_may_ask_for_so_much_and_no_more(text: str, what: str | None) -> None:
    found = refusals(text)
    assert [what] == [what for message in found if what in message] if what else found == []


def test_fragments_that_double_at_every_level_are_counted_in_linear_time() -> None:
    text = "{...F0}" + "".join(f"fragment F{n} on T {{...F{n + 1} ...F{n + 1}}}" for n in range(300))
    text += "fragment F300 on T {a}"
    started = time.thread_time()
    found = refusals(text, Limits())
    assert time.thread_time() - started < 1
    assert "more fields" in found[0]


def test_fragments_in_a_circle_are_measured_and_then_refused_by_validation() -> None:
    text = "{...A} fragment A on Query {hello ...B} fragment B on Query {...A ...B}"
    assert refusals(text) == []
    message, code = refusal_of(Engine(schema), text)
    assert "Cannot spread fragment" in message
    assert code == "GRAPHQL_VALIDATION_FAILED"


def test_a_long_chain_of_fragments_is_measured_without_recursion() -> None:
    limits = Limits(tokens=100_000)
    text = "{...F0}" + "".join(f"fragment F{n} on T {{...F{n + 1}}}" for n in range(5_000))
    assert refusals(text, limits) == []


@given(st.integers(1, 12), st.integers(1, 3))
def test_the_count_through_fragments_is_the_count_of_the_text_written_out(levels: int, width: int) -> None:
    spreads = (
        "".join(f"fragment F{n} on T {{{f'...F{n + 1} ' * width}a}}" for n in range(levels))
        + f"fragment F{levels} on T {{a}}"
    )
    written_out = sum(width**level for level in range(levels + 1))
    over = any("fields" in message for message in refusals("{...F0}" + spreads, Limits(tokens=10**6)))
    assert over is (written_out > Limits().fields)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{" + "a " * 300 + "}", "GRAPHQL_PARSE_FAILED"),
        ("#\n" * 300 + "{hello}", "GRAPHQL_PARSE_FAILED"),
        ("{node(point:" + "{x:" * 60 + "1" + "}" * 60 + "){name}}", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{node{child{child{child{name}}}}}", "LIMIT_EXCEEDED"),
        ("{nothing}", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on Query {hello}", "GRAPHQL_VALIDATION_FAILED"),
        ("type A {a: Int}", "GRAPHQL_VALIDATION_FAILED"),
        ("query A {hello} query B {later}", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
def test_a_refusal_says_at_which_step_it_failed(text: str, code: str) -> None:
    assert refusal_of(Engine(schema, limits=SMALL), text)[1] == code


@pytest.mark.parametrize(
    "nested", ["[" * 1_900 + "]" * 1_900, "{a:" * 900 + "1" + "}" * 900, "[" * 150 + "]" * 150]
)
def test_a_deeply_nested_value_is_refused_in_few_words(nested: str) -> None:
    message, _ = refusal_of(Engine(schema), "{node(point:" + nested + "){name}}")
    assert len(message) <= 1_000


@pytest.mark.parametrize(
    "repeated", ["node{child{name}} ", "node(point:{x:1}){name} ", "hello ", "n:node{name} "]
)
def test_fields_that_repeat_cannot_keep_validation_busy(repeated: str) -> None:
    limits = replace(Limits(), aliases=1_000)
    text = "{" + repeated * 300 + "}"
    started = time.thread_time()
    refusal_of(Engine(schema, limits=limits), text)
    assert time.thread_time() - started < 2  # the library's own budget takes several times as long


def test_of_a_thousand_faults_few_are_looked_into() -> None:
    with pytest.raises(RequestRefused) as caught:
        Engine(schema).prepare(GraphQLRequest(f"{{{' '.join(f'hello{number}' for number in range(990))}}}"))
    assert len(caught.value.errors) == 5 + 1  # and one that says that there are more


def test_the_operation_is_chosen_by_its_name() -> None:
    engine = Engine(schema)
    text = "query A {hello} mutation B {add(a: 1, b: 2)}"
    assert engine.prepare(GraphQLRequest(text, "A")).kind == "query"
    assert engine.prepare(GraphQLRequest(text, "B")).kind == "mutation"
    assert refusal_of(engine, text) == (
        "The document has several operations: give `operationName`.",
        "OPERATION_RESOLUTION_FAILURE",
    )
    assert refusal_of(engine, text, "C")[0] == "The document has no operation named 'C'."


def test_introspection_is_within_the_limits() -> None:
    assert Engine(schema).prepare(GraphQLRequest(get_introspection_query())).kind == "query"


def test_a_document_is_understood_once() -> None:
    engine = Engine(schema)
    first = engine.prepare(GraphQLRequest("{ hello }"))
    assert engine.prepare(GraphQLRequest("{ hello }")) is first
    assert engine.prepare(GraphQLRequest("{hello}")) is not first


def test_the_document_asked_least_recently_is_forgotten_first() -> None:
    engine = Engine(schema, limits=Limits(remembered=2))
    first, second = (engine.prepare(GraphQLRequest(text)) for text in ("{a:hello}", "{b:hello}"))
    assert engine.prepare(GraphQLRequest("{a:hello}")) is first
    engine.prepare(GraphQLRequest("{c:hello}"))
    assert engine.prepare(GraphQLRequest("{a:hello}")) is first
    assert engine.prepare(GraphQLRequest("{b:hello}")) is not second


def test_what_is_remembered_is_bounded_in_memory_refusals_included() -> None:
    engine = Engine(schema, limits=Limits(document_memory=100_000))
    first = engine.prepare(GraphQLRequest("{hello}"))
    for number in range(50):
        refusal_of(engine, "{" + f"nothing{number} " * 100 + "}")
    assert engine.prepare(GraphQLRequest("{hello}")) is not first
    huge = "{hello}#" + "x" * 200_000  # more than everything together: understood, and forgotten at once
    assert engine.prepare(GraphQLRequest(huge)) is not engine.prepare(GraphQLRequest(huge))


def test_a_remembered_refusal_is_told_in_the_same_words() -> None:
    engine = Engine(schema)
    assert refusal_of(engine, "{nothing}") == refusal_of(engine, "{nothing}")


async def test_variables_nested_beyond_the_stack_are_an_error_and_no_exception() -> None:
    engine = Engine(schema)
    deep: object = 1
    for _ in range(3_000):
        deep = {"x": deep}
    request = GraphQLRequest("query ($p: Point) {node(point: $p) {name}}", variables={"p": deep})
    result = await engine.execute(engine.prepare(request), request, None)
    assert "data" not in result
    assert encode(result)


async def test_whatever_breaks_in_execution_is_a_result(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(schema)
    request = GraphQLRequest("query ($n: String) {hello(name: $n)}", variables="no mapping")  # type: ignore[arg-type]
    result = await engine.execute(engine.prepare(request), request, None)
    assert result["errors"]
    assert "data" not in result
    assert "internal error" in caplog.text


def test_what_the_engine_would_not_run_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="not run by this engine"):
        Engine(strawberry.Schema(Query, extensions=[SchemaExtension]))


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet='{}()[]:!$@#"\\.,…& \nabquerymtationfgsn0123456789-吹'))
def test_no_text_makes_the_engine_raise_anything_but_a_refusal(text: str) -> None:
    engine = Engine(schema)
    try:
        engine.prepare(GraphQLRequest(text))
    except RequestRefused as refusal:
        assert encode(refusal.errors)
